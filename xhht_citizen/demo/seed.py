"""The story of the ward: who registered, applied, was reviewed and recognised, this year and the last."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Role
from xhht_citizen.applications.rules import State
from xhht_citizen.audit import Look
from xhht_citizen.demo import cases
from xhht_citizen.demo.accounts import ACCOUNTS
from xhht_citizen.demo.book import Book, Year
from xhht_citizen.demo.cases import Case, Plan
from xhht_citizen.demo.decisions import DECISIONS, decide, revoke_one
from xhht_citizen.demo.learning import CITIZEN
from xhht_citizen.demo.pictures import Papers
from xhht_citizen.demo.ward import WARD, Resident, Ward, account, grant_role, open_account, settle
from xhht_citizen.people.sessions import hash_password
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.titles.models import Counter, Registration

THIS_YEAR = {
    State.DRAFT: 34,
    State.SUBMITTED: 46,
    State.ENDORSED: 28,
    State.UNDER_REVIEW: 16,
    State.RETURNED: 12,
    State.RECOMMENDED: 24,
    State.DECLINED: 9,
    State.GRANTED: 231,
    State.WITHDRAWN: 6,
}
LAST_YEAR = {State.GRANTED: 172, State.DECLINED: 8}
ONLY_REGISTERED = 260


def seed(db: Session, keep: Callable[[str, bytes], None], now: datetime, step: Callable[[float], None]) -> None:
    """Write the whole ward; the caller commits. The official units must be loaded.

    `keep` takes each file's key and content, `step` hears the share done, 0 to 1.
    """
    this, last = Year(now.year, now), Year(now.year - 1, now)
    book = Book(f"Phường Hương Trà {now.year}")
    ward = settle(book, Papers(), this, last)
    _officers(ward, last)
    step(0.2)
    decide(ward, _told(ward, last, is_last=True), last, is_last=True)
    step(0.3)
    decide(ward, _told(ward, this, is_last=False), this, is_last=False)
    revoke_one(ward, this)
    _only_registered(ward, this)
    _looks(ward, this)
    step(0.45)
    for key, content in ward.papers.kept:
        keep(key, content)
    written, total = 0, book.count()

    def wrote(rows: int) -> None:
        nonlocal written
        written += rows
        step(0.5 + 0.48 * min(1.0, written / total))

    book.write(db, wrote)
    for year in (last, this):
        recount_ward(db, WARD, year.year)
    step(1.0)


def _officers(ward: Ward, last: Year) -> None:
    """The six who can sign in, a head for every community, a second reviewer for the first one's family."""
    book, at = ward.book, last.at(0.005)
    known = {entry.role: entry for entry in ACCOUNTS}
    hashes = {role: hash_password(entry.password) for role, entry in known.items()}

    def outside(role: str) -> uuid.UUID:
        return account(ward, known[role].login, known[role].label, at, hashes[role])

    def resident(key: str, role: str) -> uuid.UUID:
        return open_account(ward, ward.cast[key], at, login=known[role].login, password_hash=hashes[role])

    admin = outside("admin")
    grant_role(book, admin, Role.ADMIN, at, by=admin)
    grant_role(book, outside("province_officer"), Role.PROVINCE_OFFICER, at, by=admin)
    resident("citizen", "citizen")
    grant_role(book, resident("reviewer", "ward_reviewer"), Role.WARD_REVIEWER, at, by=admin)
    grant_role(book, open_account(ward, ward.cast["second_reviewer"], at), Role.WARD_REVIEWER, at, by=admin)
    grant_role(book, resident("signer", "ward_signer"), Role.WARD_SIGNER, at, by=admin)
    taken = {person.household_id for person in ward.cast.values()}
    for index, community_id in enumerate(ward.communities):
        if index == 0:
            head, head_account = ward.cast["head"], resident("head", "community_head")
        else:
            head = next(
                person
                for person in ward.residents
                if person.community == index
                and person.household_id not in taken
                and 45 <= last.year - person.birth_year <= 68
            )
            head_account = open_account(ward, head, at)
        ward.heads[index] = head
        grant_role(book, head_account, Role.COMMUNITY_HEAD, at, by=admin, community_id=community_id)


