"""Activities: written down, their lists kept, confirmed into evidence, and what follows when any of it changes.

Every action locks the activity's row first, then persons, then evidence in the order of its ids: whoever sends a case
holds the case and then the evidence, so that the two never wait for each other.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.activities import queries
from xhht_citizen.activities.making import Followed, follow, make_evidence, take_off
from xhht_citizen.activities.models import Activity, Attendance
from xhht_citizen.activities.rules import (
    MAX_AT_ONCE,
    Plan,
    Way,
    check_plan,
    closing_time,
    is_open,
    plain_code,
)
from xhht_citizen.clock import VIETNAM
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.notices.actions import tell
from xhht_citizen.people.models import Person
from xhht_citizen.people.rules import CODE_ALPHABET, adult_born_by
from xhht_citizen.vietnamese import nfc

NOBODY: frozenset[uuid.UUID] = frozenset()
COUNTS = ("kind", "held_on", "minutes", "indicators")  # what evidence of an activity is worth follows from these


@dataclass(frozen=True)
class Put:
    """What came of putting people on a list: new ones, those who stood there, ids of nobody who may; `pending` of new
    have no evidence yet."""

    new: int
    before: int
    strangers: int
    pending: int


def plan(
    db: Session,
    activity_id: uuid.UUID,
    details: Plan,
    *,
    ward_code: str,
    community_id: uuid.UUID | None,
    known: frozenset[str],
    account_id: uuid.UUID,
    today: date,
) -> Activity:
    """Write an activity down; a form sent twice is one. `known` are the codes of the indicators there are."""
    check_plan(details, today, known)
    columns = {"ward_code": ward_code, "community_id": community_id, **_columns(details)}
    made = insert_new(
        db,
        Activity,
        id=activity_id,
        code="".join(secrets.choice(CODE_ALPHABET) for _ in range(10)),
        version=1,
        created_at=now(),
        created_by=account_id,
        **columns,
    )
    row = _lock(db, activity_id)
    if not made:
        if any(getattr(row, column) != value for column, value in columns.items()):
            raise Conflict(N_("Trang này đã được lưu với nội dung khác. Xin mở lại danh sách rồi sửa ở đó."))
        return row
    _audit(db, "activity.plan", row, account_id, {"kind": row.kind})
    return row


def change(
    db: Session,
    activity_id: uuid.UUID,
    details: Plan,
    *,
    version: int,
    known: frozenset[str],
    account_id: uuid.UUID,
    spared: Collection[uuid.UUID] = NOBODY,
    today: date,
) -> Followed:
    """Correct an activity; evidence made from its list follows, but for what is in cases that were sent.

    An indicator somebody took off their own evidence stays off: only what is new or gone here is put on or taken off.
    What counts is somebody else's to correct once `spared`, the account's own household and whom it acts for, have
    evidence of it.
    """
    check_plan(details, today, known)
    row = _live(db, activity_id)
    if row.version != version:
        raise Conflict(N_("Buổi này vừa được sửa ở nơi khác. Xin xem lại rồi sửa tiếp."))
    if row.confirmed_at is not None and details.held_on > today:
        raise Invalid(N_("Danh sách đã xác nhận, nên ngày tổ chức không thể sau hôm nay."), field="held_on")
    before, columns = frozenset(row.indicators), _columns(details)
    if any(getattr(row, column) != columns[column] for column in COUNTS) and queries.with_evidence(db, row.id, spared):
        raise Conflict(
            N_(
                "Trong danh sách đã xác nhận có ông/bà, người trong hộ hoặc người ông/bà làm thay, nên loại, ngày, số "
                "giờ và chỉ số xin nhờ cán bộ khác sửa."
            )
        )
    for column, value in columns.items():
        setattr(row, column, value)
    row.version += 1
    db.flush()
    followed = follow(db, row, added=details.indicators - before, removed=before - details.indicators)
    _audit(db, "activity.change", row, account_id, {"changed": followed.changed, "locked": followed.locked})
    return followed


def put(
    db: Session,
    activity_id: uuid.UUID,
    person_ids: Collection[uuid.UUID],
    *,
    way: Way,
    account_id: uuid.UUID,
    spared: Collection[uuid.UUID] = NOBODY,
    today: date,
) -> Put:
    """Put adults of the place on the list; after its confirmation they have evidence at once.

    `spared` are the account's own household and whom it acts for: others confirm them. Who lives elsewhere is
    not put on.
    """
    if len(person_ids) > MAX_AT_ONCE:
        raise Invalid(N_("Mỗi lần ghi không quá %(most)s người."), most=MAX_AT_ONCE)
    row = _live(db, activity_id)
    rows = queries.adults(db, queries.scope_of(row), row.id, ids=set(person_ids))
    fresh = sorted(one.person_id for one in rows if not one.there)
    _add(db, row, fresh, way, account_id)
    pending = set(fresh) & set(spared) if row.confirmed_at else set(fresh)
    if row.confirmed_at is not None:
        make_evidence(db, row, [one for one in fresh if one not in pending], account_id)
    if fresh:
        _audit(db, "activity.put", row, account_id, {"people": [one.hex for one in fresh], "way": str(way)})
    return Put(len(fresh), len(rows) - len(fresh), len(set(person_ids)) - len(rows), len(pending))


def confirm(
    db: Session,
    activity_id: uuid.UUID,
    *,
    seen: int,
    account_id: uuid.UUID,
    spared: Collection[uuid.UUID] = NOBODY,
    today: date,
) -> int:
    """Confirm everybody on the list who has no evidence yet: each gets one piece. Returns how many; twice is once.

    `seen` is how many the page spelled out: Conflict when the list has changed since. `spared`, the account's own
    household and whom it acts for, stay for somebody else to confirm.
    """
    row = _live(db, activity_id)
    if row.held_on > today:
        raise Invalid(N_("Buổi này chưa diễn ra nên chưa xác nhận ai được."))
    waiting = db.scalars(
        select(Attendance.person_id)
        .where(Attendance.activity_id == row.id, Attendance.evidence_id.is_(None))
        .order_by(Attendance.person_id)
    ).all()
    ready = [one for one in waiting if one not in set(spared)]
    if not ready and (row.confirmed_at is not None or not waiting):
        return 0
    if not ready:
        raise Conflict(
            N_("Danh sách chỉ có ông/bà, người trong hộ hoặc người ông/bà làm thay. Xin nhờ cán bộ khác xác nhận.")
        )
    if len(ready) != seen:
        raise Conflict(N_("Danh sách vừa có thay đổi. Xin xem lại rồi xác nhận."))
    make_evidence(db, row, ready, account_id)
    if row.confirmed_at is None:
        row.confirmed_at, row.confirmed_by = now(), account_id
    row.version += 1
    db.flush()
    _audit(
        db,
        "activity.confirm",
        row,
        account_id,
        {"count": len(ready), "left": len(waiting) - len(ready), "people": [one.hex for one in ready]},
    )
    return len(ready)


def strike(db: Session, activity_id: uuid.UUID, person_ids: Collection[uuid.UUID], *, account_id: uuid.UUID) -> int:
    """Take people off the list, their evidence with them; all of them or nobody. Returns how many stood there.

    Conflict, naming them, for those whose evidence is in a case that was sent.
    """
    row = _live(db, activity_id)
    struck = take_off(db, row, set(person_ids))
    if struck:
        _audit(db, "activity.strike", row, account_id, {"people": [one.hex for one in struck]})
    return len(struck)


def cancel(db: Session, activity_id: uuid.UUID, *, account_id: uuid.UUID) -> int:
    """The activity never was: nobody has evidence of it. Conflict, naming them, while some of it is in sent cases."""
    row = _lock(db, activity_id)
    if row.cancelled_at is not None:
        return 0
    struck = take_off(db, row, None)
    row.cancelled_at, row.open_until = now(), None
    row.version += 1
    db.flush()
    _audit(db, "activity.cancel", row, account_id, {"people": [one.hex for one in struck]})
    return len(struck)


def open_door(db: Session, activity_id: uuid.UUID, until: str, *, account_id: uuid.UUID, today: date) -> Activity:
    """Let residents scan the code at the door until a time of this day; on the activity's own day only."""
    row = _live(db, activity_id)
    if row.held_on != today:
        raise Invalid(N_("Chỉ mở mã vào đúng ngày tổ chức, %(day)s."), field="until", day=f"{row.held_on:%d/%m/%Y}")
    closes = datetime.combine(today, closing_time(until), VIETNAM)
    if closes <= now():
        raise Invalid(N_("Giờ đóng phải sau lúc này."), field="until")
    if row.open_until != closes:
        row.open_until = closes
        db.flush()
        _audit(db, "activity.open_door", row, account_id, {"until": closes.isoformat()})
    return row


