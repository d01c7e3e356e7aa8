"""Batches: who is in one, who falls out, and signing: all titles in one transaction or none, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crowd import recommended
from factories import (
    DECISION,
    TODAY,
    YEAR,
    Ward,
    actor_of,
    make_application,
    make_helper,
    make_officer,
    make_resident,
    make_ward,
)
from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session, joinedload

from xhht_citizen import audit, schema, worker
from xhht_citizen.access.actions import revoke_role
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.queries import officer as officer_of
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import bulk, granting, second_looks
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.models import Application, SecondLook
from xhht_citizen.applications.queries import events as events_of
from xhht_citizen.applications.queues import Place
from xhht_citizen.applications.subjects import order_of
from xhht_citizen.batches import actions, letterheads, queries, signing
from xhht_citizen.batches.models import DecisionBatch, DecisionBatchCase, TitleCorrection
from xhht_citizen.batches.rules import Bar, Words, check_format, day_words, full_number, number_line
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.evidence.files import Store
from xhht_citizen.jobs import queries as jobs
from xhht_citizen.jobs.rules import State
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.models import Consent
from xhht_citizen.ratios.actions import prove_ward
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.rules import check_decision, decision_key
from xhht_citizen.vietnamese import fold, name_sort_key

SIGNER = Actor(name="Người ký Mẫu")
PLACE = Place("19996")


def batch_of(db: Session, ward: Ward, ids: list[uuid.UUID], name: str = "Đợt 1", actor: Actor = SIGNER) -> uuid.UUID:
    """An open batch with these cases."""
    key = new_id()
    actions.make(db, key, name=name, year=YEAR, ward_code=ward.code, province_code=None, actor=actor)
    actions.add(db, key, ids, actor=actor)
    return key


def lines(db: Session, key: uuid.UUID, actor: Actor = SIGNER) -> list[queries.Line]:
    one = queries.batch(db, key)
    assert one is not None
    return queries.lines(db, one, actor=actor, today=TODAY)


def sign(db: Session, key: uuid.UUID, actor: Actor = SIGNER, decision: DecisionDetails = DECISION) -> actions.Signed:
    seen = queries.seen(lines(db, key, actor))
    return actions.sign(db, key, actor=actor, today=TODAY, decision=decision, seen=seen)


def counts(db: Session) -> dict[str, int]:
    tables = schema.metadata.sorted_tables
    return {table.name: db.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.fixture
def ward(db: Session) -> Ward:
    made = make_ward(db, communities=3, community_step=False)
    db.flush()
    return made


def test_a_case_is_in_one_open_batch(db: Session, ward: Ward) -> None:
    ids = recommended(db, ward, 6)
    first = batch_of(db, ward, ids[:4])
    second = batch_of(db, ward, ids, "Đợt 2")
    assert (len(lines(db, first)), len(lines(db, second))) == (4, 2)
    assert queries.candidate_ids(db, PLACE) == []
    assert actions.remove(db, first, ids[:1], actor=SIGNER) == 1
    assert queries.candidate_ids(db, PLACE) == ids[:1]
    actions.drop(db, first, actor=SIGNER)
    assert set(queries.candidate_ids(db, PLACE)) == set(ids[:4])
    with pytest.raises(Conflict):
        actions.add(db, first, ids, actor=SIGNER)


def test_only_recommended_cases_of_the_place_come_in(db: Session, ward: Ward) -> None:
    away = make_ward(db, "20014", "Phường Kim Trà", community_step=False)
    (theirs,) = recommended(db, away, 1)
    waiting = make_application(db, make_resident(db, ward), "under_review").id
    (ours,) = recommended(db, ward, 1)
    assert [line.id for line in lines(db, batch_of(db, ward, [theirs, waiting, ours]))] == [ours]


def test_a_list_is_sorted_as_vietnamese_names_are(db: Session, ward: Ward) -> None:
    names = ["Trần Văn Mẫu Ẩn", "Lê Thị Mẫu An", "Đỗ Mẫu Đào", "Bùi Mẫu Dao", "Lê Mẫu Ân", "Ngô Mẫu Ăn"]
    ids = [make_application(db, make_resident(db, ward, name), "recommended").id for name in names]
    assert [line.name.split()[-1] for line in lines(db, batch_of(db, ward, ids))] == [
        *("An", "Ăn", "Ân", "Ẩn", "Dao", "Đào"),
    ]


def test_cases_that_cannot_be_granted_say_why(db: Session, ward: Ward) -> None:
    kin = make_resident(db, ward, login="ky")
    officer = make_officer(db, ward, "ward_signer", "ky", resident=kin)
    actor = actor_of(db, officer.account)
    own = make_application(db, kin, "recommended").id
    gone, look, consent, fine, held = recommended(db, ward, 5)
    key = batch_of(db, ward, [own, gone, look, consent, fine, held])
    applications.move(db, gone, "reopen", actor=SIGNER, today=TODAY, reason="Xem lại.")
    db.add(SecondLook(ward_code=ward.code, application_id=look, why="lot", doubts=[], first_by=officer.account.id))
    person_id = db.scalars(select(Application.person_id).where(Application.id == consent)).one()
    db.execute(update(Consent).where(Consent.person_id == person_id).values(withdrawn_at=audit.now()))
    db.flush()
    granting.grant_all(db, [held], actor=SIGNER, today=TODAY, decision=DECISION)
    found = {line.id: line.bar for line in lines(db, key, actor)}
    assert found == {own: Bar.KIN, gone: Bar.LEFT, look: Bar.LOOK, consent: Bar.CONSENT, fine: None, held: Bar.LEFT}
    with pytest.raises(Conflict, match="người khác ký"):
        sign(db, key, actor)
    signed = sign(db, key, decision=DecisionDetails("129/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký"))
    assert (signed.granted, signed.left) == (2, 4)
    assert set(queries.candidate_ids(db, PLACE)) == {look, consent}


def test_a_look_that_was_closed_bars_nobody(db: Session, ward: Ward) -> None:
    """Recommended in bulk, undone before anybody looked, recommended anew and agreed to: a batch grants it."""
    one, two = (actor_of(db, make_officer(db, ward, "ward_reviewer", f"xet{n}").account) for n in (1, 2))
    case = make_application(db, make_resident(db, ward), "submitted")
    key = new_id()
    bulk.recommend(db, key, {case.id: case.version}, ward_code=ward.code, actor=one, today=TODAY)
    bulk.undo(db, key, reason="Nhầm.", actor=one, today=TODAY)
    applications.move(db, case.id, "recommend", actor=one, today=TODAY)
    closed, opened = db.scalars(select(SecondLook).order_by(SecondLook.id))
    assert (closed.closed_at is None, opened.closed_at) == (False, None)
    batch = batch_of(db, ward, [case.id])
    assert [line.bar for line in lines(db, batch)] == [Bar.LOOK]
    second_looks.give(db, opened.id, agrees=True, note=None, actor=two, today=TODAY)
    assert [line.bar for line in lines(db, batch)] == [None]
    assert [sign(db, batch).granted, case.state] == [1, "granted"]


@pytest.mark.parametrize("by_job", [False, True])
def test_nobody_signs_for_whom_they_act(shop: Workshop, by_job: bool) -> None:
    with shop.database.transaction() as db:
        ward = make_ward(db, community_step=False)
        account = make_officer(db, ward, "ward_signer", "ky").account
        old = make_resident(db, ward)
        ids = [make_application(db, old, "recommended").id, *recommended(db, ward, 2)]
        key = batch_of(db, ward, ids)
        actor = actor_of(db, account)
        job_id = ask(db, key, actor, queries.seen(lines(db, key, actor))) if by_job else None
        make_helper(db, old, account)
        helper = officer_of(db, account.id)
        assert helper is not None
        found = {line.id: line.bar for line in lines(db, key, helper)}
        assert found == {ids[0]: Bar.KIN, ids[1]: None, ids[2]: None}
        if not by_job:
            with pytest.raises(Conflict, match="làm thay"):
                sign(db, key, helper)
    if job_id is not None:
        worker.run_waiting(shop)
        with shop.database.read() as db:
            job = jobs.job(db, job_id)
            assert job is not None
            assert (job.state, "làm thay" in (job.reason or "")) == (State.FAILED, True)
            assert db.scalar(select(func.count(Title.id))) == 0


def test_a_second_look_stops_the_granting_itself(db: Session, ward: Ward) -> None:
    officer = make_officer(db, ward, "ward_reviewer", "xet")
    ids = recommended(db, ward, 3)
    db.add(SecondLook(ward_code=ward.code, application_id=ids[1], why="lot", doubts=[], first_by=officer.account.id))
    db.flush()
    with pytest.raises(Conflict, match="người thứ hai"):
        granting.grant_all(db, ids, actor=SIGNER, today=TODAY, decision=DECISION)


def test_many_at_once_leave_what_one_by_one_leaves(database: Database) -> None:
    """Granted one after the other, and together: the same rows in every table, but for ids, codes and moments."""
    with database.transaction() as db:
        wards = [make_ward(db, code, f"Phường Mẫu {code}", community_step=False) for code in ("19996", "20014")]
        ids = [recommended(db, ward, 5, communities=3) for ward in wards]
    with database.transaction() as db:
        before = counts(db)
        cases = db.scalars(
            select(Application).where(Application.id.in_(ids[0])).options(joinedload(Application.person))
        )
        for key in [case.id for case in sorted(cases, key=lambda case: (order_of(case), case.id))]:
            applications.move(db, key, "grant", actor=SIGNER, today=TODAY, decision=DECISION)
    with database.transaction() as db:
        between = counts(db)
        granting.grant_all(db, ids[1], actor=SIGNER, today=TODAY, decision=DECISION)
    with database.transaction() as db:
        after = counts(db)
        rows = [told(db, ward.code) for ward in wards]
        differences = [prove_ward(db, ward.code, YEAR) for ward in wards]
    one = {name: between[name] - before[name] for name in before}
    many = {name: after[name] - between[name] for name in before}
    assert many == one
    assert rows[0] == rows[1]
    assert differences == [[], []]
    with database.read() as db:
        assert audit.verify(db).broken == ()


def told(db: Session, ward_code: str) -> list[Any]:
    """Everything granting wrote of a ward, in the order of the register, without ids and moments."""
    found: list[Any] = []
    for title in db.scalars(select(Title).where(Title.ward_code == ward_code).order_by(Title.register_number)):
        case = db.get_one(Application, title.application_id)
        events = [(one.name, one.from_state, one.to_state, one.actor_name) for one in events_of(db, case.id)]
        found.append(
            (
                *(title.register_number, title.holder_name, title.points, title.digital, title.own_record, title.kind),
                *(case.state, case.version, case.decided_at is not None, events),
            )
        )
    return found


def test_the_register_follows_the_printed_list(db: Session, ward: Ward) -> None:
    key = batch_of(db, ward, recommended(db, ward, 12))
    names = [line.name for line in lines(db, key)]
    signed = sign(db, key)
    assert [(line.name, line.register_number) for line in queries.decided_lines(db, signed.decision_id)] == [
        (name, number) for number, name in enumerate(names, 1)
    ]


def test_signed_twice_is_once(db: Session, ward: Ward) -> None:
    key = batch_of(db, ward, recommended(db, ward, 3))
    seen = queries.seen(lines(db, key))
    first = actions.sign(db, key, actor=SIGNER, today=TODAY, decision=DECISION, seen=seen)
    again = actions.sign(db, key, actor=SIGNER, today=TODAY, decision=DECISION, seen=seen)
    assert (again.decision_id, again.granted, db.scalar(select(func.count(Title.id)))) == (first.decision_id, 3, 3)
    other = DecisionDetails("999/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký")
    with pytest.raises(Conflict):
        actions.sign(db, key, actor=SIGNER, today=TODAY, decision=other, seen=seen)


def test_a_list_that_changed_is_not_signed(db: Session, ward: Ward) -> None:
    ids = recommended(db, ward, 4)
    key = batch_of(db, ward, ids[:3])
    seen = queries.seen(lines(db, key))
    actions.add(db, key, ids[3:], actor=SIGNER)
    with pytest.raises(Conflict, match="vừa thay đổi"):
        actions.sign(db, key, actor=SIGNER, today=TODAY, decision=DECISION, seen=seen)
    assert db.scalar(select(func.count(Title.id))) == 0


def test_a_number_is_one_batchs(db: Session, ward: Ward) -> None:
    ids = recommended(db, ward, 4)
    sign(db, batch_of(db, ward, ids[:2]))
    second = batch_of(db, ward, ids[2:], "Đợt 2")
    with pytest.raises(Invalid) as refused:
        sign(db, second)
    assert refused.value.field == "number"
    with pytest.raises(Invalid) as refused:
        sign(db, second, decision=DecisionDetails("130", TODAY, ""))
    assert refused.value.field == "signatory"


def test_a_case_granted_and_revoked_may_come_into_another_batch(db: Session, ward: Ward) -> None:
    ids = recommended(db, ward, 2)
    sign(db, batch_of(db, ward, ids))
    title = db.scalars(select(Title).where(Title.application_id == ids[0])).one()
    applications.revoke_title(db, title.id, reason="Ký nhầm.", actor=SIGNER)
    applications.move(db, ids[0], "reopen", actor=SIGNER, today=TODAY, reason="Xét lại.")
    applications.move(db, ids[0], "recommend", actor=SIGNER, today=TODAY)
    assert [line.id for line in lines(db, batch_of(db, ward, ids, "Đợt 2"))] == [ids[0]]


@pytest.mark.parametrize("place", ["titles", "events", "tallies", "end"])
def test_raised_half_way_nothing_is_left(database: Database, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    with database.transaction() as db:
        ward = make_ward(db, communities=3, community_step=False)
        key = batch_of(db, ward, recommended(db, ward, 30, communities=3))
    with database.transaction() as db:
        before = counts(db)
        tallies = db.execute(text("SELECT sum(recognised), sum(assessed) FROM tally")).one()

    def fails(*given: Any, **more: Any) -> Any:
        raise ZeroDivisionError

    where: dict[str, Callable[[], None]] = {
        "titles": lambda: monkeypatch.setattr(granting, "lock_evidence", fails),
        "events": lambda: monkeypatch.setattr(granting, "_settle", fails),
        "tallies": lambda: monkeypatch.setattr("xhht_citizen.ratios.actions.touch_all", fails),
        "end": lambda: monkeypatch.setattr(actions, "_say", fails),
    }
    where[place]()
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        sign(db, key)
    with database.transaction() as db:
        assert counts(db) == before
        assert tuple(db.execute(text("SELECT sum(recognised), sum(assessed) FROM tally")).one()) == tuple(tallies)
        assert {line.state for line in lines(db, key)} == {"recommended"}


KILLED = """
import sys, uuid
sys.path.insert(0, sys.argv[4])
from sqlalchemy import event
from test_batches import SIGNER, sign
from xhht_citizen.database import Database
database = Database(sys.argv[1])
def note(connection, cursor, statement, parameters, context, many):
    if statement.startswith(sys.argv[3]):
        print("now", flush=True)
        sys.stdin.readline()
