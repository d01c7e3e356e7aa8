"""A group's case measured: what its set counts by itself, what was answered, and the score of both together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen.applications.models import Application, ApplicationLine
from xhht_citizen.applications.readiness import facts_for
from xhht_citizen.applications.subjects import held_by
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import (
    CriteriaSet,
    Held,
    Level,
    Line,
    LineResult,
    Reads,
    Score,
    Shape,
    Status,
    lacking,
    score,
)
from xhht_citizen.groups.rules import Group
from xhht_citizen.ratios.facts import GroupFacts, facts_of

CLAIMED, STANDING, CONFIRMED = "claimed", "standing", "confirmed"  # whose word on the answered lines is scored


@dataclass(frozen=True)
class Measured:
    """A case scored on counts of one moment. `counts` are also those that only stand beside the form."""

    criteria: CriteriaSet
    counts: GroupFacts
    score: Score
    held: Held | None = None

    @property
    def lines(self) -> list[tuple[Line, LineResult]]:
        """The lines that apply to the group, each with its answer."""
        return [(self.criteria.by_code[result.code], result) for result in self.score.lines]

    @property
    def answerable(self) -> list[Line]:
        """The lines somebody must answer; the others are counted."""
        return [line for line, _ in self.lines if line.reads is not Reads.RATIO]

    @property
    def counted(self) -> list[tuple[Line, LineResult]]:
        """The lines that are counted and never asked."""
        return [pair for pair in self.lines if pair[0].reads is Reads.RATIO]

    @property
    def unmet(self) -> list[Line]:
        """Lines that read a ratio, must reach a percentage, and do not."""
        low = {Status.BELOW_FLOOR, Status.NOT_MET, Status.MISSING}
        lowest = self.criteria.levels[0].level if self.criteria.levels else 1
        return [
            line
            for line, result in self.counted
            if line.at_least is not None and result.status in low and line.level <= lowest
        ]

    @property
    def level(self) -> int | None:
        """The level reached; None for a set without levels, or when none is."""
        return self.score.rule.level if isinstance(self.score.rule, Level) else None

    @property
    def too_early(self) -> bool:
        """Whether the next level is asked for, all its lines being met, before the one below was held long enough."""
        return self.score.wait is not None and self.held is not None

    def ratios(self) -> dict[str, tuple[int, int]]:
        """The counts this set reads or shows, by name."""
        names = self.criteria.ratios | set(self.criteria.shows)
        return {name: pair for name, pair in self.counts.ratios.items() if name in names}

    def pair(self, line: Line) -> tuple[int, int] | None:
        """Numerator and denominator of a counted line; None when nobody is there to count."""
        return self.counts.ratios.get(line.ratio or "")

    def lacking(self, line: Line) -> int:
        """How many more a counted line needs to reach its requirement; 0 when it does, or when nobody is counted."""
        pair = self.pair(line)
        return lacking(line.at_least, *pair) if pair is not None and line.at_least is not None else 0


def measure(
    db: Session,
    group: Group,
    year: int,
    day: date,
    *,
    case: Application | None = None,
    whose: str = CLAIMED,
    counts: GroupFacts | None = None,
) -> Measured:
    """The group's case of a year on the counts of now (or on `counts`), levels held on `day`; bare without a case."""
    criteria = catalogue.get(case.criteria_set) if case is not None else catalogue.current(group.kind, year)
    seen = facts_of(db, group, year) if counts is None else counts
    held = _held(db, criteria, group, day)
    points, met = _answers(criteria, case.lines if case is not None else [], whose)
    facts = replace(facts_for(criteria, seen), points=points, met=met, held=held)
    return Measured(criteria, seen, score(criteria, facts), held)


def recorded(case: Application, facts: Mapping[str, list[int]]) -> GroupFacts:
    """Counts kept as plain data, with the area the case was last measured by."""
    return GroupFacts({name: (pair[0], pair[1]) for name, pair in facts.items()}, frozenset(case.area))


def _held(db: Session, criteria: CriteriaSet, group: Group, day: date) -> Held | None:
    if criteria.shape is not Shape.LEVELS:
        return None
    return held_by(db, group.kind, group.id, day)


def _answers(criteria: CriteriaSet, rows: list[ApplicationLine], whose: str) -> tuple[dict[str, int], dict[str, bool]]:
    points: dict[str, int] = {}
    met: dict[str, bool] = {}
    for row in rows:
        line = criteria.by_code.get(row.code)
        value = _word(row, whose)
        if line is None or line.reads is Reads.RATIO or value is None:
            continue
        if line.reads is Reads.MET:
            met[row.code] = value > 0
        else:
            points[row.code] = value
    return points, met


def _word(row: ApplicationLine, whose: str) -> int | None:
    if whose == CLAIMED:
        return row.claimed_points
    if whose == CONFIRMED or row.confirmed_points is not None:
        return row.confirmed_points
    return row.claimed_points
