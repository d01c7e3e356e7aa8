"""The demonstration's groups: every number is counted from rows as they stood, every case as the actions leave it."""

from __future__ import annotations

from collections import Counter as Tallied
from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from test_demo import NEXT_WARD, WARD, count, db, folder, seeded

from xhht_citizen.applications.measuring import CLAIMED, CONFIRMED, measure, recorded
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.queues import community_step
from xhht_citizen.applications.readiness import readiness
from xhht_citizen.applications.rules import ASSESSED, TRANSITIONS, State, guard
from xhht_citizen.applications.subjects import group_of
from xhht_citizen.audit import AuditEntry
from xhht_citizen.clock import VIETNAM, today
from xhht_citizen.criteria import catalogue
from xhht_citizen.demo import group_plans
from xhht_citizen.demo.book import Book
from xhht_citizen.demo.counting import Ledger
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.models import (
    Clan,
    ClanBranch,
    ClanMembership,
    JoinRequest,
    Mandate,
    Schooling,
    Unit,
    UnitMembership,
)
from xhht_citizen.groups.rules import Group, Kind, UnitKind, is_school_age
from xhht_citizen.people.models import Account, Household, HouseholdMembership, Person
from xhht_citizen.places.models import Community
from xhht_citizen.ratios.facts import facts_of
from xhht_citizen.ratios.models import DeclaredTotal, PlaceTarget, Tally
from xhht_citizen.ratios.rules import MEASURES
from xhht_citizen.titles.models import Registration, Title

pytestmark = pytest.mark.xdist_group("demo")
__all__ = ["db", "folder", "seeded"]  # fixtures
YEAR = today().year
COUNTED = (
    Person,
    Household,
    HouseholdMembership,
    Clan,
    ClanMembership,
    Unit,
    UnitMembership,
    Community,
    Schooling,
    Title,
)


def cases(db: Session, *where: Any) -> list[Application]:
    asked = select(Application).where(Application.kind != "citizen", *where).options(selectinload(Application.lines))
    return list(db.scalars(asked.order_by(Application.id)))


def of_case(db: Session, case: Application) -> Group:
    group = group_of(db, case)
    assert group is not None
    return group


def events_of(db: Session) -> dict[Any, list[ApplicationEvent]]:
    events = defaultdict(list)
    for event in db.scalars(select(ApplicationEvent).order_by(ApplicationEvent.at, ApplicationEvent.id)):
        events[event.application_id].append(event)
    return events


@pytest.fixture
def ledger(db: Session) -> Ledger:
    """What was counted at any moment, from the rows of the database."""
    book = Book("")
    for model in COUNTED:
        columns = model.__table__.columns
        book.rows[model] = [dict(zip(columns.keys(), row, strict=True)) for row in db.execute(select(*columns))]
    return Ledger(book)


# The groups


def test_there_are_clans_with_all_that_clans_have(db: Session) -> None:
    members = Tallied(db.scalars(select(ClanMembership.clan_id).where(ClanMembership.revoked_at.is_(None))))
    assert min(members.values()) >= 4
    assert count(db, ClanMembership, ClanMembership.revoked_at.is_not(None)) == 2
    assert count(db, ClanMembership, ClanMembership.side == "mother") >= 7
    for clan in db.scalars(select(Clan)):
        assert clan.community_id is not None
        assert clan.note
        assert 2 <= count(db, ClanBranch, ClanBranch.clan_id == clan.id) <= 3
        heads = db.scalars(select(Mandate).where(Mandate.group_id == clan.id, Mandate.part == "head")).all()
        assert [groups.belongs(db, Kind.CLAN, clan.id, head.person_id) for head in heads] == [True]
    wards = defaultdict(set)
    for clan_id, ward_code in db.execute(
        select(ClanMembership.clan_id, Household.ward_code).join(Household, Household.id == ClanMembership.household_id)
    ):
        wards[clan_id].add(ward_code)
    across = [clan_id for clan_id, found in wards.items() if found == {WARD, NEXT_WARD}]
    assert [db.get_one(Clan, clan_id).name for clan_id in across] == ["Họ Phan Đình"]
    assert count(db, Household, Household.ward_code == NEXT_WARD) == 6
    assert count(db, Community, Community.ward_code == NEXT_WARD) == 2


