"""A worker may die at any moment: every job ends, and nothing is done or sent twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factories import KEY, make_resident, make_ward
from gateway import SECRET, Gateway
from sqlalchemy import func, select

from xhht_citizen.database import Database
from xhht_citizen.jobs import actions
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import ENDED, MOST_CLAIMS, State
from xhht_citizen.notices.actions import tell
from xhht_citizen.notices.models import Delivery
from xhht_citizen.places.models import FormerCommune

# A worker as `xhht work` runs it, with one kind of job more: each step writes a row that cannot be written twice
# unnoticed, and one job in ten cannot be done. Its argument: the seconds after which another worker is taken for dead.
WORKER = """
import sys, time
from xhht_citizen import worker
from xhht_citizen.config import Settings
from xhht_citizen.database import insert_new
from xhht_citizen.errors import Invalid
from xhht_citizen.jobs.rules import SILENT_SECONDS
from xhht_citizen.places.models import FormerCommune


def steps(claimed, shop):
    number = claimed.payload["number"]
    for step in range(claimed.cursor.get("next", 0), 4):
        if number % 10 == 9 and step == 2:
            raise Invalid("Việc %(number)s hỏng.", number=number)
        time.sleep(0.01)
        with claimed.step() as db:
            code = f"{number:03d}{step}"
            db.add(FormerCommune(code=code, name="", district_name="", province_code="46", province_name="",
                                 search_key=str(claimed.number)))
            claimed.came_to(db, done=step + 1, total=4, cursor={"next": step + 1})
    with claimed.step() as db:
        claimed.finish(db, result={"number": number})


silent = float(sys.argv[1])
worker.HANDLERS = {**worker.HANDLERS, "test.steps": steps}
worker.ROUNDS = {"notices": (0.1, lambda shop: worker.send_notices(shop, sending_seconds=silent))}
import signal, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("ready", flush=True)
worker.work(Settings.from_env(), threads=2, stop=stop, silent_seconds=silent)
"""


@contextmanager
def start(url: str, folder: Path, silent_seconds: float, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that is ready; it is gone when the block ends."""
    env = {**os.environ, "XHHT_DATABASE_URL": url, "XHHT_SECRET_KEY": KEY, "XHHT_DATA_DIR": str(folder), **more}
    command = [sys.executable, "-c", WORKER, str(silent_seconds)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
            process.wait(15)
        finally:
            process.kill()


def ask(database: Database, count: int) -> None:
    with database.transaction() as db:
        for number in range(count):
            actions.ask(db, Asked("test.steps", f"Việc {number}", "account.own", None, {"number": number}))


def left(database: Database) -> int:
    with database.read() as db:
        return db.scalars(select(func.count()).where(Job.state.not_in(ENDED))).one()


def wait_for(database: Database, seconds: float) -> None:
    until = time.monotonic() + seconds
    while left(database) and time.monotonic() < until:
        time.sleep(0.1)


def check_all_ended_once(database: Database, count: int) -> None:
    with database.read() as db:
        jobs = {int(str(job.payload["number"])): job for job in db.scalars(select(Job))}
        written = set(db.scalars(select(FormerCommune.code)))  # the key would have refused a second row
    assert sorted(jobs) == list(range(count))
    for number, job in jobs.items():
        bad = number % 10 == 9
        assert (job.state, job.done) == ((State.FAILED, 2) if bad else (State.DONE, 4)), (number, job.reason)
        assert (job.reason is not None) is bad
    wanted = {f"{number:03d}{step}" for number in jobs for step in range(2 if number % 10 == 9 else 4)}
    assert written == wanted


def test_a_worker_killed_at_random_moments(database: Database, database_url: str, tmp_path: Path) -> None:
    """50 jobs; the worker is killed again and again, faster than any of its claims is believed dead."""
    ask(database, 50)
    kills = random.Random(26)
    for _ in range(8):
        with start(database_url, tmp_path, 0.5) as process:
            time.sleep(kills.uniform(0.15, 0.6))
            process.send_signal(signal.SIGKILL)
    with start(database_url, tmp_path, 0.5) as process:
        wait_for(database, 60)
        process.terminate()
    assert process.returncode == 0
    check_all_ended_once(database, 50)
    with database.read() as db:
        assert db.scalars(select(func.max(Job.claim))).one() <= MOST_CLAIMS


def test_two_workers_share_the_jobs(database: Database, database_url: str, tmp_path: Path) -> None:
    ask(database, 40)
    with start(database_url, tmp_path / "1", 30) as one, start(database_url, tmp_path / "2", 30) as other:
        wait_for(database, 60)
        one.terminate()
        other.terminate()
    assert (one.returncode, other.returncode) == (0, 0)
    check_all_ended_once(database, 40)
    with database.read() as db:
        assert set(db.scalars(select(Job.claim))) == {1}


def deliveries(database: Database) -> dict[str, str]:
    """The state of each delivery, by its id."""
    with database.read() as db:
        return {str(row.id): row.state for row in db.scalars(select(Delivery))}


def test_a_worker_killed_while_it_sends(database: Database, database_url: str, tmp_path: Path) -> None:
    """200 notices; each goes out at most once, and nobody is left out but whom a dead worker had in its hand."""
    with database.transaction() as db:
        person = make_resident(db, make_ward(db)).person
        person.phone = "0912345678"
        for number in range(200):
            path, values = "/ho-so", {"receipt": f"19996-26-{number:05d}", "year": 2026}
            tell(db, "case.returned", once=f"return:{number}", person_id=person.id, path=path, **values)
    gateway, kills, hands = Gateway(), random.Random(26), set()
    gateway.slow_seconds = 0.01
    with gateway.open() as hook_url:
        channel = {"XHHT_HOOK_URL": hook_url, "XHHT_HOOK_SECRET": SECRET}
        for killed in range(1, 6):
            with start(database_url, tmp_path, 0.5, **channel) as process:
                after, until = len(gateway.seen) + kills.randint(1, 25), time.monotonic() + 30
                while len(gateway.seen) < after and time.monotonic() < until:
                    time.sleep(0.002)
                assert len(gateway.seen) >= after
                time.sleep(kills.uniform(0, 0.02))
                process.send_signal(signal.SIGKILL)
            time.sleep(0.3)  # the database ends by itself what was under way
            hands |= {one for one, state in deliveries(database).items() if state == "sending"}
            assert len(hands) <= killed
        with start(database_url, tmp_path, 0.5, **channel) as process:
            until = time.monotonic() + 60
            while set(deliveries(database).values()) & {"waiting", "sending"} and time.monotonic() < until:
                time.sleep(0.1)
            process.terminate()
    assert process.returncode == 0
    arrived = [said["id"] for _, said, _ in gateway.seen]
    assert sorted(set(arrived)) == sorted(arrived)
    came_to = deliveries(database)
    assert len(came_to) == 200
    assert {one for one, state in came_to.items() if state == "unsure"} == hands
    assert {one for one, state in came_to.items() if state == "sent"} == came_to.keys() - hands
    assert came_to.keys() - hands <= set(arrived)
    assert hands  # a kill met a full hand, or nothing is shown
