"""Lists of residents on the screen: from upload to taking back, what is refused beside its field, who may come in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
from browser import Browser
from factories import PASSWORD, make_officer, make_resident, make_ward
from flask import Flask
from rosters import csv_bytes, made, xlsx
from sqlalchemy import event, func, select

from xhht_citizen import worker
from xhht_citizen.database import Database, new_id
from xhht_citizen.people.models import Person
from xhht_citizen.roster.models import RosterImport


@pytest.fixture
def ward(database: Database) -> Any:
    with database.transaction() as db:
        ward = make_ward(db, communities=4)
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, ward, "community_head", "to-truong")
        away = make_ward(db, "20014", "Phường Kim Trà")
        make_officer(db, away, "ward_signer", "ky-noi-khac")
        make_resident(db, ward, login="lan")
        return ward


@pytest.fixture
def officer(app: Flask, ward: Any) -> Browser:
    return signed_in(app, "xet")


def signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def work(app: Flask) -> None:
    shop = worker.open_workshop(app.config["XHHT"])
    worker.run_waiting(shop)
    shop.database.dispose()


def uploaded(browser: Browser, content: bytes, name: str = "danh sách.xlsx", **fields: str) -> Browser:
    return browser.get("/dan-cu/danh-sach/moi").submit("/moi", {"file": (name, content), **fields})


def test_from_the_file_to_the_people_and_back(app: Flask, officer: Browser, database: Database) -> None:
    rows = made(60, communities=4)
    rows[2][1] = "Trần Văn 3"
    officer.get("/dan-cu")
    assert "Nhập danh sách từ Excel" in officer.words()
    uploaded(officer, xlsx(rows))
    assert (officer.status, officer.screen()) == (200, "roster.columns")
    assert rows[0][4] not in officer.text  # samples tell what a column holds, not whose number it is
    officer.submit("/cot")
    assert officer.screen() == "jobs.one"
    work(app)
    officer.get(officer.path)
    officer.get(officer.links()["Xong, trở lại"])
    assert (officer.screen(), officer.heading()) == ("roster.one", "danh sách.xlsx")
    assert f"Trần Văn 3, {rows[2][2]}" in officer.words()
    assert "Họ và tên có chữ số." in officer.words()
    here = officer.path
    officer.submit(fields={"skip_bad": "none"}, button="Nhập")
    assert (officer.status, officer.screen()) == (409, "roster.one")
    assert "Còn 1 dòng chưa đúng." in officer.words()
    officer.get(here).submit(fields={"skip_bad": "skip"}, button="Nhập")
    assert officer.screen() == "jobs.one"
    work(app)
    officer.get(here)
    assert "Đã nhập" in officer.words()
    answer = officer.client.get(f"{here}/can-sua")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert [row[-2] for row in sheet.iter_rows(values_only=True)][1:] == [None, None, "Họ và tên có chữ số.", None]
    with database.read() as db:
        assert db.scalars(select(func.count()).select_from(Person)).one() == 60
        person = db.scalars(select(Person).where(Person.citizen_id_last4 == rows[0][4][-4:])).first()
        assert person is not None
    officer.get(f"/dan-cu/{person.id}")
    assert "danh sách.xlsx" in officer.words()
    officer.get(f"{here}/rut-lai")
    assert "xóa 59 người do danh sách này ghi vào" in officer.words()
    officer.submit("/rut-lai")
    work(app)
    officer.get(here)
    assert "Đã rút lại" in officer.words()
    with database.read() as db:
        assert db.scalars(select(func.count()).select_from(Person)).one() == 1
    officer.get("/dan-cu/danh-sach")
    assert list(officer.links()).count("danh sách.xlsx") == 1


def test_what_stands_in_the_way_is_spelled_out(app: Flask, officer: Browser, database: Database) -> None:
    uploaded(officer, xlsx(made(12, communities=4))).submit("/cot")
    work(app)
    with database.read() as db:
        import_id = db.scalars(select(RosterImport.id)).one()
    here = f"/dan-cu/danh-sach/{import_id}"
    officer.get(here).submit(button="Nhập")
    work(app)
    with database.transaction() as db:
        for person in db.scalars(select(Person).where(Person.citizen_id_hash.is_not(None)).order_by(Person.id)):
            person.version += 1
    officer.get(f"{here}/rut-lai")
    assert "12 dòng đã sửa thông tin, hoặc đã qua đời: 2–13" in officer.words()
    assert officer.post(f"{here}/rut-lai").screen() == "jobs.one"
    work(app)
    officer.get(officer.path)
    assert "12 người trong danh sách đã có việc sau khi nhập" in officer.words()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.7", "Đây không phải danh sách Excel"),
        ("a.xlsx", b"PK\x03\x04hong", "Tệp này bị hỏng"),
        ("a.csv", b"", "Tệp này không có dòng nào."),
        ("a.csv", b"x" * 20_000_001, "Tệp lớn quá 20 MB."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    officer: Browser, database: Database, name: str, content: bytes, words: str
) -> None:
    uploaded(officer, content, name)
    assert (officer.status, officer.screen()) == (422, "roster.upload")
    assert words in officer.words()
    with database.read() as db:
        assert db.scalars(select(func.count()).select_from(RosterImport)).one() == 0


def test_columns_are_corrected(app: Flask, officer: Browser, database: Database, ward: Any) -> None:
    rows = [["Trần Thị Lan", "1990", "x1"], ["Lê Văn Tư", "1988", "x1"]]
    uploaded(officer, csv_bytes(rows, ["aa", "bb", "cc"]), "a.csv", community_id=str(ward.communities[1].id))
    assert officer.screen() == "roster.columns"
    officer.submit("/cot", {"header_row": "1", "name": "0", "birth": "1"})
    assert officer.status == 422
    assert "Chọn cột số hộ, chủ hộ hoặc quan hệ" in officer.words()
    officer.submit("/cot", {"header_row": "1", "name": "0", "birth": "1", "household": "2"})
    work(app)
    with database.read() as db:
        row = db.scalars(select(RosterImport)).one()
        assert (row.headings, row.counts["new"], row.counts["households"]) == (["aa", "bb", "cc"], 2, 1)
        assert row.community_id == ward.communities[1].id


def test_a_list_is_given_up(app: Flask, officer: Browser, database: Database) -> None:
    uploaded(officer, xlsx(made(4)))
    with database.read() as db:
        here = f"/dan-cu/danh-sach/{db.scalars(select(RosterImport.id)).one()}"
    officer.get(here).submit("/bo")
    assert officer.screen() == "roster.listed"
    assert "Không nhập" in officer.words()
    assert officer.get(f"{here}/cot").status == 404
    assert list((app.config["XHHT"].data_dir / "files").rglob("*.list")) == []


def test_the_empty_list(officer: Browser) -> None:
    answer = officer.client.get("/dan-cu/danh-sach/mau")
    assert openpyxl.load_workbook(io.BytesIO(answer.data)).sheetnames == ["Danh sách", "Cách ghi"]


def test_who_may_come_in(app: Flask, officer: Browser, database: Database) -> None:
    """Officers of the ward and nobody else: not its community heads, not those of another ward, no resident."""
    uploaded(officer, xlsx(made(4)))
    with database.read() as db:
        import_id = db.scalars(select(RosterImport.id)).one()
    here = f"/dan-cu/danh-sach/{import_id}"
    for login in ("to-truong", "ky-noi-khac", "lan"):
        browser = signed_in(app, login)
        for path in (here, f"{here}/cot", f"{here}/can-sua", f"{here}/rut-lai", "/dan-cu/danh-sach?noi=19996"):
            assert browser.get(path).status == 403, (login, path)
            assert "danh sách.xlsx" not in browser.text
        browser.get("/tai-khoan")
        for path in (here, f"{here}/cot", f"{here}/rut-lai", f"{here}/bo", "/dan-cu/danh-sach/moi?noi=19996"):
            assert browser.post(path, {"skip_bad": "skip"}).status == 403, (login, path)
            browser.get("/tai-khoan")
    assert officer.get(f"/dan-cu/danh-sach/{new_id()}").status == 404


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SELECTs of the block."""
    said: list[str] = []
    engine = app.extensions["xhht_database"].engine

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_one_line_costs_as_many_statements_as_thirty(app: Flask, officer: Browser, database: Database) -> None:
    counts = []
    for size in (4, 40):
        uploaded(officer, xlsx(made(size, communities=4, first=size))).submit("/cot")
        work(app)
        with database.read() as db:
            newest = db.scalars(select(RosterImport.id).order_by(RosterImport.id.desc()).limit(1)).one()
        here = f"/dan-cu/danh-sach/{newest}"
        seen = []
        for path in (here, "/dan-cu/danh-sach"):
            with statements(app) as made_here:
                assert officer.get(path).status == 200
            seen.append(len(made_here))
        officer.get(here).submit(button="Nhập")
        work(app)
        with statements(app) as made_here:
            assert officer.get(f"{here}?xem=moi").status == 200
        counts.append([*seen, len(made_here)])
    assert counts[0] == counts[1]
