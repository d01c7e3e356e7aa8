"""Granting many cases by one signed decision, all or none. A decision of a big ward names thousands."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications.actions import move, take_step
from xhht_citizen.applications.effects import DecisionDetails, Step, hold_counts
from xhht_citizen.applications.many import Many, lock_all, look_up
from xhht_citizen.applications.models import Application, ApplicationEvidence
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.snapshots import lock_evidence
from xhht_citizen.applications.subjects import name_of, order_of
from xhht_citizen.database import parts
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.groups.rules import Kind
from xhht_citizen.notices.actions import tell_all
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles import queries as title_queries
from xhht_citizen.titles.rules import decision_key


def grant_all(
    db: Session,
    application_ids: Collection[uuid.UUID],
    *,
    actor: Actor,
    today: date,
    decision: DecisionDetails,
    versions: Mapping[uuid.UUID, int] | None = None,
) -> list[Application]:
    """Grant several cases by one decision, all or none; `versions` (id -> version) is what the person saw.

    Sent twice is the same as once: a case granted by this very decision counts as done.
    All rows are locked first and in one order: officers with overlapping lists queue, none waits for ever. People come
    before the groups that are counted from them, each kind by name: the register's numbers follow the printed list.
    What each person's case needs to know is asked for all at once, and tallies are counted once, at the end.
    """
    cases = lock_all(db, list(application_ids))
    if len(cases) < len(set(application_ids)):
        raise NotFound(N_("Không tìm thấy hồ sơ này."))
    open_cases = sorted(
        (case for case in cases if State(case.state) is not State.GRANTED or not _granted_by(db, case, decision)),
        key=lambda case: (list(Kind).index(Kind(case.kind)), order_of(case), case.id),
    )
    for case in open_cases:
        seen = case.version if versions is None else versions.get(case.id)
        if State(case.state) is not State.RECOMMENDED or case.version != seen:
            raise Conflict(
                N_("Hồ sơ của %(name)s vừa được người khác cập nhật, nên chưa công nhận ai. Xin xem lại danh sách."),
                name=name_of(case),
            )
    people = [case for case in open_cases if case.person_id is not None]
    groups = [case for case in open_cases if case.person_id is None]
    many = look_up(db, people)
    hold_counts(db, groups, many)
    with ratios.later(db):
        with db.no_autoflush:
            for case in people:
                take_step("grant", Step(db, case, actor, None, today, decision, {}, many=many))
        _settle(db, many)
        for case in groups:
            move(db, case.id, "grant", actor=actor, today=today, decision=decision)
    return cases


def _granted_by(db: Session, case: Application, decision: DecisionDetails) -> bool:
    title = title_queries.title_of_application(db, case.id)
    return (
        title is not None
        and title.revoked_at is None
        and title.decision.decided_on == decision.decided_on
        and title.decision.number_key == decision_key(decision.number)
    )


def _settle(db: Session, many: Many) -> None:
    """What follows the granting of many people's cases: as `move` does it for one, in a few statements for all."""
    db.flush()
    for some in parts([case.id for case in many.cases]):
        used = select(ApplicationEvidence.evidence_id).where(ApplicationEvidence.application_id.in_(some))
        lock_evidence(db, used)
    for year in sorted({case.year for case in many.cases}):
        for some in parts([case.subject_id for case in many.cases if case.year == year]):
            titles.mark_all_assessed(db, some, year)
    tell_all(db, many.told)
    ratios.touch_all(db, {(*place, case.year) for case in many.cases for place in many.places(case)})
