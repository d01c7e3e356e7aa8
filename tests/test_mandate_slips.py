"""Asking for help by a code: made, given away, taken over once; nothing of it in clear, nobody by mistake."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from browser import Browser
from factories import PASSWORD, TODAY, YEAR, Resident, Ward, make_helper, make_resident, make_ward
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from test_concurrency import at_once

from xhht_citizen.applications.households import die
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.helping import acting, asking
from xhht_citizen.helping.asking import Wish
from xhht_citizen.helping.codes import MANDATE_GROUPS, mandate_code, normal_code
from xhht_citizen.helping.models import Helper, MandateSlip
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.models import Attempt

KEY = "k" * 40
END = TODAY + timedelta(days=30)


class Street:
    """Ông Bảy with an account, his daughter Mẫn, a neighbour."""

    def __init__(self, db: Session) -> None:
        self.ward: Ward = make_ward(db)
        self.bay = make_resident(db, self.ward, "Nguyễn Mẫu Bảy", birth_year=YEAR - 71, login="bay")
        self.man = make_resident(db, self.ward, "Lê Thị Mẫu Mẫn", community=1, login="man")
        self.tu = make_resident(db, self.ward, "Phan Mẫu Tư", login="tu")


@pytest.fixture
def street(database: Database) -> Street:
    with database.transaction() as db:
        return Street(db)


def enter(app: Flask, login: str) -> Browser:
    return Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})


def account_id(one: Resident) -> uuid.UUID:
    assert one.account is not None
    return one.account.id


def ask(db: Session, who: Resident, key: uuid.UUID | None = None) -> str:
    row = asking.make(
        db,
        who.id,
        Wish(["evidence", "case"], END),
        slip_id=key or new_id(),
        account_id=account_id(who),
        key=KEY,
        today=TODAY,
    )
    return mandate_code(row.id, KEY)


def take(db: Session, code: str, account: uuid.UUID) -> uuid.UUID:
    return asking.take(db, code, key=KEY, account_id=account, today=TODAY).id


def helpers(database: Database) -> list[tuple[uuid.UUID, list[str], str, uuid.UUID | None, bool]]:
    with database.read() as db:
        rows = db.scalars(select(Helper).order_by(Helper.granted_at, Helper.id))
        return [(row.account_id, row.acts, row.way, row.granted_by, row.revoked_at is None) for row in rows]


# The code


@given(st.uuids(), st.text(min_size=1, max_size=40))
def test_a_code_is_read_however_it_is_typed(key: uuid.UUID, secret: str) -> None:
    code = mandate_code(key, secret)
    assert (mandate_code(key, secret), len(code)) == (code, 11)
    for typed in (code.lower(), code.replace("-", " "), f" {code.replace('-', '')} "):
        assert normal_code(typed, MANDATE_GROUPS) == code
    assert normal_code(code) is None  # no slip of paper's


def test_nothing_that_is_kept_shows_the_code(db: Session) -> None:
    street = Street(db)
    code = ask(db, street.bay)
    row = db.scalars(select(MandateSlip)).one()
    db.commit()  # the audit's links are written with it
    said = [entry.detail for entry in db.scalars(select(AuditEntry).where(AuditEntry.action == "mandate.ask"))]
    kept = repr([getattr(row, column.key) for column in MandateSlip.__table__.columns]) + repr(said)
    assert (code in kept, code.replace("-", "") in kept, code[:5] in kept) == (False, False, False)
    assert json.loads(said[0]) == {"acts": ["evidence", "case"], "slip": str(row.id), "until": str(END)}


# Taken over


def test_a_code_makes_one_helper_once(db: Session) -> None:
    street = Street(db)
    key = new_id()
    code = ask(db, street.bay, key)
    assert ask(db, street.bay, key) == code  # the same page sent again
    helper = take(db, code.lower(), account_id(street.man))
    assert take(db, code, account_id(street.man)) == helper  # a double tap
    row = db.get_one(Helper, helper)
    found = (row.person_id, row.account_id, row.acts, row.until, row.way, row.granted_by)
    assert found == (street.bay.id, account_id(street.man), ["evidence", "case"], END, "app", account_id(street.bay))
    with pytest.raises(Invalid, match="đã có người nhận"):
        take(db, code, account_id(street.tu))
    db.commit()  # the audit's links are written with it
    actions = [entry.action for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id))]
    assert [action for action in actions if action.startswith(("mandate", "helper"))] == [
        "mandate.ask",
        "helper.name",
        "mandate.take",
    ]
    acting.end(db, helper, account_id=account_id(street.bay))
    assert take(db, code, account_id(street.man)) == helper
    assert db.get_one(Helper, helper).revoked_at is not None  # ended stays ended: the code gives nothing twice


def test_who_may_not_is_told_why(db: Session) -> None:
    street = Street(db)
    code, revoked, old = ask(db, street.bay), ask(db, street.bay), ask(db, street.bay)
    with pytest.raises(Conflict, match="chưa ai nhận"):
        ask(db, street.bay)
    rows = {mandate_code(row.id, KEY): row for row in db.scalars(select(MandateSlip))}
    assert [asking.revoke(db, rows[revoked].id, account_id=account_id(street.bay)) for _ in range(2)] == [True, False]
    rows[old].expires_at = now()
    db.flush()
    for wrong, who, words in (
        (code, street.bay, "ông/bà làm để nhờ người khác"),
        (revoked, street.man, "đã được hủy"),
        (old, street.man, "đã hết hạn"),
        ("AAAAA-AAAAA", street.man, "Không tìm thấy"),
        ("gì đó", street.man, "Không tìm thấy"),
    ):
        with pytest.raises(Invalid, match=words) as refused:
            take(db, wrong, account_id(who))
        assert refused.value.field == "code"
    take(db, code, account_id(street.man))
    with pytest.raises(Conflict, match="đã có người nhận"):
        asking.revoke(db, rows[code].id, account_id=account_id(street.bay))
    for wish, field in ((Wish([], END), "acts"), (Wish(["case"], TODAY - timedelta(days=1)), "until")):
        with pytest.raises(Invalid) as refused:
            asking.make(
                db, street.tu.id, wish, slip_id=new_id(), account_id=account_id(street.tu), key=KEY, today=TODAY
            )
        assert refused.value.field == field


def test_who_died_is_helped_no_more(db: Session) -> None:
    street = Street(db)
    code = ask(db, street.bay)
    die(db, street.bay.id, TODAY, account_id=None, today=TODAY)
    with pytest.raises(Invalid, match="đã được hủy"):
        take(db, code, account_id(street.man))


def test_a_record_that_gives_way_takes_its_slips_along(db: Session) -> None:
    street = Street(db)
    used, code = ask(db, street.bay), ask(db, street.bay)
    take(db, used, account_id(street.man))
    acting.carry(db, street.bay.id, street.tu.id, account_id=None)
    db.expire_all()
    rows = db.scalars(select(MandateSlip)).all()
    assert {row.person_id for row in rows} == {street.tu.id}
    with pytest.raises(Invalid, match="đã được hủy"):
        take(db, code, account_id(street.man))


def test_two_at_once_and_one_of_them_helps(database: Database, street: Street) -> None:
    with database.transaction() as db:
        code = ask(db, street.bay)

    def one(who: Resident) -> bool:
        try:
            with database.transaction() as db:
                take(db, code, account_id(who))
        except Invalid:
            return False
        return True

    done = at_once(lambda: one(street.man), lambda: one(street.tu))
    assert sorted(done) == [False, True]
    assert len(helpers(database)) == 1


# On the screens


def made(bay: Browser) -> str:
    """The code on ông Bảy's page, after asking as the form stands."""
    bay.get("/nho-giup").submit("/nho-giup", button="Làm mã")
    assert bay.screen() == "helping.slip"
    return next("".join(node.itertext()) for node in bay.page.iter("p") if "receipt" in (node.get("class") or ""))


