"""What each step of the workflow brings with it: EFFECTS, one function a step, run by `actions.move`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import drawing, queries
from xhht_citizen.applications.many import Many
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.rules import State, is_late, receipt
from xhht_citizen.applications.snapshots import forget_verdict, note_questions, take_snapshot
from xhht_citizen.applications.subjects import barred, group_of, wards_read
from xhht_citizen.applications.telling import appeal_until
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.groups import queries as groups
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Account, Person
from xhht_citizen.people.rules import is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.ratios.rules import DIGITAL_INDICATOR, DIGITAL_POINTS
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Decision


@dataclass(frozen=True)
class DecisionDetails:
    """What granting needs: the signed decision's number, date and signatory."""

    number: str
    decided_on: date
    signatory: str


@dataclass
class Step:
    """One move under way, handed to its effect; `at` is the moment its event will carry.

    `many`: it is one of many, whose questions to the database were asked together.
    """

    db: Session
    case: Application
    actor: Actor
    reason: str | None
    today: date
    decision: DecisionDetails | None = None
    detail: dict[str, object] | None = None
    at: datetime = field(default_factory=now)
    bulk: drawing.InBulk | None = None
    many: Many | None = None
    note: Mapping[str, object] = field(default_factory=dict)


def _submit(step: Step) -> None:
    """Score, route to the home of the day, number the receipt, take the snapshot of the evidence."""
    db, case, person = step.db, step.case, _person(step.case)
    if not is_adult(person.birth_year, case.year):  # the year of birth may have been corrected since the draft
        raise Invalid(N_("Danh hiệu Công dân học tập dành cho người từ 18 tuổi trong năm xét."))
    criteria = catalogue.get(case.criteria_set)
    answered = {line.code for line in case.lines if line.claimed_points is not None}
    missing = [line.code for line in criteria.lines if line.code not in answered]
    if missing:
        raise Invalid(N_("Còn %(count)s chỉ số chưa chấm: %(codes)s."), count=len(missing), codes=", ".join(missing))
    home = people.home_of(db, person.id)
    if home is None:
        raise Invalid(N_("Xin ghi nơi ở trước khi gửi, để hồ sơ về đúng chi hội và phường, xã."))
    again = case.receipt is not None
    if case.state == State.DRAFT:
        # A returned case goes back to those who returned it; a new one to where the person lives on this day.
        route(step, home.ward_code, home.community_id, home.household_id)
    number(step, home.ward_code)
    queries.hold_evidence(db, person.id, case.year)  # what is sent stays as it is read here, until the commit
    behind = take_snapshot(db, case, {line.code for line in criteria.lines})
    case.self_total = queries.claimed_score(case).total
    case.evidence_gaps = sum(
        1 for line in case.lines if line.claimed_points and not line.note and line.code not in behind
    )
    count_waiting(case)
    case.confirmed_total, case.reason = None, None
    if step.actor.person_id == case.person_id:  # whose paper an officer types in has said so before
        case.channel = "helper" if step.actor.acting else "own"
    step.detail = {"receipt": case.receipt, "self_total": case.self_total, "again": again, "late": case.late}
    if case.channel != "own":
        step.detail["channel"] = case.channel


def route(step: Step, ward_code: str, community_id: uuid.UUID | None, household_id: uuid.UUID | None) -> None:
    """The case is that place's from now on, by the place's rules of this day."""
    case, settings = step.case, places.ward_settings(step.db, ward_code)
    case.ward_code, case.community_id, case.household_id = ward_code, community_id, household_id
    case.disadvantaged = settings.disadvantaged
    case.late = is_late(settings.submit_by, case.year, step.today)


def number(step: Step, ward_code: str) -> None:
    """Give the case its receipt, once."""
    case = step.case
    if case.receipt is None:
        case.receipt_number = titles.next_number(step.db, ward_code, case.year, "receipt")
        case.receipt = receipt(ward_code, case.year, case.receipt_number)


def count_waiting(case: Application) -> None:
    """The case waits from now; one that lay with its owner goes on waiting, as if that time had not passed."""
    moment = now()
    if case.returned_at is not None and case.submitted_at is not None:
        case.submitted_at += moment - case.returned_at
    else:
        case.submitted_at = moment
    case.returned_at = None


