"""Facts about a subject, and their checking against a criteria set. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeGuard

from xhht_citizen.criteria.shapes import CriteriaSet, Line, Reads, Shape
from xhht_citizen.errors import N_, Invalid


class FactsError(Invalid):
    """Facts that cannot be scored; one line that names the fact (`field` is its path, like `points.1.3`)."""


@dataclass(frozen=True)
class Held:
    """A recognition in force: its level, its date, and the day on which the question is asked.

    Whoever passes it answers for it being still valid (see `Validity.last_day`).
    """

    level: int
    on: date
    today: date


@dataclass(frozen=True)
class Facts:
    """What is known of the subject; a line without a fact is missing. Ratios are (numerator, denominator)."""

    points: Mapping[str, int] = field(default_factory=dict)
    met: Mapping[str, bool] = field(default_factory=dict)
    ratios: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    area: frozenset[str] = frozenset()
    held: Held | None = None

    @classmethod
    def parse(cls, mapping: object, criteria_set: CriteriaSet) -> Facts:
        """Facts from plain data (JSON, a form), checked against the set; raises FactsError.

        Shape: {"points": {code: int}, "met": {code: bool}, "ratios": {name: [numerator, denominator]},
        "area": [name], "held": {"level": int, "on": "YYYY-MM-DD", "today": "YYYY-MM-DD"}}; every key may be absent.
        `{}` as held is no recognition.
        """
        given = _mapping(mapping, "facts")
        for key in given:
            if key not in {"points", "met", "ratios", "area", "held"}:
                raise FactsError(N_("Mục %(key)s không có trong dữ kiện chấm."), field="facts", key=_shown(key))
        points = {
            code: _points_fact(value, _line(criteria_set, Reads.POINTS, code, "points"))
            for code, value in _mapping(given.get("points", {}), "points").items()
        }
        met = {
            code: _met_fact(value, _line(criteria_set, Reads.MET, code, "met"))
            for code, value in _mapping(given.get("met", {}), "met").items()
        }
        ratios = {}
        for name, value in _mapping(given.get("ratios", {}), "ratios").items():
            if name not in criteria_set.ratios:
                message = N_("ratios: bộ tiêu chí này không đọc tỷ lệ %(name)s.")
                raise FactsError(message, field="ratios", name=_shown(name))
            ratios[name] = _ratio_fact(value, name)
        area = _area_fact(given.get("area", []), criteria_set)
        return cls(points, met, ratios, area, _held_fact(given.get("held", {}), criteria_set))

    def check(self, criteria_set: CriteriaSet) -> None:
        """Raise FactsError when these facts do not fit the set."""
        held = self.held and {"level": self.held.level, "on": str(self.held.on), "today": str(self.held.today)}
        plain = {"points": self.points, "met": self.met, "area": list(self.area), "held": held or {}}
        Facts.parse({**plain, "ratios": {name: list(pair) for name, pair in self.ratios.items()}}, criteria_set)


def _shown(value: object) -> str:
    """A value in a message: one line, short, printable everywhere."""
    text = json.dumps(value, ensure_ascii=False, default=repr).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 40 else text[:39] + "…"


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    raise FactsError(N_("%(name)s phải là một đối tượng gồm tên và giá trị."), field=name, name=name)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(message: str, place: str, value: object, **values: object) -> FactsError:
    return FactsError(message, field=place, name=place, value=_shown(value), **values)


def _line(criteria_set: CriteriaSet, reads: Reads, code: str, name: str) -> Line:
    line = criteria_set.by_code.get(code)
    if line is None:
        message = N_("%(name)s: bộ tiêu chí %(set)s không có mã %(code)s.")
        raise FactsError(message, field=name, name=name, set=criteria_set.id, code=_shown(code))
    if line.reads is not reads:
        message = N_("%(name)s: mã %(code)s phải ghi ở mục %(right)s.")
        right = "ratios" if line.reads is Reads.RATIO else line.reads.value
        raise FactsError(message, field=name, name=name, code=code, right=right)
    return line


def _points_fact(value: object, line: Line) -> int:
    place = f"points.{line.code}"
    if not _is_count(value):
        raise _bad(N_("%(name)s phải là số nguyên, không phải %(value)s."), place, value)
    if not 0 <= value <= line.points:
        raise _bad(N_("%(name)s phải từ 0 đến %(max)s điểm, không phải %(value)s."), place, value, max=line.points)
    return value


def _met_fact(value: object, line: Line) -> bool:
    if not isinstance(value, bool):
        raise _bad(N_("%(name)s phải là true hoặc false, không phải %(value)s."), f"met.{line.code}", value)
    return value


def _ratio_fact(value: object, name: str) -> tuple[int, int]:
    place = f"ratios.{name}"
    pair = list(value) if isinstance(value, list | tuple) else []
    if len(pair) != 2 or not all(_is_count(part) for part in pair):
        raise _bad(N_("%(name)s phải là hai số nguyên [tử số, mẫu số], không phải %(value)s."), place, value)
    numerator, denominator = pair
    if denominator <= 0:
        raise _bad(N_("%(name)s: mẫu số phải lớn hơn 0, không phải %(value)s."), place, denominator)
    if not 0 <= numerator <= denominator:
        raise _bad(N_("%(name)s: tử số phải từ 0 đến mẫu số, không phải %(value)s."), place, pair)
    return numerator, denominator


def _area_fact(value: object, criteria_set: CriteriaSet) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in value):
        raise FactsError(N_("area phải là một danh sách tên, không phải %(value)s."), field="area", value=_shown(value))
    for name in value:
        if name not in criteria_set.areas:
            message = N_("area: %(name)s không có trong bộ tiêu chí này (có: %(known)s).")
            raise FactsError(message, field="area", name=_shown(name), known=", ".join(sorted(criteria_set.areas)))
    return frozenset(value)


def _held_fact(value: object, criteria_set: CriteriaSet) -> Held | None:
    given = _mapping(value, "held")
    if not given:
        return None
    if criteria_set.shape is not Shape.LEVELS:
        raise FactsError(N_("held: bộ tiêu chí này không xét theo mức độ."), field="held")
    if set(given) != {"level", "on", "today"}:
        raise FactsError(N_("held phải gồm đúng ba mục level, on và today."), field="held")
    level = given["level"]
    if (
        not isinstance(level, int)
        or isinstance(level, bool)
        or level not in {rule.level for rule in criteria_set.levels}
    ):
        raise FactsError(N_("held.level: không có mức độ %(value)s."), field="held.level", value=_shown(level))
    on, today = _day(given["on"], "held.on"), _day(given["today"], "held.today")
    if on > today:
        raise FactsError(N_("held.on: ngày công nhận sau ngày xét (today)."), field="held.on")
    return Held(level, on, today)


def _day(value: object, place: str) -> date:
    """A date written YYYY-MM-DD and in no other way."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise _bad(N_("%(name)s phải là ngày dạng YYYY-MM-DD, không phải %(value)s."), place, value)
    return day
