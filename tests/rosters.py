"""Made-up lists of residents for tests and measurements; nobody real, the same people for the same numbers.

made(count, communities=20, dates=True) -> rows of HEADINGS: households of four, everybody another citizen id
xlsx(rows) -> bytes; csv_bytes(rows, encoding="utf-8-sig", delimiter=";") -> bytes
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import xlsxwriter

HEADINGS = (
    "STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Điện thoại", "Nhóm học tập", "Thôn, tổ dân phố",
    "Số hộ", "Quan hệ với chủ hộ", "Địa chỉ",
)  # fmt: skip
FAMILY_NAMES = ("Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương")
GIVEN_NAMES = ("An", "Bách", "Diệp", "Đào", "Hường", "Khoa", "Lan", "Nhi", "Phúc", "Quyên", "Sen", "Thu", "Ý")
MIDDLES = ("Thị", "Văn", "Ngọc", "Hữu", "Thu", "Minh", "Đức", "Hoài", "Quang", "Bảo")
LAST = ("Mẫu", "Thử", "Giả", "Ví", "Dụ", "Tập", "Bài", "Nháp", "Phỏng", "Mô")
RELATIONS = ("Chủ hộ", "Vợ", "Con", "Con")


def name_of(number: int) -> str:
    """A name for each number; the first 13,000 differ."""
    given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    number //= len(GIVEN_NAMES)
    family, number = FAMILY_NAMES[number % len(FAMILY_NAMES)], number // len(FAMILY_NAMES)
    middle, number = MIDDLES[number % len(MIDDLES)], number // len(MIDDLES)
    return f"{family} {middle} {LAST[number % len(LAST)]} {given}"


def made(count: int, communities: int = 20, *, ids: bool = True, first: int = 0) -> list[list[str]]:
    """Rows of HEADINGS. Households of four, each whole in one community; two adults and two children."""
    rows = []
    for number in range(first, first + count):
        household, place = divmod(number, 4)
        female = place % 2 == 1
        year = (1960 + household % 35) if place < 2 else (2010 + household % 15)
        born = date(year, 1, 1) + timedelta(days=(number * 7) % 365)
        century = (2 if year >= 2000 else 0) + female
        rows.append(
            [
                str(number + 1),
                name_of(number),
                f"{born:%d/%m/%Y}",
                "Nữ" if female else "Nam",
                f"046{century}{year % 100:02d}{number % 1_000_000:06d}" if ids else "",
                f"09{number % 100_000_000:08d}" if place < 2 else "",
                "Học sinh" if place > 1 else ("Người dân", "Công nhân", "Cán bộ")[household % 3],
                f"Tổ {household * communities // max(1, (first + count + 3) // 4) % communities + 1}",
                str(household + 1),
                RELATIONS[place],
                f"{household + 1} đường Mẫu" if place == 0 else "",
            ]
        )
    return rows


def xlsx(rows: Iterable[Sequence[str]], headings: Sequence[str] | None = HEADINGS) -> bytes:
    """A workbook of one sheet, as offices write it: text in cells, headings in the first row."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "constant_memory": True}) as book:
        sheet = book.add_worksheet("DS")
        for line, cells in enumerate([*([headings] if headings else []), *rows]):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)
    return content.getvalue()


def csv_bytes(
    rows: Iterable[Sequence[str]],
    headings: Sequence[str] | None = HEADINGS,
    *,
    encoding: str = "utf-8-sig",
    delimiter: str = ";",
) -> bytes:
    """The same as csv."""
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter).writerows([*([headings] if headings else []), *rows])
    return content.getvalue().encode(encoding)
