"""The first page of a year: the one thing to do in every state, the picture of ten, days left, the household."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import brotli
import pytest
from browser import Browser, words
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    give_account,
    make_application,
    make_evidence,
    make_group,
    make_group_application,
    make_helper,
    make_officer,
    make_resident,
    make_title,
    make_ward,
)
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session
from test_web_officer import queries_of

from xhht_citizen.applications import actions
from xhht_citizen.applications.models import ApplicationEvent
from xhht_citizen.groups.rules import Kind
from xhht_citizen.helping.rules import Act
from xhht_citizen.people.actions import NewPerson, add_person
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.actions import save_ward_settings
from xhht_citizen.places.rules import WardPolicy

HEAVIEST = 10_000  # bytes of a page after the first, compressed
LOW = {"2.4": 0, "1.3": 5}


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser.get("/nam-nay")


def classed(browser: Browser, name: str) -> list[Any]:
    return [node for node in browser.page.iter() if name in (node.get("class") or "").split()]


def main_things(browser: Browser) -> list[str]:
    """The words of the buttons that stand out: those of no quieter kind."""
    return [words(node) for node in classed(browser, "btn") if node.get("class") in {"btn", "btn btn-step"}]


@pytest.fixture
def ward(db: Session) -> Ward:
    made = make_ward(db)
    make_officer(db, made, "community_head", "to1", community=0)
    return made


def registered(db: Session, resident: Resident) -> Resident:
    assert resident.account is not None
    actions.register(db, resident.person, YEAR, actor=actor_of(db, resident.account))
    return resident


# The one thing to do

TO_DO = {
    "new": ["Đăng ký học tập năm {year}"],
    "registered": ["Ghi một việc đã học"],
    "written": ["Chấm chỉ số 1.1"],
    "low": ["+5 điểm Kiểm tra ít nhất 1 tin tức trước khi tin và chia sẻ Bước nhỏ nhất, chỉ số 2.4"],
    "draft": ["Xem lại và gửi hồ sơ"],
    "submitted": [],
    "endorsed": [],
    "objected": [],
    "under_review": [],
    "returned": ["Bổ sung chỉ số 1.1"],
    "recommended": [],
    "declined": [],
    "appealed": [],
    "granted": ["Chia sẻ giấy công nhận"],
    "withdrawn": ["Mở lại để sửa và gửi"],
}


@pytest.mark.parametrize("state", TO_DO)
def test_one_thing_to_do_in_every_state(app: Flask, ward: Ward, db: Session, state: str) -> None:
    lan = make_resident(db, ward, login="lan")
    if state == "written":
        make_evidence(db, lan, "Lớp trồng rau")
    if state == "low":
        make_application(db, registered(db, lan), "draft", answers=LOW)
    elif state in {"new", "registered", "written"}:
        if state != "new":
            registered(db, lan)
    else:
        make_application(db, registered(db, lan), state)
    db.commit()
    page = enter(app, "lan")
    assert main_things(page) == [one.format(year=YEAR) for one in TO_DO[state]]
    assert len(brotli.compress(page.text.encode(), quality=4)) < HEAVIEST


def test_the_one_thing_leads_where_it_says(app: Flask, ward: Ward, db: Session) -> None:
    make_application(db, registered(db, make_resident(db, ward, login="lan")), "draft", answers=LOW)
    db.commit()
    page = enter(app, "lan")
    leads = [node.get("href") for node in classed(page, "btn-step")]
    assert leads == ["/diem/2.4"]
    assert page.get(leads[0]).screen() == "score.indicator"


def test_without_a_home_that_is_written_down_first(app: Flask, ward: Ward, db: Session) -> None:
    person = add_person(db, NewPerson("Trần Mẫu Sen", Birth(1990), learner_group="residents"), id_key="k" * 40)
    lost = Resident(person, None, ward)  # type: ignore[arg-type]
    give_account(db, "sen", lost)
    db.commit()
    page = enter(app, "sen")
    assert main_things(page) == ["Ghi nơi ở"]
    assert "Phường, xã chưa ghi hạn gửi" not in [words(node) for node in classed(page, "due")]
    assert "Người lớn trong nhà" not in page.words()


def test_all_that_was_asked_is_answered(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "returned")
    db.commit()
    assert main_things(enter(app, "lan")) == ["Bổ sung chỉ số 1.1"]
    actions.answer(db, case.id, "1.1", points=10, note="Bác Mẫu thấy.", evidence=set())
    db.commit()
    assert main_things(enter(app, "lan")) == ["Xem lại và gửi lại"]


def test_a_title_taken_back_is_not_shared(app: Flask, ward: Ward, db: Session) -> None:
    make_application(db, make_resident(db, ward, login="lan"), "granted")
    db.commit()
    page = enter(app, "lan")
    share = page.links()["Chia sẻ giấy công nhận"]
    assert page.get(share).screen() == "portfolio.share"
    actions.revoke_title(
        db, uuid.UUID(share.rpartition("/")[2]), reason="Ghi nhầm.", actor=actor_of(db, give_account(db, "ky"))
    )
    db.commit()
    page = enter(app, "lan")
    assert (main_things(page), "Danh hiệu đã bị thu hồi" in page.words()) == ([], True)


# The picture


def test_ten_columns_say_the_same_as_the_table(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, login="lan")
    make_application(db, lan, "returned", answers=LOW)
    db.commit()
    page = enter(app, "lan")
    picture = classed(page, "ten")[0]
    links = [(node.get("href"), words(node.find("span[@class='unseen']"))) for node in picture.iter("a")]
    said = {
        "1.1": (8, "Đọc, tìm kiếm, cập nhật thông tin", "thiếu"),  # what the reviewer asks about
        "1.2": (8, "Lập kế hoạch học tập", "có"),
        "1.3": (5, "Dành thời gian học cùng cộng đồng", "có"),
        "2.4": (0, None, "thiếu"),
    }
    assert [href for href, _ in links] == [f"/diem/{code}" for code in codes()]
    for code, (points, name, state) in said.items():
        spoken = dict(links)[f"/diem/{code}"]
        assert (spoken.startswith(f"{code} {name or ''}"), spoken.endswith(f": {points}/10 điểm, {state}")) == (
            True,
            True,
        )
    rows = [[words(cell) for cell in row] for row in next(page.page.iter("tbody"))]
    assert [f"{name}: {points} điểm, {state}" for name, points, state in rows] == [spoken for _, spoken in links]
    bars = {"ten-full", "ten-thin"}
    drawn = [sum(path.get("class") in bars for path in node.iter()) for node in picture.iter("a")]
    assert drawn == [1, 1, 1, 1, 1, 1, 1, 0, 1, 1]  # no points, nothing drawn
    thin = [path for path in picture.iter() if path.get("class") == "ten-thin"]
    assert [path.get("d") for path in thin] == ["M20 61v-47.2"]  # 8 cells, not confirmed: the one asked about


def codes() -> list[str]:
    return [*(f"1.{number}" for number in range(1, 5)), *(f"2.{number}" for number in range(1, 5)), "3.1", "3.2"]


def test_nothing_answered_yet_is_said_so(app: Flask, ward: Ward, db: Session) -> None:
    make_resident(db, ward, login="lan")
    db.commit()
    page = enter(app, "lan")
    unseen = [words(node.find("span[@class='unseen']")) for node in classed(page, "ten")[0].iter("a")]
    assert [one.rpartition(", ")[2] for one in unseen] == ["chưa chấm"] * 10
    assert f"Chưa chấm hoặc dưới 5 điểm: {', '.join(codes())}" in page.words()


# Days


def due_words(app: Flask, login: str) -> list[str]:
    return [words(node) for node in classed(enter(app, login), "due")]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (None, "Phường, xã chưa ghi hạn gửi"),
        (1, "Hạn gửi {day}, còn 1 ngày"),
        (0, "Hôm nay là hạn gửi"),
        (-1, "Hạn gửi {day} đã qua, vẫn gửi được, ghi là sau hạn"),
    ],
)
def test_the_wards_last_day(app: Flask, ward: Ward, db: Session, days: int | None, said: str) -> None:
    last = TODAY + timedelta(days=days) if days is not None else None
    if last is not None and last.year < YEAR:
        pytest.skip("the first of January: yesterday's year is over")
    save_ward_settings(db, WardPolicy(ward.code, submit_by=last))
    make_resident(db, ward, login="lan")
    db.commit()
    assert due_words(app, "lan") == [said.format(day=f"{last:%d/%m/%Y}" if last else "")]


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (0, "Phường, xã có đến hết ngày {day} để xét, còn 20 ngày"),
        (20, "Hôm nay là hạn xét của phường, xã"),
        (23, "Hạn xét của phường, xã là {day}, đã qua 3 ngày. Ông/bà hỏi chi hội hoặc phường, xã được."),
    ],
)
def test_the_wards_days_to_review(app: Flask, ward: Ward, db: Session, ago: int, said: str) -> None:
    save_ward_settings(db, WardPolicy(ward.code, review_days=20))
    case = make_application(db, make_resident(db, ward, login="lan"), "under_review")
    sent = update(ApplicationEvent).where(ApplicationEvent.application_id == case.id, ApplicationEvent.name == "submit")
    db.execute(sent.values(at=case.submitted_at - timedelta(days=ago)))  # type: ignore[operator]
    db.commit()
    assert due_words(app, "lan") == [said.format(day=f"{TODAY + timedelta(days=20 - ago):%d/%m/%Y}")]


def test_until_when_a_refusal_may_be_appealed(app: Flask, ward: Ward, db: Session) -> None:
    save_ward_settings(db, WardPolicy(ward.code, appeal_days=9))
    make_application(db, make_resident(db, ward, login="lan"), "declined")
    db.commit()
    day = f"{TODAY + timedelta(days=9):%d/%m/%Y}"
    assert due_words(app, "lan") == [
        f"Thấy kết luận chưa đúng, ông/bà đề nghị xét lại được đến hết ngày {day}, còn 9 ngày."
    ]


# The household


def test_the_household_stands_on_the_page(app: Flask, ward: Ward, db: Session) -> None:
    head = make_resident(db, ward, login="chu")
    wife = make_resident(db, ward, household=head.household, relation="spouse", login="vo")
    make_resident(db, ward, household=head.household, birth_year=YEAR - 9)
    make_title(db, wife)
    db.commit()
    page = enter(app, "chu")
    assert "1/2 (50 %)" in page.words().replace("\u00a0", " ")
    assert "Hồ sơ của gia đình: Chưa có hồ sơ" in page.words()
    assert page.links()["Mở hồ sơ của gia đình"] == f"/ho-so-nhom/gia-dinh/{head.household.id}"
    assert "Hồ sơ nhóm tôi phụ trách" not in page.words()  # nothing else than the household
    make_group_application(db, make_group(db, Kind.HOUSEHOLD, head.household.id), "submitted")
    db.commit()
    page = enter(app, "vo")
    assert "Hồ sơ của gia đình: Đã nhận hồ sơ" in page.words()
    assert "Mở hồ sơ của gia đình" not in page.links()
    assert page.links()["Xem gia đình tôi"] == "/gia-dinh"


@pytest.mark.parametrize(
    ("act", "todo", "linked"),
    [(Act.EVIDENCE, ["Ghi một việc đã học"], 0), (Act.CASE, ["Đăng ký học tập năm {year}"], 10), (Act.DETAILS, [], 0)],
)
def test_a_helper_sees_what_their_mandate_names(
    app: Flask, ward: Ward, db: Session, act: Act, todo: list[str], linked: int
) -> None:
    bay = make_resident(db, ward, "Nguyễn Mẫu Bảy", birth_year=1955, login="bay")
    man = make_resident(db, ward, login="man")
    make_helper(db, bay, man.account, (act,))  # type: ignore[arg-type]
    db.commit()
    page = enter(app, "man").get("/lam-thay").submit(button="Làm thay Nguyễn Mẫu Bảy").get("/nam-nay")
    assert main_things(page) == [one.format(year=YEAR) for one in todo]
    assert len(list(classed(page, "ten")[0].iter("a"))) == linked
    assert "Người lớn trong nhà" not in page.words()
    assert ("Mọi việc đã học qua các năm" in page.links()) is (act is not Act.DETAILS)


# What it costs


def test_the_page_costs_the_same_for_one_piece_and_for_thirty(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, login="lan")
    make_evidence(db, lan, "Việc 0", ("1.1",))
    make_application(db, lan, "draft")
    db.commit()
    browser = enter(app, "lan")
    first = queries_of(app, browser, "/nam-nay")
    for number in range(30):
        make_evidence(db, lan, f"Việc {number + 1}", ("1.1", "2.3"), learned_on=date(YEAR, 1, 1))
        if number < 3:
            make_title(db, make_resident(db, ward, household=lan.household))
    db.commit()
    assert queries_of(app, browser, "/nam-nay") == first
