"""The three shapes of rule and their arithmetic: `score(criteria_set, facts) -> Score`.

points   every line earns 0..max; passed when the total reaches the mark and no line is below the floor or its own
         requirement. Lines may be answered by points, by yes or no (all or nothing), or by a ratio (its ladder). The
         mark is a share: where lines fall away by area, total / points left >= mark / 100
bands    every line earns 0..max; the total falls into a band
levels   every line is met or not (yes/no, or a ratio >= a percentage); a level is reached when all its lines and all
         lines of the levels below are met, and, where it asks for a wait, the level below was held long enough
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from xhht_citizen.criteria.facts import Facts, FactsError, Held
from xhht_citizen.criteria.shapes import (
    DISADVANTAGED,
    Band,
    Citation,
    Competency,
    CriteriaSet,
    Floor,
    Level,
    Line,
    LineResult,
    Mark,
    Reads,
    Rule,
    Rung,
    Sentence,
    Shape,
    Status,
    Validity,
    add_months,
    count_text,
    lacking,
    met_result,
    percent_text,
    points_result,
    ratio_result,
)
from xhht_citizen.errors import N_

__all__ = [
    "DISADVANTAGED",
    "Band",
    "Citation",
    "Competency",
    "CriteriaSet",
    "Facts",
    "FactsError",
    "Floor",
    "Held",
    "Level",
    "Line",
    "LineResult",
    "Mark",
    "NextStep",
    "Reads",
    "Rule",
    "Rung",
    "Score",
    "Sentence",
    "Shape",
    "Status",
    "Validity",
    "add_months",
    "lacking",
    "next_step",
    "score",
]


@dataclass(frozen=True)
class NextStep:
    """The smallest thing that betters a line: where it leads (points) and how; `code` None speaks of the whole set."""

    code: str | None
    points: int | None
    words: Sentence


@dataclass(frozen=True)
class Score:
    """A score that explains itself. For a levels set `total` counts the lines met and `max` the lines scored."""

    criteria_set: CriteriaSet
    total: int
    max: int
    passed: bool
    outcome: str
    lines: tuple[LineResult, ...]
    rule: Rule | None  # the mark applied, the band or the level reached
    wait: Sentence | None = None  # why the next level cannot be given yet, all its lines being met

    @property
    def set(self) -> str:
        """Id of the set."""
        return self.criteria_set.id

    @cached_property
    def words(self) -> Sentence:
        """The outcome in one sentence, with its numbers."""
        values: dict[str, object] = {"total": self.total, "max": self.max}
        if isinstance(self.rule, Mark):
            return _points_words(self, self.rule, values)
        if isinstance(self.rule, Band):
            return Sentence(N_("Xếp loại %(title)s: %(total)s/%(max)s điểm."), {**values, "title": self.rule.title})
        if isinstance(self.rule, Level):
            return Sentence(N_("Đạt %(title)s: %(total)s/%(max)s yêu cầu."), {**values, "title": self.rule.title})
        return Sentence(N_("Chưa đạt: %(total)s/%(max)s yêu cầu."), values)

    @cached_property
    def next_steps(self) -> tuple[NextStep, ...]:
        """What would better the score: lines below the floor, missing or not met first, then the others in order."""
        by_need = sorted(self.lines, key=lambda result: result.status is Status.MET)
        steps = [
            _step(self.criteria_set.by_code[result.code], result) for result in by_need if result.points < result.max
        ]
        whole = [NextStep(None, None, self.wait)] if self.wait else []
        return (*steps, *whole)

    def as_dict(self) -> dict[str, object]:
        """The JSON shape of `xhht criteria score`."""
        lines = [
            {"code": r.code, "points": r.points, "max": r.max, "status": r.status.value, "reason": r.reason}
            for r in self.lines
        ]
        head = {"set": self.set, "total": self.total, "max": self.max, "passed": self.passed, "outcome": self.outcome}
        return {**head, "lines": lines}


def score(criteria_set: CriteriaSet, facts: Facts) -> Score:
    """Score facts against a set; raises FactsError for a fact the set cannot read (unknown code, too many points)."""
    return _SCORERS[criteria_set.shape](criteria_set, facts)


def next_step(line: Line, points: int) -> Rung | None:
    """The next rung of a line's ladder above these points, or None at the top or without a ladder."""
    return next((rung for rung in line.ladder if rung.points > points), None)


