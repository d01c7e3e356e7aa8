"""Reads of counts: live for a household, from tallies for everything above it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union
from sqlalchemy.orm import Session

from xhht_citizen.groups.models import Clan, Unit, UnitMembership
from xhht_citizen.groups.queries import open_until, year_after
from xhht_citizen.people.models import Account, Household, HouseholdMembership, Person
from xhht_citizen.people.queries import head_key
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.ratios import areas
from xhht_citizen.ratios.areas import AreaRow, taken_of, total_of
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, DeclaredTotal, PlaceTarget, Tally
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.ratios.targets import Target
from xhht_citizen.titles.models import Registration, Title
from xhht_citizen.titles.queries import in_force

__all__ = ["AreaRow", "MemberRow", "taken_of", "total_of"]


@dataclass(frozen=True)
class MemberRow:
    """One adult behind a number."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household_id: uuid.UUID
    household: str
    title_id: uuid.UUID | None


@dataclass(frozen=True)
class GroupRow:
    """One clan or unit behind a number."""

    id: uuid.UUID
    name: str
    sort_key: str
    community: str | None
    registered: bool
    holds: bool


class Difference(NamedTuple):
    """A tally that was not what the rows say."""

    kind: str
    community: str
    before: Counts
    after: Counts


@dataclass(frozen=True)
class DeclaredRow:
    """A total that was declared: `community_id` is None for the ward, `stands` is false once it was superseded."""

    id: uuid.UUID
    kind: str
    community_id: uuid.UUID | None
    community: str | None
    total: int
    source: str
    entered_at: datetime
    by: str | None
    stands: bool


@dataclass(frozen=True)
class TargetRow:
    """A place's own target with who set it when."""

    id: uuid.UUID
    target: Target
    entered_at: datetime
    by: str | None
    stands: bool


def years_of(db: Session, ward_codes: Collection[str]) -> set[int]:
    """The years one of these wards has been counted for."""
    return set(db.scalars(select(Tally.year).where(Tally.ward_code.in_(ward_codes), Tally.community_id == WARD)))


def peopled_wards(db: Session, place_code: str | None = None) -> list[str]:
    """Codes of the wards that have something to count: a province's (2 digits), one ward (5), or all; in order.

    Those with households, clans or units, and those that were counted before.
    """
    found = union(*(select(table.ward_code) for table in (Household, Clan, Unit, Tally))).subquery()
    query = select(found.c.ward_code).order_by(found.c.ward_code)
    if place_code is not None:
        query = query.join(Commune, Commune.code == found.c.ward_code)
        query = query.where(or_(Commune.code == place_code, Commune.province_code == place_code))
    return list(db.scalars(query))


def has_title(year: int, kind: str = "citizen") -> ColumnElement[bool]:
    """SQL: the person of the row holds a valid title of the year."""
    return exists().where(
        Title.person_id == Person.id, Title.kind == kind, Title.year == year, Title.revoked_at.is_(None)
    )


def household_counts(db: Session, household_id: uuid.UUID, year: int) -> Counts:
    """Adults of a household today and those of them holding the citizen title of the year; counted live."""
    total, recognised = db.execute(
        select(func.count(), func.coalesce(func.sum(case((has_title(year), 1), else_=0)), 0))
        .select_from(HouseholdMembership)
        .join(Person, Person.id == HouseholdMembership.person_id)
        .where(
            HouseholdMembership.household_id == household_id,
            HouseholdMembership.revoked_at.is_(None),
            Person.birth_year <= adult_born_by(year),
        )
    ).one()
    return Counts(total=total, recognised=recognised)


def ward_counts(db: Session, ward_code: str, year: int, kind: str = "citizen") -> AreaRow | None:
    """The ward's own tally, or None when it was never taken for the year."""
    return areas.one_ward(db, ward_code, year, kind)


def community_counts(db: Session, community_id: uuid.UUID, year: int, kind: str = "citizen") -> AreaRow | None:
    """One community's tally, or None when it was never taken for the year."""
    community = db.get_one(Community, community_id)
    row = areas.of_community(db, community.ward_code, community_id, year, [kind]).whole[kind]
    return None if row.taken_at is None else row


