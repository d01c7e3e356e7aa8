"""Cases of groups: counted and not proved, reviewed where they belong, decided on what is true at that moment."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from counted import give_title
from factories import (
    DECISION,
    STEPS,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_application,
    make_clan,
    make_group,
    make_group_application,
    make_head,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit, clock
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, granting, persons, queries, queues
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.groups import start_group
from xhht_citizen.applications.measuring import CONFIRMED, measure
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.registers import shares_today
from xhht_citizen.applications.rules import TRANSITIONS, Judgement, State, Verdict, possible
from xhht_citizen.applications.subjects import groups_named, held_by, spoken_for
from xhht_citizen.criteria.rules import Held
from xhht_citizen.database import now
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.groups.models import Clan, Mandate
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people import actions as people
from xhht_citizen.places.rules import commune_id
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.models import Decision, Registration, Title
from xhht_citizen.titles.rules import Standing

OFFICER = Actor(name="Cán bộ Mẫu")


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db, community_step=False)


def household(db: Session, ward: Ward, holders: int = 1, others: int = 1) -> tuple[Group, list[Resident]]:
    """A household of so many holders of the citizen's title and so many other grown-ups; the first one heads it."""
    first = make_resident(db, ward)
    more = [make_resident(db, ward, household=first.household, relation="spouse") for _ in range(holders + others - 1)]
    members = [first, *more]
    for one in members[:holders]:
        make_application(db, one, "granted")
    return make_group(db, Kind.HOUSEHOLD, first.household.id), members


def agency(db: Session, ward: Ward, members: int = 10) -> Group:
    """A school-less agency of the province all of whose members hold the citizen's title."""
    people_in = [make_resident(db, ward) for _ in range(members)]
    for one in people_in:
        make_title(db, one)
    unit = make_unit(db, ward, "Sở Mẫu", managed_by="province", members=people_in)
    return make_group(db, Kind.AGENCY, unit.id)


def commune(db: Session, ward: Ward) -> Group:
    return make_group(db, Kind.COMMUNE, commune_id(ward.code))


def on(day: date, number: str = "9/QĐ-UBND") -> DecisionDetails:
    return DecisionDetails(number, day, "Nguyễn Mẫu Ký")


def title_of(db: Session, case: Application) -> Title:
    found = titles.title_of_application(db, case.id)
    assert found is not None
    return found


def revoke_citizen(db: Session, resident: Resident) -> None:
    title = titles.title_of(db, resident.id, YEAR)
    assert title is not None
    actions.revoke_title(db, title.id, reason="Ghi nhầm.", actor=OFFICER)


def step(db: Session, case: Application, name: str, **more: object) -> Application:
    return actions.move(db, case.id, name, actor=OFFICER, today=TODAY, **more)  # type: ignore[arg-type]


# The whole way


def test_a_household_from_the_first_answer_to_the_title(db: Session, ward: Ward) -> None:
    group, _ = household(db, ward)
    case = make_group_application(db, group, "granted")
    title = title_of(db, case)
    assert (case.state, case.subject_name, case.person_id, case.household_id) == ("granted", group.name, None, group.id)
    assert (title.kind, title.subject_id, title.person_id, title.holder_name) == (
        "household",
        group.id,
        None,
        group.name,
    )
    assert title.facts == {"adults_citizen": [1, 2]}
    assert (title.level, title.valid_until, title.points) == (None, None, 65)
    line = queries.line(case, "2.1")
    assert line is not None
    assert (line.numerator, line.denominator, line.claimed_points, line.confirmed_points) == (1, 2, 5, 5)
    assert line.verdict is None
    assert case.receipt is not None
    assert case.receipt.startswith(f"{ward.code}-")
    registered = db.scalars(select(Registration).where(Registration.subject_id == group.id)).one()
    assert (registered.kind, registered.person_id, registered.assessed_at is not None) == ("household", None, True)
    assert [event.name for event in queries.events(db, case.id)] == ["submit", "take", "recommend", "grant"]
    assert audit.verify(db, ward.code).broken == ()


