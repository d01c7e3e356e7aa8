"""Whose case or title it is: the group behind it, who speaks for it, what the policy reads of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Actor, Role, Thing, may
from xhht_citizen.applications.models import Application
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Held
from xhht_citizen.errors import NotFound
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.models import ClanMembership, Mandate, UnitMembership
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.places.models import Commune
from xhht_citizen.places.rules import commune_id
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.queries import terms_of
from xhht_citizen.vietnamese import name_sort_key, sort_key


@dataclass(frozen=True)
class Spoken:
    """Groups one speaks for, and clans one belongs to: whose cases one does not review."""

    groups: frozenset[tuple[Kind, uuid.UUID]] = frozenset()
    clans: frozenset[uuid.UUID] = frozenset()


def group_of(db: Session, row: Any) -> Group | None:
    """The group a case or title is of; None for a citizen's."""
    return None if row.kind == Kind.CITIZEN else groups.titled(db, Kind(row.kind), row.subject_id)


def name_of(case: Any) -> str:
    """What a case's subject is called: the person today, a group as it was when the case was begun or sent."""
    return str(case.person.name if case.person is not None else case.subject_name)


def order_of(case: Any) -> str:
    """What lists of cases of one kind are sorted by: people and households by given name, others by their name."""
    if case.person is not None:
        return str(case.person.sort_key)
    return (name_sort_key if case.kind == Kind.HOUSEHOLD else sort_key)(case.subject_name)


@cache
def province_sets() -> tuple[str, ...]:
    """Ids of the criteria sets whose titles the province decides on."""
    return tuple(one.id for one in catalogue.all_sets().values() if one.decided_by == "province")


def decider(kind: str, year: int) -> str:
    """Who decides on a title of this kind and year: "ward" or "province", as its criteria set says."""
    if kind == Kind.CITIZEN:
        return "ward"
    try:
        return catalogue.current(kind, year).decided_by
    except NotFound:  # a year no set is known for: as the newest one of the kind
        return max(
            (one for one in catalogue.all_sets().values() if one.kind == kind),
            key=lambda one: one.valid_from or date.min,
        ).decided_by


def thing_of(db: Session, row: Any, *, asks: Actor, today: date, submitted: bool = True) -> Thing:
    """A case or title of any kind as the policy reads it; `asks` is who wants to see it."""
    group = group_of(db, row)
    if group is None:
        return replace(access.thing_of_case(db, row, submitted=submitted), barred=barred(row))
    thing = access.thing_of_group(db, group, today=today, person_id=asks.person_id, submitted=submitted)
    own_set = isinstance(row, Application)  # a title's set is that of its kind and year
    decides = catalogue.get(row.criteria_set).decided_by if own_set else decider(row.kind, row.year)
    # A case stays where it was sent, whatever became of the group since.
    where = access.thing(db, ward_code=row.ward_code or group.ward_code)
    return replace(
        thing,
        ward_code=where.ward_code,
        province_code=where.province_code,
        community_id=row.community_id if row.ward_code else thing.community_id,
        decided_by=decides,
        barred=barred(row),
    )


def barred(row: Any) -> frozenset[uuid.UUID]:
    """Who may not judge a case, or a row of a queue: whoever declined it, once that was appealed. Of a title nobody."""
    appealed = getattr(row, "appealed_at", None) is not None and row.declined_by is not None
    return frozenset({row.declined_by}) if appealed else frozenset()


def deciders(db: Session, case: Application, today: date) -> list[Actor]:
    """Who may review the case today: its ward's reviewers, or the province's officers, each asked of the policy."""
    if catalogue.get(case.criteria_set).decided_by == "province":
        province = db.scalars(select(Commune.province_code).where(Commune.code == case.ward_code)).one_or_none()
        known = access.holders(db, Role.PROVINCE_OFFICER, province_code=province) if province else []
    else:
        known = access.holders(db, Role.WARD_REVIEWER, ward_code=case.ward_code) if case.ward_code else []
    return [who for who in known if may(who, "application.review", thing_of(db, case, asks=who, today=today))]


def thing_of_group(db: Session, group: Group, year: int, *, asks: Actor, today: date) -> Thing:
    """A group in a year as the policy reads it, with who decides on its title."""
    thing = access.thing_of_group(db, group, today=today, person_id=asks.person_id)
    return replace(thing, decided_by=decider(group.kind, year))