def test_there_are_units_of_every_kind_but_other(db: Session) -> None:
    units = db.scalars(select(Unit)).all()
    assert {unit.kind for unit in units} == set(UnitKind) - {UnitKind.OTHER}
    assert sum(unit.managed_by == "province" for unit in units) == 2
    assert [unit.name for unit in units if unit.closed_at] == ["Hợp tác xã Mây tre Cồn Dâu"]
    for unit in units:
        still = (UnitMembership.unit_id == unit.id, UnitMembership.revoked_at.is_(None))
        heads = db.scalars(
            select(Mandate).where(Mandate.group_id == unit.id, Mandate.part == "head", Mandate.revoked_at.is_(None))
        ).all()
        if unit.closed_at:
            assert (count(db, UnitMembership, *still), heads) == (0, [])
        else:
            assert 7 <= count(db, UnitMembership, *still, UnitMembership.part == "member") <= 32
            assert [groups.belongs(db, Kind.UNIT, unit.id, head.person_id) for head in heads] == [True]
    learners = db.execute(
        select(Unit.kind, Person.birth_year)
        .join(UnitMembership, UnitMembership.unit_id == Unit.id)
        .join(Person, Person.id == UnitMembership.person_id)
        .where(UnitMembership.part == "learner")
    ).all()
    assert {kind for kind, _ in learners} == {"school"}
    assert sum(YEAR - born >= 18 for _, born in learners) == 12
    assert sum(YEAR - born < 18 for _, born in learners) > 100
    several = select(UnitMembership.person_id).where(UnitMembership.part == "member")
    assert max(Tallied(db.scalars(several)).values()) == 2


def test_people_marry_move_die_and_are_born(db: Session) -> None:
    ended = Tallied(
        db.scalars(select(HouseholdMembership.end_reason).where(HouseholdMembership.revoked_at.is_not(None)))
    )
    assert ended == {"died": 4, "married": 2, "moved": 2}
    assert count(db, Person, Person.died_on.is_not(None)) == 4
    assert count(db, Person, Person.birth_year == YEAR, Person.created_at > datetime(YEAR, 1, 1, tzinfo=VIETNAM)) == 2
    children = db.execute(
        select(Person.birth_year, HouseholdMembership.guardian_id)
        .join(HouseholdMembership, HouseholdMembership.person_id == Person.id)
        .where(HouseholdMembership.revoked_at.is_(None))
    ).all()
    assert all((guardian is not None) == (YEAR - born < 18) for born, guardian in children)
    of_age = sum(is_school_age(born, YEAR) for born, _ in children)
    answers = Tallied(db.scalars(select(Schooling.in_school).where(Schooling.year == YEAR)))
    assert 0 < answers[False] < 25
    assert 0.8 * of_age < answers.total() < of_age
    assert count(db, Mandate, Mandate.kind == "household", Mandate.part == "deputy") == 2
    assert count(db, JoinRequest, JoinRequest.answered_at.is_(None)) == 2


# Their cases


def test_there_are_cases_of_every_kind_and_state(db: Session) -> None:
    states = defaultdict(Tallied)
    for case in cases(db):
        states[case.kind, case.year][State(case.state)] += 1
    households = dict(states["household", YEAR])
    assert households.pop(State.GRANTED) > 50
    assert households.pop(State.DRAFT) == 10
    assert households == {state: n for state, n in group_plans.HOMES[group_plans.THIS].items() if state in households}
    assert len(households) == len(State) - 2
    for kind in ("clan", "community", "unit"):
        never = {State.ENDORSED, State.OBJECTED, State.DRAFT} | ({State.APPEALED} if kind == "unit" else set())
        assert set(states[kind, YEAR]) >= set(State) - never, kind
        assert states[kind, YEAR - 1][State.GRANTED] >= 1
    assert states["household", YEAR - 1][State.GRANTED] > 40
    assert states["agency", YEAR - 2] == {State.GRANTED: 1}
    assert states["agency", YEAR] == {State.DRAFT: 1, State.SUBMITTED: 1}
    assert states["commune", YEAR - 1] == {State.GRANTED: 1}


