"""Account, home, household and public screens, by real requests on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    YEAR,
    Resident,
    Ward,
    actor_of,
    give_account,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.applications.actions import register, revoke_title
from xhht_citizen.applications.models import Application
from xhht_citizen.audit import AuditEntry, Look
from xhht_citizen.database import Database, now
from xhht_citizen.people.models import Account, Consent, Household, HouseholdMembership, Person
from xhht_citizen.places.actions import save_ward_settings
from xhht_citizen.places.rules import WardPolicy
from xhht_citizen.ratios.queries import community_counts, ward_counts
from xhht_citizen.titles.models import Registration, Title
from xhht_citizen.web.devices import device_name

LAN = {
    "name": "Trần Thị Mẫu Lan",
    "birth": "05/03/1992",
    "sex": "female",
    "learner_group": "workers",
    "login": "lan1992",
    "password": "hoa-sen-trang-26",
    "consent": "y",
}


@pytest.fixture
def ward(app: Flask, db: Session) -> Ward:
    made = make_ward(db)
    db.commit()
    return made


@pytest.fixture
def read(database: Database) -> Iterator[Session]:
    """Looks at what was committed; a write session would hold SQLite's lock against the app."""
    with database.read() as session:
        yield session


def signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app)
    browser.get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def count(db: Session, model: type) -> int:
    db.rollback()
    return db.scalars(select(func.count()).select_from(model)).one()


def adults(db: Session, ward: Ward, community: int) -> int | None:
    db.rollback()
    row = community_counts(db, ward.communities[community].id, YEAR)
    return row.counts.total if row else None


def test_signing_up_leads_to_ones_year(browser: Browser, ward: Ward, read: Session) -> None:
    browser.get("/dang-ky").submit(fields=LAN)
    assert (browser.status, browser.screen()) == (200, "account.residence")
    browser.submit(fields={"tim": "huong tra"})
    assert browser.links()["Phường Hương Trà"] == "/noi-o/19996"
    browser.get("/noi-o/19996").submit(fields={"community_id": str(ward.communities[1].id), "address": "12 Kiệt Mẫu"})
    assert (browser.status, browser.screen(), browser.heading()) == (
        200,
        "year.home",
        f"Năm học tập {YEAR} của tôi",
    )
    person = read.scalars(select(Person)).one()
    assert (person.name, person.birth_date, person.sex, person.learner_group, person.ward_code) == (
        "Trần Thị Mẫu Lan",
        date(1992, 3, 5),
        "female",
        "workers",
        "19996",
    )
    consent = read.scalars(select(Consent)).one()
    assert (consent.person_id, consent.text_version, consent.channel) == (person.id, "2026-12", "web")
    household = read.scalars(select(Household)).one()
    assert (household.community_id, household.address) == (ward.communities[1].id, "12 Kiệt Mẫu")
    assert adults(read, ward, 1) == 1


def test_sign_up_says_all_that_is_missing_and_ticks_nothing(browser: Browser, ward: Ward, read: Session) -> None:
    form = browser.get("/dang-ky").forms()[0]
    assert "consent" in form.names
    assert "consent" not in form.fields
    browser.submit(fields={**{key: value for key, value in LAN.items() if key != "consent"}, "learner_group": "kings"})
    assert browser.status == 422
    assert "Cần đánh dấu đồng ý để tiếp tục." in browser.text
    assert "Xin chọn một nhóm." in browser.text
    assert count(read, Account) == 0
    browser.submit(fields={"learner_group": "workers", "consent": "y", "birth": "31/02/1992", "password": "12345678"})
    assert browser.status == 422
    assert "Ngày sinh này không có trong lịch." in browser.text
    browser.submit(fields={"birth": "1992", "password": "12345678", "consent": "y"})
    assert "Mật khẩu này quá dễ đoán" in browser.text
    assert count(read, Person) == 0


def test_a_login_belongs_to_one_account(browser: Browser, app: Flask, ward: Ward, read: Session) -> None:
    browser.get("/dang-ky").submit(fields={**LAN, "login": "0912 345 678"})
    assert browser.status == 200
    other = Browser(app).get("/dang-ky").submit(fields={**LAN, "login": "+84912345678"})
    assert (other.status, other.screen()) == (422, "account.sign_up")
    assert "Tên đăng nhập này đã có người dùng" in other.text
    assert (count(read, Account), count(read, Person)) == (1, 1)


