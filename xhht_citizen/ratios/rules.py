"""What a ratio is: a numerator, a named denominator, a stated rounding; what is counted, and how far a target is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from xhht_citizen.errors import N_

ROUNDINGS = ("half_up", "truncate")


@dataclass(frozen=True)
class Counts:
    """Four counts of one kind, area and year, kept apart; None means unknown, which is not zero.

    `declared` is the official total, entered by hand with its source, beside the roster's `total`.
    """

    total: int | None = None
    registered: int | None = None
    assessed: int | None = None
    recognised: int | None = None
    declared: int | None = None

    def __add__(self, other: Counts) -> Counts:
        """The four counts added; the declared total of a sum is another question, see `queries.total_of`."""
        return Counts(
            _sum(self.total, other.total),
            _sum(self.registered, other.registered),
            _sum(self.assessed, other.assessed),
            _sum(self.recognised, other.recognised),
        )


@dataclass(frozen=True)
class Ratio:
    """A definition: which count over which, in words; the words are filled with those of a Measure."""

    name: str
    numerator: str
    denominator: str
    basis: str
    digits: int = 2
    rounding: str = "half_up"


# The denominators in use: Hà Nội prints shares of those registered, Thành phố Hồ Chí Minh shares of the total.
RATIOS = {
    "total": Ratio("total", "recognised", "total", N_("Tổng số %(things)s trong danh sách")),
    "registered": Ratio("registered", "recognised", "registered", N_("Số %(ones)s đã đăng ký học tập")),
    "assessed": Ratio("assessed", "recognised", "assessed", N_("Số %(ones)s đã được xét")),
    "declared": Ratio("declared", "recognised", "declared", N_("Tổng số %(things)s do địa phương khai")),
}


@dataclass(frozen=True)
class Measure:
    """Something counted by area and year: a kind of title, a group of adults, or a nested share of QĐ 677.

    `name` is the `kind` of its tallies, `slug` its name in addresses. Of a share only two counts have a meaning: the
    total, which is its denominator, and the recognised, its numerator.
    """

    name: str
    slug: str
    title: str
    things: str
    ones: str
    share: bool = False
    provisional: bool = False


_ADULTS, _PEOPLE = N_("người lớn"), N_("người")
MEASURES = {
    one.name: one
    for one in (
        Measure("citizen", "cong-dan", N_("Công dân học tập"), _ADULTS, _PEOPLE),
        Measure("household", "gia-dinh", N_("Gia đình học tập"), N_("hộ"), N_("hộ")),
        Measure("clan", "dong-ho", N_("Dòng họ học tập"), N_("dòng họ"), N_("dòng họ")),
        Measure("community", "cong-dong", N_("Cộng đồng học tập"), N_("thôn, tổ dân phố"), N_("thôn, tổ")),
        Measure("unit", "don-vi", N_("Đơn vị học tập"), N_("đơn vị"), N_("đơn vị")),
        Measure("agency", "don-vi-tinh", N_("Đơn vị học tập cấp tỉnh"), N_("đơn vị do tỉnh quản lý"), N_("đơn vị")),
        Measure("commune", "cap-xa", N_("Cộng đồng học tập cấp xã"), N_("xã, phường, đặc khu"), N_("xã, phường")),
        Measure("residents", "nguoi-dan", N_("Công dân học tập: người dân"), N_("người dân"), _PEOPLE),
        Measure("workers", "lao-dong", N_("Công dân học tập: người lao động"), N_("người lao động"), _PEOPLE),
        Measure("officials", "can-bo", N_("Công dân học tập: cán bộ, doanh nhân"), N_("cán bộ, doanh nhân"), _PEOPLE),
        Measure(
            "students", "sinh-vien", N_("Công dân học tập: học sinh, sinh viên"), N_("học sinh, sinh viên"), _PEOPLE
        ),
        Measure(
            "in_household",
            "trong-gia-dinh",
            N_("Người lớn trong các Gia đình học tập là Công dân học tập"),
            N_("người lớn trong các Gia đình học tập"),
            _PEOPLE,
            share=True,
        ),
        Measure(
            "in_clan",
            "trong-dong-ho",
            N_("Người lớn trong các Dòng họ học tập là Công dân học tập"),
            N_("người lớn trong các Dòng họ học tập"),
            _PEOPLE,
            share=True,
        ),
        Measure(
            "in_community",
            "trong-cong-dong",
            N_("Người lớn trong các Cộng đồng học tập là Công dân học tập"),
            N_("người lớn trong các Cộng đồng học tập"),
            _PEOPLE,
            share=True,
        ),
        Measure(
            "in_unit",
            "trong-don-vi",
            N_("Người làm việc trong các đơn vị là Công dân học tập"),
            N_("người lớn làm việc trong các đơn vị"),
            _PEOPLE,
            share=True,
        ),
        Measure(
            "digital",
            "ky-nang-so",
            N_("Công dân học tập có kỹ năng số theo yêu cầu công việc"),
            N_("người đạt Công dân học tập"),
            _PEOPLE,
            share=True,
            provisional=True,
        ),
        Measure(
            "own_record",
            "tu-cap-nhat",
            N_("Trong số đó, người tự cập nhật hồ sơ học tập trên mạng"),
            N_("người đạt Công dân học tập có kỹ năng số"),
            _PEOPLE,
            share=True,
            provisional=True,
        ),
    )
}
KINDS = ("citizen", "household", "clan", "community", "unit", "agency", "commune")  # of titles
LEARNER_GROUPS = ("residents", "workers", "officials", "students")
SHARES = tuple(name for name, one in MEASURES.items() if one.share)
DECLARABLE = ("citizen", "household", "clan", "community", "unit")
# Confirmed points of ten on the indicator of digital skills: our own provisional definition, as no public text of
# QĐ 677 says how "kỹ năng số" is measured.
DIGITAL_INDICATOR, DIGITAL_POINTS = "2.1", 8


def needed(numerator: int, denominator: int, hundredths: int) -> int:
    """How many more it takes for numerator / denominator to reach a target in hundredths of a percent; 0 once it has.

    Whole numbers only: 79,996 % is printed as 80,00 % and has not reached 80 %.
    """
    return max(0, -(-denominator * hundredths // 10_000) - numerator)


def percent(
    numerator: int | None, denominator: int | None, digits: int = 2, rounding: str = "half_up"
) -> Decimal | None:
    """100 * numerator / denominator, rounded by a stated rule; None when the denominator is 0 or a count is unknown.

    `rounding` is "half_up" or "truncate" (some places truncate); ValueError for another one.
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, not {rounding!r}")
    if not denominator or numerator is None:
        return None
    # Whole numbers up to here: scaled, divided and rounded exactly, however large the counts are.
    scaled, rest = divmod(abs(numerator) * 100 * 10**digits, abs(denominator))
    if rounding == "half_up" and rest * 2 >= abs(denominator):
        scaled += 1
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    return Decimal(sign * scaled).scaleb(-digits)


def ratio(counts: Counts, name: str) -> Decimal | None:
    """The percentage of a named ratio on these counts."""
    definition = RATIOS[name]
    return percent(
        getattr(counts, definition.numerator),
        getattr(counts, definition.denominator),
        definition.digits,
        definition.rounding,
    )


def _sum(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return left if right is None else right
    return left + right
