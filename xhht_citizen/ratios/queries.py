"""Reads of counts: live for a household, from tallies for everything above it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.places.rules import bare_name
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, Tally
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles.models import Title
from xhht_citizen.vietnamese import sort_key


@dataclass(frozen=True)
class AreaRow:
    """One line of a ratio table: the area, its counts, the moment of the oldest of them.

    `code` is the official code, or the id of a community or household as text; empty for the people of a ward whose
    community is not known. `wards` of `of_wards` have been counted (provinces only).
    """

    code: str
    name: str
    counts: Counts
    taken_at: datetime | None = None
    wards: int | None = None
    of_wards: int | None = None
    lat: float | None = None
    lon: float | None = None


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


def years_of(db: Session, ward_codes: Collection[str]) -> set[int]:
    """The years one of these wards has been counted for."""
    return set(db.scalars(select(Tally.year).where(Tally.ward_code.in_(ward_codes), Tally.community_id == WARD)))


def peopled_wards(db: Session, place_code: str | None = None) -> list[str]:
    """Codes of the wards that have households: a province's (2 digits), one ward (5), or all; in order."""
    query = select(Household.ward_code).distinct().order_by(Household.ward_code)
    if place_code is not None:
        query = query.join(Commune, Commune.code == Household.ward_code)
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


def ward_counts(db: Session, ward_code: str, year: int) -> AreaRow | None:
    """The ward's own tally, or None when it was never taken for the year."""
    return _one(db, select(Tally).where(Tally.ward_code == ward_code, Tally.community_id == WARD), year)


def community_counts(db: Session, community_id: uuid.UUID, year: int) -> AreaRow | None:
    """One community's tally."""
    return _one(db, select(Tally).where(Tally.community_id == community_id), year)


def communities(db: Session, ward_code: str, year: int) -> list[AreaRow]:
    """Every community of a ward in its order, with counts where they are known, so that the lines add up to the ward.

    A closed community stands in the list while people are counted in it; last, without code and name, those whose
    community is not known. Two queries.
    """
    rows = db.execute(
        select(Community, Tally)
        .outerjoin(
            Tally,
            and_(
                Tally.ward_code == ward_code,
                Tally.community_id == Community.id,
                Tally.year == year,
                Tally.kind == "citizen",
            ),
        )
        .where(Community.ward_code == ward_code, or_(Community.valid_to.is_(None), Tally.total > 0))
        .order_by(Community.position, Community.name, Community.id)
    )
    lines = [_row(str(community.id), community.name, tally) for community, tally in rows]
    rest = db.get(Tally, (ward_code, NO_COMMUNITY, "citizen", year))
    return [*lines, _row("", "", rest)] if rest is not None and rest.total else lines


def wards(db: Session, province_code: str, year: int) -> list[AreaRow]:
    """Every commune of a province by name, with counts where they are known. One query for 1 or 168 communes.

    A commune that was closed since stands in the list of the years it was counted in.
    """
    rows = db.execute(
        select(Commune, Tally)
        .outerjoin(Tally, _tally_of_ward(year))
        .where(Commune.province_code == province_code, or_(Commune.valid_to.is_(None), Tally.total > 0))
    )
    return [
        AreaRow(
            commune.code,
            commune.name,
            _counts(tally),
            tally.taken_at if tally else None,
            lat=commune.lat,
            lon=commune.lon,
        )
        for commune, tally in sorted(rows, key=lambda row: (sort_key(bare_name(row[0].name)), row[0].code))
    ]


def provinces(db: Session, year: int) -> list[AreaRow]:
    """Every province by name, its wards' tallies added up. One query."""
    rows = db.execute(
        select(
            Province.code,
            Province.name,
            func.sum(Tally.total),
            func.sum(Tally.registered),
            func.sum(Tally.assessed),
            func.sum(Tally.recognised),
            func.min(Tally.taken_at),
            func.count(Tally.ward_code),
            func.count(),
        )
        .join(Commune, Commune.province_code == Province.code)
        .outerjoin(Tally, _tally_of_ward(year))
        .where(or_(Commune.valid_to.is_(None), Tally.total > 0))
        .group_by(Province.code, Province.name)
    )
    return [
        AreaRow(code, name, Counts(total, registered, assessed, recognised), taken, counted, of_wards)
        for code, name, total, registered, assessed, recognised, taken, counted, of_wards in sorted(
            rows, key=lambda row: (sort_key(bare_name(row.name)), row.code)
        )
    ]


def _tally_of_ward(year: int) -> ColumnElement[bool]:
    return and_(
        Tally.ward_code == Commune.code, Tally.community_id == WARD, Tally.kind == "citizen", Tally.year == year
    )


def total_of(rows: Sequence[AreaRow]) -> Counts:
    """The sum of the known counts; all unknown stays unknown."""
    return sum((row.counts for row in rows), Counts())


def taken_of(rows: Sequence[AreaRow]) -> datetime | None:
    """When the oldest of these counts was taken: a sum is as old as its oldest part."""
    return min((row.taken_at for row in rows if row.taken_at is not None), default=None)


def households(
    db: Session,
    ward_code: str,
    community_id: uuid.UUID | None,
    year: int,
    *,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[AreaRow]:
    """Households of a community with their adults and holders, by name; the next page begins after the last key."""
    query = (
        select(
            Household.id,
            Household.name,
            func.count(Person.id),
            func.coalesce(func.sum(case((has_title(year), 1), else_=0)), 0),
        )
        .outerjoin(
            HouseholdMembership,
            and_(HouseholdMembership.household_id == Household.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .outerjoin(Person, and_(Person.id == HouseholdMembership.person_id, Person.birth_year <= adult_born_by(year)))
        .where(Household.ward_code == ward_code, Household.community_id == community_id)
        .group_by(Household.id, Household.name)
        .order_by(Household.name, Household.id)
        .limit(limit)
    )
    if after is not None:
        name, last = after
        query = query.where((Household.name > name) | ((Household.name == name) & (Household.id > last)))
    return [
        AreaRow(str(code), name, Counts(total=total, recognised=recognised))
        for code, name, total, recognised in db.execute(query)
    ]


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


def _one(db: Session, query: Select[Any], year: int) -> AreaRow | None:
    tally = db.scalars(query.where(Tally.year == year, Tally.kind == "citizen")).one_or_none()
    return _row(tally.ward_code, "", tally) if tally else None


def _row(code: str, name: str, tally: Tally | None) -> AreaRow:
    return AreaRow(code, name, _counts(tally), tally.taken_at if tally else None)


def _counts(tally: Tally | None) -> Counts:
    return Counts(tally.total, tally.registered, tally.assessed, tally.recognised) if tally else Counts()