def _points_lines(criteria_set: CriteriaSet, facts: Facts) -> tuple[list[LineResult], int, bool]:
    """Answers of the lines in order, their sum, and whether each has a fact and is at or above the floor."""
    given = facts.points.get
    results = []
    total = found = 0
    all_met = True
    missing = Status.MISSING
    try:
        for code, answers in criteria_set.answers:
            result = answers[given(code)]
            results.append(result)
            total += result.points
            if result.status is not Status.MET:
                all_met = False
                if result.status is missing:
                    continue
            found += 1
    except (KeyError, TypeError):
        facts.check(criteria_set)
        raise
    if found != len(facts.points) or facts.met or facts.ratios or facts.held or not facts.area <= criteria_set.areas:
        facts.check(criteria_set)
    return results, total, all_met


def _score_points(criteria_set: CriteriaSet, facts: Facts) -> Score:
    if not criteria_set.plain:
        return _score_mixed(criteria_set, facts)
    results, total, all_met = _points_lines(criteria_set, facts)
    mark = criteria_set.mark_for(facts.area)
    passed = all_met and total >= mark.at_least
    return Score(criteria_set, total, criteria_set.max, passed, "pass" if passed else "fail", tuple(results), mark)


def _score_mixed(criteria_set: CriteriaSet, facts: Facts) -> Score:
    """Points from answers and counts, over the lines that apply here; compared as whole numbers."""
    facts.check(criteria_set)
    floor = criteria_set.floor.at_least if criteria_set.floor else None
    lines = [line for line in criteria_set.lines if line.applies(facts.area)]
    results = tuple(_mixed_result(line, facts, floor) for line in lines)
    total, most = sum(result.points for result in results), sum(line.points for line in lines)
    mark = criteria_set.mark_for(facts.area)
    passed = 100 * total >= mark.at_least * most and not _holding_back(criteria_set, results)
    return Score(criteria_set, total, most, passed, "pass" if passed else "fail", results, mark)


def _mixed_result(line: Line, facts: Facts, floor: int | None) -> LineResult:
    if line.reads is Reads.MET:
        return met_result(line, facts.met.get(line.code), floor)
    if line.reads is Reads.RATIO:
        return ratio_result(line, facts.ratios.get(line.ratio or ""), floor)
    return points_result(line, facts.points.get(line.code), floor)


def _holding_back(criteria_set: CriteriaSet, results: tuple[LineResult, ...]) -> list[str]:
    """Codes of the lines without which the set is not passed, whatever the total."""
    low = {Status.BELOW_FLOOR, Status.MISSING}
    return [r.code for r in results if r.status in low and criteria_set.binds(criteria_set.by_code[r.code])]


def _score_bands(criteria_set: CriteriaSet, facts: Facts) -> Score:
    results, total, _ = _points_lines(criteria_set, facts)
    band = next(band for band in criteria_set.bands if total >= band.at_least)
    return Score(criteria_set, total, criteria_set.max, band.passed, band.outcome, tuple(results), band)


def _score_levels(criteria_set: CriteriaSet, facts: Facts) -> Score:
    facts.check(criteria_set)
    lines = [line for line in criteria_set.lines if line.applies(facts.area)]
    results = [_level_result(line, facts) for line in lines]
    reached: Level | None = None
    wait: Sentence | None = None
    for level in criteria_set.levels:
        if not all(r.points for line, r in zip(lines, results, strict=True) if line.level <= level.level):
            break
        wait = _wait(level, facts.held)
        if wait:
            results = [_held_back(line, r, level, wait) for line, r in zip(lines, results, strict=True)]
            break
        reached = level
    outcome = f"level-{reached.level}" if reached else "fail"
    total = sum(result.points for result in results)
    return Score(criteria_set, total, len(results), reached is not None, outcome, tuple(results), reached, wait)


