"""Entering a meeting: the meeting, what it said of each candidate and their cases' steps, all at once or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.queues import BY_COMMUNITY
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.database import insert_new, now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid
from xhht_citizen.meetings.models import Meeting, MeetingResult
from xhht_citizen.meetings.queries import SPOKEN_OF
from xhht_citizen.meetings.rules import Details, Outcome, Said, check_details, check_said, tally
from xhht_citizen.vietnamese import name_sort_key

STEPS = {Outcome.ENDORSED: "endorse", Outcome.OBJECTED: "object"}


@dataclass(frozen=True)
class Spoken:
    """What was said of a candidate whose case stood in this version on the page."""

    version: int
    said: Said


def enter(
    db: Session,
    *,
    meeting_id: uuid.UUID,
    ward_code: str,
    community_id: uuid.UUID,
    year: int,
    details: Details,
    spoken: Mapping[uuid.UUID, Spoken],
    actor: Actor,
    today: date,
) -> Meeting:
    """Enter a meeting of a community; `spoken` by the case's id. Its cases are endorsed or objected to with it.

    The id comes with the page: sent twice it is one meeting, and Conflict when the row of that id says something else.
    Conflict, naming whom, when a case changed since the page was made; then nothing is written. Whether the actor may
    speak of each of them is the caller's to check.
    """
    details = check_details(details, today)
    if not spoken:
        raise Invalid(N_("Ghi kết quả của ít nhất một người."))
    columns = {**_columns(details), "ward_code": ward_code, "community_id": community_id, "year": year}
    made = insert_new(db, Meeting, id=meeting_id, **columns, entered_at=now(), entered_by=actor.account_id)
    meeting = db.get_one(Meeting, meeting_id)
    if not made:
        if not _says(db, meeting, columns, spoken):
            raise Conflict(N_("Cuộc họp này đã được lưu với nội dung khác. Xin mở danh sách cuộc họp để xem."))
        return meeting
    cases = [applications.lock(db, key) for key in sorted(spoken)]  # all first and in one order
    _refuse_changed(cases, spoken, community_id, year)
    for case in sorted(cases, key=lambda one: name_sort_key(name_of(one))):
        said = check_said(spoken[case.id].said, details, name_of(case), case.id.hex)
        db.add(_result(meeting, case, said))
        if not (said.outcome is Outcome.OBJECTED and case.state == State.OBJECTED):  # it stays what it was
            applications.move(
                db,
                case.id,
                STEPS[said.outcome],
                actor=actor,
                today=today,
                reason=said.reason,
                note=_note(meeting, said),
            )
    db.flush()
    counts = tally(spoken[case.id].said.outcome for case in cases)
    audit.append(
        db,
        "meeting.enter",
        ward_code=ward_code,
        account_id=actor.account_id,
        subject_kind="meeting",
        subject_id=meeting.id,
        detail={
            "community": str(community_id),
            "year": year,
            "present": details.present,
            "total": details.total,
            **{str(outcome): count for outcome, count in counts.items()},
        },
    )
    return meeting


def _columns(details: Details) -> dict[str, object]:
    return {
        "held_on": details.held_on,
        "venue": details.venue,
        "chair": details.chair,
        "secretary": details.secretary,
        "present": details.present,
        "total": details.total,
        "way": str(details.way),
        "note": details.note,
    }


def _says(db: Session, meeting: Meeting, columns: Mapping[str, object], spoken: Mapping[uuid.UUID, Spoken]) -> bool:
    """Whether the meeting that stands is the one that was sent."""
    rows = db.scalars(select(MeetingResult).where(MeetingResult.meeting_id == meeting.id))
    stands = {row.application_id: (row.outcome, row.reason) for row in rows}
    sent = {
        key: (
            str(one.said.outcome),
            (one.said.reason or "").strip() or None if one.said.outcome == "objected" else None,
        )
        for key, one in spoken.items()
    }
    return stands == sent and all(getattr(meeting, column) == value for column, value in columns.items())


def _refuse_changed(
    cases: list[Application], spoken: Mapping[uuid.UUID, Spoken], community_id: uuid.UUID, year: int
) -> None:
    if any(case.community_id != community_id or case.year != year or case.kind not in BY_COMMUNITY for case in cases):
        raise Forbidden(N_("Có hồ sơ không thuộc thôn, tổ này hoặc năm này. Chưa ghi gì."))
    changed = [
        name_of(case) for case in cases if case.version != spoken[case.id].version or State(case.state) not in SPOKEN_OF
    ]
    if changed:
        raise Conflict(
            N_("Hồ sơ vừa thay đổi: %(names)s. Chưa ghi kết quả của ai, mọi điều ông/bà đã ghi còn ở dưới."),
            names=", ".join(sorted(changed, key=name_sort_key)),
        )


def _result(meeting: Meeting, case: Application, said: Said) -> MeetingResult:
    name = name_of(case)
    return MeetingResult(
        meeting_id=meeting.id,
        application_id=case.id,
        name=name,
        sort_key=case.person.sort_key if case.person is not None else name_sort_key(name),
        self_total=case.self_total or 0,
        outcome=str(said.outcome),
        votes=said.votes,
        reason=said.reason,
    )


def _note(meeting: Meeting, said: Said) -> dict[str, object]:
    note: dict[str, object] = {"meeting": str(meeting.id), "held_on": meeting.held_on.isoformat()}
    if said.votes is not None:
        note |= {"votes": said.votes, "present": meeting.present}
    return note
