"""What the pages of households, clans, communities and units share: loading, how ready, who waits, who decides."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Role, Thing
from xhht_citizen.applications.readiness import Readiness, Requirement, readiness
from xhht_citizen.applications.rules import open_year
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups import members
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.members import RequestRow
from xhht_citizen.groups.rules import KIND_LABELS, PART_LABELS, SIDE_LABELS, Group, Kind, Part, Side
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import is_adult
from xhht_citizen.ratios.rules import percent
from xhht_citizen.titles import queries as titles
from xhht_citizen.web.guard import actor, allowed, found
from xhht_citizen.web.kinds import behind_url, case_url, read_kind
from xhht_citizen.web.transactions import reader

NOT_FOUND = N_("Không tìm thấy gia đình, dòng họ, thôn tổ hoặc đơn vị này.")


@dataclass(frozen=True)
class Demand:
    """One share that is demanded, as a page shows it; `words` says what is still lacking, or that it is reached."""

    title: str
    numerator: int
    denominator: int
    percent: Decimal | None
    at_least: Decimal
    met: bool
    words: str
    href: str | None = None


@dataclass(frozen=True)
class Ready:
    """How far a group is from what its criteria demand; `why` says what turned it back."""

    label: str
    year: int
    ready: bool
    demands: list[Demand]
    title_id: uuid.UUID | None
    registered: bool
    case_url: str | None
    why: str | None = None


@dataclass(frozen=True)
class Waiting:
    """An invitation or request as a page shows it: what it says, and whether the one who looks answers it."""

    id: uuid.UUID
    words: str
    made_at: Any
    answers: bool


@dataclass(frozen=True)
class Opened:
    """A group somebody opened, and what the policy reads of it."""

    group: Group
    thing: Thing

    @property
    def id(self) -> uuid.UUID:
        """The group's own id."""
        return self.group.id

    @property
    def kind(self) -> Kind:
        """Its kind of title."""
        return self.group.kind


def year() -> int:
    """The year that is open."""
    return open_year(clock.today())


def group_of(kind: Kind, group_id: uuid.UUID) -> Group:
    """A group by its id, or a 404; a unit whoever manages it."""
    row = groups.group(reader(), kind, group_id)
    if row is None and kind is Kind.UNIT:
        row = groups.group(reader(), Kind.AGENCY, group_id)
    return found(row, NOT_FOUND)  # type: ignore[no-any-return]


def opened(group: Group) -> tuple[Opened, Thing]:
    """A group as a loader hands it on."""
    thing = access.thing_of_group(reader(), group, today=clock.today(), person_id=actor().person_id)
    if allowed("group.found", thing) and actor().person_id not in thing.members:
        g.serves = True
    return Opened(group, thing), thing


def loader(kind: Kind, argument: str) -> Callable[..., tuple[Opened, Thing]]:
    """A loader for addresses that name the group by this argument."""

    def load(**arguments: Any) -> tuple[Opened, Thing]:
        return opened(group_of(kind, arguments[argument]))

    return load


