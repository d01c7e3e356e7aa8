"""Sheets on paper: printed with a code that leads back, copied by keyboard, sent as the person's own; nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from phone import Phone, chromium
from PIL import Image
from serving import serving
from sqlalchemy import select

from xhht_citizen import audit, worker
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import queries, sheet_rolls, sheets
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import read_mark
from xhht_citizen.applications.sheet_rolls import SheetPlace, SheetRow, plain_code, sheet_code, shown_code
from xhht_citizen.applications.sheets import Sheet
from xhht_citizen.audit import Look
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.exports.sheets import NIL, sheets_pdf
from xhht_citizen.jobs.models import Job
from xhht_citizen.people.models import Consent
from xhht_citizen.people.rules import Group

RUNGS = (0, 5, 8, 10)
CODES = [line.code for line in catalogue.get("citizen-324-residents").lines]
EVERY_LETTER = "Ằ Ẳ Ẵ Ắ Ặ Ầ Ẩ Ẫ Ấ Ậ Ề Ể Ễ Ế Ệ Ồ Ổ Ỗ Ố Ộ Ờ Ở Ỡ Ớ Ợ Ừ Ử Ữ Ứ Ự Ỳ Ỷ Ỹ Ý Ỵ Đ đ ằ ẳ ẵ ắ ặ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ"


@dataclass
class Town:
    """A ward with an old man without an account, a woman with one, and officers of two communities."""

    app: Flask
    database: Database
    ward: Ward
    bay: Resident
    sen: Resident

    def enter(self, login: str) -> Browser:
        browser = Browser(self.app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert browser.status == 200, browser.words()
        return browser

    def case(self, who: Resident) -> Application | None:
        with self.database.read() as db:
            return queries.own_application(db, who.id, YEAR)


@pytest.fixture
def town(app: Flask, database: Database) -> Town:
    with database.transaction() as db:
        ward = make_ward(db)
        bay = make_resident(db, ward, "Phạm Văn Bảy", birth_year=1955)
        sen = make_resident(db, ward, "Võ Thị Sen", login="sen")
        make_officer(db, ward, "community_head", "truong", name="Tổ trưởng Mẫu")
        make_officer(db, ward, "community_head", "truong2", community=1)
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, make_ward(db, "20014", "Phường Khác"), "ward_reviewer", "xa-la")
    return Town(app, database, ward, bay, sen)


def marks(points: str = "8") -> dict[str, str]:
    return {f"m_{code.replace('.', '_')}": points for code in CODES}


@given(st.text(max_size=4), st.sampled_from([RUNGS, (0, 10), (0, 1, 2)]))
def test_a_mark_is_points_or_the_box(text: str, rungs: tuple[int, ...]) -> None:
    points = read_mark(text, rungs)
    assert points is None or points in rungs
    if text.isascii() and text.isdigit() and int(text) in rungs:
        assert points == int(text)


@pytest.mark.parametrize(("text", "points"), [("0", 0), ("8", 8), ("10", 10), ("1", 0), ("4", 10), ("6", None)])
def test_boxes_count_from_the_left(text: str, points: int | None) -> None:
    assert read_mark(text, RUNGS) == points


@given(st.uuids(), st.integers(2020, 2099))
def test_a_code_is_typed_back_as_printed(person: uuid.UUID, year: int) -> None:
    code = sheet_code(person, year)
    assert (len(code), plain_code(shown_code(code).lower()), sheet_code(person, year)) == (10, code, code)
    assert sheet_code(person, year + 1) != code


def test_a_sheet_is_copied_checked_and_sent(town: Town) -> None:
    browser = town.enter("truong").get(f"/dan-cu/{town.bay.id}")
    browser.get(browser.links()["Nhập phiếu đã điền"])
    browser.submit(fields={**marks("8"), "m_1_1": "4", "m_2_4": "x"}, button="Kiểm tra")
    assert (browser.status, "Gõ 0, 5, 8, 10" in browser.words()) == (422, True)
    browser.submit(fields={"m_2_4": "5"}, button="Kiểm tra")
    assert (browser.status, "Chỉ gửi khi trên phiếu có chữ ký đồng ý." in browser.words()) == (422, True)
    browser.submit(fields={"consent": "y", "signed_on": f"{TODAY:%d%m}", "g_1_1": "Đọc báo xuân"}, button="Kiểm tra")
    assert (browser.heading(), "79/100" in browser.words()) == ("Kiểm tra phiếu của Phạm Văn Bảy", True)
    assert town.case(town.bay) is None
    again = Browser.__new__(Browser)
    again.__dict__.update(browser.__dict__)
    browser.submit(button="Ghi và gửi")
    assert (browser.screen(), "19996-" in browser.words()) == ("sheets.receipt", True)
    again.submit(button="Ghi và gửi")
    case = town.case(town.bay)
    assert case is not None
    assert (again.screen(), case.state, case.channel, case.self_total) == ("sheets.receipt", "submitted", "paper", 79)
    assert {row.code: row.claimed_points for row in case.lines} == {**dict.fromkeys(CODES, 8), "1.1": 10, "2.4": 5}
    assert next(row.note for row in case.lines if row.code == "1.1") == "Đọc báo xuân"
    with town.database.read() as db:
        consent = db.scalars(select(Consent).where(Consent.person_id == town.bay.id)).one()
        assert (consent.channel, consent.paper) == (
            "paper",
            f"Phiếu tự đánh giá năm {YEAR}, ký ngày {TODAY:%d/%m/%Y}, lưu tại Tổ 1, Phường Hương Trà",
        )
        events = queries.events(db, case.id)
        assert [(one.name, one.actor_name, one.detail["channel"]) for one in events] == [
            ("submit", "Tổ trưởng Mẫu", "paper")
        ]
        assert queries.entered_from_paper(db, [case.id]) == {case.id: events[0].account_id}
        assert audit.verify(db).broken == ()
        assert ("sheets.enter", town.bay.id) in set(db.execute(select(Look.screen, Look.person_id)))


def test_it_is_the_own_case_when_the_person_comes_later(town: Town) -> None:
    browser = town.enter("truong").get(f"/phieu/{town.sen.id}")
    browser.submit(fields=marks(), button="Kiểm tra").submit(button="Ghi và gửi")
    sen = town.enter("sen").get("/ho-so")
    assert ("Nhập từ phiếu giấy." in sen.words(), "Người làm: Tổ trưởng Mẫu." in sen.words()) == (True, True)
    sen.submit(button="Rút hồ sơ").submit(button="Mở lại để sửa").get("/ho-so/gui")
    sen.submit(fields={"true": "y", "consent": "y"})
    case = town.case(town.sen)
    assert case is not None
    assert (case.state, case.channel) == ("submitted", "own")
    with town.database.read() as db:
        assert queries.entered_from_paper(db, [case.id]) == {}


def test_evidence_that_supports_an_indicator_goes_along(town: Town) -> None:
    with town.database.transaction() as db:
        kept = make_evidence(db, town.bay, "Lớp trồng rau", ("1.3", "2.3"))
        actor = actor_of(db, make_officer(db, town.ward, "community_head", "truong").account)
        sheet = Sheet(dict.fromkeys(CODES, 8), signed_on=TODAY, kept_at="Tổ 1")
        case = sheets.enter(db, town.bay.id, YEAR, sheet, actor=actor, today=TODAY, version=None)
        used = queries.used_evidence(db, case.id)
    assert {code: [one.id for one in found] for code, found in used.items()} == {"1.3": [kept], "2.3": [kept]}


def test_what_was_answered_online_is_never_written_over_unseen(town: Town) -> None:
    with town.database.transaction() as db:
        make_application(db, town.sen, "draft", answers={"1.1": 5, "3.2": 10})
    browser = town.enter("truong").get(f"/phieu/{town.sen.id}")
    assert "đã tự chấm 10 chỉ số trên máy" in browser.words()
    browser.submit(fields=marks(), button="Kiểm tra")
    assert "2 chỗ" in browser.words()
    browser.submit(fields={"ben_1_1": "phieu"}, button="Ghi và gửi")
    assert (browser.status, "Chọn lấy bên nào ở chỉ số 3.2." in browser.words()) == (422, True)
    with town.database.transaction() as db:  # meanwhile, at home
        case = queries.own_application(db, town.sen.id, YEAR)
        assert case is not None
        applications.answer(db, case.id, "2.2", points=5, note="tự học", evidence=set())
    browser.submit(fields={"ben_3_2": "ho-so"}, button="Ghi và gửi")
    assert (browser.status, "vừa được cập nhật ở nơi khác" in browser.words()) == (409, True)
    browser.submit(fields={"ben_2_2": "phieu"}, button="Ghi và gửi")
    case = town.case(town.sen)
    assert case is not None
    assert (browser.screen(), {row.code: row.claimed_points for row in case.lines}) == (
        "sheets.receipt",
        {**dict.fromkeys(CODES, 8), "3.2": 10},
    )
    assert next(row.note for row in case.lines if row.code == "2.2") == "tự học"


@pytest.mark.parametrize("state", ["submitted", "under_review", "granted", "withdrawn"])
def test_a_sent_case_is_shown_beside_and_stays(town: Town, state: str) -> None:
    with town.database.transaction() as db:
        before = make_application(db, town.sen, state, answers={"1.1": 5, "1.2": 10, "1.4": 10})
        actor = actor_of(db, make_officer(db, town.ward, "community_head", "truong").account)
    browser = town.enter("truong").get(f"/phieu/{town.sen.id}").submit(fields=marks(), button="Kiểm tra")
    assert ("Trong hồ sơ" in browser.words(), any("Ghi và gửi" in form.buttons for form in browser.forms())) == (
        True,
        False,
    )
    browser.post(f"/phieu/{town.sen.id}", {**marks(), "then": "gui", "version": str(before.version)})
    assert browser.status == 409
    case = town.case(town.sen)
    assert case is not None
    assert (case.state, case.version) == (state, before.version)
    with town.database.transaction() as db, pytest.raises(Conflict):
        sheets.enter(db, town.sen.id, YEAR, Sheet(dict.fromkeys(CODES, 8)), actor=actor, today=TODAY, version=None)


def test_a_sheet_of_a_returned_case_goes_back_under_its_number(town: Town) -> None:
    with town.database.transaction() as db:
        before = make_application(db, town.bay, "returned")
    browser = town.enter("truong").get(f"/phieu/{town.bay.id}").submit(fields=marks("8"), button="Kiểm tra")
    browser.submit(button="Ghi và gửi")
    case = town.case(town.bay)
    assert case is not None
    assert (case.state, case.receipt, case.channel) == ("under_review", before.receipt, "paper")


@pytest.mark.parametrize(("born", "signed", "error"), [(1955, None, "chưa đồng ý"), (YEAR - 10, TODAY, "từ 18 tuổi")])
def test_no_sheet_without_consent_or_of_a_child(town: Town, born: int, signed: object, error: str) -> None:
    with town.database.transaction() as db:
        who = make_resident(db, town.ward, birth_year=born)
        actor = actor_of(db, make_officer(db, town.ward, "community_head", "truong").account)
    sheet = Sheet(dict.fromkeys(CODES, 8), signed_on=signed, kept_at="Tổ 1")  # type: ignore[arg-type]
    with town.database.write() as db, pytest.raises(Invalid, match=error):
        sheets.enter(db, who.id, YEAR, sheet, actor=actor, today=TODAY, version=None)


def test_who_may_copy_a_sheet(town: Town) -> None:
    with town.database.transaction() as db:
        make_officer(db, town.ward, "community_head", "sen", resident=town.sen)
        make_resident(db, town.ward, "Võ Thị Con", household=town.sen.household, birth_year=1999)
    code = sheet_code(town.bay.id, YEAR)
    for login, may in (("truong", 200), ("xet", 200), ("truong2", 403), ("xa-la", 403)):
        browser = town.enter(login)
        pages = (f"/phieu/{town.bay.id}", f"/phieu/{town.bay.id}/phieu.pdf")
        assert [browser.get(page).status for page in pages] == [may, may], login
        assert browser.get(f"/phieu?ma={shown_code(code).lower()}").status == (200 if may == 200 else 404), login
        assert browser.screen() == ("sheets.enter" if may == 200 else "sheets.find")
    sen = town.enter("sen")  # a head, but never for herself or the own household
    assert [sen.get(f"/phieu/{town.sen.id}{tail}").status for tail in ("", "/phieu.pdf")] == [403, 200]


def made_row(name: str, group: str) -> SheetRow:
    return SheetRow(uuid.uuid4(), name, "", 1955, group, name, "Tổ dân phố 18 Vườn Chè", None, None)


def needs_poppler() -> None:
    if shutil.which("pdftoppm") is None:
        if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
            raise AssertionError("poppler is needed")
        pytest.skip("no poppler to read the page with")


def read_pages(pdf: bytes, folder: Path) -> tuple[list[str], list[Image.Image]]:
    needs_poppler()
    (folder / "paper.pdf").write_bytes(pdf)
    for command in (
        ["pdftotext", "-layout", "paper.pdf", "paper.txt"],
        ["pdftoppm", "-r", "110", "-png", "paper.pdf", "p"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    texts = (folder / "paper.txt").read_text("utf-8").split("\f")[:-1]
    return texts, [Image.open(path) for path in sorted(folder.glob("p-*.png"))]


def test_every_letter_and_tone_prints_right_and_a_sheet_is_one_page(tmp_path: Path) -> None:
    half = EVERY_LETTER.split()
    names = [" ".join(half[:25]), " ".join(half[25:]), "Nguyễn Phước Thị Hoàng Ngọc Bích Thủy Tiên", "Lê *_#$ <b> & An"]
    rows = [made_row(name, str(group)) for name, group in zip(names, Group, strict=True)]
    link = f"https://congdan.example.vn/phieu/{NIL}"
    texts, pages = read_pages(sheets_pdf(rows, year=YEAR, ward="Phường Hương Trà", link=link), tmp_path)
    assert [name in " ".join(text.split()) for name, text in zip(names, texts, strict=True)] == [True] * 4
    assert [zxingcpp.read_barcodes(page)[0].text for page in pages] == [
        link.replace(NIL, str(row.person_id)) for row in rows
    ]
    assert all(shown_code(sheet_code(row.person_id, YEAR)) in text for row, text in zip(rows, texts, strict=True))
    for row, text in zip(rows, texts, strict=True):
        flat = "".join(text.split())
        for line in catalogue.get(row.criteria_set).lines:
            assert line.code in flat


def test_a_printed_code_opens_the_page_where_its_marks_are_copied(town: Town, tmp_path: Path) -> None:
    browser = town.enter("truong").get(f"/phieu/{town.bay.id}/phieu.pdf")
    texts, pages = read_pages(browser.response.get_data(), tmp_path)
    link = urlsplit(zxingcpp.read_barcodes(pages[0])[0].text)
    browser.get(link.path)
    assert (browser.screen(), browser.heading(), len(pages)) == ("sheets.enter", "Phạm Văn Bảy", 1)
    typed = next(word for word in texts[0].split() if word.startswith(f"{YEAR % 100}-"))
    assert browser.get("/phieu").submit(fields={"ma": typed.lower()}).heading() == "Phạm Văn Bảy"


def test_codes_lead_to_the_public_address(town: Town, tmp_path: Path) -> None:
    settings = town.app.config["XHHT"]
    town.app.config["XHHT"] = replace(settings, public_url="https://congdan.example.vn")
    try:
        browser = town.enter("truong").get(f"/phieu/{town.bay.id}/phieu.pdf")
    finally:
        town.app.config["XHHT"] = settings
    page = read_pages(browser.response.get_data(), tmp_path)[1][0]
    assert zxingcpp.read_barcodes(page)[0].text == f"https://congdan.example.vn/phieu/{town.bay.id}"


def test_a_communitys_sheets_are_printed_by_a_job(town: Town, tmp_path: Path) -> None:
    with town.database.transaction() as db:
        for _ in range(30):
            make_resident(db, town.ward)
        make_resident(db, town.ward, community=1)
        make_application(db, town.sen, "submitted")
    browser = town.enter("truong").get("/phieu/in")
    browser.get(next(url for label, url in browser.links().items() if label.startswith("In cho cả thôn, tổ: 31 người")))
    assert browser.heading() == "In phiếu cho 31 người, Tổ 1"
    browser.submit(button="In 31 người")
    assert browser.screen() == "jobs.one"
    assert worker.run_waiting(worker.open_workshop(town.app.config["XHHT"])) == 1
    browser.get(browser.path)
    assert "Đã làm 31 trên 31." in browser.words()
    with town.database.read() as db:
        job = db.scalars(select(Job)).one()
        assert "Bảy" not in str(job.payload)
    pdf = browser.get(f"/viec-may/{job.id}/tep").response.get_data()
    texts, pages = read_pages(pdf, tmp_path)
    assert len(pages) == 31
    assert sum("Phạm Văn Bảy" in text for text in texts) >= 1
    assert len({zxingcpp.read_barcodes(page)[0].text for page in pages[::10]}) == 4


def test_chosen_people_and_a_household_are_spelled_out(town: Town) -> None:
    with town.database.transaction() as db:
        make_resident(db, town.ward, "Phạm Thị Con", household=town.bay.household, birth_year=1990)
        far = make_resident(db, town.ward, community=1)
    browser = town.enter("truong").get(f"/phieu/in/xac-nhan?ho={town.bay.household.id}")
    assert (browser.heading(), "Phạm Thị Con" in browser.words()) == ("In phiếu cho 2 người, Hộ Phạm Văn Bảy", True)
    browser.get(f"/phieu/in/xac-nhan?ai={town.bay.id.hex}&ai={far.id.hex}")
    assert browser.heading() == "In phiếu cho 1 người, Tổ 1"
    assert browser.get("/phieu/in/xac-nhan").screen() == "sheets.choose"


def test_a_typed_code_is_found_among_many(town: Town) -> None:
    with town.database.transaction() as db:
        place = SheetPlace(town.ward.code, None, YEAR)
        code = sheet_code(town.bay.id, YEAR)
        assert sheet_rolls.bearers(db, [place], code) == [town.bay.id]
        assert sheet_rolls.bearers(db, [SheetPlace(town.ward.code, town.ward.communities[1].id, YEAR)], code) == []
        assert sheet_rolls.bearers(db, [SheetPlace(town.ward.code, None, YEAR - 1)], code) == []


@pytest.mark.xdist_group("phones")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_sheet_by_keyboard_alone(database_url: str, tmp_path: Path) -> None:
    """From the open page to the receipt: a digit and Tab for each mark, consent, its day, Enter, Enter."""
    database = Database(database_url)
    with database.transaction() as db:
        ward = make_ward(db)
        bay = make_resident(db, ward, "Phạm Văn Bảy", birth_year=1955)
        make_officer(db, ward, "community_head", "truong")
    pressed = 0
    with chromium() as browser, serving(database_url, tmp_path) as server:
        phone = Phone(browser, f"http://127.0.0.1:{server.port}", shots="phieu", script=False)
        phone.open("/dang-nhap").fill(login="truong", password=PASSWORD).tap("Đăng nhập")
        phone.open(f"/phieu/{bay.id}")
        keys = [key for mark in "3343233433" for key in (mark, "Tab")]
        keys += ["Space", "Tab", *f"{TODAY:%d%m}", "Enter"]
        for key in keys:
            phone.page.keyboard.press(key)
            pressed += 1
        phone.page.wait_for_selector("button[value=gui]")
        phone.settle()
        assert "Kiểm tra phiếu của Phạm Văn Bảy" in phone.words
        with phone.page.expect_navigation():
            phone.page.keyboard.press("Enter")
        pressed += 1
        phone.settle()
        assert (phone.screen, pressed) == ("sheets.receipt", 28)
        phone.close()
    with database.read() as db:
        case = queries.own_application(db, bay.id, YEAR)
        assert case is not None
        points = [row.claimed_points for row in sorted(case.lines, key=lambda row: row.code)]
        assert (case.state, points) == ("submitted", [8, 8, 10, 8, 5, 8, 8, 10, 8, 8])
    database.dispose()
