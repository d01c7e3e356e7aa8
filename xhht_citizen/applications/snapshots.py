"""What a case rests on: the evidence ticked for it and sent with it, the lock on that, what it was when sent back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from xhht_citizen.applications import queries
from xhht_citizen.applications.models import Application, ApplicationEvidence, ApplicationLine
from xhht_citizen.applications.rules import LOCKING, State
from xhht_citizen.database import now
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator


def tag(db: Session, case: Application, code: str, wanted: set[uuid.UUID]) -> bool:
    """Tick exactly these for the indicator; True when that changed anything."""
    # Only what the year's form offered: what supported an earlier year stays as it is.
    own = evidence.offered(db, case.person_id, case.year) if case.person_id else []
    if not wanted <= {item.id for item in own}:
        raise NotFound(N_("Không tìm thấy minh chứng này."))
    changed = False
    for item in own:
        has = next((row for row in item.indicators if row.code == code), None)
        if item.id in wanted and has is None:
            item.indicators.append(EvidenceIndicator(evidence_id=item.id, code=code))
            changed = True
        elif item.id not in wanted and has is not None:
            item.indicators.remove(has)
            changed = True
    return changed


def take_snapshot(db: Session, case: Application, codes: Collection[str]) -> set[str]:
    """Note which evidence, in which version, stands behind each of these indicators; returns those that have any.

    Of a case that was sent back, what was not asked about stays as it was sent. The person's evidence is held already.
    """
    assert case.person_id is not None  # noqa: S101 (groups have no evidence)
    again = case.state != State.DRAFT
    if again:
        codes = {line.code for line in case.lines if line.returned_as is not None} or codes
    tagged = {
        code: {item.id: item.version for item in found}
        for code, found in queries.tagged_evidence(db, case.person_id, case.year).items()
        if code in codes
    }
    before = queries.evidence_versions(db, case.id) if again else {}
    _forget_what_changed(case, codes, before, tagged)
    stale = ApplicationEvidence.application_id == case.id
    db.execute(delete(ApplicationEvidence).where(stale, ApplicationEvidence.code.in_(codes) if again else stale))
    db.add_all(
        ApplicationEvidence(application_id=case.id, code=code, evidence_id=key, evidence_version=version)
        for code, found in tagged.items()
        for key, version in found.items()
    )
    db.flush()
    return {code for code in before if code not in codes} | set(tagged)


def _forget_what_changed(
    case: Application,
    codes: Collection[str],
    before: Mapping[str, Mapping[uuid.UUID, int]],
    tagged: Mapping[str, Mapping[uuid.UUID, int]],
) -> None:
    """A reviewer's word holds for what the reviewer saw: a new case has none, a changed indicator has lost it."""
    for line in case.lines:
        if case.state == State.DRAFT or (line.code in codes and before.get(line.code, {}) != tagged.get(line.code, {})):
            forget_verdict(line)


def forget_verdict(line: ApplicationLine) -> None:
    """The indicator is as if nobody had judged it."""
    line.verdict = line.confirmed_points = line.review_reason = line.reviewed_by = line.reviewed_at = None


def note_questions(db: Session, case: Application) -> None:
    """How each line that is asked about stands at this moment, so that what changes of it can be seen later."""
    sent = queries.evidence_versions(db, case.id)
    for line in case.lines:
        line.returned_as = None
        if line.verdict == "ask":
            line.returned_as = {
                "points": line.claimed_points,
                "note": line.note,
                "evidence": {str(key): version for key, version in sorted(sent.get(line.code, {}).items())},
                "question": line.review_reason,
            }


def lock_evidence(db: Session, used: Select[uuid.UUID]) -> None:
    """Nobody changes or takes back this evidence while a case rests on it."""
    db.execute(update(Evidence).where(Evidence.id.in_(used), Evidence.used_at.is_(None)).values(used_at=now()))
    db.execute(update(Evidence).where(Evidence.id.in_(used), Evidence.locked_at.is_(None)).values(locked_at=now()))


def follow_lock(db: Session, case: Application) -> None:
    """Evidence sent with a case is locked while others have the case, and free again when it comes back.

    Of a case that was sent back, what supports an indicator nobody asked about stays locked: it stays as it was sent.
    """
    if case.person_id is None:
        return
    used = select(ApplicationEvidence.evidence_id).where(ApplicationEvidence.application_id == case.id)
    if State(case.state) in LOCKING:
        lock_evidence(db, used)
    else:
        locked = (
            select(ApplicationEvidence.evidence_id)
            .join(Application, Application.id == ApplicationEvidence.application_id)
            .join(
                ApplicationLine,
                and_(
                    ApplicationLine.application_id == Application.id, ApplicationLine.code == ApplicationEvidence.code
                ),
            )
            .where(
                Application.person_id == case.person_id,
                or_(
                    Application.state.in_(LOCKING),
                    and_(Application.state == State.RETURNED, ApplicationLine.returned_as.is_(None)),
                ),
            )
        )
        db.execute(
            update(Evidence).where(Evidence.id.in_(used), Evidence.id.not_in(locked)).values(locked_at=None),
            execution_options={"synchronize_session": False},
        )
