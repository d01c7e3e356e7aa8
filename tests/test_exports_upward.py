"""The table that goes up: published figures come out to the digit, each with its denominator and rounding named."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from counted import give_title, make_clan, register
from factories import YEAR, Ward, make_application, make_resident, make_ward
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, now
from xhht_citizen.errors import Invalid
from xhht_citizen.exports import upward
from xhht_citizen.exports.upward import Choice
from xhht_citizen.places.actions import rename_community
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.ratios.declaring import declare
from xhht_citizen.ratios.models import WARD, Tally
from xhht_citizen.ratios.rules import MEASURES, percent

TALLIED = ("household", "clan", "community", "unit")


def publish(db: Session, ward: Ward, numbers: dict[str, tuple[int, int, int, int]]) -> None:
    """Counts of a whole city as if a ward's: roster, registered, recognised, and the total declared."""
    for kind in MEASURES:
        total, registered, recognised, _ = numbers.get(kind, (0, 0, 0, 0))
        db.add(
            Tally(
                ward_code=ward.code, community_id=WARD, kind=kind, year=YEAR, province_code=ward.province_code,
                total=total, registered=registered, assessed=registered, recognised=recognised, taken_at=now(),
            )
        )  # fmt: skip
    db.flush()
    for kind, (*_, declared) in numbers.items():
        if declared:
            declare(db, ward.code, None, kind, YEAR, total=declared, source="Báo cáo 15/11", account_id=None)


def shares(db: Session, place: str | None, choice: Choice) -> dict[str, list[Decimal | None]]:
    """The percentages of each area's households, clans, communities and units."""
    table = upward.table(db, YEAR, place, choice)
    columns = [5, 9, 13, 17]
    assert all("tỷ lệ đạt" in table.headers[number] for number in columns)
    return {str(line.cells[1]): [line.cells[number] for number in columns] for line in table.lines}  # type: ignore[misc]


@pytest.fixture
def published(db: Session) -> Session:
    """Thành phố Hồ Chí Minh 15/11/2024 of the total, Hà Nội 2024 of those registered, Bà Rịa-Vũng Tàu 9/2023."""
    hcm = make_ward(db, "26734", "Phường Sài Gòn", province_code="79", province_name="Thành phố Hồ Chí Minh")
    vung_tau = make_ward(db, "26506", "Phường Vũng Tàu", province_code="79")
    ha_noi = make_ward(db, "00004", "Phường Ba Đình", province_code="01", province_name="Thành phố Hà Nội")
    publish(
        db,
        hcm,
        {
            "household": (1_600_000, 1_550_000, 1_505_684, 2_112_300),
            "clan": (1_200, 1_150, 1_094, 1_249),
            "community": (4_000, 3_900, 3_729, 4_855),
            "unit": (700, 690, 687, 750),
        },
    )
    publish(
        db,
        vung_tau,
        {
            "household": (195_201, 180_000, 163_055, 0),
            "clan": (9, 9, 8, 0),
            "community": (503, 490, 483, 0),
            "unit": (359, 350, 345, 0),
        },
    )
    publish(db, ha_noi, {"community": (5_500, 5_137, 4_709, 0), "unit": (4_500, 4_074, 4_061, 0)})
    return db


def numbers(*texts: str | None) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


def test_published_figures(published: Session) -> None:
    declared = shares(published, "79", Choice("declared"))
    assert declared["Phường Sài Gòn"] == numbers("71.28", "87.59", "76.81", "91.60")
    assert declared["Phường Vũng Tàu"] == [None] * 4  # nothing was declared there
    assert declared["Tổng cộng"] == [None] * 4  # so the sum is not known either
    truncated = shares(published, "79", Choice("declared", "truncate"))
    assert truncated["Phường Sài Gòn"] == numbers("71.28", "87.59", "76.80", "91.60")
    roster = shares(published, "79", Choice("roster"))
    assert roster["Phường Vũng Tàu"] == numbers("83.53", "88.89", "96.02", "96.10")
    assert shares(published, "79", Choice("roster", "truncate"))["Phường Vũng Tàu"] == numbers(
        "83.53", "88.88", "96.02", "96.10"
    )
    registered = shares(published, None, Choice("registered"))
    assert registered["Thành phố Hà Nội"] == numbers(None, None, "91.67", "99.68")
    assert shares(published, None, Choice("registered", "truncate"))["Thành phố Hà Nội"] == numbers(
        None, None, "91.66", "99.68"
    )
    assert shares(published, "26734", Choice("declared"))["Tổng cộng"] == numbers("71.28", "87.59", "76.81", "91.60")


def test_what_is_declared_is_counted_for_whole_places(published: Session) -> None:
    for kind, total in (("household", 200_000), ("clan", 10), ("community", 510), ("unit", 360)):
        declare(published, "26506", None, kind, YEAR, total=total, source="Niên giám", account_id=None)
    whole = shares(published, "79", Choice("declared"))["Tổng cộng"]
    assert whole == [
        percent(1_505_684 + 163_055, 2_112_300 + 200_000),
        percent(1_102, 1_259),
        percent(4_212, 5_365),
        percent(1_032, 1_110),
    ]
    assert shares(published, None, Choice("declared"))["Thành phố Hồ Chí Minh"] == whole