def _person(case: Application) -> Person:
    assert case.person is not None  # noqa: S101 (a citizen's case, by its CHECK)
    return case.person


def _redraft(step: Step) -> None:
    """Opened again to be changed and sent anew, perhaps to another ward: nobody has judged that yet.

    It stays the case of its year: once appealed, whoever declined it does not judge it again.
    """
    step.case.returned_at = step.case.reviewer_id = None
    for line in step.case.lines:
        forget_verdict(line)
        line.returned_as = None


def check_consent(db: Session, case: Application, many: Many | None = None) -> None:
    """Nobody's case is judged or decided against their will: Conflict once consent was taken back.

    A group's case is no member's own: it rests on counts, and does not stop when one of them takes consent back.
    """
    if case.person_id is None:
        return
    if not (case.person_id in many.consented if many else queries.has_consent(db, case.person_id)):
        raise Conflict(
            N_("Người nộp chưa đồng ý, hoặc đã rút đồng ý cho dùng thông tin, nên hồ sơ này không xét tiếp.")
        )


def _take(step: Step) -> None:
    """Somebody has it on the desk; what was said before an appeal is not theirs."""
    check_impartial(step.case, step.actor)
    if step.case.state == State.APPEALED:
        for line in step.case.lines:
            forget_verdict(line)
            line.returned_as = None
        step.case.confirmed_total, step.case.decided_at = None, None
    step.case.reviewer_id = step.actor.account_id


def check_impartial(case: Application, actor: Actor) -> None:
    """Who declined a case says nothing more of it once it was appealed: Conflict."""
    if actor.account_id in barred(case):
        raise Conflict(N_("Hồ sơ này được đề nghị xét lại: người đã kết luận không xét nữa. Xin để người khác xét."))


def declined(step: Step) -> None:
    """When and by whom; who declined before the appeal stays the one who may not decide."""
    case = step.case
    case.decided_at = now()
    if case.appealed_at is None:
        case.declined_by = step.actor.account_id


def _appeal(step: Step) -> None:
    """Once, within the ward's days after the answer; somebody else will decide. It waits anew, with its days."""
    case = step.case
    if queries.was_appealed(step.db, case.id):
        raise Conflict(N_("Hồ sơ này đã được xét lại một lần trong năm. Kết luận sau khi xét lại là kết luận cuối."))
    last = appeal_until(step.db, case)
    if step.today > last:
        raise Conflict(N_("Đã quá ngày %(day)s nên không đề nghị xét lại được nữa."), day=f"{last:%d/%m/%Y}")
    case.appealed_at = case.submitted_at = step.at
    case.reviewer_id = None
    step.detail = {"until": last.isoformat()}


def _return(step: Step) -> None:
    case = step.case
    check_impartial(case, step.actor)
    if not any(line.verdict == "ask" for line in case.lines):
        raise Invalid(N_("Chọn “Hỏi thêm” và ghi lý do ở ít nhất một chỉ số trước khi trả lại."))
    note_questions(step.db, case)
    case.returned_at = step.at
    case.reviewer_id = step.actor.account_id  # it comes back to whoever asked
    step.detail = {"asked": {line.code: line.review_reason for line in case.lines if line.verdict == "ask"}}


def _recommend(step: Step) -> None:
    case = step.case
    check_impartial(case, step.actor)
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
    drawing.ask(step.db, case, actor=step.actor, bulk=step.bulk)


def _decline(step: Step) -> None:
    """Only what a reviewer said is a confirmed total; a case declined before all was judged has none."""
    check_impartial(step.case, step.actor)
    declined(step)
    judged = all(line.confirmed_points is not None for line in step.case.lines)
    step.case.confirmed_total = queries.confirmed_score(step.case).total if judged else None
    step.detail = {"confirmed_total": step.case.confirmed_total}


def _reopen(step: Step) -> None:
    check_impartial(step.case, step.actor)
    drawing.close(step.db, step.case)  # first: what it asks the database would flush a case half-way between states
    step.case.decided_at = None


def _withdraw(step: Step) -> None:
    drawing.close(step.db, step.case)


