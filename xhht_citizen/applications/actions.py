"""What people do with cases. `move` is the only writer of a case's state; effects.EFFECTS is what each step brings."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from xhht_citizen import audit, clock
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import queries
from xhht_citizen.applications.drawing import InBulk
from xhht_citizen.applications.effects import (
    DecisionDetails,
    Step,
    check_consent,
    check_impartial,
    hold_counts,
    touch_counts,
)
from xhht_citizen.applications.group_effects import effects_of
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.applications.queues import community_step
from xhht_citizen.applications.rules import (
    ASSESSED,
    EDITABLE,
    TRANSITIONS,
    Judgement,
    State,
    check_judgement,
    choices,
    guard,
    kept_for_ever,
    may_answer,
)
from xhht_citizen.applications.snapshots import follow_lock, forget_verdict, tag
from xhht_citizen.applications.telling import notices_of, tell_of
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Reads
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Person
from xhht_citizen.people.rules import Group, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles import queries as title_queries
from xhht_citizen.titles.models import Title


def start(db: Session, person: Person, year: int, *, actor: Actor) -> Application:
    """The person's case of the year, made as a draft when there is none; starting registers for the year too."""
    register(db, person, year, actor=actor)
    insert_new(
        db,
        Application,
        id=new_id(),
        kind="citizen",
        subject_id=person.id,
        person_id=person.id,
        subject_name="",
        subject_key="",
        facts={},
        area=[],
        year=year,
        criteria_set=Group(person.learner_group).criteria_set,
        state=State.DRAFT,
        created_at=now(),
        version=1,
        disadvantaged=bool(person.ward_code) and places.ward_settings(db, person.ward_code).disadvantaged,  # type: ignore[arg-type]
        evidence_gaps=0,
    )
    case = queries.own_application(db, person.id, year)
    assert case is not None  # noqa: S101 (made above, or there before)
    return case


def register(db: Session, person: Person, year: int, *, actor: Actor) -> bool:
    """Register for the year; counted at once. False when it was done before."""
    if not is_adult(person.birth_year, year):
        raise Invalid(N_("Danh hiệu Công dân học tập dành cho người từ 18 tuổi trong năm xét."))
    made = titles.register_person(db, person, year, account_id=actor.account_id)
    if made:
        home = people.home_of(db, person.id)
        if home is not None:
            ratios.touch(db, home.ward_code, home.community_id, year)
        audit.append(
            db,
            "year.register",
            ward_code=person.ward_code,
            account_id=actor.account_id,
            subject_kind="person",
            subject_id=person.id,
            detail={"year": year, "kind": "citizen"},
        )
    return made


def answer(
    db: Session,
    application_id: uuid.UUID,
    code: str,
    *,
    points: int,
    note: str | None,
    evidence: set[uuid.UUID],
    actor: Actor | None = None,
) -> ApplicationLine:
    """Answer one line of a draft or returned case: the rung claimed, a note, the evidence that supports it.

    `evidence` are ids of the person's own evidence; ticking one lets it support this indicator everywhere. A group has
    none: its note is what it shows. A line that is counted takes no answer. In a case that was sent back only what was
    asked about is answered again: Conflict for the rest. A helper's answer is audited: who answers for themselves does
    so in a draft of their own.
    """
    case = lock(db, application_id)
    if State(case.state) not in EDITABLE:
        raise Conflict(N_("Hồ sơ đã gửi đi nên không sửa được. Muốn sửa, xin rút hồ sơ hoặc đợi được trả lại."))
    criteria = catalogue.get(case.criteria_set)
    line = criteria.by_code.get(code)
    if line is None:
        raise NotFound(N_("Không có chỉ số này trong hồ sơ."))
    if line.reads is Reads.RATIO:
        raise Conflict(N_("Nội dung này được đếm từ danh sách, không ai phải khai và không ai sửa tay được."))
    if points not in choices(line):
        raise Invalid(N_("Chọn một mức điểm của chỉ số này."), field="points")
    row = next((existing for existing in case.lines if existing.code == code), None)
    if not may_answer(case, row):
        raise Conflict(
            N_("Người xét không hỏi chỉ số %(code)s nên chỉ số này giữ như đã gửi. Xin chỉ sửa chỗ được hỏi."),
            code=code,
        )
    if row is None:
        row = ApplicationLine(id=new_id(), application_id=case.id, code=code)
        db.add(row)
        case.lines.append(row)
    note = (note or "").strip() or None
    if tag(db, case, code, evidence) or row.claimed_points != points or row.note != note:
        forget_verdict(row)
    row.claimed_points, row.note = points, note
    db.flush()
    if case.person_id is not None:  # a group's total moves with its counts: it is taken when the case is sent
        case.self_total = queries.claimed_score(case).total
    case.version += 1
    db.flush()
    if actor is not None and actor.acting:
        audit.append(
            db,
            "application.answer",
            ward_code=case.ward_code or actor.ward_code,
            account_id=actor.account_id,
            subject_kind="application",
            subject_id=case.id,
            detail={"code": code, "points": points},
        )
    return row