def test_from_the_button_to_both_being_told(app: Flask, database: Database, street: Street) -> None:
    bay = enter(app, "bay").get("/minh-chung/moi")
    assert bay.links()["Nhờ người giúp"] == "/nho-giup"
    bay.get("/nho-giup")
    form = next(one for one in bay.forms() if "acts" in one.names)
    assert form.fields.getlist("acts") == ["evidence", "case"]
    code = made(bay)
    page = bay.path
    assert "Chưa ai nhận" in bay.words()
    assert code not in page
    man = enter(app, "man").get(f"/lam-thay/nhan?ma={code}")
    assert "Bảy" not in man.words()  # nothing of anybody before the code was sent, and counted
    man.submit("/lam-thay/nhan")
    assert ("Nguyễn M. B***" in man.words(), "Nguyễn Mẫu Bảy" in man.words()) == (True, False)
    man.submit("/lam-thay/nhan", button="Nhận giúp")
    assert ("Ông/bà được làm thay Nguyễn Mẫu Bảy." in man.words(), man.screen()) == (True, "helping.mine")
    row = (account_id(street.man), ["evidence", "case"], "app", account_id(street.bay))
    assert helpers(database) == [(*row, True)]
    with database.read() as db:
        told = [(one.kind, one.person_id) for one in db.scalars(select(Notice).order_by(Notice.kind))]
    assert told == [("helper.asked", street.man.id), ("helper.named", street.bay.id)]
    assert "Lê Thị Mẫu Mẫn đã nhận giúp ông/bà." in bay.get(page).words()
    assert code not in bay.words()
    assert [one["used_at"] is not None for one in bay.client.get("/tai-khoan/du-lieu").get_json()["helpers_asked"]] == [
        True
    ]
    bay.get("/tai-khoan/nguoi-lam-thay").submit("/thoi")
    assert helpers(database) == [(*row, False)]