def _told(ward: Ward, year: Year, *, is_last: bool) -> list[Case]:
    """Everybody's case of a year, in the order they were sent in, which is the order of their receipts."""
    plans = _story(ward, year, is_last=is_last) + _crowd(ward, year, is_last=is_last)
    opened = [cases.open_case(ward, plan) for plan in sorted(plans, key=lambda plan: plan.sends)]
    number = 0
    for case in opened:
        if case.plan.state is not State.DRAFT:
            number += 1
            cases.walk(ward, case, number)
    ward.book.add(Counter, ward_code=WARD, year=year.year, purpose="receipt", last=number)
    return opened


def _story(ward: Ward, year: Year, *, is_last: bool) -> list[Plan]:
    """The families of those who can sign in: so that each meets a case of their own household."""
    cast = ward.cast
    if is_last:
        return [
            Plan(cast[key], year, State.GRANTED, 0.1, 0.7 + 0.001 * number, 0.93)
            for number, key in enumerate(("citizen", "reviewer", "mother"))
        ]
    return [
        Plan(cast["citizen"], year, State.DRAFT, 0.08, 0.97, 0.97, learned=CITIZEN, answered=6),
        Plan(cast["mother"], year, State.GRANTED, 0.07, 0.5, 0.66, decision=1),
        Plan(cast["father"], year, State.SUBMITTED, 0.07, 0.955, 0.955),
        Plan(cast["head_daughter"], year, State.SUBMITTED, 0.1, 0.94, 0.94),
        Plan(cast["reviewer_husband"], year, State.ENDORSED, 0.1, 0.93, 0.96),
        Plan(cast["signer_wife"], year, State.RECOMMENDED, 0.1, 0.88, 0.975),
    ]


def _crowd(ward: Ward, year: Year, *, is_last: bool) -> list[Plan]:
    """The others: some communities are livelier than others, so that their ratios differ."""
    random = ward.book.random
    liveliness = [0.35 + 1.3 * random.random() for _ in ward.communities]
    families = {person.household_id for person in (*ward.cast.values(), *ward.heads.values())}
    people = [person for person in ward.adults(year.year) if person.household_id not in families]
    people.sort(key=lambda person: random.random() ** (1 / liveliness[person.community]), reverse=True)
    states = [state for state, count in (LAST_YEAR if is_last else THIS_YEAR).items() for _ in range(count)]
    random.shuffle(states)
    return [
        _plan(random, person, year, state, DECISIONS[is_last]) for person, state in zip(people, states, strict=False)
    ]


def _plan(random: Random, person: Resident, year: Year, state: State, decisions: tuple[tuple[float, int], ...]) -> Plan:
    registers = random.uniform(0.01, 0.2)
    if state is State.GRANTED:
        decision = random.choices(range(len(decisions)), [1, 1.3, 1.6][: len(decisions)])[0]
        signed = decisions[decision][0]
        ends = signed - random.uniform(0.005, 0.03)
        sends = ends - random.uniform(0.02, 0.12)
        return Plan(person, year, state, registers, sends, ends, random.random() < 0.08, decision=decision)
    if state is State.DRAFT:
        sends = random.uniform(0.8, 0.99)
        return Plan(person, year, state, registers, sends, sends, answered=random.randint(2, 9))
    ends = {
        State.SUBMITTED: lambda: random.uniform(0.95, 0.998),
        State.ENDORSED: lambda: random.uniform(0.98, 0.997),
        State.UNDER_REVIEW: lambda: random.uniform(0.985, 0.997),
        State.RETURNED: lambda: random.uniform(0.9, 0.99),
        State.RECOMMENDED: lambda: random.uniform(0.94, 0.998),
        State.DECLINED: lambda: random.uniform(0.5, 0.97),
        State.WITHDRAWN: lambda: random.uniform(0.5, 0.97),
    }[state]()
    sends = ends if state is State.SUBMITTED else ends - random.uniform(0.006, 0.04)
    return Plan(person, year, state, registers, sends, ends)


def _only_registered(ward: Ward, year: Year) -> None:
    """Put down by the head of their community early in the year, with no case so far."""
    random = ward.book.random
    known = {row["person_id"] for row in ward.book.rows[Registration] if row["year"] == year.year}
    others = [person for person in ward.adults(year.year) if person.id not in known]
    for person in random.sample(others, ONLY_REGISTERED):
        head = ward.heads[person.community].account_id
        assert head is not None  # noqa: S101 (every head has an account)
        cases.register(ward, person, year, year.at(random.uniform(0.02, 0.16)), head)


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
