"""Reads of activities: those of a place, who attended one, whom a typed name may mean."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from xhht_citizen.activities.models import Activity, Attendance
from xhht_citizen.activities.names import Known
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Community
from xhht_citizen.vietnamese import fold

CHUNK = 500  # ids in one IN list


@dataclass(frozen=True)
class Scope:
    """Whose people an activity is for: a ward's, or one community's; adults of a year."""

    ward_code: str
    community_id: uuid.UUID | None
    year: int


@dataclass(frozen=True)
class ActivityRow:
    """An activity in a list; `pending` are on its list without evidence yet."""

    id: uuid.UUID
    name: str
    kind: str
    held_on: date
    community: str | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    attendants: int
    pending: int


@dataclass(frozen=True)
class Attendant:
    """Somebody on an activity's list; `locked`: the evidence is in a case that was sent."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household: str | None
    community: str | None
    way: str
    evidence_id: uuid.UUID | None
    locked: bool


@dataclass(frozen=True)
class Attended:
    """An activity on whose list somebody stands; `confirmed`: they have evidence of it."""

    name: str
    held_on: date
    way: str
    marked_at: datetime
    confirmed: bool


@dataclass(frozen=True)
class AdultRow:
    """An adult of the place, and whether they stand on the activity's list."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household: str | None
    community: str | None
    there: bool


@dataclass(frozen=True)
class Tally:
    """How many stand on a list: all of them, without evidence yet, by scanning."""

    total: int
    pending: int
    scanned: int


def activity(db: Session, activity_id: uuid.UUID) -> Activity | None:
    """One activity."""
    return db.get(Activity, activity_id)


def by_code(db: Session, code: str) -> Activity | None:
    """The activity whose door code this is, in its plain form."""
    return db.scalars(select(Activity).where(Activity.code == code)).one_or_none()


def scope_of(activity: Activity) -> Scope:
    """Whose people may stand on its list."""
    return Scope(activity.ward_code, activity.community_id, activity.held_on.year)


def of_place(
    db: Session,
    ward_code: str,
    community_id: uuid.UUID | None,
    *,
    year: int | None = None,
    but: uuid.UUID | None = None,
    after: tuple[date, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[ActivityRow]:
    """Activities of a community, or of a ward with all its communities, the latest first, with their numbers."""
    counted = (
        select(
            Attendance.activity_id,
            func.count().label("attendants"),
            func.sum(case((Attendance.evidence_id.is_(None), 1), else_=0)).label("pending"),
        )
        .group_by(Attendance.activity_id)
        .subquery()
    )
    query = (
        select(
            Activity.id,
            Activity.name,
            Activity.kind,
            Activity.held_on,
            Community.name,
            Activity.confirmed_at,
            Activity.cancelled_at,
            func.coalesce(counted.c.attendants, 0),
            func.coalesce(counted.c.pending, 0),
        )
        .outerjoin(counted, counted.c.activity_id == Activity.id)
        .outerjoin(Community, Community.id == Activity.community_id)
        .where(Activity.ward_code == ward_code)
        .order_by(Activity.held_on.desc(), Activity.id.desc())
        .limit(limit)
    )
    if community_id is not None:
        query = query.where(Activity.community_id == community_id)
    if year is not None:
        query = query.where(Activity.held_on.between(date(year, 1, 1), date(year, 12, 31)))
    if but is not None:
        query = query.where(Activity.id != but)
    if after is not None:
        day, last = after
        query = query.where((Activity.held_on < day) | ((Activity.held_on == day) & (Activity.id < last)))
    return [ActivityRow(*row) for row in db.execute(query)]


def tally(db: Session, activity_id: uuid.UUID) -> Tally:
    """How many stand on the list."""
    total, pending, scanned = db.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((Attendance.evidence_id.is_(None), 1), else_=0)), 0),
            func.coalesce(func.sum(case((Attendance.way == "scanned", 1), else_=0)), 0),
        ).where(Attendance.activity_id == activity_id)
    ).one()
    return Tally(total, int(pending), int(scanned))


def attendants(
    db: Session,
    activity_id: uuid.UUID,
    *,
    text: str = "",
    ids: Collection[uuid.UUID] | None = None,
    pending: bool = False,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int | None = None,
) -> list[Attendant]:
    """Who stands on the list by name, searched without marks; pages begin after the last key."""
    query = (
        select(
            Person.id,
            Person.name,
            Person.sort_key,
            Person.birth_year,
            Household.name,
            Community.name,
            Attendance.way,
            Attendance.evidence_id,
            Evidence.locked_at.is_not(None),
        )
        .select_from(Attendance)
        .join(Person, Person.id == Attendance.person_id)
        .outerjoin(Evidence, Evidence.id == Attendance.evidence_id)
        .outerjoin(HouseholdMembership, _lives(Person.id))
        .outerjoin(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(Community, Community.id == Household.community_id)
        .where(Attendance.activity_id == activity_id)
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if ids is not None:
        query = query.where(Person.id.in_(ids))
    if pending:
        query = query.where(Attendance.evidence_id.is_(None))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [Attendant(*row) for row in db.execute(query)]


def attendance(db: Session, activity_id: uuid.UUID, person_id: uuid.UUID) -> Attendance | None:
    """Somebody's place on a list."""
    return db.get(Attendance, (activity_id, person_id))