def test_a_sign_up_sent_five_times_at_once_makes_one_account(app: Flask, ward: Ward, read: Session) -> None:
    browsers = [Browser(app) for _ in range(5)]
    page = browsers[0].get("/dang-ky").forms()[0].fields["id"]
    for browser in browsers:
        browser.get("/dang-ky")
    with ThreadPoolExecutor(5) as threads:
        done = list(threads.map(lambda browser: browser.submit(fields={**LAN, "id": page}).status, browsers))
    assert done == [200] * 5
    assert [browser.screen() for browser in browsers] == ["account.residence"] * 5
    assert (count(read, Account), count(read, Person), count(read, Consent)) == (1, 1, 1)


def test_the_page_of_another_account_makes_a_new_one(app: Flask, ward: Ward, read: Session) -> None:
    first = Browser(app).get("/dang-ky")
    page = first.forms()[0].fields["id"]
    first.submit(fields=LAN)
    second = Browser(app).get("/dang-ky").submit(fields={**LAN, "id": page, "login": "sen1970"})
    assert second.screen() == "account.residence"
    assert count(read, Account) == 2


def test_signing_in_leads_back_and_never_to_another_host(app: Flask, ward: Ward, db: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    browser = Browser(app).get("/gia-dinh")
    assert browser.screen() == "account.sign_in"
    browser.submit(fields={"login": "LAN", "password": PASSWORD})
    assert browser.screen() == "household.mine"
    away = ("//evil.example", "https://evil.example/", "/\\evil.example", "/%09/evil.example/x", "/%0A/evil.example")
    for target in away:
        browser = Browser(app).get(f"/dang-nhap?next={target}")
        browser.submit(fields={"login": "lan", "password": PASSWORD})
        assert browser.screen() == "year.home"
    wrong = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": "khac-hoan-toan"})
    assert (wrong.status, wrong.screen()) == (422, "account.sign_in")
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng." in wrong.text


def test_what_was_typed_when_the_session_ended_comes_back(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    browser = signed_in(app, "lan").get("/tai-khoan/thong-tin")
    other = signed_in(app, "lan").get("/tai-khoan")
    other.submit("/tai-khoan/dang-xuat-moi-noi")
    assert other.screen() == "account.sign_in"
    browser.submit(fields={"name": "Trần Thị Mẫu Lan Hương"})
    assert browser.screen() == "account.sign_in"
    browser.submit(fields={"login": "lan", "password": PASSWORD})
    assert browser.screen() == "account.details"
    assert browser.forms()[0].fields["name"] == "Trần Thị Mẫu Lan Hương"
    browser.submit(fields={})
    assert browser.screen() == "account.mine"
    read.rollback()
    assert read.scalars(select(Person.name)).one() == "Trần Thị Mẫu Lan Hương"


def test_a_new_password_sends_the_other_devices_out(app: Flask, ward: Ward, db: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    here, there = signed_in(app, "lan"), signed_in(app, "lan")
    new = "doi-mat-khau-moi"
    here.get("/tai-khoan/mat-khau").submit(fields={"old": "sai-mat-khau", "password": new, "again": new})
    assert (here.status, "Mật khẩu hiện tại chưa đúng." in here.text) == (422, True)
    here.submit(fields={"old": PASSWORD, "password": new, "again": "doi-mat-khau-khac"})
    assert (here.status, "chưa giống nhau" in here.text) == (422, True)
    here.submit(fields={"old": PASSWORD, "password": new, "again": new})
    assert (here.status, here.screen()) == (200, "account.mine")
    assert there.get("/tai-khoan").screen() == "account.sign_in"
    assert there.submit(fields={"login": "lan", "password": PASSWORD}).status == 422
    assert there.submit(fields={"login": "lan", "password": new}).screen() == "account.mine"
    assert there.submit("/dang-xuat").screen() == "public.landing"
    assert there.get("/tai-khoan").screen() == "account.sign_in"
    assert here.get("/tai-khoan").screen() == "account.mine"


def test_the_desk_is_that_of_the_role(app: Flask, ward: Ward, db: Session) -> None:
    make_resident(db, ward, login="nguoidan")
    make_officer(db, ward, "community_head", "chihoi")
    make_officer(db, ward, "ward_reviewer", "canbo")
    make_officer(db, ward, "province_officer", "tinh")
    make_officer(db, ward, "admin", "quantri")
    give_account(db, "trong")
    db.commit()
    desks = {login: signed_in(app, login).screen() for login in ("nguoidan", "chihoi", "canbo", "tinh", "quantri")}
    assert desks == {
        "nguoidan": "year.home",
        "chihoi": "review.queue",
        "canbo": "review.queue",
        "tinh": "ratios.province",
        "quantri": "admin.roles",
    }
    assert signed_in(app, "trong").screen() == "account.mine"


def test_moving_counts_at_both_homes_and_leaves_the_case(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    other = make_ward(db, "00001", "Phường Mẫu Đông", province_code="01", province_name="Thành phố Mẫu")
    officer = make_officer(db, ward, "ward_reviewer", "canbo")
    bay = make_resident(db, other, "Nguyễn Văn Mẫu Bảy", community=2)
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    make_application(db, lan, "under_review", by=actor_of(db, officer.account))
    code = bay.household.join_code
    db.commit()
    assert adults(read, ward, 0) == 1
    browser = signed_in(app, "lan").get("/noi-o")
    browser.submit(fields={"code": "AAAA AAAA", "relation": "child"})
    assert (browser.status, "Không có hộ nào mang mã này" in browser.text) == (422, True)
    browser.submit(fields={"code": f"{code[:4].lower()} {code[4:]}", "relation": "child"})
    assert (browser.status, browser.screen()) == (200, "year.home")
    assert (adults(read, ward, 0), adults(read, other, 2)) == (0, 2)
    for place in (ward, other):
        row = ward_counts(read, place.code, YEAR)
        assert row is not None
        assert row.counts.total == (0 if place is ward else 2)
    case = read.scalars(select(Application)).one()
    assert (case.ward_code, case.community_id, case.state) == ("19996", ward.communities[0].id, "under_review")
    assert read.get(Person, lan.id).ward_code == "00001"  # type: ignore[union-attr]
    kept = read.scalars(select(HouseholdMembership).where(HouseholdMembership.person_id == lan.id)).all()
    assert sorted(row.revoked_at is None for row in kept) == [False, True]
    moves = read.scalars(select(AuditEntry).where(AuditEntry.action == "person.move")).all()
    assert [(move.ward_code, json.loads(move.detail)["from_ward"]) for move in moves] == [("00001", "19996")]
    assert "Nguyễn Văn Mẫu Bảy" in browser.get("/gia-dinh").words()


def test_a_home_sent_twice_founds_one_household(app: Flask, ward: Ward, read: Session) -> None:
    browser = Browser(app).get("/dang-ky").submit(fields=LAN)
    fields = {"community_id": str(ward.communities[0].id), "id": browser.get("/noi-o/19996").forms()[0].fields["id"]}
    for _ in range(2):
        browser.get("/noi-o/19996").submit(fields=fields)
        assert browser.screen() == "year.home"
    assert (count(read, Household), count(read, HouseholdMembership)) == (1, 1)
    browser.get("/noi-o/19996").submit(fields={"community_id": ""})
    assert (browser.status, "Xin chọn thôn, tổ dân phố." in browser.text) == (422, True)
    assert browser.get("/noi-o/99999").status == 404


def test_nobody_enters_a_household_by_its_id_or_by_guessing(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    bay = make_resident(db, ward, "Nguyễn Văn Mẫu Bảy")
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    db.commit()
    browser = signed_in(app, "lan")
    browser.get("/noi-o/19996")
    browser.submit(fields={"community_id": str(ward.communities[0].id), "id": str(bay.household.id)})
    assert browser.screen() == "year.home"
    read.rollback()
    rows = read.scalars(select(HouseholdMembership.household_id).where(HouseholdMembership.person_id == lan.id)).all()
    assert bay.household.id not in rows
    browser.get("/noi-o")
    answers = [browser.submit(fields={"code": f"AAAAAA{n:02}", "relation": "other"}).status for n in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_details_keep_four_digits_and_warn_without_a_wall(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan", birth_year=1992)
    make_resident(db, ward, "Lê Thị Mẫu Sen", login="sen", birth_year=1992)
    db.commit()
    browser = signed_in(app, "lan").get("/tai-khoan/thong-tin")
    browser.submit(fields={"citizen_id": "046 300 001234"})
    assert browser.screen() == "account.mine"
    assert "Năm sinh trong số căn cước khác với năm sinh đã nhập." in browser.words()
    read.rollback()
    row = read.get_one(Person, lan.id)
    assert (row.citizen_id_last4, len(row.citizen_id_hash or "")) == ("1234", 64)
    assert "046300001234" not in browser.get("/tai-khoan/thong-tin").text
    browser.submit(fields={"name": "Trần Thị Mẫu Lan Anh"})
    read.rollback()
    assert (row.name, row.citizen_id_last4, row.search_key) == (
        "Trần Thị Mẫu Lan Anh",
        "1234",
        "tran thi mau lan anh",
    )
    other = signed_in(app, "sen").get("/tai-khoan/thong-tin").submit(fields={"citizen_id": "046300001234"})
    assert (other.status, "Số định danh này đã có trong danh sách" in other.text) == (422, True)
    browser.get("/tai-khoan/thong-tin").submit(fields={"forget": "y"})
    read.rollback()
    assert (row.citizen_id_last4, row.citizen_id_hash) == (None, None)
    stale = browser.get("/tai-khoan/thong-tin").forms()[0].fields["version"]
    browser.submit(fields={"birth": "2015"})
    browser.get("/tai-khoan/thong-tin").submit(fields={"birth": "1990", "version": stale})
    assert browser.status == 409
    read.rollback()
    assert row.birth_year == 2015
    assert adults(read, ward, 0) == 1  # a child is not counted any more


def test_another_group_changes_an_unsent_case_only(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    for login, state in (("lan", "draft"), ("sen", "submitted")):
        make_application(db, make_resident(db, ward, login=login), state)
    db.commit()
    sets = {}
    for login, status in (("lan", 200), ("sen", 422)):
        browser = signed_in(app, login).get("/tai-khoan/thong-tin").submit(fields={"learner_group": "workers"})
        assert browser.status == status
        account = read.scalars(select(Account).where(Account.login == login)).one()
        read.rollback()
        sets[login] = read.scalars(
            select(Application.criteria_set).where(Application.person_id == account.person_id)
        ).one()
    assert sets == {"lan": "citizen-324-workers", "sen": "citizen-324-residents"}


def test_consent_taken_back_stops_the_case(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_application(db, make_resident(db, ward, login="lan"), "submitted")
    db.commit()
    browser = signed_in(app, "lan").get("/dong-y").submit("/dong-y/rut-lai")
    assert browser.screen() == "account.consent"
    assert read.scalars(select(Application.state)).one() == "withdrawn"
    assert browser.get("/nam-nay").screen() == "account.consent"
    assert browser.get("/tai-khoan").screen() == "account.mine"
    browser.get("/gia-dinh").submit(fields={})
    assert (browser.status, "Cần đánh dấu đồng ý" in browser.text) == (422, True)
    browser.submit(fields={"consent": "y"})
    assert browser.screen() == "household.mine"
    assert count(read, Consent) == 2


def test_nothing_is_lost_while_consent_is_missing(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward)
    give_account(db, "lan", lan, consented=False)
    db.commit()
    browser = signed_in(app, "lan").get(f"/minh-chung?nam={YEAR - 1}")
    assert browser.screen() == "account.consent"
    browser.submit(fields={"consent": "y"})
    assert browser.path == f"/minh-chung?nam={YEAR - 1}"
    form = browser.get("/minh-chung/moi")
    signed_in(app, "lan").get("/dong-y").submit("/dong-y/rut-lai")
    form.submit(fields={"title": "Lớp nấu ăn ở nhà văn hóa"})
    assert form.screen() == "account.consent"
    form.submit(fields={"consent": "y"})
    assert (form.screen(), form.path.partition("?")[0]) == ("evidence.new", "/minh-chung/moi")
    assert "Lớp nấu ăn ở nhà văn hóa" in form.text


def test_nobody_asks_who_is_listed_by_trying_numbers(app: Flask, ward: Ward, db: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    browser = signed_in(app, "lan").get("/tai-khoan/thong-tin")
    answers = []
    for number in range(12):
        browser.get("/tai-khoan/thong-tin").submit(fields={"citizen_id": f"0461920012{number:02}"})
        answers.append(browser.status)
    assert answers == [200] * 10 + [429] * 2
    assert "Đã thử quá nhiều lần" in browser.words()
    assert browser.get("/tai-khoan/thong-tin").submit(fields={"name": "Trần Thị Mẫu Lan"}).status == 200


def test_ones_year_in_every_state(app: Flask, ward: Ward, db: Session) -> None:
    officer = make_officer(db, ward, "ward_reviewer", "canbo")
    make_officer(db, ward, "community_head", "chihoi")
    by = actor_of(db, officer.account)
    said = {
        "draft": "Đủ điểm để được công nhận",
        "submitted": "Chi hội ở thôn, tổ dân phố bình xét trước",
        "endorsed": "Chi hội đã tán thành và chuyển lên phường, xã.",
        "under_review": "Người xét đang xem từng chỉ số.",
        "returned": "“Xin thêm tên người làm chứng.”",
        "recommended": "đang chờ ký quyết định",
        "declined": "Chưa được công nhận",
        "granted": "Chúc mừng! Ông/bà được công nhận Công dân học tập",
        "withdrawn": "Ông/bà đã rút hồ sơ.",
    }
    for state in said:
        make_application(db, make_resident(db, ward, login=state.replace("_", "-")), state, by=by)
    db.commit()
    for state, words in said.items():
        page = signed_in(app, state.replace("_", "-")).get("/nam-nay")
        assert (state, page.screen(), words in page.words()) == (state, "year.home", True)


def test_the_next_steps_begin_below_the_floor(app: Flask, ward: Ward, db: Session) -> None:
    save_ward_settings(db, WardPolicy(ward.code, submit_by=date(YEAR, 12, 31)))
    lan = make_resident(db, ward, login="lan")
    make_application(db, lan, "draft", points=8, answers={"2.4": 0, "1.3": 5})
    db.commit()
    page = signed_in(app, "lan").get("/nam-nay")
    gains = [span.text for span in page.page.iter("span") if "rows-gain" in (span.get("class") or "")]
    assert gains == ["+5", "+3", "+2"]
    assert "Còn thiếu 11 điểm" in page.words()
    assert f"Hạn gửi 31/12/{YEAR}" in page.words()


def test_registering_twice_counts_once(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    browser = signed_in(app, "lan").get("/nam-nay").submit("/nam-nay/dang-ky")
    assert browser.screen() == "year.home"
    assert browser.post("/nam-nay/dang-ky").status == 200
    assert count(read, Registration) == 1
    row = ward_counts(read, ward.code, YEAR)
    assert row is not None
    assert (row.counts.total, row.counts.registered) == (1, 1)
    assert Browser(app).client.post("/nam-nay/dang-ky").status_code in {302, 303, 400}


def family(db: Session, ward: Ward) -> tuple[Resident, Resident, Resident]:
    """Lan with a draft, Bảy with a title, and a child."""
    officer = make_officer(db, ward, "ward_reviewer", "canbo")
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan", birth_year=1992)
    bay = make_resident(db, ward, "Nguyễn Văn Mẫu Bảy", household=lan.household, birth_year=1955)
    child = make_resident(db, ward, "Nguyễn Mẫu An", household=lan.household, birth_year=YEAR - 10)
    make_application(db, lan, "draft", points=5)
    make_application(db, bay, "granted", points=8, by=actor_of(db, officer.account))
    return lan, bay, child


def test_the_household_shows_titles_never_scores(app: Flask, ward: Ward, db: Session) -> None:
    lan, _bay, _child = family(db, ward)
    db.commit()
    words = signed_in(app, "lan").get("/gia-dinh").words()
    assert "1/2" in words
    assert "50 %" in words
    assert "Nguyễn Mẫu An" in words
    assert f"{lan.household.join_code[:4]} {lan.household.join_code[4:]}" in words
    assert "80" not in words
    assert "điểm" not in words.replace("Điểm của mỗi người chỉ người ấy xem được.", "")


def test_officers_see_adults_only_and_are_seen(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    lan, bay, child = family(db, ward)
    make_officer(db, ward, "community_head", "chihoi", community=0)
    make_officer(db, ward, "community_head", "chihoi2", community=1)
    make_resident(db, ward, login="hangxom")
    path = f"/ho-gia-dinh/{lan.household.id}"
    db.commit()
    assert {login: signed_in(app, login).get(path).status for login in ("chihoi2", "hangxom")} == {
        "chihoi2": 403,
        "hangxom": 403,
    }
    page = signed_in(app, "chihoi").get(path)
    assert (page.status, page.screen()) == (200, "household.view")
    assert bay.name in page.words()
    assert child.name not in page.text
    assert lan.household.join_code not in page.text
    read.rollback()
    assert {(look.person_id, look.screen) for look in read.scalars(select(Look))} == {
        (lan.id, "household.view"),
        (bay.id, "household.view"),
    }
    own = signed_in(app, "lan")
    assert "Cán bộ chihoi" in own.get("/tai-khoan/ai-da-xem").words()
    assert own.get(path).screen() == "household.mine"
    assert count(read, Look) == 2
    assert own.get("/ho-gia-dinh/00000000-0000-0000-0000-000000000001").status == 404


def test_a_copy_of_ones_own_data(app: Flask, ward: Ward, db: Session) -> None:
    officer = make_officer(db, ward, "ward_reviewer", "canbo")
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    make_application(db, lan, "granted", by=actor_of(db, officer.account))
    register(db, lan.person, YEAR, actor=actor_of(db, officer.account))
    for number in range(205):
        make_evidence(db, lan, f"Buổi {number}")
    db.add_all(
        Look(ward_code=ward.code, at=now(), account_id=officer.account.id, person_id=lan.id, screen="review.case")
        for _ in range(1005)
    )
    db.commit()
    answer = signed_in(app, "lan").client.get("/tai-khoan/du-lieu")
    data = answer.get_json()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="du-lieu-cua-toi.json"'
    assert (data["login"], data["person"]["name"], data["home"]["ward"]) == ("lan", lan.name, ward.name)
    assert [step["name"] for step in data["applications"][0]["history"]] == [
        "submit",
        "endorse",
        "take",
        "recommend",
        "grant",
    ]
    assert data["titles"][0]["decision"] == "128/QĐ-UBND"
    assert [(row["relation"], row["revoked_at"]) for row in data["households"]] == [("head", None)]
    assert [row["device"] for row in data["devices"]] == [""]
    assert (len(data["evidence"]), len(data["looks"])) == (205, 1005)
    assert [row["year"] for row in data["registrations"]] == [YEAR]
    assert "password" not in answer.get_data(as_text=True)


def test_anyone_may_check_a_certificate(browser: Browser, ward: Ward, db: Session) -> None:
    officer = make_officer(db, ward, "ward_signer", "kyduyet")
    by = actor_of(db, officer.account)
    make_application(db, make_resident(db, ward, "Trần Thị Mẫu Lan"), "granted", by=by)
    title = db.scalars(select(Title)).one()
    db.commit()
    browser.get("/kiem-tra").submit(
        "/kiem-tra", fields={"ma": f" {title.public_code[:5].lower()}-{title.public_code[5:]}"}
    )
    assert (browser.status, browser.screen()) == (200, "public.verify_result")
    assert "Giấy công nhận còn hiệu lực" in browser.words()
    assert "Trần T. M. L***" in browser.words()
    assert "Trần Thị Mẫu Lan" not in browser.text
    assert "Không có giấy công nhận mang mã này" in browser.get("/kiem-tra/2346-79ACD").words()
    revoke_title(db, title.id, reason="Khai sai giấy tờ của bà Lan", actor=by)
    db.commit()
    page = browser.get(f"/kiem-tra/{title.public_code}")
    assert "Giấy công nhận đã bị thu hồi" in page.words()
    assert "Khai sai" not in page.text


def test_the_front_door_counts_and_the_language_stays(browser: Browser, ward: Ward, db: Session) -> None:
    assert "Đến nay trong cả nước" not in browser.get("/").words()
    officer = make_officer(db, ward, "ward_signer", "kyduyet")
    make_application(db, make_resident(db, ward), "granted", by=actor_of(db, officer.account))
    db.commit()
    assert "1/1 (100 %)" in browser.get("/").words()
    browser.get("/tro-giup").submit("/ngon-ngu", button="English")
    assert (browser.path, browser.page.get("lang")) == ("/tro-giup", "en")
    token = browser.forms()[0].fields["csrf_token"]
    answer = browser.client.post("/ngon-ngu", data={"csrf_token": token, "lang": "vi", "next": "//evil.example"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/").page.get("lang") == "vi"


@pytest.mark.parametrize("path", ["/", "/tro-giup", "/quyen-rieng-tu", "/kiem-tra", "/dang-ky", "/dang-nhap"])
def test_public_pages_open(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert (page.status, len(list(page.page.iter("h1")))) == (200, 1)


def test_a_sign_of_life(browser: Browser) -> None:
    answer = browser.get("/suc-khoe").response
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/plain", b"ok\n")


def test_a_device_has_a_name_its_owner_knows() -> None:
    android = "Mozilla/5.0 (Linux; Android 13; SM-A045F) AppleWebKit/537.36 (KHTML) Chrome/120.0 Mobile Safari/537.36"
    assert device_name(android) == "Android, Chrome"
    assert device_name(android + " Zalo/23.1") == "Android, Zalo"
    assert device_name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/121.0") == "Windows, Firefox"
    assert device_name("") == ""
