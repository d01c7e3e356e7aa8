"""Nothing typed is lost: drafts on the server, forms kept when a session ended or a token aged, help, size of text."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Form
from factories import (
    KEY,
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_activity,
    make_application,
    make_clan,
    make_evidence,
    make_group,
    make_group_application,
    make_head,
    make_helper,
    make_officer,
    make_resident,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import delete, select, update
from wtforms import PasswordField

from xhht_citizen import clock
from xhht_citizen.access.rules import Role
from xhht_citizen.app import create_app
from xhht_citizen.config import Settings
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database, now
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import sessions
from xhht_citizen.people.models import AccountSession, Consent, KeptForm
from xhht_citizen.phones import drafting
from xhht_citizen.phones.models import Draft
from xhht_citizen.web import explaining, keeping
from xhht_citizen.web import forms as web_forms

NEW = "/minh-chung/moi"
DAY = f"{TODAY:%d/%m/%Y}"
COURSE = {"kind": "course", "title": "Lớp trồng rau sạch", "learned_on": DAY, "note": "Biết ủ phân."}
FILLED = "Đã điền lại bản nháp lưu lúc"


@pytest.fixture
def ward(database: Database) -> Ward:
    with database.transaction() as db:
        return make_ward(db)


@pytest.fixture
def lan(database: Database, ward: Ward) -> Resident:
    with database.transaction() as db:
        return make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992, login="lan")


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap?next=/tro-giup")
    browser.submit("/dang-nhap", {"login": login, "password": PASSWORD})
    assert (browser.status, browser.path) == (200, "/tro-giup")
    return browser


@pytest.fixture
def as_lan(app: Flask, lan: Resident) -> Browser:
    return enter(app, "lan")


def account(resident: Resident) -> uuid.UUID:
    assert resident.account is not None
    return resident.account.id


def form_with(browser: Browser, *names: str) -> Form:
    return next(form for form in browser.forms() if {*names} <= form.names)


def drafts(database: Database) -> list[tuple[str, dict[str, list[str]]]]:
    with database.read() as db:
        return [(row.path, row.fields) for row in db.scalars(select(Draft).order_by(Draft.path))]


def data_of(browser: Browser) -> dict[str, str]:
    """What the page's script reads off the form that is saved while it is typed."""
    node = next(one for one in browser.page.iter("form") if one.get("data-draft"))
    return {name: value for name, value in node.attrib.items() if str(name).startswith("data-draft")}


def autosave(browser: Browser, typed_fields: dict[str, list[str]], **more: Any) -> tuple[int, Any]:
    """What the page's script sends."""
    said = data_of(browser)
    data = {
        "csrf_token": form_with(browser, "csrf_token").fields["csrf_token"],
        "who": said["data-draft-who"],
        "path": said["data-draft"],
        "typed": said["data-draft-now"],
        "fields": json.dumps(typed_fields),
        **more,
    }
    answer = browser.client.post("/nhap", data=data, headers={"X-Xhht-Draft": said["data-draft-who"]})
    return answer.status_code, answer.get_json(silent=True)


# The rows


def test_an_older_word_never_comes_over_a_newer_one(database: Database, lan: Resident) -> None:
    at = now()
    with database.transaction() as db:
        said = [
            drafting.save(db, account(lan), lan.id, NEW, {"title": [text]}, typed=at + timedelta(seconds=seconds))
            for text, seconds in (("hai", -2), ("một", -3), ("ba", -1), ("ba", -1))
        ]
    with database.read() as db:
        typed = drafting.waiting(db, account(lan), lan.id, NEW)
    assert said == [True, False, True, False]
    assert typed == drafting.Typed({"title": ["ba"]}, at - timedelta(seconds=1))


