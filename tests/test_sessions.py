"""Signing in and out: tries are counted, devices are ended, what was typed belongs to who typed it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from browser import Browser
from factories import KEY, PASSWORD, give_account, make_app, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xhht_citizen.app import create_app
from xhht_citizen.config import ConfigError, Settings
from xhht_citizen.database import Database, now
from xhht_citizen.errors import DomainError, Invalid, TooMany
from xhht_citizen.people import sessions
from xhht_citizen.people.models import Account, AccountSession, Attempt, KeptForm

WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."


@pytest.fixture
def lan(database: Database) -> uuid.UUID:
    """The account "lan" of a resident; its id."""
    with database.transaction() as db:
        account = make_resident(db, make_ward(db), login="lan").account
        assert account is not None
        return account.id


@pytest.fixture
def knock(database: Database, lan: uuid.UUID) -> Callable[..., str]:
    """Try to sign in; "in", or the refusal's name."""

    def at_the_door(login: str = "lan", password: str = "sai-hoan-toan", address: str = "10.0.0.1") -> str:
        try:
            sessions.sign_in(database, login=login, password=password, address=address, device="máy thử", key=KEY)
        except DomainError as refused:
            return type(refused).__name__
        return "in"

    return at_the_door


def entered(app: Flask) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    assert browser.status == 200
    return browser


def test_ten_failures_close_a_login_and_leave_others_open(database: Database, knock: Callable[..., str]) -> None:
    with database.transaction() as db:
        give_account(db, "hung")
    assert [knock() for _ in range(10)] == ["Invalid"] * 10
    assert knock(password=PASSWORD) == "TooMany"
    assert knock(password=PASSWORD, address="10.0.0.2") == "TooMany"
    assert knock("hung", PASSWORD) == "in"
    with database.transaction() as db:
        db.execute(update(Attempt).values(at=now() - timedelta(minutes=sessions.WINDOW_MINUTES + 1)))
    assert knock(password=PASSWORD) == "in"


def test_signing_in_forgets_the_failures_of_the_login(knock: Callable[..., str]) -> None:
    assert [knock() for _ in range(9)] == ["Invalid"] * 9
    assert knock(password=PASSWORD) == "in"
    assert [knock() for _ in range(9)] == ["Invalid"] * 9
    assert knock(password=PASSWORD) == "in"


def test_a_hundred_failures_close_an_address(database: Database, knock: Callable[..., str]) -> None:
    """Guessing one password at many log-ins; the first 98 written down as the door does."""
    key = sessions._attempt_key("10.0.0.9", KEY)
    with database.transaction() as db:
        db.add_all(Attempt(kind="address", key=key) for _ in range(98))
    assert [knock(f"ai-do-{n}", address="10.0.0.9") for n in range(2)] == ["Invalid"] * 2
    assert knock(password=PASSWORD, address="10.0.0.9") == "TooMany"
    assert knock(password=PASSWORD, address="10.0.0.8") == "in"


def test_an_unknown_a_wrong_and_a_closed_answer_are_the_same(database: Database, app: Flask, lan: uuid.UUID) -> None:
    with database.transaction() as db:
        give_account(db, "dong").closed_at = now()
    pages = []
    for login, password in (("lan", "sai-hoan-toan"), ("khong-co-ai", "sai-hoan-toan"), ("dong", PASSWORD)):
        browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": password})
        assert (browser.status, WRONG in browser.text, password in browser.text) == (422, True, False)
        pages.append(browser.words())
    assert pages == [pages[0]] * 3


def test_tries_are_kept_without_log_ins_and_addresses(database: Database, knock: Callable[..., str]) -> None:
    knock("lan", address="10.1.2.3")
    with database.read() as db:
        keys = db.scalars(select(Attempt.key)).all()
        assert [len(key) for key in keys] == [64, 64]
        assert not [key for key in keys if "lan" in key or "10.1.2.3" in key]


def test_a_session_outlives_the_server_but_not_another_secret(
    database_url: str, app: Flask, tmp_path: Path, lan: uuid.UUID
) -> None:
    cookie = entered(app).client.get_cookie("xhht")
    assert cookie is not None
    again = make_app(database_url, tmp_path)
    stranger = create_app(Settings(tmp_path, database_url, "another secret " * 3, secure_cookies=False))
    stranger.testing = True
    for server, screen in ((again, "account.mine"), (stranger, "account.sign_in")):
        browser = Browser(server)
        browser.client.set_cookie("xhht", cookie.value)
        assert browser.get("/tai-khoan").screen() == screen
        server.extensions["xhht_database"].dispose()


def test_signing_out_everywhere_ends_the_other_devices(app: Flask, lan: uuid.UUID) -> None:
    here, there = entered(app), entered(app)
    here.get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    assert there.get("/tai-khoan").screen() == "account.sign_in"
    assert here.get("/tai-khoan").screen() == "account.sign_in"
    assert entered(app).get("/tai-khoan").screen() == "account.mine"