def judge(
    db: Session, application_id: uuid.UUID, judgements: list[Judgement], *, actor: Actor, version: int
) -> Application:
    """Keep a reviewer's word on indicators of a case under review. Conflict when somebody was faster."""
    case = lock(db, application_id)
    _expect(db, case, version)
    if State(case.state) is not State.UNDER_REVIEW:
        raise Conflict(N_("Hồ sơ không ở bước đang xét nên chưa chấm được."))
    check_impartial(case, actor)
    check_consent(db, case)
    criteria = catalogue.get(case.criteria_set)
    rows = {row.code: row for row in case.lines}
    for given in judgements:
        row = rows.get(given.code)
        if row is None:
            raise NotFound(N_("Không có chỉ số này trong hồ sơ."))
        line = criteria.by_code[given.code]
        if line.reads is Reads.RATIO:
            raise Conflict(N_("Nội dung này được đếm từ danh sách, không ai phải khai và không ai sửa tay được."))
        checked = check_judgement(given, row.claimed_points, choices(line))
        if (row.verdict, row.confirmed_points, row.review_reason) == (checked.verdict, checked.points, checked.reason):
            continue
        row.verdict, row.confirmed_points, row.review_reason = checked.verdict, checked.points, checked.reason
        row.reviewed_by, row.reviewed_at = actor.account_id, now()
    case.reviewer_id = actor.account_id
    case.version += 1
    db.flush()
    audit.append(
        db,
        "application.judge",
        ward_code=case.ward_code,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=case.id,
        detail={row.code: [row.verdict, row.confirmed_points] for row in case.lines if row.verdict},
    )
    return case


def move(
    db: Session,
    application_id: uuid.UUID,
    name: str,
    *,
    actor: Actor,
    today: date,
    version: int | None = None,
    reason: str | None = None,
    decision: DecisionDetails | None = None,
    note: Mapping[str, object] | None = None,
    bulk: InBulk | None = None,
) -> Application:
    """Take one step of TRANSITIONS: the only writer of a case's state.

    The row is locked first; `version` is what the person saw, and Conflict says when somebody was faster.
    `note` are codes, ids and numbers its event keeps besides; `bulk`: it is one of many recommended at once. Permission
    is the caller's to check. Flushes; appends the event, tells those concerned, and appends the audit link.
    """
    case = lock(db, application_id)
    if version is not None:
        _expect(db, case, version)
    doing = Step(db, case, actor, (reason or "").strip() or None, today, decision, {}, bulk=bulk, note=note or {})
    return take_step(name, doing)


def take_step(name: str, doing: Step) -> Application:
    """The step itself, of a case that is locked. One of many leaves to `settle` what can be done for all together."""
    step, db, case, actor, reason = TRANSITIONS[name], doing.db, doing.case, doing.actor, doing.reason
    source = State(case.state)
    title = title_queries.title_of_application(db, case.id) if source is State.GRANTED else None
    revoked = title is not None and title.revoked_at is not None
    first = name == "take" and community_step(db, case)
    guard(step, source, community_step=first, reason=reason, revoked=revoked)
    effect = effects_of(case).get(name)
    if effect is not None:
        effect(doing)
    case.state = step.target
    case.version += 1
    if step.reason:
        case.reason = reason
    if doing.many is None:
        db.flush()
        follow_lock(db, case)
        if source in ASSESSED or step.target in ASSESSED:
            titles.mark_assessed(db, case.subject_id, case.year, assessed=step.target in ASSESSED, kind=case.kind)
            touch_counts(db, case)
    detail = {**doing.note, **(doing.detail or {})}
    if doing.bulk is not None:
        detail["bulk"] = str(doing.bulk.id)
    event = _remember(db, case, name, actor=actor, source=source, reason=reason, detail=detail, at=doing.at)
    if doing.many is None:
        db.flush()
        tell_of(db, case, event, actor=actor, today=doing.today)
    else:
        doing.many.told += notices_of(db, case, event, actor=actor, today=doing.today)
    audit.append(
        db,
        f"application.{name}",
        ward_code=case.ward_code,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=case.id,
        detail={"from": source, "to": step.target, **kept_for_ever(detail)},
    )
    return case


