"""The workflow, played by a machine: whatever people do in whatever order, the rows stay right."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest
from factories import DECISION, TODAY, YEAR, actor_of, make_application, make_evidence, make_officer, make_resident
from factories import make_ward as new_ward
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import ANONYMOUS
from xhht_citizen.applications import actions, queries
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence
from xhht_citizen.applications.rules import (
    ASSESSED,
    EDITABLE,
    LOCKING,
    TRANSITIONS,
    Judgement,
    State,
    Verdict,
    available,
    possible,
)
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, DomainError, Invalid
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people import actions as people
from xhht_citizen.people import queries as homes
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.titles.models import Registration, Title

CODES = [line.code for line in catalogue.get("citizen-324-residents").lines]
ONWARD = ["submit", "resubmit", "take", "endorse", "recommend", "grant", "redraft"]
JUDGES = {"take", "return", "recommend", "decline"}  # what nobody does twice once it was appealed
wards = count(10000)


@pytest.mark.parametrize("state", list(State))
def test_a_step_is_taken_from_its_states_only(db: Session, state: State) -> None:
    """Each of the steps, from each of the states: done and remembered, or refused with nothing changed."""
    ward = new_ward(db)
    make_officer(db, ward, "community_head", "to-1")
    case = make_application(db, make_resident(db, ward), str(state))
    version, history = case.version, len(queries.events(db, case.id))
    for name, step in TRANSITIONS.items():
        tried = db.begin_nested()
        if not possible(step, state, community_step=True):
            with pytest.raises(Conflict):
                actions.move(db, case.id, name, actor=ANONYMOUS, today=TODAY, reason="thử", decision=DECISION)
            tried.rollback()
            continue
        if name == "return":
            asked = [Judgement("1.1", Verdict.ASK, reason="thử")]
            actions.judge(db, case.id, asked, actor=ANONYMOUS, version=case.version)
        if name == "recommend":
            agreed = [Judgement(code, Verdict.CONFIRM) for code in CODES]
            actions.judge(db, case.id, agreed, actor=ANONYMOUS, version=case.version)
        moved = actions.move(db, case.id, name, actor=ANONYMOUS, today=TODAY, reason="thử", decision=DECISION)
        assert moved.state == step.target
        last = queries.events(db, case.id)[-1]
        assert (last.name, last.from_state, last.to_state) == (name, state, step.target)
        tried.rollback()
        db.expire_all()
    db.refresh(case)
    assert (case.state, case.version, len(queries.events(db, case.id))) == (state, version, history)


@pytest.mark.parametrize("name", [name for name, step in TRANSITIONS.items() if step.reason])
def test_a_step_that_needs_a_reason_has_one(db: Session, name: str) -> None:
    source = str(min(TRANSITIONS[name].sources))
    case = make_application(db, make_resident(db, new_ward(db)), source)
    with pytest.raises(Invalid, match="lý do"):
        actions.move(db, case.id, name, actor=ANONYMOUS, today=TODAY, reason=" ")


def test_a_reviewer_waits_for_the_community_where_it_has_a_say() -> None:
    with_it = {step.name for step in available(State.SUBMITTED, community_step=True)}
    without = {step.name for step in available(State.SUBMITTED, community_step=False)}
    assert (with_it, without) == ({"withdraw", "endorse", "object"}, {"withdraw", "endorse", "object", "take"})


@pytest.mark.parametrize("step", [True, False])
def test_the_ward_decides_whatever_the_community_said(step: bool) -> None:
    for state in (State.ENDORSED, State.OBJECTED):
        names = {one.name for one in available(state, community_step=step)}
        other = "object" if state is State.ENDORSED else "endorse"
        assert names == {"withdraw", "take", other}


def test_what_was_sent_back_goes_back_to_the_desk_it_came_from() -> None:
    assert {step.name for step in available(State.RETURNED, community_step=True)} == {"resubmit", "withdraw"}
    assert TRANSITIONS["resubmit"].target is State.UNDER_REVIEW


def test_who_appeals_waits_for_a_reviewer() -> None:
    assert {step.name for step in available(State.DECLINED, community_step=True)} == {"appeal", "reopen"}
    assert {step.name for step in available(State.APPEALED, community_step=True)} == {"take", "withdraw"}


class Workflow(RuleBasedStateMachine):
    """Two neighbours, two reviewers; a plain model of what must be true stands beside the database."""

    database: Database

    @initialize(community_step=st.booleans(), leads=st.tuples(st.integers(0, 5), st.integers(0, 5)))
    def settle(self, community_step: bool, leads: tuple[int, int]) -> None:
        with self.database.transaction() as db:
            self.ward = new_ward(db, str(next(wards)), communities=2, community_step=community_step)
            self.places = [row.id for row in self.ward.communities]
            self.people, self.owners, self.cases, self.papers = [], [], [], []
            for number in range(2):
                resident = make_resident(db, self.ward, login=f"dan-{self.ward.code}-{number}", community=number)
                self.people.append(resident.id)
                assert resident.account is not None
                self.owners.append(actor_of(db, resident.account))
                self.papers.append(make_evidence(db, resident, "Lớp tin học", ("1.1", "2.2")))
                self.cases.append(actions.start(db, resident.person, YEAR, actor=self.owners[-1]).id)
            self.officers = []
            for number in range(2):
                account = make_officer(db, self.ward, "ward_reviewer", f"can-bo-{self.ward.code}-{number}").account
                make_officer(db, self.ward, "community_head", f"to-{self.ward.code}-{number}", community=number)
                self.officers.append(actor_of(db, account))
        self.state = [State.DRAFT, State.DRAFT]
        self.answers: list[dict[str, int]] = [{}, {}]
        self.verdicts: list[dict[str, Verdict]] = [{}, {}]
        self.receipts: list[str | None] = [None, None]
        self.events = [0, 0]
        self.valid = [False, False]
        self.tagged: list[set[str]] = [{"1.1", "2.2"}, {"1.1", "2.2"}]
        self.sent_with: list[set[str]] = [set(), set()]  # indicators the paper stood behind when the case was sent
        self.asked: list[set[str]] = [set(), set()]
        self.desk: list[int | None] = [None, None]
        self.declined_by: list[int | None] = [None, None]
        self.appealed = [False, False]  # once in its year: who declined it judges no more
        self.appealed_once = [False, False]
        for n, steps in enumerate(leads):
            self.go_on(n, steps)

    who = st.integers(0, 1)
    some = st.sets(st.sampled_from(CODES), min_size=1)

    @rule(n=who, points=st.sampled_from([0, 5, 8, 10]), codes=some, paper=st.booleans())
    def answer(self, n: int, points: int, codes: set[str], paper: bool) -> None:
        self._answer(n, points, codes, paper=paper)

    @precondition(lambda self: State.RETURNED in self.state)
    @rule(points=st.sampled_from([0, 5, 8, 10]), paper=st.booleans())
    def answer_what_was_asked(self, points: int, paper: bool) -> None:
        n = self.state.index(State.RETURNED)
        self._answer(n, points, self.asked[n], paper=paper)

    def _answer(self, n: int, points: int, codes: set[str], *, paper: bool = True) -> None:
        open_to_it = self.state[n] is State.DRAFT or (self.state[n] is State.RETURNED and codes <= self.asked[n])
        try:
            with self.database.transaction() as db:
                for code in sorted(codes):
                    ticked = {self.papers[n]} if paper else set()
                    actions.answer(db, self.cases[n], code, points=points, note="có", evidence=ticked)
        except Conflict:
            assert not open_to_it
            return
        assert open_to_it
        for code in codes:
            if self.answers[n].get(code) != points or (code in self.tagged[n]) != paper:
                self.verdicts[n].pop(code, None)
            self.answers[n][code] = points
            (self.tagged[n].add if paper else self.tagged[n].discard)(code)

    @rule(n=who, verdict=st.sampled_from(list(Verdict)), codes=some, hand=st.integers(0, 1))
    def judge(self, n: int, verdict: Verdict, codes: set[str], hand: int) -> None:
        self._judge(n, verdict, codes, hand)

    def _judge(self, n: int, verdict: Verdict, codes: set[str], hand: int) -> None:
        change = {"points": 10, "reason": "Đã hỏi lại."} if verdict is Verdict.CHANGE else {}
        words = [
            Judgement(code, verdict, **(change or {"reason": "Xin thêm giấy."}))  # type: ignore[arg-type]
            for code in sorted(codes)
        ]
        try:
            with self.database.transaction() as db:
                actions.judge(db, self.cases[n], words, actor=self.officers[hand], version=self._version(db, n))
        except Conflict:
            assert self.state[n] is not State.UNDER_REVIEW or self._barred(n) == hand
            return
        assert self.state[n] is State.UNDER_REVIEW
        assert self._barred(n) != hand
        self.desk[n] = hand
        self.verdicts[n].update(dict.fromkeys(codes, verdict))

    def _barred(self, n: int) -> int | None:
        return self.declined_by[n] if self.appealed[n] else None

    def _free(self, n: int) -> int:
        """A reviewer who may go on with the case."""
        return 1 if self._barred(n) == 0 else 0

    @rule(
        n=who,
        name=st.sampled_from(list(TRANSITIONS)),
        reason=st.sampled_from(["", "Đã xem kỹ."]),
        hand=st.integers(0, 1),
    )
    def move(self, n: int, name: str, reason: str, hand: int) -> None:
        self._move(n, name, reason, hand)

    @rule(n=who, steps=st.integers(1, 3))
    def go_on(self, n: int, steps: int) -> None:
        """The way a case should go, so that the machine comes far."""
        for _ in range(steps):
            if self.state[n] in EDITABLE:
                self._answer(n, 8, self.asked[n] if self.state[n] is State.RETURNED else set(CODES))
            if self.state[n] is State.UNDER_REVIEW:
                self._judge(n, Verdict.CONFIRM, set(CODES), self._free(n))
            name = next((name for name in ONWARD if self._possible(n, name)), None)
            if name is not None:
                self._move(n, name, "", self._free(n))

    @precondition(lambda self: any(self._turns_back(n) for n in (0, 1)))
    @rule(pick=st.integers(0, 11), codes=some)
    def turn_back(self, pick: int, codes: set[str]) -> None:
        turns = [(n, name) for n in (0, 1) for name in self._turns_back(n)]
        n, name = turns[pick % len(turns)]
        if name == "return":
            self._judge(n, Verdict.ASK, codes, self._free(n))
        self._move(n, name, "Đã xem kỹ.", self._free(n))

    def _turns_back(self, n: int) -> list[str]:
        turns = ("withdraw", "return", "decline", "reopen", "object", "appeal", "appeal")
        return [name for name in turns if self._possible(n, name)]

    def _possible(self, n: int, name: str) -> bool:
        revoked = self.state[n] is State.GRANTED and not self.valid[n]
        return possible(
            TRANSITIONS[name], self.state[n], community_step=self.ward.policy.community_step, revoked=revoked
        )

    def _move(self, n: int, name: str, reason: str, hand: int) -> None:
        step = TRANSITIONS[name]
        owner = step.permission == "application.own"
        try:
            with self.database.transaction() as db:
                case = actions.move(
                    db,
                    self.cases[n],
                    name,
                    actor=self.owners[n] if owner else self.officers[hand],
                    today=TODAY,
                    version=self._version(db, n),
                    reason=reason,
                    decision=DECISION,
                )
                receipt = case.receipt
        except Conflict:
            assert not self._possible(n, name) or self._closed_to(n, name, hand)
            return
        except Invalid:
            assert self._incomplete(n, name, reason)
            return
        assert self._possible(n, name)
        assert not self._closed_to(n, name, hand)
        assert not self._incomplete(n, name, reason)
        assert self.receipts[n] in {None, receipt}
        self._follow(n, name, hand)
        self.receipts[n] = receipt
        self.valid[n] = self.valid[n] or name == "grant"

    def _closed_to(self, n: int, name: str, hand: int) -> bool:
        """What the table of steps allows and the rules of an appeal do not."""
        return (name in {*JUDGES, "reopen"} and self._barred(n) == hand) or (name == "appeal" and self.appealed_once[n])

    def _follow(self, n: int, name: str, hand: int) -> None:
        """What a step that was taken changes beside the state."""
        if name in {"submit", "redraft"} or (name == "take" and self.state[n] is State.APPEALED):
            self.verdicts[n].clear()  # what was judged of one case is not judged of the next, nor by the next reviewer
        if name in {"take", "return"}:
            self.desk[n] = hand
        if name in {"redraft", "appeal"}:
            self.desk[n] = None
        if name == "submit":
            self.sent_with[n] = set(self.tagged[n])
        elif name == "resubmit":
            self.sent_with[n] = (self.sent_with[n] - self.asked[n]) | (self.tagged[n] & self.asked[n])
        elif name == "return":
            self.asked[n] = {code for code, verdict in self.verdicts[n].items() if verdict is Verdict.ASK}
        elif name == "decline" and not self.appealed[n]:
            self.declined_by[n] = hand
        elif name == "appeal":
            self.appealed[n] = self.appealed_once[n] = True
        self.state[n] = TRANSITIONS[name].target
        self.events[n] += 1

    def _incomplete(self, n: int, name: str, reason: str) -> bool:
        verdicts = self.verdicts[n]
        if TRANSITIONS[name].reason and not reason:
            return True
        if name == "submit":
            return set(self.answers[n]) != set(CODES)
        if name == "return":
            return Verdict.ASK not in verdicts.values()
        if name == "recommend":
            given = [10 if verdicts.get(code) is Verdict.CHANGE else own for code, own in self.answers[n].items()]
            agreed = set(verdicts) == set(CODES) and Verdict.ASK not in verdicts.values()
            return not agreed or sum(given) < 80 or min(given) < 5
        return False

    @rule(n=who, times=st.integers(2, 3))
    def send_again_and_again(self, n: int, times: int) -> None:
        before = self.state[n]
        with suppress(DomainError):
            for _ in range(times):
                with self.database.transaction() as db:
                    case = actions.submit(db, self.cases[n], actor=self.owners[n], today=TODAY)
                    self.receipts[n] = case.receipt
        if before in EDITABLE and set(self.answers[n]) == set(CODES):
            self._follow(n, "resubmit" if before is State.RETURNED else "submit", 0)

    @rule(n=who, name=st.sampled_from(list(TRANSITIONS)), behind=st.integers(1, 5))
    def act_on_what_one_saw_before(self, n: int, name: str, behind: int) -> None:
        with self.database.write() as db, pytest.raises(Conflict, match="nhanh hơn"):
            actions.move(
                db,
                self.cases[n],
                name,
                actor=self.officers[0],
                today=TODAY,
                version=self._version(db, n) - behind,
                reason="Đã xem kỹ.",
                decision=DECISION,
            )

    @rule(n=who)
    def revoke(self, n: int) -> None:
        with self.database.transaction() as db:
            title = db.scalars(select(Title).where(Title.person_id == self.people[n], Title.revoked_at.is_(None)))
            found = title.one_or_none()
            assert (found is not None) == self.valid[n]
            if found is not None:
                actions.revoke_title(db, found.id, reason="Ghi nhầm.", actor=self.officers[0])
                self.valid[n] = False
                self.events[n] += 1

    @rule(n=who, place=st.integers(0, 1))
    def move_house(self, n: int, place: int) -> None:
        """To a new household; the counts of both homes follow."""
        with self.database.transaction() as db:
            home = homes.home_of(db, self.people[n])
            assert home is not None
            people.found_household(
                db,
                self.people[n],
                ward_code=self.ward.code,
                community_id=self.places[place],
                address=None,
                account_id=None,
            )
            for community in (home.community_id, self.places[place]):
                ratios.touch(db, self.ward.code, community, YEAR)

    def _version(self, db: Session, n: int) -> int:
        return db.scalars(select(Application.version).where(Application.id == self.cases[n])).one()

    @invariant()
    def rows_say_what_was_done(self) -> None:
        with self.database.read() as db:
            for n, case_id in enumerate(self.cases):
                case = queries.application(db, case_id)
                assert case is not None
                assert (case.state, case.receipt) == (self.state[n], self.receipts[n])
                assert {row.code: row.claimed_points for row in case.lines} == self.answers[n]
                assert {row.code: row.verdict for row in case.lines if row.verdict} == self.verdicts[n]
                assert case.self_total == (sum(self.answers[n].values()) if self.answers[n] else None)
                assert len(queries.events(db, case_id)) == self.events[n]
                assert case.reviewer_id == self._account(self.desk[n])
                if self.state[n] is State.RETURNED:
                    assert {row.code for row in case.lines if row.returned_as is not None} == self.asked[n]
                self._papers_are_locked_with_the_case(db, n)
                assessed = db.scalars(
                    select(func.count(Registration.assessed_at)).where(Registration.person_id == self.people[n])
                ).one()
                assert bool(assessed) == (self.state[n] in ASSESSED)

    def _account(self, hand: int | None) -> object:
        return None if hand is None else self.officers[hand].account_id

    def _papers_are_locked_with_the_case(self, db: Session, n: int) -> None:
        """With those who review it all of them; with its owner those behind what nobody asked about."""
        rows = db.execute(
            select(ApplicationEvidence.code, ApplicationEvidence.evidence_id).where(
                ApplicationEvidence.application_id == self.cases[n]
            )
        ).all()
        assert {code for code, _ in rows} == self.sent_with[n]
        held = {key for code, key in rows if self.state[n] is State.RETURNED and code not in self.asked[n]}
        held |= {key for _, key in rows if self.state[n] in LOCKING}
        for paper in db.scalars(select(Evidence).where(Evidence.person_id == self.people[n])):
            assert (paper.locked_at is not None) == (paper.id in held)

    @invariant()
    def counts_are_right(self) -> None:
        with self.database.read() as db:
            row = counted.ward_counts(db, self.ward.code, YEAR)
            assert row is not None
            seen = row.counts
            assert (seen.total, seen.registered) == (2, 2)
            assert seen.assessed == sum(state in ASSESSED for state in self.state)
            assert seen.recognised == sum(self.valid)
            parts = [part.counts for part in counted.communities(db, self.ward.code, YEAR)]
            assert sum(part.recognised or 0 for part in parts) == seen.recognised

    def teardown(self) -> None:
        if not hasattr(self, "ward"):
            return
        with self.database.read() as db:
            verified = audit.verify(db, self.ward.code)
            assert verified.broken == ()
            events = db.scalar(
                select(func.count())
                .select_from(ApplicationEvent)
                .where(ApplicationEvent.application_id.in_(self.cases))
            )
            steps = db.scalar(
                select(func.count())
                .select_from(audit.AuditEntry)
                .where(
                    audit.AuditEntry.ward_code == self.ward.code,
                    audit.AuditEntry.action.in_([f"application.{name}" for name in TRANSITIONS] + ["title.revoke"]),
                )
            )
            assert events == steps == sum(self.events)


def test_whatever_people_do_the_rows_stay_right(database: Database) -> None:
    class OnThisDatabase(Workflow):
        pass

    OnThisDatabase.database = database
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=12 if database.engine.dialect.name == "sqlite" else 5,
            stateful_step_count=25,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_officers_and_owners_are_told_apart() -> None:
    """Every step names a permission of the policy; owners' steps are not officers' steps."""
    owners = {name for name, step in TRANSITIONS.items() if step.permission == "application.own"}
    assert owners == {"submit", "resubmit", "withdraw", "redraft", "appeal"}
    heads = {name for name, step in TRANSITIONS.items() if step.permission == "application.endorse"}
    assert heads == {"endorse", "object"}
    reviewers = {name for name, step in TRANSITIONS.items() if step.permission == "application.review"}
    assert reviewers == JUDGES