_SCORERS: dict[Shape, Callable[[CriteriaSet, Facts], Score]] = {
    Shape.POINTS: _score_points,
    Shape.BANDS: _score_bands,
    Shape.LEVELS: _score_levels,
}


def _wait(level: Level, held: Held | None) -> Sentence | None:
    """Why this level must wait though its lines are met; None when it need not."""
    below = level.level - 1
    if not level.wait_months or (held and held.level >= level.level):
        return None
    values: dict[str, object] = {"title": level.title, "below": below, "months": level.wait_months}
    if held is None or held.level < below:
        text = N_("%(title)s chỉ xét sau khi đã được công nhận mức độ %(below)s ít nhất %(months)s tháng.")
        return Sentence(text, values)
    possible = add_months(held.on, level.wait_months)
    if held.today >= possible:
        return None
    text = N_("%(title)s chỉ xét từ ngày %(possible)s, đủ %(months)s tháng sau mức độ %(below)s ngày %(on)s.")
    return Sentence(text, {**values, "possible": f"{possible:%d/%m/%Y}", "on": f"{held.on:%d/%m/%Y}"})


def _held_back(line: Line, result: LineResult, level: Level, wait: Sentence) -> LineResult:
    """The line's answer, with the reason for waiting where the line belongs to the level that must wait."""
    if line.level != level.level:
        return result
    words = Sentence(result.words.text + " " + wait.text, {**result.words.values, **wait.values})
    return LineResult(result.code, result.points, result.max, result.status, str(words), words)


def _level_result(line: Line, facts: Facts) -> LineResult:
    if line.reads is Reads.RATIO:
        met, words = _ratio_answer(line, facts)
    else:
        met = facts.met.get(line.code)
        words = Sentence(_MET_WORDS[met], {"level": line.level})
    status = Status.MISSING if met is None else Status.MET if met else Status.NOT_MET
    return LineResult(line.code, 1 if met else 0, 1, status, str(words), words)


_MET_WORDS: dict[bool | None, str] = {
    None: N_("Chưa có thông tin cho yêu cầu của mức độ %(level)s."),
    True: N_("Đạt yêu cầu của mức độ %(level)s."),
    False: N_("Chưa đạt yêu cầu của mức độ %(level)s."),
}


def _ratio_answer(line: Line, facts: Facts) -> tuple[bool | None, Sentence]:
    """Compare a ratio with the line's percentage, exactly; the percentage shown is cut, never rounded up."""
    at_least = line.at_least or Fraction(0)
    pair = facts.ratios.get(line.ratio or "")
    values: dict[str, object] = {"mark": percent_text(at_least)}
    if pair is None:
        return None, Sentence(N_("Chưa có số liệu, cần ít nhất %(mark)s %%."), values)
    percent = Fraction(100 * pair[0], pair[1])
    values |= {"part": count_text(pair[0]), "whole": count_text(pair[1]), "percent": percent_text(percent)}
    if percent >= at_least:
        return True, Sentence(N_("%(part)s/%(whole)s (%(percent)s %%), đạt mức ít nhất %(mark)s %%."), values)
    return False, Sentence(N_("%(part)s/%(whole)s (%(percent)s %%), cần ít nhất %(mark)s %%."), values)