def cases_of(
    db: Session, keys: Collection[tuple[Kind, uuid.UUID]], year: int
) -> dict[tuple[Kind, uuid.UUID], Application]:
    """These groups' cases of a year; who has none is not in it."""
    rows = db.scalars(
        select(Application).where(
            Application.subject_id.in_([group_id for _, group_id in keys]),
            Application.year == year,
            Application.kind != str(Kind.CITIZEN),
        )
    )
    return {(Kind(row.kind), row.subject_id): row for row in rows if (Kind(row.kind), row.subject_id) in set(keys)}


def spoken_for(db: Session, who: Actor, today: date) -> Spoken:
    """What somebody speaks for today, as `access.rules.speaks_for` says it, and their clans. Three queries, or none."""
    if who.acting:
        return Spoken(frozenset())
    found: set[tuple[Kind, uuid.UUID]] = set()
    for grant in who.grants:
        if grant.role is Role.COMMUNITY_HEAD and grant.community_id:
            found.add((Kind.COMMUNITY, grant.community_id))
        elif grant.role in {Role.WARD_REVIEWER, Role.WARD_SIGNER} and grant.ward_code:
            found.add((Kind.COMMUNE, commune_id(grant.ward_code)))
    if who.person_id is None:
        return Spoken(frozenset(found))
    homes = db.execute(
        select(HouseholdMembership.household_id, HouseholdMembership.relation).where(
            HouseholdMembership.person_id == who.person_id, HouseholdMembership.revoked_at.is_(None)
        )
    )
    found |= {(Kind.HOUSEHOLD, household_id) for household_id, relation in homes if relation == "head"}
    mandates = db.execute(
        select(Mandate.kind, Mandate.group_id).where(
            Mandate.person_id == who.person_id,
            Mandate.revoked_at.is_(None),
            or_(Mandate.until.is_(None), Mandate.until >= today),
        )
    )
    for kind, group_id in mandates:
        found.add((Kind(kind), group_id))
        if kind == Kind.UNIT:  # a unit's cases and titles may be of either kind, whoever manages it today
            found.add((Kind.AGENCY, group_id))
    clans = db.scalars(
        select(ClanMembership.clan_id).where(
            ClanMembership.household_id == who.household_id, ClanMembership.revoked_at.is_(None)
        )
    )
    return Spoken(frozenset(found), frozenset(clans) if who.household_id else frozenset())


def groups_named(db: Session, keys: Iterable[tuple[Kind, uuid.UUID]]) -> list[Group]:
    """These groups, by kind and name; what is no group is left out."""
    found = [groups.group(db, kind, group_id) for kind, group_id in keys]
    order = list(Kind)
    known = [group for group in found if group is not None]
    return sorted(known, key=lambda group: (order.index(group.kind), group.sort_key, str(group.id)))


def wards_read(db: Session, group: Group) -> set[str]:
    """Wards whose titles a group's ratios look at: its own, and those where its members live."""
    wards = {ward_code for ward_code, _ in groups.places_of(db, group)}
    if group.kind in {Kind.UNIT, Kind.AGENCY}:
        wards |= set(
            db.scalars(
                select(Household.ward_code)
                .join(HouseholdMembership, HouseholdMembership.household_id == Household.id)
                .join(Person, Person.id == HouseholdMembership.person_id)
                .join(UnitMembership, UnitMembership.person_id == Person.id)
                .where(
                    UnitMembership.unit_id == group.id,
                    UnitMembership.revoked_at.is_(None),
                    HouseholdMembership.revoked_at.is_(None),
                )
                .distinct()
            )
        )
    return wards


def held_by(db: Session, kind: str, subject_id: uuid.UUID, day: date) -> Held | None:
    """The level a subject holds on a day, its highest one, and since when it holds that much without a gap.

    A recognition renewed while it ran goes on from the first one, also once the first has run out: the wait for the
    next level is not begun anew.
    """
    terms = terms_of(db, kind, subject_id, day)
    level = max((title.level or 0 for title in terms if _lasts(title, day)), default=0)
    if not level:
        return None
    since = day
    for title in reversed([one for one in terms if (one.level or 0) >= level]):  # the latest decision first
        if _lasts(title, since - timedelta(days=1)):
            since = title.decision.decided_on
    return Held(level, since, day)


def _lasts(title: Title, day: date) -> bool:
    return title.valid_until is not None and title.valid_until >= day
