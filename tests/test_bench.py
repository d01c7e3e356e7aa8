"""The bench's rules and acts: draws that cannot be repeated, bulks that are whole, looks nobody skips."""

from __future__ import annotations

import hashlib
import math
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from factories import (
    DECISION,
    TODAY,
    YEAR,
    actor_of,
    make_activity,
    make_application,
    make_evidence,
    make_helper,
    make_officer,
    make_resident,
    make_ward,
)
from factories import Ward as MadeWard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.applications import (
    actions,
    assigning,
    bench,
    bulk,
    doubts,
    granting,
    looks,
    queries,
    sampling,
    second_looks,
    shared,
    subjects,
)
from xhht_citizen.applications.clean import BLEMISHES, Blemish, Standing, blemish
from xhht_citizen.applications.doubting import (
    ENOUGH_CASES,
    ENOUGH_CONCLUSIONS,
    MANY_PEOPLE,
    QUESTIONS,
    Pace,
    Question,
    pace,
)
from xhht_citizen.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationEvidence,
    ApplicationLine,
    BulkCase,
    BulkRecommendation,
    Lot,
    SecondLook,
)
from xhht_citizen.applications.rules import Judgement, State, Verdict
from xhht_citizen.applications.shared import What
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import Conflict, Forbidden, Invalid
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.actions import withdraw_consent
from xhht_citizen.people.models import Account
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.titles.models import Title

CODES = count(1)
IDS = st.lists(st.uuids(), unique=True, max_size=60)


@given(IDS, st.integers(1, 100), st.text("0123456789abcdef", min_size=32, max_size=32), st.randoms())
def test_the_same_seed_draws_the_same_cases(ids: list[uuid.UUID], share: int, seed: str, random: object) -> None:
    picked = sampling.drawn(seed, share, ids)
    mixed = list(ids)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert sampling.drawn(seed, share, mixed) == picked
    by_hand = sorted(ids, key=lambda one: hashlib.sha256(f"{seed}|{one}".encode()).hexdigest())
    assert picked == by_hand[: math.ceil(len(ids) * share / 100)]


@given(st.lists(st.integers(0, 80), max_size=12), st.integers(1, 100))
def test_a_list_cut_into_parts_is_never_drawn_less(parts: list[int], share: int) -> None:
    assert sum(sampling.size(share, part) for part in parts) >= sampling.size(share, sum(parts))


def test_a_share_is_rounded_up() -> None:
    assert [sampling.size(5, count) for count in (0, 1, 20, 21, 200)] == [0, 1, 1, 2, 10]
    assert sampling.size(100, 7) == 7


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(State.ENDORSED), None),
        (Standing(State.UNDER_REVIEW, verdicts=("confirm", None)), None),
        (Standing(State.SUBMITTED), None),
        (Standing(State.SUBMITTED, waits=True), Blemish.COMMUNITY),
        (Standing(State.ENDORSED, waits=True), None),
        (Standing(State.OBJECTED), Blemish.OBJECTED),
        (Standing(State.APPEALED), Blemish.APPEALED),
        (Standing(State.SUBMITTED, appealed=True), Blemish.APPEALED),
        (Standing(State.RECOMMENDED, appealed=True), Blemish.STATE),
        (Standing(State.RECOMMENDED), Blemish.STATE),
        (Standing(State.RETURNED), Blemish.STATE),
        (Standing(State.ENDORSED, family=True, gaps=2), Blemish.FAMILY),
        (Standing(State.ENDORSED, citizen=False), Blemish.GROUP),
        (Standing(State.ENDORSED, held_by_other=True), Blemish.OTHERS),
        (Standing(State.ENDORSED, consented=False), Blemish.CONSENT),
        (Standing(State.ENDORSED, entered_by_me=True), Blemish.ENTERED),
        (Standing(State.UNDER_REVIEW, resubmitted=True, verdicts=("confirm", None)), Blemish.ANSWER),
        (Standing(State.UNDER_REVIEW, resubmitted=True, verdicts=("confirm", "confirm")), None),
        (Standing(State.UNDER_REVIEW, verdicts=("change",)), Blemish.JUDGED),
        (Standing(State.UNDER_REVIEW, verdicts=("ask",)), Blemish.JUDGED),
        (Standing(State.ENDORSED, gaps=1), Blemish.GAPS),
        (Standing(State.ENDORSED, passes=False), Blemish.FAILING),
    ],
)
def test_what_is_clean(standing: Standing, said: Blemish | None) -> None:
    assert blemish(standing) is said


