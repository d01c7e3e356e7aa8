"""Jobs: asked for with the transaction, claimed once, worked in steps that are kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from xhht_citizen import worker
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Invalid
from xhht_citizen.evidence.files import Store
from xhht_citizen.jobs import actions, queries
from xhht_citizen.jobs.actions import Asked, Claimed, LostClaim
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import BROKEN, GIVEN_UP, MOST_CLAIMS, SILENT_SECONDS, State, share
from xhht_citizen.jobs.workshop import Workshop

KINDS = frozenset({"count"})


def count_to_three(claimed: Claimed, shop: Workshop) -> None:
    """Three steps, each of which notes itself; goes on after the last one that was kept."""
    for number in range(claimed.cursor.get("last", 0) + 1, 4):
        with claimed.step() as db:
            claimed.came_to(db, done=number, total=3, cursor={"last": number})
    with claimed.step() as db:
        claimed.finish(db, result={"counted": 3})


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Workshop:
    settings = Settings(data_dir=tmp_path, database_url="", secret_key="")
    return Workshop(database, Store.open(settings), settings)


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[Claimed, Workshop], None]]:
    known: dict[str, Any] = {"count": count_to_three}
    monkeypatch.setattr(worker, "HANDLERS", known)
    return known


def asked(database: Database, **more: Any) -> Any:
    with database.transaction() as db:
        return actions.ask(db, Asked("count", "Đếm tới ba", "account.own", None, **more))


def seen(database: Database, job_id: Any) -> Job:
    with database.read() as db:
        job = queries.job(db, job_id)
        assert job is not None
        return job


def test_a_job_is_done_once(shop: Workshop, handlers: dict[str, Any]) -> None:
    job_id = asked(shop.database)
    assert (worker.run_waiting(shop), worker.run_waiting(shop)) == (1, 0)
    job = seen(shop.database, job_id)
    assert (job.state, job.done, job.total, job.claim, job.result) == (State.DONE, 3, 3, 1, {"counted": 3})


def test_what_was_rolled_back_was_not_asked(database: Database) -> None:
    with database.write() as db:
        actions.ask(db, Asked("count", "Đếm", "account.own", None))
    assert actions.claim(database, KINDS) is None


def test_asked_twice_with_one_id_is_one_job(database: Database) -> None:
    job_id = new_id()
    assert asked(database, id=job_id) == asked(database, id=job_id) == job_id
    assert actions.claim(database, KINDS) is not None
    assert actions.claim(database, KINDS) is None


def test_a_silent_workers_job_is_taken_up_and_its_own_steps_refused(database: Database) -> None:
    job_id = asked(database)
    first = actions.claim(database, KINDS)
    assert first is not None
    with first.step() as db:
        first.came_to(db, done=1, cursor={"last": 1})
    assert actions.claim(database, KINDS) is None  # it lives
    with database.transaction() as db:
        db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))
    second = actions.claim(database, KINDS)
    assert second is not None
    assert (second.id, second.number, second.cursor) == (job_id, 2, {"last": 1})
    with pytest.raises(LostClaim), first.step() as db:
        first.came_to(db, done=99)
    with pytest.raises(LostClaim):
        first.fail("muộn rồi")
    assert seen(database, job_id).done == 1


def test_a_step_that_fails_leaves_nothing(database: Database) -> None:
    job_id = asked(database)
    claimed = actions.claim(database, KINDS)
    assert claimed is not None

    def goes_wrong() -> None:
        with claimed.step() as db:
            claimed.came_to(db, done=7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        goes_wrong()
    assert seen(database, job_id).done == 0


def test_a_job_that_takes_workers_down_is_given_up(shop: Workshop, handlers: dict[str, Any]) -> None:
    job_id = asked(shop.database)
    for _ in range(MOST_CLAIMS):
        assert actions.claim(shop.database, KINDS) is not None
        with shop.database.transaction() as db:
            db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))
    assert worker.run_waiting(shop) == 1
    job = seen(shop.database, job_id)
    assert (job.state, job.reason) == (State.FAILED, GIVEN_UP)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Invalid("Tệp %(name)s hỏng.", name="a.xlsx"), "Tệp %(name)s hỏng."), (KeyError("x"), BROKEN)],
)
def test_what_goes_wrong_is_said(shop: Workshop, handlers: dict[str, Any], error: Exception, reason: str) -> None:
    def breaks(claimed: Claimed, shop: Workshop) -> None:
        raise error

    handlers["count"] = breaks
    job_id = asked(shop.database)
    worker.run_waiting(shop)
    job = seen(shop.database, job_id)
    assert (job.state, job.reason) == (State.FAILED, reason)


def test_a_stopped_job_stops(shop: Workshop, handlers: dict[str, Any]) -> None:
    job_id = asked(shop.database)
    claimed = actions.claim(shop.database, KINDS)
    assert claimed is not None
    with shop.database.transaction() as db:
        assert actions.stop(db, job_id)
        assert not actions.stop(db, job_id)
    with pytest.raises(LostClaim):
        claimed.beat()
    assert worker.run_waiting(shop) == 0
    with shop.database.read() as db:
        assert db.scalars(select(Job.state)).all() == [State.STOPPED]


def test_a_share_is_rounded_down() -> None:
    assert [share(0, None), share(0, 0), share(999, 1000), share(3, 3)] == [None, None, 99, 100]
