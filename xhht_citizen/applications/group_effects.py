"""What the steps of a group's case bring with them where it is not as with a person's: it is counted, not proved.

A line that reads a ratio is counted three times: when the case is sent (kept beside the line), when it is recommended
and when it is granted. The last two happen while the tallies of the wards it reads are held, as every change of a title
holds them: a title revoked at the same moment is seen, or comes after the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from xhht_citizen.applications import drawing, queries
from xhht_citizen.applications.effects import (
    EFFECTS,
    Step,
    check_impartial,
    count_waiting,
    decided,
    declined,
    hold_counts,
    number,
    route,
)
from xhht_citizen.applications.measuring import CLAIMED, CONFIRMED, Measured, measure
from xhht_citizen.applications.models import Application, ApplicationLine
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.snapshots import forget_verdict
from xhht_citizen.applications.subjects import group_of
from xhht_citizen.criteria.rules import Reads
from xhht_citizen.criteria.shapes import percent_text
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import N_, Conflict, DomainError, Invalid, NotFound
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.places.queries import commune
from xhht_citizen.titles import actions as titles


def _submit(step: Step) -> None:
    """Count, score, route to the group's place of the day, number the receipt."""
    case, group = step.case, open_group(step)
    if step.actor.person_id is not None and not queries.has_consent(step.db, step.actor.person_id):
        raise Conflict(N_("Người gửi hồ sơ cần đồng ý cho dùng thông tin của mình trước khi thay mặt nhóm."))
    seen = measure(step.db, group, case.year, step.today, case=case, whose=CLAIMED)
    answered = {row.code for row in case.lines if row.claimed_points is not None}
    missing = [line.code for line in seen.answerable if line.code not in answered]
    if missing:
        raise Invalid(
            N_("Còn %(count)s nội dung chưa trả lời: %(codes)s."), count=len(missing), codes=", ".join(missing)
        )
    again = case.receipt is not None
    if case.state == State.DRAFT:
        household_id = group.id if group.kind is Kind.HOUSEHOLD else None
        route(step, group.ward_code, group.community_id, household_id)
        for row in case.lines:
            forget_verdict(row)
    number(step, case.ward_code or group.ward_code)
    case.subject_name, case.subject_key = group.name, group.search_key
    keep_counts(step, seen)
    case.self_total = seen.score.total
    asked = {line.code for line in seen.answerable}
    case.evidence_gaps = sum(1 for row in case.lines if row.code in asked and row.claimed_points and not row.note)
    count_waiting(case)
    case.confirmed_total, case.reason = None, None
    step.detail = {"receipt": case.receipt, "self_total": case.self_total, "again": again, "late": case.late}


def open_group(step: Step) -> Group:
    """The group of the case as it is today. Conflict when it was closed meanwhile."""
    group = group_of(step.db, step.case)
    if group is None:
        raise NotFound(N_("Không tìm thấy nhóm này."))
    if group.closed:
        raise Conflict(N_("%(name)s đã ngừng hoạt động nên không xét được."), name=group.name)
    return group


def keep_counts(step: Step, seen: Measured) -> None:
    """Note beside each counted line what was counted; lines that apply no more lose their counts."""
    case, rows = step.case, {row.code: row for row in step.case.lines}
    counted = {line.code: (line, result) for line, result in seen.counted}
    for code, (line, result) in counted.items():
        row = rows.get(code)
        if row is None:
            row = ApplicationLine(id=new_id(), application_id=case.id, code=code)
            step.db.add(row)
            case.lines.append(row)
        row.claimed_points, row.confirmed_points = result.points, None
        row.numerator, row.denominator = seen.pair(line) or (None, None)
    for code, row in rows.items():
        known = seen.criteria.by_code.get(code)
        if known is not None and known.reads is Reads.RATIO and code not in counted:
            row.claimed_points = row.confirmed_points = row.numerator = row.denominator = None
    case.facts = {name: list(pair) for name, pair in seen.ratios().items()}
    case.area = sorted(seen.counts.area)


def _recommend(step: Step) -> None:
    """Every answered line has a word, and on them and the counts of this moment the title is earned."""
    check_impartial(step.case, step.actor)
    hold_counts(step.db, [step.case])
    seen = _decisive(step, step.today, Invalid)
    case = step.case
    step.detail = {"confirmed_total": case.confirmed_total, "counts": _counts(seen), "level": seen.level}
    drawing.ask(step.db, case, actor=step.actor, bulk=step.bulk)


