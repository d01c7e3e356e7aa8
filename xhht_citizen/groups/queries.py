"""Reads of groups as one thing: what it is, where its counts stand, who speaks for it, who belongs to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.clock import VIETNAM
from xhht_citizen.groups.models import Clan, ClanMembership, Mandate, Unit, UnitMembership
from xhht_citizen.groups.rules import Group, Kind, UnitKind
from xhht_citizen.people.models import Household, HouseholdMembership
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.places.rules import bare_name, commune_code, commune_id
from xhht_citizen.vietnamese import fold, name_sort_key, sort_key


def group(db: Session, kind: Kind, group_id: uuid.UUID) -> Group | None:
    """One group of any kind but a citizen's, or None. A unit is found under the kind its title would be of."""
    if kind is Kind.COMMUNE:
        commune = db.get(Commune, commune_code(group_id))
        return _commune(commune) if commune is not None else None
    table, shape = _TABLES[kind]
    row = db.get(table, group_id)
    found = shape(row) if row is not None else None
    return found if found is not None and found.kind is kind else None


def year_after(year: int) -> datetime:
    """The moment at which a year is over in Vietnam."""
    return datetime(year + 1, 1, 1, tzinfo=VIETNAM)


def open_until(closed_at: Any, end: Any) -> ColumnElement[bool]:
    """SQL: the clan or unit of the row was not closed before `end`; with `year_after(year)`: it counts in that year."""
    return or_(closed_at.is_(None), closed_at >= end)


def titled(db: Session, kind: Kind, group_id: uuid.UUID) -> Group | None:
    """The group as a case or title of this kind names it.

    A unit that another body manages by now keeps what it had of the other kind, and is closed for more of it.
    """
    found = group(db, kind, group_id)
    if found is None and kind in {Kind.UNIT, Kind.AGENCY}:
        found = group(db, Kind.AGENCY if kind is Kind.UNIT else Kind.UNIT, group_id)
        return replace(found, kind=kind, closed=True) if found is not None else None
    return found


def _household(row: Household) -> Group:
    return Group(
        Kind.HOUSEHOLD, row.id, row.name, name_sort_key(row.name), fold(row.name), row.ward_code, row.community_id
    )


def _clan(row: Clan) -> Group:
    return _named(Kind.CLAN, row)


def _unit(row: Unit) -> Group:
    return replace(_named(unit_title(row), row), unit_kind=UnitKind(row.kind))


def _named(kind: Kind, row: Clan | Unit) -> Group:
    closed = row.closed_at is not None
    return Group(kind, row.id, row.name, row.sort_key, row.search_key, row.ward_code, row.community_id, closed=closed)


def _community(row: Community) -> Group:
    name, closed = row.name, row.valid_to is not None
    return Group(Kind.COMMUNITY, row.id, name, sort_key(name), fold(name), row.ward_code, row.id, closed=closed)


def _commune(row: Commune) -> Group:
    name, closed = row.name, row.valid_to is not None
    key = sort_key(bare_name(name))
    return Group(Kind.COMMUNE, commune_id(row.code), name, key, fold(name), row.code, None, closed=closed)


_TABLES: dict[Kind, tuple[type[Any], Callable[[Any], Group]]] = {
    Kind.HOUSEHOLD: (Household, _household),
    Kind.CLAN: (Clan, _clan),
    Kind.COMMUNITY: (Community, _community),
    Kind.UNIT: (Unit, _unit),
    Kind.AGENCY: (Unit, _unit),
}


def unit_title(unit: Unit) -> Kind:
    """Which title a unit can get: the association's under the commune, the ministry's above it."""
    return Kind.UNIT if unit.managed_by == "commune" else Kind.AGENCY


def places_of(db: Session, group: Group) -> set[tuple[str, uuid.UUID | None]]:
    """(ward, community) of every count a title of this group takes part in: its own, and its members' homes.

    Adults are counted inside recognised households, clans and communities where they live, which for a clan may be in
    several wards.
    """
    found = {(group.ward_code, group.community_id)}
    if group.kind is Kind.CLAN:
        rows = db.execute(
            select(Household.ward_code, Household.community_id)
            .join(ClanMembership, ClanMembership.household_id == Household.id)
            .where(ClanMembership.clan_id == group.id, ClanMembership.revoked_at.is_(None))
            .distinct()
        )
        found |= {(ward_code, community_id) for ward_code, community_id in rows}
    return found


def speakers(db: Session, kind: Kind, group_id: uuid.UUID, today: date) -> set[uuid.UUID]:
    """Persons who speak for a group today: the head of a household, clan or unit, and whoever holds a mandate.

    A community's head is a role, which the policy reads from the actor.
    """
    of = "unit" if kind is Kind.AGENCY else str(kind)
    found = set(
        db.scalars(
            select(Mandate.person_id).where(
                Mandate.kind == of,
                Mandate.group_id == group_id,
                Mandate.revoked_at.is_(None),
                or_(Mandate.until.is_(None), Mandate.until >= today),
            )
        )
    )
    return found | heads(db, Kind.HOUSEHOLD, group_id) if kind is Kind.HOUSEHOLD else found


def heads(db: Session, kind: Kind, group_id: uuid.UUID) -> set[uuid.UUID]:
    """Persons who head a group; a community's head is a role, and not among them."""
    if kind is Kind.HOUSEHOLD:
        asked = select(HouseholdMembership.person_id).where(
            HouseholdMembership.household_id == group_id,
            HouseholdMembership.relation == "head",
            HouseholdMembership.revoked_at.is_(None),
        )
    else:
        asked = select(Mandate.person_id).where(
            Mandate.kind == ("unit" if kind is Kind.AGENCY else str(kind)),
            Mandate.group_id == group_id,
            Mandate.part == "head",
            Mandate.revoked_at.is_(None),
        )
    return set(db.scalars(asked))


def belongs(db: Session, kind: Kind, group_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether a person belongs to a group today: lives in the household or community, the clan's or unit's member."""
    home = (
        select(Household.id)
        .join(HouseholdMembership, HouseholdMembership.household_id == Household.id)
        .where(HouseholdMembership.person_id == person_id, HouseholdMembership.revoked_at.is_(None))
    )
    if kind is Kind.HOUSEHOLD:
        asked = home.where(Household.id == group_id)
    elif kind is Kind.COMMUNITY:
        asked = home.where(Household.community_id == group_id)
    elif kind is Kind.COMMUNE:
        asked = home.where(Household.ward_code == commune_code(group_id))
    elif kind is Kind.CLAN:
        asked = home.where(
            exists().where(
                ClanMembership.clan_id == group_id,
                ClanMembership.household_id == Household.id,
                ClanMembership.revoked_at.is_(None),
            )
        )
    else:
        asked = select(UnitMembership.id).where(
            UnitMembership.unit_id == group_id,
            UnitMembership.person_id == person_id,
            UnitMembership.revoked_at.is_(None),
        )
    return db.scalars(asked.limit(1)).first() is not None
