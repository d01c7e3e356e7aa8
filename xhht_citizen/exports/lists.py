"""The list of a batch or of a decision as .xlsx: one sheet, in the order of the printed list, and what it holds."""

from __future__ import annotations

import io

from xhht_citizen.batches.rules import BAR_LABELS
from xhht_citizen.exports.batch_papers import Source
from xhht_citizen.exports.tables import FORMATS, Line, Table, write
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.titles.rules import shown_code

XLSX = FORMATS["xlsx"]


def xlsx(source: Source) -> bytes:
    """The whole list, with those too that cannot be granted, and why."""
    decided = source.number is not None
    heads = ("TT", "Danh hiệu", "Họ và tên", "Năm sinh", "Nơi ở", "Điểm", "Năm xét")
    more = ("Số sổ", "Mã kiểm tra") if decided else ("Số biên nhận", "Chưa công nhận được vì")
    lines = []
    for number, line in enumerate(source.lines, 1):
        tail = (
            (line.register_number, shown_code(line.public_code or ""))
            if decided
            else (line.receipt, BAR_LABELS[line.bar] if line.bar else "")
        )
        kind = KIND_LABELS[Kind(line.kind)]
        lines.append(
            Line((number, kind, line.name, line.birth_year, source.place(line), line.points, line.year, *tail))
        )
    about = f"Quyết định {source.number} ngày {source.decided_on:%d/%m/%Y}" if source.decided_on else source.name
    table = Table(
        title=f"Danh sách: {about}",
        sheet="Danh sách",
        headers=(*heads, *more),
        widths=(6, 24, 34, 10, 30, 8, 9, 14, 26),
        lines=lines,
        definitions=(
            ("Danh sách của", about),
            ("Số dòng", str(len(lines))),
            ("Thứ tự", "Theo từng danh hiệu, rồi theo tên như danh sách tiếng Việt"),
            ("Điểm", "Điểm được xác nhận; với danh hiệu có mức độ là số yêu cầu đạt"),
        ),
    )
    out = io.BytesIO()
    write(table, "xlsx", out)
    return out.getvalue()