def communities(db: Session, ward_code: str, year: int, kind: str = "citizen") -> list[AreaRow]:
    """The communities of a ward, see `areas.of_ward`."""
    return areas.of_ward(db, ward_code, year, [kind]).rows[kind]


def wards(db: Session, province_code: str, year: int, kind: str = "citizen") -> list[AreaRow]:
    """The communes of a province, see `areas.of_province`."""
    return areas.of_province(db, province_code, year, [kind]).rows[kind]


def provinces(db: Session, year: int, kind: str = "citizen") -> list[AreaRow]:
    """The provinces of the country, see `areas.of_country`."""
    return areas.of_country(db, year, [kind]).rows[kind]


def tallies(db: Session, ward_code: str, year: int) -> dict[tuple[str, uuid.UUID], Counts]:
    """Everything counted of a ward for a year, by kind and community, as it stands."""
    rows = db.execute(
        select(Tally.kind, Tally.community_id, Tally.total, Tally.registered, Tally.assessed, Tally.recognised).where(
            Tally.ward_code == ward_code, Tally.year == year
        )
    )
    return {(kind, community_id): Counts(*numbers) for kind, community_id, *numbers in rows}


def differences(
    db: Session, before: Mapping[tuple[str, uuid.UUID], Counts], after: Mapping[tuple[str, uuid.UUID], Counts]
) -> list[Difference]:
    """What two readings of a ward's tallies do not agree on: kind, community (empty for the ward), both counts.

    A row of noughts says the same as no row.
    """
    nothing = Counts(0, 0, 0, 0)
    keys = [key for key in before.keys() | after.keys() if before.get(key, nothing) != after.get(key, nothing)]
    ids = [community_id for _, community_id in keys]
    names = {WARD: "", NO_COMMUNITY: "no community"} | {
        row.id: row.name for row in db.execute(select(Community.id, Community.name).where(Community.id.in_(ids)))
    }
    found = [
        Difference(kind, names[community_id], before.get((kind, community_id), nothing), after[kind, community_id])
        for kind, community_id in keys
    ]
    return sorted(found, key=lambda one: (one.community, one.kind))


def workplaces(db: Session, person_id: uuid.UUID) -> set[tuple[str, uuid.UUID | None]]:
    """(ward, community) of the units a person works in: their titles are counted there too."""
    rows = db.execute(
        select(Unit.ward_code, Unit.community_id)
        .join(UnitMembership, UnitMembership.unit_id == Unit.id)
        .where(
            UnitMembership.person_id == person_id, UnitMembership.part == "member", UnitMembership.revoked_at.is_(None)
        )
    )
    return {(ward_code, community_id) for ward_code, community_id in rows}


def declared_history(db: Session, ward_code: str, year: int) -> list[DeclaredRow]:
    """Every total ever declared for a ward and its communities for a year, the latest first. One statement."""
    rows = db.execute(
        select(DeclaredTotal, Community.name, Account.display_name)
        .outerjoin(Community, Community.id == DeclaredTotal.community_id)
        .outerjoin(Account, Account.id == DeclaredTotal.entered_by)
        .where(DeclaredTotal.ward_code == ward_code, DeclaredTotal.year == year)
        .order_by(DeclaredTotal.entered_at.desc(), DeclaredTotal.id.desc())
    )
    return [
        DeclaredRow(
            row.id,
            row.kind,
            None if row.community_id == WARD else row.community_id,
            community,
            row.total,
            row.source,
            row.entered_at,
            account,
            row.superseded_at is None,
        )
        for row, community, account in rows
    ]


def own_targets(db: Session, place_codes: Collection[str]) -> list[Target]:
    """The targets these places set themselves, as they stand. One statement."""
    rows = db.scalars(
        select(PlaceTarget)
        .where(PlaceTarget.place_code.in_(place_codes), PlaceTarget.superseded_at.is_(None))
        .order_by(PlaceTarget.measure, PlaceTarget.year, PlaceTarget.place_code)
    )
    return [Target(row.measure, row.year, row.hundredths, row.act, row.place_code) for row in rows]