def test_every_reason_and_question_has_words() -> None:
    assert set(BLEMISHES) == set(Blemish)
    assert set(QUESTIONS) == set(Question)


def test_the_pace_of_an_officer() -> None:
    start = datetime(2026, 11, 20, 19, tzinfo=UTC)
    steps = [("take" if n % 2 == 0 else "recommend", start + timedelta(seconds=20 * n), False) for n in range(24)]
    assert pace(steps) == Pace(20, 12)
    assert pace(steps).questionable
    assert not pace(steps[: 2 * (ENOUGH_CONCLUSIONS - 1)]).questionable
    assert not pace([(name, start + 5 * (at - start), bulk) for name, at, bulk in steps]).questionable
    assert pace([(name, at, True) for name, at, _ in steps]) == Pace(0, 0)  # a bulk is no reading


@dataclass
class Office:
    """A ward with two reviewers and a signer."""

    ward: MadeWard
    one: Actor
    two: Actor
    signer: Actor

    def case(self, db: Session, state: str = "endorsed", **more: object) -> Application:
        return make_application(db, make_resident(db, self.ward), state, **more)  # type: ignore[arg-type]

    def bulk(self, db: Session, cases: list[Application], by: Actor | None = None) -> BulkRecommendation:
        for case in cases:
            db.refresh(case)
        seen = {case.id: case.version for case in cases}
        return bulk.recommend(db, new_id(), seen, ward_code=self.ward.code, actor=by or self.one, today=TODAY)


@pytest.fixture
def office(db: Session) -> Office:
    return an_office(db)


def an_office(db: Session, code: str = "19996") -> Office:
    ward = make_ward(db, code)
    one, two = (make_officer(db, ward, "ward_reviewer", f"xet-{code}-{n}").account for n in (1, 2))
    signer = make_officer(db, ward, "ward_signer", f"ky-{code}").account
    return Office(ward, actor_of(db, one), actor_of(db, two), actor_of(db, signer))


def open_looks(db: Session) -> set[uuid.UUID]:
    asked = select(SecondLook.application_id).where(SecondLook.looked_at.is_(None), SecondLook.closed_at.is_(None))
    return set(db.scalars(asked))


def states(db: Session, cases: list[Application]) -> list[str]:
    return [db.scalars(select(Application.state).where(Application.id == case.id)).one() for case in cases]


def grant(db: Session, office: Office, cases: list[Application]) -> None:
    granting.grant_all(db, [case.id for case in cases], actor=office.signer, today=TODAY, decision=DECISION)


def test_a_bulk_confirms_recommends_and_draws(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(21)]
    made = office.bulk(db, cases)
    assert states(db, cases) == ["recommended"] * 21
    assert {case.confirmed_total for case in cases} == {80}
    lines = select(ApplicationLine.verdict, func.count()).group_by(ApplicationLine.verdict)
    assert db.execute(lines).all() == [("confirm", 210)]
    expected = sampling.drawn(made.seed, made.share, [case.id for case in cases])
    assert (len(made.seed), made.share, len(expected)) == (32, 5, 2)
    assert open_looks(db) == set(expected)
    assert set(db.scalars(select(Lot.application_id).where(Lot.drawn))) == set(expected)
    assert db.scalar(select(func.count()).select_from(BulkCase)) == 21
    kept = counted.ward_counts(db, office.ward.code, YEAR)
    assert kept is not None
    assert ratios.recount_ward(db, office.ward.code, YEAR) == kept.counts
    assert kept.counts.assessed == 21
    db.commit()
    assert audit.verify(db).broken == ()


def test_the_same_page_sent_twice_is_one_bulk(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(3)]
    key, seen = new_id(), {case.id: case.version for case in cases}
    first = bulk.recommend(db, key, seen, ward_code=office.ward.code, actor=office.one, today=TODAY)
    seed = first.seed
    again = bulk.recommend(db, key, seen, ward_code=office.ward.code, actor=office.one, today=TODAY)
    assert (again.id, again.seed) == (key, seed)
    assert db.scalar(select(func.count()).select_from(BulkCase)) == 3
    with pytest.raises(Conflict):
        bulk.recommend(db, key, seen, ward_code=office.ward.code, actor=office.two, today=TODAY)