def _mixed_words(of: Score, mark: Mark, values: dict[str, object]) -> Sentence:
    """The outcome of a set whose lines have requirements of their own, or fall away by area."""
    needed = Fraction(mark.at_least * of.max, 100)
    low = ", ".join(_holding_back(of.criteria_set, of.lines))
    values |= {"mark": mark.at_least, "needed": percent_text(needed), "low": low}
    values["lacking"] = lacking(Fraction(mark.at_least), of.total, of.max)
    if of.passed:
        text = N_("Đạt: %(total)s/%(max)s điểm, cần %(needed)s điểm (%(mark)s %% số điểm được xét).")
    elif not values["lacking"]:
        text = N_("Chưa đạt: %(total)s/%(max)s điểm, nhưng nội dung %(low)s chưa đạt mức bắt buộc.")
    elif low:
        text = N_(
            "Chưa đạt: %(total)s/%(max)s điểm, thiếu %(lacking)s điểm để đủ %(needed)s điểm "
            "(%(mark)s %% số điểm được xét); nội dung %(low)s chưa đạt mức bắt buộc."
        )
    else:
        text = N_(
            "Chưa đạt: %(total)s/%(max)s điểm, thiếu %(lacking)s điểm để đủ %(needed)s điểm "
            "(%(mark)s %% số điểm được xét)."
        )
    return Sentence(text, values)


def _points_words(of: Score, mark: Mark, values: dict[str, object]) -> Sentence:
    floor = of.criteria_set.floor
    if floor is None or not of.criteria_set.plain:
        return _mixed_words(of, mark, values)
    values |= {"mark": mark.at_least, "lacking": mark.at_least - of.total, "floor": floor.at_least}
    low = ", ".join(result.code for result in of.lines if result.status is not Status.MET)
    values["low"] = low
    if of.passed:
        return Sentence(N_("Đạt: %(total)s/%(max)s điểm, không chỉ số nào dưới %(floor)s điểm."), values)
    if of.total >= mark.at_least:
        return Sentence(N_("Chưa đạt: %(total)s/%(max)s điểm, nhưng chỉ số %(low)s dưới %(floor)s điểm."), values)
    if low:
        text = N_(
            "Chưa đạt: %(total)s/%(max)s điểm, thiếu %(lacking)s điểm để đủ %(mark)s điểm; "
            "chỉ số %(low)s dưới %(floor)s điểm."
        )
        return Sentence(text, values)
    return Sentence(N_("Chưa đạt: %(total)s/%(max)s điểm, thiếu %(lacking)s điểm để đủ %(mark)s điểm."), values)


def _ratio_step(line: Line, result: LineResult, counts: tuple[int, int]) -> NextStep:
    """How many more reach the requirement, or the next rung above it; in a small group one more may climb two."""
    rungs = [(rung.at_least, rung.points) for rung in line.ladder if rung.at_least is not None]
    above = [at_least for at_least, points in rungs if points > result.points]
    if line.at_least is not None and lacking(line.at_least, *counts):
        values: dict[str, object] = {"percent": percent_text(line.at_least)}
        values["lacking"] = count_text(lacking(line.at_least, *counts))
        text = N_("Kế tiếp: thêm %(lacking)s nữa là đạt mức bắt buộc %(percent)s %%.")
        return NextStep(line.code, None, Sentence(text, values))
    more = lacking(above[0], *counts)
    at_least, points = [rung for rung in rungs if not lacking(rung[0], counts[0] + more, counts[1])][-1]
    values = {"lacking": count_text(more), "percent": percent_text(at_least), "points": points}
    text = N_("Kế tiếp: thêm %(lacking)s nữa là đạt %(percent)s %%, được %(points)s điểm.")
    return NextStep(line.code, points, Sentence(text, values))


def _step(line: Line, result: LineResult) -> NextStep:
    if result.counts:
        return _ratio_step(line, result, result.counts)
    rung = next_step(line, result.points)
    if rung:
        does = rung.text[:1].lower() + rung.text[1:].rstrip(".")
        values: dict[str, object] = {"does": does, "points": rung.points}
        return NextStep(line.code, rung.points, Sentence(N_("Kế tiếp: %(does)s để được %(points)s điểm."), values))
    if line.reads is Reads.POINTS:
        values = {"lacking": result.max - result.points, "max": result.max}
        return NextStep(line.code, result.max, Sentence(N_("Còn %(lacking)s điểm nữa là đủ %(max)s điểm."), values))
    return NextStep(line.code, None, Sentence(N_("Kế tiếp: đạt yêu cầu “%(short)s”."), {"short": line.short}))