def _decisive(step: Step, day: date, refuse: type[DomainError]) -> Measured:
    """The case measured by confirmed answers and counts of now, its totals noted; or `refuse`, saying what lacks."""
    case, group = step.case, open_group(step)
    seen = measure(step.db, group, case.year, day, case=case, whose=CONFIRMED)
    rows = {row.code: row for row in case.lines}
    open_lines = [
        line.code
        for line in seen.answerable
        if line.code not in rows or rows[line.code].verdict not in {"confirm", "change"}
    ]
    if open_lines:
        raise Invalid(
            N_("Còn %(count)s nội dung chưa xác nhận: %(codes)s."), count=len(open_lines), codes=", ".join(open_lines)
        )
    check_earned(seen, group, refuse)
    for line, result in seen.counted:
        if line.code in rows:
            rows[line.code].confirmed_points = result.points
    case.confirmed_total, case.area = seen.score.total, sorted(seen.counts.area)
    return seen


def check_earned(seen: Measured, group: Group, refuse: type[DomainError]) -> None:
    """Raise `refuse` with the first requirement not reached, the day of the next level, or the missing points."""
    for line in seen.unmet:
        pair = seen.pair(line)
        if pair is None:
            raise refuse(
                N_("%(name)s chưa có ai trong danh sách để tính “%(short)s”, nên chưa công nhận được."),
                name=group.name,
                short=line.short,
            )
        raise refuse(
            N_(
                "%(name)s: “%(short)s” đang là %(part)s/%(whole)s, cần ít nhất %(mark)s %%, còn thiếu %(lacking)s nữa, "
                "nên chưa công nhận được."
            ),
            name=group.name,
            short=line.short,
            part=pair[0],
            whole=pair[1],
            mark=percent_text(line.at_least) if line.at_least is not None else "",
            lacking=seen.lacking(line),
        )
    said = seen.score.wait if seen.too_early else None if seen.score.passed else seen.score.words
    if said is not None:
        values: dict[str, Any] = {**said.values}
        raise refuse(said.text, **values)


def _decline(step: Step) -> None:
    """A confirmed total only where every answered line was judged; the counts are those of this moment."""
    case, group = step.case, group_of(step.db, step.case)
    check_impartial(case, step.actor)
    declined(step)
    case.confirmed_total = None
    if group is not None:
        seen = measure(step.db, group, case.year, step.today, case=case, whose=CONFIRMED)
        rows = {row.code: row for row in case.lines}
        if all(line.code in rows and rows[line.code].confirmed_points is not None for line in seen.answerable):
            case.confirmed_total = seen.score.total
    step.detail = {"confirmed_total": case.confirmed_total}


def _grant(step: Step) -> None:
    """The title, on the counts of this moment, by a decision of the ward or the province, for its year or its term."""
    db, case = step.db, step.case
    group = open_group(step)
    province = None
    if queries.decided_by(case) == "province":
        province = commune(db, case.ward_code or group.ward_code).province_code
    decision = decided(step, province)
    before = case.confirmed_total or 0
    seen = _decisive(step, decision.decided_on, Conflict)
    if seen.criteria.levels and seen.score.total < before:
        raise Conflict(
            N_("%(name)s lúc đề nghị đạt %(before)s yêu cầu, nay còn %(now)s. Xin mở lại hồ sơ để xét."),
            name=group.name,
            before=before,
            now=seen.score.total,
        )
    validity = seen.criteria.validity
    title = titles.grant(
        db,
        group.subject,
        year=case.year,
        ward_code=case.ward_code or group.ward_code,
        community_id=case.community_id,
        household_id=case.household_id,
        application_id=case.id,
        decision=decision,
        points=seen.score.total,
        level=seen.level,
        valid_until=validity.last_day(decision.decided_on) if validity is not None else None,
        facts=seen.ratios(),
    )
    case.decided_at = now()
    step.detail = {
        "decision": decision.number,
        "decided_on": decision.decided_on.isoformat(),
        "title": str(title.id),
        "counts": _counts(seen),
        "level": seen.level,
    }


def _counts(seen: Measured) -> dict[str, list[int]]:
    return {name: list(pair) for name, pair in seen.ratios().items()}


GROUP_EFFECTS: Mapping[str, Callable[[Step], None]] = {
    **EFFECTS,
    "submit": _submit,
    "resubmit": _submit,
    "recommend": _recommend,
    "decline": _decline,
    "grant": _grant,
}


def effects_of(case: Application) -> Mapping[str, Callable[[Step], None]]:
    """What the steps of this case bring with them."""
    return EFFECTS if case.kind == Kind.CITIZEN else GROUP_EFFECTS
