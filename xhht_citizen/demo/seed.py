"""The story of the ward: who registered, applied, was reviewed and recognised, in three years."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from xhht_citizen.applications.rules import State
from xhht_citizen.audit import Look
from xhht_citizen.demo import (
    activities,
    bench,
    cases,
    enrolling,
    group_cases,
    group_words,
    groups,
    lives,
    officers,
    papers,
    plans,
    telling,
)
from xhht_citizen.demo.book import Book, Year
from xhht_citizen.demo.cases import Plan
from xhht_citizen.demo.counting import Ledger
from xhht_citizen.demo.decisions import REVOKING, Register, revoke
from xhht_citizen.demo.enrolling import Registrations
from xhht_citizen.demo.falls import Falls
from xhht_citizen.demo.group_plans import GroupPlan, GroupsOfYear
from xhht_citizen.demo.groups import NEXT_WARD
from xhht_citizen.demo.helping import help_out
from xhht_citizen.demo.learning import REVOKE_REASON
from xhht_citizen.demo.meeting import Told
from xhht_citizen.demo.pictures import Papers
from xhht_citizen.demo.plans import LAST, LIVELY, THIS, TRIAL
from xhht_citizen.demo.totals import declare
from xhht_citizen.demo.ward import WARD, Ward, open_account, settle
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.vietnamese import fold, sort_key

COMMUNE = "Phường Hương Trà"
# A kind's shares read the titles of the kinds before it: told in this order, each is counted as it stood.
ROUNDS: tuple[tuple[Kind, ...], ...] = (
    (Kind.HOUSEHOLD,),
    (Kind.CLAN, Kind.UNIT, Kind.AGENCY),
    (Kind.COMMUNITY,),
    (Kind.COMMUNE,),
)


def seed(db: Session, keep: Callable[[str, bytes], None], now: datetime, step: Callable[[float], None]) -> None:
    """Write the whole ward; the caller commits. The official units must be loaded.

    `keep` takes each file's key and content, `step` hears the share done, 0 to 1.
    """
    ward = tell(now, step)
    step(0.45)
    for key, content in ward.papers.kept:
        keep(key, content)
    written, total = 0, ward.book.count()

    def wrote(rows: int) -> None:
        nonlocal written
        written += rows
        step(0.5 + 0.45 * min(1.0, written / total))

    ward.book.write(db, wrote)
    for year in range(now.year - 2, now.year + 1):
        for ward_code in (WARD, NEXT_WARD):
            recount_ward(db, ward_code, year)
    step(1.0)


def tell(now: datetime, step: Callable[[float], None]) -> Ward:
    """The ward with all its rows, on no database yet. The same moment tells the same story."""
    years = {when: Year(now.year - ago, now) for ago, when in enumerate((THIS, LAST, TRIAL))}
    this, last, trial = years[THIS], years[LAST], years[TRIAL]
    founded = trial.at(0.0)
    ward = settle(Book(f"Phường Hương Trà {now.year}"), Papers(), this, founded)
    officers.choose_heads(ward, this.year)
    found = groups.found(ward, this.year, founded, LIVELY)
    province = officers.appoint(ward, found, trial.at(0.005))
    step(0.15)
    groups.learn_there(ward, found, this.year, last.at(0.68))
    told: list[tuple[str, Plan]] = []
    learn = []
    of_groups: list[tuple[str, GroupPlan]] = []
    for when, year in reversed(years.items()):
        chosen = plans.keen(ward, found, year.year, when)
        learn.append(chosen)
        people = plans.citizens(ward, chosen, year, when)
        pupils = {one for party in found.units.values() for one in party.learners} if when == THIS else set()
        schooled = lives.school(ward, chosen, year, pupils) if when != TRIAL else set()
        told += [(when, plan) for plan in people]
        of_year = GroupsOfYear(ward, found, chosen, year, when)
        of_groups += [(when, plan) for plan in of_year.plan(people, schooled)]
    of_groups.append((LAST, _of_commune(ward, this, last)))
    _accounts(ward, [plan for _, plan in told], [plan for _, plan in of_groups])
    falls = Falls(ward, [plan for _, plan in told], [plan for _, plan in of_groups], found, learn)
    lives.happen(ward, found, falls.quiet, this, last)
    falls.move_in(this)
    register = Register(ward, province)
    register.number([*told, *of_groups])
    ward.meeting = Told(ward.book, WARD, this.year, this.at(plans.MEETING))
    _tell_people(ward, register, told)
    ward.meeting.close(ward.heads[0])
    revoke(ward, falls.title_to_revoke(), this, 0.925, REVOKE_REASON, number=REVOKING)
    enrolling.only_registered(ward, this)
    registrations = Registrations()
    for when, year in years.items():
        if when != TRIAL:
            mine = [plan for _, plan in of_groups if plan.year is year]
            registrations |= enrolling.enrol(ward, found, year, mine)
    registrations |= enrolling.by_themselves(ward, [plan for when, plan in of_groups if when == TRIAL])
    step(0.3)
    for kinds in ROUNDS:
        _tell_groups(ward, register, [pair for pair in of_groups if pair[1].group.kind in kinds], registrations)
        if Kind.HOUSEHOLD in kinds:
            revoke(ward, falls.household_title_to_revoke(), this, 0.945, group_words.REVOKE_REASON)
    declare(ward, this, last, province)
    activities.lead(ward, this)
    _looks(ward, this)
    help_out(ward, this)
    bench.tell(ward, this)
    papers.tell(ward, this)
    telling.tell(ward)
    return ward


def _of_commune(ward: Ward, this: Year, last: Year) -> GroupPlan:
    """The commune's own title of last year, asked for by the ward's reviewer and given by the province this year."""
    group = Group(Kind.COMMUNE, commune_id(WARD), COMMUNE, sort_key("Hương Trà"), fold(COMMUNE), WARD, None)
    plan = GroupPlan(group, ward.cast["reviewer"], this, State.GRANTED, 0.11, 0.13, 0.22)
    plan.for_year = last.year
    return plan


def _accounts(ward: Ward, people: Iterable[Plan], of_groups: Iterable[GroupPlan]) -> None:
    """Everybody who acts has an account from when they first did."""
    first = [(plan.year.at(plan.registers), plan.resident) for plan in people]
    first += [(plan.year.at(plan.opens), plan.speaker) for plan in of_groups]
    for at, person in sorted(first, key=lambda pair: pair[0]):
        open_account(ward, person, at)


def _tell_people(ward: Ward, register: Register, told: list[tuple[str, Plan]]) -> None:
    """Every citizen's case, in the order they were sent in, and the titles after them."""
    opened = [
        (when, cases.open_case(ward, plan))
        for when, plan in sorted(told, key=lambda pair: pair[1].year.at(pair[1].sends))
    ]
    for _, case in opened:
        if case.plan.state is not State.DRAFT:
            cases.walk(ward, case, register.receipts[case.plan])
    granted = [(when, case) for when, case in opened if case.plan.state is State.GRANTED]
    for when, case in sorted(granted, key=lambda pair: register.granted[pair[1].plan][0]):
        register.grant(when, case)


def _tell_groups(
    ward: Ward, register: Register, told: list[tuple[str, GroupPlan]], registrations: Registrations
) -> None:
    """The cases of these groups, counted on the titles there were when each step was taken."""
    ledger = Ledger(ward.book)
    opened = []
    for when, plan in told:
        registration = registrations[plan.group.kind, plan.group.id, plan.case_year]
        opened.append((when, group_cases.open_case(ward, plan, registration, ledger)))
    for _, case in opened:
        if case.plan.state is not State.DRAFT:
            group_cases.walk(ward, case, register.receipts[case.plan], register.province)
    for when, case in opened:
        if case.plan.state is State.GRANTED:
            register.grant_group(when, case)


def _looks(ward: Ward, year: Year) -> None:
    """Two officers looked at the citizen's record: it is hers to see."""
    citizen = ward.cast["citizen"]
    for key, part in (("head", 0.4), ("reviewer", 0.8)):
        at = year.at(part)
        ward.book.add(
            Look,
            id=ward.book.new_id(at),
            ward_code=WARD,
            at=at,
            account_id=ward.cast[key].account_id,
            person_id=citizen.id,
            screen="residents.person",
        )
