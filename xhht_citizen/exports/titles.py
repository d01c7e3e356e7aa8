"""Title counts by area and kind: the country by province, a province by commune, a commune by community."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.errors import N_, Invalid, NotFound
from xhht_citizen.exports.cells import Cell, csv_cell
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import RATIOS, Counts, ratio

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
HEADERS = (
    "Mã",
    "Khu vực",
    "Danh hiệu",
    "Tổng số người lớn",
    "Đã đăng ký",
    "Đã xét",
    "Đạt",
    "Tỷ lệ trên tổng số (%)",
    "Tỷ lệ trên số đăng ký (%)",
    "Tỷ lệ trên số đã xét (%)",
)
TOTAL = "Tổng cộng"
NO_COMMUNITY = "Chưa rõ thôn, tổ dân phố"
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Row:
    """One line: an area's official code (empty for communities, which have none), its name, the title, the counts."""

    code: str
    area: str
    kind: str
    counts: Counts
    taken_at: datetime | None = None
    total: bool = False

    def cells(self) -> tuple[Cell, ...]:
        """The line in the order of HEADERS; None where a number is not known."""
        counts = self.counts
        return (
            self.code,
            self.area,
            self.kind,
            counts.total,
            counts.registered,
            counts.assessed,
            counts.recognised,
            *(ratio(counts, name) for name in ("total", "registered", "assessed")),
        )


@dataclass(frozen=True)
class Table:
    """What is written: the lines with their total last, and what a reader must know of them."""

    rows: tuple[Row, ...]
    year: int
    place_code: str | None
    place: str
    areas: str
    taken_at: datetime | None


def rows(db: Session, year: int, place_code: str | None = None) -> list[Row]:
    """The lines of a year and a place, their total last. Invalid on `year` or `place`."""
    return list(table(db, year, place_code).rows)


