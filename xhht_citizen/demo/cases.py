"""The ward's cases: each walks the workflow step by step, and leaves what the actions would have left."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xhht_citizen.applications.models import Application, ApplicationEvidence, ApplicationLine
from xhht_citizen.applications.rules import (
    LOCKING,
    State,
    receipt,
)
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import CriteriaSet, Facts, Score, score
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.evidence import learn, offered
from xhht_citizen.demo.learning import (
    APPEAL_REASON,
    ASKS,
    CHANGES,
    DECLINE_REASON,
    NOTES,
    OBJECT_REASON,
    RETURN_REASON,
    Learned,
)
from xhht_citizen.demo.steps import OWN, SENDS, appeal, parts, record, send_back, wait, way
from xhht_citizen.demo.ward import WARD, Resident, Ward, open_account
from xhht_citizen.groups.rules import Group
from xhht_citizen.people.rules import Group as LearnerGroup
from xhht_citizen.titles.models import Registration

REASONS = {"object": OBJECT_REASON, "return": RETURN_REASON, "decline": DECLINE_REASON, "appeal": APPEAL_REASON}


@dataclass(eq=False)
class Plan:
    """Whose case, where it is to stand, and when: parts of the year so far (registering, sending, the last step).

    `meets`: the community spoke of it in the story's one meeting.
    """

    resident: Resident
    year: Year
    state: State
    registers: float
    sends: float
    ends: float
    sent_back: bool = False
    learned: tuple[Learned, ...] = ()
    answered: int | None = None
    decision: int = 0
    meets: bool = False

    @property
    def case_year(self) -> int:
        """The year the title is of."""
        return self.year.year

    @property
    def sort_key(self) -> str:
        """Where they stand in a list by name."""
        return self.resident.sort_key


@dataclass
class Case:
    """A case under way."""

    plan: Plan
    row: dict[str, Any]
    registration: dict[str, Any]
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def criteria(self) -> CriteriaSet:
        """The form it is on."""
        return catalogue.get(self.row["criteria_set"])


def open_case(ward: Ward, plan: Plan) -> Case:
    """Register, learn, open a draft, answer it."""
    person, year = plan.resident, plan.year.year
    at = plan.year.at(plan.registers)
    account_id = open_account(ward, person, at)
    learn(ward, plan)
    case = Case(
        plan,
        ward.book.add(
            Application,
            id=ward.book.new_id(at),
            kind="citizen",
            subject_id=person.id,
            person_id=person.id,
            subject_name="",
            subject_key="",
            facts={},
            area=[],
            year=year,
            criteria_set=LearnerGroup(person.group).criteria_set,
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
        ),
        register(ward, person, year, at, account_id),
    )
    _answer(ward, case)
    return case


def register(
    ward: Ward, subject: Resident | Group, year: int, at: datetime, by: uuid.UUID, *, kind: str = "citizen"
) -> dict[str, Any]:
    """The line of a person or group in the year's book."""
    person_id = subject.id if kind == "citizen" else None
    ward.book.note(
        at,
        "year.register",
        ward_code=WARD,
        account_id=by,
        subject_kind="person" if person_id else kind,
        subject_id=subject.id,
        detail={"year": year, "kind": kind},
    )
    return ward.book.add(
        Registration,
        id=ward.book.new_id(at),
        ward_code=WARD,
        kind=kind,
        subject_id=subject.id,
        person_id=person_id,
        year=year,
        registered_at=at,
        registered_by=by,
        assessed_at=None,
    )


def _answer(ward: Ward, case: Case) -> None:
    """Claim a rung of every indicator; most people who send a case in have enough."""
    random, plan = ward.book.random, case.plan
    codes = [line.code for line in case.criteria.lines][: plan.answered]
    enough = plan.state in {State.GRANTED, State.RECOMMENDED} or random.random() < 0.85
    while True:
        claims = {code: random.choices((10, 8, 5, 0), (40, 52, 7, 1))[0] for code in codes}
        if not enough or plan.state is State.DRAFT or _scored(case, claims).passed:
            break
    for code, points in claims.items():
        case.lines[code] = ward.book.add(
            ApplicationLine,
            id=ward.book.new_id(case.row["created_at"]),
            application_id=case.row["id"],
            code=code,
            claimed_points=points,
            numerator=None,
            denominator=None,
            note=random.choice(NOTES[code]) if random.random() < 0.4 else None,
            verdict=None,
            confirmed_points=None,
            review_reason=None,
            reviewed_by=None,
            reviewed_at=None,
            returned_as=None,
        )
    if claims:
        case.row["self_total"] = _scored(case, claims).total
    case.row["version"] += len(claims)


def walk(ward: Ward, case: Case, number: int) -> None:
    """Send the case in under this receipt number, and take it to where its plan says."""
    plan = case.plan
    names = way(plan.state, sent_back=plan.sent_back)
    for name, part in zip(names, parts(ward, plan, len(names)), strict=True):
        at = plan.year.at(part)
        actor = _actor(ward, case, name)
        reason = REASONS.get(name)
        detail: dict[str, Any] = {}
        if name in SENDS:
            detail = _submit(ward, case, number, at)
        elif name in {"endorse", "object"} and plan.meets and ward.meeting is not None:
            detail = ward.meeting.say(case.row, plan.resident, name, reason)
        elif name == "take":
            case.row["reviewer_id"] = actor.account_id
        elif name in {"return", "recommend", "decline"}:
            detail = _review(ward, case, name, plan.year.at(part - (part - plan.sends) / 20), actor)
        if name == "return":
            send_back(case.row, case.lines, at, actor, _snapshot(case))
        elif name == "decline":
            case.row["decided_at"], case.row["declined_by"] = at, actor.account_id
        elif name == "appeal":
            detail = appeal(case.row, at)
        step(ward, case, name, at, actor, reason=reason, detail=detail)
    if plan.state is State.UNDER_REVIEW and number % 2 and not plan.sent_back:
        _judge(ward, case, "take", plan.year.at(plan.ends + 0.001), _actor(ward, case, "take"))


