"""Jobs: asked for with the transaction, claimed once, worked in steps that are kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, make_officer, make_ward
from flask import Flask
from sqlalchemy import select, update

from xhht_citizen import worker
from xhht_citizen.access.actions import revoke_role
from xhht_citizen.access.queries import open_grants
from xhht_citizen.access.rules import Role
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Invalid, NotFound
from xhht_citizen.evidence.files import Store
from xhht_citizen.jobs import actions, queries
from xhht_citizen.jobs.actions import Asked, Claimed, LostClaim
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import BROKEN, GIVEN_UP, KEPT_DAYS, MOST_CLAIMS, SILENT_SECONDS, State, share
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


def test_files_are_removed_after_a_week_and_the_row_says_so(shop: Workshop, database: Database) -> None:
    keys = {}
    for name, days in (("old", KEPT_DAYS + 1), ("new", KEPT_DAYS - 1)):
        job_id = asked(database)
        claimed = actions.claim(database, KINDS)
        assert claimed is not None
        keys[name] = f"jobs/{job_id}/1"
        shop.store.put(keys[name], b"pdf")
        with claimed.step() as db:
            claimed.finish(db, file_key=keys[name], file_name="phieu.pdf", file_type="application/pdf")
        with database.transaction() as db:
            db.execute(update(Job).where(Job.id == job_id).values(ended_at=now() - timedelta(days=days)))
    assert [actions.forget_files(shop), actions.forget_files(shop)] == [1, 0]
    assert shop.store.get(keys["new"]) == b"pdf"
    with pytest.raises(NotFound):
        shop.store.get(keys["old"])
    with database.read() as db:
        rows = db.execute(select(Job.file_key, Job.result).order_by(Job.id)).all()
    assert [tuple(row) for row in rows] == [(None, {"file_gone": True}), (keys["new"], {})]


def left(shop: Workshop, job_id: Any, *numbers: int) -> list[str]:
    """Files of a job, as its claims put them there."""
    keys = [f"jobs/{job_id}/{number}" for number in numbers]
    for key in keys:
        shop.store.put(key, b"pdf")
    return keys


def ended(database: Database, job_id: Any, state: State, *, days: float, file_key: str | None = None) -> None:
    reason = "hỏng" if state is State.FAILED else None
    name = "phieu.pdf" if file_key else None
    values = {"state": state, "ended_at": now() - timedelta(days=days), "reason": reason}
    with database.transaction() as db:
        db.execute(update(Job).where(Job.id == job_id).values(**values, file_key=file_key, file_name=name))


def test_what_no_row_names_any_more_is_removed(shop: Workshop, database: Database) -> None:
    """Parts of certificates, the whole of a worker that died before it said so; of ended jobs only."""
    running, done, stopped, failed, slips, fresh, gone = (asked(database) for _ in range(7))
    assert list(shop.store.list("jobs/")) == []
    kept = left(shop, running, 1, 1000)
    whole = f"jobs/{done}/2"
    left(shop, done, 1, 1000, 1001)  # killed once before it finished, and once after
    kept += left(shop, done, 2)
    left(shop, stopped, 1000, 1001)
    left(shop, failed, 1000)
    kept += left(shop, slips, 1)  # named in a table of its own, while it may be fetched
    kept += left(shop, fresh, 1000)  # whoever stopped it may have asked a second too late
    left(shop, gone, 1)
    shop.store.put(f"19996/2026/{gone}.pdf", b"giay")
    ended(database, done, State.DONE, days=0, file_key=whole)
    ended(database, stopped, State.STOPPED, days=KEPT_DAYS + 1)
    ended(database, failed, State.FAILED, days=KEPT_DAYS + 1)
    ended(database, slips, State.DONE, days=KEPT_DAYS - 1)
    ended(database, fresh, State.STOPPED, days=1)
    ended(database, gone, State.DONE, days=KEPT_DAYS + 1)
    assert [actions.forget_files(shop), actions.forget_files(shop)] == [7, 0]
    assert sorted(shop.store.list("jobs/")) == sorted(kept)
    assert list(shop.store.list("19996/")) == [f"19996/2026/{gone}.pdf"]
    assert list(shop.store.list("1999/")) == []


def test_a_job_is_its_owners_while_they_may_do_it(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        officer = make_officer(db, ward, Role.WARD_REVIEWER, "xet")
        make_officer(db, ward, Role.WARD_REVIEWER, "khac")
        job_id = actions.ask(
            db,
            Asked("count", "Đếm tới ba", "register.view", officer.account.id, {"back": "/dan-cu"}, ward_code=ward.code),
        )
    mine, other = Browser(app), Browser(app)
    for browser, login in ((mine, "xet"), (other, "khac")):
        browser.get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    page = f"/viec-may/{job_id}"
    assert (mine.get(page).status, mine.heading(), other.get(page).status) == (200, "Đếm tới ba", 403)
    assert mine.get(f"{page}/tep").status == 404
    claimed = actions.claim(database, KINDS)
    assert claimed is not None
    store, key = app.extensions["xhht_store"], f"jobs/{job_id}/1"
    store.put(key, b"so")
    with claimed.step() as db:
        claimed.finish(db, file_key=key, file_name="so.pdf", file_type="application/pdf")
    assert mine.client.get(f"{page}/tep").data == b"so"
    assert other.client.get(f"{page}/tep").status_code == 403
    assert mine.get("/viec-may").text.count("Đếm tới ba") == 1
    with database.transaction() as db:
        [grant] = open_grants(db, officer.account.id)
        revoke_role(db, grant.id, revoked_by=None)
    assert (mine.get(page).status, mine.client.get(f"{page}/tep").status_code) == (403, 403)


def test_a_job_is_stopped_on_its_page(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        officer = make_officer(db, ward, Role.WARD_REVIEWER, "xet")
        job_id = actions.ask(db, Asked("count", "Đếm tới ba", "register.view", officer.account.id, ward_code=ward.code))
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "xet", "password": PASSWORD})
    browser.get(f"/viec-may/{job_id}").submit(button="Dừng việc này")
    assert seen(database, job_id).state == State.STOPPED
    assert "Dừng việc này" not in browser.text
