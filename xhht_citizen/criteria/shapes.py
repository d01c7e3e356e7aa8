"""What a criteria set is made of: lines, ladders, rules over all lines, each with its source; and a line's answer.

Standard library only. Sets are written in `sets/*.toml`; what is done with them is in `rules.py`.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from xhht_citizen.errors import N_

DISADVANTAGED = "disadvantaged"


class Shape(StrEnum):
    """How a set turns facts into an outcome."""

    POINTS = "points"
    BANDS = "bands"
    LEVELS = "levels"


class Reads(StrEnum):
    """Which fact a line looks at: points given, a yes or no, or the counts of a named ratio."""

    POINTS = "points"
    MET = "met"
    RATIO = "ratio"


class Status(StrEnum):
    """Where a line stands.

    met          points: at or above the floor; bands: more than 0 points; levels: the requirement is met
    below_floor  points: a fact is there, but below the floor (0 points given is below the floor)
    not_met      bands: 0 points given; levels: a fact is there and does not meet the requirement
    missing      no fact for this line; counts as 0
    """

    MET = "met"
    BELOW_FLOOR = "below_floor"
    NOT_MET = "not_met"
    MISSING = "missing"


@dataclass(frozen=True)
class Sentence:
    """A Vietnamese gettext source and its values; `str()` is the sentence in Vietnamese."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


@dataclass(frozen=True)
class Citation:
    """Where a rule was seen: document number, its date (None: not known to us), address, and what to know about it."""

    document: str
    date: date | None = None
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Rung:
    """One step of a line's ladder: points earned, what the person did, and the evidence asked for."""

    points: int
    text: str
    asks: str


@dataclass(frozen=True)
class Competency:
    """A heading over lines (năng lực, tiêu chí); it has no points of its own."""

    code: str
    title: str


@dataclass(frozen=True)
class Line:
    """One scored line. `points` is its maximum (1 for a line of a levels set)."""

    code: str
    text: str
    short: str
    competency: str
    cites: tuple[Citation, ...]
    confirmed: bool
    points: int = 1
    reads: Reads = Reads.POINTS
    ratio: str | None = None
    at_least: Fraction | None = None  # percent, for a line that reads a ratio
    level: int = 1  # the lowest level that asks for this line
    when: frozenset[str] = frozenset()  # scored only where all of these areas are given
    unless: frozenset[str] = frozenset()  # and none of these
    ladder: tuple[Rung, ...] = ()
    ladder_confirmed: bool = False

    def applies(self, area: frozenset[str]) -> bool:
        """Whether this line is scored for a subject with these areas."""
        return self.when <= area and not self.unless & area


@dataclass(frozen=True)
class Rule:
    """A rule over all lines, with its source."""

    text: str
    cites: tuple[Citation, ...]
    confirmed: bool


@dataclass(frozen=True)
class Mark(Rule):
    """Pass mark; `area` None is the ordinary one, else it holds where that area is given."""

    at_least: int
    area: str | None = None


@dataclass(frozen=True)
class Floor(Rule):
    """No line may have fewer points than this."""

    at_least: int


@dataclass(frozen=True)
class Band(Rule):
    """A grade by total; `outcome` is its code, `title` its name on screens."""

    outcome: str
    title: str
    at_least: int
    passed: bool


@dataclass(frozen=True)
class Level(Rule):
    """A level; `wait_months` are the calendar months the level below must have been held first."""

    level: int
    title: str
    wait_months: int = 0


@dataclass(frozen=True)
class Validity(Rule):
    """How long a recognition holds: `months` from its date, or until the end of the `years`-th year after its year."""

    months: int | None = None
    years: int | None = None

    def last_day(self, on: date) -> date:
        """Last valid day of a recognition dated `on` (terms counted as in Civil Code 2015, articles 147 and 148)."""
        return date(on.year + self.years, 12, 31) if self.years is not None else add_months(on, self.months or 0)