event.listen(database.engine, "before_cursor_execute", note)
with database.transaction() as db:
    sign(db, uuid.UUID(sys.argv[2]))
print("kept", flush=True)
"""


@pytest.mark.parametrize("statement", ["INSERT INTO title", "UPDATE registration", "INSERT INTO audit_entry"])
def test_killed_half_way_nothing_is_left(database: Database, database_url: str, statement: str) -> None:
    """A process of its own, killed while it writes."""
    with database.transaction() as db:
        ward = make_ward(db, communities=3, community_step=False)
        key = batch_of(db, ward, recommended(db, ward, 40, communities=3))
    with database.transaction() as db:
        before = counts(db)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, database_url, str(key), statement, str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
    for _ in range(50):  # a server notices a moment later that the other side is gone
        with database.transaction() as db:
            found = counts(db)
            db.execute(update(DecisionBatch).values(version=DecisionBatch.version))
            db.rollback()
        if found == before:
            break
        time.sleep(0.1)
    assert found == before
    with database.transaction() as db:
        assert sign(db, key).granted == 40
    with database.transaction() as db:
        assert prove_ward(db, ward.code, YEAR) == []
        assert audit.verify(db).broken == ()


def test_the_statements_grow_by_the_thousand(database: Database) -> None:
    asked = []
    for count, code in ((5, "19996"), (60, "20014")):
        with database.transaction() as db:
            ward = make_ward(db, code, f"Phường {code}", communities=1, community_step=False)
            key = batch_of(db, ward, recommended(db, ward, count))
        statements: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *more: Any, told: list[str] = statements) -> None:
            told.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        with database.transaction() as db:
            sign(db, key)
        event.remove(database.engine, "before_cursor_execute", note)
        asked.append(len(statements))
        with database.read() as db:
            granted = select(Notice).where(Notice.ward_code == ward.code, Notice.kind == "case.granted")
            told = sorted((one.person_id, one.path, one.values) for one in db.scalars(granted))
            cases = db.scalars(select(Application).where(Application.ward_code == ward.code))
            assert told == sorted(
                (case.person_id, f"/ho-so?nam={YEAR}", {"receipt": case.receipt, "year": YEAR})
                for case in cases
                if case.state == "granted"
            )
            assert len(told) == count
    # On PostgreSQL rows go in by thousands too; what differs is how many parts an insert of many columns is cut into.
    assert asked[1] - asked[0] <= 6, asked


# The job


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Workshop:
    settings = Settings(data_dir=tmp_path, database_url="", secret_key="")
    return Workshop(database, Store.open(settings), settings)


def ask(db: Session, key: uuid.UUID, actor: Actor, seen: str) -> uuid.UUID:
    one = queries.batch(db, key)
    assert one is not None
    given: dict[str, Any] = {"actor": actor, "today": TODAY, "seen": seen, "count": 3, "job_id": new_id()}
    return signing.ask_to_sign(db, one, DECISION, title="Công nhận theo quyết định", back="/dot-quyet-dinh", **given)


@pytest.mark.parametrize("happens", ["nothing", "role ends", "list changes"])
def test_a_job_signs_what_was_seen_while_one_may(shop: Workshop, happens: str) -> None:
    with shop.database.transaction() as db:
        ward = make_ward(db, community_step=False)
        officer = make_officer(db, ward, Role.WARD_SIGNER, "ky")
        admin = make_officer(db, ward, Role.ADMIN, "quan-tri")
        actor = actor_of(db, officer.account)
        ids = recommended(db, ward, 4)
        key = batch_of(db, ward, ids[:3])
        job_id = ask(db, key, actor, queries.seen(lines(db, key, actor)))
    with shop.database.transaction() as db:
        if happens == "role ends":
            held = db.scalars(select(RoleGrant.id).where(RoleGrant.account_id == officer.account.id)).one()
            revoke_role(db, held, revoked_by=admin.account.id)
        elif happens == "list changes":
            actions.add(db, key, ids[3:], actor=actor)
    assert worker.run_waiting(shop) == 1
    with shop.database.read() as db:
        job = jobs.job(db, job_id)
        assert job is not None
        titles = db.scalar(select(func.count(Title.id)))
        state = {"nothing": (State.DONE, 3), "role ends": (State.FAILED, 0), "list changes": (State.FAILED, 0)}[happens]
        assert (job.state, titles) == state
        assert (job.reason or "") == {
            "nothing": "",
            "role ends": signing.REFUSED,
            "list changes": "Danh sách của đợt vừa thay đổi, nên chưa công nhận ai. Xin xem lại danh sách.",
        }[happens]


# Letterheads, corrections, revocation


def test_a_letterhead_is_saved_over_what_was_seen(db: Session, ward: Ward) -> None:
    own, version = letterheads.own_words(db, ward.code)
    assert version == 0
    assert letterheads.words_of(db, ward.code).number_format == "{number}/QĐ-UBND"
    words = Words(**{**vars(own), "signatory": "Lê Mẫu Ký", "number_format": "{number}/{year}/QĐ-CT"})
    assert actions.save_letterhead(db, ward.code, words, version=0, actor=SIGNER) == 1
    with pytest.raises(Conflict):
        actions.save_letterhead(db, ward.code, own, version=0, actor=SIGNER)
    kept = letterheads.words_of(db, ward.code)
    assert (kept.signatory, kept.venue, kept.issuing_body) == (
        "Lê Mẫu Ký",
        "Hương Trà",
        "Ủy ban nhân dân phường Hương Trà",
    )
    assert full_number("12", kept.number_format, 2026) == "12/2026/QĐ-CT"


def test_a_name_is_mended_with_trace(db: Session, ward: Ward) -> None:
    resident = make_resident(db, ward, "Trần Thị Mẫu Lam")
    case = make_application(db, resident, "granted")
    title = db.scalars(select(Title).where(Title.application_id == case.id)).one()
    officer = make_officer(db, ward, "ward_reviewer", "xet", name="Lê Mẫu Xét")
    actor, key = actor_of(db, officer.account), new_id()
    given = {"name": "Trần Thị  Mẫu Lâm", "reason": "Sai dấu.", "actor": actor}
    assert actions.correct(db, key, title.id, **given) is True
    assert actions.correct(db, key, title.id, **given) is False
    with pytest.raises(Invalid) as refused:
        actions.correct(db, new_id(), title.id, **given)
    assert refused.value.field == "name"
    assert (title.holder_name, title.sort_key, title.search_key) == (
        "Trần Thị Mẫu Lâm",
        name_sort_key("Trần Thị Mẫu Lâm"),
        fold("Trần Thị Mẫu Lâm"),
    )
    ((row, who),) = letterheads.corrections(db, title.id)
    assert (row.old_name, row.new_name, row.reason, who) == (
        "Trần Thị Mẫu Lam", "Trần Thị Mẫu Lâm", "Sai dấu.", "Lê Mẫu Xét",
    )  # fmt: skip
    assert resident.person.name == "Trần Thị Mẫu Lam"  # the person's own record is corrected elsewhere
    db.commit()
    said = db.scalars(select(audit.AuditEntry.detail).where(audit.AuditEntry.action == "title.correct")).one()
    assert "Mẫu" not in said
    assert db.scalar(select(func.count(TitleCorrection.id))) == 1
    notice = db.execute(text("SELECT kind FROM notice WHERE kind LIKE 'title.corr%'")).all()
    assert len(notice) == 1


def test_what_no_column_holds_is_refused_beside_its_field(db: Session, ward: Ward) -> None:
    """PostgreSQL would refuse the row: a number put into a format, a name of letters that are many in a key."""
    signer = make_officer(db, ward, "ward_signer", "ky-dai")
    actor, case = actor_of(db, signer.account), make_application(db, make_resident(db, ward), "granted")
    title = db.scalars(select(Title).where(Title.application_id == case.id)).one()
    for name in ("ﬃ" * 60, "陳" * 60):
        with pytest.raises(Invalid) as refused:
            actions.correct(db, new_id(), title.id, name=name, reason="Sai dấu.", actor=actor)
        assert refused.value.field == "name"
    with pytest.raises(Invalid) as refused:
        check_decision(f"{'1' * 55}/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký", TODAY)
    assert refused.value.field == "number"


def test_a_title_is_revoked_by_a_later_decision(db: Session, ward: Ward) -> None:
    case = make_application(db, make_resident(db, ward), "granted")
    title = db.scalars(select(Title).where(Title.application_id == case.id)).one()

    def revoke(number: str, day: Any = TODAY) -> None:
        applications.revoke_title(
            db,
            title.id,
            reason="Khai sai.",
            actor=SIGNER,
            decision=DecisionDetails(number, day, "Nguyễn Mẫu Ký"),
            today=TODAY,
        )

    for number, day, field in ((DECISION.number, TODAY, "number"), ("205", TODAY.replace(year=2020), "decided_on")):
        with pytest.raises(Invalid) as refused, db.begin_nested():
            revoke(number, day)
        assert refused.value.field == field
        db.expire_all()
    revoke("205/QĐ-UBND")
    db.expire_all()
    from xhht_citizen.titles import queries as titles

    found = titles.title(db, title.id)
    assert found is not None
    assert found.revoke_decision is not None
    assert (found.revoke_decision.number_key, found.revoked_at is None) == (decision_key("205/QĐ-UBND"), False)
    assert [one.id for one in titles.revoked_by(db, found.revoke_decision.id)] == [title.id]


# Rules


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-02-05", "ngày 05 tháng 02 năm 2026"),
        ("2026-01-31", "ngày 31 tháng 01 năm 2026"),
        ("2026-03-09", "ngày 09 tháng 3 năm 2026"),
        ("2026-11-28", "ngày 28 tháng 11 năm 2026"),
    ],
)
def test_dates_leave_no_room_for_another_digit(day: str, words: str) -> None:
    from datetime import date

    assert day_words(date.fromisoformat(day)) == words


def test_a_draft_leaves_room_for_number_and_day() -> None:
    assert number_line(None, "{number}/QĐ-UBND", 2026) == "      /QĐ-UBND"
    assert day_words(None, 2026) == "ngày      tháng      năm 2026"
    assert full_number(" 12 /QĐ-UBND", "{number}/QĐ-CT", 2026) == "12 /QĐ-UBND"


@pytest.mark.parametrize("text", ["QĐ-UBND", "{number}/{ward}", "{number}{number}", "{number}/{", "{0}{number}"])
def test_a_format_without_a_place_for_the_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_format(text, "number_format")
    assert refused.value.field == "number_format"


def test_rows_of_dropped_batches_are_gone(db: Session, ward: Ward) -> None:
    key = batch_of(db, ward, recommended(db, ward, 2))
    actions.drop(db, key, actor=SIGNER)
    assert db.scalar(select(func.count()).select_from(DecisionBatchCase)) == 0
