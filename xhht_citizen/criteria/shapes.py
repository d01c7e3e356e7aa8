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
from itertools import chain, combinations

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

    met          points: at or above the floor and the line's own requirement; bands and points without a floor: more
                 than 0 points; levels: the requirement is met
    below_floor  points: a fact is there, but below the floor (0 points given is below the floor) or the requirement
    not_met      bands and points without a floor: 0 points; levels: a fact is there and does not meet the requirement
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
    """One step of a line's ladder: points earned, what was done, and the evidence asked for.

    On a line that reads a ratio the step is reached at `at_least` percent, and nothing has to be shown for it.
    """

    points: int
    text: str
    asks: str = ""
    at_least: Fraction | None = None


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
    at_least: Fraction | None = None  # percent, for a line that reads a ratio: its requirement
    required: bool = False  # in a points set, for a line answered by yes or no: no set is passed without it
    asks: str = ""  # what answer or evidence is expected
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
    """A scored line; `reason` is `words` in Vietnamese, the same for citizen and officer.

    `counts` are the numerator and denominator that earned the points of a ratio.
    """

    code: str
    points: int
    max: int
    status: Status
    reason: str
    words: Sentence
    counts: tuple[int, int] | None = None


@dataclass(frozen=True)
class CriteriaSet:
    """One published set of criteria; `kind` is whose: a citizen's, a household's, ... (`catalogue.KINDS`)."""

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
    decided_by: str = "ward"  # or province
    decided_by_confirmed: bool = False
    shows: tuple[str, ...] = ()  # names of ratios that stand beside the form to be read; they are not scored

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
    def situations(self) -> tuple[frozenset[str], ...]:
        """Every combination of areas a subject may be in."""
        areas = sorted(self.areas)
        return tuple(map(frozenset, chain.from_iterable(combinations(areas, n) for n in range(len(areas) + 1))))

    @cached_property
    def plain(self) -> bool:
        """Whether every line reads points and is scored everywhere: scoring is then looking up `answers`."""
        return all(line.reads is Reads.POINTS and not line.when and not line.unless for line in self.lines)

    @cached_property
    def max(self) -> int:
        """Most points the set can give in any area (levels: number of lines, whatever the area)."""
        if self.shape is Shape.LEVELS or self.plain:
            return sum(line.points for line in self.lines)
        return max(sum(line.points for line in self.lines if line.applies(area)) for area in self.situations)

    @cached_property
    def answers(self) -> tuple[tuple[str, Mapping[int | None, LineResult]], ...]:
        """Every answer a line of points can get, made once, so that scoring is looking up (None: no fact)."""
        floor = self.floor.at_least if self.floor else None
        values = [(line, (None, *range(line.points + 1))) for line in self.lines if line.reads is Reads.POINTS]
        return tuple((line.code, {n: points_result(line, n, floor) for n in numbers}) for line, numbers in values)

    def mark_for(self, area: frozenset[str]) -> Mark:
        """The lowest pass mark that holds in these areas."""
        if not area:
            return self.marks[0]
        return min((m for m in self.marks if m.area is None or m.area in area), key=lambda m: m.at_least)

    def binds(self, line: Line) -> bool:
        """Whether the set cannot be passed while this line is missing or below what it needs, whatever the total."""
        return self.floor is not None or line.required or line.at_least is not None


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


def met_result(line: Line, met: bool | None, floor: int | None) -> LineResult:
    """The answer of a line of a points set that is answered by yes (all its points) or no (none)."""
    points = line.points if met else 0
    if met is None:
        text = N_("Chưa trả lời, cần trả lời đạt.") if line.required else N_("Chưa trả lời, đạt thì được %(max)s điểm.")
    elif met:
        text = N_("Đạt, được %(points)s/%(max)s điểm.")
    elif line.required:
        text = N_("Chưa đạt, mà đây là yêu cầu bắt buộc.")
    else:
        text = N_("Chưa đạt, được %(points)s/%(max)s điểm.")
    status = Status.MISSING if met is None else _earned(points, floor, held=line.required and not met)
    words = Sentence(text, {"points": points, "max": line.points})
    return LineResult(line.code, points, line.points, status, str(words), words)


def ratio_result(line: Line, counts: tuple[int, int] | None, floor: int | None) -> LineResult:
    """The answer of a line of a points set that reads a ratio: the highest rung reached, exactly."""
    values: dict[str, object] = {"max": line.points}
    if line.at_least is not None:
        values["mark"] = percent_text(line.at_least)
    if counts is None:
        text = (
            N_("Chưa có số liệu, tối đa là %(max)s điểm.")
            if line.at_least is None
            else N_("Chưa có số liệu, cần ít nhất %(mark)s %%.")
        )
        words = Sentence(text, values)
        return LineResult(line.code, 0, line.points, Status.MISSING, str(words), words)
    percent = Fraction(100 * counts[0], counts[1])
    below = line.at_least is not None and percent < line.at_least
    reached = [rung.points for rung in line.ladder if rung.at_least is not None and percent >= rung.at_least]
    points = (reached or [0])[-1] if line.ladder else 0 if below else line.points
    values |= {"part": count_text(counts[0]), "whole": count_text(counts[1])}
    values |= {"percent": percent_text(percent), "points": points}
    if line.at_least is None:
        text = N_("%(part)s/%(whole)s (%(percent)s %%), được %(points)s/%(max)s điểm.")
    elif below:
        values["lacking"] = count_text(lacking(line.at_least, *counts))
        text = N_("%(part)s/%(whole)s (%(percent)s %%), cần ít nhất %(mark)s %%, còn thiếu %(lacking)s nữa.")
    else:
        text = N_("%(part)s/%(whole)s (%(percent)s %%), đạt mức ít nhất %(mark)s %%, được %(points)s/%(max)s điểm.")
    words = Sentence(text, values)
    status = _earned(points, floor, held=below)
    return LineResult(line.code, points, line.points, status, str(words), words, counts)


def _earned(points: int, floor: int | None, *, held: bool) -> Status:
    """Where a line with a fact stands; `held`: its own requirement is not met."""
    if held or (floor is not None and points < floor):
        return Status.BELOW_FLOOR
    return Status.MET if points else Status.NOT_MET


def lacking(at_least: Fraction, numerator: int, denominator: int) -> int:
    """How many more of the same denominator make `numerator` reach `at_least` percent; 0 when it is reached."""
    needed = -(-at_least.numerator * denominator // (100 * at_least.denominator))
    return max(0, needed - numerator)


def count_text(number: int) -> str:
    """A count with dots between thousands."""
    return f"{number:,}".replace(",", ".")


def percent_text(percent: Fraction) -> str:
    """Two decimals at most, cut, with a decimal comma: 89999/100000 is 89,99 and not 90."""
    whole, rest = divmod(percent.numerator * 100 // percent.denominator, 100)
    return f"{count_text(whole)},{rest:02}".rstrip("0").rstrip(",") if rest else count_text(whole)
