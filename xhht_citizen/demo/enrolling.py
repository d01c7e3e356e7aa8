"""Who is put down for a year: groups mostly by the head of their community, many at once, early in the year."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from xhht_citizen.demo import cases
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.group_plans import GroupPlan, community
from xhht_citizen.demo.groups import Groups, household
from xhht_citizen.demo.ward import Ward, open_account
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.titles.models import Registration

SHARES = {Kind.HOUSEHOLD: 0.52, Kind.CLAN: 0.6, Kind.UNIT: 0.7, Kind.COMMUNITY: 0.7}
ONLY_REGISTERED = 260  # adults with no case so far
Registrations = dict[tuple[Kind, uuid.UUID, int], dict[str, Any]]


def enrol(ward: Ward, groups: Groups, year: Year, plans: Iterable[GroupPlan]) -> Registrations:
    """The groups of a year: all that have a case in it, and a share of the others; some by themselves."""
    random, made = ward.book.random, Registrations()
    planned = {(plan.group.kind, plan.group.id): plan for plan in plans}
    later: list[GroupPlan] = []
    for place, community_id in enumerate(ward.communities):
        by = ward.heads[place].account_id
        assert by is not None  # noqa: S101 (every head of a community has one)
        mine = [household(home) for home in ward.homes if home.community == place and home.members]
        mine += [
            party.group
            for party in (*groups.clans.values(), *groups.units.values())
            if party.row["community_id"] == community_id and party.group.kind is not Kind.AGENCY
        ]
        mine.append(community(ward, place))
        start = random.uniform(0.02, 0.13)
        for number, group in enumerate(mine):
            plan = planned.pop((group.kind, group.id), None)
            if plan is not None and random.random() < 0.2:
                later.append(plan)
            elif plan is not None or random.random() < SHARES[group.kind]:
                _put_down(ward, made, group, year.year, at=year.at(start + number * 1e-6), by=by)
    return made | by_themselves(ward, [*later, *planned.values()])


def by_themselves(ward: Ward, plans: Iterable[GroupPlan]) -> Registrations:
    """Put down with the beginning of their case, by who speaks for them."""
    made = Registrations()
    for plan in plans:
        at = plan.year.at(plan.opens)
        _put_down(ward, made, plan.group, plan.case_year, at=at, by=open_account(ward, plan.speaker, at))
    return made


def _put_down(ward: Ward, made: Registrations, group: Group, year: int, *, at: datetime, by: uuid.UUID) -> None:
    made[group.kind, group.id, year] = cases.register(ward, group, year, at, by, kind=str(group.kind))


def only_registered(ward: Ward, year: Year) -> None:
    """Adults put down by the head of their community early in the year, with no case so far."""
    random = ward.book.random
    known = {row["person_id"] for row in ward.book.rows[Registration] if row["year"] == year.year}
    others = [person for person in ward.adults(year.year) if person.id not in known]
    for person in random.sample(others, ONLY_REGISTERED):
        head = ward.heads[person.community].account_id
        assert head is not None  # noqa: S101 (every head has an account)
        cases.register(ward, person, year.year, year.at(random.uniform(0.02, 0.16)), head)
