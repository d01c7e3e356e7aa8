"""Officers at work, by plain requests: the queue, a case, decisions, the register, the roster."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import segno
import zxingcpp
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from PIL import Image
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.applications.models import Application, ApplicationLine
from xhht_citizen.audit import Look
from xhht_citizen.database import Database
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.titles.models import Decision, Title
from xhht_citizen.titles.rules import shown_code

CODES = ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2")
SIGNED = {"number": "128/QĐ-UBND", "decided_on": f"{TODAY:%d/%m/%Y}", "signatory": "Nguyễn Mẫu Ký"}


@dataclass
class Office:
    """A ward with a head of Tổ 1, two reviewers, a signer; another ward with a reviewer; a province officer."""

    ward: Ward
    other: Ward
    kin: Resident


@pytest.fixture
def office(db: Session) -> Office:
    ward = make_ward(db)
    other = make_ward(db, "19999", "Xã Mẫu Đơn", communities=1)
    kin = make_resident(db, ward, "Đặng Mẫu Tùng", login="xet")
    make_officer(db, ward, "ward_reviewer", "xet", resident=kin)
    make_officer(db, ward, "ward_reviewer", "xet2", name="Bà Hai")
    make_officer(db, ward, "ward_signer", "ky")
    make_officer(db, ward, "community_head", "to1")
    make_officer(db, other, "ward_reviewer", "khac")
    make_officer(db, ward, "province_officer", "tinh")
    db.commit()
    return Office(ward, other, kin)


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    """A browser signed in as that login."""

    def sign_in(login: str) -> Browser:
        browser = Browser(app)
        browser.get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
        assert browser.status == 200
        assert browser.screen() != "account.sign_in"
        return browser

    return sign_in


def all_of(db: Session, statement: Any) -> list[Any]:
    """What stands in the database now; nothing stays open, or the app could not write."""
    found = list(db.scalars(statement.execution_options(populate_existing=True)))
    db.commit()
    return found


def case_of(db: Session, person: Resident) -> Application:
    (case,) = all_of(db, select(Application).where(Application.person_id == person.id))
    return case  # type: ignore[no-any-return]


def lines_of(db: Session, application_id: object) -> dict[str, ApplicationLine]:
    lines = all_of(db, select(ApplicationLine).where(ApplicationLine.application_id == application_id))
    return {line.code: line for line in lines}


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def queries_of(app: Flask, browser: Browser, path: str) -> int:
    browser.get(path)  # what is cached by the first look is cached
    with counting(app.extensions["xhht_database"]) as statements:
        browser.get(path)
    assert browser.status == 200
    return len(statements)


def test_the_queue_shows_what_waits_oldest_first_and_locks_family(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    first = make_resident(db, office.ward, "Nguyễn Thị Mẫu Sen", community=1)
    second = make_resident(db, office.ward, "Lê Văn Mẫu Bách")
    relative = make_resident(db, office.ward, "Đặng Thị Mẫu Thu", household=office.kin.household)
    stranger = make_resident(db, office.other, "Võ Mẫu An")
    for person in (first, second, relative, stranger):
        make_application(db, person, "endorsed")
    make_application(db, office.kin, "under_review")
    make_application(db, make_resident(db, office.ward, "Phạm Mẫu Ý"), "submitted")
    db.commit()
    browser = enter("xet").get("/xet-duyet")
    rows = (first, second, relative, office.kin)
    text = browser.words()
    assert [text.index(one.name) for one in rows] == sorted(text.index(one.name) for one in rows)
    assert stranger.name not in text
    assert "Phạm Mẫu Ý" not in text  # waits for the community
    links = browser.links()
    assert first.name in links
    assert relative.name not in links
    assert office.kin.name not in links
    assert "Cùng nhà với ông/bà" in text
    assert "Hồ sơ của ông/bà" in text
    for number, label in ((1, "Chờ chi hội"), (3, "Chi hội đã tán thành"), (1, "Đang xét"), (0, "Chờ quyết định")):
        assert f"{number}{label}" in text
    assert set(browser.get("/xet-duyet?tim=mau+sen").links()) & {first.name, second.name} == {first.name}
    receipt = case_of(db, second).receipt
    assert set(browser.get(f"/xet-duyet?tim={receipt}").links()) & {first.name, second.name} == {second.name}
    community = office.ward.communities[1].id
    assert set(browser.get(f"/xet-duyet?to={community}").links()) & {first.name, second.name} == {first.name}
    assert "Phạm Mẫu Ý" in browser.get("/xet-duyet?trang-thai=moi-gui").links()
    assert browser.get("/xet-duyet?tim=khong-co-ai").heading() == "Việc chờ"


def test_the_queue_pages_by_key(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    for _ in range(53):
        make_application(db, make_resident(db, office.ward), "endorsed")
    db.commit()
    browser = enter("xet").get("/xet-duyet")
    first = {href for href in browser.links().values() if href.startswith("/xet-duyet/")}
    browser.get(browser.links()["Xem tiếp"])
    second = {href for href in browser.links().values() if href.startswith("/xet-duyet/")}
    assert (len(first), len(second), len(first & second)) == (50, 3, 0)
    assert browser.get("/xet-duyet?sau=nonsense").status == 200


def test_a_head_endorses_in_the_own_community_only(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    mine = make_resident(db, office.ward, "Nguyễn Thị Mẫu Sen")
    theirs = make_resident(db, office.ward, "Lê Văn Mẫu Bách", community=1)
    for person in (mine, theirs):
        make_application(db, person, "submitted")
    db.commit()
    browser = enter("to1").get("/xet-duyet")
    assert mine.name in browser.links()
    assert theirs.name not in browser.words()
    assert browser.get(f"/xet-duyet/{case_of(db, theirs).id}").status == 403
    browser.get(f"/xet-duyet/{case_of(db, mine).id}").submit("/endorse", {"reason": "Cả tổ nhất trí."})
    assert browser.status == 200
    case = case_of(db, mine)
    assert case.state == "endorsed"
    assert "Cả tổ nhất trí." in browser.words()
    assert browser.post(f"/xet-duyet/{case.id}/take", {"version": case.version}).status == 403
    assert browser.post(f"/xet-duyet/{case.id}", {"version": case.version}).status == 403
    assert case_of(db, mine).state == "endorsed"


def test_a_reviewer_judges_and_recommends(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    person = make_resident(db, office.ward, "Trần Thị Mẫu Lan", login="lan")
    evidence = make_evidence(db, person, "Lớp tiếng Anh giao tiếp", ("2.2",))
    make_application(db, person, "endorsed", answers={"1.1": 10})
    following = make_resident(db, office.ward, "Võ Mẫu An")
    make_application(db, following, "endorsed")
    db.commit()
    case = case_of(db, person)
    browser = enter("xet").get(f"/xet-duyet/{case.id}")
    assert browser.heading() == person.name
    assert [look.person_id for look in all_of(db, select(Look))] == [person.id]
    browser.submit("/take")
    assert case_of(db, person).state == "under_review"
    assert browser.links()[f"Hồ sơ kế tiếp: {following.name}"].endswith(str(case_of(db, following).id))
    assert f"/minh-chung/{evidence}" in browser.links().values()

    browser.submit(str(case.id), {"verdict-1.1": "change", "verdict-1.2": "ask"}, "Lưu ý kiến")
    assert browser.status == 422
    assert browser.words().count("Xin ghi lý do, người nộp sẽ đọc được.") == 4  # two fields, and the summary twice
    assert {line.verdict for line in lines_of(db, case.id).values()} == {None}

    browser.submit(
        str(case.id),
        {"points-1.1": "8", "reason-1.1": "Mới thấy ba nội dung.", "verdict-1.2": "confirm"},
        "Lưu ý kiến",
    )
    assert browser.status == 200
    assert "Đã lưu ý kiến ở 2/10 chỉ số." in browser.words()
    lines = lines_of(db, case.id)
    assert (lines["1.1"].verdict, lines["1.1"].claimed_points, lines["1.1"].confirmed_points) == ("change", 10, 8)
    assert (lines["1.2"].verdict, lines["1.2"].confirmed_points) == ("confirm", 8)

    browser.submit(str(case.id), {}, "Đề nghị công nhận")
    assert browser.status == 422
    assert "Còn 8 chỉ số chưa xác nhận" in browser.words()
    browser.submit(str(case.id), {"rest": "y"}, "Đề nghị công nhận")
    case = case_of(db, person)
    assert (browser.status, case.state, case.confirmed_total) == (200, "recommended", 80)
    assert "verdict-1.1" not in {name for form in browser.forms() for name in form.names}
    own = enter("lan").get(f"/xet-duyet/{case.id}")
    assert own.screen() == "application.status"


def test_returning_needs_a_question_and_a_reason_and_declining_a_reason(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward)
    case_id = make_application(db, person, "under_review").id
    db.commit()
    browser = enter("xet").get(f"/xet-duyet/{case_id}")
    browser.submit(str(case_id), {"verdict-2.4": "ask", "reason-2.4": "Biên bản chưa ghi tên."}, "Trả lại")
    assert (browser.status, case_of(db, person).state) == (422, "under_review")
    assert "Biên bản chưa ghi tên." in browser.text  # typed, not saved, still there
    browser.submit(str(case_id), {"reason": "Xin bổ sung biên bản."}, "Trả lại")
    case = case_of(db, person)
    assert (browser.status, case.state, case.reason) == (200, "returned", "Xin bổ sung biên bản.")

    second = make_resident(db, office.ward)
    case_id = make_application(db, second, "under_review").id
    db.commit()
    browser.get(f"/xet-duyet/{case_id}").submit(str(case_id), {}, "Không công nhận")
    assert (browser.status, case_of(db, second).state) == (422, "under_review")
    browser.post(f"/xet-duyet/{case_id}/decline", {"version": case_of(db, second).version, "reason": "Chưa đủ điểm."})
    assert (browser.status, case_of(db, second).state) == (200, "declined")
    browser.submit("/reopen", {"reason": "Có giấy tờ mới."})
    assert (browser.status, case_of(db, second).state) == (200, "under_review")


def test_the_second_officer_sees_who_was_faster_and_overwrites_nothing(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward)
    case_id = make_application(db, person, "under_review").id
    db.commit()
    one, two = enter("xet").get(f"/xet-duyet/{case_id}"), enter("xet2").get(f"/xet-duyet/{case_id}")
    one.submit(str(case_id), {"verdict-1.1": "confirm"}, "Lưu ý kiến")
    two.submit(str(case_id), {"verdict-1.1": "ask", "reason-1.1": "Xin thêm tên sách."}, "Lưu ý kiến")
    assert two.status == 409
    assert "Có người nhanh hơn: hồ sơ này vừa được cập nhật (Đặng Mẫu Tùng)." in two.words()
    assert "Xin thêm tên sách." in two.text
    assert lines_of(db, case_id)["1.1"].verdict == "confirm"
    one.submit(str(case_id), {"rest": "y"}, "Đề nghị công nhận")
    two.submit(str(case_id), {"verdict-1.2": "ask", "reason-1.2": "Xin xem kế hoạch."}, "Trả lại")
    assert (two.status, case_of(db, person).state) == (409, "recommended")
    assert "Những gì ông/bà vừa chọn, chưa được lưu" in two.words()
    assert "Xin xem kế hoạch." in two.words()

    late = make_resident(db, office.ward)
    case_id = make_application(db, late, "endorsed").id
    db.commit()
    one.get(f"/xet-duyet/{case_id}")
    two.get(f"/xet-duyet/{case_id}")
    one.submit("/take")
    two.submit("/take")
    assert two.status == 409
    assert "Xem trạng thái mới" in two.links()


def test_what_was_typed_survives_a_session_that_ended(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    case_id = make_application(db, make_resident(db, office.ward), "under_review").id
    waiting = make_resident(db, office.ward)
    make_application(db, waiting, "recommended")
    db.commit()
    browser = enter("xet").get(f"/xet-duyet/{case_id}")
    enter("xet").get("/tai-khoan").submit("/dang-xuat-moi-noi")
    browser.submit(str(case_id), {"verdict-1.1": "ask", "reason-1.1": "Xin thêm tên sách."}, "Lưu ý kiến")
    assert browser.screen() == "account.sign_in"
    browser.submit("/dang-nhap", {"login": "xet", "password": PASSWORD})
    assert (browser.screen(), "Xin thêm tên sách." in browser.text) == ("review.case", True)
    browser.submit(str(case_id), {}, "Lưu ý kiến")
    assert lines_of(db, case_id)["1.1"].review_reason == "Xin thêm tên sách."

    signer = enter("ky").get(f"/quyet-dinh/moi?ho-so={case_of(db, waiting).id}")
    enter("ky").get("/tai-khoan").submit("/dang-xuat-moi-noi")
    signer.submit("/quyet-dinh/moi", SIGNED).submit("/dang-nhap", {"login": "ky", "password": PASSWORD})
    assert signer.screen() == "decisions.new"
    signer.submit("/quyet-dinh/moi")
    assert case_of(db, waiting).state == "granted"


def test_nobody_reviews_in_another_ward_nor_relatives(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    relative = make_resident(db, office.ward, household=office.kin.household)
    case = make_application(db, relative, "under_review")
    person = make_resident(db, office.ward)
    make_application(db, person, "under_review")
    draft = make_resident(db, office.ward)
    make_application(db, draft, "draft")
    db.commit()
    browser = enter("xet").get(f"/xet-duyet/{case.id}")
    assert "người khác xét" in browser.words()
    assert [form.action for form in browser.forms() if "/xet-duyet/" in form.action] == []
    answer = {"version": case.version, "verdict-1.1": "confirm"}
    assert browser.post(f"/xet-duyet/{case.id}", answer).status == 403
    assert browser.post(f"/xet-duyet/{case.id}/decline", {"version": case.version, "reason": "Không"}).status == 403
    assert browser.get(f"/xet-duyet/{case_of(db, draft).id}").status == 403
    away = enter("khac")
    for path in (
        f"/xet-duyet/{case_of(db, person).id}",
        f"/dan-cu/{person.id}",
        f"/danh-hieu?xa={office.ward.code}",
        f"/xet-duyet?noi={office.ward.code}",
        f"/quyet-dinh?noi={office.ward.code}",
        f"/dan-cu?noi={office.ward.code}",
    ):
        assert (path, away.get(path).status) == (path, 403)
    away.get("/xet-duyet")
    assert away.post(f"/xet-duyet/{case_of(db, person).id}", answer).status == 403
    assert case_of(db, person).state == "under_review"
    assert away.get("/xet-duyet/01890000-0000-7000-8000-000000000000").status == 404


def test_a_signer_grants_several_at_once_and_twice_is_once(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    people = [make_resident(db, office.ward) for _ in range(3)]
    for person in people:
        make_application(db, person, "recommended")
    signer = make_resident(db, office.ward, "Ngô Mẫu Ký", login="ky2")
    make_officer(db, office.ward, "ward_signer", "ky2", resident=signer)
    make_application(db, signer, "recommended")
    stranger = make_resident(db, office.other, "Võ Mẫu Xa")
    make_application(db, stranger, "recommended")
    db.commit()
    ids = [str(case_of(db, person).id) for person in (*people, signer, stranger)]
    browser = enter("ky2").get("/quyet-dinh")
    assert "Chờ quyết định: 4 hồ sơ" in browser.words()
    browser.get("/quyet-dinh?chon=ca-trang").submit("/quyet-dinh/moi", {}, "Ghi quyết định")
    assert "Công nhận 3 người" in browser.words()
    browser.get("/quyet-dinh/moi?" + "&".join(f"ho-so={one}" for one in ids))
    assert f"{signer.name}: hồ sơ của ông/bà, người cùng nhà hoặc người ông/bà làm thay" in browser.words()
    assert "Võ Mẫu Xa" not in browser.text
    assert all(person.name in browser.words() for person in people)
    second = enter("ky").get("/quyet-dinh/moi?" + "&".join(f"ho-so={one}" for one in ids[:3]))

    browser.submit("/quyet-dinh/moi", {**SIGNED, "number": "không số"})
    assert (browser.status, len(all_of(db, select(Title)))) == (422, 0)
    browser.submit("/quyet-dinh/moi", SIGNED)
    assert "Đã công nhận 3 người theo quyết định 128/QĐ-UBND." in browser.words()
    assert "3 danh hiệu" in browser.links()
    second.submit("/quyet-dinh/moi", SIGNED)
    assert (second.status, second.screen()) == (200, "decisions.overview")
    assert len(all_of(db, select(Title))) == 3
    assert len(all_of(db, select(Decision))) == 1
    assert {case_of(db, person).state for person in people} == {"granted"}


def test_a_decision_is_all_or_nothing(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    people = [make_resident(db, office.ward) for _ in range(2)]
    for person in people:
        make_application(db, person, "recommended")
    db.commit()
    ids = [case_of(db, person).id for person in people]
    signer = enter("ky").get("/quyet-dinh/moi?" + "&".join(f"ho-so={one}" for one in ids))
    reviewer = enter("xet").get(f"/xet-duyet/{ids[1]}")
    assert "Công nhận theo quyết định" not in reviewer.links()
    reviewer.submit("/reopen", {"reason": "Xem lại một chỉ số."})
    signer.submit("/quyet-dinh/moi", SIGNED)
    assert (signer.status, len(all_of(db, select(Title)))) == (409, 0)
    assert "chưa công nhận ai" in signer.words()
    assert "Công nhận 1 người" in signer.words()
    assert "128/QĐ-UBND" in signer.text
    signer.submit("/quyet-dinh/moi")
    assert signer.status == 200
    assert [case_of(db, person).state for person in people] == ["granted", "under_review"]
    grant = {**SIGNED, "ho-so": str(ids[1]), f"phien-{ids[1]}": "1"}
    assert reviewer.post("/quyet-dinh/moi", grant).status == 403


def test_the_register_is_searched_and_a_title_revoked(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward, "Trần Thị Mẫu Lan", login="lan")
    other = make_resident(db, office.ward, "Lê Văn Mẫu Bách", login="bach")
    for one in (person, other):
        make_application(db, one, "granted")
    make_application(db, make_resident(db, office.other, "Võ Mẫu Xa"), "granted")
    db.commit()
    (title,) = all_of(db, select(Title).where(Title.person_id == person.id))
    browser = enter("ky").get("/danh-hieu")
    assert {"Trần Thị Mẫu Lan", "Lê Văn Mẫu Bách"} <= set(browser.links())
    assert "Võ Mẫu Xa" not in browser.words()
    assert "Lê Văn Mẫu Bách" not in browser.get("/danh-hieu?tim=mau+lan").links()
    assert "Trần Thị Mẫu Lan" in browser.get(f"/danh-hieu?tim={shown_code(title.public_code)}").links()
    assert "Trần Thị Mẫu Lan" not in browser.get(f"/danh-hieu?nam={YEAR - 1}").links()
    province = enter("tinh").get("/danh-hieu")
    assert "Võ Mẫu Xa" in province.links()
    assert "Võ Mẫu Xa" not in province.get(f"/danh-hieu?xa={office.ward.code}").links()
    assert province.get(f"/danh-hieu/{title.id}").status == 200
    assert enter("to1").get("/danh-hieu").status == 403

    own = enter("lan").get(f"/danh-hieu/{title.id}")
    assert (own.status, own.screen()) == (200, "register.title")
    assert shown_code(title.public_code) in own.words()
    assert enter("bach").get(f"/danh-hieu/{title.id}").status == 403
    assert own.get(f"/danh-hieu/{title.id}/thu-hoi").status == 403
    assert enter("xet").get(f"/danh-hieu/{title.id}/thu-hoi").status == 403

    browser.get(f"/danh-hieu/{title.id}/thu-hoi").submit("/thu-hoi", {"reason": " "})
    assert browser.status == 422
    browser.submit("/thu-hoi", {"reason": "Kê khai không đúng.", **SIGNED, "number": "205/QĐ-UBND"})
    assert browser.screen() == "register.title"
    assert "Kê khai không đúng." in browser.words()
    assert [one.revoke_reason for one in all_of(db, select(Title).where(Title.id == title.id))] == [
        "Kê khai không đúng."
    ]
    assert {look.screen for look in all_of(db, select(Look).where(Look.person_id == person.id))} == {"register.title"}


def test_the_code_on_a_certificate_leads_to_the_public_page(app: Flask) -> None:
    from xhht_citizen.web.register import public_link

    with app.test_request_context("/", base_url="https://mau.example"):
        link = public_link("ACDEFGHJKM")
    assert link == "https://mau.example/kiem-tra/ACDEFGHJKM"
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=4)
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(picture))] == [link]


def test_the_roster_finds_people_and_keeps_to_its_place(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward, "Trần Thị Mẫu Lan")
    away = make_resident(db, office.ward, "Lê Văn Mẫu Bách", community=1)
    make_application(db, person, "granted")
    db.commit()
    browser = enter("xet").get("/dan-cu")
    assert {person.name, away.name} <= set(browser.links())
    assert away.name not in browser.get("/dan-cu?tim=mau+lan").links()
    community = office.ward.communities[1].id
    assert set(browser.get(f"/dan-cu?to={community}").links()) & {person.name, away.name} == {away.name}
    browser.get(f"/dan-cu/{person.id}")
    assert (browser.status, browser.heading()) == (200, person.name)
    assert f"Năm {YEAR}" in browser.links()
    head = enter("to1").get("/dan-cu")
    assert person.name in head.links()
    assert away.name not in head.words()
    assert head.get(f"/dan-cu/{away.id}").status == 403
    looks = browser.get(f"/dan-cu/{person.id}").words()
    assert "Đặng Mẫu Tùng" in looks


def test_the_roster_reads_the_tally_and_counts_nobody(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    """A page of fifty is no reason to count a ward: what was not counted yet is not known."""
    person = make_resident(db, office.ward, "Trần Thị Mẫu Lan")
    make_resident(db, office.ward, "Lê Văn Mẫu Bách", community=1)
    db.commit()
    assert "chưa rõ" in enter("xet").get("/dan-cu").words()
    make_application(db, person, "submitted")
    recount_ward(db, office.ward.code, YEAR)
    db.commit()
    assert "1/3 (33,33 %)" in enter("xet").get("/dan-cu").words()
    assert "1/2 (50 %)" in enter("to1").get("/dan-cu").words()


def test_somebody_with_two_places_chooses(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    make_officer(db, office.other, "ward_reviewer", "xet")
    here, there = make_resident(db, office.ward, "Lê Mẫu Đây"), make_resident(db, office.other, "Võ Mẫu Kia")
    for person in (here, there):
        make_application(db, person, "endorsed")
    db.commit()
    browser = enter("xet").get("/xet-duyet")
    assert here.name in browser.links()
    assert there.name not in browser.words()
    browser.get(browser.links()["Xã Mẫu Đơn"].replace("?", "/xet-duyet?", 1))
    assert there.name in browser.links()
    assert here.name not in browser.words()


def test_what_waited_too_long_and_what_came_late_is_marked(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    people = [make_resident(db, office.ward, name) for name in ("Lê Mẫu Chờ", "Lê Mẫu Vừa", "Lê Mẫu Mới")]
    for person, days in zip(people, (16, 15, 0), strict=True):
        case = make_application(db, person, "endorsed")
        case.submitted_at -= timedelta(days=days)
        case.late = person is people[2]
    db.commit()
    browser = enter("xet").get("/xet-duyet")
    assert "1Quá 15 ngày" in browser.words()
    assert browser.words().count("Quá hạn xét") == 2  # in the filter, and beside the one case
    assert browser.words().count("Gửi sau hạn") == 1
    overdue = browser.get(browser.links()["1Quá 15 ngày"])
    assert {one.name for one in people} & set(overdue.links()) == {"Lê Mẫu Chờ"}
    assert "Quá hạn xét" in browser.get(f"/xet-duyet/{case_of(db, people[0]).id}").words()
    words = browser.get(f"/xet-duyet/{case_of(db, people[2]).id}").words()
    assert ("Quá hạn xét" in words, "Gửi sau hạn" in words) == (False, True)


def test_a_heads_own_case_waits_at_the_ward(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    head = make_resident(db, office.ward, "Ngô Mẫu Trưởng", community=1, login="to2")
    make_officer(db, office.ward, "community_head", "to2", resident=head)
    alone = make_resident(db, office.ward, "Ngô Mẫu Xa", community=2)
    waiting = make_resident(db, office.ward, "Ngô Mẫu Gần")
    for person in (head, alone, waiting):
        make_application(db, person, "submitted")
    db.commit()
    links = enter("xet").get("/xet-duyet").links()
    assert {head.name, alone.name, waiting.name} & set(links) == {head.name, alone.name}
    reviewer = enter("xet").get(f"/xet-duyet/{case_of(db, head).id}").submit("/take")
    assert (reviewer.status, case_of(db, head).state) == (200, "under_review")
    own = enter("to2").get("/ho-so")
    assert "Chi hội ở thôn, tổ bình xét" not in own.words()


def test_a_revoked_title_is_no_end(db: Session, office: Office, enter: Callable[[str], Browser]) -> None:
    person = make_resident(db, office.ward, login="lan")
    case = make_application(db, person, "granted")
    db.commit()
    browser = enter("xet2").get(f"/xet-duyet/{case.id}")
    assert [form.action for form in browser.forms() if "/reopen" in form.action] == []
    assert browser.post(f"/xet-duyet/{case.id}/reopen", {"version": case.version, "reason": "Thử."}).status == 409
    (title,) = all_of(db, select(Title))
    enter("ky").get(f"/danh-hieu/{title.id}/thu-hoi").submit(
        "/thu-hoi", {"reason": "Ký nhầm người.", **SIGNED, "number": "206/QĐ-UBND"}
    )
    assert "Danh hiệu đã bị thu hồi" in enter("lan").get("/nam-nay").words()
    browser.get(f"/xet-duyet/{case.id}").submit("/reopen", {"reason": "Ký nhầm người."})
    assert (browser.status, case_of(db, person).state) == (200, "under_review")


def test_ones_own_case_of_another_year_is_shown_as_ones_own(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    case = make_application(db, office.kin, "under_review", year=YEAR - 1)
    make_application(db, office.kin, "draft")
    db.commit()
    assert enter("xet").get(f"/xet-duyet/{case.id}").heading() == f"Hồ sơ năm {YEAR - 1}"


def test_lists_cost_the_same_for_1_and_30_rows(
    app: Flask, db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    def one_more() -> None:
        make_application(db, make_resident(db, office.ward), "endorsed")
        make_application(db, make_resident(db, office.ward), "granted")
        make_application(db, make_resident(db, office.ward), "recommended")
        db.commit()

    paths = ("/xet-duyet", "/danh-hieu", "/dan-cu", "/quyet-dinh", "/quyet-dinh?chon=ca-trang")
    one_more()
    browser = enter("xet")
    before = {path: queries_of(app, browser, path) for path in paths}
    for _ in range(29):
        one_more()
    assert {path: queries_of(app, browser, path) for path in paths} == before
    signer = enter("ky")
    ids = all_of(db, select(Application.id).where(Application.state == "recommended"))
    few = queries_of(app, signer, f"/quyet-dinh/moi?ho-so={ids[0]}")
    assert queries_of(app, signer, "/quyet-dinh/moi?" + "&".join(f"ho-so={one}" for one in ids)) == few


@pytest.mark.parametrize("odd", ["²", "１０", "9" * 5000, "-1", "7", ""])
def test_numbers_that_are_none_are_told_so(
    odd: str, db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward)
    case = make_application(db, person, "under_review")
    case_id, version = case.id, case.version
    db.commit()
    browser = enter("xet").get(f"/xet-duyet/{case_id}")
    judged = {"verdict-1.1": "change", "points-1.1": odd, "reason-1.1": "Có lý do.", "version": str(version)}
    assert browser.post(f"/xet-duyet/{case_id}", judged).status == 422
    assert browser.post(f"/xet-duyet/{case_id}", {"verdict-1.1": "confirm", "version": odd}).status in {409, 422}
    assert {line.verdict for line in lines_of(db, case_id).values()} == {None}


def test_a_title_has_no_decision_from_before_its_year(
    db: Session, office: Office, enter: Callable[[str], Browser]
) -> None:
    person = make_resident(db, office.ward)
    case_id = make_application(db, person, "recommended").id
    db.commit()
    browser = enter("ky").get(f"/quyet-dinh/moi?ho-so={case_id}")
    browser.submit(fields={**SIGNED, "decided_on": f"31/12/{YEAR - 1}"})
    assert browser.status == 422
    assert f"Danh hiệu năm {YEAR} không thể có quyết định ký từ trước năm đó." in browser.words()
    assert case_of(db, person).state == "recommended"