def close_door(db: Session, activity_id: uuid.UUID, *, account_id: uuid.UUID) -> None:
    """No more scanning."""
    row = _live(db, activity_id)
    if row.open_until is not None:
        row.open_until = None
        db.flush()
        _audit(db, "activity.close_door", row, account_id, {})


def attend(db: Session, code: str, person_id: uuid.UUID, *, account_id: uuid.UUID, today: date) -> Activity:
    """A resident of the ward says at the door that they are there; the organiser confirms them. Twice is once."""
    asked = queries.by_code(db, plain_code(code))
    if asked is None:
        raise NotFound(N_("Không có buổi nào mang mã này. Xin xem lại mã ở cửa."))
    row = _live(db, asked.id)
    person = db.get_one(Person, person_id)
    if queries.attendance(db, row.id, person_id) is not None:
        return row
    if not is_open(row.held_on, row.open_until, now(), today):
        raise Conflict(N_("Mã chưa mở, hoặc đã hết giờ. Xin nhờ người tổ chức ghi tên vào danh sách."))
    if person.birth_year > adult_born_by(row.held_on.year):
        raise Conflict(N_("Danh hiệu Công dân học tập dành cho người từ 18 tuổi trong năm xét."))
    if not queries.lives_in_ward(db, person_id, row.ward_code):
        raise Conflict(
            N_("Buổi này của phường, xã khác nơi ông/bà ở. Ông/bà vẫn tự ghi được vào mục Việc học của mình.")
        )
    _add(db, row, [person_id], Way.SCANNED, account_id)
    _audit(db, "activity.attend", row, account_id, {"people": [person_id.hex], "way": str(Way.SCANNED)})
    return row