def by_slug(kind: str, group_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A loader for addresses that name the kind too."""
    return opened(group_of(read_kind(kind), group_id))


def thing_of_person(person_id: uuid.UUID) -> Thing:
    """A person as one side of an invitation: they speak for themselves, their household for a child."""
    row = found(people.person(reader(), person_id))
    home = people.home_of(reader(), person_id)
    speakers = {person_id}
    if home is not None and not is_adult(row.birth_year, year()):
        speakers |= groups.speakers(reader(), Kind.HOUSEHOLD, home.household_id, clock.today())
    place = access.thing(
        reader(),
        ward_code=home.ward_code if home else None,
        community_id=home.community_id if home else None,
    )
    return replace(place, speakers=frozenset(speakers))


def officer(thing: Thing) -> bool:
    """Whether the one who looks serves the place of the group: its community's head, its ward's officer."""
    return allowed("group.found", thing)


def leads(it: Opened) -> bool:
    """Whether the one who looks heads the group or serves its place; who merely has a mandate names nobody else."""
    return officer(it.thing) or actor().person_id in groups.heads(reader(), it.kind, it.id)


def check_leads(it: Opened) -> None:
    """Forbidden for who neither heads the group nor serves its place."""
    if not leads(it):
        raise Forbidden(N_("Việc này của người đứng đầu, hoặc chi hội, phường, xã."))


def serves_ward(ward_code: str) -> bool:
    """Whether the one who looks is an officer of this very ward."""
    return any(
        grant.ward_code == ward_code and grant.role in {Role.WARD_REVIEWER, Role.WARD_SIGNER}
        for grant in actor().grants
    )


def ready(it: Opened, why: Callable[[Readiness], str | None] | None = None) -> Ready:
    """How ready the group is for the open year."""
    group, now_year = it.group, year()
    stands = readiness(reader(), group, now_year)
    standing = titles.standing_of(reader(), [group.id], now_year, str(group.kind))[group.id]
    may_apply = allowed("group.apply", it.thing) and not group.closed
    return Ready(
        label=_(KIND_LABELS[group.kind]),
        year=now_year,
        ready=stands.ready,
        demands=[_demand(it, one) for one in stands.requirements],
        title_id=standing.title_id,
        registered=standing.registered,
        case_url=case_url(group.kind, group.id) if may_apply else None,
        why=why(stands) if why and not stands.ready else None,
    )


def _demand(it: Opened, one: Requirement) -> Demand:
    at_least = Decimal(one.at_least.numerator) / Decimal(one.at_least.denominator)
    return Demand(
        title=one.line.short,
        numerator=one.numerator,
        denominator=one.denominator,
        percent=percent(one.numerator, one.denominator),
        at_least=at_least,
        met=one.met,
        words=_words(one),
        href=_behind(it, one.line.ratio),
    )


def _behind(it: Opened, name: str | None) -> str | None:
    """Where the members behind a share are listed, for who may open it; a household's stand on its own page."""
    if name is None or it.kind is Kind.HOUSEHOLD or not allowed("group.counted", it.thing):
        return None
    return behind_url(it.group, name, year())


def _words(one: Requirement) -> str:
    """ "Còn thiếu 2 người lớn nữa", in the words of what is counted."""
    if one.denominator == 0:
        return str(_("Chưa có ai để tính."))
    if one.met:
        return str(_("Đã đủ."))
    lacking, name = one.lacking, one.line.ratio
    if name == "adults_citizen":
        words = ngettext("Còn thiếu %(num)s người lớn nữa.", "Còn thiếu %(num)s người lớn nữa.", lacking)
    elif name == "children_in_school":
        words = ngettext("Còn thiếu %(num)s trẻ em nữa.", "Còn thiếu %(num)s trẻ em nữa.", lacking)
    elif name == "households_recognised":
        words = ngettext("Còn thiếu %(num)s gia đình nữa.", "Còn thiếu %(num)s gia đình nữa.", lacking)
    elif name == "clans_recognised":
        words = ngettext("Còn thiếu %(num)s dòng họ nữa.", "Còn thiếu %(num)s dòng họ nữa.", lacking)
    else:
        words = ngettext("Còn thiếu %(num)s người nữa.", "Còn thiếu %(num)s người nữa.", lacking)
    return str(words)


def waiting_at(group_id: uuid.UUID) -> list[Waiting]:
    """What waits at a group's door: requests to answer, invitations to wait for. Who was invited is not named."""
    return [
        Waiting(row.id, request_words(row, at_group=True), row.made_at, row.direction == "ask")
        for row in members.open_requests(reader(), group_id=group_id)
    ]


def waiting_for(joiner_ids: list[uuid.UUID]) -> list[Waiting]:
    """What waits for these people and households: invitations to answer, requests that were made."""
    return [
        Waiting(row.id, request_words(row, at_group=False), row.made_at, row.direction == "invite")
        for row in members.open_requests(reader(), joiner_ids=joiner_ids)
    ]


# (kind, direction, whether the group's side reads it) -> the sentence. Whom a group invited is not named to it.
WORDS = {
    ("clan", "invite", True): N_("Đã mời hộ %(joiner)s (%(as_what)s)"),
    ("clan", "ask", True): N_("Hộ %(joiner)s xin vào (%(as_what)s)"),
    ("clan", "invite", False): N_("%(group)s mời hộ vào (%(as_what)s)"),
    ("clan", "ask", False): N_("Hộ xin vào %(group)s (%(as_what)s)"),
    ("unit", "invite", True): N_("Đã mời một người vào (%(as_what)s)"),
    ("unit", "ask", True): N_("%(joiner)s xin vào (%(as_what)s)"),
    ("unit", "invite", False): N_("%(group)s mời %(joiner)s vào (%(as_what)s)"),
    ("unit", "ask", False): N_("%(joiner)s xin vào %(group)s (%(as_what)s)"),
    ("household", "invite", True): N_("Đã mời một người về hộ"),
    ("household", "ask", True): N_("%(joiner)s xin về hộ"),
    ("household", "invite", False): N_("Hộ %(group)s mời %(joiner)s về ở chung"),
    ("household", "ask", False): N_("%(joiner)s xin về hộ %(group)s"),
}


def named(name: str, birth_year: int | None) -> str:
    """What a group's side calls somebody: a child is not named to it. A household has no year of birth."""
    if birth_year is None or is_adult(birth_year, year()):
        return name
    return str(_("Một trẻ em sinh năm %(year)s", year=birth_year))


def request_words(row: RequestRow, *, at_group: bool) -> str:
    """One invitation or request in a sentence, for the group's side or the joiner's."""
    as_what = _(SIDE_LABELS[Side(row.side)]) if row.side else _(PART_LABELS[Part(row.part or "member")])
    text = WORDS[row.kind, row.direction, at_group]
    joiner = named(row.joiner, row.joiner_born) if at_group else row.joiner
    return str(_(text, joiner=joiner, group=row.group, as_what=as_what.lower()))
