"""The roll of a year: who could register in a ward or community, who has, and who has not yet."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, null, select
from sqlalchemy.orm import Session, aliased

from xhht_citizen.applications.models import Application
from xhht_citizen.groups.models import Clan, Unit
from xhht_citizen.groups.queries import open_until, year_after
from xhht_citizen.groups.rules import Kind, Subject
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.queries import head_key
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Community
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles.models import Registration, Title
from xhht_citizen.vietnamese import fold


@dataclass(frozen=True)
class Scope:
    """Which roll: a kind of title that is given for a year, in a ward or in one of its communities."""

    kind: Kind
    year: int
    ward_code: str
    community_id: uuid.UUID | None = None


@dataclass(frozen=True)
class RollRow:
    """One line of a roll. `birth_year` and `household` are an adult's, `adults` is a household's.

    Registered rows say when and by which account (None: nobody knows); `begun`: a case of the year rests on it.
    """

    kind: Kind
    id: uuid.UUID
    name: str
    sort_key: str
    ward_code: str
    community_id: uuid.UUID | None
    community: str | None
    birth_year: int | None
    household: str | None
    adults: int | None
    registered_at: datetime | None
    registered_by: uuid.UUID | None
    begun: bool

    @property
    def subject(self) -> Subject:
        """As the subject of a registration."""
        person_id = self.id if self.kind is Kind.CITIZEN else None
        return Subject(self.kind, self.id, self.name, self.sort_key, fold(self.name), person_id)


def rows(
    db: Session,
    scope: Scope,
    *,
    registered: bool | None = None,
    text: str = "",
    ids: Collection[uuid.UUID] | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int | None = None,
) -> list[RollRow]:
    """The roll by name, searched without marks; pages begin after the last key. One statement.

    `registered` leaves only those who are, or are not; `ids` only these, where they are of this roll at all.
    """
    roll = KINDS[scope.kind](scope, text.strip()).subquery()
    begun = exists().where(
        Application.subject_id == roll.c.id, Application.kind == str(scope.kind), Application.year == scope.year
    )
    query = (
        select(
            roll,
            Community.name.label("community"),
            Registration.registered_at,
            Registration.registered_by,
            begun.label("begun"),
        )
        .outerjoin(Registration, _registration_of(scope, roll.c.id))
        .outerjoin(Community, Community.id == roll.c.community_id)
        .order_by(roll.c.sort_key, roll.c.id)
        .limit(limit)
    )
    if registered is not None:
        query = query.where(Registration.id.is_not(None) if registered else Registration.id.is_(None))
    if ids is not None:
        query = query.where(roll.c.id.in_(ids))
    if after is not None:
        key, last = after
        query = query.where((roll.c.sort_key > key) | ((roll.c.sort_key == key) & (roll.c.id > last)))
    return [RollRow(kind=scope.kind, **row) for row in db.execute(query).mappings()]


def counts(db: Session, scope: Scope) -> Counts:
    """How many there are on the roll and how many of them have registered, counted from the rows."""
    roll = KINDS[scope.kind](scope, "").subquery()
    total, registered = db.execute(
        select(func.count(), func.count(Registration.id))
        .select_from(roll)
        .outerjoin(Registration, _registration_of(scope, roll.c.id))
    ).one()
    return Counts(total=total, registered=registered)


def rests_on(db: Session, kind: Kind, subject_id: uuid.UUID, year: int) -> bool:
    """Whether a registration has led to something: a case was begun, or a title granted."""
    case = select(Application.id).where(
        Application.subject_id == subject_id, Application.kind == str(kind), Application.year == year
    )
    title = select(Title.id).where(Title.subject_id == subject_id, Title.kind == str(kind), Title.year == year)
    return any(db.scalars(one.limit(1)).first() is not None for one in (case, title))


def _registration_of(scope: Scope, subject_id: Any) -> ColumnElement[bool]:
    return and_(
        Registration.subject_id == subject_id,
        Registration.kind == str(scope.kind),
        Registration.year == scope.year,
    )


def _in(scope: Scope, ward_code: Any, community_id: Any) -> ColumnElement[bool]:
    here: ColumnElement[bool] = ward_code == scope.ward_code
    return here if scope.community_id is None else and_(here, community_id == scope.community_id)


def _line(table: Any, ward_code: Any, community_id: Any, *, key: Any = None, **more: Any) -> list[Any]:
    """The columns of a roll: the same names for every kind."""
    return [
        table.id.label("id"),
        table.name.label("name"),
        (table.sort_key if key is None else key).label("sort_key"),
        ward_code.label("ward_code"),
        community_id.label("community_id"),
        *(more.get(column, null()).label(column) for column in ("birth_year", "household", "adults")),
    ]


def _adults(scope: Scope, text: str) -> Select[Any]:
    query = (
        select(
            *_line(
                Person,
                Household.ward_code,
                Household.community_id,
                birth_year=Person.birth_year,
                household=Household.name,
            )
        )
        .join(HouseholdMembership, HouseholdMembership.person_id == Person.id)
        .join(Household, Household.id == HouseholdMembership.household_id)
        .where(
            _in(scope, Household.ward_code, Household.community_id),
            HouseholdMembership.revoked_at.is_(None),
            Person.birth_year <= adult_born_by(scope.year),
        )
    )
    return query.where(Person.search_key.contains(fold(text), autoescape=True)) if text else query


def _households(scope: Scope, text: str) -> Select[Any]:
    """Households somebody lives in, by their head's name, found by the name of any adult of theirs."""
    lives, person = aliased(HouseholdMembership), aliased(Person)
    inside = and_(lives.household_id == Household.id, lives.revoked_at.is_(None))
    adult = and_(inside, person.id == lives.person_id, person.birth_year <= adult_born_by(scope.year))
    adults = select(func.count(person.id)).where(adult)
    counted = adults.correlate(Household).scalar_subquery()
    query = select(
        *_line(Household, Household.ward_code, Household.community_id, key=head_key(), adults=counted)
    ).where(_in(scope, Household.ward_code, Household.community_id), exists().where(inside))
    return (
        query.where(exists().where(adult, person.search_key.contains(fold(text), autoescape=True))) if text else query
    )


def _clans(scope: Scope, text: str) -> Select[Any]:
    return _named(Clan, scope, text)


def _units(scope: Scope, text: str) -> Select[Any]:
    """Units under the commune; those above it have the ministry's title, which is not of one year."""
    return _named(Unit, scope, text).where(Unit.managed_by == "commune")


def _named(table: Any, scope: Scope, text: str) -> Select[Any]:
    query = select(*_line(table, table.ward_code, table.community_id)).where(
        _in(scope, table.ward_code, table.community_id), open_until(table.closed_at, year_after(scope.year))
    )
    return query.where(table.search_key.contains(fold(text), autoescape=True)) if text else query


def _communities(scope: Scope, text: str) -> Select[Any]:
    """In the ward's own order."""
    key = cast(Community.position + 1_000_000, String)  # so that 10 comes after 9 as text too
    query = select(*_line(Community, Community.ward_code, Community.id, key=key)).where(
        _in(scope, Community.ward_code, Community.id), Community.valid_to.is_(None)
    )
    return query.where(Community.search_key.contains(fold(text), autoescape=True)) if text else query


# The kinds that are registered from a roll, and what each roll holds.
KINDS = {
    Kind.CITIZEN: _adults,
    Kind.HOUSEHOLD: _households,
    Kind.CLAN: _clans,
    Kind.COMMUNITY: _communities,
    Kind.UNIT: _units,
}