def test_signing_out_ends_this_device_only_and_its_copied_cookie(app: Flask, lan: uuid.UUID) -> None:
    here, there = entered(app), entered(app)
    cookie = here.client.get_cookie("xhht")
    assert cookie is not None
    here.get("/tai-khoan").submit("/dang-xuat")
    assert there.get("/tai-khoan").screen() == "account.mine"
    thief = Browser(app)
    thief.client.set_cookie("xhht", cookie.value)
    assert thief.get("/tai-khoan").screen() == "account.sign_in"


def test_a_new_password_ends_the_other_devices(database: Database, lan: uuid.UUID) -> None:
    with database.transaction() as db:
        kept, other = (sessions.open_session(db, lan, "máy thử").id for _ in range(2))
    with pytest.raises(Invalid) as refused:
        sessions.change_password(database, lan, old="sai-hoan-toan", new="doi-mat-khau-moi", keep=kept)
    assert refused.value.field == "old"
    sessions.change_password(database, lan, old=PASSWORD, new="doi-mat-khau-moi", keep=kept)
    with database.read() as db:
        standing = db.scalars(select(AccountSession.id).where(AccountSession.ended_at.is_(None))).all()
        assert (standing, other in standing) == ([kept], False)


def test_a_session_grows_old_and_a_closed_account_ends_it(database: Database, app: Flask, lan: uuid.UUID) -> None:
    browser = entered(app)
    days = app.config["XHHT"].session_days
    for age, screen in ((days - 1, "account.mine"), (days + 1, "account.sign_in")):
        with database.transaction() as db:
            db.execute(update(AccountSession).values(started_at=now() - timedelta(days=age)))
        assert browser.get("/tai-khoan").screen() == screen
    browser = entered(app)
    with database.transaction() as db:
        db.execute(update(Account).values(closed_at=now()))
    assert browser.get("/tai-khoan").screen() == "account.sign_in"


def test_what_was_typed_is_given_back_to_who_typed_it(database: Database, app: Flask, lan: uuid.UUID) -> None:
    browser = entered(app).get("/tai-khoan/thong-tin")
    entered(app).get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    browser.submit(fields={"name": "Trần Thị Mẫu Hương"})
    assert browser.screen() == "account.sign_in"
    with database.read() as db:
        kept = db.scalars(select(KeptForm)).one()
        assert kept.path == "/tai-khoan/thong-tin"
        assert kept.fields["name"] == ["Trần Thị Mẫu Hương"]
        assert "csrf_token" not in kept.fields
        assert db.scalar(select(func.count()).select_from(AccountSession)) == 2
    other = entered(app).get(f"/tai-khoan/thong-tin?giu={kept.id}")
    assert other.forms()[0].fields["name"] != "Trần Thị Mẫu Hương"
    browser.submit(fields={"login": "lan", "password": PASSWORD})
    assert (browser.screen(), browser.forms()[0].fields["name"]) == ("account.details", "Trần Thị Mẫu Hương")


def test_passwords_are_never_kept(database: Database, app: Flask, lan: uuid.UUID) -> None:
    browser = entered(app).get("/tai-khoan/mat-khau")
    entered(app).get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    browser.submit(fields={"old": PASSWORD, "password": "doi-mat-khau-moi", "again": "doi-mat-khau-moi"})
    assert browser.screen() == "account.sign_in"
    with database.read() as db:
        assert [kept.fields for kept in db.scalars(select(KeptForm)) if "mat-khau" in str(kept.fields)] == []
        assert [kept.fields for kept in db.scalars(select(KeptForm)) if PASSWORD in str(kept.fields)] == []


def test_kept_forms_go_after_a_day(database: Database) -> None:
    old = sessions.keep_form(database, "/minh-chung/moi", {"title": ["cũ"]})
    with database.transaction() as db:
        db.execute(update(KeptForm).values(kept_at=now() - timedelta(days=1, minutes=1)))
    new = sessions.keep_form(database, "/minh-chung/moi", {"title": ["mới"]})
    with database.read() as db:
        assert (db.scalars(select(KeptForm.id)).all(), new == old) == ([new], False)


def test_too_many_sign_ups_from_an_address(database: Database, db: Session) -> None:
    key = sessions._attempt_key("10.0.0.1", KEY)
    db.add_all(Attempt(kind="sign_up", key=key) for _ in range(sessions.SIGN_UPS - 1))
    db.commit()
    sessions.count_sign_up(database, address="10.0.0.1", key=KEY)
    with pytest.raises(TooMany):
        sessions.count_sign_up(database, address="10.0.0.1", key=KEY)
    sessions.count_sign_up(database, address="10.0.0.2", key=KEY)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_cookie_is_not_for_scripts_nor_other_hosts(database_url: str, tmp_path: Path, lan: uuid.UUID) -> None:
    app = create_app(Settings(tmp_path, database_url, KEY, secure_cookies=True))
    said = app.test_client().get("/dang-nhap", base_url="https://hoc.example").headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in said.split(";")}
    app.extensions["xhht_database"].dispose()


@pytest.mark.parametrize("secret", ["", "change-me", "x" * 31])
def test_production_refuses_to_start_without_a_secret(secret: str) -> None:
    with pytest.raises(ConfigError, match="XHHT_SECRET_KEY"):
        Settings.from_env({"XHHT_SECRET_KEY": secret})
