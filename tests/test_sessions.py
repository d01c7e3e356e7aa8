"""Signing in and out: tries are counted, devices are ended, what was typed belongs to who typed it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from browser import Browser
from factories import KEY, PASSWORD, give_account, make_app, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xhht_citizen.app import create_app
from xhht_citizen.audit import AuditEntry
from xhht_citizen.config import ConfigError, Settings
from xhht_citizen.database import Database, now
from xhht_citizen.errors import DomainError, Invalid, TooMany
from xhht_citizen.people import queries, sessions
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


def test_an_agreement_is_never_ticked_for_anybody(database: Database, app: Flask, lan: uuid.UUID) -> None:
    phone = entered(app)
    with database.transaction() as db:
        sessions.sign_out_everywhere(db, lan)
    phone.post("/ho-so/gui", {"true": "y", "consent": "y", "note": "Xin xét giúp."})
    with database.read() as db:
        assert [kept.fields for kept in db.scalars(select(KeptForm))] == [{"note": ["Xin xét giúp."]}]


def test_passwords_are_never_kept(database: Database, app: Flask, lan: uuid.UUID) -> None:
    browser = entered(app).get("/tai-khoan/mat-khau")
    entered(app).get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    browser.submit(fields={"old": PASSWORD, "password": "doi-mat-khau-moi", "again": "doi-mat-khau-moi"})
    assert browser.screen() == "account.sign_in"
    with database.read() as db:
        assert [kept.fields for kept in db.scalars(select(KeptForm)) if "mat-khau" in str(kept.fields)] == []
        assert [kept.fields for kept in db.scalars(select(KeptForm)) if PASSWORD in str(kept.fields)] == []


def test_kept_forms_go_after_a_day(database: Database, lan: uuid.UUID) -> None:
    with database.transaction() as db:
        device = sessions.open_session(db, lan, "máy thử").id
    old = sessions.keep_form(database, "/minh-chung/moi", {"title": ["cũ"]}, device)
    assert old is not None
    with database.transaction() as db:
        db.execute(update(KeptForm).values(kept_at=now() - timedelta(days=1, minutes=1)))
        assert queries.kept_form(db, old, lan) is None
    new = sessions.keep_form(database, "/minh-chung/moi", {"title": ["mới"]}, device)
    assert new is not None
    with database.read() as db:
        assert (db.scalars(select(KeptForm.id)).all(), new == old) == ([new], False)
        kept = queries.kept_form(db, new, lan)
        assert (kept.fields if kept else None) == {"title": ["mới"]}
        assert queries.kept_form(db, new, uuid.uuid4()) is None


def test_what_one_typed_on_a_shared_phone_is_not_the_next_ones(database: Database, app: Flask, lan: uuid.UUID) -> None:
    with database.transaction() as db:
        make_resident(db, make_ward(db, "20014", "Phường Kim Trà"), login="sen")
    browser = entered(app).get("/tai-khoan/thong-tin")
    entered(app).get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    browser.submit(fields={"name": "Trần Thị Mẫu Hương"})
    browser.submit(fields={"login": "sen", "password": PASSWORD})
    assert browser.screen() == "account.details"
    assert "Hương" not in browser.text


def test_a_citizen_id_and_a_households_code_are_never_kept(database: Database, app: Flask, lan: uuid.UUID) -> None:
    details, code = entered(app).get("/tai-khoan/thong-tin"), entered(app).get("/noi-o")
    entered(app).get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    details.submit(fields={"name": "Trần Thị Mẫu Hương", "citizen_id": "046192001234"})
    code.submit(fields={"code": "AAAA2222", "relation": "child"})
    with database.read() as db:
        kept = [form.fields for form in db.scalars(select(KeptForm))]
    assert len(kept) == 2
    assert not [fields for fields in kept if "046192001234" in str(fields) or "AAAA2222" in str(fields)]


def test_nobody_from_outside_has_anything_kept(database: Database, app: Flask, lan: uuid.UUID) -> None:
    stranger = app.test_client()
    for _ in range(3):
        assert stranger.post("/minh-chung/moi", data={"title": "x" * 50_000}).status_code == 303
    with database.read() as db:
        assert db.scalars(select(KeptForm.id)).all() == []


def test_too_many_sign_ups_from_an_address(database: Database, db: Session) -> None:
    key = sessions._attempt_key("10.0.0.1", KEY)
    db.add_all(Attempt(kind="sign_up", key=key) for _ in range(sessions.SIGN_UPS - 1))
    db.commit()
    sessions.count_sign_up(database, address="10.0.0.1", key=KEY)
    with pytest.raises(TooMany):
        sessions.count_sign_up(database, address="10.0.0.1", key=KEY)
    sessions.count_sign_up(database, address="10.0.0.2", key=KEY)


def test_old_tries_and_old_sessions_are_removed(database: Database, lan: uuid.UUID, knock: Callable[..., str]) -> None:
    with database.transaction() as db:
        db.add_all(Attempt(kind="join", key="k", at=now() - timedelta(minutes=16)) for _ in range(3))
        days = (1, 29, 31, 38)
        db.add_all(AccountSession(account_id=lan, started_at=now() - timedelta(days=age)) for age in days)
    with database.read() as db:
        assert len(queries.open_sessions(db, lan, now() - timedelta(days=30))) == 2
    knock()
    with database.read() as db:
        assert sorted(db.scalars(select(Attempt.kind))) == ["address", "login"]
    assert knock(password=PASSWORD) == "in"
    with database.read() as db:
        ages = sorted((now() - begun).days for begun in db.scalars(select(AccountSession.started_at)))
        assert ages == [0, 1, 29, 31]


def test_a_session_that_ran_out_is_no_signed_in_device(database: Database, app: Flask, lan: uuid.UUID) -> None:
    with database.transaction() as db:
        db.add(AccountSession(account_id=lan, started_at=now() - timedelta(days=31), device="Máy cũ"))
    assert "Máy cũ" not in entered(app).get("/tai-khoan").words()


def test_a_forgotten_password_is_given_anew_for_one_sign_in(database: Database, app: Flask, lan: uuid.UUID) -> None:
    there = entered(app)
    once = sessions.reset_password(database, lan, by=None)
    assert there.get("/tai-khoan").screen() == "account.sign_in"
    assert there.submit(fields={"login": "lan", "password": PASSWORD}).status == 422
    browser = Browser(app).get("/gia-dinh").submit(fields={"login": "lan", "password": once})
    assert (browser.screen(), browser.heading()) == ("account.password", "Chọn mật khẩu của ông/bà")
    for path in ("/nam-nay", "/tai-khoan", "/minh-chung/moi", "/tai-khoan/du-lieu"):
        assert browser.get(path).screen() == "account.password"
    browser.get("/gia-dinh").submit(fields={"password": once, "again": once})
    assert (browser.status, "Mật khẩu này chỉ dùng một lần" in browser.text) == (422, True)
    browser.submit(fields={"password": "doi-mat-khau-moi", "again": "doi-mat-khau-moi"})
    assert browser.screen() == "household.mine"
    assert Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": once}).status == 422
    with database.read() as db:
        assert db.get_one(Account, lan).must_change_password is False


def test_without_the_present_password_nothing_changes(database: Database, lan: uuid.UUID) -> None:
    with pytest.raises(Invalid) as refused:
        sessions.change_password(database, lan, old=None, new="doi-mat-khau-moi", keep=None)
    assert refused.value.field == "old"


def test_every_change_of_who_may_sign_in_is_in_the_audit(database: Database, app: Flask, lan: uuid.UUID) -> None:
    Browser(app).get("/dang-ky").submit(
        fields={
            **{"name": "Lê Thị Mẫu Sen", "birth": "1970", "learner_group": "workers", "consent": "y"},
            **{"login": "sen1970", "password": "hoa-sen-trang-26"},
        }
    )
    browser = entered(app)
    sessions.change_password(database, lan, old=PASSWORD, new="doi-mat-khau-moi", keep=None)
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": "doi-mat-khau-moi"})
    browser.get("/tai-khoan").submit("/tai-khoan/dang-xuat-moi-noi")
    with database.transaction() as db:
        officer = sessions.create_account(
            db, login="canbo", password="hoa-sen-trang-27", name="Cán bộ", created_by=lan
        ).id
    once = sessions.reset_password(database, lan, by=officer)
    with database.read() as db:
        links = db.scalars(
            select(AuditEntry).where(AuditEntry.subject_kind == "account").order_by(AuditEntry.at, AuditEntry.seq)
        ).all()
        said = [(link.action, link.ward_code, link.account_id, link.detail) for link in links]
        sen = db.scalars(select(Account.id).where(Account.login == "sen1970")).one()
    assert said == [
        ("account.create", "00000", sen, "{}"),
        ("account.password", "19996", lan, "{}"),
        ("account.sign_out_everywhere", "19996", lan, '{"sessions":1}'),
        ("account.create", "00000", lan, "{}"),
        ("account.password_reset", "19996", officer, '{"sessions":0}'),
    ]
    assert once not in str(said)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_replica_that_lags_keeps_nobody_out(
    database: Database, database_url: str, tmp_path: Path, lan: uuid.UUID
) -> None:
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    old = tmp_path / "replica.sqlite3"
    shutil.copyfile(database_url.removeprefix("sqlite:///"), old)
    app = create_app(Settings(tmp_path, database_url, KEY, replica_url=f"sqlite:///{old}", secure_cookies=False))
    app.testing = True
    browser = entered(app)
    assert browser.screen() == "year.home"
    with browser.client.session_transaction() as cookie:  # type: ignore[attr-defined]
        assert "wrote" in cookie
        cookie["wrote"] = 0  # a minute later the replica still lags
    assert browser.get("/tai-khoan").screen() == "account.mine"
    app.extensions["xhht_database"].dispose()


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


def test_a_password_is_hashed_slowly_outside_the_tests() -> None:
    """conftest.py makes hashing cheap in this process; what is installed takes the library's profile, 64 MiB thrice."""
    code = "from xhht_citizen.people.sessions import hash_password; print(hash_password('x' * 12))"
    hashed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(hashed.strip(), "y" * 12)