def test_all_or_none(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(3)]
    stale = {case.id: case.version for case in cases}
    actions.move(db, cases[1].id, "take", actor=office.two, today=TODAY)
    db.commit()
    for seen in (stale, {case.id: case.version for case in cases}):  # changed, then on another's desk
        with pytest.raises(Conflict):
            bulk.recommend(db, new_id(), seen, ward_code=office.ward.code, actor=office.one, today=TODAY)
        db.rollback()
    away = an_office(db, "20014")
    db.commit()
    seen = {case.id: case.version for case in (cases[0], cases[2])}
    with pytest.raises(Forbidden):
        bulk.recommend(db, new_id(), seen, ward_code=away.ward.code, actor=away.one, today=TODAY)
    db.rollback()
    with pytest.raises(Invalid):
        bulk.recommend(db, new_id(), {}, ward_code=office.ward.code, actor=office.one, today=TODAY)
    db.rollback()
    assert states(db, cases) == ["endorsed", "under_review", "endorsed"]
    assert db.scalar(select(func.count()).select_from(BulkRecommendation)) == 0


def test_why_cases_are_left_out(db: Session, office: Office) -> None:
    officer = make_resident(db, office.ward, login="nha")
    make_officer(db, office.ward, "ward_reviewer", "nha", resident=officer)
    me = actor_of(db, officer.account)  # type: ignore[arg-type]
    clean = office.case(db)
    kin = make_application(db, make_resident(db, office.ward, household=officer.household), "endorsed")
    waits = office.case(db, "submitted")
    make_officer(db, office.ward, "community_head", "to-1")
    objected, appealed, declined = (office.case(db, state) for state in ("objected", "appealed", "declined"))
    others = office.case(db, "under_review", by=office.two)
    failing = office.case(db, points=5)
    gaps = office.case(db)
    gaps.evidence_gaps = 2
    gone = office.case(db)
    withdraw_consent(db, gone.person_id, account_id=None)  # type: ignore[arg-type]
    asked = office.case(db, "under_review", by=me)
    words = [Judgement("1.1", Verdict.CHANGE, 5, "Chưa đủ.")]
    actions.judge(db, asked.id, words, actor=me, version=asked.version)
    paper = office.case(db)
    paper.channel = "paper"
    db.add(
        ApplicationEvent(
            application_id=paper.id, ward_code=paper.ward_code, account_id=me.account_id, actor_name="x",
            name="submit", from_state="draft", to_state="submitted",
        )
    )  # fmt: skip
    answer = office.case(db, "returned", by=me)
    actions.submit(db, answer.id, actor=Actor(person_id=answer.person_id), today=TODAY)
    line = db.scalars(select(ApplicationLine).where(ApplicationLine.application_id == answer.id)).first()
    line.verdict = line.review_reason = line.confirmed_points = None  # type: ignore[union-attr]
    db.flush()
    for row in db.scalars(select(ApplicationLine).where(ApplicationLine.application_id == answer.id)):
        if row.verdict == "ask":
            row.verdict = None
    db.flush()
    everyone = {
        clean: None, kin: Blemish.FAMILY, waits: Blemish.COMMUNITY, objected: Blemish.OBJECTED,
        appealed: Blemish.APPEALED, declined: Blemish.STATE, others: Blemish.OTHERS, failing: Blemish.FAILING,
        gaps: Blemish.GAPS, gone: Blemish.CONSENT, asked: Blemish.JUDGED, paper: Blemish.ENTERED,
        answer: Blemish.ANSWER,
    }  # fmt: skip
    whole = bench.whole(db, [case.id for case in everyone])
    found = bench.candidates(db, whole, ward_code=office.ward.code, actor=me, today=TODAY)
    assert {one.case: one.blemish for one in found} == everyone


