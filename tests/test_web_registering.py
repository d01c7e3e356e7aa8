"""The roll of the year on the screen: who may, what is ticked, what comes of it, and undoing it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_application,
    make_clan,
    make_officer,
    make_resident,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.access.queries import thing_of_group
from xhht_citizen.access.rules import Role, may
from xhht_citizen.audit import Look
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.models import Mandate
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people.models import Account
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.titles.models import Registration

ROLL, CONFIRM = "/dang-ky-nam", "/dang-ky-nam/xac-nhan"
Enter = Callable[[str], Browser]


@dataclass
class Town:
    """A ward with a head of Tổ 1, a reviewer, a signer; another ward; Sen's household in Tổ 1, An's in Tổ 2."""

    ward: Ward
    other: Ward
    sen: Resident
    an: Resident
    far: Resident


@pytest.fixture
def town(db: Session) -> Town:
    ward, other = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    sen = make_resident(db, ward, "Nguyễn Thị Mẫu Sen", birth_year=1960, login="sen")
    an = make_resident(db, ward, "Đặng Văn Mẫu An", community=1, login="an")
    far = make_resident(db, other, "Võ Mẫu Ý")
    for role in (Role.WARD_REVIEWER, Role.WARD_SIGNER, Role.PROVINCE_OFFICER, Role.ADMIN):
        make_officer(db, ward, role, str(role))
    make_officer(db, ward, Role.COMMUNITY_HEAD, "to1", name="Bà Hai Mẫu")
    make_officer(db, ward, Role.COMMUNITY_HEAD, "to2", community=1)
    make_officer(db, other, Role.WARD_REVIEWER, "khac")
    db.commit()
    return Town(ward, other, sen, an, far)


@pytest.fixture
def enter(app: Flask) -> Enter:
    def sign_in(login: str) -> Browser:
        browser = Browser(app).get("/dang-nhap")
        browser.submit(fields={"login": login, "password": PASSWORD})
        assert browser.status == 200
        return browser

    return sign_in


def registered(db: Session, kind: Kind = Kind.CITIZEN) -> set[uuid.UUID]:
    found = set(db.scalars(select(Registration.subject_id).where(Registration.kind == str(kind))))
    db.commit()
    return found


def ticked(*ids: uuid.UUID, kind: str = "cong-dan") -> str:
    return f"{CONFIRM}?loai={kind}" + "".join(f"&ai={one.hex}" for one in ids)


def test_a_head_ticks_reads_the_names_and_registers(db: Session, town: Town, enter: Enter) -> None:
    tam = make_resident(db, town.ward, "Lê Mẫu Tám", household=town.sen.household)
    make_resident(db, town.ward, "Lê Mẫu Tí", household=town.sen.household, birth_year=YEAR - 9)
    recount_ward(db, town.ward.code, YEAR)
    db.commit()
    browser = enter("to1").get("/dan-cu")
    assert "0/2 (0 %)" in browser.words()
    browser.get(browser.links()[f"Đăng ký học tập đầu năm {YEAR}"])
    assert (browser.screen(), browser.heading()) == ("registering.roll", f"Đăng ký học tập năm {YEAR}")
    assert "Mẫu Tí" not in browser.words()
    assert town.an.name not in browser.words()
    browser.submit("/xac-nhan", {"ai": [town.sen.id.hex, tam.id.hex]})
    assert browser.heading() == f"Đăng ký học tập năm {YEAR} cho 2 người ở Tổ 1"
    assert town.sen.name in browser.words()
    assert registered(db) == set()
    browser.submit("/xac-nhan", button="Đăng ký cho 2 người")
    assert browser.screen() == "registering.roll"
    assert f"Đã đăng ký học tập năm {YEAR} cho 2 người ở Tổ 1." in browser.words()
    assert "2/2 (100 %)" in browser.words()
    assert registered(db) == {town.sen.id, tam.id}
    browser.get(browser.links()["Xem đã đăng ký, rút lại nếu nhầm"])
    assert "Bà Hai Mẫu ghi" in browser.words()
    own = enter("sen").get("/nam-nay")
    assert "Bà Hai Mẫu đăng ký giúp lúc" in own.words()


def test_the_same_form_twice_registers_once(db: Session, town: Town, enter: Enter) -> None:
    browser = enter("to1").get(ticked(town.sen.id))
    fields = {"loai": "cong-dan", "nam": str(YEAR), "ai": town.sen.id.hex}
    assert "Đã đăng ký học tập" in browser.post(CONFIRM, fields).words()
    again = browser.post(CONFIRM, fields)
    assert "1 người đã đăng ký từ trước." in again.words()
    assert registered(db) == {town.sen.id}
    assert "Không còn ai để đăng ký" in browser.get(ticked(town.sen.id)).words()


def test_all_of_a_page_is_one_tap(db: Session, town: Town, enter: Enter) -> None:
    for number in range(3):
        make_resident(db, town.ward, community=number % 2)
    db.commit()
    browser = enter("ward_reviewer").get(ROLL)
    assert browser.forms()[1].fields.getlist("ai") == []
    browser.get(browser.links()["Chọn cả trang này (5)"])
    browser.submit("/xac-nhan")
    assert browser.heading() == f"Đăng ký học tập năm {YEAR} cho 5 người ở Phường Hương Trà"
    browser.submit("/xac-nhan", button="Đăng ký cho 5 người")
    assert len(registered(db)) == 5
    assert "Đã đăng ký hết" in browser.words()


@pytest.mark.parametrize("login", ["to1", "khac"])
def test_whoever_is_of_another_place_is_left_out_and_said(db: Session, town: Town, enter: Enter, login: str) -> None:
    own = town.sen if login == "to1" else town.far
    wanted = [town.sen.id, town.an.id, town.far.id, uuid.uuid4()]
    browser = enter(login).get(ticked(*wanted))
    assert "3 dòng không thuộc nơi này" in browser.words()
    assert [name for name in (town.sen.name, town.an.name, town.far.name) if name in browser.words()] == [own.name]
    browser.post(CONFIRM, {"loai": "cong-dan", "nam": str(YEAR), "ai": [one.hex for one in wanted]})
    assert "3 dòng không thuộc nơi này nên không đăng ký." in browser.words()
    assert registered(db) == {own.id}


def test_nothing_ticked_and_last_years_page_register_nobody(db: Session, town: Town, enter: Enter) -> None:
    browser = enter("to1").get(f"{CONFIRM}?ai=khong-phai-ma")
    assert (browser.screen(), "Chọn ít nhất một dòng" in browser.words()) == ("registering.roll", True)
    browser.get(ticked(town.sen.id)).submit("/xac-nhan", {"nam": str(YEAR - 1)})
    assert (browser.status, f"Đã sang năm {YEAR}" in browser.words()) == (409, True)
    assert registered(db) == set()
    browser.submit("/xac-nhan")  # read again, sent again
    assert registered(db) == {town.sen.id}


def test_filters_are_in_the_address(town: Town, enter: Enter) -> None:
    browser = enter("ward_signer").get(f"{ROLL}?tim=mau+sen")
    assert (town.sen.name in browser.words(), town.an.name in browser.words()) == (True, False)
    browser.get(f"{ROLL}?to={town.ward.communities[1].id}")
    assert (town.sen.name in browser.words(), town.an.name in browser.words()) == (False, True)
    browser.get(f"{ROLL}?xem=roi&loai=gi-do&sau=khong-phai-khoa&to=x&tim=%25")
    assert (browser.status, "Không tìm thấy tên nào" in browser.words()) == (200, True)


@pytest.mark.parametrize(
    ("word", "kind", "headline"),
    [
        ("gia-dinh", Kind.HOUSEHOLD, "2 hộ ở Phường Hương Trà"),
        ("dong-ho", Kind.CLAN, "1 dòng họ ở Tổ 1"),
        ("don-vi", Kind.UNIT, "1 đơn vị ở Phường Hương Trà"),
        ("cong-dong", Kind.COMMUNITY, "3 thôn, tổ ở Phường Hương Trà"),
    ],
)
def test_groups_of_every_kind_are_registered_from_a_roll(
    db: Session, town: Town, enter: Enter, word: str, kind: Kind, headline: str
) -> None:
    make_clan(db, town.ward, community=0)
    make_unit(db, town.ward)
    make_unit(db, town.ward, "Sở Mẫu", managed_by="province")
    db.commit()
    browser = enter("ward_reviewer").get(f"{ROLL}?loai={word}&chon=ca-trang").submit("/xac-nhan")
    assert browser.heading() == f"Đăng ký học tập năm {YEAR} cho {headline}"
    browser.submit("/xac-nhan", button="Đăng ký cho")
    assert len(registered(db, kind)) == int(headline.split(maxsplit=1)[0])


def test_a_head_sees_own_community_its_clans_and_units_only(db: Session, town: Town, enter: Enter) -> None:
    make_clan(db, town.ward, "Họ Trần Mẫu", community=0)
    make_clan(db, town.ward, "Họ Lê Mẫu", community=1)
    make_unit(db, town.ward, "Trường Mẫu Hương")  # of the ward, of no community
    db.commit()
    browser = enter("to1")
    seen = {
        word: [name for name in ("Họ Trần Mẫu", "Họ Lê Mẫu", "Trường Mẫu Hương", "Tổ 2") if name in page]
        for word in ("gia-dinh", "dong-ho", "don-vi", "cong-dong")
        for page in [browser.get(f"{ROLL}?loai={word}&to={town.ward.communities[1].id}").words()]
    }
    assert seen == {"gia-dinh": [], "dong-ho": ["Họ Trần Mẫu"], "don-vi": [], "cong-dong": []}


def test_a_registration_is_taken_back_by_whoever_serves_the_place(db: Session, town: Town, enter: Enter) -> None:
    enter("ward_reviewer").get(ticked(town.sen.id)).submit("/xac-nhan", button="Đăng ký cho")
    path = f"/dang-ky-nam/rut/cong-dan/{town.sen.id}"
    for login in ("to2", "khac", "an", "sen", "admin"):
        assert enter(login).get(path).status == 403, login
    browser = enter("to1").get(f"{ROLL}?xem=roi")
    browser.get(browser.links()[f"Rút đăng ký của {town.sen.name}"])
    assert browser.heading() == f"Rút đăng ký học tập năm {YEAR} của {town.sen.name}?"
    browser.submit(button="Rút đăng ký này")
    assert f"Đã rút đăng ký năm {YEAR} của {town.sen.name}." in browser.words()
    assert registered(db) == set()
    assert "không có đăng ký nào" in browser.get(path).post(path).words()
    assert {look.person_id for look in db.scalars(select(Look))} == {town.sen.id}


def test_what_a_case_rests_on_is_not_taken_back(db: Session, town: Town, enter: Enter) -> None:
    make_application(db, town.sen, "submitted")
    db.commit()
    browser = enter("to1").get(f"/dang-ky-nam/rut/cong-dan/{town.sen.id}")
    assert "nên không rút được nữa" in browser.words()
    assert f"Rút đăng ký của {town.sen.name}" not in enter("to1").get(f"{ROLL}?xem=roi").links()
    browser.post(browser.path)
    assert (browser.status, registered(db)) == (409, {town.sen.id})


def test_ones_own_registration_can_be_taken_back(db: Session, town: Town, enter: Enter) -> None:
    browser = enter("sen").get("/nam-nay").submit("/nam-nay/dang-ky")
    assert registered(db) == {town.sen.id}
    browser.submit("/toi/rut", button="Rút đăng ký")
    assert (browser.screen(), registered(db)) == ("year.home", set())
    assert f"Đã rút đăng ký năm {YEAR}" in browser.words()
    copy: Any = browser.get("/tai-khoan/du-lieu").response.json
    assert [one["year"] for one in copy["registrations_taken_back"]] == [YEAR]


def test_who_speaks_for_a_group_registers_it(db: Session, town: Town, enter: Enter) -> None:
    wife = make_resident(db, town.ward, "Lê Thị Mẫu Thu", household=town.sen.household, relation="spouse", login="thu")
    unit = make_unit(db, town.ward, members=[wife])
    day = date(YEAR, 12, 31)
    for kind, group_id, part in (("household", town.sen.household.id, "deputy"), ("unit", unit.id, "head")):
        db.add(Mandate(ward_code=town.ward.code, kind=kind, group_id=group_id, person_id=wife.id, part=part, until=day))
    make_resident(db, town.ward, "Lê Mẫu Ba", household=town.sen.household, login="ba")
    db.commit()
    home = f"/dang-ky-nam/nhom/gia-dinh/{town.sen.household.id}"
    for login in ("ba", "an", "to1", "ward_reviewer"):
        assert (enter(login).get(home).status, login) == (403, login)
    browser = enter("thu").get(home)
    assert "Chưa đăng ký" in browser.words()
    browser.submit(home, button=f"Đăng ký năm {YEAR}")
    assert "Đã đăng ký" in browser.words()
    browser.post(home)  # tapped again
    assert registered(db, Kind.HOUSEHOLD) == {town.sen.household.id}
    head = enter("sen").get(home)
    assert "Lê Thị Mẫu Thu đăng ký lúc" in head.words()
    head.submit("/rut", button="Rút đăng ký")
    assert registered(db, Kind.HOUSEHOLD) == set()
    browser.get(f"/dang-ky-nam/nhom/don-vi/{unit.id}").submit("", button=f"Đăng ký năm {YEAR}")
    assert registered(db, Kind.UNIT) == {unit.id}
    community = town.ward.communities[0].id
    enter("to1").get(f"/dang-ky-nam/nhom/cong-dong/{community}").submit("", button=f"Đăng ký năm {YEAR}")
    assert registered(db, Kind.COMMUNITY) == {community}
    assert [browser.get(f"/dang-ky-nam/nhom/{word}/{unit.id}").status for word in ("gia-dinh", "xa", "cong-dan")] == [
        404
    ] * 3


ROLES = ("sen", "to1", "to2", "ward_reviewer", "ward_signer", "khac", "province_officer", "admin")
MAY = {"to1", "ward_reviewer", "ward_signer"}  # of Tổ 1
DESKS = {*MAY, "to2", "khac"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("login", ROLES)
def test_who_may_register_others(db: Session, town: Town, enter: Enter, login: str) -> None:
    browser = enter(login)
    assert browser.get(ROLL).status == (200 if login in DESKS else 403)
    browser.get("/tai-khoan").post(CONFIRM, {"loai": "cong-dan", "nam": str(YEAR), "ai": town.sen.id.hex})
    assert browser.status == (200 if login in DESKS else 403)
    assert registered(db) == ({town.sen.id} if login in MAY else set())
    assert browser.get(f"/dang-ky-nam/rut/cong-dan/{town.sen.id}").status == (200 if login in MAY else 403)
    assert browser.get(f"/dang-ky-nam/rut/gia-dinh/{town.sen.household.id}").status == (200 if login in MAY else 403)
    assert browser.get(f"{ROLL}?noi=20014").status == (200 if login == "khac" else 403)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_policy_says_the_same_of_every_kind(db: Session, town: Town) -> None:
    things = [
        (Kind.HOUSEHOLD, town.sen.household.id),
        (Kind.CLAN, make_clan(db, town.ward, community=0).id),
        (Kind.COMMUNITY, town.ward.communities[0].id),
    ]
    who = {account.login: actor_of(db, account) for account in db.scalars(select(Account))}
    for kind, group_id in things:
        found = groups.group(db, kind, group_id)
        assert found is not None
        thing = thing_of_group(db, found, today=clock.today())
        assert {login for login, one in who.items() if may(one, "year.register_others", thing)} == MAY, kind


def statements(app: Flask, browser: Browser, path: str) -> int:
    browser.get(path)  # what is cached by the first look is cached
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        seen.append(statement)

    engine = app.extensions["xhht_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    browser.get(path)
    event.remove(engine, "before_cursor_execute", note)
    assert browser.status == 200
    return len(seen)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_thirty_rows_cost_as_many_queries_as_one(db: Session, town: Town, app: Flask, enter: Enter) -> None:
    def more(count: int) -> list[uuid.UUID]:
        made = [make_resident(db, town.ward, community=1) for _ in range(count)]
        for number in range(count):
            make_clan(db, town.ward, f"Họ Mẫu {number}", community=1)
            make_unit(db, town.ward, f"Trường Mẫu {number}")
        db.commit()
        return [one.id for one in made]

    browser = enter("ward_reviewer")
    ids = more(2)
    browser.get(ticked(ids[0])).submit("/xac-nhan")
    paths = [f"{ROLL}?loai={word}" for word in ("cong-dan", "gia-dinh", "dong-ho", "don-vi", "cong-dong")]
    paths += [f"{ROLL}?xem=roi", "/dan-cu"]
    before = [statements(app, browser, one) for one in [*paths, ticked(ids[1])]]
    many = more(30)
    browser.get(ticked(*many[:15])).submit("/xac-nhan")
    assert [statements(app, browser, one) for one in [*paths, ticked(*many[15:])]] == before
