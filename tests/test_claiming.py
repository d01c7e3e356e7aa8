"""A slip in its bearer's hand, by real requests: the record claimed, two records made one, a new password."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from browser import Browser
from factories import (
    KEY,
    PASSWORD,
    YEAR,
    Resident,
    Ward,
    give_account,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import func, select, update
from test_slips import ask, codes_of, printed, shop_of, signed_in

from xhht_citizen import audit, worker
from xhht_citizen.applications import claiming, twins
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database, now
from xhht_citizen.errors import Conflict, DomainError
from xhht_citizen.helping import queries, slips
from xhht_citizen.helping.codes import MOST_TRIES, REFUSED, Purpose, Standing, code_hash, new_code
from xhht_citizen.helping.models import Helper, Slip
from xhht_citizen.helping.queries import Bearers
from xhht_citizen.notices.models import Notice
from xhht_citizen.people import sessions
from xhht_citizen.people.models import Account, AccountSession, Attempt, Consent, Person
from xhht_citizen.server import free_port

NEW = "rau-ma-xanh-27"
CHOSEN = {"login": "bay1956", "password": NEW, "consent": "y"}


@pytest.fixture
def ward(app: Flask, database: Database) -> Ward:
    with database.transaction() as db:
        made = make_ward(db)
        make_officer(db, made, "ward_reviewer", "xet")
    return made


@pytest.fixture
def bay(database: Database, ward: Ward) -> Resident:
    """A record others keep: with evidence, a helper, and no account."""
    with database.transaction() as db:
        bay = make_resident(db, ward, "Nguyễn Văn Mẫu Bảy", birth_year=1956)
        make_evidence(db, bay, "Lớp tin học cho người cao tuổi")
        helper = make_resident(db, ward, login="chau")
        assert helper.account is not None
        db.add(
            Helper(
                ward_code=ward.code, person_id=bay.id, account_id=helper.account.id, acts=[], until=date(YEAR, 12, 31),
                way="app",
            )
        )  # fmt: skip
    return bay


def give(
    database: Database,
    resident: Resident,
    purpose: Purpose = Purpose.CLAIM,
    *,
    days: int = 3,
    by: uuid.UUID | None = None,
) -> str:
    """A slip without its paper; returns the code."""
    code = new_code()
    with database.transaction() as db:
        db.add(
            Slip(
                ward_code=resident.ward.code,
                person_id=resident.id,
                purpose=str(purpose),
                code_hash=code_hash(code, KEY),
                expires_at=now() + timedelta(days=days),
                made_by=by,
            )
        )
    return code


def slip_row(database: Database, person_id: uuid.UUID) -> Slip:
    with database.read() as db:
        row = queries.slip_of(db, person_id)
        assert row is not None
        return row


def scan(browser: Browser, code: str, year: int | str = 1956) -> Browser:
    """Open the QR's page and go on with the year of birth."""
    browser.get(f"/nhan-ho-so?ma={code}").submit("/nhan-ho-so", {"birth_year": str(year)})
    return browser