def test_words_of_the_future_are_of_now(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        drafting.save(db, account(lan), lan.id, NEW, {"title": ["a"]}, typed=now() + timedelta(days=400))
        typed = drafting.waiting(db, account(lan), lan.id, NEW)
        assert typed is not None
        assert typed.at <= now()
        drafting.drop(db, account(lan), lan.id, NEW)
        assert not drafting.save(db, account(lan), lan.id, NEW, {"title": ["a"]}, typed=typed.at)


@pytest.mark.parametrize("before", [True, False])
def test_what_was_sent_does_not_come_back_as_a_ghost(database: Database, lan: Resident, *, before: bool) -> None:
    """Whether or not an earlier save had arrived when the form was sent."""
    typed = now()
    with database.transaction() as db:
        if before:
            drafting.save(db, account(lan), lan.id, NEW, {"title": ["a"]}, typed=typed - timedelta(seconds=5))
        drafting.drop(db, account(lan), lan.id, NEW)
    with database.transaction() as db:
        assert not drafting.save(db, account(lan), lan.id, NEW, {"title": ["a"]}, typed=typed)
    with database.read() as db:
        gone = drafting.waiting(db, account(lan), lan.id, NEW)
        assert gone is not None
        assert gone.fields == {}


def test_drafts_go_after_thirty_days_and_there_are_never_very_many(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        for number in range(drafting.MOST_DRAFTS + 5):
            at = now() - timedelta(minutes=200 - number)
            drafting.save(db, account(lan), lan.id, f"/diem/{number:03}", {"note": ["a"]}, typed=at)
    kept = [path for path, _fields in drafts(database)]
    assert kept == [f"/diem/{number:03}" for number in range(5, drafting.MOST_DRAFTS + 5)]
    with database.transaction() as db:
        db.execute(update(Draft).values(saved_at=now() - timedelta(days=31)))
        assert drafting.waiting(db, account(lan), lan.id, "/diem/050") is None
        assert drafting.unsent(db, account(lan), lan.id) == []
        drafting.save(db, account(lan), lan.id, NEW, {"note": ["a"]})
    assert [path for path, _fields in drafts(database)] == [NEW]


def test_a_worker_removes_the_drafts_nobody_went_on_with(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        for number in range(5):
            drafting.save(db, account(lan), lan.id, f"/diem/{number}", {"note": ["a"]})
        old = Draft.path.in_(["/diem/0", "/diem/2", "/diem/3", "/diem/4"])
        db.execute(update(Draft).where(old).values(saved_at=now() - timedelta(days=drafting.DRAFT_DAYS, seconds=1)))
    assert drafting.forget_old(database, at_once=2) == 4
    assert [path for path, _fields in drafts(database)] == ["/diem/1"]


# Without script


def test_save_and_go_on_loses_nothing_and_checks_nothing(app: Flask, as_lan: Browser, database: Database) -> None:
    as_lan.get(NEW).submit(None, {"title": "Lớp trồng", "learned_on": "hôm qua"}, button="Lưu và tiếp tục")
    assert (as_lan.status, as_lan.screen()) == (200, "evidence.new")
    assert ("Đã lưu bản nháp." in as_lan.words(), "Còn" in as_lan.words()) == (True, False)
    shown = form_with(as_lan, "title").fields
    assert (shown["title"], shown["learned_on"]) == ("Lớp trồng", "hôm qua")
    ((path, fields),) = drafts(database)
    assert (path, fields["title"], "csrf_token" in fields, "then" in fields) == (NEW, ["Lớp trồng"], False, False)
    again = enter(app, "lan").get(NEW)
    assert FILLED in again.words()
    assert form_with(again, "title").fields["learned_on"] == "hôm qua"
    again.submit(None, COURSE, button="Lưu việc này")
    assert again.screen() == "evidence.mine"
    assert drafts(database) == [(NEW, {})]
    again.get(NEW)
    assert (FILLED in again.words(), form_with(again, "title").fields["title"]) == (False, "")


def test_yesterday_in_a_draft_stays_the_day_it_was(as_lan: Browser, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        typed = {"title": ["Lớp trồng"], "learned_on": ["hôm qua"]}
        drafting.save(db, account(lan), lan.id, NEW, typed, typed=now() - timedelta(days=3))
    shown = form_with(as_lan.get(NEW), "title").fields
    assert shown["learned_on"] == f"{TODAY - timedelta(days=4):%d/%m/%Y}"


def test_a_photo_that_was_chosen_is_said_not_to_be_in_it(as_lan: Browser) -> None:
    as_lan.get(NEW).submit(None, {**COURSE, "files": ("giay.png", b"x")}, button="Lưu và tiếp tục")
    assert "Ảnh, tệp vừa chọn không nằm trong bản nháp" in as_lan.words()


def test_a_draft_is_thrown_away(as_lan: Browser, database: Database) -> None:
    as_lan.get(NEW).submit(None, {"title": "Lớp trồng"}, button="Lưu và tiếp tục").get(NEW)
    as_lan.submit("/nhap/bo")
    assert (as_lan.screen(), "Đã bỏ bản nháp." in as_lan.words()) == ("evidence.new", True)
    assert (FILLED in as_lan.words(), form_with(as_lan, "title").fields["title"]) == (False, "")
    assert drafts(database) == [(NEW, {})]


def test_a_correction_and_an_answer_have_drafts_of_their_own(
    as_lan: Browser, lan: Resident, database: Database
) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp trồng rau")
    edit = f"/minh-chung/{key}/sua"
    as_lan.get(edit).submit(None, {"title": "Lớp trồng hoa"}, button="Lưu và tiếp tục")
    as_lan.get("/diem/1.2").submit(None, {"points": "8", "note": "Hai lần."}, button="Lưu và tiếp tục")
    assert form_with(as_lan.get(edit), "title").fields["title"] == "Lớp trồng hoa"
    answer = form_with(as_lan.get("/diem/1.2"), "points").fields
    assert (answer["points"], answer["note"]) == ("8", "Hai lần.")
    assert "note" not in [name for name, value in form_with(as_lan.get("/diem/1.1"), "note").fields.items() if value]
    as_lan.get(edit).submit(None, {}, button="Lưu")
    as_lan.get("/diem/1.2").submit(None, {}, button="Lưu")
    assert sorted(drafts(database)) == sorted([("/diem/1.2", {}), (edit, {})])
    with database.read() as db:
        assert db.scalars(select(Evidence.title)).all() == ["Lớp trồng hoa"]


def test_a_draft_of_last_year_is_not_put_into_this_years_answer(
    as_lan: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_lan.get("/diem/1.2").submit(None, {"points": "8", "note": "Năm cũ."}, button="Lưu và tiếp tục")
    monkeypatch.setattr(clock, "today", lambda: date(TODAY.year + 1, 1, 5))
    assert "Năm cũ." not in as_lan.get("/diem/1.2").text


def test_what_is_refused_keeps_its_draft(as_lan: Browser, database: Database) -> None:
    as_lan.get(NEW).submit(None, COURSE, button="Lưu và tiếp tục")
    as_lan.get(NEW).submit(None, {"learned_on": "không nhớ"}, button="Lưu việc này")
    assert as_lan.status == 422
    ((_path, fields),) = drafts(database)
    assert fields["title"] == ["Lớp trồng rau sạch"]


# Acting for somebody


def test_a_helpers_draft_is_of_whom_it_is_about(app: Flask, database: Database, ward: Ward, lan: Resident) -> None:
    with database.transaction() as db:
        bay = make_resident(db, ward, "Nguyễn Mẫu Bảy", birth_year=YEAR - 71)
        make_application(db, bay, "draft", year=YEAR - 1)
        make_helper(db, bay, lan.account)  # type: ignore[arg-type]
    browser = enter(app, "lan")
    browser.get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
    browser.get(NEW).submit(None, {"title": "Của ông Bảy"}, button="Lưu và tiếp tục")
    assert [node.get("src", "").rpartition("/")[2] for node in browser.get(NEW).page.iter("script")] == [
        "vi.js",
        "helper.bundle.js",
    ]
    assert autosave(browser, {"title": ["Của ông Bảy, sửa"]}) == (200, {"state": "saved"})
    of_bay = browser.get(NEW)
    said = data_of(of_bay)
    assert "Của ông Bảy, sửa" in of_bay.text
    browser.submit("/lam-thay/thoi")
    own = browser.get(NEW)
    assert "Của ông Bảy" not in own.text
    assert said["data-draft-who"] != data_of(own)["data-draft-who"]
    assert autosave(own, {"title": ["a"]}, who=said["data-draft-who"]) == (409, {"state": "other"})
    with database.read() as db:
        assert [(row.account_id, row.person_id) for row in db.scalars(select(Draft))] == [(account(lan), bay.id)]
    own.submit(None, COURSE, button="Lưu việc này")
    browser.get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
    assert "Của ông Bảy, sửa" in browser.get(NEW).text


# What the page's script sends


def test_the_script_saves_and_is_answered_in_few_words(as_lan: Browser, database: Database) -> None:
    as_lan.get(NEW)
    later = str(int(data_of(as_lan)["data-draft-now"]))
    assert autosave(as_lan, {"title": ["Lớp"], "csrf_token": ["x"], "password": ["y"], "then": ["z"]}) == (
        200,
        {"state": "saved"},
    )
    assert drafts(database) == [(NEW, {"title": ["Lớp"]})]
    assert autosave(as_lan, {"title": ["Cũ"]}, typed=str(int(later) - 5000)) == (200, {"state": "late"})
    assert autosave(as_lan, {"note": ["x" * 60_001]}) == (422, {"state": "long"})
    assert drafts(database) == [(NEW, {"title": ["Lớp"]})]


def test_a_save_of_its_own_puts_no_cookie_back(database_url: str, tmp_path: Path, lan: Resident) -> None:
    """Where a replica is read, a page says in its cookie that it has just written; a save while typing does not."""
    app = create_app(Settings(tmp_path, database_url, KEY, replica_url=database_url, secure_cookies=False))
    app.testing = True
    browser = enter(app, "lan").get(NEW)
    said = data_of(browser)
    data = {
        "csrf_token": form_with(browser, "csrf_token").fields["csrf_token"],
        "who": said["data-draft-who"],
        "path": said["data-draft"],
        "typed": said["data-draft-now"],
        "fields": '{"title": ["a"]}',
    }
    cookies = []
    for headers in ({"X-Xhht-Draft": said["data-draft-who"]}, {}):
        answer = browser.client.post("/nhap", data=data, headers=headers)
        cookies.append((answer.status_code, [line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")]))
    assert cookies == [(200, []), (200, ["xhht"])]
    app.extensions["xhht_database"].dispose()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "more",
    [
        {"path": "//elsewhere.example"},
        {"path": "/khong-co"},
        {"path": "/xet-duyet"},
        {"path": "/minh-chung/moi?chi-so=1.1"},
        {"path": "/minh-chung/" + "a" * 200},
        {"path": ""},
        {"fields": "["},
        {"fields": "[" * 200_000},
        {"fields": "[]"},
        {"fields": '{"a": "b"}'},
        {"fields": '{"a": [1]}'},
        {"fields": '{"a": ["\\u0000"]}'},
        {"fields": '{"a": ["\\ud83d"]}'},
        {"fields": '{"\\ud83d": ["a"]}'},
    ],
)
def test_what_is_no_draft_is_refused(as_lan: Browser, database: Database, more: dict[str, str]) -> None:
    assert autosave(as_lan.get(NEW), {"title": ["Lớp"]}, **more) == (422, {"state": "wrong"})
    assert drafts(database) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("typed", ["", "abc", "-1", "9" * 16, "9" * 40])
def test_a_clock_that_is_wrong_is_read_as_now(as_lan: Browser, database: Database, typed: str) -> None:
    assert autosave(as_lan.get(NEW), {"title": ["Lớp"]}, typed=typed) == (200, {"state": "saved"})
    with database.read() as db:
        assert db.scalars(select(Draft.saved_at)).one() <= now()


def test_a_save_with_an_ended_session_or_an_aged_token_is_put_nowhere_else(as_lan: Browser, database: Database) -> None:
    as_lan.get(NEW)
    assert autosave(as_lan, {"title": ["Lớp"]}, csrf_token="of-another-page")[0] == 400
    with database.transaction() as db:
        db.execute(update(AccountSession).values(ended_at=now()))
    assert autosave(as_lan, {"title": ["Lớp"]})[0] == 303
    with database.read() as db:
        assert (db.scalars(select(KeptForm.id)).all(), drafts(database)) == ([], [])


def test_a_late_save_of_a_form_that_was_sent(as_lan: Browser, database: Database) -> None:
    page = as_lan.get(NEW)
    said, token = data_of(page), form_with(page, "title").fields["csrf_token"]
    as_lan.submit(None, COURSE, button="Lưu việc này")
    assert next(as_lan.page.iter("body")).get("data-sent") == NEW
    data = {"csrf_token": token, "who": said["data-draft-who"], "path": NEW, "typed": said["data-draft-now"]}
    late = as_lan.client.post("/nhap", data={**data, "fields": json.dumps({"title": ["Bóng ma"]})})
    assert (late.status_code, late.get_json()) == (200, {"state": "late"})
    fresh = as_lan.get(NEW)
    assert (next(fresh.page.iter("body")).get("data-sent"), "Bóng ma" in fresh.text) == (None, False)


# Kept across an ended session and an aged token: every form of a citizen with something to write


def _declined(db: Any, lan: Resident) -> str:
    return f"/ho-so/{make_application(db, lan, 'declined').id}/xet-lai"


def _child(db: Any, lan: Resident) -> Resident:
    return make_resident(db, lan.ward, household=lan.household, birth_year=YEAR - 9)


def _spouse(db: Any, lan: Resident) -> Resident:
    return make_resident(db, lan.ward, household=lan.household, birth_year=1990, relation="spouse")


def _activity(db: Any, lan: Resident) -> uuid.UUID:
    officer = make_officer(db, lan.ward, Role.COMMUNITY_HEAD, "chi-hoi")
    make_activity(db, lan.ward, officer, people=[lan])
    return db.scalars(select(Evidence.id).where(Evidence.person_id == lan.id)).one()


def _clan_case(db: Any, lan: Resident, state: str = "draft") -> tuple[Any, uuid.UUID]:
    clan = make_clan(db, lan.ward, households=[lan.household])
    make_head(db, "clan", clan.id, lan)
    case = make_group_application(db, make_group(db, Kind.CLAN, clan.id), state)
    return case, clan.id


FORMS: dict[str, tuple[Callable[[Any, Resident], str], dict[str, Any]]] = {
    "evidence.new": (lambda db, lan: NEW, {**COURSE, "provider": "Xã", "hours": "1,5", "indicators": ["1.1", "2.1"]}),
    "evidence.edit": (
        lambda db, lan: f"/minh-chung/{make_evidence(db, lan, 'Lớp')}/sua",
        {"title": "Lớp khác", "witness": "Bà Mẫu", "note": "Một\nhai"},
    ),
    "evidence.view": (lambda db, lan: f"/minh-chung/{_activity(db, lan)}", {"note": "Lời của tôi"}),
    "score.indicator": (lambda db, lan: "/diem/1.1", {"points": "8", "note": "Có người biết."}),
    "application.appeal": (_declined, {"reason": "Chỉ số 1.1 chưa đúng."}),
    "account.details": (lambda db, lan: "/tai-khoan/thong-tin", {"name": "Trần Mẫu Mới", "birth": "1990"}),
    "account.email": (lambda db, lan: "/tai-khoan/thu-dien-tu", {"email": "lan@mau.example"}),
    "account.residence": (lambda db, lan: "/noi-o", {"relation": "other"}),
    "account.residence_ward": (lambda db, lan: f"/noi-o/{lan.ward.code}", {"address": "Số 5 ngõ Mẫu"}),
    "household.add": (
        lambda db, lan: f"/ho-gia-dinh/{lan.household.id}/them-nguoi",
        {"name": "Trần Mẫu Con", "birth": "2019", "relation": "child"},
    ),
    "household.head": (
        lambda db, lan: _spouse(db, lan) and f"/ho-gia-dinh/{lan.household.id}/chu-ho",
        {},
    ),
    "household.left": (
        lambda db, lan: f"/ho-gia-dinh/{lan.household.id}/nguoi/{_spouse(db, lan).id}/roi-di",
        {"reason": "moved"},
    ),
    "household.died": (
        lambda db, lan: f"/ho-gia-dinh/{lan.household.id}/nguoi/{_spouse(db, lan).id}/qua-doi",
        {"died_on": DAY},
    ),
    "household.schooling": (lambda db, lan: _child(db, lan) and f"/ho-gia-dinh/{lan.household.id}/di-hoc", {}),
    "joining.ask_clan": (lambda db, lan: f"/tham-gia/dong-ho/{make_clan(db, lan.ward).id}", {"side": "mother"}),
    "joining.ask_unit": (lambda db, lan: f"/tham-gia/don-vi/{make_unit(db, lan.ward).id}", {"part": "member"}),
    "joining.invite_home": (lambda db, lan: "/gia-dinh/moi", {"login": "0900000001", "reason": "married"}),
    "helping.own": (
        lambda db, lan: "/tai-khoan/nguoi-lam-thay",
        {"login": "0900000001", "name": "Lê Thị Mẫu", "until": "31/12/2030"},
    ),
    "clan.edit": (
        lambda db, lan: f"/dong-ho/{_clan_case(db, lan)[1]}/sua",
        {"name": "Họ Mẫu", "note": "Từ đường ở Tổ 1"},
    ),
    "mandate.overview": (
        lambda db, lan: _spouse(db, lan) and f"/uy-quyen/gia-dinh/{lan.household.id}",
        {"until": "31/12/2030"},
    ),
    "activities.not_there": (
        lambda db, lan: _activity(db, lan)
        and f"/hoat-dong/{db.scalars(select(Evidence.activity_id)).one()}/khong-du",
        {},
    ),
}  # fmt: skip

# What is soon typed again, asks for a secret, or is one answer out of a few: nothing of it is a draft.
NOT_SAVED = {
    *("account.email", "account.residence", "household.head", "household.left", "household.died", "joining.ask_clan"),
    *("joining.ask_unit", "mandate.overview", "activities.not_there"),
}


def _fields(browser: Browser, wanted: dict[str, Any]) -> tuple[Form, dict[str, Any]]:
    """The page's form with these fields; where none are given, its only radio buttons with a value chosen."""
    if wanted:
        return form_with(browser, *wanted), wanted
    radios = {
        node.get("name", ""): node.get("value", "")
        for node in next(browser.page.iter("main")).iter("input")
        if node.get("type") == "radio"
    }
    return form_with(browser, *radios), radios


def _shown(form: Form, wanted: dict[str, Any]) -> dict[str, Any]:
    return {
        name: form.fields.getlist(name) if isinstance(value, list) else form.fields.get(name, "").replace("\r\n", "\n")
        for name, value in wanted.items()
    }


@pytest.mark.parametrize("screen", FORMS)
@pytest.mark.parametrize("how", ["session", "token"])
def test_every_form_comes_back_filled(app: Flask, database: Database, lan: Resident, screen: str, how: str) -> None:
    make, wanted = FORMS[screen]
    with database.transaction() as db:
        path = make(db, lan)
    browser = enter(app, "lan").get(path)
    assert (browser.status, browser.screen()) == (200, screen)
    form, wanted = _fields(browser, wanted)
    action = form.action.partition("?")[0] or path
    if how == "session":
        with database.transaction() as db:
            db.execute(update(AccountSession).values(ended_at=now()))
        browser.submit(action, wanted)
        assert browser.screen() == "account.sign_in"
        browser.submit("/dang-nhap", {"login": "lan", "password": PASSWORD})
    else:
        browser.submit(action, {**wanted, "csrf_token": "of-another-page"})
        assert (browser.status, "chưa gửi đi" in browser.words()) == (400, True)
        browser.get(browser.links()["Mở lại trang đã điền"])
    assert (browser.status, browser.screen()) == (200, screen)
    assert _shown(_fields(browser, wanted)[0], wanted) == wanted


CHOOSE_AGAIN = "Ảnh, tệp đã chọn thì không giữ lại được: xin chọn lại trước khi lưu."


@pytest.mark.parametrize("chosen", [True, False])
@pytest.mark.parametrize("how", ["session", "token", "refused"])
def test_a_form_that_comes_back_without_its_photo_says_so(
    app: Flask, database: Database, lan: Resident, how: str, *, chosen: bool
) -> None:
    """Beside the files, and only where one had been chosen; neither the cookie nor the address tells."""
    browser = enter(app, "lan").get(NEW)
    assert CHOOSE_AGAIN not in browser.words()
    none = ("", b"")  # the camera's input, which nobody used: a browser sends it all the same
    typed = {**COURSE, "files": [none, ("giay.png", b"x") if chosen else none]}
    if how == "session":
        with database.transaction() as db:
            db.execute(update(AccountSession).values(ended_at=now()))
        browser.submit(None, typed, button="Lưu việc này")
        browser.submit("/dang-nhap", {"login": "lan", "password": PASSWORD})
        assert browser.path.partition("=")[0] == f"{NEW}?giu"
    elif how == "token":
        browser.submit(None, {**typed, "csrf_token": "of-another-page"}, button="Lưu việc này")
        browser.get(browser.links()["Mở lại trang đã điền"])
    else:
        browser.submit(None, {**typed, "learned_on": "không nhớ"}, button="Lưu việc này")
    assert form_with(browser, "title").fields["title"] == COURSE["title"]
    files = next(node for node in browser.page.iter("fieldset") if node.get("id") == "chup")
    assert (CHOOSE_AGAIN in " ".join("".join(files.itertext()).split())) == chosen
    assert CHOOSE_AGAIN not in browser.get(NEW).words()


def test_a_photo_that_was_sent_alone_is_asked_for_again(app: Flask, database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp")
    browser = enter(app, "lan").get(f"/minh-chung/{key}")
    with database.transaction() as db:
        db.execute(update(AccountSession).values(ended_at=now()))
    browser.submit(f"/minh-chung/{key}/tep", {"files": ("giay.png", b"x")})
    browser.submit("/dang-nhap", {"login": "lan", "password": PASSWORD})
    assert (browser.screen(), CHOOSE_AGAIN in browser.words()) == ("evidence.view", True)


def test_one_account_fills_the_database_with_no_end_of_kept_forms(
    app: Flask, database: Database, lan: Resident
) -> None:
    browser = enter(app, "lan")
    for number in range(sessions.MOST_KEPT + 2):
        browser.client.post(NEW, data={"title": f"Lớp {number}", "csrf_token": "of-another-page"})
    with database.read() as db:
        kept = db.scalars(select(KeptForm.fields).order_by(KeptForm.kept_at)).all()
    assert kept == [{"title": [f"Lớp {number}"]} for number in range(2, sessions.MOST_KEPT + 2)]


def test_no_page_says_what_only_we_note_with_a_kept_form(app: Flask, database: Database, lan: Resident) -> None:
    browser = enter(app, "lan").get(NEW)
    browser.client.post(NEW, data={"title": "Lớp", "acting_for": "x", "files_left": "1", "csrf_token": "y"})
    with database.read() as db:
        assert db.scalars(select(KeptForm.fields)).all() == [{"title": ["Lớp"]}]


def test_no_secret_is_ever_written_down(app: Flask, database: Database, lan: Resident) -> None:
    """Whatever a form calls what is typed hidden; a pin, too."""
    hidden = {
        name
        for form in _form_classes()
        for name, field in vars(form).items()
        if getattr(field, "field_class", None) is PasswordField
    }
    assert {"password", "pin", "again"} <= hidden <= {*keeping.SECRETS}
    browser = enter(app, "lan").get("/tai-khoan/may-nay")
    typed = {"password": PASSWORD, "pin": "2580", "again": "2580"}
    browser.submit(None, {**typed, "csrf_token": "of-another-page"}, button="Nhớ")
    with database.read() as db:
        assert db.scalars(select(KeptForm.fields)).all() == []


def _form_classes(base: type = web_forms.Form) -> Iterator[type]:
    for form in base.__subclasses__():
        yield form
        yield from _form_classes(form)


@pytest.mark.parametrize("screen", FORMS)
def test_every_form_with_words_is_saved_while_it_is_typed(
    app: Flask, database: Database, lan: Resident, screen: str
) -> None:
    """By the page's script and by the button without one; and it is no draft any more when it was sent."""
    make, wanted = FORMS[screen]
    with database.transaction() as db:
        path = make(db, lan)
    browser = enter(app, "lan").get(path)
    form, wanted = _fields(browser, wanted)
    saves = any("Lưu và tiếp tục" in text for _name, _value, text in form.buttons)
    assert saves == (screen not in NOT_SAVED)
    if not saves:
        assert "data-draft=" not in browser.text
        return
    typed = {name: value if isinstance(value, list) else [value] for name, value in wanted.items()}
    assert autosave(browser, typed) == (200, {"state": "saved"})
    assert FILLED in browser.get(path).words()
    assert _shown(_fields(browser, wanted)[0], wanted) == wanted
    browser.submit("/nhap/bo")
    assert (browser.screen(), FILLED in browser.words()) == (screen, False)
    browser.submit(form.action.partition("?")[0], wanted, button="Lưu và tiếp tục")
    assert "Đã lưu bản nháp." in browser.words()
    assert _shown(_fields(browser.get(path), wanted)[0], wanted) == wanted


def test_a_short_form_that_was_sent_is_no_draft_any_more(as_lan: Browser, database: Database) -> None:
    details = "/tai-khoan/thong-tin"
    as_lan.get(details).submit(details, {"name": "Trần Mẫu Mới", "birth": "hai"}, button="Lưu và tiếp tục")
    as_lan.get(details).submit(details, {}, button="Lưu")
    assert (as_lan.status, "Ngày sinh:" in as_lan.words()) == (422, True)
    assert drafts(database)[0][1]["name"] == ["Trần Mẫu Mới"]
    as_lan.submit(details, {"birth": "1990"}, button="Lưu")
    assert (as_lan.screen(), drafts(database)) == ("account.mine", [(details, {})])
    assert next(as_lan.page.iter("body")).get("data-sent") == details


def test_no_secret_is_in_a_draft(as_lan: Browser, database: Database) -> None:
    """An identity number is typed on a form that is saved: neither the server nor the phone writes it down."""
    details = "/tai-khoan/thong-tin"
    number = "001192000123"
    typed = {"name": "Trần Mẫu Mới", "citizen_id": number}
    as_lan.get(details)
    assert data_of(as_lan)["data-draft-without"].split() == ["citizen_id", "forget", "csrf_token"]
    autosave(as_lan, {**{name: [value] for name, value in typed.items()}, **{name: ["1"] for name in keeping.NOT_KEPT}})
    as_lan.submit(details, typed, button="Lưu và tiếp tục")
    assert form_with(as_lan, "citizen_id").fields["citizen_id"] == number  # it stands on the page still
    ((_path, fields),) = drafts(database)
    assert (fields["name"], {*fields} & {*keeping.NOT_KEPT}) == (["Trần Mẫu Mới"], set())
    with database.read() as db:
        assert number not in str(db.execute(select(Draft)).all())
    assert form_with(as_lan.get(details), "citizen_id").fields["citizen_id"] == ""


@pytest.mark.parametrize("path", ["/tai-khoan/mat-khau", "/tai-khoan/may-nay", "/noi-o", "/lam-thay/nhan"])
def test_a_form_that_asks_for_a_password_pin_or_code_has_no_draft(
    as_lan: Browser, database: Database, path: str
) -> None:
    as_lan.get(path)
    assert (as_lan.status, as_lan.path) == (200, path)
    assert ("data-draft=" in as_lan.text, "Lưu và tiếp tục" in as_lan.words()) == (False, False)
    with_secret = next(form for form in as_lan.forms() if form.names & {*keeping.SECRETS})
    fields = dict.fromkeys(with_secret.names & {*keeping.SECRETS}, "123456")
    as_lan.submit(with_secret.action, {**fields, "csrf_token": with_secret.fields["csrf_token"]})
    assert drafts(database) == []


def test_who_has_not_agreed_has_no_short_drafts(as_lan: Browser, database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        db.execute(delete(Consent).where(Consent.person_id == lan.id))
    assert "data-draft=" not in as_lan.get("/tai-khoan/thong-tin").text


def test_ones_own_words_that_are_refused_stay(as_lan: Browser, database: Database, lan: Resident) -> None:
    """Somebody was faster: the words beside what an organiser confirmed are not lost, and may be sent again."""
    with database.transaction() as db:
        path = f"/minh-chung/{_activity(db, lan)}"
    as_lan.get(path)
    with database.transaction() as db:
        db.execute(update(Evidence).values(version=Evidence.version + 1))
    as_lan.submit("/loi-cua-toi", {"note": "Lời của tôi"})
    assert (as_lan.status, form_with(as_lan, "note").fields["note"]) == (409, "Lời của tôi")
    as_lan.submit("/loi-cua-toi", {})
    assert (as_lan.screen(), as_lan.status) == ("evidence.view", 200)
    with database.read() as db:
        assert db.scalars(select(Evidence.note)).all() == ["Lời của tôi"]


def test_an_answer_of_another_year_comes_back_in_its_year(app: Flask, database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        make_application(db, lan, "draft", year=YEAR - 1)
    browser = enter(app, "lan").get(f"/diem/1.1?nam={YEAR - 1}")
    browser.submit(None, {"points": "10", "note": "Năm trước.", "csrf_token": "of-another-page"}, button="Lưu")
    back = browser.links()["Mở lại trang đã điền"]
    assert back.partition("&")[0] == f"/diem/1.1?nam={YEAR - 1}"
    assert form_with(browser.get(back), "points").fields["note"] == "Năm trước."
    browser.get(f"/diem/1.1?nam={YEAR - 1}").submit(None, {"note": "Nháp năm trước."}, button="Lưu và tiếp tục")
    assert drafts(database)[0][0] == f"/diem/1.1?nam={YEAR - 1}"
    assert "Nháp năm trước." not in browser.get("/diem/1.1").text
    assert "Nháp năm trước." in browser.get(f"/diem/1.1?nam={YEAR - 1}").text


@pytest.mark.parametrize("state", ["draft", "declined"])
def test_a_groups_answer_and_appeal_have_drafts(app: Flask, database: Database, lan: Resident, state: str) -> None:
    with database.transaction() as db:
        case, clan_id = _clan_case(db, lan, state)
        code = next(line.code for line in case.lines if line.claimed_points is not None)
    browser = enter(app, "lan")
    base = f"/ho-so-nhom/dong-ho/{clan_id}"
    path, name = (f"{base}/noi-dung/{code}", "note") if state == "draft" else (f"{base}/xet-lai", "reason")
    browser.get(path)
    assert browser.status == 200, browser.path
    browser.submit(None, {name: "Còn đang viết"}, button="Lưu và tiếp tục")
    assert form_with(browser.get(path), name).fields[name] == "Còn đang viết"


# Help and size of text


def test_every_indicator_and_field_is_explained_with_an_example(as_lan: Browser) -> None:
    codes = [line.code for line in catalogue.get("citizen-324-residents").lines]
    assert list(explaining.INDICATORS) == codes
    for code in codes:
        page = as_lan.get(f"/diem/{code}").words()
        assert (page.count("Giải thích và ví dụ"), page.count("Lời giải thích của phần mềm")) == (4, 4) or (
            "Năm" in page and page.count("Giải thích và ví dụ") == 3  # nothing to tick yet
        )
        assert [who for who, _what in explaining.INDICATORS[code].examples] == [
            explaining.ELDER,
            explaining.WORKER,
            explaining.STUDENT,
        ]
    as_lan.get(NEW)
    heads = as_lan.page.iterfind(".//details[@class='explained']/summary")  # the other folds hold fields
    labels = [" ".join("".join(head.itertext()).split()) for head in heads]
    assert len(labels) == len(set(labels)) == len(explaining.EVIDENCE)
    unasked = {"csrf_token", "id", "version", "base"}
    assert form_with(as_lan, "title").names - unasked == set(explaining.EVIDENCE)


def test_the_size_of_text_stays_after_signing_out(as_lan: Browser) -> None:
    def size() -> str | None:
        return as_lan.page.get("class")

    assert as_lan.get("/nam-nay").page.get("class") is None
    as_lan.submit("/co-chu", button="Rất lớn")
    assert (as_lan.screen(), size()) == ("year.home", "text-largest")
    as_lan.get("/tai-khoan").submit("/dang-xuat")
    assert size() == "text-largest"
    as_lan.get("/dang-nhap").submit("/dang-nhap", {"login": "lan", "password": PASSWORD})
    assert size() == "text-largest"
    as_lan.submit("/co-chu", button="Vừa")
    assert size() is None
    as_lan.post("/co-chu", {"co": "huge"})
    assert as_lan.get("/nam-nay").page.get("class") is None


@pytest.mark.parametrize(
    ("who", "path", "here"),
    [("visitor", "/", "co-chu"), ("visitor", "/tro-giup", "chu-to"), ("lan", "/tai-khoan", "co-chu")],
)
def test_the_size_of_text_is_found_where_one_looks_for_it(
    app: Flask, as_lan: Browser, who: str, path: str, here: str
) -> None:
    """Not in the foot only: large buttons in the page itself, and one is still at them when the letters have grown."""
    browser = (as_lan if who == "lan" else Browser(app)).get(path)
    main = next(browser.page.iter("main"))
    own = [node for node in main.iter("form") if node.get("action") == "/co-chu"]
    names = [[" ".join("".join(button.itertext()).split()) for button in node.iter("button")] for node in own]
    assert names == [["Vừa", "Lớn", "Rất lớn"]]
    first = next(form for form in browser.forms() if form.action == "/co-chu")
    assert first.fields["next"] == f"{path}#{here}"
    assert [node.get("id") for node in main.iter() if node.get("id") == here] == [here]
    browser.submit("/co-chu", button="Rất lớn")
    pressed = [node.get("value") for node in browser.page.iter("button") if node.get("aria-pressed") == "true"]
    assert (browser.page.get("class"), pressed) == ("text-largest", ["largest", "largest"])
