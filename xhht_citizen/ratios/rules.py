"""What a ratio is: a numerator, a named denominator, a stated rounding."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from xhht_citizen.errors import N_

ROUNDINGS = ("half_up", "truncate")


@dataclass(frozen=True)
class Counts:
    """Four counts of one kind, area and year, kept apart; None means unknown, which is not zero."""

    total: int | None = None
    registered: int | None = None
    assessed: int | None = None
    recognised: int | None = None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            _sum(self.total, other.total),
            _sum(self.registered, other.registered),
            _sum(self.assessed, other.assessed),
            _sum(self.recognised, other.recognised),
        )


@dataclass(frozen=True)
class Ratio:
    """A definition: which count over which, in words."""

    name: str
    numerator: str
    denominator: str
    basis: str
    digits: int = 2
    rounding: str = "half_up"


# The denominators in use: Hà Nội prints shares of those registered, Thành phố Hồ Chí Minh shares of the total.
RATIOS = {
    "total": Ratio("total", "recognised", "total", N_("Tổng số người lớn trong danh sách")),
    "registered": Ratio("registered", "recognised", "registered", N_("Số người đã đăng ký học tập")),
    "assessed": Ratio("assessed", "recognised", "assessed", N_("Số người đã được xét")),
}


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