def at_once(*acts: Callable[[], object]) -> list[object]:
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return act()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_from_the_officers_tap_to_the_evidence_of_before(app: Flask, database: Database, bay: Resident) -> None:
    officer = signed_in(app, "xet")
    (code,) = codes_of(printed(app, officer, f"/dan-cu/{bay.id}/phieu", "In phiếu nhận hồ sơ"))
    phone = Browser(app)
    for _ in range(3):  # opened by a preview, and again: nothing is used up
        phone.get(f"/nhan-ho-so?ma={code}")
        assert (phone.status, "Nguyễn V. M. B***" in phone.words(), "Bảy" in phone.text) == (200, True, False)
        assert phone.response.headers["Referrer-Policy"] == "no-referrer"
    scan(phone, code)
    assert (phone.path, phone.heading()) == ("/nhan-ho-so/tai-khoan", "Nguyễn Văn Mẫu Bảy")
    assert code not in phone.text
    assert all("consent" not in form.fields for form in phone.forms())
    phone.submit(fields={"login": "bay1956", "password": NEW})
    assert (phone.status, "Cần đánh dấu đồng ý" in phone.words()) == (422, True)
    phone.submit(fields=CHOSEN)
    assert (phone.status, phone.screen()) == (200, "year.home")
    assert "Đã nhận hồ sơ" in phone.words()
    assert "Lớp tin học cho người cao tuổi" in phone.get("/minh-chung").words()
    with database.read() as db:
        account = db.scalars(select(Account).where(Account.login == "bay1956")).one()
        assert (account.person_id, account.display_name, account.must_change_password) == (bay.id, bay.name, False)
        assert db.scalars(select(Person.id).where(Person.name == bay.name)).all() == [bay.id]
        consent = db.scalars(select(Consent).where(Consent.person_id == bay.id)).one()
        assert (consent.channel, consent.given_by) == ("web", account.id)
        assert db.scalars(select(Helper.revoked_at).where(Helper.person_id == bay.id)).all() == [None]
        row = slip_row(database, bay.id)
        assert (row.used_by, queries.standing_of(row)) == (account.id, Standing.USED)
        acts = db.scalars(select(AuditEntry).where(AuditEntry.account_id == account.id)).all()
        assert sorted(act.action for act in acts) == ["account.create", "consent.give", "slip.use"]
        assert all(code not in act.detail and "Bảy" not in act.detail for act in acts)
        assert audit.verify(db).broken == ()
    again = scan(Browser(app), code)
    assert (again.status, "Phiếu này đã dùng rồi" in again.words()) == (422, True)
    assert "Phiếu này đã dùng rồi" in Browser(app).get(f"/nhan-ho-so?ma={code}").words()
    own = Browser(app).get("/dang-nhap").submit(fields={"login": "bay1956", "password": NEW})
    assert own.screen() == "year.home"


def test_a_code_typed_by_hand(app: Flask, database: Database, bay: Resident) -> None:
    code = give(database, bay)
    phone = Browser(app).get("/nhan-ho-so")
    phone.submit(fields={"code": code.lower().replace("-", " "), "birth_year": "1956"})
    assert phone.path == "/nhan-ho-so/tai-khoan"


@pytest.mark.parametrize(
    ("code", "year", "words"),
    [
        ("", "1956", "Xin ghi mã trên phiếu."),
        ("AAAAA-AAAAA-AAAAA", "1956", "Không tìm thấy mã này."),
        ("xin chào", "1956", "Không tìm thấy mã này."),
        (None, "", "Xin ghi năm sinh."),
        (None, "năm sáu", "Ghi một số nguyên"),
        (None, "1957", "Còn thử được 4 lần."),
    ],
)
def test_what_is_refused_says_why(
    app: Flask, database: Database, bay: Resident, code: str | None, year: str, words: str
) -> None:
    real = give(database, bay)
    phone = Browser(app).get("/nhan-ho-so").submit(fields={"code": real if code is None else code, "birth_year": year})
    assert (phone.status, phone.screen(), words in phone.words()) == (422, "claim.start", True)
    assert phone.get("/nhan-ho-so/tai-khoan").screen() == "claim.start"


def test_five_wrong_years_lock_the_slip(app: Flask, database: Database, bay: Resident) -> None:
    code = give(database, bay)
    phone = Browser(app)
    said = [scan(phone, code, 1950 + turn).words() for turn in range(MOST_TRIES)]
    assert [f"Còn thử được {left} lần" in words for left, words in zip((4, 3, 2, 1), said, strict=False)] == [True] * 4
    assert REFUSED[Standing.LOCKED] in said[-1]
    assert REFUSED[Standing.LOCKED] in scan(phone, code, 1956).words()
    assert slip_row(database, bay.id).tries == MOST_TRIES
    with database.read() as db:
        assert db.scalars(select(AuditEntry.action).where(AuditEntry.action == "slip.lock")).all() == ["slip.lock"]
    assert "Đã khóa" in signed_in(app, "xet").get(f"/dan-cu/{bay.id}/phieu").words()


def test_many_wrong_years_at_once_are_not_more_than_five(database: Database, bay: Resident) -> None:
    code = give(database, bay)
    tries = [lambda year=year: slips.prove(database, code, year, key=KEY) for year in range(1930, 1942)]
    came = at_once(*tries)
    assert slip_row(database, bay.id).tries == MOST_TRIES
    assert sum("Còn thử được" in str(one) for one in came) == MOST_TRIES - 1
    assert all(isinstance(one, DomainError) for one in came)


