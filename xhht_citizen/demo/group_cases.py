"""Cases of households, clans, communities, units and communes: counted, answered, judged, as the actions do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xhht_citizen.applications.models import Application, ApplicationLine
from xhht_citizen.applications.rules import State, choices, receipt
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import CriteriaSet, Facts, Level, Line, Reads, Score, score
from xhht_citizen.demo.counting import Ledger
from xhht_citizen.demo.group_plans import GroupPlan
from xhht_citizen.demo.group_words import (
    APPEAL_REASON,
    ASKS,
    CHANGES,
    DECLINE_REASON,
    NOTES,
    OBJECT_REASON,
    RETURN_REASON,
)
from xhht_citizen.demo.steps import OWN, SENDS, Actor, appeal, parts, record, send_back, wait, way
from xhht_citizen.demo.ward import WARD, Resident, Ward
from xhht_citizen.groups.rules import Kind
from xhht_citizen.ratios.facts import GroupFacts

BY_COMMUNITY = (Kind.HOUSEHOLD,)  # whose cases the community speaks of first, among groups
REASONS = {"object": OBJECT_REASON, "return": RETURN_REASON, "decline": DECLINE_REASON, "appeal": APPEAL_REASON}
Row = dict[str, Any]


@dataclass(eq=False)
class GroupCase:
    """A group's case under way. `ledger` counts what its set reads, at any moment."""

    plan: GroupPlan
    row: Row
    registration: Row
    ledger: Ledger
    lines: dict[str, Row] = field(default_factory=dict)

    @property
    def criteria(self) -> CriteriaSet:
        """The form it is on."""
        return catalogue.get(self.row["criteria_set"])

    def counts(self, at: datetime) -> GroupFacts:
        """What is counted at a moment."""
        return self.ledger.facts(self.plan.group, self.plan.case_year, at)

    def scored(self, counts: GroupFacts, answers: Mapping[str, int | None]) -> Score:
        """The score of these answers on these counts."""
        criteria = self.criteria
        known = {
            code: value
            for code, value in answers.items()
            if value is not None and criteria.by_code[code].reads is not Reads.RATIO
        }
        met = {code for code in known if criteria.by_code[code].reads is Reads.MET}
        return score(
            criteria,
            Facts(
                points={code: value for code, value in known.items() if code not in met},
                met={code: known[code] > 0 for code in met},
                ratios={name: pair for name, pair in counts.ratios.items() if name in criteria.ratios},
                area=counts.area & criteria.areas,
            ),
        )

    def ratios(self, counts: GroupFacts) -> dict[str, list[int]]:
        """The counts this set reads or shows, as they are kept."""
        names = self.criteria.ratios | set(self.criteria.shows)
        return {name: list(pair) for name, pair in counts.ratios.items() if name in names}

    def answerable(self, counts: GroupFacts) -> list[Line]:
        """The lines somebody must answer."""
        area = counts.area & self.criteria.areas
        return [line for line in self.criteria.lines if line.applies(area) and line.reads is not Reads.RATIO]

    def counted(self, counts: GroupFacts) -> list[Line]:
        """The lines that are counted and never asked."""
        area = counts.area & self.criteria.areas
        return [line for line in self.criteria.lines if line.applies(area) and line.reads is Reads.RATIO]


def open_case(ward: Ward, plan: GroupPlan, registration: Row, ledger: Ledger) -> GroupCase:
    """Open a draft and answer it; half of it where it stays a draft."""
    at, group = plan.year.at(plan.opens), plan.group
    row = ward.book.add(
        Application,
        id=ward.book.new_id(at),
        kind=str(group.kind),
        subject_id=group.id,
        person_id=None,
        subject_name=group.name,
        subject_key=group.search_key,
        facts={},
        area=[],
        year=plan.case_year,
        criteria_set=catalogue.current(group.kind, plan.case_year).id,
        state=str(State.DRAFT),
        version=1,
        ward_code=None,
        community_id=None,
        household_id=None,
        disadvantaged=False,
        receipt_number=None,
        receipt=None,
        self_total=None,
        confirmed_total=None,
        evidence_gaps=0,
        late=False,
        reason=None,
        created_at=at,
        submitted_at=None,
        decided_at=None,
        reviewer_id=None,
        returned_at=None,
        appealed_at=None,
        declined_by=None,
        channel="own",
    )
    case = GroupCase(plan, row, registration, ledger)
    _answer(ward, case)
    return case


