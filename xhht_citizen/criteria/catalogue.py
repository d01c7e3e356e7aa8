"""The published criteria sets: read once from `sets/*.toml`, found by id, checked with their worked examples.

A file whose name begins with `_` is a part. `extends = ["_part", ...]` takes parts in, in order, the file itself last:
lines and documents merge by code (a later file overrides the keys it names), examples add up, any other key replaces.
`cites` entries name a document of `[documents.<key>]`, alone or as `{of = "<key>", note = "..."}`; a line or rule
without `cites` has those of the set.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

from xhht_citizen.criteria.rules import (
    DISADVANTAGED,
    Band,
    Citation,
    Competency,
    CriteriaSet,
    Facts,
    FactsError,
    Floor,
    Level,
    Line,
    Mark,
    Reads,
    Rule,
    Rung,
    Shape,
    Validity,
    score,
)
from xhht_citizen.errors import N_, DomainError, NotFound

KINDS = frozenset({"citizen", "household", "clan", "community", "unit", "agency", "commune"})
DECIDERS = frozenset({"ward", "province"})
SCORED = {
    Shape.POINTS: frozenset(Reads),
    Shape.BANDS: frozenset({Reads.POINTS}),
    Shape.LEVELS: frozenset({Reads.MET, Reads.RATIO}),
}


class SetError(Exception):
    """A set's file cannot be read; the message names the file and the key."""


@dataclass(frozen=True)
class Example:
    """A worked example: what these facts must give (`expect` holds any of total, max, outcome, passed, says)."""

    about: str
    facts: Mapping[str, Any]
    expect: Mapping[str, Any]


def all_sets() -> dict[str, CriteriaSet]:
    """Every set by id, in order of id. Raises SetError when a file is wrong."""
    return {set_id: loaded for set_id, (loaded, _) in _load().items()}


def get(set_id: str) -> CriteriaSet:
    """One set; raises NotFound."""
    found = _load().get(set_id)
    if found is None:
        raise NotFound(N_("Không có bộ tiêu chí %(id)s."), id=set_id)
    return found[0]


def current(kind: str, year: int) -> CriteriaSet:
    """The set a group of this kind is assessed by for a year: the newest in force in it; raises NotFound.

    A citizen's form depends on the person's group as well, so that no year has one set for all citizens.
    """
    in_force = [s for s in all_sets().values() if s.kind == kind and kind != "citizen" and _in_force(s, year)]
    ids = {s.id for s in in_force}
    newest = [s for s in in_force if s.superseded_by not in ids]
    if not newest:
        raise NotFound(N_("Năm %(year)s chưa có bộ tiêu chí cho danh hiệu này."), year=year)
    return max(newest, key=lambda s: s.valid_from or date.min)


def _in_force(criteria_set: CriteriaSet, year: int) -> bool:
    """Whether the set is in force on any day of the year; a date that is not known bounds nothing."""
    starts, ends = criteria_set.valid_from, criteria_set.valid_to
    return (starts is None or starts.year <= year) and (ends is None or year <= ends.year)


def examples(set_id: str) -> tuple[Example, ...]:
    """The worked examples of a set."""
    get(set_id)
    return _load()[set_id][1]


def score_json(set_id: str, text: str) -> dict[str, object]:
    """Score facts given as JSON text; for `xhht criteria score`. Raises NotFound, FactsError.

    Only here a recognition in `held` without `today` is asked about on the day of the call.
    """
    criteria_set = get(set_id)
    try:
        facts = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except FactsError:
        raise
    except (ValueError, RecursionError) as error:
        raise FactsError(N_("Dữ kiện không phải là JSON đọc được."), field="facts") from error
    held = facts.get("held") if isinstance(facts, dict) else None
    if isinstance(held, dict) and held and "today" not in held:
        held["today"] = date.today().isoformat()  # noqa: DTZ011  a calendar day, as on the user's wall
    return score(criteria_set, Facts.parse(facts, criteria_set)).as_dict()


def check() -> list[str]:
    """Problems of all sets, one line each, beginning with the set's id; empty when all is well."""
    try:
        loaded = _load()
    except SetError as error:
        return [str(error)]
    problems = []
    for set_id, (criteria_set, worked) in loaded.items():
        found = chain(problems_of(criteria_set), *(failures(criteria_set, example) for example in worked))
        problems += [f"{set_id}: {problem}" for problem in found]
        if not worked:
            problems.append(f"{set_id}: no worked example")
        if criteria_set.superseded_by and criteria_set.superseded_by not in loaded:
            problems.append(f"{set_id}: superseded by an unknown set {criteria_set.superseded_by}")
    return problems


def failures(criteria_set: CriteriaSet, example: Example) -> Iterator[str]:
    """How a worked example differs from what it promises."""
    try:
        result = score(criteria_set, Facts.parse(example.facts, criteria_set))
    except DomainError as error:
        yield f"example {example.about!r}: {error}"
        return
    got = result.as_dict()
    for key, value in example.expect.items():
        if key == "says":
            if not any(value in line.reason for line in result.lines):
                yield f"example {example.about!r}: no reason says {value!r}"
        elif got.get(key) != value:
            yield f"example {example.about!r}: {key} is {got.get(key)!r}, not {value!r}"


