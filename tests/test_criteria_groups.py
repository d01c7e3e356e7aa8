"""Sets of groups: shares of titles, yes or no, lines that fall away, and the set in force of a kind and year."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import (
    CriteriaSet,
    Facts,
    Line,
    Reads,
    Rung,
    Status,
    lacking,
    score,
)
from xhht_citizen.errors import Invalid, NotFound

SETS = catalogue.all_sets()
HOUSEHOLD = SETS["household-448-2015"]
CLAN = SETS["clan-448-2015"]
COMMUNITY = SETS["community-448-2015"]
UNIT = SETS["unit-448-2015"]
GROUPS = (HOUSEHOLD, CLAN, COMMUNITY, UNIT)
RESIDENTS = SETS["citizen-324-residents"]

percents = st.fractions(0, 100, max_denominator=1000)
groups = st.sampled_from(GROUPS)


def best(criteria_set: CriteriaSet, **changed: Any) -> Facts:
    """Facts that earn everything, but for `changed` (a key of Facts, or ratios by name)."""
    points = {line.code: line.points for line in criteria_set.lines if line.reads is Reads.POINTS}
    met = {line.code: True for line in criteria_set.lines if line.reads is Reads.MET}
    own = {name: changed.pop(name) for name in list(changed) if name in criteria_set.ratios}
    ratios = {**dict.fromkeys(criteria_set.ratios, (100, 100)), **own}
    return Facts(**{"points": points, "met": met, "ratios": ratios, **changed})


@st.composite
def facts_of(draw: st.DrawFn, criteria_set: CriteriaSet) -> Facts:
    """Any facts the set can read, with any areas; any of them may be missing."""

    def some(reads: Reads, values: Any) -> dict[str, Any]:
        lines = [line for line in criteria_set.lines if line.reads is reads]
        return draw(st.fixed_dictionaries({}, optional={line.ratio or line.code: values(line) for line in lines}))

    pairs = st.integers(1, 60).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
    return Facts(
        points=some(Reads.POINTS, lambda line: st.integers(0, line.points)),
        met=some(Reads.MET, lambda _: st.booleans()),
        ratios=some(Reads.RATIO, lambda _: pairs),
        area=frozenset(draw(st.sets(st.sampled_from(sorted(criteria_set.areas))))),
    )


any_case = groups.flatmap(lambda one: st.tuples(st.just(one), facts_of(one)))


# What is published


@pytest.mark.parametrize(
    ("criteria_set", "lines"),
    [
        (
            HOUSEHOLD,
            [
                ("1.1", 10, "children_in_school", 100),
                ("1.2", 10, "met", None),
                ("1.3", 10, "points", None),
                ("2.1", 10, "adults_citizen", 50),
                ("2.2", 10, "met", None),
                ("2.3", 10, "points", None),
                ("3.1", 10, "points", None),
                ("3.2", 10, "points", None),
                ("4.1", 10, "points", None),
                ("4.2", 10, "points", None),
            ],
        ),
        (
            CLAN,
            [
                ("1.1", 10, "points", None),
                ("1.2", 10, "points", None),
                ("2.1", 20, "households_recognised", 50),
                ("2.2", 20, "adults_citizen", None),
                ("3.1", 10, "points", None),
                ("3.2", 10, "points", None),
                ("4.1", 10, "points", None),
                ("4.2", 10, "points", None),
            ],
        ),
        (
            COMMUNITY,
            [
                ("1.1", 20, "households_recognised", 60),
                ("1.2", 15, "clans_recognised", None),
                ("2.1", 15, "adults_citizen", None),
                ("2.2", 10, "points", None),
                ("3.1", 10, "points", None),
                ("3.2", 10, "points", None),
                ("4.1", 10, "points", None),
                ("4.2", 10, "points", None),
            ],
        ),
        (
            UNIT,
            [
                ("1.1", 10, "points", None),
                ("1.2", 10, "points", None),
                ("2.1", 20, "citizen_members", 60),
                ("2.2", 10, "met", None),
                ("2.3", 10, "citizen_learners", None),
                ("3.1", 10, "points", None),
                ("3.2", 10, "points", None),
                ("4.1", 10, "points", None),
                ("4.2", 10, "points", None),
            ],
        ),
    ],
    ids=[one.id for one in GROUPS],
)
def test_the_lines_of_a_group_set(criteria_set: CriteriaSet, lines: list[tuple[str, int, str, int | None]]) -> None:
    own = [(line.code, line.points, line.ratio or line.reads.value, line.at_least) for line in criteria_set.lines]
    assert own == lines
    assert criteria_set.max == 100


def test_nothing_of_a_group_set_is_passed_off_as_law() -> None:
    rules = [rule for one in GROUPS for rule in (*one.lines, *one.rules)]
    assert [rule.text for rule in rules if rule.confirmed or not all(cite.note for cite in rule.cites)] == []
    assert [one.id for one in SETS.values() if one.decided_by_confirmed or not one.provisional] == []
    # What the law sets as a goal for the country says that it is a goal.
    goals = {cite.note for rule in rules for cite in rule.cites if "QĐ-TTg" in cite.document}
    assert [note for note in goals if "không phải điều kiện" not in str(note)] == []
    assert {cite.document for cite in UNIT.by_code["2.1"].cites} == {
        "Quyết định 677/QĐ-TTg của Thủ tướng Chính phủ",
        "Quyết định 448/QĐ-KHVN năm 2015 của Hội Khuyến học Việt Nam",
    }


def test_no_child_is_asked_for_marks() -> None:
    children = [line for line in HOUSEHOLD.lines if line.unless == {"no-children"}]
    assert [(line.code, line.reads.value, line.asks) for line in children[:2]] == [
        ("1.1", "ratio", ""),
        ("1.2", "met", "Trả lời đạt hoặc chưa đạt, theo nhận xét cuối năm của nhà trường. "
         "Không ghi điểm số, không nộp học bạ."),
    ]  # fmt: skip
    assert [line.code for line in children] == ["1.1", "1.2", "1.3"]


def test_who_decides() -> None:
    assert {one.id for one in SETS.values() if one.decided_by == "province"} == {
        "agency-24-2023",
        "commune-25-2023",
        "unit-22-2020",
    }
    assert {one.decided_by for one in SETS.values()} == {"ward", "province"}


def test_a_commune_is_shown_ratios_it_is_not_scored_by() -> None:
    commune = SETS["commune-25-2023"]
    assert commune.shows == (
        "adults_citizen",
        "households_recognised",
        "clans_recognised",
        "communities_recognised",
        "units_recognised",
    )
    assert commune.ratios == frozenset()
    assert {one.id for one in SETS.values() if one.shows} == {"commune-25-2023"}
    with pytest.raises(Invalid) as raised:
        catalogue.score_json(commune.id, '{"ratios": {"adults_citizen": [1, 2]}}')
    assert str(raised.value) == 'ratios: bộ tiêu chí này không đọc tỷ lệ "adults_citizen".'


@pytest.mark.parametrize(
    ("kind", "year", "set_id"),
    [
        ("household", 2025, "household-448-2015"),
        ("clan", 2026, "clan-448-2015"),
        ("community", 2026, "community-448-2015"),
        ("unit", 2026, "unit-448-2015"),
        ("commune", 2024, "commune-25-2023"),
        ("agency", 2026, "agency-24-2023"),
        ("agency", 2024, "agency-24-2023"),  # the older set held for a few weeks of the year, and is superseded
        ("agency", 2023, "unit-22-2020"),
    ],
)
def test_the_set_in_force(kind: str, year: int, set_id: str) -> None:
    assert catalogue.current(kind, year).id == set_id


@pytest.mark.parametrize(("kind", "year"), [("citizen", 2025), ("village", 2025), ("commune", 2023)])
def test_no_set_in_force(kind: str, year: int) -> None:
    with pytest.raises(NotFound) as raised:
        catalogue.current(kind, year)
    assert str(raised.value) == f"Năm {year} chưa có bộ tiêu chí cho danh hiệu này."


def test_the_newest_set_in_force_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = replace(CLAN, id="clan-new", valid_from=date(2027, 3, 1))
    known = {CLAN.id: CLAN, newer.id: newer}
    monkeypatch.setattr(catalogue, "all_sets", lambda: known)
    assert [catalogue.current("clan", year).id for year in (2026, 2027, 2028)] == [CLAN.id, newer.id, newer.id]
    # Superseded counts for more than a later date: the day from which the newer one holds may not be known.
    known |= {CLAN.id: replace(CLAN, superseded_by=newer.id, valid_from=date(2027, 1, 1))}
    known |= {newer.id: replace(newer, valid_from=None)}
    assert catalogue.current("clan", 2027).id == newer.id


# How a share is judged


@given(percents, st.integers(1, 10**12), st.data())
def test_lacking_is_the_least_that_reaches(at_least: Fraction, whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    more = lacking(at_least, part, whole)
    assert Fraction(100 * (part + more), whole) >= at_least
    assert more == 0 or Fraction(100 * (part + more - 1), whole) < at_least
    assert part + more <= whole


@pytest.mark.parametrize(
    ("at_least", "part", "whole", "more"),
    [("60", 2, 5, 1), ("60", 3, 5, 0), ("92.5", 924, 1000, 1), ("100", 0, 7, 7), ("50", 0, 0, 0), ("0", 0, 5, 0)],
)
def test_lacking(at_least: str, part: int, whole: int, more: int) -> None:
    assert lacking(Fraction(at_least), part, whole) == more


@pytest.mark.parametrize(
    ("set_id", "name", "counts", "expected"),
    [
        ("household-448-2015", "adults_citizen", (2, 5),
         (0, "below_floor", "2/5 (40 %), cần ít nhất 50 %, còn thiếu 1 nữa.")),
        ("household-448-2015", "adults_citizen", (1, 2),
         (5, "met", "1/2 (50 %), đạt mức ít nhất 50 %, được 5/10 điểm.")),
        ("household-448-2015", "adults_citizen", (69, 100),
         (5, "met", "69/100 (69 %), đạt mức ít nhất 50 %, được 5/10 điểm.")),
        ("household-448-2015", "adults_citizen", (7, 10),
         (8, "met", "7/10 (70 %), đạt mức ít nhất 50 %, được 8/10 điểm.")),
        ("household-448-2015", "children_in_school", (0, 1),
         (0, "below_floor", "0/1 (0 %), cần ít nhất 100 %, còn thiếu 1 nữa.")),
        ("community-448-2015", "clans_recognised", (0, 3),
         (0, "not_met", "0/3 (0 %), được 0/15 điểm.")),
        ("community-448-2015", "households_recognised", (59_999, 100_000),
         (0, "below_floor", "59.999/100.000 (59,99 %), cần ít nhất 60 %, còn thiếu 1 nữa.")),
    ],
)  # fmt: skip
def test_a_line_of_a_ratio(set_id: str, name: str, counts: tuple[int, int], expected: tuple[int, str, str]) -> None:
    criteria_set = SETS[set_id]
    code = next(line.code for line in criteria_set.lines if line.ratio == name)
    result = next(r for r in score(criteria_set, best(criteria_set, **{name: counts})).lines if r.code == code)
    assert (result.points, result.status.value, result.reason) == expected
    assert result.counts == counts


def test_a_mark_between_whole_percents_is_kept_exactly() -> None:
    line = replace(UNIT.by_code["2.1"], ladder=(), at_least=Fraction("92.5"))
    criteria_set = replace(UNIT, lines=(line,))
    results = [score(criteria_set, best(criteria_set, citizen_members=pair)) for pair in ((924, 1000), (925, 1000))]
    assert [(r.total, r.passed, r.lines[0].reason) for r in results] == [
        (0, False, "924/1.000 (92,4 %), cần ít nhất 92,5 %, còn thiếu 1 nữa."),
        (20, True, "925/1.000 (92,5 %), đạt mức ít nhất 92,5 %, được 20/20 điểm."),
    ]


@pytest.mark.parametrize(
    ("code", "met", "expected"),
    [
        ("1.2", None, (0, "missing", "Chưa trả lời, đạt thì được 10 điểm.")),
        ("1.2", False, (0, "not_met", "Chưa đạt, được 0/10 điểm.")),
        ("1.2", True, (10, "met", "Đạt, được 10/10 điểm.")),
    ],
)
def test_a_line_of_yes_or_no(code: str, met: bool | None, expected: tuple[int, str, str]) -> None:
    facts = best(HOUSEHOLD, met={"2.2": True} if met is None else {"2.2": True, code: met})
    result = score(HOUSEHOLD, facts)
    line = next(r for r in result.lines if r.code == code)
    assert (line.points, line.status.value, line.reason) == expected
    assert result.passed  # it costs its points, and is no requirement


def test_a_floor_of_the_set_holds_for_every_kind_of_line() -> None:
    floored = replace(HOUSEHOLD, floor=replace(RESIDENTS.floor, at_least=6))
    result = score(floored, best(floored, met={"1.2": False, "2.2": True}, adults_citizen=(1, 2)))
    assert [r.code for r in result.lines if r.status is Status.BELOW_FLOOR] == ["1.2", "2.1"]
    assert (result.total, result.passed) == (85, False)
    # The requirement is met; the step is the rung that lifts the line over the floor.
    assert [str(step.words) for step in result.next_steps][1] == "Kế tiếp: thêm 1 nữa là đạt 100 %, được 10 điểm."


# The outcome


@pytest.mark.parametrize(
    ("criteria_set", "facts", "said"),
    [
        (HOUSEHOLD, best(HOUSEHOLD), "Đạt: 100/100 điểm, cần 80 điểm (80 % số điểm được xét)."),
        (HOUSEHOLD, best(HOUSEHOLD, area=frozenset({"no-children"})),
         "Đạt: 70/70 điểm, cần 56 điểm (80 % số điểm được xét)."),
        (COMMUNITY, best(COMMUNITY, area=frozenset({"no-clans", "disadvantaged"})),
         "Đạt: 85/85 điểm, cần 59,5 điểm (70 % số điểm được xét)."),
        (UNIT, best(UNIT, citizen_members=(59, 100)),
         "Chưa đạt: 70/90 điểm, thiếu 2 điểm để đủ 72 điểm (80 % số điểm được xét); "
         "nội dung 2.1 chưa đạt mức bắt buộc."),
        (UNIT, best(UNIT, met={"2.2": False}), "Chưa đạt: 80/90 điểm, nhưng nội dung 2.2 chưa đạt mức bắt buộc."),
        (UNIT, best(UNIT, met={}), "Chưa đạt: 80/90 điểm, nhưng nội dung 2.2 chưa đạt mức bắt buộc."),
        (HOUSEHOLD, replace(best(HOUSEHOLD), ratios={"children_in_school": (1, 1)}),
         "Chưa đạt: 90/100 điểm, nhưng nội dung 2.1 chưa đạt mức bắt buộc."),
        (UNIT, best(UNIT, points={}),
         "Chưa đạt: 30/90 điểm, thiếu 42 điểm để đủ 72 điểm (80 % số điểm được xét)."),
    ],
)  # fmt: skip
def test_the_outcome_in_one_sentence(criteria_set: CriteriaSet, facts: Facts, said: str) -> None:
    assert str(score(criteria_set, facts).words) == said


def test_next_steps_count_who_is_missing() -> None:
    result = score(HOUSEHOLD, best(HOUSEHOLD, adults_citizen=(1, 3), children_in_school=(3, 5)))
    assert [(step.code, step.points, str(step.words)) for step in result.next_steps] == [
        ("1.1", None, "Kế tiếp: thêm 2 nữa là đạt mức bắt buộc 100 %."),
        ("2.1", None, "Kế tiếp: thêm 1 nữa là đạt mức bắt buộc 50 %."),
    ]
    result = score(CLAN, best(CLAN, households_recognised=(20, 40), adults_citizen=(0, 5)))
    assert [(step.code, step.points, str(step.words)) for step in result.next_steps] == [
        ("2.2", 10, "Kế tiếp: thêm 2 nữa là đạt 40 %, được 10 điểm."),
        ("2.1", 15, "Kế tiếp: thêm 8 nữa là đạt 70 %, được 15 điểm."),
    ]


def independent(criteria_set: CriteriaSet, facts: Facts) -> tuple[int, int, bool]:
    """Total, maximum and outcome, worked out again from the lines in whole numbers only."""
    total = most = 0
    needed = True
    for line in criteria_set.lines:
        if not line.when <= facts.area or line.unless & facts.area:
            continue
        most += line.points
        if line.reads is Reads.POINTS:
            total += facts.points.get(line.code, 0)
        elif line.reads is Reads.MET:
            total += line.points * facts.met.get(line.code, False)
            needed &= not line.required or facts.met.get(line.code, False)
        else:
            part, whole = facts.ratios.get(str(line.ratio), (-1, 1))
            wanted = [(int(rung.at_least or 0), rung.points) for rung in line.ladder] or [(100, line.points)]
            total += max([points for percent, points in wanted if 100 * part >= percent * whole], default=0)
            needed &= line.at_least is None or 100 * part >= int(line.at_least) * whole
    mark = 70 if "disadvantaged" in facts.area else 80
    return total, most, needed and 100 * total >= mark * most


@given(any_case)
def test_the_mark_is_a_share_of_the_lines_that_apply(case: tuple[CriteriaSet, Facts]) -> None:
    result = score(*case)
    assert (result.total, result.max, result.passed) == independent(*case)
    assert result.outcome == ("pass" if result.passed else "fail")
    assert [r.code for r in result.lines] == [line.code for line in case[0].lines if line.applies(case[1].area)]


@given(any_case, st.data())
def test_one_more_holder_never_harms(case: tuple[CriteriaSet, Facts], data: st.DataObject) -> None:
    criteria_set, facts = case
    name = data.draw(st.sampled_from(sorted(criteria_set.ratios)))
    part, whole = facts.ratios.get(name, (0, 1))
    before = score(criteria_set, replace(facts, ratios={**facts.ratios, name: (part, whole)}))
    after = score(criteria_set, replace(facts, ratios={**facts.ratios, name: (min(part + 1, whole), whole)}))
    assert (before.total <= after.total, before.passed <= after.passed) == (True, True)


@given(any_case)
def test_what_the_next_step_promises_is_given(case: tuple[CriteriaSet, Facts]) -> None:
    criteria_set, facts = case
    for step in score(criteria_set, facts).next_steps:
        line = criteria_set.by_code[str(step.code)]
        if "lacking" not in step.words.values or line.reads is not Reads.RATIO:
            continue
        part, whole = facts.ratios[str(line.ratio)]
        more = int(str(step.words.values["lacking"]))
        results = [
            next(r for r in score(criteria_set, replace(facts, ratios={**facts.ratios, str(line.ratio): pair})).lines
                 if r.code == line.code)
            for pair in ((part + more - 1, whole), (part + more, whole))
        ]  # fmt: skip
        if step.points is None:
            assert [r.status for r in results] == [Status.BELOW_FLOOR, Status.MET]
        else:
            assert results[0].points < results[1].points == step.points


@given(st.lists(st.integers(0, 10), min_size=10, max_size=10), st.sampled_from([(), ("disadvantaged",)]))
def test_a_citizen_gets_the_same_from_either_path(points: list[int], area: tuple[str, ...]) -> None:
    lines = tuple(replace(line, unless=frozenset({"nowhere"})) for line in RESIDENTS.lines)
    slow = replace(RESIDENTS, lines=lines, areas=RESIDENTS.areas | {"nowhere"})
    facts = Facts(points=dict(zip(RESIDENTS.by_code, points, strict=True)), area=frozenset(area))
    assert (RESIDENTS.plain, slow.plain) == (True, False)
    assert score(slow, facts).as_dict() == score(RESIDENTS, facts).as_dict()


# What check() finds


def with_line(criteria_set: CriteriaSet, code: str, **changed: Any) -> CriteriaSet:
    lines = tuple(replace(line, **changed) if line.code == code else line for line in criteria_set.lines)
    return replace(criteria_set, lines=lines)


def rungs(line: Line, *at_least: int | None) -> tuple[Rung, ...]:
    pairs = zip(line.ladder, at_least, strict=True)
    return tuple(replace(rung, at_least=None if n is None else Fraction(n)) for rung, n in pairs)


AGENCY = SETS["agency-24-2023"]
ADULTS = HOUSEHOLD.by_code["2.1"]
NO_RISE = "line 2.1: the percentages of its ladder do not rise from 0"
NO_NAME = "line 2.1: reads a ratio without its name or a threshold in percent"
NOT_RATIO = "line 2.3: has a ratio, a threshold or a ladder of percentages, and does not read a ratio"


@pytest.mark.parametrize(
    ("criteria_set", "problems"),
    [
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 1, 50, 70, 100)), [NO_RISE]),
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 0, 70, 50, 100)), [NO_RISE]),
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 0, 50, 50, 100)), [NO_RISE]),
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 0, 50, 70, 101)), [NO_RISE]),
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 0, None, 70, 100)), [NO_RISE]),
        (with_line(HOUSEHOLD, "2.1", ladder=rungs(ADULTS, 0, 10, 20, 49)),
         ["line 2.1: its ladder gives all points below its requirement"]),
        (with_line(HOUSEHOLD, "2.1", at_least=None), []),
        (with_line(HOUSEHOLD, "2.1", at_least=None, ladder=()), [NO_NAME]),
        (with_line(HOUSEHOLD, "2.1", at_least=Fraction(101)),
         [NO_NAME, "line 2.1: its ladder gives all points below its requirement"]),
        (with_line(HOUSEHOLD, "2.1", ratio=None), [NO_NAME]),
        (with_line(HOUSEHOLD, "2.1", ladder=ADULTS.ladder[:-1]),
         ["line 2.1: its ladder does not rise from 0 to its points"]),
        (with_line(HOUSEHOLD, "2.3", ratio="adults_citizen"), [NOT_RATIO]),
        (with_line(HOUSEHOLD, "2.3", at_least=Fraction(5)), [NOT_RATIO]),
        (with_line(HOUSEHOLD, "2.3", ladder=rungs(HOUSEHOLD.by_code["2.3"], 0, 5, 8, 10)), [NOT_RATIO]),
        (with_line(HOUSEHOLD, "2.3", required=True),
         ["line 2.3: is required, which only a yes or no among points can be"]),
        (with_line(HOUSEHOLD, "2.2", asks=""), ["line 2.2: does not say what it asks for"]),
        (with_line(HOUSEHOLD, "2.2", ladder=HOUSEHOLD.by_code["2.3"].ladder),
         ["line 2.2: has a ladder, and is answered by yes or no"]),
        (with_line(HOUSEHOLD, "2.2", when=frozenset({"no-children"}), unless=frozenset({"no-children"})),
         ["line 2.2: applies nowhere", "points add up to 90, not 100"]),
        (with_line(HOUSEHOLD, "1.3", points=11),
         ["line 1.3: its ladder does not rise from 0 to its points", "points add up to 101, not 100"]),
        (replace(HOUSEHOLD, marks=(replace(HOUSEHOLD.marks[0], at_least=101),)), ["a mark cannot be reached"]),
        (replace(HOUSEHOLD, floor=replace(RESIDENTS.floor, at_least=11)),
         ["the floor is above the points of a line"]),
        (replace(RESIDENTS, floor=None), ["no floor"]),
        (replace(HOUSEHOLD, decided_by="district"), ["decided by district, which is nobody"]),
        (replace(HOUSEHOLD, shows=("adults_citizen",)), ["shows a ratio twice, or one it scores"]),
        (replace(HOUSEHOLD, shows=("a", "a")), ["shows a ratio twice, or one it scores"]),
        (with_line(AGENCY, "1", ladder=CLAN.by_code["2.1"].ladder, points=20),
         ["line 1: has a ladder, which its set does not score"]),
        (with_line(AGENCY, "5", required=True), ["line 5: is required, which only a yes or no among points can be"]),
        (with_line(SETS["unit-22-2020"], "1.1", reads=Reads.MET),
         ["line 1.1: reads met, which its set does not score"]),
    ],
)  # fmt: skip
def test_check_finds(criteria_set: CriteriaSet, problems: list[str]) -> None:
    assert list(catalogue.problems_of(criteria_set)) == problems


def test_lines_that_exclude_each_other_share_their_points() -> None:
    twin = replace(UNIT.by_code["2.3"], code="2.4", when=frozenset(), unless=frozenset({"school"}))
    both = replace(UNIT, lines=(*UNIT.lines, twin))
    assert (sum(line.points for line in both.lines), both.max, list(catalogue.problems_of(both))) == (110, 100, [])
    assert [score(both, best(both, area=frozenset(area))).max for area in ((), ("school",))] == [100, 100]


@pytest.mark.parametrize("at_least", [50.0, "half", None])
def test_a_percentage_is_written_exactly(at_least: object) -> None:
    rung = {"points": 0, "text": "x", "at_least": at_least}
    line = {"code": "1", "competency": "1", "text": "x", "short": "x", "confirmed": False, "ladder": [rung]}
    rows = {"kind": "unit", "shape": "points", "title": "x", "group": "x", "documents": {}, "cites": []}
    with pytest.raises(catalogue.SetError):
        catalogue.read("x", {"x": {**rows, "id": "x", "competencies": [], "lines": [line]}})
    read, _ = catalogue.read("x", {"x": {**rows, "id": "x", "competencies": [], "lines": [
        {**line, "ladder": [{**rung, "at_least": "92.5"}]}
    ]}})  # fmt: skip
    assert read.lines[0].ladder == (Rung(0, "x", "", Fraction(185, 2)),)


def test_a_group_set_has_no_last_day() -> None:
    assert [one.validity for one in GROUPS] == [None] * 4


# The command


def command(set_id: str, facts: str) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-m", "xhht_citizen.cli", "criteria", "score", "--set", set_id, "--facts", "-"]
    return subprocess.run(line, input=facts.encode(), capture_output=True, timeout=120, check=False)


def test_the_command_scores_a_group() -> None:
    facts = {
        "points": {"2.3": 8, "3.1": 8, "3.2": 8, "4.1": 8, "4.2": 8},
        "met": {"2.2": True},
        "ratios": {"adults_citizen": [2, 5]},
        "area": ["no-children"],
    }
    done = command(HOUSEHOLD.id, json.dumps(facts))
    got = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert {key: got[key] for key in got if key != "lines"} == {
        "set": "household-448-2015",
        "total": 50,
        "max": 70,
        "passed": False,
        "outcome": "fail",
    }
    assert got["lines"][:2] == [
        {
            "code": "2.1",
            "points": 0,
            "max": 10,
            "status": "below_floor",
            "reason": "2/5 (40 %), cần ít nhất 50 %, còn thiếu 1 nữa.",
        },
        {"code": "2.2", "points": 10, "max": 10, "status": "met", "reason": "Đạt, được 10/10 điểm."},
    ]


BAD = {
    '{"points": {"2.1": 5}}': "points: mã 2.1 phải ghi ở mục ratios.",
    '{"points": {"2.2": 5}}': "points: mã 2.2 phải ghi ở mục met.",
    '{"met": {"2.3": true}}': "met: mã 2.3 phải ghi ở mục points.",
    '{"met": {"2.2": 1}}': "met.2.2 phải là true hoặc false, không phải 1.",
    '{"ratios": {"citizen_members": [1, 2]}}': 'ratios: bộ tiêu chí này không đọc tỷ lệ "citizen_members".',
    '{"ratios": {"children_in_school": [0, 0]}}': (
        "ratios.children_in_school: mẫu số phải lớn hơn 0, không phải 0."
    ),
    '{"ratios": {"adults_citizen": [3, 2]}}': (
        "ratios.adults_citizen: tử số phải từ 0 đến mẫu số, không phải [3, 2]."
    ),
    '{"area": ["school"]}': 'area: "school" không có trong bộ tiêu chí này (có: disadvantaged, no-children).',
    '{"held": {"level": 1, "on": "2025-01-10", "today": "2026-02-01"}}': "held: bộ tiêu chí này không xét theo mức độ.",
}  # fmt: skip


@pytest.mark.parametrize(("facts", "message"), BAD.items(), ids=list(BAD))
def test_bad_facts_of_a_group(facts: str, message: str) -> None:
    with pytest.raises(Invalid) as raised:
        catalogue.score_json(HOUSEHOLD.id, facts)
    assert str(raised.value) == message


def test_the_command_refuses_bad_facts_in_one_line() -> None:
    done = command(HOUSEHOLD.id, '{"ratios": {"adults_citizen": [1, 0]}}')
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == "xhht: ratios.adults_citizen: mẫu số phải lớn hơn 0, không phải 0.\n"