def not_there(db: Session, activity_id: uuid.UUID, person_id: uuid.UUID, *, account_id: uuid.UUID) -> bool:
    """Somebody says they did not attend: off the list, evidence gone, the organiser told. False: was not on it.

    Conflict while the evidence is in a case that was sent.
    """
    row = _lock(db, activity_id)
    if not take_off(db, row, {person_id}):
        return False
    _audit(db, "activity.not_there", row, account_id, {"people": [person_id.hex]})
    keeper = row.confirmed_by or row.created_by
    if keeper is not None and keeper != account_id:
        tell(
            db,
            "activity.not_there",
            once=f"not_there:{row.id}:{person_id}:{new_id()}",
            account_id=keeper,
            ward_code=row.ward_code,
            path=f"/hoat-dong/{row.id}",
            who=db.get_one(Person, person_id).name,
            name=row.name,
            day=f"{row.held_on:%d/%m/%Y}",
        )
    return True


def _lock(db: Session, activity_id: uuid.UUID) -> Activity:
    row = db.scalars(
        select(Activity).where(Activity.id == activity_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("Không tìm thấy buổi này."))
    return row


def _live(db: Session, activity_id: uuid.UUID) -> Activity:
    row = _lock(db, activity_id)
    if row.cancelled_at is not None:
        raise Conflict(N_("Buổi này đã hủy."))
    return row


def _columns(details: Plan) -> dict[str, Any]:
    return {
        "kind": details.kind,
        "name": nfc(details.name),
        "provider": nfc(details.provider or "") or None,
        "held_on": details.held_on,
        "minutes": details.minutes,
        "indicators": sorted(details.indicators),
        "note": (details.note or "").strip() or None,
    }


def _add(db: Session, row: Activity, people: list[uuid.UUID], way: Way, account_id: uuid.UUID) -> None:
    if people:
        made = {"activity_id": row.id, "way": str(way), "marked_at": now(), "marked_by": account_id}
        db.execute(insert(Attendance), [{**made, "person_id": one, "evidence_id": None} for one in people])


def _audit(db: Session, action: str, row: Activity, account_id: uuid.UUID, detail: dict[str, object]) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="activity",
        subject_id=row.id,
        detail=detail,
    )
