"""Mandate slips: a person asks for help by a code, and whoever they give it to takes the mandate over, once.

The slip is locked after the person and before the helper's row. It stands for the person's own word, given in the app:
the mandate is one like any other, and whoever may not be named may not take it either.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid, NotFound
from xhht_citizen.helping import acting, queries
from xhht_citizen.helping.codes import (
    MANDATE_DAYS,
    MANDATE_GROUPS,
    MANDATE_REFUSED,
    MOST_MANDATE_SLIPS,
    Standing,
    mandate_code,
    mandate_hash,
    normal_code,
)
from xhht_citizen.helping.models import Helper, MandateSlip
from xhht_citizen.helping.rules import check_acts, check_until, in_order, read_acts
from xhht_citizen.people.actions import hold_person
from xhht_citizen.people.models import Account

UNKNOWN = N_("Không tìm thấy mã này. Xin xem lại từng chữ và số, hoặc hỏi lại người nhờ.")
OWN = N_("Đây là mã ông/bà làm để nhờ người khác. Xin đưa mã cho người sẽ giúp.")
NOT_FOUND = N_("Không tìm thấy mã nhờ giúp này.")
TOO_MANY = N_("Đang có %(most)s mã chưa ai nhận. Xin hủy bớt một mã rồi làm mã mới.")
GONE = N_("Người nhờ đã qua đời nên không nhận giúp được nữa.")


@dataclass(frozen=True)
class Wish:
    """In what somebody shall act, and until when."""

    acts: Iterable[str]
    until: date | None


def make(
    db: Session, person_id: uuid.UUID, wish: Wish, *, slip_id: uuid.UUID, account_id: uuid.UUID, key: str, today: date
) -> MandateSlip:
    """A slip whose code may be given to one helper. Sent twice (same `slip_id`) is once.

    Invalid on `acts` or `until`; Conflict when too many are open, or for somebody who died.
    """
    acts, until = check_acts(wish.acts), check_until(wish.until, today)
    person = hold_person(db, person_id)
    if person.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
    known = db.get(MandateSlip, slip_id)
    if known is not None and known.person_id != person_id:
        raise Forbidden(N_("Không lưu được: mã của biểu mẫu đã thuộc về người khác."))
    if known is not None:
        return known
    if len(queries.mandate_slips(db, person_id, usable=True)) >= MOST_MANDATE_SLIPS:
        raise Conflict(TOO_MANY, most=MOST_MANDATE_SLIPS)
    at = now()
    insert_new(
        db,
        MandateSlip,
        id=slip_id,
        ward_code=person.ward_code,
        person_id=person_id,
        acts=[str(act) for act in acts],
        until=until,
        code_hash=mandate_hash(mandate_code(slip_id, key), key),
        made_at=at,
        made_by=account_id,
        expires_at=at + timedelta(days=MANDATE_DAYS),
    )
    row = db.get_one(MandateSlip, slip_id)
    _say(db, "mandate.ask", row, account_id, {"acts": row.acts, "until": str(until)})
    return row


def revoke(db: Session, slip_id: uuid.UUID, *, account_id: uuid.UUID) -> bool:
    """The code opens nothing any more. False when that was so before; Conflict when somebody took it over."""
    row = _lock(db, slip_id)
    if row is None:
        raise NotFound(NOT_FOUND)
    if row.used_at is not None:
        raise Conflict(N_("Mã này đã có người nhận. Muốn thôi, xin mở Ai được làm thay tôi và bấm nút ở tên người ấy."))
    if row.revoked_at is not None:
        return False
    row.revoked_at = now()
    db.flush()
    _say(db, "mandate.cancel", row, account_id, {})
    return True


def find(db: Session, text: str, *, key: str, account_id: uuid.UUID) -> MandateSlip:
    """The slip of a code as it was typed, while this account may take it over. Invalid on `code`; uses nothing up."""
    code = normal_code(text, MANDATE_GROUPS)
    row = queries.mandate_slip_by_hash(db, mandate_hash(code, key)) if code else None
    if row is None:
        raise Invalid(UNKNOWN, field="code")
    account = db.get_one(Account, account_id)
    if account.person_id == row.person_id or row.made_by == account_id:
        raise Invalid(OWN, field="code")
    standing = queries.standing_of(row)
    if standing is not Standing.OPEN and not (standing is Standing.USED and row.used_by == account_id):
        raise Invalid(MANDATE_REFUSED[standing], field="code")
    if row.person.died_on is not None:
        raise Invalid(GONE, field="code")
    return row


def take(db: Session, text: str, *, key: str, account_id: uuid.UUID, today: date) -> Helper:
    """The account is the person's helper from now on, for what the slip says. Sent twice is once. Invalid on `code`."""
    found = find(db, text, key=key, account_id=account_id)
    person = hold_person(db, found.person_id)
    _lock(db, found.id)
    row = find(db, text, key=key, account_id=account_id)
    if row.helper_id is not None:
        return db.get_one(Helper, row.helper_id)
    if row.until < today:
        raise Invalid(MANDATE_REFUSED[Standing.EXPIRED], field="code")
    acts = in_order(read_acts(row.acts))
    what = acting.Mandate(acts, row.until, None, row.made_by)
    helper = acting.grant(db, person, db.get_one(Account, account_id), what, new_id(), account_id=account_id)
    row.used_at, row.used_by, row.helper_id = now(), account_id, helper.id
    db.flush()
    _say(db, "mandate.take", row, account_id, {"row": str(helper.id)})
    return helper


def _lock(db: Session, slip_id: uuid.UUID) -> MandateSlip | None:
    """The slip as it stands now, held until the commit."""
    locked = select(MandateSlip).where(MandateSlip.id == slip_id).with_for_update()
    return db.scalars(locked.execution_options(populate_existing=True)).one_or_none()


def _say(db: Session, action: str, row: MandateSlip, account_id: uuid.UUID, detail: dict[str, object]) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=row.person_id,
        detail={"slip": str(row.id), **detail},
    )