def test_undone_as_a_whole_until_a_decision_names_one(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(4)]
    made = office.bulk(db, cases)
    drawn = open_looks(db)
    moved = next(case for case in cases if case.id not in drawn)
    actions.move(db, moved.id, "reopen", actor=office.one, today=TODAY, reason="Xem lại.")
    actions.move(db, moved.id, "recommend", actor=office.one, today=TODAY)
    with pytest.raises(Invalid):
        bulk.undo(db, made.id, reason=" ", actor=office.one, today=TODAY)
    done = bulk.undo(db, made.id, reason="Chọn nhầm tổ.", actor=office.two, today=TODAY)
    assert ({case.id for case in done.reopened}, [case.id for case in done.stayed]) == (
        {case.id for case in cases} - {moved.id},
        [moved.id],
    )
    assert sorted(states(db, cases)) == ["recommended", *["under_review"] * 3]
    assert open_looks(db) == set()
    assert bulk.undo(db, made.id, reason="Lần nữa.", actor=office.two, today=TODAY).reopened == []
    second = office.bulk(db, [case for case in cases if case.id != moved.id])
    agree_all(db, office)
    grant(db, office, cases[:1] if cases[0].id != moved.id else cases[1:2])
    with pytest.raises(Conflict):
        bulk.undo(db, second.id, reason="Muộn rồi.", actor=office.one, today=TODAY)


def agree_all(db: Session, office: Office) -> None:
    for look in db.scalars(select(SecondLook).where(SecondLook.looked_at.is_(None), SecondLook.closed_at.is_(None))):
        second_looks.give(db, look.id, agrees=True, note=None, actor=office.signer, today=TODAY)


def test_what_waits_for_a_second_look_is_not_granted(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(2)]
    office.bulk(db, cases)
    (drawn,) = open_looks(db)
    db.commit()
    with pytest.raises(Conflict, match="còn chờ người thứ hai xem lại"):
        grant(db, office, cases)
    db.rollback()
    with pytest.raises(Conflict, match="còn chờ người thứ hai xem lại"):
        actions.move(db, drawn, "grant", actor=office.signer, today=TODAY, decision=DECISION)
    db.rollback()
    assert db.scalar(select(func.count()).select_from(Title)) == 0
    assert second_looks.open_of(db, [case.id for case in cases]) == {drawn}
    agree_all(db, office)
    grant(db, office, cases)
    assert states(db, cases) == ["granted", "granted"]


def test_disagreed_it_lies_with_the_first_officer_again_and_needs_another_look(db: Session, office: Office) -> None:
    (case,) = cases = [office.case(db)]
    office.bulk(db, cases)
    look = db.scalars(select(SecondLook)).one()
    for hand in (office.one,):
        with pytest.raises(Forbidden):
            second_looks.give(db, look.id, agrees=True, note=None, actor=hand, today=TODAY)
    with pytest.raises(Invalid):
        second_looks.give(db, look.id, agrees=False, note=" ", actor=office.two, today=TODAY)
    second_looks.give(db, look.id, agrees=False, note="Ảnh quá mờ.", actor=office.two, today=TODAY)
    assert second_looks.give(db, look.id, agrees=False, note="Ảnh quá mờ.", actor=office.two, today=TODAY) is look
    with pytest.raises(Conflict):
        second_looks.give(db, look.id, agrees=True, note=None, actor=office.two, today=TODAY)
    assert (case.state, case.reviewer_id, case.reason) == ("under_review", office.one.account_id, "Ảnh quá mờ.")
    to_desks = select(Notice.kind, Notice.account_id).where(Notice.account_id.is_not(None))
    assert [tuple(one) for one in db.execute(to_desks)] == [("desk.look_disagreed", office.one.account_id)]
    actions.move(db, case.id, "recommend", actor=office.one, today=TODAY)
    assert open_looks(db) == {case.id}
    (rate,) = looks.rates(db, office.ward.code, YEAR)
    assert (rate.looked, rate.disagreed, rate.waiting) == (1, 1, 1)
    names = [event.name for event in queries.events(db, case.id)]
    assert names == ["submit", "endorse", "take", "recommend", "reopen", "recommend"]
    assert [event.name for event in queries.events(db, case.id, inner=True)].count("look") == 1


def test_who_judged_a_line_does_not_look_again(db: Session, office: Office) -> None:
    case = office.case(db, "under_review", by=office.two)
    words = [Judgement(line.code, Verdict.CONFIRM) for line in case.lines]
    actions.judge(db, case.id, words, actor=office.two, version=case.version)
    case.reviewer_id = office.one.account_id  # handed over
    db.flush()
    office.bulk(db, [case])
    (look,) = db.scalars(select(SecondLook))
    for hand in (office.one, office.two, Actor(name="ai đó")):
        with pytest.raises(Forbidden):
            second_looks.give(db, look.id, agrees=True, note=None, actor=hand, today=TODAY)
    second_looks.give(db, look.id, agrees=True, note=None, actor=office.signer, today=TODAY)


