"""Many at once: one application, one receipt, one decision; numbers without gaps; nobody waits for ever."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from factories import (
    DECISION,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from serving import serving, signed_in
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, granting, persons, queries
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.applications.rules import Judgement, State, Verdict
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.errors import DomainError
from xhht_citizen.evidence import actions as evidence
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles.models import Counter, Title

CODES = [line.code for line in catalogue.get("citizen-324-residents").lines]
pytestmark = pytest.mark.xdist_group("servers")  # one at a time: they need the processors themselves


@pytest.fixture
def impatient_url(database_url: str) -> str:
    """The database, with a server that ends whoever waits 20 seconds for a lock; SQLite gives up after 10."""
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"options": "-c lock_timeout=20000 -c statement_timeout=30000"})
    return url.render_as_string(hide_password=False)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run them all, started together; what each returned, or the domain's refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return act()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def draft(db: Session, ward: Ward, login: str, community: int = 0) -> tuple[Resident, uuid.UUID]:
    """A resident with every indicator answered, and the case ready to send."""
    resident = make_resident(db, ward, login=login, community=community)
    case = actions.start(db, resident.person, YEAR, actor=Actor(person_id=resident.id))
    db.add_all(ApplicationLine(application_id=case.id, code=code, claimed_points=8, note="có") for code in CODES)
    db.flush()
    return resident, case.id


def events_of(db: Session, case_id: uuid.UUID) -> list[str]:
    return [event.name for event in queries.events(db, case_id)]


SEND = {"true": "y", "consent": "y"}


def test_the_same_form_ten_times_at_once_is_one_application(impatient_url: str, tmp_path: Path) -> None:
    database = Database(impatient_url)
    with serving(impatient_url, tmp_path) as server:
        with database.transaction() as db:
            resident, case_id = draft(db, make_ward(db), "dan")
            client = signed_in(db, resident.account, server.port)  # type: ignore[arg-type]
        answers = at_once(*[lambda: client.post("/ho-so/gui", SEND)[:2]] * 10)
    assert answers == [(303, "/ho-so")] * 10
    with database.read() as db:
        assert db.scalars(select(Application.receipt)).all() == [f"19996-{YEAR % 100}-00001"]
        assert events_of(db, case_id) == ["submit"]
        assert db.scalars(select(Counter.last).where(Counter.purpose == "receipt")).all() == [1]
        assert audit.verify(db).broken == ()
    database.dispose()


def test_two_officers_deciding_at_once_leave_one_decision(impatient_url: str, tmp_path: Path) -> None:
    database = Database(impatient_url)
    with serving(impatient_url, tmp_path) as server:
        with database.transaction() as db:
            ward = make_ward(db)
            officers = [make_officer(db, ward, "ward_reviewer", f"can-bo-{n}").account for n in (1, 2)]
            clients = [signed_in(db, one, server.port) for one in officers]
            cases = []
            for _ in range(6):
                case = make_application(db, make_resident(db, ward), "under_review")
                words = [Judgement(code, Verdict.CONFIRM) for code in CODES]
                actions.judge(db, case.id, words, actor=actor_of(db, officers[0]), version=case.version)
                cases.append((case.id, str(case.version)))
        for case_id, version in cases:
            fields = {"version": version, "reason": "Chưa đủ."}
            answers = at_once(
                lambda path=f"/xet-duyet/{case_id}/recommend", sent=fields: clients[0].post(path, sent)[0],  # type: ignore[misc]
                lambda path=f"/xet-duyet/{case_id}/decline", sent=fields: clients[1].post(path, sent)[0],  # type: ignore[misc]
            )
            assert sorted(answers) == [303, 409]  # type: ignore[type-var]
            with database.read() as db:
                decided = "recommend" if answers[0] == 303 else "decline"
                assert events_of(db, case_id) == ["submit", "endorse", "take", decided]
    database.dispose()


def test_two_signers_granting_at_once_make_one_title(impatient_url: str) -> None:
    """Overlapping lists in opposite order, under two numbers: one list goes through, the other one is told."""
    database = Database(impatient_url)
    with database.transaction() as db:
        ward = make_ward(db)
        signers = [actor_of(db, make_officer(db, ward, "ward_signer", f"ky-{n}").account) for n in (1, 2)]
        cases = [make_application(db, make_resident(db, ward, community=n % 3), "recommended").id for n in range(6)]

    def grant(ids: list[uuid.UUID], number: str, actor: Actor) -> str:
        with database.transaction() as db:
            decision = DecisionDetails(number, TODAY, "Nguyễn Mẫu Ký")
            granting.grant_all(db, ids, actor=actor, today=TODAY, decision=decision)
        return number

    answers = at_once(
        lambda: grant(cases, "1/QĐ-UBND", signers[0]), lambda: grant(cases[::-1], "2/QĐ-UBND", signers[1])
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "str"]
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Title)) == 6
        assert sorted(db.scalars(select(Title.register_number))) == [1, 2, 3, 4, 5, 6]
        counts = counted.ward_counts(db, ward.code, YEAR)
        assert counts is not None
        assert counts.counts.recognised == 6
    database.dispose()


def test_fifty_submissions_at_once_get_fifty_numbers(impatient_url: str, tmp_path: Path) -> None:
    database = Database(impatient_url)
    with serving(impatient_url, tmp_path) as server:
        with database.transaction() as db:
            ward = make_ward(db)
            residents = [draft(db, ward, f"dan-{n}", community=n % 3)[0] for n in range(50)]
            clients = [signed_in(db, one.account, server.port) for one in residents]  # type: ignore[arg-type]
        statuses = at_once(*[lambda one=one: one.post("/ho-so/gui", SEND)[0] for one in clients])
    assert statuses == [303] * 50
    with database.transaction() as db:
        numbers = db.scalars(select(Application.receipt_number).order_by(Application.receipt_number)).all()
        assert numbers == list(range(1, 51))
        assert db.scalar(select(func.count()).select_from(ApplicationEvent)) == 50
        assert audit.verify(db).broken == ()
        kept = counted.ward_counts(db, ward.code, YEAR)
        assert kept is not None
        assert (kept.counts.total, kept.counts.registered) == (50, 50)
        assert ratios.recount_ward(db, ward.code, YEAR) == kept.counts
    database.dispose()


def test_moving_house_while_the_title_is_granted(impatient_url: str) -> None:
    """Who moves holds the person and waits for the tally; who grants holds the tally and points to the person."""
    database = Database(impatient_url)
    with database.transaction() as db:
        here, there = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
        lan = make_resident(db, here)
        case_id = make_application(db, lan, "recommended").id

    def settle() -> None:
        with database.transaction() as db:
            home = NewHousehold(there.code, there.communities[0].id)
            persons.settle(db, lan.id, home, account_id=None, year=YEAR)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as db:
            actions.lock(db, case_id)
            ratios.hold(db, here.code, YEAR)
            moving = pool.submit(settle)
            with pytest.raises(TimeoutError):
                moving.result(1.5)
            actor = Actor(name="Người ký Mẫu")
            granting.grant_all(db, [case_id], actor=actor, today=TODAY, decision=DECISION)
        moving.result(20)
    with database.transaction() as db:
        kept = [counted.ward_counts(db, ward.code, YEAR).counts for ward in (here, there)]  # type: ignore[union-attr]
        assert kept == [Counts(0, 0, 0, 0), Counts(1, 1, 1, 1)]
        assert [ratios.recount_ward(db, ward.code, YEAR) for ward in (here, there)] == kept
    database.dispose()


def test_evidence_taken_back_while_the_case_is_sent(impatient_url: str) -> None:
    """The case is sent without it: it names no evidence that is not there."""
    database = Database(impatient_url)
    with database.transaction() as db:
        lan = make_resident(db, make_ward(db), login="lan")
        gone = make_evidence(db, lan, "Lớp tin học", ("1.1",))
        kept = make_evidence(db, lan, "Lớp trồng rau", ("1.2",))
        case_id = make_application(db, lan, "draft").id

    def send() -> None:
        with database.transaction() as db:
            actions.submit(db, case_id, actor=Actor(person_id=lan.id), today=TODAY)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as db:
            evidence.withdraw(db, gone, account_id=None)
            sending = pool.submit(send)
            with pytest.raises(TimeoutError):
                sending.result(1.5)
        sending.result(20)
    with database.read() as db:
        assert [row.evidence_id for row in queries.snapshot(db, case_id)] == [kept]
    database.dispose()


def test_a_busy_afternoon_ends_with_everything_counted(impatient_url: str) -> None:
    """Judging, recommending, granting in lists, reopening and revoking in two wards by six hands: no hand is stuck."""
    database = Database(impatient_url)
    with database.transaction() as db:
        wards = [make_ward(db), make_ward(db, "20014", "Phường Kim Trà")]
        cases: dict[str, list[uuid.UUID]] = {
            ward.code: [
                make_application(db, make_resident(db, ward, community=n % 3), "under_review").id for n in range(8)
            ]
            for ward in wards
        }
        officers = {
            ward.code: actor_of(db, make_officer(db, ward, "ward_reviewer", f"can-bo-{ward.code}").account)
            for ward in wards
        }

    def afternoon(hand: int) -> int:
        dice = random.Random(hand)
        done = 0
        for _ in range(15):
            code = wards[dice.randrange(2)].code
            picked = dice.sample(cases[code], 3)
            try:
                with database.transaction() as db:
                    one_thing(db, dice.choice(["conclude", "grant", "reopen", "revoke"]), picked, officers[code])
                done += 1
            except DomainError:  # somebody was faster, or it was not yet time
                continue
        return done

    assert all(isinstance(done, int) for done in at_once(*[lambda hand=hand: afternoon(hand) for hand in range(6)]))
    with database.transaction() as db:
        assert audit.verify(db).broken == ()
        for ward in wards:
            kept = counted.ward_counts(db, ward.code, YEAR)
            assert kept is not None
            assert ratios.recount_ward(db, ward.code, YEAR) == kept.counts
            numbers = db.scalars(select(Title.register_number).where(Title.ward_code == ward.code)).all()
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
    database.dispose()


def one_thing(db: Session, what: str, picked: list[uuid.UUID], officer: Actor) -> None:
    """One request of an officer's, of several actions in one transaction."""
    if what == "grant":
        granting.grant_all(db, picked, actor=officer, today=TODAY, decision=DECISION)
    elif what == "revoke":
        title = db.scalars(
            select(Title.id).where(Title.application_id == picked[0], Title.revoked_at.is_(None))
        ).first()
        if title is not None:
            actions.revoke_title(db, title, reason="Ghi nhầm.", actor=officer)
    elif what == "reopen":
        actions.move(db, picked[0], "reopen", actor=officer, today=TODAY, reason="Xem lại.")
    else:
        version = db.scalars(select(Application.version).where(Application.id == picked[0])).one()
        words = [Judgement(code, Verdict.CONFIRM, reason="đúng") for code in CODES]
        if db.scalars(select(Application.state).where(Application.id == picked[0])).one() == State.UNDER_REVIEW:
            case = actions.judge(db, picked[0], words, actor=officer, version=version)
            actions.move(db, case.id, "recommend", actor=officer, today=TODAY)
