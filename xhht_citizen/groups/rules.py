"""What a title can be given to, what groups there are, who belongs to them and is counted among them. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xhht_citizen.errors import N_


class Kind(StrEnum):
    """The seven kinds of titles. Same words, different things: a thôn's Cộng đồng học tập is not a commune's."""

    CITIZEN = "citizen"
    HOUSEHOLD = "household"
    CLAN = "clan"
    COMMUNITY = "community"
    UNIT = "unit"
    AGENCY = "agency"
    COMMUNE = "commune"


KIND_LABELS = {
    Kind.CITIZEN: N_("Công dân học tập"),
    Kind.HOUSEHOLD: N_("Gia đình học tập"),
    Kind.CLAN: N_("Dòng họ học tập"),
    Kind.COMMUNITY: N_("Cộng đồng học tập"),
    Kind.UNIT: N_("Đơn vị học tập"),
    Kind.AGENCY: N_("Đơn vị học tập cấp tỉnh"),
    Kind.COMMUNE: N_("Cộng đồng học tập cấp xã"),
}
# Reviewed in the ward and given for one year; the other two are the education ministry's, with levels and terms.
YEARLY = (Kind.CITIZEN, Kind.HOUSEHOLD, Kind.CLAN, Kind.COMMUNITY, Kind.UNIT)


@dataclass(frozen=True)
class Subject:
    """Whose title, case or registration it is; `person_id` for a citizen only. Keys as lists sort and search them."""

    kind: Kind
    id: uuid.UUID
    name: str
    sort_key: str
    search_key: str
    person_id: uuid.UUID | None = None


class Part(StrEnum):
    """What somebody is in a unit: counted among those who work there, or among those who learn there."""

    MEMBER = "member"
    LEARNER = "learner"


class Side(StrEnum):
    """Which of a household's clans: the father's (họ nội) or the mother's (họ ngoại); at most one of each."""

    FATHER = "father"
    MOTHER = "mother"


class UnitKind(StrEnum):
    """What a unit is."""

    SCHOOL = "school"
    OFFICE = "office"
    ENTERPRISE = "enterprise"
    COOPERATIVE = "cooperative"
    OTHER = "other"


UNIT_KIND_LABELS = {
    UnitKind.SCHOOL: N_("Trường học"),
    UnitKind.OFFICE: N_("Cơ quan"),
    UnitKind.ENTERPRISE: N_("Doanh nghiệp"),
    UnitKind.COOPERATIVE: N_("Hợp tác xã"),
    UnitKind.OTHER: N_("Đơn vị khác"),
}
SIDE_LABELS = {Side.FATHER: N_("Họ nội"), Side.MOTHER: N_("Họ ngoại")}
PART_LABELS = {Part.MEMBER: N_("Người làm việc"), Part.LEARNER: N_("Người học")}

# Of school age in a year: turns 6 to 17 in it. Our own stated rule (an adult turns 18): no public text of the
# household's criteria gives the ages.
SCHOOL_AGES = range(6, 18)


def is_school_age(birth_year: int, year: int) -> bool:
    """Whether somebody is counted among the children of school age of a year."""
    return year - birth_year in SCHOOL_AGES


def last_mandate_day(today: date) -> date:
    """How long a deputy may be named for: to the last day of next year, so that nobody is forgotten in office."""
    return date(today.year + 1, 12, 31)


@dataclass(frozen=True)
class Group:
    """A household, clan, community, unit, agency or commune as one thing: what it is, where, what it is called.

    `ward_code` is its home ward, `community_id` its home community where it has one (a community is its own).
    """

    kind: Kind
    id: uuid.UUID
    name: str
    sort_key: str
    search_key: str
    ward_code: str
    community_id: uuid.UUID | None
    unit_kind: UnitKind | None = None
    closed: bool = False

    @property
    def subject(self) -> Subject:
        """As the subject of a case or title."""
        return Subject(self.kind, self.id, self.name, self.sort_key, self.search_key)