@pytest.mark.parametrize("hand", ["paper", "helper", "evidence", "activity"])
def test_who_entered_a_case_does_not_look_again(db: Session, office: Office, hand: str) -> None:
    lan = make_resident(db, office.ward)
    key = make_evidence(db, lan, "Lớp tin học", ("1.1",))
    case = make_application(db, lan, "endorsed")
    if hand in {"paper", "helper"}:
        case.channel = hand
        event = db.scalars(
            select(ApplicationEvent).where(
                ApplicationEvent.application_id == case.id, ApplicationEvent.name == "submit"
            )
        ).one()
        event.account_id = office.two.account_id
    else:
        paper = db.get_one(Evidence, key)
        paper.created_by = office.two.account_id
        if hand == "activity":
            head = make_officer(db, office.ward, "community_head", "to1")
            paper.activity_id = make_activity(db, office.ward, head).id
    db.flush()
    office.bulk(db, [case])
    (look,) = db.scalars(select(SecondLook))
    barred = hand != "activity"
    assert looks.handled(db, [case.id], office.two.account_id) == ({case.id} if barred else set())
    if barred:
        with pytest.raises(Forbidden, match="đã nhập"):
            second_looks.give(db, look.id, agrees=True, note=None, actor=office.two, today=TODAY)
    by = office.signer if barred else office.two
    assert second_looks.give(db, look.id, agrees=True, note=None, actor=by, today=TODAY).looked_by == by.account_id


def test_withdrawn_the_look_waits_for_nobody(db: Session, office: Office) -> None:
    (case,) = cases = [office.case(db)]
    office.bulk(db, cases)
    look = db.scalars(select(SecondLook)).one()
    owner = Actor(person_id=case.person_id)
    actions.move(db, case.id, "withdraw", actor=owner, today=TODAY)
    db.refresh(look)
    assert look.closed_at is not None
    with pytest.raises(Conflict):
        second_looks.give(db, look.id, agrees=True, note=None, actor=office.two, today=TODAY)
    for name in ("redraft", "submit"):
        actions.move(db, case.id, name, actor=owner, today=TODAY)
    actions.move(db, case.id, "take", actor=office.one, today=TODAY)
    words = [Judgement(line.code, Verdict.CONFIRM) for line in case.lines]
    db.refresh(case)
    actions.judge(db, case.id, words, actor=office.one, version=case.version)
    actions.move(db, case.id, "recommend", actor=office.one, today=TODAY)
    assert open_looks(db) == {case.id}  # drawn once, drawn for good
    db.add(SecondLook(ward_code=office.ward.code, application_id=case.id, why="lot", first_by=office.one.account_id))
    with pytest.raises(IntegrityError):
        db.flush()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1), st.booleans(), st.booleans()), max_size=6))
def test_no_way_of_splitting_undoing_and_doing_again_undraws(
    db: Session, steps: list[tuple[set[int], bool, bool]]
) -> None:
    """Any selection, undone or not, again as a bulk or one by one: who was drawn waits for a look when recommended."""
    code = f"{20000 + next(CODES)}"
    office = an_office(db, code)
    cases = [office.case(db) for _ in range(6)]
    drawn: dict[uuid.UUID, bool] = {}
    for chosen, undo, singly in steps:
        picked = [cases[n] for n in sorted(chosen) if states(db, [cases[n]])[0] in {"endorsed", "under_review"}]
        if not picked:
            continue
        ids = {case.id for case in picked}
        if singly and all(state == "under_review" for state in states(db, picked)):
            for case in picked:
                actions.move(db, case.id, "recommend", actor=office.one, today=TODAY)
        else:
            made = office.bulk(db, picked)
            fresh = ids - drawn.keys()
            expected = set(sampling.drawn(made.seed, made.share, fresh))
            rows = db.execute(select(Lot.application_id, Lot.drawn).where(Lot.application_id.in_(ids)))
            lots = {row.application_id: row.drawn for row in rows}
            assert {key for key in fresh if lots[key]} == expected
            assert {key: lots[key] for key in ids & drawn.keys()} == {key: drawn[key] for key in ids & drawn.keys()}
            drawn.update(lots)
            if undo:
                bulk.undo(db, made.id, reason="Làm lại.", actor=office.one, today=TODAY)
        waiting = second_looks.open_of(db, [case.id for case in cases])
        recommended = {case.id for case in cases if states(db, [case]) == ["recommended"]}
        assert waiting == {key for key, was in drawn.items() if was} & recommended


