"""Targets: the national ones of `targets.toml`, which of them holds for a year, which is stricter, how far it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.ratios.rules import MEASURES, needed

FIRST_YEAR, LAST_YEAR = 2022, 2050
# What `targets.toml` says on screens, marked here because catalogues are made from code and templates alone.
WORDS = (
    N_("Quyết định 387/QĐ-TTg ngày 25/03/2022"),
    N_("Quyết định 677/QĐ-TTg ngày 03/06/2022"),
    N_("Quyết định nêu một tỷ lệ chung cho gia đình, dòng họ, cộng đồng; ở đây tính riêng từng loại."),
)


@dataclass(frozen=True)
class Target:
    """A share to reach by the end of a year, and the act that says so; `place_code` is empty for a national one."""

    measure: str
    year: int
    hundredths: int
    act: str
    place_code: str = ""
    note: str = ""
    confirmed: bool = True

    @property
    def percent(self) -> Decimal:
        """62.5 for 6250 hundredths."""
        return Decimal(self.hundredths).scaleb(-2)


@dataclass(frozen=True)
class Progress:
    """A ratio against a target; `lacking` is how many more reach it, 0 once it is reached."""

    target: Target
    lacking: int

    @property
    def met(self) -> bool:
        """By whole numbers, never by the rounded percentage."""
        return self.lacking == 0


@cache
def national() -> Mapping[str, tuple[Target, ...]]:
    """The national targets by measure, each measure's in order of years."""
    data = tomllib.loads((files(__package__) / "targets.toml").read_text("utf-8"))
    found: dict[str, tuple[Target, ...]] = {}
    for entry in data["targets"]:
        act = data["acts"][entry["act"]]
        found[MEASURES[entry["measure"]].name] = tuple(
            Target(
                entry["measure"],
                int(year),
                round(percent * 100),
                act["name"],
                note=entry.get("note", ""),
                confirmed=act["confirmed"],
            )
            for year, percent in sorted(entry["percent"].items())
        )
    return found


def target_of(targets: Iterable[Target], year: int) -> Target | None:
    """The target of a year: the next one at or after it (of 2026 and 2027 that of 2030); None after the last."""
    return min((one for one in targets if one.year >= year), key=lambda one: one.year, default=None)


def targets_for(measure: str, year: int, own: Iterable[Target] = ()) -> list[Target]:
    """The national target of a year and those its places set themselves, the strictest first."""
    by_place: dict[str, list[Target]] = {"": list(national().get(measure, ()))}
    for one in own:
        if one.measure == measure:
            by_place.setdefault(one.place_code, []).append(one)
    found = [target for targets in by_place.values() if (target := target_of(targets, year)) is not None]
    return sorted(found, key=lambda one: (-one.hundredths, one.year, one.place_code))


def progress(target: Target, numerator: int | None, denominator: int | None) -> Progress | None:
    """How far it is to the target; None when a count is unknown or there is nobody to count."""
    if numerator is None or not denominator:
        return None
    return Progress(target, needed(numerator, denominator, target.hundredths))


def check_target(measure: str, year: int, hundredths: int, act: str) -> None:
    """Invalid on its field when a place's own target cannot be one."""
    if measure not in MEASURES:
        raise Invalid(N_("Xin chọn một mục trong danh sách."), field="measure")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(N_("Ghi năm bằng 4 chữ số, ví dụ 2030."), field="year")
    if not 1 <= hundredths <= 10_000:
        raise Invalid(
            N_("Tỷ lệ phải lớn hơn 0 và không quá 100 %, nhiều nhất hai chữ số sau dấu phẩy."), field="percent"
        )
    if not act.strip():
        raise Invalid(N_("Ghi văn bản đặt ra mục tiêu này, ví dụ Kế hoạch 112/KH-UBND ngày 05/02/2026."), field="act")
