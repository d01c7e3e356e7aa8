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
ONWARD = ["submit", "take", "endorse", "recommend", "grant", "redraft"]
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
    assert (with_it, without) == ({"withdraw", "endorse"}, {"withdraw", "endorse", "take"})


class Workflow(RuleBasedStateMachine):
    """Two neighbours, one reviewer; a plain model of what must be true stands beside the database."""

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
            account = make_officer(db, self.ward, "ward_reviewer", f"can-bo-{self.ward.code}").account
            for number in range(2):
                make_officer(db, self.ward, "community_head", f"to-{self.ward.code}-{number}", community=number)
            self.officer = actor_of(db, account)
        self.state = [State.DRAFT, State.DRAFT]
        self.answers: list[dict[str, int]] = [{}, {}]
        self.verdicts: list[dict[str, Verdict]] = [{}, {}]
        self.receipts: list[str | None] = [None, None]
        self.events = [0, 0]
        self.valid = [False, False]
        for n, steps in enumerate(leads):
            self.go_on(n, steps)

    who = st.integers(0, 1)

    @rule(n=who, points=st.sampled_from([0, 5, 8, 10]), codes=st.sets(st.sampled_from(CODES), min_size=1))
    def answer(self, n: int, points: int, codes: set[str]) -> None:
        self._answer(n, points, codes)

    def _answer(self, n: int, points: int, codes: set[str]) -> None:
        try:
            with self.database.transaction() as db:
                for code in sorted(codes):
                    actions.answer(db, self.cases[n], code, points=points, note="có", evidence=set())
        except Conflict:
            assert self.state[n] not in EDITABLE
            return
        assert self.state[n] in EDITABLE
        for code in codes:
            if self.answers[n].get(code) != points:
                self.verdicts[n].pop(code, None)
            self.answers[n][code] = points

    @rule(n=who, verdict=st.sampled_from(list(Verdict)), codes=st.sets(st.sampled_from(CODES), min_size=1))
    def judge(self, n: int, verdict: Verdict, codes: set[str]) -> None:
        self._judge(n, verdict, codes)

    def _judge(self, n: int, verdict: Verdict, codes: set[str]) -> None:
        change = {"points": 10, "reason": "Đã hỏi lại."} if verdict is Verdict.CHANGE else {}
        words = [
            Judgement(code, verdict, **(change or {"reason": "Xin thêm giấy."}))  # type: ignore[arg-type]
            for code in sorted(codes)
        ]
        try:
            with self.database.transaction() as db:
                actions.judge(db, self.cases[n], words, actor=self.officer, version=self._version(db, n))
        except Conflict:
            assert self.state[n] is not State.UNDER_REVIEW
            return
        assert self.state[n] is State.UNDER_REVIEW
        self.verdicts[n].update(dict.fromkeys(codes, verdict))

    @rule(n=who, name=st.sampled_from(list(TRANSITIONS)), reason=st.sampled_from(["", "Đã xem kỹ."]))
    def move(self, n: int, name: str, reason: str) -> None:
        self._move(n, name, reason)

    @rule(n=who, steps=st.integers(1, 3))
    def go_on(self, n: int, steps: int) -> None:
        """The way a case should go, so that the machine comes far."""
        for _ in range(steps):
            if self.state[n] in EDITABLE:
                self._answer(n, 8, set(CODES))
            if self.state[n] is State.UNDER_REVIEW:
                self._judge(n, Verdict.CONFIRM, set(CODES))
            name = next((name for name in ONWARD if self._possible(n, name)), None)
            if name is not None:
                self._move(n, name, "")

    @precondition(lambda self: any(self._turns_back(n) for n in (0, 1)))
    @rule(pick=st.integers(0, 7))
    def turn_back(self, pick: int) -> None:
        turns = [(n, name) for n in (0, 1) for name in self._turns_back(n)]
        n, name = turns[pick % len(turns)]
        if name == "return":
            self._judge(n, Verdict.ASK, {"1.2", "3.1"})
        self._move(n, name, "Đã xem kỹ.")

    def _turns_back(self, n: int) -> list[str]:
        return [name for name in ("withdraw", "return", "decline", "reopen") if self._possible(n, name)]

    def _possible(self, n: int, name: str) -> bool:
        revoked = self.state[n] is State.GRANTED and not self.valid[n]
        return possible(
            TRANSITIONS[name], self.state[n], community_step=self.ward.policy.community_step, revoked=revoked
        )

    def _move(self, n: int, name: str, reason: str) -> None:
        step = TRANSITIONS[name]
        owner = step.permission == "application.own"
        try:
            with self.database.transaction() as db:
                case = actions.move(
                    db,
                    self.cases[n],
                    name,
                    actor=self.owners[n] if owner else self.officer,
                    today=TODAY,
                    version=self._version(db, n),
                    reason=reason,
                    decision=DECISION,
                )
                receipt = case.receipt
        except Conflict:
            assert not self._possible(n, name)
            return
        except Invalid:
            assert self._incomplete(n, name, reason)
            return
        assert self._possible(n, name)
        assert not self._incomplete(n, name, reason)
        assert self.receipts[n] in {None, receipt}
        self._forget(n, name)
        self.state[n], self.receipts[n] = step.target, receipt
        self.events[n] += 1
        self.valid[n] = self.valid[n] or name == "grant"

    def _forget(self, n: int, name: str) -> None:
        """What was judged of a case is not judged of the next one, that begins with its draft."""
        if name == "redraft" or (name == "submit" and self.state[n] is State.DRAFT):
            self.verdicts[n].clear()

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
            self._forget(n, "submit")
            self.state[n] = State.SUBMITTED
            self.events[n] += 1

    @rule(n=who, name=st.sampled_from(list(TRANSITIONS)), behind=st.integers(1, 5))
    def act_on_what_one_saw_before(self, n: int, name: str, behind: int) -> None:
        with self.database.write() as db, pytest.raises(Conflict, match="nhanh hơn"):
            actions.move(
                db,
                self.cases[n],
                name,
                actor=self.officer,
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
                actions.revoke_title(db, found.id, reason="Ghi nhầm.", actor=self.officer)
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
                self._papers_are_locked_with_the_case(db, n)
                assessed = db.scalars(
                    select(func.count(Registration.assessed_at)).where(Registration.person_id == self.people[n])
                ).one()
                assert bool(assessed) == (self.state[n] in ASSESSED)

    def _papers_are_locked_with_the_case(self, db: Session, n: int) -> None:
        used = set(
            db.scalars(
                select(ApplicationEvidence.evidence_id).where(ApplicationEvidence.application_id == self.cases[n])
            )
        )
        for paper in db.scalars(select(Evidence).where(Evidence.person_id == self.people[n])):
            assert (paper.locked_at is not None) == (paper.id in used and self.state[n] in LOCKING)

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
    assert owners == {"submit", "withdraw", "redraft"}
