"""Who speaks for a group: the head of a clan or unit, and deputies whom a head named until a day."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups import queries
from xhht_citizen.groups.models import Mandate
from xhht_citizen.groups.rules import Group, Kind, last_mandate_day
from xhht_citizen.people.models import Person
from xhht_citizen.people.rules import is_adult


def kind_of(kind: Kind) -> str:
    """What a mandate calls the group: a unit is a unit, whoever manages it."""
    return "unit" if kind is Kind.AGENCY else str(kind)


def name_head(db: Session, group: Group, person_id: uuid.UUID, *, account_id: uuid.UUID | None, today: date) -> Mandate:
    """The clan or unit has another head from now on; the old one's row ends. Idempotent.

    An adult who belongs to the group: Invalid on `person_id`. Conflict when somebody else named another one at once.
    """
    _check(db, group, person_id, today)
    for row in _open(db, group):
        if row.part == "head" and row.person_id == person_id:
            return row
        if row.part == "head" or row.person_id == person_id:
            row.revoked_at, row.revoked_by = now(), account_id
    db.flush()
    return _grant(db, group, person_id, part="head", until=None, account_id=account_id)


def name_deputy(
    db: Session, group: Group, person_id: uuid.UUID, *, until: date | None, account_id: uuid.UUID | None, today: date
) -> Mandate:
    """Somebody of the group acts for its head until a day, at most the last of next year. Sent twice is once.

    Invalid on `person_id` or `until`; another day ends the old row and begins a new one.
    """
    _check(db, group, person_id, today)
    if until is None or until < today:
        raise Invalid(N_("Ghi ngày hết ủy quyền, từ hôm nay trở đi."), field="until")
    last = last_mandate_day(today)
    if until > last:
        raise Invalid(N_("Ủy quyền dài nhất đến ngày %(day)s."), field="until", day=f"{last:%d/%m/%Y}")
    if person_id in queries.heads(db, group.kind, group.id):
        raise Invalid(N_("Người này đang đứng đầu, không cần ủy quyền."), field="person_id")
    for row in _open(db, group):
        if row.person_id == person_id:
            if row.until == until:
                return row
            row.revoked_at, row.revoked_by = now(), account_id
    db.flush()
    return _grant(db, group, person_id, part="deputy", until=until, account_id=account_id)


def revoke(db: Session, group: Group, mandate_id: uuid.UUID, *, account_id: uuid.UUID | None) -> bool:
    """The mandate ends at once. False when it had ended; NotFound when it is not this group's."""
    row = db.scalars(select(Mandate).where(Mandate.id == mandate_id).with_for_update()).one_or_none()
    if row is None or (row.kind, row.group_id) != (kind_of(group.kind), group.id):
        raise NotFound(N_("Không tìm thấy ủy quyền này."))
    if row.revoked_at is not None:
        return False
    _end(db, [row], account_id)
    return True


def end_of_person(db: Session, person_id: uuid.UUID, *, account_id: uuid.UUID | None, gone: bool) -> None:
    """The person speaks no longer for groups they do not belong to any more; `gone`: for none at all."""
    rows = db.scalars(
        select(Mandate)
        .where(Mandate.person_id == person_id, Mandate.revoked_at.is_(None))
        .order_by(Mandate.id)
        .with_for_update()
    ).all()
    _end(db, [row for row in rows if gone or not _belongs(db, row)], account_id)


def end_of_head(db: Session, household_id: uuid.UUID, person_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """Who is head of the household by now needs no mandate for it."""
    rows = db.scalars(
        select(Mandate)
        .where(
            Mandate.kind == "household",
            Mandate.group_id == household_id,
            Mandate.person_id == person_id,
            Mandate.revoked_at.is_(None),
        )
        .with_for_update()
    ).all()
    _end(db, list(rows), account_id)


def end_of_strangers(db: Session, kind: str, group_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """Who speaks for the group without belonging to it any more does so no longer."""
    rows = db.scalars(
        select(Mandate)
        .where(Mandate.kind == kind, Mandate.group_id == group_id, Mandate.revoked_at.is_(None))
        .order_by(Mandate.id)
        .with_for_update()
    ).all()
    _end(db, [row for row in rows if not _belongs(db, row)], account_id)


def _belongs(db: Session, row: Mandate) -> bool:
    return queries.belongs(db, Kind(row.kind), row.group_id, row.person_id)


def _check(db: Session, group: Group, person_id: uuid.UUID, today: date) -> None:
    person = db.get(Person, person_id)
    if (
        person is None
        or person.died_on is not None
        or not is_adult(person.birth_year, today.year)
        or not queries.belongs(db, group.kind, group.id, person_id)
    ):
        raise Invalid(N_("Chọn một người lớn thuộc nhóm này."), field="person_id")


def _open(db: Session, group: Group) -> list[Mandate]:
    return list(
        db.scalars(
            select(Mandate)
            .where(Mandate.kind == kind_of(group.kind), Mandate.group_id == group.id, Mandate.revoked_at.is_(None))
            .order_by(Mandate.id)
            .with_for_update()
        )
    )


def _grant(
    db: Session,
    group: Group,
    person_id: uuid.UUID,
    *,
    part: str,
    until: date | None,
    account_id: uuid.UUID | None,
) -> Mandate:
    made_id = new_id()
    made = insert_new(
        db,
        Mandate,
        id=made_id,
        ward_code=group.ward_code,
        kind=kind_of(group.kind),
        group_id=group.id,
        person_id=person_id,
        part=part,
        until=until,
        granted_at=now(),
        granted_by=account_id,
    )
    if not made:
        raise Conflict(N_("Có người vừa cử người khác cùng lúc. Xin xem lại ai đang đứng đầu."))
    row = db.get_one(Mandate, made_id)
    _say(db, f"mandate.{part}", row, account_id)
    return row


def _end(db: Session, rows: list[Mandate], account_id: uuid.UUID | None) -> None:
    for row in rows:
        row.revoked_at, row.revoked_by = now(), account_id
        _say(db, "mandate.revoke", row, account_id)
    db.flush()


def _say(db: Session, action: str, row: Mandate, account_id: uuid.UUID | None) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind=row.kind,
        subject_id=row.group_id,
        detail={"person": str(row.person_id), "part": row.part, "until": str(row.until) if row.until else None},
    )
