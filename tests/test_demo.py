"""The demonstration: its rows are what the actions would have written, its server starts, answers and stops cleanly."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections import Counter as Tallied
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from xhht_citizen import audit
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import queries
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence, SecondLook
from xhht_citizen.applications.rules import ASSESSED, LOCKING, TRANSITIONS, State, guard, receipt
from xhht_citizen.applications.telling import TO_OWNER
from xhht_citizen.audit import AuditEntry
from xhht_citizen.batches import queries as batches
from xhht_citizen.batches.models import DecisionBatch, TitleCorrection
from xhht_citizen.batches.rules import Bar
from xhht_citizen.clock import VIETNAM, today
from xhht_citizen.database import Database
from xhht_citizen.demo import names
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.start import prepare
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.groups.models import Clan, Unit
from xhht_citizen.meetings import queries as meetings
from xhht_citizen.meetings.models import Meeting
from xhht_citizen.meetings.rules import carried
from xhht_citizen.notices.models import Notice
from xhht_citizen.notices.rules import NOTICES
from xhht_citizen.people.models import Account, Household, HouseholdMembership, Person
from xhht_citizen.places.models import Community
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios.models import Tally
from xhht_citizen.titles.models import Counter, Decision, Registration, Title
from xhht_citizen.vietnamese import fold

pytestmark = pytest.mark.xdist_group("demo")
WARD, NEXT_WARD = "19996", "20017"
MADE: list[Path] = []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration's folder, made once for this file and `test_demo_groups.py`."""
    if not MADE:
        MADE.append(tmp_path_factory.mktemp("demo") / "data")
        prepare(MADE[0], lambda doing, share: None)
    return MADE[0]


