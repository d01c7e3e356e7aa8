"""A helper at work, by plain requests: every act says who did it for whom; the mandate's end stops it at once."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from browser import Browser
from factories import (
    DECISION,
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    give_account,
    make_application,
    make_evidence,
    make_helper,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from test_pages import crawl, endpoint, everything, faults
from test_routes import address, permission
from test_web_officer import counting, queries_of

from xhht_citizen.access.queries import actor
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.applications.actions import move
from xhht_citizen.applications.households import die
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.audit import AuditEntry, verify
from xhht_citizen.database import Database, now
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.groups.members import clans
from xhht_citizen.helping import acting
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import Act
from xhht_citizen.notices.actions import tell
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.actions import withdraw_consent
from xhht_citizen.people.models import Account, AccountSession, KeptForm, Person
from xhht_citizen.people.queries import home_of
from xhht_citizen.people.sessions import open_session
from xhht_citizen.titles.models import Registration, Title

DAY = f"{TODAY:%d/%m/%Y}"
COURSE = {"kind": "course", "title": "Lớp học chữ buổi tối", "learned_on": DAY}


class Village:
    """Ông Bảy, who has no account but agreed on paper; his daughter Mẫn and a neighbour, who act for him."""

    def __init__(self, db: Session) -> None:
        self.ward = make_ward(db)
        self.bay = make_resident(db, self.ward, "Nguyễn Mẫu Bảy", birth_year=YEAR - 71)
        self.man = make_resident(db, self.ward, "Lê Thị Mẫu Mẫn", community=1, login="man")
        self.neighbour = make_resident(db, self.ward, "Trần Mẫu Xóm", community=2, login="xom")
        make_application(db, self.bay, "draft", year=YEAR - 1)  # gives consent on paper
        self.row = make_helper(db, self.bay, account(self.man))
        self.second = make_helper(db, self.bay, account(self.neighbour), (Act.EVIDENCE,), paper="Tủ chi hội")


def account(resident: Resident) -> Account:
    assert resident.account is not None
    return resident.account


@pytest.fixture
def village(database: Database) -> Village:
    with database.transaction() as db:
        return Village(db)


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    def sign_in(login: str) -> Browser:
        browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert (browser.status, browser.screen() == "account.sign_in") == (200, False), browser.words()
        return browser

    return sign_in


@pytest.fixture
def act(enter: Callable[[str], Browser], village: Village) -> Callable[[str], Browser]:
    """Somebody signed in who acts for ông Bảy."""

    def begun(login: str) -> Browser:
        browser = enter(login).get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
        assert (browser.status, browser.screen()) == (200, "year.home")
        return browser

    return begun


def banner(browser: Browser) -> str:
    found = [node for node in browser.page.iter("aside") if node.get("class") == "acting"]
    return " ".join(" ".join("".join(node.find("p").itertext()).split()) for node in found)  # type: ignore[union-attr]


def links(database: Database) -> list[tuple[str, uuid.UUID | None, dict[str, Any]]]:
    with database.read() as db:
        rows = db.scalars(select(AuditEntry).order_by(AuditEntry.ward_code, AuditEntry.seq))
        return [(row.action, row.account_id, json.loads(row.detail)) for row in rows]


def rows_of(database: Database, statement: Any) -> list[Any]:
    with database.read() as db:
        return list(db.execute(statement))


def end(database: Database, row: Helper) -> None:
    with database.transaction() as db:
        acting.end(db, row.id, account_id=None)


def picture() -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(made, "PNG")
    return made.getvalue()


def answer_all(browser: Browser, points: str = "8") -> None:
    for line in [f"{one}.{two}" for one, count in ((1, 4), (2, 4), (3, 2)) for two in range(1, count + 1)]:
        browser.get(f"/diem/{line}").submit(fields={"points": points, "note": "Có người biết."})
        assert browser.status == 200, (line, browser.words())


def test_a_helper_sees_whose_pages_these_are_and_goes_back_by_one_tap(
    act: Callable[[str], Browser], village: Village
) -> None:
    browser = act("man")
    assert banner(browser) == f"Ông/bà đang làm thay Nguyễn Mẫu Bảy đến hết 31/12/{YEAR}"
    assert "Nguyễn Mẫu Bảy" in browser.words()
    for path in ("/minh-chung", "/diem", "/ho-so", "/tro-giup", "/lam-thay"):
        assert banner(browser.get(path)) != "", path
    browser.get("/minh-chung").submit("/lam-thay/thoi")
    assert (browser.screen(), banner(browser)) == ("year.home", "")
    assert "Lê Thị Mẫu Mẫn" in browser.words()
    assert "Nguyễn Mẫu Bảy" not in browser.words()


def test_every_act_names_who_did_it_for_whom(
    act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man")
    browser.get("/minh-chung/moi").submit(None, COURSE, button="Lưu việc này")
    (found,) = rows_of(database, select(Evidence.id, Evidence.person_id, Evidence.created_by, Evidence.ward_code))
    evidence = f"/minh-chung/{found.id}"
    assert found[1:] == (village.bay.id, account(village.man).id, "19996")
    browser.get(f"{evidence}/sua").submit(None, {"title": "Lớp học chữ"}, button="Lưu")
    browser.get(evidence).submit("/tep", {"files": [("giay.png", picture())]})
    browser.get(evidence).submit("/bo")
    assert "Người ghi thay" in browser.get(evidence).words()
    browser.get("/nam-nay").submit("/nam-nay/dang-ky")
    assert "Lê Thị Mẫu Mẫn đăng ký giúp" in browser.get("/nam-nay").words()
    browser.submit("/dang-ky-nam/toi/rut")
    browser.get("/nam-nay").submit("/nam-nay/dang-ky")
    answer_all(browser)
    browser.get("/ho-so/gui").submit(None, {"true": "y", "consent": "y"})
    assert (browser.screen(), "Đã gửi. Số biên nhận là" in browser.words()) == ("application.status", True)
    browser.submit("/rut")
    browser.get("/ho-so").submit("/mo-lai")
    browser.get("/ho-so/gui").submit(None, {"true": "y", "consent": "y"})
    browser.get("/tai-khoan/thong-tin").submit(None, {"name": "Nguyễn Mẫu Bẩy", "learner_group": "residents"})
    assert browser.screen() == "helping.mine"
    browser.get("/noi-o/19996").submit(None, {"community_id": str(village.ward.communities[1].id)})
    browser.get("/minh-chung/moi").submit(None, {**COURSE, "title": "Việc ghi nhầm"}, button="Lưu việc này")
    wrong = next(one for one in rows_of(database, select(Evidence.id, Evidence.title)) if one[1] == "Việc ghi nhầm")
    browser.get(f"/minh-chung/{wrong.id}").submit("/rut")

    helper = {"for": str(village.bay.id), "helper": str(village.row.id)}
    said = [(action, who, detail) for action, who, detail in links(database) if who == account(village.man).id]
    acted = [(action, detail) for action, _who, detail in said if action != "consent.give"]
    assert [{key: detail.get(key) for key in helper} for _action, detail in acted] == [helper] * len(acted)
    assert [action for action, _detail in acted] == [
        "helper.begin",
        "evidence.add",
        "evidence.edit",
        "evidence.attach",
        "evidence.detach",
        "year.register",
        "year.unregister",
        "year.register",
        *["application.answer"] * 10,
        "application.submit",
        "application.withdraw",
        "application.redraft",
        "application.submit",
        "person.edit",
        "person.move",
        "evidence.add",
        "evidence.withdraw",
    ]
    events = rows_of(
        database,
        select(ApplicationEvent.name, ApplicationEvent.actor_name, ApplicationEvent.account_id).order_by(
            ApplicationEvent.at
        ),
    )
    by = "Lê Thị Mẫu Mẫn (làm thay Nguyễn Mẫu Bảy)"
    assert [tuple(one) for one in events] == [
        (name, by, account(village.man).id) for name in ("submit", "withdraw", "redraft", "submit")
    ]
    channels = rows_of(database, select(Application.channel).where(Application.year == YEAR))
    assert [tuple(one) for one in channels] == [("helper",)]
    assert rows_of(database, select(Registration.registered_by).where(Registration.year == YEAR)) == [
        (account(village.man).id,)
    ]
    with database.read() as db:
        assert verify(db).broken == ()
        home = home_of(db, village.bay.id)
        assert home is not None
        assert home.community_id == village.ward.communities[1].id


def test_reviewers_and_the_person_read_whose_hand_it_was(
    act: Callable[[str], Browser], enter: Callable[[str], Browser], village: Village, database: Database
) -> None:
    with database.transaction() as db:
        make_officer(db, village.ward, Role.WARD_REVIEWER, "xet")
    browser = act("xom")
    browser.get("/minh-chung/moi?chi-so=1.3").submit(None, {**COURSE, "indicators": ["1.3"]}, button="Lưu việc này")
    assert browser.screen() == "evidence.mine"  # the score is not among what the neighbour was named for
    browser = act("man")
    answer_all(browser)
    browser.get("/ho-so/gui").submit(None, {"true": "y", "consent": "y"})
    (case,) = rows_of(database, select(Application.id).where(Application.year == YEAR))
    reviewer = enter("xet").get(f"/xet-duyet/{case.id}")
    assert "Người chấm hoặc gửi thay: Lê Thị Mẫu Mẫn" in reviewer.words()
    assert "Người ghi thay: Trần Mẫu Xóm" in reviewer.words()
    assert "Lê Thị Mẫu Mẫn (làm thay Nguyễn Mẫu Bảy)" in reviewer.words()
    (evidence,) = rows_of(database, select(Evidence.id))
    assert "Người ghi thay Trần Mẫu Xóm" in reviewer.get(f"/minh-chung/{evidence.id}").words()
    with database.transaction() as db:
        give_account(db, "bay", village.bay)
    bay = enter("bay")
    assert "Người ghi thay: Trần Mẫu Xóm" in bay.get("/minh-chung").words()
    assert "Người chấm hoặc gửi thay: Lê Thị Mẫu Mẫn" in bay.get("/ho-so").words()
    assert "Người làm: Lê Thị Mẫu Mẫn (làm thay Nguyễn Mẫu Bảy)" in bay.words()
    assert "Mở hồ sơ để làm thay" in bay.get("/tai-khoan/ai-da-xem").words()


def test_who_claims_the_record_later_has_all_of_it(
    act: Callable[[str], Browser], enter: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man")
    browser.get("/minh-chung/moi").submit(None, COURSE, button="Lưu việc này")
    with database.transaction() as db:
        give_account(db, "bay", village.bay)
    bay = enter("bay").get("/minh-chung")
    assert ("Lớp học chữ buổi tối" in bay.words(), "Người ghi thay: Lê Thị Mẫu Mẫn" in bay.words()) == (True, True)
    assert rows_of(database, select(func.count(Person.id)).where(Person.name == "Nguyễn Mẫu Bảy")) == [(1,)]
    assert "Trần Mẫu Xóm, Lê Thị Mẫu Mẫn" in bay.get("/tai-khoan").words()
    bay.get("/tai-khoan/nguoi-lam-thay")
    for said in ("Bắt đầu làm thay", "Ghi một việc học", "Theo giấy: Tủ chi hội", f"Đến hết 31/12/{YEAR}"):
        assert said in bay.words(), said
    bay.submit(f"/{village.row.id}/thoi")
    assert "Lê Thị Mẫu Mẫn không còn được làm thay." in bay.words()
    assert (browser.get("/minh-chung").status, browser.heading()) == (403, "Không còn làm thay Nguyễn Mẫu Bảy")
    # Sent by the person's own hand, the title says so; a helper's does not.
    answer_all(bay)
    bay.get("/ho-so/gui").submit(None, {"true": "y", "consent": "y"})
    assert rows_of(database, select(Application.channel).where(Application.year == YEAR)) == [("own",)]


def test_a_helpers_sending_is_not_the_persons_own(database: Database, village: Village) -> None:
    with database.transaction() as db:
        case = make_application(db, village.bay, "recommended")
        db.execute(update(ApplicationEvent).values(account_id=account(village.man).id))
        move(db, case.id, "grant", actor=Actor(name="Người ký"), today=TODAY, decision=DECISION)
        assert db.scalars(select(Title.own_record)).all() == [False]


ENDINGS = ("revoked", "past its day", "died", "given up")


def stop_it(how: str, database: Database, village: Village, enter: Callable[[str], Browser]) -> None:
    with database.transaction() as db:
        if how == "revoked":
            acting.end(db, village.row.id, account_id=None)
        elif how == "past its day":
            db.execute(update(Helper).where(Helper.id == village.row.id).values(until=TODAY - timedelta(days=1)))
        elif how == "died":
            die(db, village.bay.id, TODAY, account_id=None, today=TODAY)
    if how == "given up":
        enter("man").get("/lam-thay").submit(f"/lam-thay/{village.row.id}/thoi")


@pytest.mark.parametrize("how", ENDINGS)
def test_between_opening_a_form_and_sending_it_the_mandate_ends(
    act: Callable[[str], Browser],
    enter: Callable[[str], Browser],
    village: Village,
    database: Database,
    how: str,
) -> None:
    browser = act("man").get("/minh-chung/moi")
    stop_it(how, database, village, enter)
    before = rows_of(database, select(func.count(AuditEntry.id)))
    browser.submit(None, {**COURSE, "note": "Đọc được báo."}, button="Lưu việc này")
    assert (browser.status, browser.heading(), banner(browser)) == (403, "Không còn làm thay Nguyễn Mẫu Bảy", "")
    assert ("Lớp học chữ buổi tối" in browser.words(), "Đọc được báo." in browser.words()) == (True, True)
    assert (rows_of(database, select(Evidence.id)), rows_of(database, select(func.count(AuditEntry.id)))) == (
        [],
        before,
    )
    assert rows_of(database, select(func.count(KeptForm.id))) == [(1,)]
    # Until the device is one's own again, nothing is done as oneself by mistake.
    for path in ("/nam-nay", "/minh-chung", "/tai-khoan", "/ban-lam-viec"):
        assert browser.get(path).heading() == "Không còn làm thay Nguyễn Mẫu Bảy"
    browser.submit("/lam-thay/thoi")
    assert (browser.screen(), "Lê Thị Mẫu Mẫn" in browser.words()) == ("year.home", True)


def test_what_was_typed_waits_for_who_acts_for_the_same_person_again(
    act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man").get("/minh-chung/moi")
    end(database, village.row)
    browser.submit(None, COURSE, button="Lưu việc này")
    kept = browser.links()["Trang đã điền"]
    browser.submit("/lam-thay/thoi")
    browser.get(kept)
    assert (browser.screen(), "Những gì đã gõ là của người" in browser.words()) == ("helping.mine", False)
    with database.transaction() as db:
        make_helper(db, village.bay, account(village.man))
    browser.get(kept)
    assert (browser.screen(), "Những gì đã gõ là của người" in browser.words()) == ("helping.mine", True)
    browser.submit(button="Làm thay Nguyễn Mẫu Bảy")
    assert (browser.screen(), banner(browser) != "") == ("evidence.new", True)
    browser.submit(None, {}, button="Lưu việc này")
    assert rows_of(database, select(Evidence.person_id, Evidence.title)) == [(village.bay.id, "Lớp học chữ buổi tối")]


def test_words_typed_when_the_session_ended_are_not_put_into_ones_own_form(
    app: Flask, act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man").get("/minh-chung/moi")
    with database.transaction() as db:
        db.execute(update(AccountSession).values(ended_at=now()))
    browser.submit(None, COURSE, button="Lưu việc này")
    assert browser.screen() == "account.sign_in"
    browser.submit("/dang-nhap", {"login": "man", "password": PASSWORD})
    assert browser.screen() == "helping.mine"
    browser.submit(button="Làm thay Nguyễn Mẫu Bảy").submit(None, {}, button="Lưu việc này")
    assert rows_of(database, select(Evidence.person_id)) == [(village.bay.id,)]


def test_a_form_of_another_window_is_not_sent_for_somebody_else(
    act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man").get("/minh-chung/moi")
    other = Browser(browser.client.application)  # type: ignore[arg-type]
    other.client = browser.client  # another window of the same browser
    other.get("/lam-thay").submit("/lam-thay/thoi")
    browser.submit(None, COURSE, button="Lưu việc này")
    assert (browser.status, browser.heading()) == (403, "Đã đổi người đang làm")
    assert "Lớp học chữ buổi tối" in browser.words()
    own = browser.get("/minh-chung/moi")
    other.get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
    own.submit(None, COURSE, button="Lưu việc này")
    assert (browser.status, browser.heading()) == (403, "Đã đổi người đang làm")
    assert rows_of(database, select(Evidence.id)) == []


def test_two_helpers_of_one_person_each_under_their_own_name(
    act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    one, two = act("man"), act("xom")
    one.get("/minh-chung/moi").submit(None, {**COURSE, "title": "Của Mẫn"}, button="Lưu việc này")
    two.get("/minh-chung/moi").submit(None, {**COURSE, "title": "Của Xóm"}, button="Lưu việc này")
    found = rows_of(database, select(Evidence.title, Evidence.created_by).order_by(Evidence.title))
    assert found == [("Của Mẫn", account(village.man).id), ("Của Xóm", account(village.neighbour).id)]
    end(database, village.row)
    assert (one.get("/minh-chung").status, two.get("/minh-chung").status) == (403, 200)
    texts = [detail["helper"] for action, _who, detail in links(database) if action == "evidence.add"]
    assert texts == [str(village.row.id), str(village.second.id)]


def test_nobody_acts_without_the_persons_consent(
    act: Callable[[str], Browser], enter: Callable[[str], Browser], village: Village, database: Database
) -> None:
    browser = act("man")
    with database.transaction() as db:
        withdraw_consent(db, village.bay.id, account_id=account(village.man).id)
    assert browser.get("/minh-chung").status == 403
    assert "chưa đồng ý, hoặc đã rút đồng ý" in browser.words()
    browser.submit("/lam-thay/thoi")
    other = enter("xom").get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
    assert (other.status, "chưa đồng ý cho dùng thông tin" in other.words()) == (409, True)


def test_a_helper_has_only_their_people(enter: Callable[[str], Browser], village: Village, database: Database) -> None:
    with database.transaction() as db:
        stranger = make_resident(db, village.ward, login="la")
        evidence = make_evidence(db, stranger, "Của người khác")
        row = make_helper(db, stranger, account(village.neighbour))
    browser = enter("man").get("/lam-thay")
    assert (stranger.name in browser.words(), browser.words().count("sinh năm")) == (False, 1)
    assert browser.post(f"/lam-thay/{row.id}").status == 403
    assert browser.get("/lam-thay").post(f"/lam-thay/{row.id}/thoi").status == 403
    assert browser.get("/lam-thay").post(f"/lam-thay/{uuid.uuid4()}").status == 404
    browser.get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy")
    assert browser.get(f"/minh-chung/{evidence}").status == 403
    assert browser.get("/lam-thay").post(f"/tai-khoan/nguoi-lam-thay/{row.id}/thoi").status == 403


# What a helper may open while acting, by the act it needs; everything else is closed.
OPEN: dict[str, frozenset[Act]] = {
    **dict.fromkeys(
        (
            "account.desk",
            "account.sign_out",
            "drafts.drop",
            "drafts.save",
            "helping.mine",
            "helping.begin",
            "helping.give_up",
            "helping.stop",
            "year.home",
            "register.title",
        ),
        frozenset(Act),
    ),
    **dict.fromkeys(("evidence.mine", "evidence.view", "evidence.file"), frozenset({Act.EVIDENCE, Act.CASE})),
    **dict.fromkeys(("portfolio.mine", "portfolio.paper", "portfolio.data"), frozenset({Act.EVIDENCE, Act.CASE})),
    **dict.fromkeys(
        (
            "evidence.new",
            "evidence.edit",
            "evidence.annotate",
            "evidence.add_files",
            "evidence.remove_file",
            "evidence.withdraw",
        ),
        frozenset({Act.EVIDENCE}),
    ),
    **dict.fromkeys(
        (
            "score.explained",
            "score.indicator",
            "application.check",
            "application.status",
            "application.withdraw",
            "application.redraft",
            "application.appeal",
            "year.register",
            "registering.own_back",
        ),
        frozenset({Act.CASE}),
    ),
    **dict.fromkeys(("account.details", "account.residence", "account.residence_ward"), frozenset({Act.DETAILS})),
}


@pytest.mark.parametrize("given", [*Act, None])
def test_every_way_in_while_acting(
    app: Flask, act: Callable[[str], Browser], village: Village, database: Database, given: Act | None
) -> None:
    """A helper with each act, and with every role there is: roles count for nothing meanwhile."""
    with database.transaction() as db:
        db.execute(update(Helper).where(Helper.id == village.row.id).values(acts=[given] if given else list(Act)))
        for role in Role:
            make_officer(db, village.ward, role, "man", resident=village.man)
        own = make_evidence(db, village.bay, "Của ông Bảy")
        case = make_application(db, village.bay, "draft").id
        title = make_application(db, make_resident(db, village.ward), "granted")
        title = db.scalars(select(Title.id).where(Title.application_id == title.id)).one()
    browser = act("man")
    there = {"evidence_id": own, "application_id": case, "person_id": village.bay.id, "title_id": title}
    there |= {"household_id": village.bay.household.id, "code": "1.1", "helper_id": village.row.id}
    token = browser.forms()[0].fields["csrf_token"]
    wrong = []
    for rule in app.url_map.iter_rules():
        needed = permission(app, rule)
        if needed == "public" or rule.endpoint in {"account.sign_out", "helping.stop", "helping.give_up"}:
            continue
        known = {name: there[name] for name in rule.arguments if name in there}
        path = address(app, rule)
        if known and set(known) == rule.arguments:
            path = app.url_map.bind("localhost").build(rule.endpoint, known, method=sorted(rule.methods or ())[-1])
        allowed = OPEN.get(rule.endpoint, frozenset())
        may = bool(allowed & ({given} if given else set(Act))) and rule.endpoint != "register.title"
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            if may and method == "POST":
                continue  # what these do is tested above
            answer = browser.client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
            fits = answer.status_code in ({200, 302, 303, 404} if may else {403, 404})
            if not fits:
                wrong.append((rule.endpoint, method, path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("given", [Act.EVIDENCE, Act.CASE, Act.DETAILS, None])
@pytest.mark.parametrize("state", ["draft", "returned", "granted"])
def test_every_page_a_helper_can_reach(
    app: Flask, act: Callable[[str], Browser], village: Village, database: Database, given: Act | None, state: str
) -> None:
    with database.transaction() as db:
        db.execute(update(Helper).where(Helper.id == village.row.id).values(acts=[given] if given else list(Act)))
        make_evidence(db, village.bay, "Của ông Bảy", ("1.1", "2.3"))
        make_application(db, village.bay, state)
    browser = act("man")
    with database.read() as db:
        before = everything(db)
    wrong, seen = [], set()
    for page in crawl(app, browser, doors=("/", "/ban-lam-viec")):
        screen = endpoint(app, page.path)
        seen.add(screen)
        wrong += [f"{page.path}: {fault}" for fault in faults(page.page, screen)]
    with database.read() as db:
        assert everything(db) == before, "a GET wrote"
    assert wrong == []
    assert {"year.home", "helping.mine"} <= seen
    assert ("score.explained" in seen, "account.details" in seen) == (
        given in {Act.CASE, None},
        given in {Act.DETAILS, None},
    )
    # A mandate for details alone opens nothing of what was learned; the inbox is open to none.
    learned = given is not Act.DETAILS
    assert ("evidence.mine" in seen, "evidence.view" in seen, "notices.inbox" in seen) == (learned, learned, False)


def test_a_helper_neither_reads_nor_silences_what_the_person_is_told(
    act: Callable[[str], Browser], enter: Callable[[str], Browser], village: Village, database: Database
) -> None:
    """The warning about oneself above all."""
    with database.transaction() as db:
        give_account(db, "bay", village.bay)
        values = {"name": "Lê Thị Mẫu Mẫn", "day": f"31/12/{YEAR}"}
        tell(db, "helper.named", once="named", person_id=village.bay.id, path="/tai-khoan/nguoi-lam-thay", **values)
    (notice,) = rows_of(database, select(Notice.id))
    browser = act("man")
    assert ("thông báo mới" in browser.words(), "/thong-bao" in browser.text) == (False, False)
    assert browser.get("/thong-bao").status == 403
    for path in (f"/thong-bao/{notice.id}", "/thong-bao/da-doc"):
        assert browser.get("/nam-nay").post(path, {"den": str(notice.id)}).status == 403, path
    assert "1 thông báo mới" in enter("bay").get("/nam-nay").words()
    assert "Lê Thị Mẫu Mẫn được ghi là người làm thay" in enter("bay").get("/thong-bao").words()


def test_a_helper_moves_nobody_else_along_and_speaks_for_no_group(
    act: Callable[[str], Browser], village: Village, database: Database
) -> None:
    with database.transaction() as db:
        child = make_resident(db, village.ward, household=village.bay.household, birth_year=YEAR - 8)
        make_application(db, village.bay, "submitted")
    browser = act("man")
    assert "Hồ sơ nhóm tôi phụ trách" not in browser.get("/nam-nay").words()
    browser.get("/noi-o/19996")
    assert "Ai cùng chuyển?" not in browser.words()
    form = next(one for one in browser.forms() if "community_id" in one.names).fields
    there = {"community_id": str(village.ward.communities[2].id), "along": str(child.id)}
    browser.post("/noi-o/19996", {**form.to_dict(), **there})
    with database.read() as db:
        homes = [home_of(db, one) for one in (village.bay.id, child.id)]
        assert [home.community_id for home in homes if home] == [
            village.ward.communities[2].id,
            village.ward.communities[0].id,
        ]
        assert clans(db, village.bay.household.id) == []


def test_who_helps_nobody_pays_nothing(app: Flask, enter: Callable[[str], Browser], database: Database) -> None:
    """One statement says who asks; for who works for others and helps somebody there is one more."""
    with database.transaction() as db:
        ward = make_ward(db)
        resident = make_resident(db, ward, login="lan")
        officer = make_officer(db, ward, Role.WARD_REVIEWER, "xet").account
        helps = make_officer(db, ward, Role.WARD_REVIEWER, "xet2").account
        make_helper(db, resident, helps)
        ids = [open_session(db, one.id, "x").id for one in (account(resident), officer, helps)]
    for session_id, expected in zip(ids, (1, 1, 2), strict=True):
        with database.read() as db, counting(database) as statements:
            who = actor(db, session_id, datetime(2020, 1, 1, tzinfo=UTC))
        asked = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
        assert (len(asked), who is not None and len(who.helps)) == (expected, expected - 1)


def test_lists_of_helpers_cost_the_same_for_many(
    app: Flask, enter: Callable[[str], Browser], village: Village, database: Database
) -> None:
    with database.transaction() as db:
        make_officer(db, village.ward, Role.WARD_REVIEWER, "xet")
        give_account(db, "bay", village.bay)
    officer, man, bay = enter("xet"), enter("man"), enter("bay")
    paths = ((officer, "/dan-cu/nguoi-lam-thay"), (man, "/lam-thay"), (bay, "/tai-khoan/nguoi-lam-thay"))
    paths += ((officer, f"/dan-cu/{village.bay.id}/nguoi-lam-thay"), (officer, f"/dan-cu/{village.bay.id}"))
    few = [queries_of(app, browser, path) for browser, path in paths]
    with database.transaction() as db:
        for number in range(30):
            helped = make_resident(db, village.ward)
            make_helper(db, helped, account(village.man))
            make_helper(db, village.bay, give_account(db, f"giup{number}"))
    assert [queries_of(app, browser, path) for browser, path in paths] == few
