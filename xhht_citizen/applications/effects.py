"""What each step of the workflow brings with it: EFFECTS, one function a step, run by `actions.move`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import queries
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence, ApplicationLine
from xhht_citizen.applications.rules import LOCKING, State, is_late, receipt
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Account
from xhht_citizen.people.rules import is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.ratios.rules import DIGITAL_INDICATOR, DIGITAL_POINTS
from xhht_citizen.titles import actions as titles


@dataclass(frozen=True)
class DecisionDetails:
    """What granting needs: the signed decision's number, date and signatory."""

    number: str
    decided_on: date
    signatory: str


@dataclass
class Step:
    """One move under way, handed to its effect."""

    db: Session
    case: Application
    actor: Actor
    reason: str | None
    today: date
    decision: DecisionDetails | None = None
    detail: dict[str, object] | None = None


def _submit(step: Step) -> None:
    """Score, route to the home of the day, number the receipt, take the snapshot of the evidence."""
    db, case = step.db, step.case
    if not is_adult(case.person.birth_year, case.year):  # the year of birth may have been corrected since the draft
        raise Invalid(N_("Danh hiệu Công dân học tập dành cho người từ 18 tuổi trong năm xét."))
    criteria = catalogue.get(case.criteria_set)
    answered = {line.code for line in case.lines if line.claimed_points is not None}
    missing = [line.code for line in criteria.lines if line.code not in answered]
    if missing:
        raise Invalid(N_("Còn %(count)s chỉ số chưa chấm: %(codes)s."), count=len(missing), codes=", ".join(missing))
    home = people.home_of(db, case.person_id)
    if home is None:
        raise Invalid(N_("Xin ghi nơi ở trước khi gửi, để hồ sơ về đúng chi hội và phường, xã."))
    again = case.receipt is not None
    if case.state == State.DRAFT:
        # A returned case goes back to those who returned it; a new one to where the person lives on this day.
        settings = places.ward_settings(db, home.ward_code)
        case.ward_code, case.community_id, case.household_id = home.ward_code, home.community_id, home.household_id
        case.disadvantaged = settings.disadvantaged
        case.late = is_late(settings.submit_by, case.year, step.today)
    if case.receipt is None:
        case.receipt_number = titles.next_number(db, home.ward_code, case.year, "receipt")
        case.receipt = receipt(home.ward_code, case.year, case.receipt_number)
    queries.hold_evidence(db, case.person_id, case.year)  # what is sent stays as it is read here, until the commit
    codes = {line.code for line in criteria.lines}
    tagged = {
        code: {item.id: item.version for item in found}
        for code, found in queries.tagged_evidence(db, case.person_id, case.year).items()
        if code in codes
    }
    _forget_what_changed(step, tagged)
    db.execute(delete(ApplicationEvidence).where(ApplicationEvidence.application_id == case.id))
    db.add_all(
        ApplicationEvidence(application_id=case.id, code=code, evidence_id=key, evidence_version=version)
        for code, found in tagged.items()
        for key, version in found.items()
    )
    case.self_total = queries.claimed_score(case).total
    case.evidence_gaps = sum(
        1 for line in case.lines if line.claimed_points and not line.note and line.code not in tagged
    )
    case.submitted_at = now()
    case.confirmed_total, case.reason = None, None
    step.detail = {"receipt": case.receipt, "self_total": case.self_total, "again": again, "late": case.late}


def _forget_what_changed(step: Step, tagged: Mapping[str, Mapping[uuid.UUID, int]]) -> None:
    """A reviewer's word holds for what the reviewer saw: a new case has none, a changed indicator has lost it."""
    case = step.case
    before: dict[str, dict[uuid.UUID, int]] = {}
    if case.state != State.DRAFT:
        for row in queries.snapshot(step.db, case.id):
            before.setdefault(row.code, {})[row.evidence_id] = row.evidence_version
    for line in case.lines:
        if case.state == State.DRAFT or before.get(line.code, {}) != tagged.get(line.code, {}):
            forget_verdict(line)


def forget_verdict(line: ApplicationLine) -> None:
    """The indicator is as if nobody had judged it."""
    line.verdict = line.confirmed_points = line.review_reason = line.reviewed_by = line.reviewed_at = None


def _redraft(step: Step) -> None:
    """Opened again to be changed and sent anew, perhaps to another ward: nobody has judged that yet."""
    for line in step.case.lines:
        forget_verdict(line)


def check_consent(db: Session, case: Application) -> None:
    """Nobody's case is judged or decided against their will: Conflict once consent was taken back."""
    if not queries.has_consent(db, case.person_id):
        raise Conflict(
            N_("Người nộp chưa đồng ý, hoặc đã rút đồng ý cho dùng thông tin, nên hồ sơ này không xét tiếp.")
        )


def _take(step: Step) -> None:
    step.case.reviewer_id = step.actor.account_id


def _return(step: Step) -> None:
    if not any(line.verdict == "ask" for line in step.case.lines):
        raise Invalid(N_("Chọn “Hỏi thêm” và ghi lý do ở ít nhất một chỉ số trước khi trả lại."))
    step.detail = {"asked": {line.code: line.review_reason for line in step.case.lines if line.verdict == "ask"}}


