"""What a place says of itself: official totals with their source, targets of its own. Superseded, never edited."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.ratios.models import WARD, DeclaredTotal, PlaceTarget
from xhht_citizen.ratios.rules import DECLARABLE
from xhht_citizen.ratios.targets import check_target
from xhht_citizen.vietnamese import nfc

MOST = 100_000_000  # more people than any province has: a slip of the finger, not a total


def declare(
    db: Session,
    ward_code: str,
    community_id: uuid.UUID | None,
    kind: str,
    year: int,
    *,
    total: int,
    source: str,
    account_id: uuid.UUID | None,
    declared_id: uuid.UUID | None = None,
) -> DeclaredTotal:
    """Enter the official total of a ward (no community) or a community for a year; the one before stays, superseded.

    The same number from the same source again, or a form sent twice, changes nothing. Invalid on `total`, `source`,
    `kind` or `community_id`; Conflict when somebody else enters one at this moment.
    """
    source = nfc(source)
    if kind not in DECLARABLE:
        raise Invalid(N_("Xin chọn một mục trong danh sách."), field="kind")
    if not 0 <= total <= MOST:
        raise Invalid(N_("Ghi một số nguyên bằng chữ số, ví dụ 30."), field="total")
    if not source:
        raise Invalid(N_("Ghi nguồn của con số, ví dụ Niên giám thống kê 2025 hoặc Công văn 12/UBND."), field="source")
    if community_id is not None:
        community = db.get(Community, community_id)
        if community is None or community.ward_code != ward_code:
            raise Invalid(N_("Thôn, tổ này không thuộc phường, xã đã chọn."), field="community_id")
    key = community_id or WARD
    sent = db.get(DeclaredTotal, declared_id) if declared_id is not None else None
    if sent is not None:
        if (sent.ward_code, sent.community_id, sent.kind, sent.year) != (ward_code, key, kind, year):
            raise Conflict(N_("Biểu này đã gửi rồi. Xin mở lại trang để ghi tiếp."))
        if (sent.total, sent.source) == (total, source):
            return sent
        declared_id = None  # the way back in the browser, and another number
    standing = db.scalars(
        select(DeclaredTotal)
        .where(
            DeclaredTotal.ward_code == ward_code,
            DeclaredTotal.community_id == key,
            DeclaredTotal.kind == kind,
            DeclaredTotal.year == year,
            DeclaredTotal.superseded_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if standing is not None:
        if (standing.total, standing.source) == (total, source):
            return standing
        standing.superseded_at = now()
        db.flush()
    row_id = declared_id or new_id()
    made = insert_new(
        db,
        DeclaredTotal,
        id=row_id,
        ward_code=ward_code,
        community_id=key,
        kind=kind,
        year=year,
        total=total,
        source=source,
        entered_by=account_id,
        entered_at=now(),
        superseded_at=None,
    )
    if not made:
        raise Conflict(N_("Vừa có người ghi con số này. Xin xem lại rồi ghi tiếp."))
    audit.append(
        db,
        "total.declare",
        ward_code=ward_code,
        account_id=account_id,
        subject_kind="declared_total",
        subject_id=row_id,
        detail={"community": str(community_id) if community_id else None, "kind": kind, "year": year, "total": total},
    )
    return db.get_one(DeclaredTotal, row_id)


def set_target(
    db: Session,
    place_code: str,
    measure: str,
    year: int,
    *,
    hundredths: int,
    act: str,
    account_id: uuid.UUID | None,
    target_id: uuid.UUID | None = None,
) -> PlaceTarget:
    """A province's (2 digits) or ward's (5) own target; the one before stays, superseded. Sent twice it is one.

    Invalid on `measure`, `year`, `percent`, `act` or `place`; Conflict when somebody else sets one at this moment.
    """
    act = nfc(act)
    check_target(measure, year, hundredths, act)
    _place(db, place_code)
    sent = db.get(PlaceTarget, target_id) if target_id is not None else None
    if sent is not None:
        if (sent.place_code, sent.measure, sent.year, sent.hundredths, sent.act) == (
            place_code, measure, year, hundredths, act,
        ):  # fmt: skip
            return sent
        target_id = None  # the way back in the browser, and another target
    standing = db.scalars(
        select(PlaceTarget)
        .where(
            PlaceTarget.place_code == place_code,
            PlaceTarget.measure == measure,
            PlaceTarget.year == year,
            PlaceTarget.superseded_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if standing is not None:
        if (standing.hundredths, standing.act) == (hundredths, act):
            return standing
        standing.superseded_at = now()
        db.flush()
    row_id = target_id or new_id()
    made = insert_new(
        db,
        PlaceTarget,
        id=row_id,
        place_code=place_code,
        measure=measure,
        year=year,
        hundredths=hundredths,
        act=act,
        entered_by=account_id,
        entered_at=now(),
        superseded_at=None,
    )
    if not made:
        raise Conflict(N_("Vừa có người đặt mục tiêu này. Xin xem lại rồi đặt tiếp."))
    row = db.get_one(PlaceTarget, row_id)
    _audit_target(db, "target.set", row, account_id)
    return row


def end_target(db: Session, target_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """A place's own target holds no more; it stays on record. Twice changes nothing."""
    row = db.scalars(
        select(PlaceTarget)
        .where(PlaceTarget.id == target_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.superseded_at is None:
        row.superseded_at = now()
        db.flush()
        _audit_target(db, "target.end", row, account_id)


def _place(db: Session, place_code: str) -> None:
    if db.get(Province if len(place_code) == 2 else Commune, place_code) is None:
        raise Invalid(N_("Không có địa bàn mã %(code)s."), field="place", code=place_code)


def _audit_target(db: Session, action: str, row: PlaceTarget, account_id: uuid.UUID | None) -> None:
    audit.append(
        db,
        action,
        ward_code=row.place_code if len(row.place_code) == 5 else None,
        account_id=account_id,
        subject_kind="place_target",
        subject_id=row.id,
        detail={"place": row.place_code, "measure": row.measure, "year": row.year, "hundredths": row.hundredths},
    )
