"""The counts of a ward's communities, made from the rows: every kind of tally in three statements.

A household, clan, community or unit that was closed counts no more in the year it was closed and after; one that is
open counts in every year. The ministry's titles (agency, commune) have a term: they count in the year they are for and
in every later year at whose end they are still in force, so that a count never depends on the day it was made.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from xhht_citizen.database import UtcDateTime
from xhht_citizen.groups.models import Clan, ClanMembership, Unit, UnitMembership
from xhht_citizen.groups.queries import open_until, year_after
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios.models import NO_COMMUNITY
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles.models import Registration, Title
from xhht_citizen.titles.queries import in_force

Counted = dict[tuple[uuid.UUID, str], Counts]  # by community and kind of tally
Statement = Select[*tuple[Any, ...]]
EVERYWHERE = object()  # instead of a community's id: all communities of the ward

# The statements are made once, for what is asked of each ward and year.
WARD_CODE, COMMUNE = bindparam("ward_code", type_=String), bindparam("commune", type_=Uuid)
YEAR, BORN_BY = bindparam("year", type_=Integer), bindparam("born_by", type_=Integer)
LAST_DAY, NEXT_YEAR = bindparam("last_day", type_=Date), bindparam("next_year", type_=UtcDateTime)


class Scope(StrEnum):
    """Which communities of a ward are counted at a time."""

    ALL = "all"
    ONE = "one"
    NONE = "none"  # what has no community

    def holds(self, ward: Any, community: Any) -> list[ColumnElement[bool]]:
        """SQL: the row's ward and community are counted."""
        here: list[ColumnElement[bool]] = [ward == WARD_CODE]
        if self is Scope.ALL:
            return here
        return [*here, community == bindparam("community", type_=Uuid) if self is Scope.ONE else community.is_(None)]


def count(db: Session, ward_code: str, year: int, community_id: object = EVERYWHERE) -> Counted:
    """What there is to count in a ward, or in one community of it (None: what has no community). Three statements."""
    scope = Scope.ALL if community_id is EVERYWHERE else Scope.NONE if community_id is None else Scope.ONE
    asked = {
        "ward_code": ward_code,
        "commune": commune_id(ward_code),
        "year": year,
        "born_by": adult_born_by(year),
        "last_day": date(year, 12, 31),
        "next_year": year_after(year),
        "community": community_id,
    }
    if scope is not Scope.ONE:
        del asked["community"]
    counted: Counted = {}
    for key, kind, *numbers in db.execute(_groups(scope), asked):
        counted[key or NO_COMMUNITY, kind] = Counts(*map(int, numbers))
    for key, *numbers in db.execute(_workers(scope), asked):
        counted[key or NO_COMMUNITY, "in_unit"] = Counts(*map(int, numbers))
    for row in db.execute(_adults(scope), asked):
        key = row.community_id or NO_COMMUNITY
        _add(counted, key, str(row.learner_group), row.total, row.registered, row.assessed, row.recognised)
        _add(counted, key, "citizen", row.total, row.registered, row.assessed, row.recognised)
        _add(counted, key, "in_household", row.in_household, 0, 0, row.in_household_held)
        _add(counted, key, "in_clan", row.in_clan, 0, 0, row.in_clan_held)
        _add(counted, key, "in_community", row.in_community, 0, 0, row.in_community_held)
        _add(counted, key, "digital", row.recognised, 0, 0, row.digital)
        _add(counted, key, "own_record", row.digital, 0, 0, row.own_record)
    return counted


def _add(counted: Counted, key: uuid.UUID, kind: str, *numbers: Any) -> None:
    more = Counts(*map(int, numbers))
    counted[key, kind] = counted[key, kind] + more if (key, kind) in counted else more


@cache
def _adults(scope: Scope) -> Statement:
    """Adults on the roster by community and learner group, where they live, and what they and their groups hold."""
    citizen, household, community = aliased(Title), aliased(Title), aliased(Title)
    holds = citizen.id.is_not(None)
    in_clan = exists().where(
        ClanMembership.household_id == Household.id,
        ClanMembership.revoked_at.is_(None),
        Clan.id == ClanMembership.clan_id,
        open_until(Clan.closed_at, NEXT_YEAR),
        Title.subject_id == Clan.id,
        Title.kind == "clan",
        Title.year == YEAR,
        Title.revoked_at.is_(None),
    )
    in_household, in_community = household.id.is_not(None), community.id.is_not(None)
    return (
        select(
            Household.community_id,
            Person.learner_group,
            func.count().label("total"),
            func.count(Registration.id).label("registered"),
            func.count(Registration.assessed_at).label("assessed"),
            func.count(citizen.id).label("recognised"),
            _number(in_household).label("in_household"),
            _number(and_(in_household, holds)).label("in_household_held"),
            _number(in_clan).label("in_clan"),
            _number(and_(in_clan, holds)).label("in_clan_held"),
            _number(in_community).label("in_community"),
            _number(and_(in_community, holds)).label("in_community_held"),
            _number(citizen.digital.is_(True)).label("digital"),
            _number(and_(citizen.digital.is_(True), citizen.own_record.is_(True))).label("own_record"),
        )
        .select_from(HouseholdMembership)
        .join(Household, Household.id == HouseholdMembership.household_id)
        .join(Person, Person.id == HouseholdMembership.person_id)
        .outerjoin(Registration, _registered("citizen", Person.id))
        .outerjoin(citizen, _holding(citizen, "citizen", Person.id))
        .outerjoin(household, _holding(household, "household", Household.id))
        .outerjoin(Community, and_(Community.id == Household.community_id, _standing(Community.valid_to)))
        .outerjoin(community, _holding(community, "community", Community.id))
        .where(
            # By its index: without it every household of the country is looked at.
            *scope.holds(Household.ward_code, Household.community_id),
            HouseholdMembership.ward_code == WARD_CODE,
            HouseholdMembership.revoked_at.is_(None),
            Person.birth_year <= BORN_BY,
        )
        .group_by(Household.community_id, Person.learner_group)
    )