def _grant(step: Step) -> None:
    """A title needs a signed decision; the book gets its row in the same transaction."""
    db, case = step.db, step.case
    decision = decided(step)
    title = titles.grant(
        db,
        titles.subject_of(_person(case)),
        year=case.year,
        ward_code=decision.ward_code,  # a ward's decision names its own cases only
        community_id=case.community_id,
        household_id=case.household_id,
        application_id=case.id,
        decision=decision,
        points=case.confirmed_total or 0,
        digital=case.id in step.many.digital if step.many else _shows_digital_skills(case),
        own_record=case.id in step.many.own if step.many else _sent_it_oneself(db, case),
        block=step.many.block if step.many else None,
    )
    case.decided_at = now()
    step.detail = {"decision": decision.number, "decided_on": decision.decided_on.isoformat(), "title": str(title.id)}


def decided(step: Step, province_code: str | None = None) -> Decision:
    """The decision a title is granted by, entered once for all it names; the tallies are held from here on."""
    db, case = step.db, step.case
    if step.decision is None or case.ward_code is None:
        raise Invalid(N_("Công nhận cần số, ngày và người ký quyết định."), field="number")
    check_consent(db, case, step.many)
    drawing.check_looked(db, case, None if step.many is None else step.many.waiting)
    if step.decision.decided_on.year < case.year:
        raise Invalid(
            N_("Danh hiệu năm %(year)s không thể có quyết định ký từ trước năm đó."), field="decided_on", year=case.year
        )
    known = step.many.decisions.get(case.ward_code) if step.many else None
    if known is not None:
        return known
    if step.many is None:
        hold_counts(db, [case])  # before the register's counter: every transaction locks case, tally, counter, audit
    decision = titles.enter_decision(
        db,
        case.ward_code,
        number=step.decision.number,
        decided_on=step.decision.decided_on,
        signatory=step.decision.signatory,
        account_id=step.actor.account_id,
        today=step.today,
        province_code=province_code,
    )
    if step.many:
        step.many.decisions[case.ward_code] = decision
    return decision


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
            ApplicationEvent.name.in_(["submit", "resubmit"]),
            Account.person_id == case.person_id,
        )
    )
    return db.scalars(own.limit(1)).first() is not None


EFFECTS: Mapping[str, Callable[[Step], None]] = {
    "submit": _submit,
    "resubmit": _submit,
    "withdraw": _withdraw,
    "redraft": _redraft,
    "take": _take,
    "return": _return,
    "recommend": _recommend,
    "decline": _decline,
    "appeal": _appeal,
    "reopen": _reopen,
    "grant": _grant,
}


def touch_counts(db: Session, case: Application, *, until: date | None = None) -> None:
    """Counts are by where people live now, which may not be where the case was decided.

    `until`: a title with a term counts in the years up to it as well.
    """
    homes = _homes(db, case)
    years = {case.year}
    if until is not None:
        later = counted.years_of(db, {ward_code for ward_code, _ in homes})
        years |= {year for year in later if case.year < year <= until.year}
    ratios.touch_all(db, {(ward_code, community_id, year) for ward_code, community_id in homes for year in years})


def hold_counts(db: Session, cases: Collection[Application], many: Many | None = None) -> None:
    """Lock every ward's tally these cases, and those of `many`, will touch or are measured by, in one order."""
    wards = {(ward, case.year) for case in cases for ward in _wards(db, case)}
    if many is not None:
        wards |= {(ward, case.year) for case in many.cases for ward, _ in many.places(case)}
    for ward_code, year in sorted(wards):
        ratios.hold(db, ward_code, year)


def _wards(db: Session, case: Application) -> set[str]:
    group = group_of(db, case)
    return {ward for ward, _ in _homes(db, case)} | (wards_read(db, group) if group is not None else set())


def _homes(db: Session, case: Application) -> set[tuple[str, uuid.UUID | None]]:
    homes = {(case.ward_code, case.community_id)} if case.ward_code else set()
    group = group_of(db, case)
    if group is not None:
        return homes | groups.places_of(db, group)
    home = people.home_of(db, case.subject_id)
    at_work = counted.workplaces(db, case.subject_id)
    return homes | at_work | ({(home.ward_code, home.community_id)} if home else set())