def table(db: Session, year: int, place_code: str | None = None) -> Table:
    """The counts of a year for the country (None), a province (2 digits) or a commune (5 digits), by the areas in it.

    Codes are text with their leading zeros. Invalid on `year` or `place`. Four queries at most, whatever the place.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(N_("Ghi năm bằng 4 chữ số, ví dụ 2026."), field="year")
    place_code = place_code or None
    try:
        if place_code is None:
            place, areas, lines = "Cả nước", "tỉnh, thành phố", ratios.provinces(db, year)
        elif re.fullmatch(r"[0-9]{2}", place_code):
            place = places.province(db, place_code).name
            areas, lines = "xã, phường, đặc khu", ratios.wards(db, place_code, year)
        elif re.fullmatch(r"[0-9]{5}", place_code):
            ward = places.commune(db, place_code)
            place = f"{ward.name}, {ward.province.name}"
            areas, lines = "thôn, tổ dân phố", ratios.communities(db, place_code, year)
        else:
            raise NotFound("")
    except NotFound:
        message = N_("Không có địa bàn mang mã “%(code)s”. Mã tỉnh có 2 chữ số, mã xã có 5 chữ số.")
        raise Invalid(message, field="place", code=place_code) from None
    kind = KIND_LABELS[Kind.CITIZEN]
    coded = place_code is None or len(place_code) == 2
    found = [
        Row(line.code if coded else "", line.name or NO_COMMUNITY, kind, line.counts, line.taken_at) for line in lines
    ]
    taken_at = ratios.taken_of(lines)
    total = Row(place_code or "", TOTAL, kind, ratios.total_of(lines), taken_at, total=True)
    return Table((*found, total), year, place_code, place, areas, taken_at)


def definitions(of: Table) -> list[tuple[str, str]]:
    """What the numbers mean: pairs of a word and its meaning, printed beside every table."""
    known = sum(row.counts.total is not None for row in of.rows if not row.total)
    return [
        ("Địa bàn", f"{of.place}{f' (mã {of.place_code})' if of.place_code else ''}"),
        ("Năm", str(of.year)),
        ("Số liệu tính lúc", _moment(of.taken_at)),
        ("Đã có số liệu", f"{known} trên {len(of.rows) - 1} {of.areas}; dòng tổng cộng chỉ cộng những nơi đã có"),
        (HEADERS[3], "Người có tên trong danh sách hộ hiện nay của nơi đó, đủ 18 tuổi trong năm"),
        (HEADERS[4], "Trong số đó, người đã đăng ký học tập của năm"),
        (HEADERS[5], "Trong số đó, người có hồ sơ của năm đã được xét và có kết quả"),
        (
            HEADERS[6],
            "Trong số đó, người có danh hiệu của năm theo quyết định, còn hiệu lực; danh hiệu đã thu hồi không tính",
        ),
        ("Nơi tính", "Mỗi người tính ở nơi đang ở, kể cả khi danh hiệu do nơi khác công nhận"),
        *(
            (header, f"Số đạt chia cho: {RATIOS[name].basis.lower()}")
            for header, name in zip(HEADERS[7:], RATIOS, strict=True)
        ),
        ("Làm tròn", "Đến hai chữ số sau dấu phẩy, nửa trở lên thì làm tròn lên"),
        ("Ô trống", "Chưa rõ; không phải là 0. Tỷ lệ cũng để trống khi mẫu số là 0"),
        ("Mã", "Mã tỉnh 2 chữ số, mã xã 5 chữ số, giữ nguyên số 0 ở đầu. Thôn, tổ dân phố không có mã"),
        (
            "Lưu ý",
            "Thang điểm của bộ tiêu chí là tạm, chờ văn bản chính thức; số đạt có thể đổi khi bộ tiêu chí đổi",
        ),
    ]


def write_csv(of: Table, out: BinaryIO) -> None:
    """The table alone, as UTF-8 with a byte order mark, semicolons, decimal commas.

    So Excel set to Vietnamese opens it by a double click; a "sep=" line would make it forget the encoding.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([csv_cell(header) for header in HEADERS])
    writer.writerows([csv_cell(cell) for cell in row.cells()] for row in of.rows)
    text.flush()
    text.detach()  # the caller's stream stays open


def write_xlsx(of: Table, out: BinaryIO) -> None:
    """The table and a sheet "Định nghĩa"; rows go out as they are written, so memory stays flat."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"Số lượng danh hiệu năm {of.year}, {of.place}"})
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
        sheet = book.add_worksheet("Danh hiệu")
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 2)
        for column, width in enumerate((8, 32, 20, *(12,) * 7)):
            sheet.set_column(column, column, width)
        for column, header in enumerate(HEADERS):
            sheet.write_string(0, column, header, head)
        for number, row in enumerate(of.rows, 1):
            text, whole, share = styles[row.total]
            for column, cell in enumerate(row.cells()):
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
        for number, (word, meaning) in enumerate(definitions(of)):
            about.write_string(number, 0, word, head)
            about.write_string(number, 1, meaning, wrapped)


WRITERS = {"xlsx": write_xlsx, "csv": write_csv}


def export(db: Session, *, year: int, place_code: str | None, format: str, out: BinaryIO) -> int:
    """Write the title counts of a year and place into a binary stream; returns how many areas it has.

    Invalid on `year`, `place` or `format` (xlsx, csv); then nothing is written.
    """
    write = WRITERS.get(format)
    if write is None:
        raise Invalid(N_("Định dạng phải là xlsx hoặc csv."), field="format")
    counted = table(db, year, place_code)
    write(counted, out)
    return len(counted.rows) - 1


def file_name(year: int, place_code: str | None, format: str) -> str:
    """What the file is called: danh-hieu-19996-2026.xlsx; the country is ca-nuoc."""
    return f"danh-hieu-{place_code or 'ca-nuoc'}-{year}.{format}"


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "Chưa có số liệu"
    return f"{clock.local(moment):%H:%M ngày %d/%m/%Y} (nơi cập nhật lâu nhất)"