def test_a_code_is_taken_back_and_is_nobody_elses_to_see(app: Flask, street: Street) -> None:
    bay = enter(app, "bay")
    code = made(bay)
    page = bay.path
    assert bay.get("/tai-khoan/nguoi-lam-thay").get(page).status == 200
    other = enter(app, "tu")
    assert other.get(page).status == 403
    assert other.post(f"{page}/huy").status == 403
    bay.submit("/huy")
    assert "Đã hủy mã." in bay.words()
    assert "Mã này đã hủy." in bay.get(page).words()
    other.get("/lam-thay/nhan").submit("/lam-thay/nhan", {"code": code})
    assert (other.status, "Mã này đã được hủy." in other.words()) == (422, True)


def test_who_acts_for_another_neither_asks_nor_takes(app: Flask, database: Database, street: Street) -> None:
    with database.transaction() as db:
        assert street.man.account is not None
        make_helper(db, street.tu, street.man.account)
    man = enter(app, "man").get("/lam-thay").submit(button="Làm thay Phan Mẫu Tư")
    assert "Nhờ người giúp" not in man.get("/minh-chung/moi").links()
    assert [man.get(path).status for path in ("/nho-giup", "/lam-thay/nhan")] == [403, 403]


def test_tries_are_counted(app: Flask, street: Street) -> None:
    man = enter(app, "man")
    seen = []
    for _ in range(11):
        man.get("/lam-thay/nhan").submit("/lam-thay/nhan", {"code": "AAAAA-AAAAA"})
        seen.append(man.status)
    assert seen == [*[422] * 10, 429]


def tries(database: Database) -> int:
    with database.read() as db:
        return len(db.scalars(select(Attempt.id).where(Attempt.kind == "mandate")).all())


def test_an_account_that_is_refused_takes_no_try_from_its_address(
    app: Flask, database: Database, street: Street
) -> None:
    man = enter(app, "man")
    for _ in range(13):
        man.get("/lam-thay/nhan").submit("/lam-thay/nhan", {"code": "AAAAA-AAAAA"})
    assert (man.status, tries(database)) == (429, 20)


def test_agreeing_to_a_code_that_was_found_is_no_second_try(app: Flask, database: Database, street: Street) -> None:
    code = made(enter(app, "bay"))
    man = enter(app, "man").get(f"/lam-thay/nhan?ma={code}").submit("/lam-thay/nhan")
    before = tries(database)
    other = made(enter(app, "tu"))
    man.submit("/lam-thay/nhan", {"code": other}, button="Nhận giúp")  # another one was not found
    assert (tries(database) - before, len(helpers(database))) == (2, 1)
    man.get(f"/lam-thay/nhan?ma={code}").submit("/lam-thay/nhan")
    before = tries(database)
    man.submit("/lam-thay/nhan", button="Nhận giúp")
    assert (tries(database) - before, len(helpers(database))) == (0, 2)


def test_a_visitor_signs_in_first_and_comes_back(app: Flask, database: Database, street: Street) -> None:
    code = made(enter(app, "bay"))
    someone = Browser(app).get(f"/lam-thay/nhan?ma={code}")
    assert someone.screen() == "account.sign_in"
    someone.submit(fields={"login": "man", "password": PASSWORD})
    form = next(one for one in someone.forms() if "code" in one.names)
    assert (someone.screen(), form.fields["code"]) == ("helping.take", code)
    with database.transaction() as db:
        db.execute(update(MandateSlip).values(expires_at=now()))
    someone.submit("/lam-thay/nhan")
    assert "Mã này đã hết hạn." in someone.words()
