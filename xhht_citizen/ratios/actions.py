"""Recounting: a tally is always made from the rows, never added to, so that doing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from xhht_citizen.database import insert_new, now
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, Tally
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles.models import Registration, Title

KIND = "citizen"


def touch(db: Session, ward_code: str, community_id: uuid.UUID | None, year: int) -> None:
    """Bring a community's tally and its ward's up to date after a change in it. Flush the change first.

    The ward's row is locked before anything is counted: two changes at once are counted one after the other.
    """
    if _lock_ward(db, ward_code, year):
        recount_ward(db, ward_code, year)
        return
    key = community_id or NO_COMMUNITY
    counted = _count(db, ward_code, year, Household.community_id == community_id)
    _store(db, ward_code, key, year, counted.get(key, Counts(0, 0, 0, 0)))
    _sum_ward(db, ward_code, year)


def touch_all(db: Session, changed: Iterable[tuple[str, uuid.UUID | None, int]]) -> None:
    """Touch each (ward, community, year), in one order for everybody: who change places never wait for each other."""
    for ward_code, community_id, year in sorted(changed, key=lambda one: (one[0], one[2], str(one[1]))):
        touch(db, ward_code, community_id, year)


def recount_ward(db: Session, ward_code: str, year: int) -> Counts:
    """Every community of a ward, and the ward, counted from the rows."""
    _lock_ward(db, ward_code, year)
    counted = _count(db, ward_code, year)
    known = db.scalars(
        select(Tally.community_id).where(
            Tally.ward_code == ward_code, Tally.kind == KIND, Tally.year == year, Tally.community_id != WARD
        )
    )
    for key in {*counted, *known}:
        _store(db, ward_code, key, year, counted.get(key, Counts(0, 0, 0, 0)))
    return _sum_ward(db, ward_code, year)


def hold(db: Session, ward_code: str, year: int) -> None:
    """Lock a ward's tally until the commit, for who will touch several wards or take other locks after it."""
    if _lock_ward(db, ward_code, year):
        recount_ward(db, ward_code, year)


def _lock_ward(db: Session, ward_code: str, year: int) -> bool:
    """Hold the ward's row until the commit; True when it had to be made, so that nothing was counted before."""
    province_code = db.scalars(select(Commune.province_code).where(Commune.code == ward_code)).one()
    made = insert_new(
        db,
        Tally,
        ward_code=ward_code,
        community_id=WARD,
        kind=KIND,
        year=year,
        province_code=province_code,
        total=0,
        registered=0,
        assessed=0,
        recognised=0,
        taken_at=now(),
    )
    db.execute(
        select(Tally.ward_code)
        .where(Tally.ward_code == ward_code, Tally.community_id == WARD, Tally.kind == KIND, Tally.year == year)
        .with_for_update()
    )
    return made


def _count(db: Session, ward_code: str, year: int, *where: ColumnElement[bool]) -> dict[uuid.UUID, Counts]:
    """Adults on the roster by community: all, registered, assessed, holding a valid title. One query."""
    rows = db.execute(
        select(
            Household.community_id,
            func.count(),
            func.count(Registration.id),
            func.count(Registration.assessed_at),
            func.count(Title.id),
        )
        .select_from(HouseholdMembership)
        .join(Household, Household.id == HouseholdMembership.household_id)
        .join(Person, Person.id == HouseholdMembership.person_id)
        .outerjoin(
            Registration,
            and_(Registration.person_id == Person.id, Registration.kind == KIND, Registration.year == year),
        )
        .outerjoin(
            Title,
            and_(Title.person_id == Person.id, Title.kind == KIND, Title.year == year, Title.revoked_at.is_(None)),
        )
        .where(
            Household.ward_code == ward_code,  # by its index: without it every household of the country is looked at
            HouseholdMembership.ward_code == ward_code,
            HouseholdMembership.revoked_at.is_(None),
            Person.birth_year <= adult_born_by(year),
            *where,
        )
        .group_by(Household.community_id)
    )
    return {community_id or NO_COMMUNITY: Counts(*counts) for community_id, *counts in rows}


def _store(db: Session, ward_code: str, key: uuid.UUID, year: int, counts: Counts) -> None:
    row = db.get(Tally, (ward_code, key, KIND, year), populate_existing=True)
    if row is None:
        province_code = db.scalars(select(Commune.province_code).where(Commune.code == ward_code)).one()
        row = Tally(ward_code=ward_code, community_id=key, kind=KIND, year=year, province_code=province_code)
        db.add(row)
    row.total, row.registered = counts.total or 0, counts.registered or 0
    row.assessed, row.recognised = counts.assessed or 0, counts.recognised or 0
    row.taken_at = now()
    db.flush()


def _sum_ward(db: Session, ward_code: str, year: int) -> Counts:
    sums = db.execute(
        select(
            func.coalesce(func.sum(Tally.total), 0),
            func.coalesce(func.sum(Tally.registered), 0),
            func.coalesce(func.sum(Tally.assessed), 0),
            func.coalesce(func.sum(Tally.recognised), 0),
        ).where(Tally.ward_code == ward_code, Tally.kind == KIND, Tally.year == year, Tally.community_id != WARD)
    ).one()
    counts = Counts(*(int(number) for number in sums))
    _store(db, ward_code, WARD, year, counts)
    return counts