def target_history(db: Session, place_code: str) -> list[TargetRow]:
    """Every target a place ever set, the latest first, with who set it. One statement."""
    rows = db.execute(
        select(PlaceTarget, Account.display_name)
        .outerjoin(Account, Account.id == PlaceTarget.entered_by)
        .where(PlaceTarget.place_code == place_code)
        .order_by(PlaceTarget.entered_at.desc(), PlaceTarget.id.desc())
    )
    return [
        TargetRow(
            row.id,
            Target(row.measure, row.year, row.hundredths, row.act, row.place_code),
            row.entered_at,
            account,
            row.superseded_at is None,
        )
        for row, account in rows
    ]


def place_target(db: Session, target_id: uuid.UUID) -> PlaceTarget | None:
    """One target a place set itself."""
    return db.get(PlaceTarget, target_id)


def households(
    db: Session,
    ward_code: str,
    community_id: uuid.UUID | None,
    year: int,
    *,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[AreaRow]:
    """Households of a community somebody lives in, with their adults and holders, by their head's name.

    The next page begins after the last key, which is that of `people.queries.key_of_household`.
    """
    key = head_key()
    query = (
        select(
            Household.id,
            Household.name,
            func.count(Person.id),
            func.coalesce(func.sum(case((has_title(year), 1), else_=0)), 0),
        )
        .join(
            HouseholdMembership,
            and_(HouseholdMembership.household_id == Household.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .outerjoin(Person, and_(Person.id == HouseholdMembership.person_id, Person.birth_year <= adult_born_by(year)))
        .where(Household.ward_code == ward_code, Household.community_id == community_id)
        .group_by(Household.id, Household.name)
        .order_by(key, Household.id)
        .limit(limit)
    )
    if after is not None:
        last_key, last = after
        query = query.where((key > last_key) | ((key == last_key) & (Household.id > last)))
    return [
        AreaRow(str(code), name, Counts(total=total, recognised=recognised))
        for code, name, total, recognised in db.execute(query)
    ]


def groups_of(
    db: Session,
    kind: str,
    ward_code: str,
    year: int,
    *,
    community_id: uuid.UUID | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[GroupRow]:
    """The clans, units or agencies of a ward or community that were open through the year, by name; one statement."""
    table: type[Clan | Unit] = Clan if kind == "clan" else Unit
    holds = exists().where(Title.subject_id == table.id, Title.kind == kind, in_force(year))
    registered = exists().where(
        Registration.subject_id == table.id, Registration.kind == kind, Registration.year == year
    )
    query = (
        select(table.id, table.name, table.sort_key, Community.name, registered, holds)
        .outerjoin(Community, Community.id == table.community_id)
        .where(table.ward_code == ward_code, open_until(table.closed_at, year_after(year)))
        .order_by(table.sort_key, table.id)
        .limit(limit)
    )
    if kind != "clan":
        query = query.where(Unit.managed_by == ("commune" if kind == "unit" else "province"))
    if community_id is not None:
        query = query.where(table.community_id == community_id)
    if after is not None:
        key, last = after
        query = query.where((table.sort_key > key) | ((table.sort_key == key) & (table.id > last)))
    return [GroupRow(*row) for row in db.execute(query)]


def holders(
    db: Session,
    year: int,
    community_id: uuid.UUID,
    *,
    recognised_only: bool = False,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[MemberRow]:
    """The adults behind a community's number, by name; only title holders when asked."""
    query = (
        select(Person.id, Person.name, Person.sort_key, Person.birth_year, Household.id, Household.name, Title.id)
        .join(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .join(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(
            Title,
            and_(
                Title.person_id == Person.id,
                Title.kind == "citizen",
                Title.year == year,
                Title.revoked_at.is_(None),
            ),
        )
        .where(Person.birth_year <= adult_born_by(year), Household.community_id == community_id)
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if recognised_only:
        query = query.where(Title.id.is_not(None))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [MemberRow(*row) for row in db.execute(query)]