def test_a_right_year_forgets_the_wrong_ones(app: Flask, database: Database, bay: Resident) -> None:
    code = give(database, bay)
    scan(Browser(app), code, 1955)
    assert slip_row(database, bay.id).tries == 1
    assert scan(Browser(app), code).path == "/nhan-ho-so/tai-khoan"
    assert slip_row(database, bay.id).tries == 0


def test_expired_and_void_slips(app: Flask, database: Database, bay: Resident) -> None:
    code = give(database, bay)
    phone = scan(Browser(app), code)
    with database.transaction() as db:
        db.execute(update(Slip).values(expires_at=now()))
    assert REFUSED[Standing.EXPIRED] in phone.get("/nhan-ho-so/tai-khoan").words()
    assert REFUSED[Standing.EXPIRED] in scan(Browser(app), code).words()
    with database.transaction() as db:
        db.execute(update(Slip).values(expires_at=now() + timedelta(days=9)))
    phone.get("/nhan-ho-so/tai-khoan")
    printed(app, signed_in(app, "xet"), f"/dan-cu/{bay.id}/phieu", "In phiếu nhận hồ sơ")
    phone.submit(fields=CHOSEN)  # a page that was open when the new slip was printed
    assert (phone.status, REFUSED[Standing.REVOKED] in phone.words()) == (409, True)
    assert REFUSED[Standing.REVOKED] in scan(Browser(app), code).words()
    with database.read() as db:
        assert db.scalar(select(func.count()).where(Account.person_id == bay.id)) == 0


def test_a_log_in_that_is_taken_uses_nothing_up(app: Flask, database: Database, bay: Resident) -> None:
    phone = scan(Browser(app), give(database, bay)).submit(fields={**CHOSEN, "login": "chau"})
    assert (phone.status, "Tên đăng nhập này đã có người dùng" in phone.words()) == (422, True)
    phone.submit(fields={**CHOSEN, "password": "12345678"})
    assert (phone.status, "quá dễ đoán" in phone.words()) == (422, True)
    assert phone.submit(fields=CHOSEN).screen() == "year.home"


def test_tries_are_counted_by_address_and_account(
    app: Flask, database: Database, bay: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ADDRESS_TRIES", 3)
    code = give(database, bay)
    phone = Browser(app)
    for _ in range(3):
        assert scan(phone, "AAAAA-AAAAA-AAAAA").status == 422
    assert scan_status(phone, code) == 429
    other = Browser(app, "10.0.0.9")
    assert scan(other, code).path == "/nhan-ho-so/tai-khoan"
    monkeypatch.setattr(sessions, "ADDRESS_TRIES", 100)
    monkeypatch.setattr(sessions, "ACCOUNT_TRIES", 2)
    member = signed_in(app, "chau")
    assert [scan(member, "AAAAA-AAAAA-AAAAA").status for _ in range(3)] == [422, 422, 429]
    with database.read() as db:
        tried = db.scalars(select(func.count()).where(Attempt.kind == "slip").group_by(Attempt.key)).all()
    assert sorted(tried) == [1, 2, 5]  # the third of the account was none of its address


def scan_status(browser: Browser, code: str) -> int:
    return browser.get(f"/nhan-ho-so?ma={code}").status


def test_two_phones_at_once_one_wins(database: Database, bay: Resident) -> None:
    code = give(database, bay)
    slip_id = slip_row(database, bay.id).id

    def claim(number: int) -> Callable[[], object]:
        return lambda: claiming.open_account(
            database, slip_id, login=f"bay-{number}", password=NEW, account_id=uuid.uuid4(), device="thử"
        )

    came = at_once(*(claim(number) for number in range(4)))
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "Conflict", "Conflict", "UUID"]
    with database.read() as db:
        account = db.scalars(select(Account).where(Account.person_id == bay.id)).one()
        assert db.scalars(select(AccountSession.account_id)).all() == [account.id]
        assert (code_hash(code, KEY), account.id) == (
            slip_row(database, bay.id).code_hash,
            slip_row(database, bay.id).used_by,
        )
        assert audit.verify(db).broken == ()