def problems_of(criteria_set: CriteriaSet) -> Iterator[str]:
    """What is wrong with one set: codes, sources, ladders, marks, bands, levels."""
    codes = [line.code for line in criteria_set.lines]
    if not codes:
        yield "no lines"
    if len(set(codes)) != len(codes):
        yield "codes are not unique"
    if criteria_set.kind not in KINDS:
        yield f"unknown kind {criteria_set.kind}"
    starts, ends = criteria_set.valid_from, criteria_set.valid_to
    if starts and ends and starts > ends:
        yield "valid_to is before valid_from"
    if criteria_set.decided_by not in DECIDERS:
        yield f"decided by {criteria_set.decided_by}, which is nobody"
    if len(set(criteria_set.shows)) != len(criteria_set.shows) or criteria_set.ratios & set(criteria_set.shows):
        yield "shows a ratio twice, or one it scores"
    for line in criteria_set.lines:
        yield from (f"line {line.code}: {problem}" for problem in _line_problems(line, criteria_set))
    for rule in criteria_set.rules:
        if not rule.cites:
            yield f"rule {rule.text!r} cites nothing"
    yield from {Shape.POINTS: _marks, Shape.BANDS: _bands, Shape.LEVELS: _levels}[criteria_set.shape](criteria_set)


def _line_problems(line: Line, criteria_set: CriteriaSet) -> Iterator[str]:
    if not line.cites:
        yield "cites nothing"
    if not (line.text and line.short):
        yield "no text or no short title"
    if line.competency not in {competency.code for competency in criteria_set.competencies}:
        yield f"unknown competency {line.competency}"
    if (line.when | line.unless) - criteria_set.areas:
        yield "depends on an area the set does not know"
    if not any(line.applies(area) for area in criteria_set.situations):
        yield "applies nowhere"
    if line.reads not in SCORED[criteria_set.shape]:
        yield f"reads {line.reads}, which its set does not score"
    if line.points < 1:
        yield "has no points"
    yield from _ratio_problems(line, criteria_set.shape)
    yield from _answer_problems(line, criteria_set.shape)
    rungs = [rung.points for rung in line.ladder]
    if rungs and (rungs != sorted(set(rungs)) or rungs[0] != 0 or rungs[-1] != line.points):
        yield "its ladder does not rise from 0 to its points"
    asked = line.reads is not Reads.RATIO
    if any(not rung.text or (asked and rung.points and not rung.asks) for rung in line.ladder):
        yield "a rung has no text, or does not say what it asks for"
    if criteria_set.kind == "citizen" and not rungs:
        yield "no ladder"


def _ratio_problems(line: Line, shape: Shape) -> Iterator[str]:
    """What is wrong with a line's ratio, its requirement and the percentages of its ladder."""
    percents = [rung.at_least for rung in line.ladder if rung.at_least is not None]
    if line.reads is not Reads.RATIO:
        if line.ratio or line.at_least is not None or percents:
            yield "has a ratio, a threshold or a ladder of percentages, and does not read a ratio"
        return
    bounded = line.at_least is not None and 0 < line.at_least <= 100
    if not line.ratio or not (bounded or (line.at_least is None and line.ladder and shape is Shape.POINTS)):
        yield "reads a ratio without its name or a threshold in percent"
    if not line.ladder:
        return
    if shape is not Shape.POINTS:
        yield "has a ladder, which its set does not score"
    elif (
        len(percents) != len(line.ladder) or percents != sorted(set(percents)) or percents[0] != 0 or percents[-1] > 100
    ):
        yield "the percentages of its ladder do not rise from 0"
    elif line.at_least is not None and percents[-1] < line.at_least:
        yield "its ladder gives all points below its requirement"


def _answer_problems(line: Line, shape: Shape) -> Iterator[str]:
    """What is wrong with a line that is answered by yes or no, or pretends to be."""
    answered = line.reads is Reads.MET and shape is Shape.POINTS
    if line.required and not answered:
        yield "is required, which only a yes or no among points can be"
    if line.reads is Reads.MET and line.ladder:
        yield "has a ladder, and is answered by yes or no"
    if answered and not line.asks:
        yield "does not say what it asks for"


def _marks(criteria_set: CriteriaSet) -> Iterator[str]:
    if not criteria_set.marks or criteria_set.marks[0].area is not None:
        yield "the first mark must be the ordinary one"
    if criteria_set.floor is None and criteria_set.plain:
        yield "no floor"
    if criteria_set.floor and any(criteria_set.floor.at_least > line.points for line in criteria_set.lines):
        yield "the floor is above the points of a line"
    if any(not 0 < mark.at_least <= criteria_set.max for mark in criteria_set.marks):
        yield "a mark cannot be reached"
    if criteria_set.max != 100:
        yield f"points add up to {criteria_set.max}, not 100"


def _bands(criteria_set: CriteriaSet) -> Iterator[str]:
    edges = [band.at_least for band in criteria_set.bands]
    if edges != sorted(set(edges), reverse=True) or not edges or edges[-1] != 0 or edges[0] > criteria_set.max:
        yield "bands must fall, without repeating, to 0"
    if criteria_set.max != 100:
        yield f"points add up to {criteria_set.max}, not 100"