def test_the_ledger_counts_what_the_ratios_count(db: Session, ledger: Ledger) -> None:
    now = datetime.now(VIETNAM)
    asked = {(case.kind, case.subject_id): of_case(db, case) for case in cases(db)}
    asked |= {("clan", clan.id): groups.group(db, Kind.CLAN, clan.id) for clan in db.scalars(select(Clan))}
    assert len(asked) > 130
    for group in asked.values():
        for year in (YEAR - 1, YEAR):
            assert ledger.facts(group, year, now) == facts_of(db, group, year), group.name


def test_what_a_case_was_sent_and_granted_with_was_so(db: Session, ledger: Ledger) -> None:
    titles = {title.application_id: title for title in db.scalars(select(Title).where(Title.kind != "citizen"))}
    seen = 0
    for case in cases(db, Application.receipt.is_not(None)):
        group = of_case(db, case)
        then = ledger.facts(group, case.year, case.submitted_at)
        names = catalogue.get(case.criteria_set).ratios | set(catalogue.get(case.criteria_set).shows)
        assert recorded(case, case.facts).ratios == {name: pair for name, pair in then.ratios.items() if name in names}
        scored = measure(db, group, case.year, today(), case=case, whose=CLAIMED, counts=then)
        assert case.self_total == scored.score.total
        counted = {line.code: (scored.pair(line), result.points) for line, result in scored.counted}
        kept = {row.code: row for row in case.lines if row.numerator is not None}
        assert {code: ((row.numerator, row.denominator), row.claimed_points) for code, row in kept.items()} == counted
        title = titles.pop(case.id, None)
        if title is not None:
            now = ledger.facts(group, case.year, title.granted_at)
            assert title.facts == {name: list(pair) for name, pair in now.ratios.items() if name in names}
            assert set(case.area) == now.area
            seen += 1
    assert (seen > 100, titles) == (True, {})


def test_whoever_is_granted_has_earned_it(db: Session) -> None:
    """The kept ratios and the confirmed answers pass the set; a title with levels has a level and a term."""
    granted = cases(db, Application.state == State.GRANTED)
    titles = {title.application_id: title for title in db.scalars(select(Title).where(Title.kind != "citizen"))}
    assert len(granted) == len(titles)
    for case in granted:
        title = titles[case.id]
        counts, group = recorded(case, title.facts), of_case(db, case)
        measured = measure(db, group, case.year, title.granted_at.date(), case=case, whose=CONFIRMED, counts=counts)
        assert measured.score.passed
        assert title.points == case.confirmed_total == measured.score.total
        assert (title.level, title.valid_until is None) == ((1, False) if measured.criteria.levels else (None, True))
    agency, commune = (next(title for title in titles.values() if title.kind == kind) for kind in ("agency", "commune"))
    assert (agency.year, agency.valid_until) == (YEAR - 2, date(YEAR + 1, 12, 31))
    assert (commune.year, commune.valid_until.year) == (YEAR - 1, YEAR + 3)


def test_each_case_walks_the_workflow_with_nobody_judging_their_own(db: Session) -> None:
    events = events_of(db)
    people = dict(db.execute(select(Account.id, Account.person_id)).all())
    for case in cases(db):
        state, group = State.DRAFT, of_case(db, case)
        for event in events[case.id]:
            if event.name == "revoke":
                continue
            move = TRANSITIONS[event.name]
            assert event.from_state == state
            guard(move, state, community_step=community_step(db, case), reason=event.reason)
            state, person = move.target, people[event.account_id]
            if move.permission == "application.own":
                by_role = group.kind in {Kind.COMMUNITY, Kind.COMMUNE}
                assert by_role or person in groups.speakers(db, group.kind, group.id, today())
            elif person is not None:
                assert person not in groups.speakers(db, group.kind, group.id, today())
                kin = group.kind in {Kind.HOUSEHOLD, Kind.CLAN}
                assert not (kin and groups.belongs(db, group.kind, group.id, person))
        assert case.state == state


