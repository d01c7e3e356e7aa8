"""Classes and talks of this year, whose lists became evidence; one of today still waits for its organiser."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xhht_citizen.activities.models import Activity, Attendance
from xhht_citizen.activities.rules import evidence_id
from xhht_citizen.clock import local
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.learning import CENTRE
from xhht_citizen.demo.ward import WARD, Resident, Ward
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator
from xhht_citizen.people.rules import CODE_ALPHABET, is_adult


@dataclass(frozen=True)
class Told:
    """What an activity was; `part` of the year in which it was held, and the most who came."""

    name: str
    kind: str
    minutes: int
    indicators: tuple[str, ...]
    part: float
    most: int


HELD = (
    Told("Nói chuyện chuyên đề: phòng chống lừa đảo qua điện thoại", "talk", 90, ("1.3", "2.1"), 0.31, 34),
    Told("Lớp kỹ năng số cho người cao tuổi, buổi 1", "course", 120, ("1.3", "2.1"), 0.52, 26),
    Told("Lớp kỹ năng số cho người cao tuổi, buổi 2", "course", 120, ("1.3", "2.1"), 0.54, 24),
    Told("Câu lạc bộ đọc sách của tổ", "reading", 60, ("1.1", "1.3"), 0.78, 15),
)
TODAY = Told("Sinh hoạt khuyến học cuối năm", "talk", 90, ("1.3", "3.1"), 1.0, 12)


@dataclass(frozen=True)
class Led:
    """One activity under its head's hands."""

    ward: Ward
    head: Resident
    row: dict[str, Any]
    at: datetime

    def stands(self, person: Resident, way: str, key: uuid.UUID | None) -> None:
        """A place on the list, and the evidence it became."""
        self.ward.book.add(
            Attendance,
            activity_id=self.row["id"],
            person_id=person.id,
            way=way,
            marked_at=self.at,
            marked_by=self.head.account_id,
            evidence_id=key,
        )

    def attended(self, person: Resident) -> None:
        """A place on the confirmed list, with its evidence."""
        key, row = evidence_id(self.row["id"], person.id), self.row
        self.ward.book.add(
            Evidence,
            id=key,
            ward_code=WARD,
            person_id=person.id,
            kind=row["kind"],
            title=row["name"],
            provider=row["provider"],
            learned_on=row["held_on"],
            year=row["held_on"].year,
            minutes=row["minutes"],
            witness=None,
            note=None,
            created_at=self.at,
            created_by=self.head.account_id,
            version=1,
            used_at=None,
            locked_at=None,
            withdrawn_at=None,
            activity_id=row["id"],
            confirmed_at=self.at,
            confirmed_by=self.head.account_id,
        )
        for code in row["indicators"]:
            self.ward.book.add(EvidenceIndicator, evidence_id=key, code=code)
        self.stands(person, "ticked", key)

    def note(self, action: str, detail: dict[str, object]) -> None:
        """A link of the audit."""
        self.ward.book.note(
            self.at,
            action,
            ward_code=WARD,
            account_id=self.head.account_id,
            subject_kind="activity",
            subject_id=self.row["id"],
            detail=detail,
        )


def lead(ward: Ward, this: Year) -> None:
    """Each of the first three communities held some, led by its head; nobody's case of the year rests on them."""
    for community in range(min(3, len(ward.communities))):
        for told in HELD if community == 0 else HELD[:2]:
            led = _begin(ward, community, told, this.at(told.part + community * 0.005), confirmed=True)
            came = _who(ward, community, told, this)
            for person in came:
                led.attended(person)
            led.note("activity.confirm", {"count": len(came), "left": 0, "people": _ids(came)})
    led = _begin(ward, 0, TODAY, this.at(TODAY.part), confirmed=False)
    came = _who(ward, 0, TODAY, this)
    for person in came:
        led.stands(person, "pasted", None)
    led.note("activity.put", {"people": _ids(came), "way": "pasted"})


def _ids(people: Sequence[Resident]) -> list[str]:
    return sorted(one.id.hex for one in people)


def _who(ward: Ward, community: int, told: Told, this: Year) -> list[Resident]:
    """Adults without a case or anything learned this year: what they get here changes no other part of the story."""
    home = ward.heads[community].household_id
    free = [
        one
        for one in ward.residents
        if one.community == community
        and one.household_id != home
        and is_adult(one.birth_year, this.year)
        and not one.person.get("died_on")
        and this.year not in one.locks
        and not any(row["year"] == this.year for row, _codes in one.evidence)
    ]
    return ward.book.random.sample(free, min(told.most, len(free)))


def _begin(ward: Ward, community: int, told: Told, at: datetime, *, confirmed: bool) -> Led:
    book, head = ward.book, ward.heads[community]
    row = book.add(
        Activity,
        id=book.new_id(at),
        ward_code=WARD,
        community_id=ward.communities[community],
        kind=told.kind,
        name=told.name,
        provider=CENTRE,
        held_on=local(at).date(),
        minutes=told.minutes,
        indicators=sorted(told.indicators),
        note=None,
        code="".join(book.random.choice(CODE_ALPHABET) for _ in range(10)),
        open_until=None,
        version=2 if confirmed else 1,
        created_at=at,
        created_by=head.account_id,
        confirmed_at=at if confirmed else None,
        confirmed_by=head.account_id if confirmed else None,
        cancelled_at=None,
    )
    led = Led(ward, head, row, at)
    led.note("activity.plan", {"kind": told.kind})
    return led