def share_a_file(db: Session, ward: MadeWard, cases: list[Application], sha256: str = "a" * 64) -> None:
    """The same file in the evidence of each case."""
    for case in cases:
        evidence = Evidence(
            id=new_id(), ward_code=ward.code, person_id=case.person_id, kind="course", title="Lớp", year=YEAR,
            learned_on=TODAY, created_at=now(),
        )  # fmt: skip
        db.add(evidence)
        db.flush()
        db.add_all(
            [
                EvidenceFile(
                    evidence_id=evidence.id, ward_code=ward.code, position=1, storage_key=str(evidence.id),
                    content_type="image/jpeg", size_bytes=1, sha256=sha256, original_name="a.jpg",
                ),
                ApplicationEvidence(application_id=case.id, code="1.1", evidence_id=evidence.id),
            ]
        )  # fmt: skip
    db.flush()


def test_the_same_file_of_several_people_is_asked_about_and_picked(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(3)]
    share_a_file(db, office.ward, cases[:2])
    share_a_file(db, office.ward, cases[2:], "b" * 64)
    found = doubts.of_cases(db, [case.id for case in cases])
    assert {key: [(one.question, one.values) for one in asked] for key, asked in found.items()} == {
        case.id: [(Question.SAME_FILE, {"people": 1})] for case in cases[:2]
    }
    assert shared.count(db, office.ward.code, What.FILE) == 1
    (one,) = shared.page(db, office.ward.code, What.FILE)
    assert (one.people, {holder.receipt for holder in one.holders}) == (2, {case.receipt for case in cases[:2]})
    assert shared.page(db, office.ward.code, What.FILE, after=one.value) == []
    office.bulk(db, cases)
    picked = {look.application_id: look for look in db.scalars(select(SecondLook))}
    assert {case.id for case in cases[:2]} <= picked.keys()
    assert picked[cases[0].id].doubts == ["same_file"]
    single = office.case(db, "under_review", by=office.one)
    share_a_file(db, office.ward, [single])
    words = [Judgement(line.code, Verdict.CONFIRM) for line in single.lines]
    actions.judge(db, single.id, words, actor=office.one, version=single.version)
    actions.move(db, single.id, "recommend", actor=office.one, today=TODAY)
    assert single.id in open_looks(db)  # one by one is no way around it


def test_the_same_certificate_of_several_people_is_asked_about_and_picked(db: Session, office: Office) -> None:
    """Anywhere in the ward; not of one person twice, not of another ward, not what is short or given by an activity."""
    ward, code = office.ward, "https://chungchi.example/xem/2026-000123"
    cases = [office.case(db) for _ in range(4)]
    for case in cases[:2]:
        behind(db, case, code)
    behind(db, cases[2], "12/26")
    behind(db, cases[3], "12/26")
    behind(db, cases[2], "Số 456/GCN-2026")
    behind(db, cases[2], "Số 456/GCN-2026")
    elsewhere = make_ward(db, "29999")
    behind(db, cases[3], "Số 456/GCN-2026").ward_code = elsewhere.code
    officer = make_officer(db, ward, "community_head", "to-hoc")
    activity = make_activity(db, ward, officer, people=[make_resident(db, ward)])
    given = behind(db, cases[3], "Số 456/GCN-2026")
    given.activity_id = activity.id
    unsent = make_evidence(db, make_resident(db, ward, "Nguyễn Mẫu Chưa Gửi"), "Lớp")
    db.get_one(Evidence, unsent).certificate_ref = code
    db.flush()
    found = doubts.of_cases(db, [case.id for case in cases])
    assert {key: [(one.question, one.values) for one in asked] for key, asked in found.items()} == {
        case.id: [(Question.SAME_CODE, {"people": 2})] for case in cases[:2]
    }
    assert shared.count(db, ward.code, What.CODE) == 1
    (one,) = shared.page(db, ward.code, What.CODE)
    assert (one.value, one.people) == (code, 3)
    named = {(holder.name, holder.receipt) for holder in one.holders}
    assert named == {("", None), *((case.person.name, case.receipt) for case in cases[:2] if case.person)}
    assert shared.code_of(db, ward.code, one.holders[0].evidence_id) == code
    assert (shared.code_of(db, elsewhere.code, one.holders[0].evidence_id), shared.code_of(db, ward.code, None)) == (
        "",
        "",
    )
    office.bulk(db, cases)
    picked = {look.application_id: look.doubts for look in db.scalars(select(SecondLook)) if look.doubts}
    assert picked == {case.id: ["same_code"] for case in cases[:2]}


