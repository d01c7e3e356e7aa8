"""The ratios a group's criteria read, counted from the rows as they stand, and the members behind each of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.groups.models import Clan, ClanMembership, Schooling, Unit, UnitMembership
from xhht_citizen.groups.queries import open_until, year_after
from xhht_citizen.groups.rules import SCHOOL_AGES, Group, Kind, Part, UnitKind
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.queries import head_key
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places import queries as places
from xhht_citizen.places.rules import commune_code
from xhht_citizen.ratios.models import WARD, Tally
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.queries import in_force

Members = Select[uuid.UUID, str, str, bool]  # id, name, sort key, whether they hold the title
# What a commune's own title looks at, and the tally that holds it.
COMMUNE_RATIOS = {
    "adults_citizen": Kind.CITIZEN,
    "households_recognised": Kind.HOUSEHOLD,
    "clans_recognised": Kind.CLAN,
    "communities_recognised": Kind.COMMUNITY,
    "units_recognised": Kind.UNIT,
}


@dataclass(frozen=True)
class GroupFacts:
    """Named ratios as (numerator, denominator), and the areas that decide which lines apply.

    A ratio of nobody is left out: 0 of 0 is not known, and never nought.
    """

    ratios: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    area: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BehindRow:
    """One member behind a ratio: a person, household or clan, and whether they hold the year's title."""

    id: uuid.UUID
    name: str
    sort_key: str
    holds: bool


def facts_of(db: Session, group: Group, year: int) -> GroupFacts:
    """The ratios of a group for a year, as of now. A few statements, whatever its size."""
    ratios, area = _COUNTED[group.kind](db, group, year)
    if places.ward_settings(db, group.ward_code).disadvantaged:
        area |= {"disadvantaged"}
    return GroupFacts({name: pair for name, pair in ratios.items() if pair[1]}, frozenset(area))