def test_a_form_sent_twice_at_once_is_one_account(database: Database, bay: Resident) -> None:
    give(database, bay)
    slip_id, account_id = slip_row(database, bay.id).id, uuid.uuid4()

    def claim() -> object:
        return claiming.open_account(
            database, slip_id, login="bay1956", password=NEW, account_id=account_id, device="thử"
        )

    came = at_once(claim, claim)
    assert [type(one).__name__ for one in came] == ["UUID", "UUID"]
    with database.read() as db:
        assert db.scalars(select(Account.id).where(Account.person_id == bay.id)).all() == [account_id]


def test_a_claim_and_a_new_print_at_once(app: Flask, database: Database, bay: Resident) -> None:
    """Either the record is claimed and nothing is printed for it, or the paper in hand is void: never both."""
    give(database, bay)
    slip_id = slip_row(database, bay.id).id
    ask(database, bay.ward, Bearers(bay.ward.code, YEAR, ids=frozenset({bay.id})))
    came = at_once(
        lambda: claiming.open_account(
            database, slip_id, login="bay1956", password=NEW, account_id=uuid.uuid4(), device="thử"
        ),
        lambda: worker.run_waiting(shop_of(app)),
    )
    with database.read() as db:
        standing = sorted(queries.standing_of(row) for row in db.scalars(select(Slip)))
        accounts = db.scalar(select(func.count()).where(Account.person_id == bay.id))
    if isinstance(came[0], Conflict):
        assert (standing, accounts) == ([Standing.OPEN, Standing.REVOKED], 0)
    else:
        assert (standing, accounts) == ([Standing.USED], 1)


# Two records of one person


def self_made(app: Flask, login: str = "bay-tu-mo", **more: str) -> Browser:
    """Somebody who opened an account of their own before the slip came."""
    browser = Browser(app).get("/dang-ky")
    browser.submit(
        fields={
            "name": "Nguyễn Văn Mẫu Bảy", "birth": "12/05/1956", "sex": "male", "learner_group": "residents",
            "login": login, "password": NEW, "consent": "y", **more,
        }
    )  # fmt: skip
    assert browser.screen() == "account.residence"
    return browser


def test_an_own_record_gives_way_to_the_one_others_kept(app: Flask, database: Database, bay: Resident) -> None:
    phone = self_made(app)
    scan(phone, give(database, bay))
    assert (phone.path, phone.heading()) == ("/nhan-ho-so/noi", "Nối hai hồ sơ thành một")
    phone.submit(button="Đúng là tôi")
    assert (phone.status, phone.screen()) == (200, "year.home")
    assert "Lớp tin học cho người cao tuổi" in phone.get("/minh-chung").words()
    with database.read() as db:
        account = db.scalars(select(Account).where(Account.login == "bay-tu-mo")).one()
        assert account.person_id == bay.id
        record = db.scalars(select(Person).where(Person.name == bay.name)).one()
        assert (record.id, record.birth_date, record.sex) == (bay.id, date(1956, 5, 12), "male")
        assert db.scalars(select(Consent.person_id).where(Consent.given_by == account.id)).all() == [bay.id]
        assert slip_row(database, bay.id).used_by == account.id
        assert audit.verify(db).broken == ()
    assert phone.get("/nhan-ho-so/noi").screen() == "claim.start"


def test_signing_in_from_the_slip_leads_back_to_it(app: Flask, database: Database, bay: Resident) -> None:
    self_made(app)
    phone = scan(Browser(app), give(database, bay))
    phone.get(phone.links()["Đăng nhập để nối hai hồ sơ thành một"])
    phone.submit(fields={"login": "bay-tu-mo", "password": NEW})
    assert phone.path == "/nhan-ho-so/noi"
    assert phone.submit(button="Đúng là tôi").screen() == "year.home"


def test_a_link_by_the_officer_voids_the_slip(app: Flask, database: Database, bay: Resident) -> None:
    self_made(app)
    code = give(database, bay)
    with database.transaction() as db:
        owner = db.scalars(select(Account.id).where(Account.login == "bay-tu-mo")).one()
        twins.merge(db, bay.id, owner, account_id=None)
    assert REFUSED[Standing.REVOKED] in scan(Browser(app), code).words()