def behind(db: Session, case: Application, code: str) -> Evidence:
    """Evidence behind a case, with a number of a certificate."""
    evidence = Evidence(
        id=new_id(), ward_code=case.ward_code, person_id=case.person_id, kind="course", title="Lớp", year=YEAR,
        learned_on=TODAY, created_at=now(), certificate_ref=code,
    )  # fmt: skip
    db.add(evidence)
    db.flush()
    db.add(ApplicationEvidence(application_id=case.id, code="1.1", evidence_id=evidence.id))
    db.flush()
    return evidence


def test_an_account_that_writes_for_many_is_asked_about(db: Session, office: Office) -> None:
    hand = make_officer(db, office.ward, "community_head", "to-truong").account
    case = office.case(db)
    for number in range(MANY_PEOPLE + 1):
        person = case.person_id if number == 0 else make_resident(db, office.ward).id
        evidence = Evidence(
            id=new_id(), ward_code=office.ward.code, person_id=person, kind="course", title="Lớp", year=YEAR,
            learned_on=TODAY, created_at=now(), created_by=hand.id,
        )  # fmt: skip
        db.add(evidence)
        db.flush()
        if number == 0:
            db.add(ApplicationEvidence(application_id=case.id, code="1.1", evidence_id=evidence.id))
    db.flush()
    (asked,) = doubts.of_cases(db, [case.id])[case.id]
    assert (asked.question, asked.values) == (Question.MANY_ENTRIES, {"people": MANY_PEOPLE + 1})
    assert [(one.account_id, one.people) for one in doubts.busy(db, office.ward.code, YEAR)] == [
        (hand.id, MANY_PEOPLE + 1)
    ]
    rows = doubts.entries_of(db, office.ward.code, YEAR, hand.id, limit=5)
    last = rows[-1][0]
    others = doubts.entries_of(db, office.ward.code, YEAR, hand.id, after=(last.sort_key, last.id))
    assert (len(rows), len(others)) == (5, MANY_PEOPLE - 4)


def test_a_community_where_everybody_passes_and_a_quick_officer(db: Session, office: Office) -> None:
    cases = [office.case(db, "recommended", by=office.one) for _ in range(ENOUGH_CASES)]
    (place,) = doubts.all_passing(db, office.ward.code, YEAR)
    assert (place.name, place.count) == ("Tổ 1", ENOUGH_CASES)
    quick = next(one for one in doubts.paces(db, office.ward.code) if one.account_id == office.one.account_id)
    assert (quick.pace.questionable, quick.pace.count) == (True, ENOUGH_CASES)
    asked = {one.question for one in doubts.around(db, cases[0])}
    assert asked == {Question.EVERYBODY, Question.FAST}
    office.case(db, "declined", by=office.two)
    assert doubts.all_passing(db, office.ward.code, YEAR) == []


def test_who_enters_a_case_and_reviews_it_is_asked_about(db: Session, office: Office) -> None:
    case = office.case(db, "under_review", by=office.one)
    case.channel = "paper"
    event = db.scalars(
        select(ApplicationEvent).where(ApplicationEvent.application_id == case.id, ApplicationEvent.name == "submit")
    ).one()
    event.account_id = office.one.account_id
    db.flush()
    assert [one.question for one in doubts.of_cases(db, [case.id])[case.id]] == [Question.OWN_ENTRY]
    assert [one.application_id for one in doubts.own_entries(db, office.ward.code, YEAR)] == [case.id]
    assert doubts.own_entry_count(db, office.ward.code, YEAR) == 1
    case.reviewer_id = office.two.account_id
    db.flush()
    assert doubts.of_cases(db, [case.id]) == {}