@pytest.mark.parametrize("kind", ["clan", "community", "unit"])
def test_every_kind_the_ward_decides_on(db: Session, ward: Ward, kind: str) -> None:
    lan, binh = make_resident(db, ward), make_resident(db, ward)
    for one in (lan, binh):
        make_title(db, one)
        make_title(db, one, kind=Kind.HOUSEHOLD)
    if kind == "clan":
        group = make_group(db, Kind.CLAN, make_clan(db, ward, households=[lan.household, binh.household]).id)
    elif kind == "unit":
        group = make_group(db, Kind.UNIT, make_unit(db, ward, members=[lan, binh]).id)
    else:
        group = make_group(db, Kind.COMMUNITY, ward.communities[0].id)
    case = make_group_application(db, group, "granted")
    assert (title_of(db, case).kind, case.ward_code) == (kind, ward.code)
    assert title_of(db, case).facts != {}
    assert [pair[0] for pair in title_of(db, case).facts.values()] == [2] * len(case.facts)


def test_a_case_is_begun_and_sent_once(db: Session, ward: Ward) -> None:
    group, _ = household(db, ward)
    first, again = (start_group(db, group, YEAR, actor=OFFICER).id for _ in range(2))
    assert first == again
    case = make_group_application(db, group, "submitted")
    sent = actions.submit(db, case.id, actor=OFFICER, today=TODAY)
    assert (sent.id, sent.version) == (first, case.version)
    assert [event.name for event in queries.events(db, first)] == ["submit"]


def test_a_closed_group_has_no_new_case(db: Session, ward: Ward) -> None:
    clan = make_clan(db, ward)
    db.get_one(Clan, clan.id).closed_at = now()
    db.flush()
    with pytest.raises(Conflict, match="hoạt động nên không"):
        start_group(db, make_group(db, Kind.CLAN, clan.id), YEAR, actor=OFFICER)


