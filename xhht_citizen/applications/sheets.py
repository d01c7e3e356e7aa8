"""A self-assessment on paper, copied by an officer: the marks become the person's own case, sent on their behalf."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, queries
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import EDITABLE, State
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.people import actions as people
from xhht_citizen.people import queries as known
from xhht_citizen.people.rules import PRIVACY_VERSION
from xhht_citizen.ratios import actions as ratios

PAPER = "paper"
MOVED_ON = N_("Hồ sơ của người này vừa được cập nhật ở nơi khác. Xin xem hai bên rồi chọn.")


@dataclass(frozen=True)
class Sheet:
    """What is taken from a paper: points and words by indicator; the other indicators stay as the case has them.

    `signed_on`: the day the consent on it was signed, None where the person had agreed before; `kept_at`: where the
    paper lies from now on.
    """

    points: Mapping[str, int]
    notes: Mapping[str, str] = field(default_factory=dict)
    signed_on: date | None = None
    kept_at: str = ""


def enter(
    db: Session, person_id: uuid.UUID, year: int, sheet: Sheet, *, actor: Actor, today: date, version: int | None
) -> Application:
    """Write the sheet into the person's case of the year and send it. `version` is the case's that was seen, or None.

    Sent twice it is once. Conflict when the case is another one by now, or lies with others already; Invalid on
    `consent` and `signed_on`.
    """
    person = people.hold_person(db, person_id)
    if person.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
    case = queries.own_application(db, person_id, year)
    if case is not None and State(case.state) not in EDITABLE:
        if case.channel == PAPER and _says(case, sheet):
            return case
        raise Conflict(N_("Hồ sơ năm này đã gửi, hoặc đã rút, nên phiếu này không ghi đè. Xin xem hai bên ở dưới."))
    if (case.version if case else None) != version:
        raise Conflict(MOVED_ON)
    _consent(db, person_id, sheet, year=year, actor=actor, today=today)
    with ratios.later(db):  # the case is locked before the tallies
        if case is None:
            case = actions.start(db, person, year, actor=actor)
        tagged = queries.tagged_evidence(db, person_id, year)
        for code, points in sorted(sheet.points.items()):
            support = {evidence.id for evidence in tagged.get(code, [])}
            row = queries.line(case, code)
            note = sheet.notes.get(code) or (row.note if row else None)
            if row is not None and (row.claimed_points, row.note) == (points, note):
                continue  # of a case that was sent back, only what was asked about is answered again
            actions.answer(db, case.id, code, points=points, note=note, evidence=support)
        sent = actions.submit(db, case.id, actor=actor, today=today, channel=PAPER)
    audit.append(
        db,
        "sheet.enter",
        ward_code=sent.ward_code,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=sent.id,
        detail={"taken": sorted(sheet.points)},
    )
    return sent


def _says(case: Application, sheet: Sheet) -> bool:
    """The case says what the sheet does: it is this sheet's."""
    has = {row.code: (row.claimed_points, row.note or "") for row in case.lines}
    return all(
        code in has and has[code][0] == points and sheet.notes.get(code, "") in {"", has[code][1]}
        for code, points in sheet.points.items()
    )


def _consent(db: Session, person_id: uuid.UUID, sheet: Sheet, *, year: int, actor: Actor, today: date) -> None:
    if known.consent_of(db, person_id, PRIVACY_VERSION) is not None:
        return
    if sheet.signed_on is None:
        raise Invalid(N_("Người này chưa đồng ý. Chỉ gửi khi trên phiếu có chữ ký đồng ý."), field="consent")
    if sheet.signed_on > today or sheet.signed_on.year < year - 1:
        raise Invalid(N_("Xin xem lại ngày ký trên phiếu."), field="signed_on")
    paper = f"Phiếu tự đánh giá năm {year}, ký ngày {sheet.signed_on:%d/%m/%Y}, lưu tại {sheet.kept_at}"
    people.record_paper_consent(db, person_id, signed_on=sheet.signed_on, paper=paper, account_id=actor.account_id)