def behind(
    db: Session,
    group: Group,
    name: str,
    year: int,
    *,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[BehindRow]:
    """Who is counted in a ratio of a household, clan, community or unit, by name; pages begin after the last key.

    Children are counted and never listed: for them there is no list.
    """
    key: Any
    if name == "adults_citizen":
        query, key, row_id = _adults(group, year), Person.sort_key, Person.id
    elif name in {"citizen_members", "citizen_learners"}:
        query = _in_unit(group, year, Part.MEMBER if name == "citizen_members" else Part.LEARNER)
        key, row_id = Person.sort_key, Person.id
    elif name == "households_recognised":
        query, key, row_id = _households(group, year), head_key(), Household.id
    elif name == "clans_recognised":
        query, key, row_id = _clans(group, year), Clan.sort_key, Clan.id
    else:
        return []
    if after is not None:
        last_key, last = after
        query = query.where(or_(key > last_key, and_(key == last_key, row_id > last)))
    return [BehindRow(*row) for row in db.execute(query.order_by(key, row_id).limit(limit))]


def holds(kind: Kind, subject: Any, year: int) -> ColumnElement[bool]:
    """SQL: the subject of the row holds a title of the kind that counts in the year."""
    return exists().where(Title.subject_id == subject, Title.kind == str(kind), in_force(year))


def _count(db: Session, query: Members) -> tuple[int, int]:
    """(who hold, all) of a query whose fourth column says whether a row holds."""
    rows = query.subquery()
    holding = func.coalesce(func.sum(case((rows.c.holds, 1), else_=0)), 0)
    numerator, denominator = db.execute(select(holding, func.count()).select_from(rows)).one()
    return int(numerator), int(denominator)


def _homes(group: Group) -> ColumnElement[bool]:
    """SQL: the household of the row is of the group."""
    if group.kind is Kind.HOUSEHOLD:
        return Household.id == group.id
    if group.kind is Kind.COMMUNITY:
        return Household.community_id == group.id
    return exists().where(
        ClanMembership.clan_id == group.id,
        ClanMembership.household_id == Household.id,
        ClanMembership.revoked_at.is_(None),
    )


def _adults(group: Group, year: int) -> Members:
    return (
        select(Person.id, Person.name, Person.sort_key, holds(Kind.CITIZEN, Person.id, year).label("holds"))
        .join(HouseholdMembership, HouseholdMembership.person_id == Person.id)
        .join(Household, Household.id == HouseholdMembership.household_id)
        .where(_homes(group), HouseholdMembership.revoked_at.is_(None), Person.birth_year <= adult_born_by(year))
    )


def _households(group: Group, year: int) -> Members:
    """Households somebody lives in, by their head's name."""
    lived_in = exists().where(
        HouseholdMembership.household_id == Household.id, HouseholdMembership.revoked_at.is_(None)
    )
    return select(
        Household.id,
        Household.name,
        head_key().label("sort_key"),
        holds(Kind.HOUSEHOLD, Household.id, year).label("holds"),
    ).where(_homes(group), lived_in)


def _clans(group: Group, year: int) -> Members:
    return select(Clan.id, Clan.name, Clan.sort_key, holds(Kind.CLAN, Clan.id, year).label("holds")).where(
        Clan.community_id == group.id, open_until(Clan.closed_at, year_after(year))
    )


def _in_unit(group: Group, year: int, part: Part) -> Members:
    """Adults only: a child can hold no citizen's title, and is not named."""
    return (
        select(Person.id, Person.name, Person.sort_key, holds(Kind.CITIZEN, Person.id, year).label("holds"))
        .join(UnitMembership, UnitMembership.person_id == Person.id)
        .where(
            UnitMembership.unit_id == group.id,
            UnitMembership.part == str(part),
            UnitMembership.revoked_at.is_(None),
            Person.birth_year <= adult_born_by(year),
        )
    )


def _schooling(db: Session, group: Group, year: int) -> tuple[int, int]:
    """Children of school age in the household who go to school, and all of them: said so for the year, or a pupil.

    A child nobody has answered for counts as not in school until somebody does.
    """
    says_so = exists().where(Schooling.person_id == Person.id, Schooling.year == year, Schooling.in_school.is_(True))
    pupil = exists().where(
        UnitMembership.person_id == Person.id,
        UnitMembership.part == str(Part.LEARNER),
        UnitMembership.revoked_at.is_(None),
        Unit.id == UnitMembership.unit_id,
        Unit.kind == str(UnitKind.SCHOOL),
        Unit.closed_at.is_(None),
    )
    children = (
        select(Person.id, literal("").label("name"), literal("").label("key"), or_(says_so, pupil).label("holds"))
        .join(HouseholdMembership, HouseholdMembership.person_id == Person.id)
        .where(
            HouseholdMembership.household_id == group.id,
            HouseholdMembership.revoked_at.is_(None),
            Person.birth_year.between(year - SCHOOL_AGES[-1], year - SCHOOL_AGES[0]),
        )
    )
    return _count(db, children)


Counted = tuple[dict[str, tuple[int, int]], set[str]]


def _household(db: Session, group: Group, year: int) -> Counted:
    children = _schooling(db, group, year)
    ratios = {"adults_citizen": _count(db, _adults(group, year)), "children_in_school": children}
    return ratios, set() if children[1] else {"no-children"}


def _clan(db: Session, group: Group, year: int) -> Counted:
    return {
        "households_recognised": _count(db, _households(group, year)),
        "adults_citizen": _count(db, _adults(group, year)),
    }, set()


def _community(db: Session, group: Group, year: int) -> Counted:
    clans = _count(db, _clans(group, year))
    return {
        "households_recognised": _count(db, _households(group, year)),
        "clans_recognised": clans,
        "adults_citizen": _count(db, _adults(group, year)),
    }, set() if clans[1] else {"no-clans"}


def _unit(db: Session, group: Group, year: int) -> Counted:
    """A school whose learners are all too young for a citizen's title is judged by who works there.

    One with no learner on the list is not: its learners are unknown, and unknown is not met.
    """
    learners = _count(db, _in_unit(group, year, Part.LEARNER))
    ratios = {"citizen_members": _count(db, _in_unit(group, year, Part.MEMBER)), "citizen_learners": learners}
    asked = group.unit_kind is UnitKind.SCHOOL and (learners[1] > 0 or not _has_learners(db, group))
    return ratios, {"school"} if asked else set()


def _has_learners(db: Session, group: Group) -> bool:
    learner = exists().where(
        UnitMembership.unit_id == group.id,
        UnitMembership.part == str(Part.LEARNER),
        UnitMembership.revoked_at.is_(None),
    )
    return db.scalars(select(learner)).one()


def _commune(db: Session, group: Group, year: int) -> Counted:
    """A commune is summed already: its tallies."""
    rows = db.execute(
        select(Tally.kind, Tally.recognised, Tally.total).where(
            Tally.ward_code == commune_code(group.id), Tally.community_id == WARD, Tally.year == year
        )
    )
    known = {kind: (recognised, total) for kind, recognised, total in rows}
    return {name: known[kind] for name, kind in COMMUNE_RATIOS.items() if kind in known}, set()


_COUNTED = {
    Kind.HOUSEHOLD: _household,
    Kind.CLAN: _clan,
    Kind.COMMUNITY: _community,
    Kind.UNIT: _unit,
    Kind.AGENCY: _unit,
    Kind.COMMUNE: _commune,
}