def test_who_sends_has_agreed_to_the_use_of_their_details(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    head = Actor(name=members[0].name, person_id=members[1].id)
    with pytest.raises(Conflict, match="đồng ý"):
        make_group_application(db, group, "submitted", owner=head)
    people.give_consent(db, members[1].id, channel="web", account_id=None)
    assert make_group_application(db, group, "submitted", owner=head).state == "submitted"


def test_a_members_consent_is_not_the_groups(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    case = make_group_application(db, group, "under_review")
    persons.withdraw_consent(db, members[0].id, actor=Actor(uuid.uuid4(), person_id=members[0].id), today=TODAY)
    assert queries.application(db, case.id).state == "under_review"  # type: ignore[union-attr]


@pytest.mark.parametrize("state", STEPS)
def test_every_step_from_every_state(db: Session, ward: Ward, state: str) -> None:
    """The one table of steps holds for groups: what is not possible is a Conflict, what is leads where it says."""
    group, _ = household(db, ward)
    case = make_group_application(db, group, state)
    if state == "endorsed":  # which a community may do unasked
        step(db, case, "endorse")
    asked = [row.code for row in case.lines if row.code != "2.1"]
    for name, one in TRANSITIONS.items():
        tried = db.begin_nested()
        db.refresh(case)
        if state == "under_review" and name in {"return", "recommend"}:
            word = Verdict.ASK if name == "return" else Verdict.CONFIRM
            words = [Judgement(code, word, reason="Xin kể rõ hơn.") for code in asked]
            actions.judge(db, case.id, words, actor=OFFICER, version=case.version)
        if possible(one, State(state), community_step=False):
            assert step(db, case, name, reason="thử", decision=DECISION).state == one.target
        else:
            with pytest.raises(Conflict):
                step(db, case, name, reason="thử", decision=DECISION)
        tried.rollback()
        db.expire_all()


# What is counted


def test_a_counted_line_is_neither_answered_nor_judged(db: Session, ward: Ward) -> None:
    group, _ = household(db, ward)
    case = make_group_application(db, group, "under_review")
    with pytest.raises(Conflict, match="đếm"):
        actions.judge(db, case.id, [Judgement("2.1", Verdict.CONFIRM)], actor=OFFICER, version=case.version)
    step(db, case, "withdraw")
    step(db, case, "redraft")
    with pytest.raises(Conflict, match="đếm"):
        actions.answer(db, case.id, "2.1", points=10, note=None, evidence=set())
    with pytest.raises(Invalid, match="Chọn một mức"):
        actions.answer(db, case.id, "2.2", points=5, note=None, evidence=set())


def test_lines_that_do_not_apply_are_not_asked(db: Session, ward: Ward) -> None:
    """A household without children of school age; then a child comes, and its lines with it."""
    group, members = household(db, ward)
    case = make_group_application(db, group, "submitted")
    assert {row.code for row in case.lines} == {"2.1", "2.2", "2.3", "3.1", "3.2", "4.1", "4.2"}
    make_resident(db, ward, household=members[0].household, birth_year=YEAR - 10)
    step(db, case, "take")
    words = [Judgement(row.code, Verdict.CONFIRM) for row in case.lines if row.code != "2.1"]
    actions.judge(db, case.id, words, actor=OFFICER, version=case.version)
    with pytest.raises(Invalid, match=r"1\.2, 1\.3"):
        step(db, case, "recommend")


def test_a_draft_moves_with_what_is_counted(db: Session, ward: Ward) -> None:
    group, members = household(db, ward, holders=1, others=1)
    case = start_group(db, group, YEAR, actor=OFFICER)
    assert measure(db, group, YEAR, TODAY, case=case).unmet == []
    make_resident(db, ward, household=members[0].household)
    seen = measure(db, group, YEAR, TODAY, case=case)
    assert [(line.code, seen.pair(line), seen.lacking(line)) for line in seen.unmet] == [("2.1", (1, 3), 1)]


def test_one_may_send_too_early_and_is_not_recommended(db: Session, ward: Ward) -> None:
    group, members = household(db, ward, holders=1, others=2)
    case = make_group_application(db, group, "under_review")
    words = [Judgement(row.code, Verdict.CONFIRM) for row in case.lines if row.code != "2.1"]
    actions.judge(db, case.id, words, actor=OFFICER, version=case.version)
    with pytest.raises(Invalid, match=r"1/3, cần ít nhất 50 %, còn thiếu 1 nữa"):
        step(db, case, "recommend")
    make_application(db, members[1], "granted")
    assert step(db, case, "recommend").state == "recommended"
    line = queries.line(case, "2.1")
    assert line is not None
    assert (line.numerator, line.denominator, line.claimed_points, line.confirmed_points) == (1, 3, 0, 5)


def test_a_ratio_that_fell_since_the_recommendation_stops_the_title(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    case = make_group_application(db, group, "recommended")
    revoke_citizen(db, members[0])
    with pytest.raises(Conflict, match=r"0/2, cần ít nhất 50 %, còn thiếu 1 nữa"):
        step(db, case, "grant", decision=DECISION)
    db.rollback()


def test_a_granted_title_stays_when_a_ratio_falls_later(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    case = make_group_application(db, group, "granted")
    title = title_of(db, case)
    assert shares_today(db, [title]) == {title.id: (1, 2)}
    revoke_citizen(db, members[0])
    assert titles.standing(title_of(db, case), TODAY) is Standing.VALID
    assert (title.facts["adults_citizen"], shares_today(db, [title])) == ([1, 2], {title.id: (0, 2)})


def test_the_main_shares_of_every_kind(db: Session, ward: Ward) -> None:
    """As the facts of each group say them, a page at once."""
    lan, binh = make_resident(db, ward), make_resident(db, ward)
    make_title(db, lan)
    make_title(db, lan, kind=Kind.HOUSEHOLD)
    made = [
        make_group(db, Kind.HOUSEHOLD, lan.household.id),
        make_group(db, Kind.CLAN, make_clan(db, ward, households=[lan.household, binh.household]).id),
        make_group(db, Kind.COMMUNITY, ward.communities[0].id),
        make_group(db, Kind.UNIT, make_unit(db, ward, members=[lan, binh]).id),
        make_group(db, Kind.AGENCY, make_unit(db, ward, "Sở Mẫu", managed_by="province", members=[lan, binh]).id),
    ]
    rows = [make_title(db, binh, kind=one.kind, subject=one.subject) for one in made[1:]]
    rows.append(titles.title_of(db, lan.household.id, YEAR, "household"))  # type: ignore[arg-type]
    assert sorted(shares_today(db, rows).values()) == [(1, 1), (1, 2), (1, 2), (1, 2), (1, 2)]


# Where it is reviewed


def test_a_household_passes_its_community_and_other_groups_do_not(db: Session) -> None:
    ward = make_ward(db)
    make_officer(db, ward, "community_head", "to1")
    home = make_group(db, Kind.HOUSEHOLD, make_resident(db, ward).household.id)
    clan = make_group(db, Kind.CLAN, make_clan(db, ward, community=0).id)
    community = make_group(db, Kind.COMMUNITY, ward.communities[0].id)
    cases = {group.kind: make_group_application(db, group) for group in (home, clan, community)}
    assert {kind: queues.community_step(db, case) for kind, case in cases.items()} == {
        Kind.HOUSEHOLD: True,
        Kind.CLAN: False,
        Kind.COMMUNITY: False,
    }
    rows = queues.queue(db, queues.Place(ward.code), states=(State.ENDORSED,), headless=True)
    assert {row.kind for row in rows} == {"clan", "community"}
    with pytest.raises(Conflict, match="chi hội"):
        step(db, cases[Kind.HOUSEHOLD], "take")
    step(db, cases[Kind.HOUSEHOLD], "endorse")
    assert step(db, cases[Kind.HOUSEHOLD], "take").state == "under_review"


def test_a_head_who_acts_for_the_household_is_no_head_for_it(db: Session) -> None:
    ward = make_ward(db)
    head = make_resident(db, ward, login="to1")
    make_officer(db, ward, "community_head", "to1", resident=head)
    home = make_group(db, Kind.HOUSEHOLD, make_resident(db, ward).household.id)
    case = make_group_application(db, home)
    assert queues.community_step(db, case) is True
    until = TODAY + timedelta(days=30)
    db.add(
        Mandate(ward_code=ward.code, kind="household", group_id=home.id, person_id=head.id, part="deputy", until=until)
    )
    db.flush()
    assert queues.community_step(db, case) is False


def test_a_mandate_that_ran_out_makes_no_family(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ward = make_ward(db)
    head = make_resident(db, ward, login="to1")
    make_officer(db, ward, "community_head", "to1", resident=head)
    home = make_group(db, Kind.HOUSEHOLD, make_resident(db, ward).household.id)
    case = make_group_application(db, home)
    db.add(
        Mandate(ward_code=ward.code, kind="household", group_id=home.id, person_id=head.id, part="deputy", until=TODAY)
    )
    db.flush()
    assert queues.community_step(db, case) is False
    monkeypatch.setattr(clock, "today", lambda: TODAY + timedelta(days=1))
    assert queues.community_step(db, case) is True


def test_what_the_province_decides_lies_on_its_desk_only(db: Session, ward: Ward) -> None:
    far = make_ward(db, "20014", "Phường Kim Trà")
    other = make_ward(db, "00004", "Phường Mẫu Bắc", province_code="01", province_name="Thành phố Hà Nội")
    cases = [make_group_application(db, commune(db, one)) for one in (ward, far, other)]
    home, _ = household(db, ward)
    make_group_application(db, home)
    waiting = (State.SUBMITTED,)
    hue = queues.queue(db, queues.Place(province_code="46"), states=waiting)
    assert [row.id for row in hue] == [cases[0].id, cases[1].id]
    assert [row.kind for row in queues.queue(db, queues.Place(ward.code), states=waiting)] == ["household"]
    assert queues.queue_counts(db, queues.Place(province_code="46"))[State.SUBMITTED] == 2


def test_what_one_speaks_for(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    clan, left = make_clan(db, ward, households=[lan.household]), make_clan(db, ward, "Họ Lê Mẫu")
    unit = make_unit(db, ward, "Sở Mẫu", managed_by="province")
    make_head(db, "clan", left.id, lan)
    make_head(db, "unit", unit.id, lan)
    db.add(
        Mandate(
            ward_code=ward.code,
            kind="clan",
            group_id=clan.id,
            person_id=lan.id,
            part="deputy",
            until=TODAY - timedelta(days=1),
        )
    )
    db.flush()
    spoken = spoken_for(db, Actor(person_id=lan.id, household_id=lan.household.id), TODAY)
    of_unit = {(Kind.UNIT, unit.id), (Kind.AGENCY, unit.id)}  # its titles may be of either kind
    assert spoken.groups == {(Kind.HOUSEHOLD, lan.household.id), (Kind.CLAN, left.id), *of_unit}
    assert [group.kind for group in groups_named(db, spoken.groups)] == ["household", "clan", "agency"]
    assert spoken.clans == {clan.id}


# Levels and terms


def test_an_agency_waits_for_level_2(db: Session, ward: Ward) -> None:
    group, day = agency(db, ward), date(YEAR, 1, 10)
    first = make_group_application(db, group, "granted", no=frozenset({"6"}), year=YEAR, decision=on(day), today=TODAY)
    title = title_of(db, first)
    assert (title.level, title.valid_until) == (1, date(YEAR + 3, 12, 31))
    assert held_by(db, "agency", group.id, TODAY) == Held(1, day, TODAY)
    assert held_by(db, "agency", group.id, day - timedelta(days=1)) is None


def test_level_2_is_refused_until_the_day_and_given_on_it(db: Session, ward: Ward) -> None:
    group, day = commune(db, ward), date(YEAR - 1, 6, 15)
    first = make_group_application(
        db, group, "granted", no=frozenset({"16"}), year=YEAR - 1, decision=on(day), today=day
    )
    assert (title_of(db, first).level, title_of(db, first).valid_until) == (1, date(YEAR + 2, 6, 15))
    soon, then = date(YEAR, 6, 14), date(YEAR, 6, 15)
    with pytest.raises(Invalid, match=f"từ ngày 15/06/{YEAR}"):
        make_group_application(db, group, "recommended", today=soon)
    case = queries.application_of(db, "commune", group.id, YEAR)
    assert case is not None
    case = actions.move(db, case.id, "recommend", actor=OFFICER, today=then)
    assert case.state == "recommended"
    with pytest.raises(Conflict, match=f"từ ngày 15/06/{YEAR}"):  # a decision signed a day before it could be
        actions.move(db, case.id, "grant", actor=OFFICER, today=then, decision=on(soon, "10/QĐ-UBND"))
    db.rollback()


def test_a_level_renewed_while_it_ran_goes_on_from_the_first(db: Session, ward: Ward) -> None:
    """Also once the first has run out. A gap of a day, or a level lost, begins the wait anew."""
    unit = make_unit(db, ward, "Sở Mẫu", managed_by="province")
    terms = [
        (1, date(YEAR - 9, 1, 10), date(YEAR - 6, 12, 31)),
        (1, date(YEAR - 5, 1, 2), date(YEAR - 2, 12, 31)),  # a day too late to go on from the one before
        (1, date(YEAR - 2, 6, 10), date(YEAR + 1, 12, 31)),  # renewed while it ran
    ]
    for level, decided, until in terms:
        title = give_title(db, "agency", unit.id, ward, year=decided.year, level=level, valid_until=until)
        db.get_one(Decision, title.decision_id).decided_on = decided
    db.flush()

    def held(day: date) -> Held | None:
        return held_by(db, "agency", unit.id, day)

    begun = terms[1][1]
    assert held(date(YEAR - 2, 12, 31)) == Held(1, begun, date(YEAR - 2, 12, 31))
    assert held(date(YEAR - 1, 1, 1)) == Held(1, begun, date(YEAR - 1, 1, 1))  # the first one is past its term
    assert held(terms[0][2]) == Held(1, terms[0][1], terms[0][2])
    assert held(date(YEAR - 5, 1, 1)) is None
    assert held(date(YEAR + 2, 1, 1)) is None
    higher = give_title(db, "agency", unit.id, ward, year=YEAR - 1, level=2, valid_until=date(YEAR, 6, 30))
    db.get_one(Decision, higher.decision_id).decided_on = date(YEAR - 1, 3, 1)
    db.flush()
    assert held(date(YEAR, 6, 30)) == Held(2, date(YEAR - 1, 3, 1), date(YEAR, 6, 30))
    assert held(date(YEAR, 7, 1)) == Held(1, begun, date(YEAR, 7, 1))


def test_level_2_is_possible_at_once_for_whoever_renewed_level_1_in_time(db: Session, ward: Ward) -> None:
    """Level 1 for the year before last, renewed before it ran out; it has, and level 2 does not wait once more."""
    group = commune(db, ward)
    for decided in (date(YEAR - 4, 3, 1), date(YEAR - 1, 2, 1)):
        until = decided.replace(year=decided.year + 3)
        title = give_title(db, "commune", group.id, ward, year=decided.year, level=1, valid_until=until)
        db.get_one(Decision, title.decision_id).decided_on = decided
    db.flush()
    day = date(YEAR, 1, 5)  # eleven months after the renewal, the first one being past
    case = make_group_application(db, group, "granted", decision=on(day, "11/QĐ-UBND"), today=day)
    assert title_of(db, case).level == 2


def test_two_titles_of_a_commune_stand_side_by_side(db: Session, ward: Ward) -> None:
    group = commune(db, ward)
    cases = [
        make_group_application(
            db,
            group,
            "granted",
            no=frozenset() if year == YEAR else frozenset({"16"}),
            year=year,
            decision=on(date(year, 3, 1)),
            today=date(year, 3, 1),
        )
        for year in (YEAR - 2, YEAR - 1, YEAR)
    ]
    made = [title_of(db, case) for case in cases]
    assert [title.level for title in made] == [1, 1, 2]
    assert {titles.standing(title, TODAY) for title in made} == {Standing.VALID}
    ended = made[0].valid_until
    assert ended == date(YEAR + 1, 3, 1)
    assert titles.standing(made[0], ended) is Standing.VALID
    assert titles.standing(made[0], ended + timedelta(days=1)) is Standing.EXPIRED


def test_a_title_counts_in_its_year_or_in_its_term(db: Session, ward: Ward) -> None:
    group = commune(db, ward)
    held = title_of(
        db,
        make_group_application(
            db, group, "granted", no=frozenset({"16"}), year=YEAR - 2, decision=on(date(YEAR - 2, 3, 1)), today=TODAY
        ),
    )
    lan = make_resident(db, ward)
    yearly = make_title(db, lan, year=YEAR - 2)

    def in_force(year: int) -> set[uuid.UUID]:
        return set(db.scalars(select(Title.id).where(titles.in_force(year))))

    assert in_force(YEAR - 2) == {held.id, yearly.id}
    assert in_force(YEAR) == {held.id}
    assert in_force(YEAR + 1) == set()
    assert in_force(YEAR - 3) == set()


# Decisions


def test_one_decision_names_people_and_groups(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    cases = [make_group_application(db, group, "recommended"), make_application(db, members[1], "recommended")]
    seen = {case.id: case.version for case in cases}
    keys = list(seen)
    for _ in range(2):
        granting.grant_all(db, keys, actor=OFFICER, today=TODAY, decision=on(TODAY), versions=seen)
    made = [title_of(db, case) for case in cases]
    assert {title.decision.number for title in made} == {"9/QĐ-UBND"}
    assert len({title.register_number for title in made}) == 2
    assert db.scalars(select(Decision.number).where(Decision.number == "9/QĐ-UBND")).all() == ["9/QĐ-UBND"]


def test_a_decision_gives_people_theirs_before_the_groups_counted_from_them(db: Session, ward: Ward) -> None:
    group, members = household(db, ward)
    home = make_group_application(db, group, "recommended")
    revoke_citizen(db, members[0])
    again = make_application(db, members[1], "recommended")
    seen = {home.id: home.version, again.id: again.version}
    granting.grant_all(db, list(seen), actor=OFFICER, today=TODAY, decision=on(TODAY), versions=seen)
    assert title_of(db, home).facts == {"adults_citizen": [1, 2]}


def test_numbers_are_unique_for_each_body(db: Session, ward: Ward) -> None:
    """A ward and its province may both have a decision 9; the province has one, whatever wards it names."""
    far = make_ward(db, "20014", "Phường Kim Trà")
    home, _ = household(db, ward)
    make_group_application(db, home, "granted", decision=on(TODAY))
    no = frozenset({"16"})
    for one in (ward, far):
        make_group_application(db, commune(db, one), "granted", decision=on(TODAY), no=no)
    rows = db.scalars(select(Decision).where(Decision.number == "9/QĐ-UBND").order_by(Decision.entered_at)).all()
    assert [(row.ward_code, row.province_code) for row in rows] == [(ward.code, None), (ward.code, "46")]
    assert [(row.number, count) for row, count in titles.decisions(db, "", province_code="46")] == [("9/QĐ-UBND", 2)]
    assert [count for row, count in titles.decisions(db, ward.code) if row.number == "9/QĐ-UBND"] == [1]
    other = make_ward(db, "20015", "Phường Mẫu Tây")
    with pytest.raises(Invalid, match="đã dùng"):
        make_group_application(
            db, commune(db, other), "granted", no=no, decision=DecisionDetails("9 /qđ-ubnd", TODAY, "Người Khác")
        )
    db.rollback()


def test_a_revoked_group_title_opens_the_way_to_a_new_one(db: Session, ward: Ward) -> None:
    group, _ = household(db, ward)
    case = make_group_application(db, group, "granted")
    with pytest.raises(Conflict, match="hiệu lực"):
        step(db, case, "reopen", reason="Xem lại.")
    revoked = actions.revoke_title(db, title_of(db, case).id, reason="Ghi nhầm.", actor=OFFICER)
    assert titles.standing(revoked, TODAY) is Standing.REVOKED
    step(db, case, "reopen", reason="Xem lại.")
    step(db, case, "recommend")
    step(db, case, "grant", decision=on(TODAY))
    assert [(row.year, row.revoked_at is None) for row in titles.titles_of(db, group.id)] == [
        (YEAR, True),
        (YEAR, False),
    ]
    assert measure(db, group, YEAR, TODAY, case=case, whose=CONFIRMED).score.passed