def _snapshot(case: Case) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for evidence, codes in offered(case.plan.resident, case.row["year"]):
        for code in codes:
            found.setdefault(code, {})[str(evidence["id"])] = evidence["version"]
    return found


def step(
    ward: Ward, case: Case, name: str, at: datetime, actor: Resident, *, reason: str | None, detail: dict[str, Any]
) -> None:
    """One move of a person's case; the evidence follows."""
    row = case.row
    record(ward, (row, case.registration), name, at, actor, reason=reason, detail=detail)
    target = State(row["state"])
    asked = {code for code, line in case.lines.items() if line["returned_as"] is not None}
    for evidence in offered(case.plan.resident, row["year"]) if target is not State.DRAFT else ():
        if target in LOCKING or (target is State.RETURNED and set(evidence[1]) - asked):
            evidence[0]["used_at"] = evidence[0]["used_at"] or at
            evidence[0]["locked_at"] = evidence[0]["locked_at"] or at
        elif evidence[0]["year"] == row["year"] or not case.plan.resident.locks.get(evidence[0]["year"]):
            evidence[0]["locked_at"] = None  # a paper of last year stays with the case that rests on it
    case.plan.resident.locks[row["year"]] = target in LOCKING


def _actor(ward: Ward, case: Case, name: str) -> Resident:
    """Who takes a step; nobody judges their own household."""
    person = case.plan.resident
    if name in OWN:
        return person
    if name in {"endorse", "object"}:
        return ward.heads[person.community]
    reviewer, second = ward.cast["reviewer"], ward.cast["second_reviewer"]
    turn = (case.row["receipt_number"] or 0) % 5 == 0
    return second if person.household_id == reviewer.household_id or turn else reviewer


def _submit(ward: Ward, case: Case, number: int, at: datetime) -> dict[str, Any]:
    row, person = case.row, case.plan.resident
    again = row["receipt"] is not None
    if again:
        for line in case.lines.values():  # what was asked about was answered anew
            if line["verdict"] == "ask":
                line.update(verdict=None, review_reason=None, reviewed_by=None, reviewed_at=None)
                line["note"] = ward.book.random.choice(NOTES[line["code"]])
                row["version"] += 1
    else:
        row["ward_code"], row["household_id"] = WARD, person.household_id
        row["community_id"] = ward.communities[person.community]
        row["receipt_number"], row["receipt"] = number, receipt(WARD, row["year"], number)
        for evidence, indicators in offered(person, row["year"]):
            for code in indicators:
                ward.book.add(ApplicationEvidence, application_id=row["id"], code=code, evidence_id=evidence["id"])
    tagged = {code for _, indicators in offered(person, row["year"]) for code in indicators}
    row["evidence_gaps"] = sum(
        1 for code, line in case.lines.items() if line["claimed_points"] and not line["note"] and code not in tagged
    )
    wait(row, at)
    row["confirmed_total"] = row["reason"] = None
    return {"receipt": row["receipt"], "self_total": row["self_total"], "again": again, "late": False}


def _review(ward: Ward, case: Case, name: str, at: datetime, actor: Resident) -> dict[str, Any]:
    """Every indicator is judged before a case is sent back, recommended or declined."""
    _judge(ward, case, name, at, actor)
    if name == "return":
        return {"asked": {code: row["review_reason"] for code, row in case.lines.items() if row["verdict"] == "ask"}}
    case.row["confirmed_total"] = _scored(case, _confirmed(case)).total
    return {"confirmed_total": case.row["confirmed_total"]}


def _judge(ward: Ward, case: Case, name: str, at: datetime, actor: Resident) -> None:
    """A reviewer's word on the indicators, leading to the named step; on four of them while a case is under review."""
    random, codes = ward.book.random, list(case.lines)
    for code in random.sample(codes, 4) if name == "take" else codes:
        line = case.lines[code]
        line.update(verdict="confirm", confirmed_points=line["claimed_points"], review_reason=None)
        line.update(reviewed_by=actor.account_id, reviewed_at=at)
    if name == "return":
        for code in random.sample(codes, random.randint(1, 3)):
            case.lines[code].update(verdict="ask", confirmed_points=None, review_reason=random.choice(ASKS))
    elif name == "decline":
        while _scored(case, _confirmed(case)).passed:
            line = case.lines[random.choice(codes)]
            lower = {10: 5, 8: 5, 5: 0, 0: 0}[line["confirmed_points"]]
            line.update(verdict="change", confirmed_points=lower, review_reason=random.choice(CHANGES))
    elif name == "recommend" and random.random() < 0.3:
        line = case.lines[random.choice(codes)]
        if line["claimed_points"] == 10 and _scored(case, {**_confirmed(case), line["code"]: 8}).passed:
            line.update(verdict="change", confirmed_points=8, review_reason=random.choice(CHANGES))
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


def _confirmed(case: Case) -> dict[str, int]:
    return {code: row["confirmed_points"] for code, row in case.lines.items() if row["confirmed_points"] is not None}


def _scored(case: Case, points: dict[str, int]) -> Score:
    return score(case.criteria, Facts(points=points))