def submit(db: Session, application_id: uuid.UUID, *, actor: Actor, today: date, channel: str = "own") -> Application:
    """Send a case in, or again to whoever sent it back. Twice is the same as once: it is given back as it stands.

    `channel`: whose hand sends it; the step's event says so where it is not the owner's own.
    """
    case = lock(db, application_id)
    if State(case.state) not in EDITABLE and case.receipt is not None and State(case.state) is not State.WITHDRAWN:
        return case
    name = "resubmit" if State(case.state) is State.RETURNED else "submit"
    case.channel = channel
    return move(db, application_id, name, actor=actor, today=today)


def revoke_title(
    db: Session,
    title_id: uuid.UUID,
    *,
    reason: str,
    actor: Actor,
    decision: DecisionDetails | None = None,
    today: date | None = None,
) -> Title:
    """Revoke a title, by a later decision of the same body where there is one; its number may be new or known.

    The register, the case's history, the counts and the audit follow.
    """
    title = titles.revoke(db, title_id, reason=reason, account_id=actor.account_id)
    case = lock(db, title.application_id)
    if decision is not None:
        hold_counts(db, [case])
        titles.revoked_by(
            db,
            title,
            number=decision.number,
            decided_on=decision.decided_on,
            signatory=decision.signatory,
            account_id=actor.account_id,
            today=today or clock.today(),
        )
    touch_counts(db, case, until=title.valid_until)
    source = State(case.state)
    event = _remember(db, case, "revoke", actor=actor, source=source, reason=title.revoke_reason, detail={})
    db.flush()
    tell_of(db, case, event, actor=actor, today=clock.today())
    audit.append(
        db,
        "title.revoke",
        ward_code=title.ward_code,
        account_id=actor.account_id,
        subject_kind="title",
        subject_id=title.id,
        detail={"year": title.year, "kind": title.kind},
    )
    return title


def lock(db: Session, application_id: uuid.UUID) -> Application:
    """The case with person and lines as they stand now, its row held until the commit. NotFound."""
    case = db.scalars(
        select(Application)
        .where(Application.id == application_id)
        .with_for_update(of=Application)
        .options(joinedload(Application.person), selectinload(Application.lines))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:
        raise NotFound(N_("Không tìm thấy hồ sơ này."))
    return case


def _expect(db: Session, case: Application, version: int) -> None:
    if case.version != version:
        who = _who_last(db, case)
        raise Conflict(
            N_("Có người nhanh hơn: hồ sơ này vừa được cập nhật (%(who)s). Chưa có gì của ông/bà bị ghi đè."), who=who
        )


def _who_last(db: Session, case: Application) -> str:
    """Who was faster: the hand behind the newest judgement or step."""
    events = queries.events(db, case.id, inner=True)
    judged = max((row for row in case.lines if row.reviewed_at), key=lambda row: row.reviewed_at, default=None)  # type: ignore[arg-type,return-value]
    if judged is not None and judged.reviewed_by and (not events or judged.reviewed_at > events[-1].at):  # type: ignore[operator]
        return people.account_names(db, [judged.reviewed_by]).get(judged.reviewed_by, "")
    return events[-1].actor_name if events else ""


def _remember(
    db: Session,
    case: Application,
    name: str,
    *,
    actor: Actor,
    source: State,
    reason: str | None,
    detail: dict[str, object],
    at: datetime | None = None,
) -> ApplicationEvent:
    """Append one step to the case's history; its state is the new one already."""
    event = ApplicationEvent(
        id=new_id(),
        application_id=case.id,
        ward_code=case.ward_code,
        at=at or now(),
        account_id=actor.account_id,
        actor_name=actor.signature_in(case.ward_code),
        name=name,
        from_state=source,
        to_state=case.state,
        reason=reason,
        detail=detail,
    )
    db.add(event)
    return event