def test_whom_one_acts_for_is_somebody_elses_in_many_as_in_one(db: Session, office: Office) -> None:
    old = make_resident(db, office.ward)
    case, other = make_application(db, old, "submitted"), office.case(db, "submitted")
    account = db.get_one(Account, office.one.account_id)
    made = office.bulk(db, [case], office.two)
    make_helper(db, old, account)
    helper = access.officer(db, account.id)
    assert helper is not None
    assert helper.helps == {old.id}
    with pytest.raises(Forbidden):
        bulk.undo(db, made.id, reason="Nhầm.", actor=helper, today=TODAY)
    bulk.undo(db, made.id, reason="Nhầm.", actor=office.two, today=TODAY)
    case.reviewer_id = None
    db.flush()
    found = bench.candidates(db, [case, other], ward_code=office.ward.code, actor=helper, today=TODAY)
    assert [one.blemish for one in found] == [Blemish.FAMILY, None]
    with pytest.raises(Conflict):
        office.bulk(db, [case], helper)
    with pytest.raises(Conflict, match="không xét được hồ sơ"):
        assigning.assign(db, [case.id], account.id, ward_code=office.ward.code, actor=office.two, today=TODAY)
    assert bench.officer(db, account.id, office.ward.code) == helper
    holders = access.holders(db, Role.WARD_REVIEWER, ward_code=office.ward.code)
    assert [one.helps for one in holders] == [{old.id}, set()]
    assert [one.account_id for one in subjects.deciders(db, case, TODAY)] == [office.two.account_id]


def test_cases_change_desks(db: Session, office: Office) -> None:
    kin = make_resident(db, office.ward, login="nha")
    make_officer(db, office.ward, "ward_reviewer", "nha", resident=kin)
    me = actor_of(db, kin.account)  # type: ignore[arg-type]
    cases = [
        office.case(db),
        office.case(db, "under_review", by=office.one),
        office.case(db, "returned", by=office.one),
    ]
    ids = [case.id for case in cases]

    def give(keys: list[uuid.UUID], to: Actor, by: Actor = office.one, note: str | None = None) -> list[Application]:
        return assigning.assign(
            db,
            keys,
            to.account_id,
            ward_code=office.ward.code,
            actor=by,
            today=TODAY,
            note=note,  # type: ignore[arg-type]
        )

    assert len(give(ids, office.two, note="Tôi nghỉ tuần này.")) == 3
    assert {case.reviewer_id for case in cases} == {office.two.account_id}
    assert give(ids, office.two) == []  # twice is once
    notice = db.scalars(select(Notice).where(Notice.account_id.is_not(None))).one()
    assert (notice.account_id, notice.values["count"]) == (office.two.account_id, 3)
    assert [event.name for event in queries.events(db, ids[0])] == ["submit", "endorse"]
    (note,) = [event for event in queries.events(db, ids[0], inner=True) if event.name == "assign"]
    assert note.reason == "Tôi nghỉ tuần này."
    desk = next(one for one in bench.colleagues(db, office.ward.code) if one.account_id == office.two.account_id)
    assert (desk.judging, desk.waiting, desk.returned, desk.load) == (1, 1, 1, 3)
    assert len(give(ids[:1], office.one, by=office.one)) == 1  # taken over
    own = make_application(db, make_resident(db, office.ward, household=kin.household), "endorsed")
    declined = office.case(db, "appealed", by=office.two)
    decided = office.case(db, "recommended", by=office.one)
    db.commit()
    for keys, to in (([own.id], me), ([declined.id], office.two), ([decided.id], office.two)):
        with pytest.raises(Conflict):
            give([*ids, *keys], to)
        db.rollback()
    away = an_office(db, "20014")
    db.commit()
    for to in (away.one, office.signer, Actor(account_id=new_id())):
        with pytest.raises(Forbidden):
            give(ids, to)
        db.rollback()
    with pytest.raises(Forbidden):
        assigning.assign(
            db,
            ids,
            away.one.account_id,
            ward_code=away.ward.code,
            actor=away.one,
            today=TODAY,  # type: ignore[arg-type]
        )


def test_two_hundred_cases_take_a_few_seconds(db: Session, office: Office) -> None:
    cases = [office.case(db) for _ in range(200)]
    db.commit()
    begun = time.perf_counter()
    made = office.bulk(db, cases)
    db.commit()
    spent = time.perf_counter() - begun
    print(f"200 cases recommended in {spent:.1f} s")
    assert len(open_looks(db)) == 10
    begun = time.perf_counter()
    assert len(bulk.undo(db, made.id, reason="Làm lại.", actor=office.one, today=TODAY).reopened) == 200
    db.commit()
    print(f"and undone in {time.perf_counter() - begun:.1f} s")
    assert spent < 30  # on a machine where everything else runs as well
