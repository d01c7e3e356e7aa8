"""What stands beside a page of the register: the share each group's title rests on, counted today."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session

from xhht_citizen.groups.models import ClanMembership, UnitMembership
from xhht_citizen.groups.rules import Kind, Part
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.rules import commune_code, commune_id
from xhht_citizen.ratios.facts import holds
from xhht_citizen.ratios.models import WARD, Tally
from xhht_citizen.titles.models import Title

# The one share a row of the register shows of a group; its page shows all.
MAIN = {
    Kind.HOUSEHOLD: "adults_citizen",
    Kind.CLAN: "households_recognised",
    Kind.COMMUNITY: "households_recognised",
    Kind.UNIT: "citizen_members",
    Kind.AGENCY: "citizen_members",
    Kind.COMMUNE: "adults_citizen",
}
Shares = dict[uuid.UUID, tuple[int, int]]


def shares_today(db: Session, rows: Iterable[Title]) -> Shares:
    """(holding, all) of the main share of each group among these titles, by title; one query a kind and year."""
    wanted: dict[tuple[Kind, int], dict[uuid.UUID, uuid.UUID]] = {}
    for row in rows:
        if row.kind != Kind.CITIZEN:
            wanted.setdefault((Kind(row.kind), row.year), {})[row.subject_id] = row.id
    found: Shares = {}
    for (kind, year), titles in wanted.items():
        for subject_id, pair in _COUNTED[kind](db, titles, year).items():
            if pair[1]:
                found[titles[subject_id]] = pair
    return found


def _grouped(key: Any, holding: ColumnElement[bool], ids: Collection[uuid.UUID]) -> Select[Any]:
    return (
        select(key, func.coalesce(func.sum(case((holding, 1), else_=0)), 0), func.count())
        .where(key.in_(list(ids)))
        .group_by(key)
    )


def _read(db: Session, query: Select[Any]) -> Shares:
    return {key: (int(holding), int(whole)) for key, holding, whole in db.execute(query)}


def _households(db: Session, ids: Collection[uuid.UUID], year: int) -> Shares:
    query = _grouped(HouseholdMembership.household_id, holds(Kind.CITIZEN, Person.id, year), ids)
    return _read(
        db,
        query.select_from(HouseholdMembership)
        .join(Person, Person.id == HouseholdMembership.person_id)
        .where(HouseholdMembership.revoked_at.is_(None), Person.birth_year <= adult_born_by(year)),
    )


def _lived_in(household_id: Any) -> ColumnElement[bool]:
    return exists().where(HouseholdMembership.household_id == household_id, HouseholdMembership.revoked_at.is_(None))


def _clans(db: Session, ids: Collection[uuid.UUID], year: int) -> Shares:
    home = ClanMembership.household_id
    query = _grouped(ClanMembership.clan_id, holds(Kind.HOUSEHOLD, home, year), ids)
    return _read(db, query.where(ClanMembership.revoked_at.is_(None), _lived_in(home)))


def _communities(db: Session, ids: Collection[uuid.UUID], year: int) -> Shares:
    query = _grouped(Household.community_id, holds(Kind.HOUSEHOLD, Household.id, year), ids)
    return _read(db, query.where(_lived_in(Household.id)))


def _units(db: Session, ids: Collection[uuid.UUID], year: int) -> Shares:
    query = _grouped(UnitMembership.unit_id, holds(Kind.CITIZEN, Person.id, year), ids)
    return _read(
        db,
        query.select_from(UnitMembership)
        .join(Person, Person.id == UnitMembership.person_id)
        .where(
            UnitMembership.revoked_at.is_(None),
            UnitMembership.part == str(Part.MEMBER),
            Person.birth_year <= adult_born_by(year),
        ),
    )


def _communes(db: Session, ids: Collection[uuid.UUID], year: int) -> Shares:
    rows = db.execute(
        select(Tally.ward_code, Tally.recognised, Tally.total).where(
            Tally.ward_code.in_([commune_code(one) for one in ids]),
            Tally.community_id == WARD,
            Tally.kind == str(Kind.CITIZEN),
            Tally.year == year,
        )
    )
    return {commune_id(code): (recognised, total) for code, recognised, total in rows}


_COUNTED: dict[Kind, Callable[[Session, Collection[uuid.UUID], int], Shares]] = {
    Kind.HOUSEHOLD: _households,
    Kind.CLAN: _clans,
    Kind.COMMUNITY: _communities,
    Kind.UNIT: _units,
    Kind.AGENCY: _units,
    Kind.COMMUNE: _communes,
}
