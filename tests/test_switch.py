"""One phone, several people: a pin opens an account on this phone, for a while, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from browser import Browser
from factories import KEY, PASSWORD, Ward, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select, update
from test_slips import signed_in

from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database, now
from xhht_citizen.errors import DomainError
from xhht_citizen.helping import pins
from xhht_citizen.helping.codes import MOST_TRIES, device_hash
from xhht_citizen.helping.models import DevicePin
from xhht_citizen.people import sessions
from xhht_citizen.people.models import Account, AccountSession
from xhht_citizen.web.account import SHARED_PHONE

PIN = {"lan": "4791", "chong": "830264"}
OFFICER = {"login": "xet", "password": PASSWORD}


@pytest.fixture
def home(app: Flask, database: Database) -> Ward:
    with database.transaction() as db:
        ward = make_ward(db)
        lan = make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992, login="lan")
        make_resident(db, ward, "Lê Văn Mẫu Chồng", household=lan.household, birth_year=1990, login="chong")
        make_officer(db, ward, "ward_reviewer", "xet")
    return ward


def remember(browser: Browser, login: str, pin: str | None = None) -> Browser:
    pin = pin or PIN[login]
    return browser.get("/tai-khoan/may-nay").submit(fields={"password": PASSWORD, "pin": pin, "again": pin})


def family_phone(app: Flask) -> Browser:
    """A phone that knows both; nobody is signed in."""
    phone = Browser(app)
    for login in PIN:
        phone.get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert remember(phone, login).status == 200
        phone.get("/tai-khoan").submit("/dang-xuat")
    return phone


def device_of(phone: Browser) -> str:
    cookie = phone.client.get_cookie(SHARED_PHONE)  # type: ignore[union-attr]
    assert cookie is not None
    return str(cookie.value)


def rows(database: Database) -> dict[str, DevicePin]:
    with database.read() as db:
        found = db.execute(select(Account.login, DevicePin).join(Account, Account.id == DevicePin.account_id))
        return {login: row for login, row in found}  # noqa: C416


def account_id(database: Database, login: str) -> object:
    with database.read() as db:
        return db.scalars(select(Account.id).where(Account.login == login)).one()


def test_a_family_with_one_phone(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    assert phone.screen() == "switch.people_here"  # signing out offers the others
    assert [words for words in phone.links() if "Mẫu" in words or "." in words] == ["L. V. M. Chồng", "T. T. M. Lan"]
    phone.get(phone.links()["T. T. M. Lan"]).submit(fields={"pin": PIN["lan"]})
    assert (phone.status, phone.screen()) == (200, "year.home")
    phone.get("/doi-nguoi")
    assert ("Đang vào" in phone.words(), "T. T. M. Lan" in phone.links()) == (True, False)
    phone.get(phone.links()["L. V. M. Chồng"]).submit(fields={"pin": PIN["chong"]})
    assert "Lê Văn Mẫu Chồng" in phone.get("/tai-khoan").words()
    with database.read() as db:
        open_now = db.scalars(
            select(Account.login)
            .join(AccountSession, AccountSession.account_id == Account.id)
            .where(AccountSession.ended_at.is_(None))
        ).all()
    assert open_now == ["chong"]  # who was in before is out


def test_what_is_kept_of_a_pin(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    cookie = phone.client.get_cookie(SHARED_PHONE)  # type: ignore[union-attr]
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, len(cookie.value) >= 43) == (True, "Lax", True)
    kept = rows(database)
    assert {row.device_hash for row in kept.values()} == {device_hash(cookie.value, KEY)}
    assert [row.pin_hash.startswith("$argon2id$") for row in kept.values()] == [True, True]
    with database.read() as db:
        acts = db.scalars(select(AuditEntry).where(AuditEntry.action.like("pin.%"))).all()
    assert [(act.action, act.detail) for act in acts] == [("pin.remember", "{}")] * 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "sai-mat-khau"}, "Mật khẩu hiện tại chưa đúng"),
        ({"pin": "1234", "again": "1234"}, "quá dễ đoán"),
        ({"pin": "1992", "again": "1992"}, "quá dễ đoán"),
        ({"pin": "12a4", "again": "12a4"}, "4 đến 6 chữ số"),
        ({"again": "4792"}, "chưa giống nhau"),
    ],
)
def test_a_pin_that_is_refused(app: Flask, database: Database, home: Ward, fields: dict[str, str], words: str) -> None:
    browser = signed_in(app, "lan").get("/tai-khoan/may-nay")
    browser.submit(fields={"password": PASSWORD, "pin": "4791", "again": "4791", **fields})
    assert (browser.status, words in browser.words(), "4791" in browser.text) == (422, True, False)
    assert rows(database) == {}


def test_five_wrong_pins_and_the_phone_forgets(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    path = phone.links()["T. T. M. Lan"]
    for left in (4, 3, 2, 1):
        phone.get(path).submit(fields={"pin": "0000"})
        assert (phone.status, f"Còn thử được {left} lần" in phone.words()) == (422, True)
    phone.get(path).submit(fields={"pin": "0000"})
    assert (phone.screen(), "Đã sai mã PIN 5 lần" in phone.words()) == ("account.sign_in", True)
    assert phone.get(path).screen() == "account.sign_in"
    assert sorted(rows(database)) == ["chong"]
    with database.read() as db:
        assert db.scalar(select(func.count()).where(AuditEntry.action == "pin.lock")) == 1
    assert phone.submit(fields={"login": "lan", "password": PASSWORD}).status == 200


def test_a_right_pin_forgets_the_wrong_ones(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    path = phone.links()["T. T. M. Lan"]
    phone.get(path).submit(fields={"pin": "0000"}).submit(fields={"pin": PIN["lan"]})
    row = rows(database)["lan"]
    assert (row.tries, row.used_at is not None) == (0, True)


def test_many_wrong_pins_at_once_are_not_more_than_five(app: Flask, database: Database, home: Ward) -> None:
    device, lan = device_of(family_phone(app)), account_id(database, "lan")
    gate = Barrier(10)

    def guess(number: int) -> str:
        gate.wait(30)
        try:
            pins.enter(database, lan, pin=f"30{number:02d}", device=device, key=KEY, name="", leave=None)  # type: ignore[arg-type]
        except DomainError as refused:
            return type(refused).__name__
        return "in"

    with ThreadPoolExecutor(10) as pool:
        came = sorted(pool.map(guess, range(10)))
    assert came.count("Invalid") <= MOST_TRIES - 1
    assert "in" not in came
    assert "lan" not in rows(database)


def test_a_pin_opens_nothing_on_another_phone(app: Flask, database: Database, home: Ward) -> None:
    path = family_phone(app).links()["T. T. M. Lan"]
    other = Browser(app)
    assert other.get(path).screen() == "account.sign_in"
    other.client.set_cookie(SHARED_PHONE, pins.new_device())  # type: ignore[union-attr]
    assert other.get(path).screen() == "account.sign_in"
    assert "Máy này chưa nhớ ai" in other.get("/doi-nguoi").words()
    token = next(form.fields["csrf_token"] for form in other.forms() if "csrf_token" in form.fields)
    answer = other.client.post(path, data={"csrf_token": token, "pin": PIN["lan"]})
    assert answer.status_code == 303


def change_password(database: Database) -> None:
    sessions.change_password(database, account_id(database, "lan"), old=PASSWORD, new="mat-khau-khac-9", keep=None)  # type: ignore[arg-type]


def reset_password(database: Database) -> None:
    sessions.reset_password(database, account_id(database, "lan"), by=None)  # type: ignore[arg-type]


def half_a_year(database: Database) -> None:
    with database.transaction() as db:
        db.execute(update(DevicePin).values(made_at=now() - timedelta(days=180)))
        db.execute(update(Account).values(password_changed_at=now() - timedelta(days=300)))


def lose_the_phone(database: Database) -> None:
    """Out on every device, from another one."""
    with database.transaction() as db:
        pins.forget_everywhere(db, account_id(database, "lan"))  # type: ignore[arg-type]


def close(database: Database) -> None:
    with database.transaction() as db:
        sessions.close_account(db, account_id(database, "lan"), by=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("happens", [change_password, reset_password, half_a_year, lose_the_phone, close])
def test_when_a_pin_holds_no_more(
    app: Flask, database: Database, home: Ward, happens: Callable[[Database], None]
) -> None:
    phone = family_phone(app)
    path, device = phone.links()["T. T. M. Lan"], device_of(phone)
    phone.get(path)
    happens(database)
    phone.submit(fields={"pin": PIN["lan"]})  # on a page that was open
    assert phone.screen() == "account.sign_in"
    assert "T. T. M. Lan" not in phone.get("/doi-nguoi").words()
    with pytest.raises(DomainError):
        pins.enter(
            database,
            account_id(database, "lan"),
            pin=PIN["lan"],
            device=device,
            key=KEY,
            name="",
            leave=None,  # type: ignore[arg-type]
        )
    assert "lan" not in rows(database)


def test_officers_use_no_pins(app: Flask, database: Database, home: Ward) -> None:
    officer = signed_in(app, "xet")
    assert officer.get("/tai-khoan/may-nay").status == 409
    assert "luôn đăng nhập bằng mật khẩu" in officer.get("/doi-nguoi").words()
    phone = family_phone(app)
    path = phone.links()["T. T. M. Lan"]
    with database.transaction() as db:
        make_officer(db, home, "community_head", "lan")
    phone.get(path).submit(fields={"pin": PIN["lan"]})
    assert (phone.status, "luôn đăng nhập bằng mật khẩu" in phone.words()) == (409, True)
    assert phone.get("/tai-khoan").screen() == "account.sign_in"


def test_to_be_forgotten(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    phone.get(phone.links()["T. T. M. Lan"]).submit(fields={"pin": PIN["lan"]})
    phone.get("/doi-nguoi").submit("/quen")
    assert "Máy này không nhớ ông/bà nữa" in phone.words()
    assert sorted(rows(database)) == ["chong"]
    assert phone.post("/tai-khoan/may-nay/quen").status == 200
    assert remember(phone, "lan", "5802").status == 200
    assert sorted(rows(database)) == ["chong", "lan"]


def test_out_on_every_device_is_out_of_every_pin(app: Flask, database: Database, home: Ward) -> None:
    phone = family_phone(app)
    signed_in(app, "lan").get("/tai-khoan").submit("/dang-xuat-moi-noi")
    assert "T. T. M. Lan" not in phone.get("/doi-nguoi").words()
    assert sorted(rows(database)) == ["chong"]


def test_tries_are_counted(app: Flask, database: Database, home: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ADDRESS_TRIES", 4)  # two were used to remember both
    phone = family_phone(app)
    path = phone.links()["T. T. M. Lan"]
    assert [phone.get(path).submit(fields={"pin": "0000"}).status for _ in range(3)] == [422, 422, 429]


def test_a_phone_knows_a_family_not_an_office(
    app: Flask, database: Database, home: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "MOST_KNOWN", 1)
    phone = Browser(app)
    phone.get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    assert remember(phone, "lan").status == 200
    assert remember(phone, "lan", "5802").status == 200  # another pin is no other account
    phone.get("/tai-khoan").submit("/dang-xuat").get("/dang-nhap")
    phone.submit(fields={"login": "chong", "password": PASSWORD})
    assert remember(phone, "chong").status == 409


def test_the_pages_of_a_phone_nobody_shares(app: Flask, home: Ward) -> None:
    browser = signed_in(app, "lan")
    assert "Máy này chưa nhớ ai" in browser.get("/doi-nguoi").words()
    browser.get("/tai-khoan").submit("/dang-xuat")
    assert browser.screen() == "public.landing"