@dataclass(frozen=True)
class LineResult:
    """A scored line; `reason` is `words` in Vietnamese, the same for citizen and officer."""

    code: str
    points: int
    max: int
    status: Status
    reason: str
    words: Sentence


@dataclass(frozen=True)
class CriteriaSet:
    """One published set of criteria; `kind` is citizen, unit, agency or commune."""

    id: str
    kind: str
    shape: Shape
    title: str
    group: str
    lines: tuple[Line, ...]
    competencies: tuple[Competency, ...]
    cites: tuple[Citation, ...]
    valid_from: date | None = None  # None: not known
    valid_to: date | None = None
    superseded_by: str | None = None
    marks: tuple[Mark, ...] = ()
    floor: Floor | None = None
    bands: tuple[Band, ...] = ()  # best first
    levels: tuple[Level, ...] = ()  # lowest first
    validity: Validity | None = None
    areas: frozenset[str] = frozenset({DISADVANTAGED})

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule over all lines, for screens that show sources."""
        ends = tuple(rule for rule in (self.floor, self.validity) if rule)
        return (*self.marks, *self.bands, *self.levels, *ends)

    @cached_property
    def provisional(self) -> bool:
        """True when any rule, line or ladder is not confirmed: screens say "Bộ tiêu chí tạm"."""
        lines = all(line.confirmed and (line.ladder_confirmed or not line.ladder) for line in self.lines)
        return not (lines and all(rule.confirmed for rule in self.rules))

    @cached_property
    def by_code(self) -> Mapping[str, Line]:
        """Lines by code."""
        return {line.code: line for line in self.lines}

    @cached_property
    def ratios(self) -> frozenset[str]:
        """Names of the ratios this set reads."""
        return frozenset(line.ratio for line in self.lines if line.ratio is not None)

    @cached_property
    def max(self) -> int:
        """Most points the set can give (levels: number of lines, whatever the area)."""
        return sum(line.points for line in self.lines)

    @cached_property
    def answers(self) -> tuple[tuple[str, Mapping[int | None, LineResult]], ...]:
        """Every answer a line of points can get, made once, so that scoring is looking up (None: no fact)."""
        floor = self.floor.at_least if self.floor else None
        values = [(line, (None, *range(line.points + 1))) for line in self.lines]
        return tuple((line.code, {n: points_result(line, n, floor) for n in numbers}) for line, numbers in values)

    def mark_for(self, area: frozenset[str]) -> Mark:
        """The lowest pass mark that holds in these areas."""
        if not area:
            return self.marks[0]
        return min((m for m in self.marks if m.area is None or m.area in area), key=lambda m: m.at_least)


def add_months(day: date, months: int) -> date:
    """The same day so many calendar months later; the month's last day where it has no such day (29/02 -> 28/02)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def points_result(line: Line, points: int | None, floor: int | None) -> LineResult:
    """The answer of a line that reads points (None: no fact), where `floor` is the least every line needs."""
    values: dict[str, object] = {"points": points, "max": line.points, "floor": floor}
    status = Status.MET
    if points is None:
        status = Status.MISSING
        text = (
            N_("Chưa có điểm, tối đa là %(max)s điểm.")
            if floor is None
            else N_("Chưa có điểm, cần ít nhất %(floor)s điểm.")
        )
    elif floor is not None and points < floor:
        status = Status.BELOW_FLOOR
        values["lacking"] = floor - points
        text = N_("%(points)s/%(max)s điểm, dưới mức tối thiểu %(floor)s điểm, thiếu %(lacking)s điểm.")
    elif points == line.points:
        text = N_("%(points)s/%(max)s điểm, mức cao nhất.")
    elif floor is None:
        status = Status.MET if points else Status.NOT_MET
        text = N_("%(points)s/%(max)s điểm.")
    elif points == floor:
        text = N_("%(points)s/%(max)s điểm, vừa đủ mức tối thiểu.")
    else:
        text = N_("%(points)s/%(max)s điểm, trên mức tối thiểu %(floor)s điểm.")
    words = Sentence(text, values)
    return LineResult(line.code, points or 0, line.points, status, str(words), words)
