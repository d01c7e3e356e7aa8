"""Sheets that leave: the lines to be mended with their reasons, and an empty list to fill in."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xhht_citizen.roster.columns import FIELDS, REASONS
from xhht_citizen.roster.faults import say

# Nothing that stands in a cell is run, followed or turned into a number: a citizen id keeps its noughts.
_PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
TEMPLATE = ("community", "household", "relation", "name", "birth", "sex", "citizen_id", "phone", "group", "address")
EXAMPLES = (
    ("Tổ 1", "001", "Chủ hộ", "Trần Văn Mẫu", "05/03/1972", "Nam", "", "", "Người lao động", "12 đường Mẫu"),
    ("Tổ 1", "001", "Vợ", "Lê Thị Mẫu", "1975", "Nữ", "", "", "Người dân", ""),
    ("Tổ 1", "001", "Con", "Trần Mẫu An", "20/11/2010", "Nam", "", "", "Học sinh", ""),
)
NOTES = (
    "Xóa ba dòng ví dụ trước khi tải lên. Giữ dòng tiêu đề.",
    "Mỗi người một dòng. Người cùng số hộ trong một thôn, tổ là một hộ.",
    "Mỗi hộ có một chủ hộ là người lớn.",
    "Ngày sinh ghi như 05/03/1992; không rõ ngày thì chỉ ghi năm.",
    "Số căn cước có 12 chữ số. Không có thì để trống; có thì máy nhận ra người ấy ở lần nhập sau.",
    "Nhóm học tập: Người dân; Người lao động; Cán bộ, công nhân viên, doanh nhân; Học sinh, sinh viên.",
    "Không ghi dân tộc, tôn giáo: chương trình không dùng đến.",
    "Nhập lại danh sách mới hơn: người đã có được cập nhật, không ghi thành hai lần.",
)


def fault_sheet(
    headings: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], faulty: Mapping[int, Sequence[Sequence[Any]]]
) -> bytes:
    """These lines as they stand in the list, with a column of reasons for the faulty ones, and their number there."""
    width = len(headings)

    def lines() -> Iterable[list[str]]:
        for number, cells in rows:
            filled = [*cells, *[""] * (width - len(cells))][:width]
            yield [*filled, " ".join(map(say, faulty.get(number, ()))), str(number)]

    return _sheet("Cần sửa", [*headings, REASONS, "Dòng trong danh sách cũ"], lines(), wide=width)


def template() -> bytes:
    """An empty list with headings, three example lines and notes."""
    headings = [FIELDS[name].label for name in TEMPLATE]
    return _sheet("Danh sách", headings, EXAMPLES, notes=NOTES)


def _sheet(
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    wide: int | None = None,
    notes: Sequence[str] = (),
) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _PLAIN) as book:
        sheet = book.add_worksheet(name)
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#F3E9DC"})
        text = book.add_format({"num_format": "@", "valign": "top"})
        reason = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#8C1D18"})
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            width = 60 if column == wide else max(12, min(30, len(heading) + 4))
            sheet.set_column(column, column, width, reason if column == wide else text)
            sheet.write_string(0, column, heading, bold)
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(line, column, cell, reason if column == wide else text)
        if notes:
            about = book.add_worksheet("Cách ghi")
            about.set_column(0, 0, 100)
            for line, note in enumerate(notes):
                about.write_string(line, 0, note)
    return content.getvalue()