def _recommend(step: Step) -> None:
    case = step.case
    check_consent(step.db, case)
    open_lines = [line.code for line in case.lines if line.verdict not in {"confirm", "change"}]
    if open_lines:
        raise Invalid(
            N_("Còn %(count)s chỉ số chưa xác nhận: %(codes)s."), count=len(open_lines), codes=", ".join(open_lines)
        )
    confirmed = queries.confirmed_score(case)
    if not confirmed.passed:
        raise Invalid(
            N_("Điểm xác nhận là %(total)s/%(max)s, chưa đủ điều kiện nên không đề nghị công nhận được."),
            total=confirmed.total,
            max=confirmed.max,
        )
    case.confirmed_total = confirmed.total
    step.detail = {"confirmed_total": confirmed.total}


def _decline(step: Step) -> None:
    """Only what a reviewer said is a confirmed total; a case declined before all was judged has none."""
    step.case.decided_at = now()
    judged = all(line.confirmed_points is not None for line in step.case.lines)
    step.case.confirmed_total = queries.confirmed_score(step.case).total if judged else None
    step.detail = {"confirmed_total": step.case.confirmed_total}


def _reopen(step: Step) -> None:
    step.case.decided_at = None


def _grant(step: Step) -> None:
    """A title needs a signed decision; the book gets its row in the same transaction."""
    db, case = step.db, step.case
    if step.decision is None or case.ward_code is None:
        raise Invalid(N_("Công nhận cần số, ngày và người ký quyết định."), field="number")
    check_consent(db, case)
    if step.decision.decided_on.year < case.year:
        raise Invalid(
            N_("Danh hiệu năm %(year)s không thể có quyết định ký từ trước năm đó."), field="decided_on", year=case.year
        )
    hold_counts(db, [case])  # before the register's counter: every transaction locks case, tally, counter, audit
    decision = titles.enter_decision(
        db,
        case.ward_code,
        number=step.decision.number,
        decided_on=step.decision.decided_on,
        signatory=step.decision.signatory,
        account_id=step.actor.account_id,
        today=step.today,
    )
    title = titles.grant(
        db,
        titles.subject_of(case.person),
        year=case.year,
        ward_code=case.ward_code,
        community_id=case.community_id,
        household_id=case.household_id,
        application_id=case.id,
        decision=decision,
        points=case.confirmed_total or 0,
        digital=_shows_digital_skills(case),
        own_record=_sent_it_oneself(db, case),
    )
    case.decided_at = now()
    step.detail = {"decision": decision.number, "decided_on": decision.decided_on.isoformat(), "title": str(title.id)}


def _shows_digital_skills(case: Application) -> bool:
    """What QĐ 677 counts among holders, by our provisional definition."""
    return any(line.code == DIGITAL_INDICATOR and (line.confirmed_points or 0) >= DIGITAL_POINTS for line in case.lines)


def _sent_it_oneself(db: Session, case: Application) -> bool:
    """Whether the person sent the case from their own account, at least once."""
    own = (
        select(ApplicationEvent.id)
        .join(Account, Account.id == ApplicationEvent.account_id)
        .where(
            ApplicationEvent.application_id == case.id,
            ApplicationEvent.name == "submit",
            Account.person_id == case.person_id,
        )
    )
    return db.scalars(own.limit(1)).first() is not None


EFFECTS: Mapping[str, Callable[[Step], None]] = {
    "submit": _submit,
    "redraft": _redraft,
    "take": _take,
    "return": _return,
    "recommend": _recommend,
    "decline": _decline,
    "reopen": _reopen,
    "grant": _grant,
}


def follow_lock(db: Session, case: Application) -> None:
    """Evidence sent with a case is locked while others have the case, and free again when it comes back."""
    used = select(ApplicationEvidence.evidence_id).where(ApplicationEvidence.application_id == case.id)
    if State(case.state) in LOCKING:
        db.execute(update(Evidence).where(Evidence.id.in_(used), Evidence.used_at.is_(None)).values(used_at=now()))
        db.execute(update(Evidence).where(Evidence.id.in_(used), Evidence.locked_at.is_(None)).values(locked_at=now()))
    else:
        elsewhere = (
            select(ApplicationEvidence.evidence_id)
            .join(Application, Application.id == ApplicationEvidence.application_id)
            .where(Application.id != case.id, Application.person_id == case.person_id, Application.state.in_(LOCKING))
        )
        db.execute(
            update(Evidence).where(Evidence.id.in_(used), Evidence.id.not_in(elsewhere)).values(locked_at=None),
            execution_options={"synchronize_session": False},
        )


def touch_counts(db: Session, case: Application) -> None:
    """Counts are by where people live now, which may not be where the case was decided."""
    ratios.touch_all(db, {(ward_code, community_id, case.year) for ward_code, community_id in _homes(db, case)})


def hold_counts(db: Session, cases: Collection[Application]) -> None:
    """Lock every ward's tally these cases will touch, in one order, until the commit."""
    for ward_code, year in sorted({(ward, case.year) for case in cases for ward, _ in _homes(db, case)}):
        ratios.hold(db, ward_code, year)


def _homes(db: Session, case: Application) -> set[tuple[str, uuid.UUID | None]]:
    homes = {(case.ward_code, case.community_id)} if case.ward_code else set()
    home = people.home_of(db, case.person_id)
    at_work = counted.workplaces(db, case.person_id)
    return homes | at_work | ({(home.ward_code, home.community_id)} if home else set())
