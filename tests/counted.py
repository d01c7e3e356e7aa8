"""Groups and titles for the tests of counts, written straight into the tables; whoever makes them touches the tallies.

make_clan(db, ward, name, homes, community=0, side="father") -> Clan      its households may live in other wards
make_unit(db, ward, name, members=(), learners=(), community=0, managed_by="commune", kind="office") -> Unit
give_title(db, kind, subject_id, ward, community=None, year=YEAR, **more) -> Title     registered, assessed, decided
counts_of(db, ward_code, year=YEAR) -> {(kind, "ward" | community's name | ""): "total/registered/assessed/recognised"}
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from factories import TODAY, YEAR, Ward
from sqlalchemy.orm import Session

from xhht_citizen.database import new_id
from xhht_citizen.groups.models import Clan, ClanMembership, Unit, UnitMembership
from xhht_citizen.groups.rules import Kind, Subject
from xhht_citizen.people.models import Household, Person
from xhht_citizen.places.models import Community
from xhht_citizen.ratios import queries
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Title
from xhht_citizen.vietnamese import fold, sort_key


def make_clan(
    db: Session,
    ward: Ward,
    name: str,
    homes: Iterable[Household] = (),
    *,
    community: int | None = 0,
    side: str = "father",
) -> Clan:
    clan = Clan(
        id=new_id(), ward_code=ward.code, community_id=_community(ward, community),
        name=name, sort_key=sort_key(name), search_key=fold(name),
    )  # fmt: skip
    db.add(clan)
    db.flush()
    for home in homes:
        join_clan(db, clan, home, side=side)
    return clan


def join_clan(db: Session, clan: Clan, home: Household, *, side: str = "father") -> ClanMembership:
    row = ClanMembership(id=new_id(), ward_code=clan.ward_code, clan_id=clan.id, household_id=home.id, side=side)
    db.add(row)
    db.flush()
    return row


def make_unit(
    db: Session,
    ward: Ward,
    name: str,
    members: Iterable[Person] = (),
    *,
    learners: Iterable[Person] = (),
    community: int | None = 0,
    managed_by: str = "commune",
    kind: str = "office",
) -> Unit:
    unit = Unit(
        id=new_id(), ward_code=ward.code, community_id=_community(ward, community), kind=kind, managed_by=managed_by,
        name=name, sort_key=sort_key(name), search_key=fold(name),
    )  # fmt: skip
    db.add(unit)
    db.flush()
    for part, people in (("member", members), ("learner", learners)):
        for person in people:
            join_unit(db, unit, person, part=part)
    return unit


def join_unit(db: Session, unit: Unit, person: Person, *, part: str = "member") -> UnitMembership:
    row = UnitMembership(id=new_id(), ward_code=unit.ward_code, unit_id=unit.id, person_id=person.id, part=part)
    db.add(row)
    db.flush()
    return row


def register(db: Session, kind: str, subject_id: uuid.UUID, ward_code: str, year: int = YEAR) -> None:
    titles.register(db, _subject(kind, subject_id), year, ward_code=ward_code, account_id=None)


def give_title(
    db: Session,
    kind: str,
    subject_id: uuid.UUID,
    ward: Ward,
    community: uuid.UUID | None = None,
    *,
    year: int = YEAR,
    **more: Any,
) -> Title:
    register(db, kind, subject_id, ward.code, year)
    titles.mark_assessed(db, subject_id, year, assessed=True, kind=kind)
    day = TODAY if year >= YEAR else date(year, 12, 20)
    decision = titles.enter_decision(
        db, ward.code, number=f"12/QĐ-{year}", decided_on=day, signatory="Người Ký", account_id=None, today=TODAY
    )
    return titles.grant(
        db, _subject(kind, subject_id), year=year, ward_code=ward.code, community_id=community, household_id=None,
        application_id=new_id(), decision=decision, points=86, **more,
    )  # fmt: skip


def counts_of(db: Session, ward_code: str, year: int = YEAR) -> dict[tuple[str, str], str]:
    """What stands in the tallies, without the rows of noughts."""
    names = {WARD: "ward", NO_COMMUNITY: ""}
    return {
        (kind, names.get(key) or (db.get_one(Community, key).name if key not in names else "")): (
            f"{counts.total}/{counts.registered}/{counts.assessed}/{counts.recognised}"
        )
        for (kind, key), counts in queries.tallies(db, ward_code, year).items()
        if counts.total
    }


def _community(ward: Ward, number: int | None) -> uuid.UUID | None:
    return None if number is None else ward.communities[number].id


def _subject(kind: str, subject_id: uuid.UUID) -> Subject:
    return Subject(Kind(kind), subject_id, "Thử", "t", "thu", subject_id if kind == "citizen" else None)