def _answer(ward: Ward, case: GroupCase) -> None:
    """Answers that do wherever any would; a draft has the first half."""
    random, plan, at = ward.book.random, case.plan, case.row["created_at"]
    counts = case.counts(plan.year.at(plan.sends))
    lines = case.answerable(counts)
    if plan.state is State.DRAFT:
        lines = lines[: len(lines) // 2]
    tries = 0
    while True:
        tries += 1
        answers = {line.code: _claim(random.random() ** (1 + tries / 10), line, case.criteria) for line in lines}
        if plan.state is State.DRAFT or case.scored(counts, answers).passed or tries > 30:
            break
    for line in lines:
        notes = NOTES[plan.group.kind].get(line.code, ())
        case.lines[line.code] = _line(ward, case, line.code, at)
        case.lines[line.code].update(
            claimed_points=answers[line.code],
            note=random.choice(notes) if notes and answers[line.code] and random.random() < 0.92 else None,
        )
    case.row["version"] += len(lines)


def _claim(chance: float, line: Line, criteria: CriteriaSet) -> int:
    """The rung claimed: the best one where chance is small."""
    if line.reads is Reads.MET:
        return 0 if criteria.levels and line.level > 1 else line.points
    rungs = choices(line)
    return rungs[-1] if chance < 0.55 else rungs[-2] if chance < 0.95 else rungs[-3]


def _line(ward: Ward, case: GroupCase, code: str, at: datetime) -> Row:
    return ward.book.add(
        ApplicationLine,
        id=ward.book.new_id(at),
        application_id=case.row["id"],
        code=code,
        claimed_points=None,
        numerator=None,
        denominator=None,
        note=None,
        verdict=None,
        confirmed_points=None,
        review_reason=None,
        reviewed_by=None,
        reviewed_at=None,
        returned_as=None,
    )


def walk(ward: Ward, case: GroupCase, number: int, province: Actor) -> None:
    """Send the case in under this receipt number, and take it to where its plan says."""
    plan = case.plan
    names = way(plan.state, sent_back=plan.sent_back)
    community_step = plan.group.kind in BY_COMMUNITY
    names = tuple(name for name in names if name != "endorse" or community_step)
    for name, part in zip(names, parts(ward, plan, len(names)), strict=True):
        at = plan.year.at(part)
        actor = _actor(ward, case, name, province)
        reason = REASONS.get(name)
        detail: dict[str, Any] = {}
        if name in SENDS:
            detail = _submit(ward, case, number, at)
        elif name == "take":
            case.row["reviewer_id"] = actor.account_id
        elif name in {"return", "recommend", "decline"}:
            _judge(ward, case, name, plan.year.at(part - (part - plan.sends) / 20), actor)
            detail = _reviewed(case, name, at)
        if name == "return":
            send_back(case.row, case.lines, at, actor, {})
        elif name == "decline":
            case.row["declined_by"] = actor.account_id
        elif name == "appeal":
            detail = appeal(case.row, at)
        take(ward, case, name, at, actor, reason=reason, detail=detail)
    if plan.state is State.UNDER_REVIEW:
        _judge(ward, case, "take", plan.year.at(plan.ends + 0.0005), _actor(ward, case, "take", province))


def take(
    ward: Ward, case: GroupCase, name: str, at: datetime, actor: Actor, *, reason: str | None, detail: dict[str, Any]
) -> None:
    """One move of a group's case."""
    record(
        ward,
        (case.row, case.registration),
        name,
        at,
        actor,
        reason=reason,
        detail=detail,
        community_step=case.plan.group.kind in BY_COMMUNITY,
    )


def _actor(ward: Ward, case: GroupCase, name: str, province: Actor) -> Actor:
    """Who takes a step; nobody judges a group they speak for, their own household or clan."""
    plan = case.plan
    if name in OWN:
        return plan.speaker
    if name in {"endorse", "object"}:
        assert plan.home is not None  # noqa: S101 (only households pass their community)
        return ward.heads[plan.home.community]
    if case.criteria.decided_by == "province":
        return province
    reviewer = ward.cast["reviewer"]
    return ward.cast["second_reviewer"] if _is_kin(plan, reviewer) else reviewer


def _is_kin(plan: GroupPlan, officer: Resident) -> bool:
    return officer is plan.speaker or officer.home in plan.kin


def _submit(ward: Ward, case: GroupCase, number: int, at: datetime) -> dict[str, Any]:
    row, group = case.row, case.plan.group
    again = row["receipt"] is not None
    if again:
        for line in case.lines.values():  # what was asked about was answered anew
            if line["verdict"] == "ask":
                line.update(verdict=None, review_reason=None, reviewed_by=None, reviewed_at=None)
                line["note"] = NOTES[group.kind][line["code"]][-1] + " Có chi hội xác nhận."
                row["version"] += 1
    else:
        row["ward_code"], row["community_id"] = group.ward_code, group.community_id
        row["household_id"] = group.id if group.kind is Kind.HOUSEHOLD else None
        row["receipt_number"], row["receipt"] = number, receipt(WARD, row["year"], number)
    counts = case.counts(at)
    scored = case.scored(counts, {code: line["claimed_points"] for code, line in case.lines.items()})
    earned = {result.code: result.points for result in scored.lines}
    for read in case.counted(counts):
        if read.code not in case.lines:
            case.lines[read.code] = _line(ward, case, read.code, at)
        numerator, denominator = counts.ratios.get(read.ratio or "", (None, None))
        case.lines[read.code].update(
            claimed_points=earned[read.code], confirmed_points=None, numerator=numerator, denominator=denominator
        )
    row["facts"], row["area"] = case.ratios(counts), sorted(counts.area)
    row["self_total"] = scored.total
    asked = [case.lines[line.code] for line in case.answerable(counts)]
    row["evidence_gaps"] = sum(1 for line in asked if line["claimed_points"] and not line["note"])
    wait(row, at)
    row["confirmed_total"] = row["reason"] = None
    return {"receipt": row["receipt"], "self_total": row["self_total"], "again": again, "late": False}


def _judge(ward: Ward, case: GroupCase, name: str, at: datetime, actor: Actor) -> None:
    """A reviewer's word on the answered lines, leading to the named step; on some of them while under review."""
    random, counts = ward.book.random, case.counts(at)
    codes = [line.code for line in case.answerable(counts)]
    for code in random.sample(codes, len(codes) // 2) if name == "take" else codes:
        line = case.lines[code]
        line.update(verdict="confirm", confirmed_points=line["claimed_points"], review_reason=None)
        line.update(reviewed_by=actor.account_id, reviewed_at=at)
    if name == "return":
        for code in random.sample([code for code in codes if code in NOTES[case.plan.group.kind]], 2):
            case.lines[code].update(verdict="ask", confirmed_points=None, review_reason=random.choice(ASKS))
    elif name == "decline":
        while case.scored(counts, _confirmed(case)).passed:
            line = case.lines[random.choice(codes)]
            _lower(case, line, random.choice(CHANGES))
    elif name == "recommend" and random.random() < 0.3:
        line = case.lines[random.choice(codes)]
        before = dict(line)
        _lower(case, line, random.choice(CHANGES))
        if not case.scored(counts, _confirmed(case)).passed:
            line.update(before)
    case.row["version"] += 1
    ward.book.note(
        at,
        "application.judge",
        ward_code=WARD,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=case.row["id"],
        detail={c: [line["verdict"], line["confirmed_points"]] for c, line in case.lines.items() if line["verdict"]},
    )


def _lower(case: GroupCase, line: Row, reason: str) -> None:
    """The next rung down; where it is the lowest, nothing changes."""
    below = [rung for rung in choices(case.criteria.by_code[line["code"]]) if rung < line["confirmed_points"]]
    if below:
        line.update(verdict="change", confirmed_points=below[-1], review_reason=reason)


def _confirmed(case: GroupCase) -> dict[str, int | None]:
    return {code: line["confirmed_points"] for code, line in case.lines.items()}


def _reviewed(case: GroupCase, name: str, at: datetime) -> dict[str, Any]:
    """What a reviewer's step notes on the case."""
    row = case.row
    if name == "return":
        asked = {code: line["review_reason"] for code, line in case.lines.items() if line["verdict"] == "ask"}
        return {"asked": asked}
    if name == "decline":
        counts = case.counts(at)
        row["decided_at"], row["confirmed_total"] = at, case.scored(counts, _confirmed(case)).total
        return {"confirmed_total": row["confirmed_total"]}
    scored, counts = decisive(case, at)
    return {"confirmed_total": scored.total, "counts": case.ratios(counts), "level": level(scored)}


def decisive(case: GroupCase, at: datetime) -> tuple[Score, GroupFacts]:
    """The confirmed score on the counts of this moment, noted on the case; a story where it does not do is wrong."""
    counts = case.counts(at)
    scored = case.scored(counts, _confirmed(case))
    if not scored.passed:
        raise ValueError(f"{case.plan.group.name} is recommended without having earned it: {case.ratios(counts)}")
    earned = {result.code: result.points for result in scored.lines}
    for line in case.counted(counts):
        if line.code in case.lines:
            case.lines[line.code]["confirmed_points"] = earned[line.code]
    case.row["confirmed_total"], case.row["area"] = scored.total, sorted(counts.area)
    return scored, counts


def level(scored: Score) -> int | None:
    """The level reached; None for a set without levels."""
    return scored.rule.level if isinstance(scored.rule, Level) else None


def last_day(case: GroupCase, decided_on: date) -> date | None:
    """Until when the title holds; None for one of a year."""
    validity = case.criteria.validity
    return validity.last_day(decided_on) if validity is not None else None