def test_records_that_both_have_something_go_to_the_officer(app: Flask, database: Database, bay: Resident) -> None:
    with database.transaction() as db:
        own = make_resident(db, bay.ward, "Nguyễn Văn Mẫu Bảy", birth_year=1956, login="bay-co-ho")
        officer = db.scalars(select(Account.id).where(Account.login == "xet")).one()
    code = give(database, bay, by=officer)
    phone = scan(signed_in(app, "bay-co-ho"), code)
    assert "nên không nối được" in phone.words()
    assert phone.post("/nhan-ho-so/noi").status == 422
    phone.get("/nhan-ho-so/noi").submit("/bao")
    assert "Đã báo cho người phát phiếu" in phone.words()
    phone.get("/nhan-ho-so/noi").submit("/bao")
    with database.read() as db:
        told = db.scalars(select(Notice).where(Notice.kind == "slip.apart")).one()
        assert (told.account_id, told.path, told.values) == (officer, f"/dan-cu/{bay.id}", {})
        assert {row.id for row in db.scalars(select(Person).where(Person.name == bay.name))} == {bay.id, own.id}
        assert queries.standing_of(slip_row(database, bay.id)) is Standing.OPEN


def test_the_slip_of_somebody_else_on_a_phone_that_is_signed_in(app: Flask, database: Database, bay: Resident) -> None:
    phone = scan(signed_in(app, "chau"), give(database, bay))
    assert phone.path == "/nhan-ho-so/noi"
    phone.submit("/nguoi-khac")
    assert phone.path == "/nhan-ho-so/tai-khoan"
    phone.submit(fields=CHOSEN)
    assert phone.screen() == "year.home"
    with database.read() as db:
        ended = db.execute(select(Account.login, AccountSession.ended_at.is_(None)).join(Account)).all()
        assert sorted((login, stands) for login, stands in ended) == [("bay1956", True), ("chau", False)]


def test_a_record_that_has_an_account_by_now(app: Flask, database: Database, bay: Resident) -> None:
    phone = scan(Browser(app), give(database, bay))
    with database.transaction() as db:
        give_account(db, "bay-da-co", bay)
    phone.submit(fields=CHOSEN)
    assert (phone.status, "Hồ sơ này đã có tài khoản" in phone.words()) == (409, True)
    assert "Hồ sơ này đã có tài khoản" in scan(signed_in(app, "chau"), slip_again(database, bay)).words()
    mine = scan(signed_in(app, "bay-da-co"), slip_again(database, bay))
    assert "Hồ sơ này đã là của ông/bà rồi" in mine.words()


def slip_again(database: Database, bay: Resident) -> str:
    with database.transaction() as db:
        db.execute(update(Slip).where(Slip.used_at.is_(None)).values(revoked_at=now()))
    return give(database, bay)


def test_without_the_code_no_page_after_it_opens(app: Flask, database: Database, bay: Resident) -> None:
    for path in ("/nhan-ho-so/tai-khoan", "/nhan-ho-so/mat-khau"):
        assert Browser(app).get(path).screen() == "claim.start"
    member = signed_in(app, "chau")
    assert member.get("/nhan-ho-so/noi").screen() == "claim.start"
    assert member.post("/nhan-ho-so/bao").screen() == "claim.start"
    phone = scan(Browser(app), give(database, bay))
    assert phone.get("/nhan-ho-so/mat-khau").screen() == "claim.start"  # a slip of the other purpose
    with phone.client.session_transaction() as kept:
        kept["slip"] = {**kept["slip"], "at": int(time.time()) - 1801}
    assert phone.get("/nhan-ho-so/tai-khoan").screen() == "claim.start"


# A new password


@pytest.fixture
def lan(database: Database, ward: Ward) -> Resident:
    with database.transaction() as db:
        return make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992, login="lan1992")