def with_evidence(db: Session, activity_id: uuid.UUID, person_ids: Collection[uuid.UUID]) -> bool:
    """Whether any of these has evidence of the activity."""
    confirmed = select(Attendance.person_id).where(
        Attendance.activity_id == activity_id,
        Attendance.person_id.in_(person_ids),
        Attendance.evidence_id.is_not(None),
    )
    return bool(person_ids) and db.scalars(confirmed.limit(1)).first() is not None


def attended(db: Session, person_id: uuid.UUID) -> list[Attended]:
    """Every list a person stands on, the latest activity first."""
    rows = db.execute(
        select(
            Activity.name, Activity.held_on, Attendance.way, Attendance.marked_at, Attendance.evidence_id.is_not(None)
        )
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Attendance.person_id == person_id)
        .order_by(Activity.held_on.desc(), Activity.id)
    )
    return [Attended(*row) for row in rows]


def adults(
    db: Session,
    scope: Scope,
    activity_id: uuid.UUID | None = None,
    *,
    text: str = "",
    ids: Collection[uuid.UUID] | None = None,
    of_activity: uuid.UUID | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int | None = None,
) -> list[AdultRow]:
    """Adults who live in the place now, by name; `ids`, or who attended `of_activity`, only where they are of it."""
    there = exists().where(Attendance.activity_id == activity_id, Attendance.person_id == Person.id)
    columns = (Person.id, Person.name, Person.sort_key, Person.birth_year, Household.name, Community.name, there)
    query = _of_place(select(*columns), scope)
    query = query.order_by(Person.sort_key, Person.id).limit(limit)
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if ids is not None:
        query = query.where(Person.id.in_(ids))
    if of_activity is not None:
        query = query.where(exists().where(Attendance.activity_id == of_activity, Attendance.person_id == Person.id))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [AdultRow(*row) for row in db.execute(query)]


def names(db: Session, scope: Scope) -> list[tuple[uuid.UUID, str]]:
    """Id and search key of every adult of the place, for names.Index."""
    rows = db.execute(_of_place(select(Person.id, Person.search_key), scope))
    return [(row[0], row[1]) for row in rows]


def known(db: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Known]:
    """These people with what tells two of a name apart."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), CHUNK):
        rows = db.execute(
            select(Person.id, Person.name, Person.birth_year, Community.name, Household.name, Person.phone)
            .outerjoin(HouseholdMembership, _lives(Person.id))
            .outerjoin(Household, Household.id == HouseholdMembership.household_id)
            .outerjoin(Community, Community.id == Household.community_id)
            .where(Person.id.in_(wanted[start : start + CHUNK]))
        )
        found.update({row[0]: Known(*row) for row in rows})
    return found


def lives_in_ward(db: Session, person_id: uuid.UUID, ward_code: str) -> bool:
    """Whether the person is at home in the ward today."""
    row = select(HouseholdMembership.id).join(Household, Household.id == HouseholdMembership.household_id)
    return db.scalars(row.where(_lives(person_id), Household.ward_code == ward_code).limit(1)).one_or_none() is not None


def _lives(person_id: Any) -> ColumnElement[bool]:
    return and_(HouseholdMembership.person_id == person_id, HouseholdMembership.revoked_at.is_(None))


def _of_place(query: Any, scope: Scope) -> Any:
    query = (
        query.select_from(Person)
        .join(HouseholdMembership, _lives(Person.id))
        .join(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(Community, Community.id == Household.community_id)
        .where(
            Household.ward_code == scope.ward_code,
            Person.birth_year <= adult_born_by(scope.year),
            Person.died_on.is_(None),
        )
    )
    return query if scope.community_id is None else query.where(Household.community_id == scope.community_id)