@pytest.fixture(scope="module")
def seeded(folder: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{folder / 'xhht.sqlite3'}")
    yield database
    database.dispose()


@pytest.fixture
def db(seeded: Database) -> Iterator[Session]:
    """A session whose changes are lost."""
    with seeded.write() as session:
        yield session


def count(db: Session, model: type, *where: object) -> int:
    return db.scalar(select(func.count()).select_from(model).where(*where))


def test_the_ward_is_as_big_as_promised(db: Session) -> None:
    in_ward = Community.ward_code == WARD
    assert count(db, Community, in_ward) == names.COMMUNITIES == len(set(names.community_names())) == 27
    assert count(db, Household, Household.ward_code == WARD) == 561  # one was founded since
    assert 1900 <= count(db, Person, Person.ward_code == WARD) <= 2150
    lives_here = HouseholdMembership.revoked_at.is_(None)
    assert count(db, Person, Person.died_on.is_(None)) == count(db, HouseholdMembership, lives_here)
    assert (count(db, Clan), count(db, Unit)) == (14, 15)
    assert count(db, HouseholdMembership, lives_here, HouseholdMembership.relation == "head") == 561 + 6


def test_there_are_cases_in_every_state(db: Session) -> None:
    year = today().year
    by_state = dict(
        db.execute(
            select(Application.state, func.count())
            .where(Application.year == year, Application.kind == "citizen")
            .group_by(Application.state)
        ).all()
    )
    assert set(by_state) == set(State)
    assert sum(by_state.values()) == 501
    assert count(db, Decision, Decision.decided_year == year) == 4 + 1 + 1
    assert count(db, Title, Title.year == year, Title.kind == "citizen") == by_state[State.GRANTED]
    assert count(db, Title, Title.revoked_at.is_not(None), Title.kind == "citizen") == 1


def test_each_case_walks_the_workflow(db: Session) -> None:
    """Every event is a move of TRANSITIONS from where the one before ended, and the last is where the case stands."""
    events = defaultdict(list)
    for event in db.scalars(select(ApplicationEvent).order_by(ApplicationEvent.at, ApplicationEvent.id)):
        events[event.application_id].append(event)
    of_citizens = select(Application).where(Application.kind == "citizen").options(selectinload(Application.lines))
    cases = db.scalars(of_citizens).all()
    officers = dict(
        db.execute(
            select(Account.id, HouseholdMembership.household_id)
            .join(HouseholdMembership, HouseholdMembership.person_id == Account.person_id)
            .where(HouseholdMembership.revoked_at.is_(None))
        ).all()
    )
    for case in cases:
        state = State.DRAFT
        for event in events[case.id]:
            if event.name == "revoke":
                continue
            move = TRANSITIONS[event.name]
            assert event.from_state == state
            guard(move, state, community_step=True, reason=event.reason)
            assert event.at <= datetime.now(VIETNAM)
            if move.permission in {"application.endorse", "application.review", "application.grant"}:
                assert officers[event.account_id] != case.household_id, "nobody reviews their own household"
            state = move.target
        assert case.state == state
        assert case.self_total == queries.claimed_score(case).total
        if state in {State.RECOMMENDED, State.GRANTED}:
            assert queries.confirmed_score(case).passed
            assert case.confirmed_total == queries.confirmed_score(case).total
        if state is State.DECLINED:
            assert not queries.confirmed_score(case).passed


def test_what_was_asked_answered_and_appealed_is_there(db: Session) -> None:
    """A case that came back lies with whoever asked; one that was appealed lies with nobody yet."""
    of_year = select(Application).where(Application.year == today().year, Application.kind == "citizen")
    cases = db.scalars(of_year.options(selectinload(Application.lines))).all()
    asked = [case for case in cases if any(line.returned_as is not None for line in case.lines)]
    back = [case for case in asked if case.state == State.UNDER_REVIEW]
    assert back
    assert all(case.reviewer_id is not None and case.returned_at is None for case in back)
    returned = [case for case in cases if case.state == State.RETURNED]
    assert {case.id for case in returned} <= {case.id for case in asked}
    appealed = [case for case in cases if case.state == State.APPEALED]
    assert len(appealed) == 3
    assert all((case.reviewer_id, case.submitted_at) == (None, case.appealed_at) for case in appealed)
    assert all(case.declined_by is not None for case in cases if case.state in {State.DECLINED, State.APPEALED})


def test_one_community_has_met(db: Session) -> None:
    meeting = db.scalars(select(Meeting)).one()
    minutes = meetings.minutes(db, meeting.id)
    assert (len(minutes.endorsed), len(minutes.objected)) == (7, 2)
    assert {one.state for one in minutes.endorsed} == {State.ENDORSED}
    assert {one.state for one in minutes.objected} == {State.OBJECTED}
    assert all(carried(one.votes, meeting.present) for one in minutes.endorsed)
    assert not any(carried(one.votes, meeting.present) for one in minutes.objected)
    assert meetings.candidates(db, meeting.community_id, meeting.year)  # whom the next one speaks of


def test_people_were_told_of_each_step_of_their_cases(db: Session) -> None:
    """One notice a step that tells its owner something, read but for the newest ones, none left to be sent."""
    steps = select(ApplicationEvent.id).join(Application, Application.id == ApplicationEvent.application_id)
    wanted = db.scalars(steps.where(Application.person_id.is_not(None), ApplicationEvent.name.in_(TO_OWNER))).all()
    told = db.scalars(select(Notice)).all()
    assert {one.once.split(":")[1] for one in told} == {str(key) for key in wanted}
    assert len(told) == len(wanted)
    assert all(one.spread_at is not None for one in told)
    read = [one.at for one in told if one.read_at is not None]
    assert max(read) < min(one.at for one in told if one.read_at is None)
    for one in told:
        assert NOTICES[one.kind].text % one.values


def test_papers_are_in_the_making(db: Session) -> None:
    """One batch is open, of cases that wait; one name was mended, one title taken back by a decision of its own."""
    batch = db.scalars(select(DecisionBatch)).one()
    inside = batches.lines(db, batch, actor=Actor(), today=today())
    assert (batch.state, len(inside)) == ("open", 24)
    assert {line.bar for line in inside} == {None, Bar.LOOK}
    assert Tallied(db.scalars(select(SecondLook.looked_at.is_(None)))) == {True: 2, False: 2}
    assert batches.seen(inside)
    row = db.scalars(select(TitleCorrection)).one()
    title = db.get_one(Title, row.title_id)
    assert (row.new_name, fold(row.old_name)) == (title.holder_name, title.search_key)
    assert row.old_name != row.new_name
    revoked = db.scalars(select(Title).where(Title.revoke_decision_id.is_not(None))).one()
    given, taken = (db.get_one(Decision, key) for key in (revoked.decision_id, revoked.revoke_decision_id))
    assert given.decided_on <= taken.decided_on
    assert count(db, Title, Title.decision_id == taken.id) == 0


def test_numbers_run_without_gaps(db: Session) -> None:
    for year in (today().year - 2, today().year - 1, today().year):
        sent = db.scalars(select(Application).where(Application.year == year, Application.receipt.is_not(None))).all()
        assert {case.receipt_number for case in sent} == set(range(1, len(sent) + 1))
        assert {case.receipt for case in sent} == {receipt(WARD, year, n) for n in range(1, len(sent) + 1)}
        assert db.get_one(Counter, (WARD, year, "receipt")).last == len(sent)
        numbers = db.scalars(select(Title.register_number).where(Title.year == year)).all()
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert db.get_one(Counter, (WARD, year, "register")).last == len(numbers)


def test_evidence_is_locked_while_a_case_is_with_others(db: Session) -> None:
    states = defaultdict(set)
    snapshot = defaultdict(set)
    for evidence_id, code, case_id, state in db.execute(
        select(ApplicationEvidence.evidence_id, ApplicationEvidence.code, Application.id, Application.state).join(
            Application, Application.id == ApplicationEvidence.application_id
        )
    ):
        states[evidence_id].add(state)
        snapshot[case_id].add((code, evidence_id))
    sent_back = select(Application).where(Application.state == State.RETURNED, Application.kind == "citizen")
    kept = {  # behind what nobody asked about
        evidence_id
        for case in db.scalars(sent_back.options(selectinload(Application.lines)))
        for code, evidence_id in snapshot[case.id]
        if queries.line(case, code).returned_as is None
    }
    for evidence in db.scalars(select(Evidence)):
        assert (evidence.locked_at is not None) == (bool(states[evidence.id] & LOCKING) or evidence.id in kept)
        assert (evidence.used_at is not None) == bool(states[evidence.id])
        assert evidence.learned_on <= today()
    of_citizens = select(Application).where(Application.receipt.is_not(None), Application.kind == "citizen")
    for case in db.scalars(of_citizens).all():
        tagged = queries.tagged_evidence(db, case.person_id, case.year)
        assert snapshot[case.id] == {(code, one.id) for code, found in tagged.items() for one in found}


def test_every_file_is_in_the_store(db: Session, folder: Path) -> None:
    files = db.scalars(select(EvidenceFile)).all()
    assert {file.content_type for file in files} == {"image/webp", "application/pdf"}
    kept = {str(path.relative_to(folder / "files")) for path in (folder / "files").rglob("*.*")}
    assert kept == {file.storage_key for file in files}


def test_tallies_and_registrations_are_right(db: Session) -> None:
    def tallies() -> dict:
        rows = db.scalars(select(Tally).execution_options(populate_existing=True))
        return {
            (row.ward_code, row.community_id, row.kind, row.year): (
                row.total,
                row.registered,
                row.assessed,
                row.recognised,
            )
            for row in rows
        }

    before = tallies()
    for year in (today().year - 2, today().year - 1, today().year):
        for ward_code in (WARD, NEXT_WARD):
            ratios.recount_ward(db, ward_code, year)
        stands = Registration.year == year, Registration.assessed_at.is_not(None)
        decided = select(Application.subject_id).where(Application.year == year, Application.state.in_(ASSESSED))
        assert set(db.scalars(select(Registration.subject_id).where(*stands))) == set(db.scalars(decided))
    assert tallies() == before
    assert {(ward, year) for ward, _, _, year in before} == {
        (ward, today().year - ago) for ward in (WARD, NEXT_WARD) for ago in range(3)
    }


def test_the_audit_tells_of_every_step(db: Session) -> None:
    seen = audit.verify(db)
    assert (seen.chains, seen.broken) == (2, ())  # the ward's and the nation's
    told = Tallied(db.scalars(select(AuditEntry.action)))
    steps = Tallied(db.scalars(select(ApplicationEvent.name)))
    assert told["title.revoke"] == steps.pop("revoke") == 2
    assert {name: told[f"application.{name}"] for name in steps} == dict(steps)
    assert told["year.register"] == count(db, Registration)
    assert told["evidence.add"] == count(db, Evidence, Evidence.activity_id.is_(None))
    assert told["role.grant"] == count(db, RoleGrant)


def test_a_second_start_goes_on_where_it_was(folder: Path) -> None:
    before = (folder / "secret.key").read_text()
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
    asked = []
    settings = prepare(folder, lambda doing, share: asked.append(doing))
    assert asked == []
    assert settings.secret_key == before.strip()
    assert (settings.demo, settings.secure_cookies) == (True, False)


def test_half_a_ward_is_never_served(folder: Path, tmp_path: Path) -> None:
    """What a killed start left is thrown away, and the files it kept are no obstacle."""
    half = tmp_path / "half"
    shutil.copytree(folder / "files", half / "files")
    (half / "demo-growing.sqlite3").write_bytes(b"half")
    (half / "demo-growing.sqlite3-wal").write_bytes(b"half")
    settings = prepare(half, lambda doing, share: None)
    database = Database(settings.database_url)
    with database.read() as db:
        assert count(db, Household, Household.ward_code == WARD) == 561
    database.dispose()
    assert sorted(path.name for path in half.glob("*.sqlite3*")) == ["xhht.sqlite3"]


@pytest.mark.parametrize(
    "moment", [(2027, 1, 1, 0, 1), (2027, 1, 1, 15, 0), (2028, 2, 29, 5, 0), (2027, 12, 31, 23, 59)]
)
def test_a_years_moments_are_in_order_and_past(moment: tuple[int, int, int, int, int]) -> None:
    now = datetime(*moment, tzinfo=VIETNAM)
    year = Year(now.year, now)
    moments = [year.at(part / 997) for part in range(998)]
    assert moments == sorted(set(moments))
    assert moments[-1] < now
    assert moments[0] >= datetime(now.year, 1, 1, tzinfo=VIETNAM)
    assert year.day(1.0) == now.date()


# The command


@dataclass
class Running:
    process: subprocess.Popen
    hello: dict

    @property
    def port(self) -> int:
        return urllib.parse.urlsplit(self.hello["url"]).port


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Running]:
    """`xhht demo --json`, once it says that it is ready."""
    command = [sys.executable, "-m", "xhht_citizen.cli", "demo", "--data", str(folder), "--json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        yield Running(process, json.loads(line))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def helping(children: list[psutil.Process]) -> bool:
    """Whether one of them is the worker that does long work: it was started anew, the server's were forked."""
    return sum("spawn_main" in " ".join(child.cmdline()) for child in children) == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_starts_lets_everybody_in_and_stops_on_sigterm(folder: Path) -> None:
    with demo(folder, "--port", str(port := free_port())) as running:
        assert running.hello["ready"] is True
        assert running.hello["url"] == f"http://127.0.0.1:{port}"
        assert [account["role"] for account in running.hello["accounts"]] == [
            "citizen",
            "community_head",
            "ward_reviewer",
            "ward_signer",
            "province_officer",
            "admin",
        ]
        for account in running.hello["accounts"]:
            assert sign_in(port, account["login"], account["password"]), account["role"]
        assert not sign_in(port, running.hello["accounts"][0]["login"], "sai-mat-khau")
        children = psutil.Process(running.process.pid).children(recursive=True)
        assert helping(children)
        running.process.send_signal(signal.SIGTERM)
        out, _ = running.process.communicate(timeout=20)
        assert (running.process.returncode, out) == (0, b"")
        _, alive = psutil.wait_procs(children, timeout=10)  # one that only watches over its parent ends just after it
        assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_first_start_shows_files_of_evidence(tmp_path: Path) -> None:
    """What made the ward lives on in no worker: a file store used before the fork would hang there."""
    with demo(tmp_path / "new", "--port", "0") as running:
        account = running.hello["accounts"][0]
        database = Database(f"sqlite:///{tmp_path / 'new' / 'xhht.sqlite3'}")
        with database.read() as db:
            file_id, size = db.execute(
                select(EvidenceFile.id, EvidenceFile.size_bytes)
                .join(Evidence, Evidence.id == EvidenceFile.evidence_id)
                .join(Account, Account.person_id == Evidence.person_id)
                .where(Account.login == account["login"])
                .limit(1)
            ).one()
        database.dispose()
        cookie = sign_in(running.port, account["login"], account["password"])
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        connection.request("GET", f"/tep/{file_id}", headers={"Cookie": cookie})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read())) == (200, size)
        connection.close()


