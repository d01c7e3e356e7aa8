"""The upward statistics table: for each area households, clans, communities, units, adults, and adults by group.

Total, registered, recognised and a percentage whose denominator and rounding are the reader's choice and are printed:
Thành phố Hồ Chí Minh prints shares of the total, Hà Nội of those registered, and some places truncate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.orm import Session

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.exports import tables
from xhht_citizen.exports.cells import Cell
from xhht_citizen.exports.tables import TOTAL, Line, PlaceAreas, Table
from xhht_citizen.ratios.rules import LEARNER_GROUPS, ROUNDINGS, Counts, percent

DENOMINATORS = {
    "roster": "tổng số trong danh sách",
    "declared": "tổng số do địa phương khai",
    "registered": "số đã đăng ký",
}
ROUNDING_WORDS = {
    "half_up": "Đến hai chữ số sau dấu phẩy, nửa trở lên thì làm tròn lên",
    "truncate": "Đến hai chữ số sau dấu phẩy, bỏ phần còn lại, không làm tròn",
}
BLOCKS = {
    "household": "Hộ gia đình",
    "clan": "Dòng họ",
    "community": "Thôn, tổ dân phố",
    "unit": "Đơn vị",
    "citizen": "Người lớn",
}
GROUPS = {
    "residents": "Người dân",
    "workers": "Người lao động",
    "officials": "Cán bộ, công nhân viên, doanh nhân",
    "students": "Học sinh, sinh viên, học viên",
}
WANTED = (*BLOCKS, *LEARNER_GROUPS)


@dataclass(frozen=True)
class Choice:
    """What every percentage of the blocks is taken of, and how it is rounded."""

    denominator: str = "roster"
    rounding: str = "half_up"

    def check(self) -> None:
        """Invalid on `denominator` or `rounding`."""
        if self.denominator not in DENOMINATORS:
            raise Invalid(N_("Mẫu số phải là roster, declared hoặc registered."), field="denominator")
        if self.rounding not in ROUNDINGS:
            raise Invalid(N_("Cách làm tròn phải là half_up hoặc truncate."), field="rounding")


def headers(choice: Choice) -> tuple[str, ...]:
    """Vietnamese, each with the denominator its number has."""
    total = "tổng số khai" if choice.denominator == "declared" else "tổng số trong danh sách"
    share = f"tỷ lệ đạt trên {DENOMINATORS[choice.denominator]} (%)"
    return (
        "Mã",
        "Khu vực",
        *(f"{block}: {name}" for block in BLOCKS.values() for name in (total, "đã đăng ký", "đạt", share)),
        *(
            f"{group}: {name}"
            for group in GROUPS.values()
            for name in ("đã đăng ký", "đạt", "tỷ lệ đạt trên số đã đăng ký (%)")
        ),
    )


def table(db: Session, year: int, place_code: str | None = None, choice: Choice = Choice()) -> Table:
    """What is written of a year and a place. Invalid on `year`, `place`, `denominator` or `rounding`."""
    choice.check()
    return _table(tables.areas_of(db, year, place_code, WANTED), choice)


def export(db: Session, *, year: int, place_code: str | None, choice: Choice, format: str, out: BinaryIO) -> int:
    """Write the table into a binary stream; returns how many areas it has.

    Invalid on `year`, `place`, `denominator`, `rounding` or `format` (xlsx, csv); then nothing is written.
    """
    choice.check()
    tables.check_format(format)
    found = tables.areas_of(db, year, place_code, WANTED)
    tables.write(_table(found, choice), format, out)
    return len(found.areas.rows["household"])


def file_name(year: int, place_code: str | None, format: str) -> str:
    """What the file is called: thong-ke-19996-2026.xlsx; the country is ca-nuoc."""
    return f"thong-ke-{place_code or 'ca-nuoc'}-{year}.{format}"


def _table(of: PlaceAreas, choice: Choice) -> Table:
    lines = []
    for number, row in enumerate(of.areas.rows["household"]):
        counts = {kind: of.areas.rows[kind][number].counts for kind in WANTED}
        lines.append(Line((*of.named(row), *_cells(counts, choice))))
    whole = {kind: of.areas.whole[kind].counts for kind in WANTED}
    lines.append(Line((of.code or "", TOTAL, *_cells(whole, choice)), total=True))
    names = headers(choice)
    return Table(
        title=f"Thống kê danh hiệu học tập năm {of.year}, {of.name}",
        sheet="Thống kê",
        headers=names,
        widths=(8, 30, *(11,) * (len(names) - 2)),
        lines=lines,
        definitions=_definitions(of, choice),
    )


def _cells(counts: Mapping[str, Counts], choice: Choice) -> list[Cell]:
    cells: list[Cell] = []
    for kind in BLOCKS:
        one = counts[kind]
        total = one.declared if choice.denominator == "declared" else one.total
        below = one.registered if choice.denominator == "registered" else total
        cells += [total, one.registered, one.recognised, percent(one.recognised, below, rounding=choice.rounding)]
    for kind in LEARNER_GROUPS:
        one = counts[kind]
        cells += [one.registered, one.recognised, percent(one.recognised, one.registered, rounding=choice.rounding)]
    return cells


def _definitions(of: PlaceAreas, choice: Choice) -> list[tuple[str, str]]:
    declared = "Số chính thức do cán bộ xã, phường ghi kèm nguồn; dòng tổng chỉ có khi mọi nơi đã có số liệu đều khai"
    below = DENOMINATORS[choice.denominator].capitalize()
    coverage = [
        (f"{block}: đã khai", f"{whole.declared_parts}/{whole.of_parts} nơi")
        for kind, block in BLOCKS.items()
        for whole in [of.areas.whole[kind]]
        if choice.denominator == "declared"
    ]
    return [
        *of.about,
        (
            "Mẫu số của tỷ lệ",
            f"{below}, riêng người lớn theo nhóm: số đã đăng ký",
        ),
        ("Làm tròn", ROUNDING_WORDS[choice.rounding]),
        (
            "Tổng số trong danh sách",
            "Hộ có người; dòng họ, thôn, tổ, đơn vị do xã quản lý chưa đóng trong năm; người đủ 18 tuổi trong năm",
        ),
        ("Tổng số khai", declared),
        *coverage,
        ("Đã đăng ký", "Đã đăng ký học tập của năm"),
        ("Đạt", "Có danh hiệu của năm theo quyết định, còn hiệu lực; danh hiệu đã thu hồi không tính"),
        ("Người lớn theo nhóm", "Theo nhóm ghi trong hồ sơ của từng người; bốn nhóm cộng lại là mọi người lớn"),
        ("Ô trống", "Chưa rõ; không phải là 0. Tỷ lệ cũng để trống khi mẫu số là 0"),
        ("Chưa có trong bảng", "Hội viên khuyến học, số chi hội, quỹ khuyến học: hệ thống không ghi các con số này"),
        (
            "Lưu ý",
            "Thang điểm của các bộ tiêu chí là tạm, chờ văn bản chính thức; số đạt có thể đổi khi bộ tiêu chí đổi",
        ),
    ]
