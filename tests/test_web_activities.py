"""Activities on the screen: lists made in four ways, confirmed, struck; each officer sees their own place only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    Resident,
    Ward,
    make_activity,
    make_application,
    make_helper,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from PIL import Image
from sqlalchemy import event, func, select

from xhht_citizen.activities import queries
from xhht_citizen.activities.models import Activity
from xhht_citizen.audit import Look
from xhht_citizen.database import Database, now
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.models import Account

NAMES = ("Nguyễn Văn Hùng", "Nguyễn Văn Hưng", "Đỗ Thị Đào", "Trần Thị Lan", "Lê Hoà", "Phạm Ngọc Bích Thủy")


@dataclass
class Town:
    """A ward with six named people in its first community, one of them with an account, and its officers."""

    app: Flask
    database: Database
    ward: Ward
    people: list[Resident]
    activity: Activity

    def enter(self, login: str) -> Browser:
        browser = Browser(self.app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert browser.status == 200, browser.words()
        return browser

    def on_list(self, activity_id: object = None) -> dict[str, str]:
        with self.database.read() as db:
            rows = queries.attendants(db, activity_id or self.activity.id)  # type: ignore[arg-type]
            return {row.name: row.way for row in rows}


@pytest.fixture
def town(app: Flask, database: Database) -> Town:
    with database.transaction() as db:
        ward = make_ward(db)
        people = [make_resident(db, ward, name, birth_year=1950 + number) for number, name in enumerate(NAMES)]
        lan = make_resident(db, ward, "Võ Thị Mẫu Sen", login="sen")
        make_resident(db, ward, "Bùi Văn Xa", community=1, login="xa")
        head = make_officer(db, ward, "community_head", "truong", name="Tổ trưởng Mẫu")
        make_officer(db, ward, "community_head", "truong2", community=1)
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, make_ward(db, "20014", "Phường Khác"), "ward_reviewer", "xa-la")
        activity = make_activity(db, ward, head)
    return Town(app, database, ward, [*people, lan], activity)


def path(town: Town, tail: str = "") -> str:
    return f"/hoat-dong/{town.activity.id}{tail}"


def test_a_class_is_written_down_ticked_and_confirmed(town: Town) -> None:
    browser = town.enter("truong").get("/dan-cu")
    browser.get(browser.links()["Lớp học, buổi sinh hoạt"])
    assert (browser.screen(), browser.status) == ("activities.overview", 200)
    browser.get(browser.links()["Ghi một buổi mới"])
    browser.submit("/hoat-dong/moi", {"name": "", "held_on": "31/02/2026", "hours": "hai"}, "Lưu")
    assert (browser.status, browser.screen()) == (422, "activities.new")
    assert browser.forms()[0].fields["hours"] == "hai"
    browser.submit(
        "/hoat-dong/moi",
        {"name": "Nói chuyện sức khỏe", "held_on": f"{TODAY:%d/%m/%Y}", "hours": "1,5", "kind": "talk",
         "indicators": ["1.3", "3.1"]},
        "Lưu",
    )  # fmt: skip
    assert (browser.screen(), browser.heading()) == ("activities.one", "Nói chuyện sức khỏe")
    browser.get(browser.links()["Chọn trong danh sách dân cư"]).submit("/chon", {"tim": "do thi"})
    assert "Nguyễn Văn Hùng" not in browser.words()
    browser.submit("/them", {"ai": [town.people[2].id.hex, town.people[0].id.hex]})
    assert (browser.screen(), browser.heading()) == ("activities.add", "Đã chọn 2 người")
    browser.submit("/them", button="Ghi 2 người")
    assert "Đã ghi 2 người vào danh sách." in browser.words()
    browser.get(browser.links()["Xem lại và xác nhận"])
    assert browser.heading() == "Xác nhận 2 người đã dự “Nói chuyện sức khỏe”"
    again = Browser.__new__(Browser)
    again.__dict__.update(browser.__dict__)
    browser.submit(button="Xác nhận 2 người")
    assert "Đã xác nhận 2 người." in browser.words()
    again.submit(button="Xác nhận 2 người")
    assert "đã xác nhận từ trước" in again.words()
    with town.database.read() as db:
        made = db.execute(select(Evidence.title, Evidence.minutes, Evidence.kind)).all()
    assert made == [("Nói chuyện sức khỏe", 90, "talk")] * 2


def test_a_pasted_list_is_matched_and_nothing_typed_is_lost(town: Town) -> None:
    browser = town.enter("truong").get(path(town, "/dan"))
    browser.submit(fields={"names": "  \n"}, button="Tìm người")
    assert (browser.status, "Dán danh sách tên vào đây" in browser.words()) == (422, True)
    typed = "1. Nguyen Van Hung\n2. ĐỖ THỊ ĐÀO, 1952\n3. Hoàng Xuân Quỳnh\n4. Lê Hòa\n5. Trần Thị Lam"
    browser.submit(fields={"names": typed}, button="Tìm người")
    assert "Đọc được 5 dòng: 2 chắc chắn, 2 cần chọn, 1 không tìm thấy." in browser.words()
    assert browser.forms()[0].fields["names"] == typed
    browser.submit(fields={"dong-1": str(town.people[1].id), "dong-3": "de-lai"}, button="Ghi những người")
    assert town.on_list() == {"Đỗ Thị Đào": "pasted", "Nguyễn Văn Hưng": "pasted", "Lê Hoà": "pasted"}
    assert "Còn 2 dòng chưa ghi" in browser.words()
    assert browser.forms()[0].fields["names"].split("\n") == ["3. Hoàng Xuân Quỳnh", "5. Trần Thị Lam"]
    browser.submit(button="Tìm người")
    browser.submit(fields={"dong-1": "bo", "dong-2": str(town.people[3].id)}, button="Ghi những người")
    assert (browser.screen(), len(town.on_list())) == ("activities.one", 4)


def test_a_mark_for_somebody_the_line_cannot_mean_is_not_taken(town: Town) -> None:
    browser = town.enter("truong").get(path(town, "/dan"))
    browser.submit(fields={"names": "Hoàng Xuân Quỳnh"}, button="Tìm người")
    with town.database.read() as db:
        stranger = db.scalars(select(Evidence.id)).first() or town.people[0].id
    browser.post(path(town, "/dan"), {"names": "Hoàng Xuân Quỳnh", "then": "ghi", "dong-1": str(stranger)})
    assert (town.on_list(), "Còn 1 dòng chưa ghi" in browser.words()) == ({}, True)


def test_last_weeks_list_is_taken_over(town: Town) -> None:
    with town.database.transaction() as db:
        head = make_officer(db, town.ward, "community_head", "truong")
        make_activity(db, town.ward, head, people=town.people[:3])
    browser = town.enter("truong").get(path(town, "/tu-buoi-truoc"))
    link = next(url for label, url in browser.links().items() if label.startswith("Lớp kỹ năng số"))
    browser.get(link)
    assert len(browser.forms()[0].fields.getlist("ai")) == 3
    browser.submit(fields={"ai": [one.id.hex for one in town.people[:2]]}, button="Ghi những người")
    assert sorted(town.on_list()) == sorted(one.name for one in town.people[:2])


def test_the_next_class_is_like_the_last(town: Town) -> None:
    browser = town.enter("truong").get(path(town))
    browser.get(browser.links()["Ghi buổi tiếp theo giống buổi này"])
    fields = browser.forms()[0].fields
    assert (fields["name"], fields["hours"], fields.getlist("indicators")) == (
        "Lớp kỹ năng số cho người cao tuổi", "2", ["1.3", "2.1"],
    )  # fmt: skip


def test_residents_scan_at_the_door_and_the_organiser_confirms(town: Town) -> None:
    head = town.enter("truong").get(path(town, "/cua"))
    head.submit("/mo-cua", {"until": "xx"})
    assert (head.status, "Ghi giờ và phút" in head.words()) == (422, True)
    head.submit("/mo-cua", {"until": "23:59"})
    assert "Đang mở đến 23:59" in head.words()
    sen = town.enter("sen").get(f"/den-hoc?ma={town.activity.code}")
    assert sen.heading() == "Lớp kỹ năng số cho người cao tuổi"
    sen.submit(button="Tôi có mặt")
    assert ("Đã ghi: ông/bà có mặt" in sen.words(), town.on_list()) == (True, {"Võ Thị Mẫu Sen": "scanned"})
    assert "Bùi Văn Xa" not in town.on_list()
    assert town.enter("sen").get("/den-hoc?ma=SAI").status == 404
    head.get(path(town, "/xac-nhan")).submit(button="Xác nhận 1 người")
    sen.get("/minh-chung")
    assert "đã được người tổ chức xác nhận" in sen.words()
    sen.get(sen.links()["Lớp kỹ năng số cho người cao tuổi"])
    assert ("Tổ trưởng Mẫu" in sen.words(), "Sửa" in sen.links()) == (True, False)
    sen.submit("/loi-cua-toi", {"note": "Biết gọi có hình."})
    assert "Biết gọi có hình." in sen.words()
    sen.get(sen.links()["Tôi không dự buổi này"]).submit(button="Đúng, tôi không dự")
    assert (sen.screen(), town.on_list()) == ("evidence.mine", {})
    with town.database.read() as db:
        assert db.scalars(select(Notice.kind)).all() == ["activity.not_there"]


def test_a_closed_door_lets_nobody_in(town: Town) -> None:
    sen = town.enter("sen").get(f"/den-hoc?ma={town.activity.code}")
    assert "Mã chưa mở" in sen.words()
    sen.post("/den-hoc", {"ma": town.activity.code})
    assert (sen.status, town.on_list()) == (409, {})


def test_striking_names_those_in_sent_cases_and_takes_nobody(town: Town) -> None:
    with town.database.transaction() as db:
        head = make_officer(db, town.ward, "community_head", "truong")
        row = make_activity(db, town.ward, head, people=town.people[:2])
        make_application(db, town.people[0], "submitted")
    browser = town.enter("truong").get(f"/hoat-dong/{row.id}")
    ids = [one.id.hex for one in town.people[:2]]
    browser.submit("/bo-ten", {"ai": ids})
    assert "Chưa bỏ được ai" in browser.words()
    browser.post(f"/hoat-dong/{row.id}/bo-ten", {"ai": ids})
    assert (browser.status, town.people[0].name in browser.words(), len(town.on_list(row.id))) == (409, True, 2)
    browser.get(f"/hoat-dong/{row.id}").submit("/bo-ten", {"ai": ids[1:]}).submit(button="Bỏ 1 người")
    assert list(town.on_list(row.id)) == [town.people[0].name]
    browser.get(f"/hoat-dong/{row.id}/huy").submit(button="Hủy buổi này")
    assert (browser.status, "đang nằm trong hồ sơ đã gửi" in browser.words()) == (409, True)


def test_nobody_confirms_oneself_and_the_page_says_who_waits(town: Town) -> None:
    with town.database.transaction() as db:
        make_officer(db, town.ward, "community_head", "sen", resident=town.people[-1])
    sen = town.enter("sen").get(path(town, f"/them?ai={town.people[-1].id.hex}&ai={town.people[0].id.hex}"))
    sen.submit(button="Ghi 2 người").get(path(town, "/xac-nhan"))
    assert "Ông/bà không tự xác nhận cho mình, người trong hộ hoặc người ông/bà làm thay." in sen.words()
    sen.submit(button="Xác nhận 1 người")
    assert "Chờ cán bộ khác" in sen.words()
    town.enter("xet").get(path(town, "/xac-nhan")).submit(button="Xác nhận 1 người")
    with town.database.read() as db:
        assert db.scalar(select(func.count()).select_from(Evidence)) == 2


def test_nobody_confirms_whom_they_act_for(town: Town) -> None:
    with town.database.transaction() as db:
        account = db.scalars(select(Account).where(Account.login == "truong")).one()
        make_helper(db, town.people[0], account)
    ids = "&".join(f"ai={one.id.hex}" for one in town.people[:2])
    head = (
        town.enter("truong").get(path(town, f"/them?{ids}")).submit(button="Ghi 2 người").get(path(town, "/xac-nhan"))
    )
    assert "người trong hộ hoặc người ông/bà làm thay" in head.words()
    head.submit(button="Xác nhận 1 người")
    with town.database.read() as db:
        assert db.scalars(select(Evidence.person_id)).all() == [town.people[1].id]
    # Put on the confirmed list later, they wait for somebody else as well.
    with town.database.transaction() as db:
        make_helper(db, town.people[2], db.get_one(Account, account.id))
    head.get(path(town, f"/them?ai={town.people[2].id.hex}")).submit(button="Ghi 1 người")
    with town.database.read() as db:
        assert db.scalar(select(func.count()).select_from(Evidence)) == 1
    town.enter("xet").get(path(town, "/xac-nhan")).submit(button="Xác nhận 2 người")
    with town.database.read() as db:
        assert db.scalar(select(func.count()).select_from(Evidence)) == 3


def test_each_officer_sees_the_own_place_only(town: Town) -> None:
    tails = (
        "",
        "/sua",
        "/chon",
        "/them",
        "/dan",
        "/tu-buoi-truoc",
        "/cua",
        "/xac-nhan",
        "/huy",
        "/bo-ten",
        "/ma-cua.pdf",
    )
    for login, status in (("truong", 200), ("xet", 200), ("truong2", 403), ("xa-la", 403), ("sen", 403)):
        browser = town.enter(login)
        assert {tail: browser.get(path(town, tail)).status for tail in tails} == dict.fromkeys(tails, status), login
    other = town.enter("truong2").get("/hoat-dong")
    assert (other.status, "Lớp kỹ năng số" in other.words()) == (200, False)
    with town.database.transaction() as db:
        whole = make_activity(db, town.ward, make_officer(db, town.ward, "ward_reviewer", "xet"), community=None)
    assert [town.enter(one).get(f"/hoat-dong/{whole.id}").status for one in ("xet", "truong")] == [200, 403]


def test_who_reads_a_list_is_remembered(town: Town) -> None:
    with town.database.transaction() as db:
        make_activity(db, town.ward, make_officer(db, town.ward, "community_head", "truong"), people=town.people[:2])
        row = db.scalars(select(Activity).where(Activity.confirmed_at.is_not(None))).one()
    town.enter("truong").get(f"/hoat-dong/{row.id}")
    with town.database.read() as db:
        assert set(db.execute(select(Look.person_id, Look.screen))) == {
            (one.id, "activities.one") for one in town.people[:2]
        }


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    engine = app.extensions["xhht_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_lists_cost_the_same_for_one_and_for_thirty(town: Town) -> None:
    with town.database.transaction() as db:
        head = make_officer(db, town.ward, "community_head", "truong")
        one = make_activity(db, town.ward, head, people=town.people[:1])
    pages = ("/hoat-dong", path(town, "/chon"), path(town, "/tu-buoi-truoc"), "/phieu/in")
    of_one = ["", "/xac-nhan"]
    browser = town.enter("truong")

    def costs(activity_id: object) -> list[int]:
        found = []
        for page in (*pages, *(f"/hoat-dong/{activity_id}{tail}" for tail in of_one)):
            with statements(town.app) as seen:
                assert browser.get(page).status == 200
            found.append(len(seen))
        return found

    before = costs(one.id)
    with town.database.transaction() as db:
        people = [make_resident(db, town.ward) for _ in range(30)]
        head = make_officer(db, town.ward, "community_head", "truong")
        for _ in range(30):
            many = make_activity(db, town.ward, head, people=people)
    assert costs(many.id) == before


def test_the_list_pages_by_name(town: Town) -> None:
    with town.database.transaction() as db:
        people = [make_resident(db, town.ward) for _ in range(120)]
        row = make_activity(db, town.ward, make_officer(db, town.ward, "community_head", "truong"), people=people)
    browser = town.enter("truong").get(f"/hoat-dong/{row.id}")
    seen = browser.words().count("Đã xác nhận")
    browser.get(browser.links()["Xem tiếp"])
    assert (seen, browser.words().count("Đã xác nhận")) == (100, 20)


def pages_of(pdf: bytes, folder: Path) -> list[Image.Image]:
    if shutil.which("pdftoppm") is None:
        if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
            raise AssertionError("pdftoppm is needed")
        pytest.skip("no pdftoppm to draw the page with")
    (folder / "paper.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "110", "-png", "paper.pdf", "page"], cwd=folder, check=True, capture_output=True)
    return [Image.open(path) for path in sorted(folder.glob("page*.png"))]


def test_the_posters_code_opens_the_door(town: Town, tmp_path: Path) -> None:
    browser = town.enter("truong").get(path(town, "/ma-cua.pdf"))
    page = pages_of(browser.response.get_data(), tmp_path)[0]
    link = urlsplit(zxingcpp.read_barcodes(page)[0].text)
    sen = town.enter("sen").get(f"{link.path}?{link.query}")
    assert (sen.screen(), sen.heading()) == ("activities.attend", "Lớp kỹ năng số cho người cao tuổi")


def test_an_unfinished_page_answers_gently(town: Town) -> None:
    browser = town.enter("truong")
    assert browser.get(path(town, "/them")).screen() == "activities.tick"
    assert browser.get(path(town, "/bo-ten")).screen() == "activities.one"
    assert "Danh sách còn trống" in browser.get(path(town, "/huy")).words()
    assert browser.get(path(town, "/xac-nhan")).status == 200
    with town.database.transaction() as db:
        row = db.get(Activity, town.activity.id)
        assert row is not None
        row.held_on, row.open_until = TODAY - timedelta(days=3), now()
    assert "đúng ngày tổ chức" in browser.get(path(town, "/cua")).words()
