"""A mandate that ends while a helper's form is on its way: nothing of it is kept, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, TODAY, YEAR, make_application, make_helper, make_resident, make_ward
from flask import Flask
from sqlalchemy import event, func, select
from test_concurrency import at_once

from xhht_citizen.applications.households import die
from xhht_citizen.audit import AuditEntry, verify
from xhht_citizen.database import Database
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.helping import acting
from xhht_citizen.helping.acting import Named
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import Act
from xhht_citizen.people.models import KeptForm
from xhht_citizen.titles.models import Registration

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def browser(app: Flask, database: Database) -> Browser:
    """Mẫn, who acts for ông Bảy."""
    with database.transaction() as db:
        ward = make_ward(db)
        bay = make_resident(db, ward, "Nguyễn Mẫu Bảy", birth_year=YEAR - 71)
        make_application(db, bay, "draft", year=YEAR - 1)
        man = make_resident(db, ward, "Lê Thị Mẫu Mẫn", community=1, login="man")
        assert man.account is not None
        make_helper(db, bay, man.account)
    entered = Browser(app).get("/dang-nhap").submit(fields={"login": "man", "password": PASSWORD})
    return entered.get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")


def count(database: Database, what: type) -> int:
    with database.read() as db:
        return db.scalar(select(func.count()).select_from(what)) or 0


@contextmanager
def listening(database: Database, ear: Any) -> Iterator[None]:
    """Hear each statement of the block."""
    event.listen(database.engine, "after_cursor_execute", ear)
    try:
        yield
    finally:
        event.remove(database.engine, "after_cursor_execute", ear)


@pytest.mark.parametrize("how", ["revoked", "died"])
def test_the_end_comes_after_the_door_and_before_the_commit(browser: Browser, database: Database, how: str) -> None:
    """The end is written but not committed when the form comes in: the form passes the door, and waits at the last."""
    browser.get("/minh-chung/moi")
    asked_at_the_door = Event()
    app_database: Database = browser.client.application.extensions["xhht_database"]  # type: ignore[union-attr]

    def seen(connection, cursor, statement, parameters, context, many) -> None:
        if "account_session" in statement:
            asked_at_the_door.set()

    before = count(database, AuditEntry)
    with listening(app_database, seen), ThreadPoolExecutor(1) as pool:
        with database.write() as db:
            row = db.scalars(select(Helper)).one()
            if how == "revoked":
                acting.end(db, row.id, account_id=None)
            else:
                die(db, row.person_id, TODAY, account_id=None, today=TODAY)
            db.flush()
            course = {"kind": "course", "title": "Lớp học chữ", "learned_on": f"{TODAY:%d/%m/%Y}"}
            sent = pool.submit(browser.submit, None, course, "Lưu việc này")
            assert asked_at_the_door.wait(10)
            db.commit()
        answer = sent.result(30)
    assert (answer.status, answer.heading()) == (403, "Không còn làm thay Nguyễn Mẫu Bảy")
    assert ("Lớp học chữ" in answer.words(), "Đã lưu" in answer.words()) == (True, False)
    assert (count(database, Evidence), count(database, KeptForm)) == (0, 1)
    with database.read() as db:
        said = db.scalars(select(AuditEntry.action).order_by(AuditEntry.at).offset(before)).all()
        assert verify(db).broken == ()
    assert "evidence.add" not in said
    assert "Đã lưu" not in answer.submit("/lam-thay/thoi").words()


def test_a_helper_at_work_and_the_end_never_lock_each_other(browser: Browser, database: Database) -> None:
    """Registering holds the tally, a death the person: each time one of them is first, and both end."""
    browser.get("/nam-nay")
    with database.read() as db:
        row = db.scalars(select(Helper)).one()

    def register() -> object:
        return browser.submit("/nam-nay/dang-ky").status

    def death() -> object:
        with database.transaction() as db:
            die(db, row.person_id, TODAY, account_id=None, today=TODAY)
        return "died"

    first, second = at_once(register, death)
    assert second == "died"
    assert first in {200, 403}
    assert count(database, Registration) == 1 + (first == 200)  # last year's draft registered too
    with database.read() as db:
        assert db.scalars(select(Helper.revoked_at)).one() is not None
        assert verify(db).broken == ()


def test_the_same_helper_named_twice_at_once_is_one(database: Database, browser: Browser) -> None:
    with database.read() as db:
        row = db.scalars(select(Helper)).one()
    named = Named("man", "Lê Thị Mẫu Mẫn", [Act.CASE], row.until)

    def name() -> object:
        with database.transaction() as db:
            return acting.name(db, row.person_id, named, account_id=None, today=TODAY).id

    one, other = at_once(name, name)
    assert one == other
    with database.read() as db:
        found = db.scalars(select(Helper).where(Helper.revoked_at.is_(None))).all()
    assert [(r.id, r.acts) for r in found] == [(one, ["case"])]