@cache
def _groups(scope: Scope) -> Any:
    """Households, clans, communities and units by community; the commune itself where no community is."""
    lived_in = exists().where(
        HouseholdMembership.household_id == Household.id, HouseholdMembership.revoked_at.is_(None)
    )
    parts = [
        _of_groups("household", Household, Household.community_id, scope).where(lived_in),
        _of_groups("clan", Clan, Clan.community_id, scope).where(open_until(Clan.closed_at, NEXT_YEAR)),
        _of_groups("community", Community, Community.id, scope).where(_standing(Community.valid_to)),
        _of_groups("unit", Unit, Unit.community_id, scope).where(
            Unit.managed_by == "commune", open_until(Unit.closed_at, NEXT_YEAR)
        ),
        _with_terms("agency", Unit.id, Unit.community_id)
        .where(
            *scope.holds(Unit.ward_code, Unit.community_id),
            Unit.managed_by == "province",
            open_until(Unit.closed_at, NEXT_YEAR),
        )
        .group_by(Unit.community_id),
    ]
    if scope is not Scope.ONE:
        parts.append(
            _with_terms("commune", COMMUNE, cast(null(), Uuid))
            .select_from(Commune)
            .where(Commune.code == WARD_CODE, _standing(Commune.valid_to))
            .having(func.count() > 0)
        )
    return union_all(*parts)


def _of_groups(kind: str, table: Any, community: InstrumentedAttribute[Any], scope: Scope) -> Statement:
    """Groups of a kind whose titles are for one year."""
    return (
        select(
            community.label("community_id"),
            literal(kind).label("kind"),
            func.count().label("total"),
            func.count(Registration.id).label("registered"),
            func.count(Registration.assessed_at).label("assessed"),
            func.count(Title.id).label("recognised"),
        )
        .select_from(table)
        .outerjoin(Registration, _registered(kind, table.id))
        .outerjoin(Title, _holding(Title, kind, table.id))
        .where(*scope.holds(table.ward_code, community))
        .group_by(community)
    )


def _with_terms(kind: str, subject: Any, community: Any) -> Statement:
    """Groups of a kind whose titles have a term; the caller says which."""
    recognised = exists().where(Title.subject_id == subject, Title.kind == kind, in_force(YEAR, LAST_DAY))
    registered = exists().where(_registered(kind, subject))
    assessed = exists().where(_registered(kind, subject), Registration.assessed_at.is_not(None))
    return select(
        community.label("community_id"),
        literal(kind).label("kind"),
        func.count().label("total"),
        _number(registered).label("registered"),
        _number(assessed).label("assessed"),
        _number(recognised).label("recognised"),
    )


@cache
def _workers(scope: Scope) -> Statement:
    """Adults who work in units of the commune, at the unit's place; whoever works in two is counted in each."""
    return (
        select(Unit.community_id, func.count(), literal(0), literal(0), func.count(Title.id))
        .select_from(Unit)
        .join(UnitMembership, UnitMembership.unit_id == Unit.id)
        .join(Person, Person.id == UnitMembership.person_id)
        .outerjoin(Title, _holding(Title, "citizen", UnitMembership.person_id))
        .where(
            *scope.holds(Unit.ward_code, Unit.community_id),
            Unit.managed_by == "commune",
            open_until(Unit.closed_at, NEXT_YEAR),
            UnitMembership.part == "member",
            UnitMembership.revoked_at.is_(None),
            Person.birth_year <= BORN_BY,
        )
        .group_by(Unit.community_id)
    )


def _standing(valid_to: Any) -> ColumnElement[bool]:
    return or_(valid_to.is_(None), valid_to > LAST_DAY)


def _holding(title: Any, kind: str, subject: Any) -> ColumnElement[bool]:
    return and_(title.subject_id == subject, title.kind == kind, title.year == YEAR, title.revoked_at.is_(None))


def _registered(kind: str, subject: Any) -> ColumnElement[bool]:
    return and_(Registration.subject_id == subject, Registration.kind == kind, Registration.year == YEAR)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