@pytest.fixture
def small(db: Session) -> Session:
    ward = make_ward(db)
    worker = make_resident(db, ward, group="workers")
    make_application(db, worker, "granted")
    register(db, "citizen", make_resident(db, ward, community=1).id, ward.code)
    make_resident(db, ward, community=1, group="officials")
    clan = make_clan(db, ward, "Họ Trần", [worker.household])
    give_title(db, "clan", clan.id, ward)
    register(db, "household", worker.household.id, ward.code)
    recount_ward(db, ward.code, YEAR)
    return db


def test_every_cell(small: Session) -> None:
    table = upward.table(small, YEAR, "19996")
    assert table.headers[:6] == (
        "Mã",
        "Khu vực",
        "Hộ gia đình: tổng số trong danh sách",
        "Hộ gia đình: đã đăng ký",
        "Hộ gia đình: đạt",
        "Hộ gia đình: tỷ lệ đạt trên tổng số trong danh sách (%)",
    )
    whole, none = Decimal("100.00"), Decimal("0.00")
    unknown, three = (None,) * 4, (None,) * 3
    first = [1, 1, 0, none, 1, 1, 1, whole, 1, 0, 0, none, *unknown, 1, 1, 1, whole]
    second = [2, 0, 0, none, *unknown, 1, 0, 0, none, *unknown, 2, 1, 0, none]
    third = [*unknown, *unknown, 1, 0, 0, none, *unknown, *unknown]
    all_of_it = [3, 1, 0, none, 1, 1, 1, whole, 3, 0, 0, none, 0, 0, 0, None, 3, 2, 1, Decimal("33.33")]
    # By group: people, workers, officials, students.
    assert [list(line.cells) for line in table.lines] == [
        ["", "Tổ 1", *first, *three, 1, 1, whole, *three, *three],
        ["", "Tổ 2", *second, 1, 0, none, *three, 0, 0, None, *three],
        ["", "Tổ 3", *third, *three, *three, *three, *three],
        ["19996", "Tổng cộng", *all_of_it, 1, 0, none, 1, 1, whole, 0, 0, None, 0, 0, None],
    ]
    assert len(table.headers) == len(table.widths) == len(table.lines[0].cells)


def written(db: Session, form: str, choice: Choice = Choice(), place: str | None = "19996") -> bytes:  # noqa: B008
    out = io.BytesIO()
    upward.export(db, year=YEAR, place_code=place, choice=choice, format=form, out=out)
    return out.getvalue()


def test_the_files(small: Session) -> None:
    lines = list(csv.reader(io.StringIO(written(small, "csv").decode("utf-8-sig"), newline=""), delimiter=";"))
    assert lines[1][:6] == ["", "Tổ 1", "1", "1", "0", "0,00"]
    assert lines[3][2] == ""  # not known
    book = openpyxl.load_workbook(io.BytesIO(written(small, "xlsx", Choice("declared", "truncate"))))
    assert book.sheetnames == ["Thống kê", "Định nghĩa"]
    assert book["Thống kê"]["C1"].value == "Hộ gia đình: tổng số khai"
    about = {row[0].value: row[1].value for row in book["Định nghĩa"].iter_rows()}
    assert about["Mẫu số của tỷ lệ"] == "Tổng số do địa phương khai, riêng người lớn theo nhóm: số đã đăng ký"
    assert about["Làm tròn"] == "Đến hai chữ số sau dấu phẩy, bỏ phần còn lại, không làm tròn"
    assert about["Hộ gia đình: đã khai"] == "0/3 nơi"
    assert about["Địa bàn"] == "Phường Hương Trà, Thành phố Huế (mã 19996)"


def test_names_are_never_formulas(db: Session) -> None:
    ward = make_ward(db, communities=1)
    rename_community(db, ward.communities[0], "=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in written(db, "csv").decode("utf-8-sig")
    cell = openpyxl.load_workbook(io.BytesIO(written(db, "xlsx")))["Thống kê"]["B2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("denominator", {"choice": Choice("all")}),
        ("rounding", {"choice": Choice("roster", "bankers")}),
        ("format", {"format": "ods"}),
        ("place", {"place_code": "99"}),
        ("year", {"year": 26}),
    ],
)
def test_what_cannot_be_exported(db: Session, field: str, asked: dict[str, object]) -> None:
    out = io.BytesIO()
    with pytest.raises(Invalid) as refused:
        upward.export(
            db,
            **{"year": YEAR, "place_code": None, "choice": Choice(), "format": "csv", "out": out} | asked,  # type: ignore[arg-type]
        )
    assert (refused.value.field, out.getvalue()) == (field, b"")


def test_by_command(database: Database, database_url: str, tmp_path: Path) -> None:
    with database.transaction() as db:
        publish(db, make_ward(db), {"clan": (1_200, 1_150, 1_094, 1_249)})

    def run(*more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "xhht_citizen.cli", "export", "upward", "--year", str(YEAR), *more],
            env={**os.environ, "XHHT_DATABASE_URL": database_url},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    out = tmp_path / "len-tren.csv"
    asked = (
        "--place",
        "46",
        "--denominator",
        "declared",
        "--rounding",
        "truncate",
        "--format",
        "csv",
        "--out",
        str(out),
    )
    assert run(*asked) == (0, f"1 areas written to {out}\n", "")
    lines = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert lines[1][:2] + lines[1][6:10] == ["19996", "Phường Hương Trà", "1249", "1150", "1094", "87,59"]
    out.unlink()
    assert run("--place", "99", "--format", "csv", "--out", str(out))[0] == 2
    assert run("--denominator", "x", "--format", "csv", "--out", str(out))[0] == 2
    assert not out.exists()
