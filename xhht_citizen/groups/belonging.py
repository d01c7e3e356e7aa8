"""Entering and leaving clans and units. Callers bring the counts up to date, and hold the group first."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups import mandates
from xhht_citizen.groups.models import Clan, ClanBranch, ClanMembership, Unit, UnitMembership
from xhht_citizen.groups.rules import Part, Side, UnitKind
from xhht_citizen.people.models import Household, Person


def enter_clan(
    db: Session,
    clan: Clan,
    household_id: uuid.UUID,
    *,
    side: str,
    account_id: uuid.UUID | None,
    branch_id: uuid.UUID | None = None,
) -> ClanMembership:
    """The household is of the clan from now on, on one side. Idempotent.

    Conflict when it is of it on the other side, or has another clan on this one; Invalid on `side` or `branch_id`.
    """
    if side not in [*Side]:
        raise Invalid(N_("Chọn họ nội hoặc họ ngoại."), field="side")
    if branch_id is not None:
        branch = db.get(ClanBranch, branch_id)
        if branch is None or branch.clan_id != clan.id:
            raise Invalid(N_("Chi này không thuộc dòng họ đã chọn."), field="branch_id")
    if db.get(Household, household_id) is None:
        raise NotFound(N_("Không tìm thấy hộ này."))
    # One statement, so that of two at once the second one sees the first one's row, whichever index says no.
    made = insert_new(
        db,
        ClanMembership,
        id=new_id(),
        ward_code=clan.ward_code,
        clan_id=clan.id,
        household_id=household_id,
        branch_id=branch_id,
        side=side,
        granted_at=now(),
        granted_by=account_id,
    )
    row = db.scalars(
        select(ClanMembership).where(
            ClanMembership.clan_id == clan.id,
            ClanMembership.household_id == household_id,
            ClanMembership.revoked_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise Conflict(
            N_("Hộ đã thuộc một dòng họ khác ở bên nội. Muốn đổi, hộ cần rời dòng họ ấy trước.")
            if side == Side.FATHER
            else N_("Hộ đã thuộc một dòng họ khác ở bên ngoại. Muốn đổi, hộ cần rời dòng họ ấy trước.")
        )
    if row.side != side:
        raise Conflict(N_("Hộ đã thuộc dòng họ này ở bên kia."))
    if made:
        _say(db, "clan.enter", clan, account_id, {"household": str(household_id), "side": side})
    return row


def leave_clan(db: Session, clan: Clan, household_id: uuid.UUID, *, account_id: uuid.UUID | None) -> bool:
    """The household is of the clan no longer, and its people speak for it no longer. False: it was not of it."""
    row = db.scalars(
        select(ClanMembership)
        .where(
            ClanMembership.clan_id == clan.id,
            ClanMembership.household_id == household_id,
            ClanMembership.revoked_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    row.revoked_at, row.revoked_by = now(), account_id
    db.flush()
    mandates.end_of_strangers(db, "clan", clan.id, account_id=account_id)
    _say(db, "clan.leave", clan, account_id, {"household": str(household_id)})
    return True


def enter_unit(
    db: Session, unit: Unit, person_id: uuid.UUID, *, part: str, account_id: uuid.UUID | None
) -> UnitMembership:
    """The person works or learns in the unit from now on. Idempotent; another part ends the row of the old one.

    Conflict for somebody who died; Invalid on `part`: only a school has learners.
    """
    if part not in [*Part] or (part == Part.LEARNER and unit.kind != UnitKind.SCHOOL):
        raise Invalid(N_("Chọn người làm việc; người học chỉ có ở trường học."), field="part")
    person = db.get(Person, person_id)
    if person is None:
        raise NotFound(N_("Không tìm thấy người này."))
    if person.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
    known = _open(db, unit.id, person_id)
    if known is not None and known.part != part:
        known.revoked_at, known.revoked_by = now(), account_id
        db.flush()
    made = insert_new(
        db,
        UnitMembership,
        id=new_id(),
        ward_code=unit.ward_code,
        unit_id=unit.id,
        person_id=person_id,
        part=part,
        granted_at=now(),
        granted_by=account_id,
    )
    row = _open(db, unit.id, person_id)
    if row is None or row.part != part:
        raise Conflict(N_("Có người vừa ghi người này vào đơn vị theo cách khác. Xin xem lại."))
    if made:
        _say(db, "unit.enter", unit, account_id, {"person": str(person_id), "part": part})
    return row


def leave_unit(db: Session, unit: Unit, person_id: uuid.UUID, *, account_id: uuid.UUID | None) -> bool:
    """The person is of the unit no longer, and speaks for it no longer. False: they were not of it."""
    row = _open(db, unit.id, person_id)
    if row is None:
        return False
    row.revoked_at, row.revoked_by = now(), account_id
    db.flush()
    mandates.end_of_strangers(db, "unit", unit.id, account_id=account_id)
    _say(db, "unit.leave", unit, account_id, {"person": str(person_id)})
    return True


def _open(db: Session, unit_id: uuid.UUID, person_id: uuid.UUID) -> UnitMembership | None:
    return db.scalars(
        select(UnitMembership)
        .where(
            UnitMembership.unit_id == unit_id,
            UnitMembership.person_id == person_id,
            UnitMembership.revoked_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()


def _say(db: Session, action: str, group: Clan | Unit, account_id: uuid.UUID | None, detail: dict[str, object]) -> None:
    audit.append(
        db,
        action,
        ward_code=group.ward_code,
        account_id=account_id,
        subject_kind="clan" if isinstance(group, Clan) else "unit",
        subject_id=group.id,
        detail=detail,
    )
