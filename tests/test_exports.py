"""Exports: the numbers of the tallies, in files that open safely and say what they count."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy.orm import Session

from tests.factories import YEAR, make_application, make_resident, make_ward
from xhht_citizen.errors import Invalid
from xhht_citizen.exports import titles
from xhht_citizen.exports.cells import csv_cell, safe_text
from xhht_citizen.people.models import Person
from xhht_citizen.places.actions import rename_community
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles import actions as book


@pytest.fixture
def counted(db: Session) -> Session:
    """Two provinces, three wards (one never counted); four adults in one of them: one registered, one granted."""
    make_ward(db, "00004", "Phường Ba Đình", province_code="01", province_name="Thành phố Hà Nội")
    make_ward(db, "19753", "Phường Phú Xuân")
    ward = make_ward(db)
    first, second, *_ = [make_resident(db, ward, community=number % 2) for number in range(4)]
    make_resident(db, ward, birth_year=YEAR - 10)
    make_application(db, first, "granted")
    book.register_person(db, db.get_one(Person, second.id), YEAR, account_id=None)
    recount_ward(db, ward.code, YEAR)
    return db


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def exported(db: Session, form: str, place: str | None = None) -> bytes:
    out = io.BytesIO()
    titles.export(db, year=YEAR, place_code=place, format=form, out=out)
    return out.getvalue()


def test_a_line_for_each_area_and_their_total(counted: Session) -> None:
    def lines(place: str | None) -> list[tuple[str, str, Counts]]:
        return [
            (row.code, row.area, row.counts)
            for row in titles.rows(counted, YEAR, place)
            if row.kind == "Công dân học tập"
        ]

    unknown, whole = Counts(), Counts(4, 2, 1, 1)
    assert lines(None) == [
        ("01", "Thành phố Hà Nội", unknown),
        ("46", "Thành phố Huế", whole),
        ("", "Tổng cộng", whole),
    ]
    assert lines("46") == [
        ("19996", "Phường Hương Trà", whole),
        ("19753", "Phường Phú Xuân", unknown),
        ("46", "Tổng cộng", whole),
    ]
    assert lines("19996") == [
        ("", "Tổ 1", Counts(2, 1, 1, 1)),
        ("", "Tổ 2", Counts(2, 1, 0, 0)),
        ("", "Tổ 3", unknown),
        ("19996", "Tổng cộng", whole),
    ]
    assert lines("01")[-1] == ("01", "Tổng cộng", unknown)


def test_every_kind_has_its_lines_and_its_total(counted: Session) -> None:
    rows = titles.rows(counted, YEAR, "46")
    assert [(row.kind, row.area, row.counts.total, row.counts.registered) for row in rows if row.total] == [
        ("Công dân học tập", "Tổng cộng", 4, 2),
        ("Gia đình học tập", "Tổng cộng", 5, 0),
        ("Dòng họ học tập", "Tổng cộng", 0, 0),
        ("Cộng đồng học tập", "Tổng cộng", 3, 0),
        ("Đơn vị học tập", "Tổng cộng", 0, 0),
        ("Đơn vị học tập cấp tỉnh", "Tổng cộng", 0, 0),
        ("Cộng đồng học tập cấp xã", "Tổng cộng", 1, 0),
    ]
    assert len(rows) == 7 * 3
    assert [row.counts for row in rows if row.code == "19753"] == [Counts()] * 7


def test_csv(counted: Session) -> None:
    lines = read_csv(exported(counted, "csv"))
    assert lines[:4] == [
        list(titles.HEADERS),
        ["01", "Thành phố Hà Nội", "Công dân học tập", "", "", "", "", "", "", ""],
        ["46", "Thành phố Huế", "Công dân học tập", "4", "2", "1", "1", "25,00", "50,00", "100,00"],
        ["", "Tổng cộng", "Công dân học tập", "4", "2", "1", "1", "25,00", "50,00", "100,00"],
    ]
    raw = exported(counted, "csv")
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(lines)


def test_xlsx(counted: Session) -> None:
    data = exported(counted, "xlsx", "46")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Danh hiệu", "Định nghĩa"]
    assert [[cell.value for cell in row] for row in book["Danh hiệu"].iter_rows(max_row=4)] == [
        list(titles.HEADERS),
        ["19996", "Phường Hương Trà", "Công dân học tập", 4, 2, 1, 1, 25, 50, 100],
        ["19753", "Phường Phú Xuân", "Công dân học tập", *[None] * 7],
        ["46", "Tổng cộng", "Công dân học tập", 4, 2, 1, 1, 25, 50, 100],
    ]
    about = {row[0].value: row[1].value for row in book["Định nghĩa"].iter_rows()}
    assert about["Địa bàn"] == "Thành phố Huế (mã 46)"
    assert about["Năm"] == str(YEAR)
    assert about["Đã có số liệu"].startswith("1 trên 2 xã, phường, đặc khu")
    assert about["Tỷ lệ trên số đăng ký (%)"] == "Số đạt chia cho: số người, hộ hoặc nhóm đã đăng ký học tập"
    assert set(titles.HEADERS[3:]) < set(about)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_codes_keep_their_zeros(counted: Session) -> None:
    assert read_csv(exported(counted, "csv", "01"))[1][0] == "00004"
    sheet = openpyxl.load_workbook(io.BytesIO(exported(counted, "xlsx", "01")))["Danh hiệu"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("00004", "s")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+84", "-1+1", "@SUM(A1)", "'đã có dấu", "https://example.org"])
def test_names_are_never_formulas(db: Session, name: str) -> None:
    ward = make_ward(db, communities=1)
    rename_community(db, ward.communities[0], name)
    safe = f"'{name}" if name[0] in "=+-@" else name
    assert read_csv(exported(db, "csv", ward.code))[1][1] == safe
    cell = openpyxl.load_workbook(io.BytesIO(exported(db, "xlsx", ward.code)))["Danh hiệu"]["B2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)


def test_cells() -> None:
    assert [safe_text(text) for text in ("\tx", "\rx", "", "Tổ 4", "a=b")] == ["'\tx", "'\rx", "", "Tổ 4", "a=b"]
    assert [csv_cell(cell) for cell in (None, 0, 1200, Decimal("0E-2"), Decimal("71.28"))] == [
        "", "0", "1200", "0,00", "71,28",
    ]  # fmt: skip


def test_what_cannot_be_exported(counted: Session) -> None:
    for place in ("99", "99999", "1", "abc", "١٢", "4 6"):
        with pytest.raises(Invalid) as refused:
            titles.rows(counted, YEAR, place)
        assert refused.value.field == "place"
    with pytest.raises(Invalid) as refused:
        exported(counted, "ods")
    assert refused.value.field == "format"
    with pytest.raises(Invalid) as refused:
        titles.rows(counted, 26, None)
    assert refused.value.field == "year"


def test_export_says_how_many_areas(counted: Session) -> None:
    out = io.BytesIO()
    assert titles.export(counted, year=YEAR, place_code="19996", format="csv", out=out) == 3
    assert not out.closed
    assert titles.file_name(YEAR, "19996", "csv") == f"danh-hieu-19996-{YEAR}.csv"
    assert titles.file_name(YEAR, None, "xlsx") == f"danh-hieu-ca-nuoc-{YEAR}.xlsx"