def test_ctrl_c_reaches_the_whole_group_and_is_no_failure(folder: Path) -> None:
    with demo(folder, "--port", "0") as running, socket.create_connection(("127.0.0.1", running.port)):
        os.killpg(running.process.pid, signal.SIGINT)
        out, err = running.process.communicate(timeout=20)
        assert (running.process.returncode, out) == (0, b""), err.decode()


def test_workers_end_with_a_parent_that_was_killed(folder: Path) -> None:
    """Otherwise the port stays taken, and the restart after a crash fails."""
    with demo(folder, "--port", "0") as running:
        children = psutil.Process(running.process.pid).children(recursive=True)
        assert helping(children)
        running.process.kill()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []


def test_a_busy_port_is_refused_when_asked_for_only(folder: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        command = [sys.executable, "-m", "xhht_citizen.cli", "demo", "--data", str(folder), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode() == f"xhht: Cổng {port} ở 127.0.0.1 đang bận hoặc không dùng được.\n"


def test_a_folder_has_one_demonstration_and_a_killed_one_leaves_no_lock(folder: Path) -> None:
    command = [sys.executable, "-m", "xhht_citizen.cli", "demo", "--data", str(folder), "--port", "0"]
    with demo(folder, "--port", "0") as running:
        for _ in range(2):
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
            assert (done.returncode, done.stdout) == (2, b"")
            runs = f"PID {running.process.pid}, {running.hello['url']}"
            assert done.stderr.decode() == f"xhht: Bản dùng thử trong thư mục {folder} đang chạy: {runs}.\n"
        assert sign_in(running.port, *[running.hello["accounts"][0][key] for key in ("login", "password")])
        running.process.kill()
        running.process.wait()
        with demo(folder, "--port", "0") as again:
            assert again.hello["ready"] is True


def test_a_real_register_is_not_opened_as_a_demonstration(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "xhht.sqlite3")
    command = [sys.executable, "-m", "xhht_citizen.cli", "demo", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert len(done.stderr.decode().strip().splitlines()) == 1


def sign_in(port: int, login: str, password: str) -> str:
    """The cookie of who signed in over plain HTTP, as a browser without script does; empty when refused."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/dang-nhap")
    page = connection.getresponse()
    text = page.read().decode()
    assert page.status == 200
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)[1]
    form = urllib.parse.urlencode({"csrf_token": token, "login": login, "password": password})
    cookie = page.headers["Set-Cookie"].split(";")[0]
    connection.request(
        "POST", "/dang-nhap", form, {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["Set-Cookie"].split(";")[0] if answer.status == 303 else ""