def _levels(criteria_set: CriteriaSet) -> Iterator[str]:
    levels = [level.level for level in criteria_set.levels]
    if not levels or levels != list(range(1, len(levels) + 1)):
        yield "levels must count up from 1"
    for area in criteria_set.situations:
        asked = {line.level for line in criteria_set.lines if line.applies(area)}
        if asked != set(levels):
            yield f"with area {sorted(area)} the lines ask for levels {sorted(asked)}, not {levels}"


# Reading the files


@cache
def _load() -> dict[str, tuple[CriteriaSet, tuple[Example, ...]]]:
    folder = files("xhht_citizen.criteria") / "sets"
    raw: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            try:
                raw[path.name.removesuffix(".toml")] = tomllib.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise SetError(f"{path.name}: {error}") from error
    return {name: read(name, raw) for name in raw if not name.startswith("_")}


def read(name: str, raw: Mapping[str, Mapping[str, Any]]) -> tuple[CriteriaSet, tuple[Example, ...]]:
    """One set from the parsed files (`raw` by file name without `.toml`); raises SetError."""
    try:
        merged: dict[str, Any] = {}
        for part in [*raw[name].get("extends", []), name]:
            _merge(merged, raw[part])
        if merged["id"] != name:
            raise ValueError(f"id {merged['id']} is not the file's name")
        worked = tuple(Example(**example) for example in merged.pop("examples", []))
        return _set(merged), worked
    except (KeyError, TypeError, ValueError) as error:
        raise SetError(f"{name}: {type(error).__name__}: {error}") from error


def _merge(into: dict[str, Any], part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        if key == "lines":
            lines = into.setdefault("lines", {})
            for line in value:
                lines[line["code"]] = {**lines.get(line["code"], {}), **line}
            if len({line["code"] for line in value}) != len(value):
                raise ValueError("codes are not unique")
        elif key == "documents":
            into["documents"] = {**into.get("documents", {}), **value}
        elif key == "examples":
            into["examples"] = [*into.get("examples", []), *value]
        elif key != "extends":
            into[key] = value


def _set(raw: dict[str, Any]) -> CriteriaSet:
    documents = {key: Citation(**value) for key, value in raw.pop("documents").items()}
    cites = _cites(raw["cites"], documents)

    def rules(key: str, make: type[Rule]) -> Iterator[Any]:
        entries = raw.pop(key, [])
        for entry in entries if isinstance(entries, list) else [entries]:
            own = _cites(entry["cites"], documents) if "cites" in entry else cites
            yield make(**{**entry, "cites": own})

    marks, bands, levels = (tuple(rules(*pair)) for pair in (("marks", Mark), ("bands", Band), ("levels", Level)))
    floor, validity = (next(rules(*pair), None) for pair in (("floor", Floor), ("validity", Validity)))
    competencies = tuple(Competency(**entry) for entry in raw.pop("competencies"))
    lines = tuple(_line({"cites": raw["cites"], **entry}, documents) for entry in raw.pop("lines").values())
    areas = frozenset({DISADVANTAGED, *raw.pop("areas", [])})
    shows = tuple(raw.pop("shows", []))
    return CriteriaSet(
        **{**raw, "cites": cites, "shape": Shape(raw["shape"])},
        lines=lines,
        competencies=competencies,
        marks=marks,
        floor=floor,
        bands=bands,
        levels=levels,
        validity=validity,
        areas=areas,
        shows=shows,
    )


def _line(raw: dict[str, Any], documents: Mapping[str, Citation]) -> Line:
    made: dict[str, Any] = {"cites": _cites(raw.pop("cites"), documents)}
    if "reads" in raw:
        made["reads"] = Reads(raw.pop("reads"))
    made |= _percents(raw)
    for key in ("when", "unless"):
        made[key] = frozenset(raw.pop(key, []))
    made["ladder"] = tuple(Rung(**{**rung, **_percents(dict(rung))}) for rung in raw.pop("ladder", []))
    return Line(**made, **raw)


def _percents(raw: dict[str, Any]) -> dict[str, Fraction]:
    """`at_least` taken out of `raw`, as an exact number of percent; nothing where it is not given."""
    if "at_least" not in raw:
        return {}
    at_least = raw.pop("at_least")
    if not isinstance(at_least, int | str):
        raise TypeError("at_least must be a whole number or a text like '92.5'")
    return {"at_least": Fraction(at_least)}


def _cites(entries: Iterable[Any], documents: Mapping[str, Citation]) -> tuple[Citation, ...]:
    found = []
    for entry in entries:
        named = {"of": entry} if isinstance(entry, str) else entry
        document = documents[named["of"]]
        found.append(Citation(document.document, document.date, document.url, named.get("note", document.note)))
    return tuple(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise FactsError(N_("Dữ kiện ghi một tên hai lần trong cùng một mục."), field="facts")
    return made


def _no_constant(name: str) -> None:
    raise ValueError(name)