def test_a_new_password_by_a_slip(app: Flask, database: Database, lan: Resident) -> None:
    old = signed_in(app, "lan1992")
    assert lan.account is not None
    officer = signed_in(app, "xet").get(f"/dan-cu/{lan.id}")
    path = officer.links()["In phiếu đặt lại mật khẩu"]
    (code,) = codes_of(printed(app, officer, path))
    assert signed_in(app, "lan1992").screen() == "year.home"  # printing changes nothing yet
    phone = Browser(app).get(f"/nhan-ho-so?ma={code}")
    assert phone.heading() == "Đặt lại mật khẩu bằng phiếu"
    scan(phone, code, 1992)
    assert (phone.path, "Tên đăng nhập của ông/bà: lan1992" in phone.words()) == ("/nhan-ho-so/mat-khau", True)
    phone.submit(fields={"password": NEW, "again": "khac-han-nhau-1"})
    assert phone.status == 422
    phone.submit(fields={"password": "lan1992", "again": "lan1992"})
    assert phone.status == 422
    phone.submit(fields={"password": NEW, "again": NEW})
    assert (phone.status, phone.screen()) == (200, "year.home")
    assert old.get("/nam-nay").screen() == "account.sign_in"
    assert Browser(app).get("/dang-nhap").submit(fields={"login": "lan1992", "password": PASSWORD}).status == 422
    assert Browser(app).get("/dang-nhap").submit(fields={"login": "lan1992", "password": NEW}).status == 200
    with database.read() as db:
        acts = db.scalars(select(AuditEntry.action).where(AuditEntry.account_id == lan.account.id)).all()
        assert sorted(acts) == ["account.password_slip", "consent.give", "slip.use"]
        told = db.scalars(select(Notice).where(Notice.kind == "slip.password")).one()
        assert told.person_id == lan.id
        row = slip_row(database, lan.id)
        assert (row.purpose, (row.expires_at - row.made_at).days) == ("password", 3)
    assert "Phiếu này đã dùng rồi" in scan(Browser(app), code, 1992).words()


def test_no_new_password_for_who_works_for_others_by_now(app: Flask, database: Database, lan: Resident) -> None:
    code = give(database, lan, Purpose.PASSWORD)
    phone = scan(Browser(app), code, 1992)
    with database.transaction() as db:
        make_officer(db, lan.ward, "ward_signer", "lan1992", resident=lan)
    phone.submit(fields={"password": NEW, "again": NEW})
    assert (phone.status, "được giao việc của phường, xã" in phone.words()) == (409, True)
    assert phone.get("/nhan-ho-so/mat-khau").status == 409
    assert Browser(app).get("/dang-nhap").submit(fields={"login": "lan1992", "password": PASSWORD}).status == 200


def test_no_new_password_for_a_closed_account(app: Flask, database: Database, lan: Resident) -> None:
    code = give(database, lan, Purpose.PASSWORD)
    with database.transaction() as db:
        assert lan.account is not None
        sessions.close_account(db, lan.account.id, by=None)
    assert "đã đóng" in scan(Browser(app), code, 1992).words()


def test_two_new_passwords_at_once_one_wins(database: Database, lan: Resident) -> None:
    give(database, lan, Purpose.PASSWORD)
    slip_id = slip_row(database, lan.id).id
    came = at_once(
        *(
            lambda word=word: claiming.new_password(database, slip_id, password=word, device="thử")
            for word in ("mot-mat-khau-a1", "hai-mat-khau-b2")
        )
    )
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "UUID"]


def test_the_sign_in_page_says_what_to_do(app: Flask, ward: Ward) -> None:
    browser = Browser(app).get("/dang-nhap")
    assert "Quên mật khẩu: xin phiếu mới ở chi hội hoặc phường" in browser.words()
    assert browser.get("/nhan-ho-so").screen() == "claim.start"


# The log


LOGGED = (
    "import sys; from xhht_citizen.config import Settings; from xhht_citizen.server import serve; "
    "serve(Settings.from_env(), port=int(sys.argv[1]), access_log=True)"
)


@pytest.mark.xdist_group("servers")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_code_stands_in_no_log(database_url: str, database: Database, bay: Resident, tmp_path: Path) -> None:
    code, port, log = give(database, bay), free_port("127.0.0.1"), tmp_path / "log"
    env = {"XHHT_SECRET_KEY": KEY, "XHHT_DATABASE_URL": database_url, "XHHT_DATA_DIR": str(tmp_path)}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-c", LOGGED, str(port)], env={**os.environ, **env}, stdout=out, stderr=out
        ) as process,
    ):
        try:
            said = _open(f"http://127.0.0.1:{port}/nhan-ho-so?ma={code}")
        finally:
            process.terminate()
            process.wait(30)
    assert "Nguyễn V. M. B***" in said
    lines = log.read_text("utf-8")
    assert ("GET /nhan-ho-so 200" in lines, code in lines) == (True, False), lines


def _open(url: str) -> str:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
