"""Title counts by kind and area: the country by province, a province by commune, a commune by community."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.orm import Session

from xhht_citizen.exports import tables
from xhht_citizen.exports.cells import Cell
from xhht_citizen.exports.tables import FORMATS, TOTAL, Line, PlaceAreas, Table
from xhht_citizen.ratios.rules import KINDS, MEASURES, RATIOS, Counts, ratio

__all__ = ["FORMATS", "HEADERS", "Row", "export", "file_name", "rows", "table"]
BASES = ("total", "registered", "assessed")
HEADERS = (
    "Mã",
    "Khu vực",
    "Danh hiệu",
    "Tổng số",
    "Đã đăng ký",
    "Đã xét",
    "Đạt",
    "Tỷ lệ trên tổng số (%)",
    "Tỷ lệ trên số đăng ký (%)",
    "Tỷ lệ trên số đã xét (%)",
)


@dataclass(frozen=True)
class Row:
    """One line: an area's official code (empty for communities, which have none), its name, the title, the counts."""

    code: str
    area: str
    kind: str
    counts: Counts
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
            *(ratio(counts, name) for name in BASES),
        )


def rows(db: Session, year: int, place_code: str | None = None) -> list[Row]:
    """The lines of a year and a place, kind after kind, each with its total last. Invalid on `year` or `place`."""
    return _rows(tables.areas_of(db, year, place_code, KINDS))


def table(db: Session, year: int, place_code: str | None = None) -> Table:
    """What is written of a year and a place."""
    return _table(tables.areas_of(db, year, place_code, KINDS))


def export(db: Session, *, year: int, place_code: str | None, format: str, out: BinaryIO) -> int:
    """Write the title counts of a year and place into a binary stream; returns how many areas it has.

    Invalid on `year`, `place` or `format` (xlsx, csv); then nothing is written.
    """
    tables.check_format(format)
    found = tables.areas_of(db, year, place_code, KINDS)
    tables.write(_table(found), format, out)
    return len(found.areas.rows[KINDS[0]])


def file_name(year: int, place_code: str | None, format: str) -> str:
    """What the file is called: danh-hieu-19996-2026.xlsx; the country is ca-nuoc."""
    return f"danh-hieu-{place_code or 'ca-nuoc'}-{year}.{format}"


def _rows(of: PlaceAreas) -> list[Row]:
    found = []
    for kind in KINDS:
        title = MEASURES[kind].title
        found += [Row(*of.named(row), title, row.counts) for row in of.areas.rows[kind]]
        found.append(Row(of.code or "", TOTAL, title, of.areas.whole[kind].counts, total=True))
    return found


def _table(of: PlaceAreas) -> Table:
    return Table(
        title=f"Số lượng danh hiệu năm {of.year}, {of.name}",
        sheet="Danh hiệu",
        headers=HEADERS,
        widths=(8, 32, 26, *(12,) * 7),
        lines=[Line(row.cells(), row.total) for row in _rows(of)],
        definitions=_definitions(of),
    )


def _definitions(of: PlaceAreas) -> list[tuple[str, str]]:
    """What the numbers mean: pairs of a word and its meaning, printed beside every table."""
    things = {"things": "người, hộ hoặc nhóm", "ones": "người, hộ hoặc nhóm"}
    return [
        *of.about,
        (
            HEADERS[3],
            "Có trong danh sách hiện nay của nơi đó. Công dân học tập: người đủ 18 tuổi trong năm, có tên trong hộ. "
            "Gia đình học tập: hộ có người. Dòng họ, thôn, tổ dân phố, đơn vị: nơi chưa đóng trong năm",
        ),
        (HEADERS[4], "Trong số đó, đã đăng ký học tập của năm"),
        (HEADERS[5], "Trong số đó, có hồ sơ của năm đã được xét và có kết quả"),
        (
            HEADERS[6],
            "Trong số đó, có danh hiệu của năm theo quyết định, còn hiệu lực; danh hiệu đã thu hồi không tính. "
            "Đơn vị cấp tỉnh và xã: danh hiệu có thời hạn, tính trong mọi năm mà đến cuối năm còn hiệu lực",
        ),
        (
            "Nơi tính",
            "Mỗi người tính ở nơi đang ở, kể cả khi danh hiệu do nơi khác công nhận; dòng họ tính ở một nơi chính",
        ),
        *(
            (header, f"Số đạt chia cho: {(RATIOS[name].basis % things).lower()}")
            for header, name in zip(HEADERS[7:], BASES, strict=True)
        ),
        ("Làm tròn", "Đến hai chữ số sau dấu phẩy, nửa trở lên thì làm tròn lên"),
        ("Ô trống", "Chưa rõ; không phải là 0. Tỷ lệ cũng để trống khi mẫu số là 0"),
        ("Mã", "Mã tỉnh 2 chữ số, mã xã 5 chữ số, giữ nguyên số 0 ở đầu. Thôn, tổ dân phố không có mã"),
        (
            "Lưu ý",
            "Thang điểm của các bộ tiêu chí là tạm, chờ văn bản chính thức; số đạt có thể đổi khi bộ tiêu chí đổi",
        ),
    ]
