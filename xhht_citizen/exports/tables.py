"""What the files of counts share: the areas of a place, and a table written as csv or xlsx with its definitions."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.errors import N_, Invalid, NotFound
from xhht_citizen.exports.cells import Cell, csv_cell
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import areas as counted
from xhht_citizen.ratios.areas import AreaRow, Areas

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TOTAL = "Tổng cộng"
NO_COMMUNITY = "Chưa rõ thôn, tổ dân phố"
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class PlaceAreas:
    """The areas of a place for a year: the country's provinces, a province's communes or a commune's communities.

    `code` is None for the country; `words` says what the areas are; `coded` is false for communities, which have no
    official code.
    """

    code: str | None
    name: str
    words: str
    coded: bool
    year: int
    areas: Areas

    @property
    def about(self) -> list[tuple[str, str]]:
        """Place, year and coverage as definitions; the first kind tells, as all are counted together."""
        rows = next(iter(self.areas.rows.values()))
        known = sum(row.counts.total is not None for row in rows)
        return [
            ("Địa bàn", f"{self.name}{f' (mã {self.code})' if self.code else ''}"),
            ("Năm", str(self.year)),
            ("Số liệu tính lúc", moment_words(counted.taken_of(rows))),
            ("Đã có số liệu", f"{known} trên {len(rows)} {self.words}; dòng tổng cộng chỉ cộng những nơi đã có"),
        ]

    def named(self, row: AreaRow) -> tuple[str, str]:
        """A line's code and name as files show them."""
        return row.code if self.coded else "", row.name or NO_COMMUNITY


@dataclass(frozen=True)
class Line:
    """One line of a table; its total stands out."""

    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Table:
    """What is written: a sheet of lines, and what a reader must know of them. `areas` of them are no totals."""

    title: str
    sheet: str
    headers: tuple[str, ...]
    widths: tuple[int, ...]
    lines: Sequence[Line]
    definitions: Sequence[tuple[str, str]]


def areas_of(db: Session, year: int, place_code: str | None, kinds: Collection[str]) -> PlaceAreas:
    """The counts of a year for the country (None), a province (2 digits) or a commune (5 digits), by the areas in it.

    Codes are text with their leading zeros. Invalid on `year` or `place`. Six statements at most, whatever the place.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(N_("Ghi năm bằng 4 chữ số, ví dụ 2026."), field="year")
    code = place_code or None
    try:
        if code is None:
            return PlaceAreas(None, "Cả nước", "tỉnh, thành phố", True, year, counted.of_country(db, year, kinds))
        if re.fullmatch(r"[0-9]{2}", code):
            name = places.province(db, code).name
            return PlaceAreas(code, name, "xã, phường, đặc khu", True, year, counted.of_province(db, code, year, kinds))
        if re.fullmatch(r"[0-9]{5}", code):
            ward = places.commune(db, code)
            name = f"{ward.name}, {ward.province.name}"
            return PlaceAreas(code, name, "thôn, tổ dân phố", False, year, counted.of_ward(db, code, year, kinds))
        raise NotFound("")
    except NotFound:
        message = N_("Không có địa bàn mang mã “%(code)s”. Mã tỉnh có 2 chữ số, mã xã có 5 chữ số.")
        raise Invalid(message, field="place", code=code) from None


def check_format(form: str) -> None:
    """Invalid on `format` when no file is written so."""
    if form not in WRITERS:
        raise Invalid(N_("Định dạng phải là xlsx hoặc csv."), field="format")


def write(table: Table, form: str, out: BinaryIO) -> None:
    """Write a table as xlsx or csv into a binary stream."""
    check_format(form)
    WRITERS[form](table, out)


def write_csv(table: Table, out: BinaryIO) -> None:
    """The table alone, as UTF-8 with a byte order mark, semicolons, decimal commas.

    So Excel set to Vietnamese opens it by a double click; a "sep=" line would make it forget the encoding.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([csv_cell(header) for header in table.headers])
    writer.writerows([csv_cell(cell) for cell in line.cells] for line in table.lines)
    text.flush()
    text.detach()  # the caller's stream stays open


def write_xlsx(table: Table, out: BinaryIO) -> None:
    """The table and a sheet "Định nghĩa"; rows go out as they are written, so memory stays flat."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": table.title})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        plain, bold = book.add_format(), book.add_format({"bold": True, "top": 1})
        styles = {
            False: (plain, book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "0.00"})),
            True: (
                bold,
                book.add_format({"num_format": "#,##0", "bold": True, "top": 1}),
                book.add_format({"num_format": "0.00", "bold": True, "top": 1}),
            ),
        }
        sheet = book.add_worksheet(table.sheet)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 2)
        for column, width in enumerate(table.widths):
            sheet.set_column(column, column, width)
        for column, header in enumerate(table.headers):
            sheet.write_string(0, column, header, head)
        for number, line in enumerate(table.lines, 1):
            text, whole, share = styles[line.total]
            for column, cell in enumerate(line.cells):
                if cell is None:
                    sheet.write_blank(number, column, None, text)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell, text)
                else:
                    sheet.write_number(number, column, cell, share if isinstance(cell, Decimal) else whole)
        about = book.add_worksheet("Định nghĩa")
        about.set_column(0, 0, 28)
        about.set_column(1, 1, 90)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for number, (word, meaning) in enumerate(table.definitions):
            about.write_string(number, 0, word, head)
            about.write_string(number, 1, meaning, wrapped)


WRITERS = {"xlsx": write_xlsx, "csv": write_csv}


def moment_words(moment: datetime | None) -> str:
    """When the oldest part was counted, in words."""
    if moment is None:
        return "Chưa có số liệu"
    return f"{clock.local(moment):%H:%M ngày %d/%m/%Y} (nơi cập nhật lâu nhất)"