def test_titles_were_not_withdrawn_when_a_share_fell(db: Session) -> None:
    held = Title.kind == "household", Title.year == YEAR, Title.revoked_at.is_(None)
    fallen = [
        title
        for title in db.scalars(select(Title).where(*held))
        if not readiness(db, groups.group(db, Kind.HOUSEHOLD, title.subject_id), YEAR).ready
    ]
    assert len(fallen) == 2
    assert count(db, Title, Title.kind == "household", Title.revoked_at.is_not(None)) == 1


# Who signs in sees it


def person_of(db: Session, login: str) -> Person:
    return db.scalars(select(Person).join(Account, Account.person_id == Person.id).where(Account.login == login)).one()


def test_the_citizen_has_a_household_one_adult_short_a_clan_and_a_unit(db: Session) -> None:
    sen = person_of(db, "nguoidan")
    home = db.scalars(
        select(Household)
        .join(HouseholdMembership, HouseholdMembership.household_id == Household.id)
        .where(HouseholdMembership.person_id == sen.id)
    ).one()
    read = readiness(db, groups.group(db, Kind.HOUSEHOLD, home.id), YEAR)
    lacking = {one.line.ratio: one.lacking for one in read.requirements}
    assert lacking == {"children_in_school": 0, "adults_citizen": 1}
    assert sen.id in groups.speakers(db, Kind.HOUSEHOLD, home.id, today())
    clans = db.scalars(select(Clan.id)).all()
    assert sum(groups.belongs(db, Kind.CLAN, clan_id, sen.id) for clan_id in clans) >= 1
    rows = db.scalars(select(UnitMembership).where(UnitMembership.person_id == sen.id)).all()
    assert sorted(row.revoked_at is None for row in rows) == [False, True]


def test_every_desk_has_cases_of_groups(db: Session) -> None:
    first = db.scalars(select(Community.id).where(Community.ward_code == WARD, Community.position == 1)).one()
    waiting = Tallied(
        (case.kind, case.state) for case in cases(db, Application.community_id == first, Application.year == YEAR)
    )
    assert waiting["household", State.SUBMITTED] >= 2
    drafts = cases(db, Application.subject_id == first, Application.year == YEAR)
    assert [case.state for case in drafts] == [State.DRAFT]
    by_state = Tallied(case.state for case in cases(db, Application.ward_code == WARD))
    assert all(by_state[state] >= 5 for state in (State.ENDORSED, State.UNDER_REVIEW, State.RECOMMENDED))
    assert len(cases(db, Application.kind == "agency", Application.state == State.SUBMITTED)) == 1


def test_the_year_is_registered_for_before_it_is_assessed(db: Session) -> None:
    for year in (YEAR - 1, YEAR):
        by_kind = Tallied(db.scalars(select(Registration.kind).where(Registration.year == year)))
        assert by_kind["household"] > 250
        assert all(by_kind[kind] >= 7 for kind in ("clan", "community", "unit"))
    for case in cases(db):
        row = db.scalars(
            select(Registration).where(
                Registration.kind == case.kind,
                Registration.subject_id == case.subject_id,
                Registration.year == case.year,
            )
        ).one()
        assert row.registered_at <= case.created_at
        assert (row.assessed_at is not None) == (State(case.state) in ASSESSED)


def test_totals_are_declared_and_targets_are_set(db: Session) -> None:
    assert count(db, DeclaredTotal, DeclaredTotal.superseded_at.is_(None)) == 2 * (5 + 3 * 2)
    for row in db.scalars(select(DeclaredTotal)):
        tally = db.get(Tally, (WARD, row.community_id, row.kind, row.year))
        assert tally is None or row.total >= tally.total, row.kind
    targets = db.scalars(select(PlaceTarget)).all()
    assert {target.place_code for target in targets} == {"46", WARD}
    assert {target.measure for target in targets} <= set(MEASURES)
    acts = Tallied(db.scalars(select(AuditEntry.action)))
    assert (acts["total.declare"], acts["target.set"]) == (count(db, DeclaredTotal), len(targets))
