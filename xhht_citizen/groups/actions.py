"""Clans and units: founding, correcting, closing; branches of a clan. Callers bring the counts up to date."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups import requests
from xhht_citizen.groups.models import Clan, ClanBranch, ClanMembership, Mandate, Unit, UnitMembership
from xhht_citizen.groups.rules import Kind, UnitKind
from xhht_citizen.people.actions import check_place
from xhht_citizen.vietnamese import fold, nfc, sort_key


@dataclass(frozen=True)
class NewClan:
    """What is written down of a clan; `id` is made by the page, so that a form sent twice founds one."""

    ward_code: str
    community_id: uuid.UUID | None
    name: str
    note: str | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class NewUnit:
    """What is written down of a unit; `managed_by` is "commune" or "province"."""

    ward_code: str
    community_id: uuid.UUID | None
    name: str
    kind: str
    managed_by: str = "commune"
    id: uuid.UUID | None = None


def found_clan(db: Session, details: NewClan, *, account_id: uuid.UUID | None) -> Clan:
    """A new clan with its home ward. Idempotent by `id`; Invalid on `name` or `community_id`."""
    known = db.get(Clan, details.id) if details.id else None
    if known is not None and known.ward_code == details.ward_code:
        return known
    check_place(db, details.ward_code, details.community_id)
    clan = Clan(
        id=details.id if details.id and known is None else new_id(),
        ward_code=details.ward_code,
        community_id=details.community_id,
        note=nfc(details.note or "") or None,
        created_by=account_id,
        **_named(db, Clan, details.ward_code, details.name),
    )
    db.add(clan)
    db.flush()
    _say(db, "clan.found", Kind.CLAN, clan, account_id)
    return clan


def found_unit(db: Session, details: NewUnit, *, account_id: uuid.UUID | None) -> Unit:
    """A new unit with its home ward. Idempotent by `id`; Invalid on `name`, `kind`, `managed_by`, `community_id`."""
    known = db.get(Unit, details.id) if details.id else None
    if known is not None and known.ward_code == details.ward_code:
        return known
    _check_unit(details)
    check_place(db, details.ward_code, details.community_id)
    unit = Unit(
        id=details.id if details.id and known is None else new_id(),
        ward_code=details.ward_code,
        community_id=details.community_id,
        kind=details.kind,
        managed_by=details.managed_by,
        created_by=account_id,
        **_named(db, Unit, details.ward_code, details.name),
    )
    db.add(unit)
    db.flush()
    _say(db, "unit.found", Kind.UNIT, unit, account_id, unit_kind=unit.kind, managed_by=unit.managed_by)
    return unit


def correct_clan(db: Session, clan_id: uuid.UUID, details: NewClan, *, account_id: uuid.UUID | None) -> Clan:
    """Correct a clan's name, home community and note; its home ward stays."""
    clan = hold_clan(db, clan_id)
    check_place(db, clan.ward_code, details.community_id)
    named = _named(db, Clan, clan.ward_code, details.name, but=clan.id)
    clan.name, clan.sort_key, clan.search_key = named["name"], named["sort_key"], named["search_key"]
    clan.community_id, clan.note = details.community_id, nfc(details.note or "") or None
    db.flush()
    _say(db, "clan.edit", Kind.CLAN, clan, account_id)
    return clan


def correct_unit(db: Session, unit_id: uuid.UUID, details: NewUnit, *, account_id: uuid.UUID | None) -> Unit:
    """Correct a unit's name, kind, home community and who manages it; its home ward stays."""
    unit = hold_unit(db, unit_id)
    _check_unit(details)
    check_place(db, unit.ward_code, details.community_id)
    named = _named(db, Unit, unit.ward_code, details.name, but=unit.id)
    unit.name, unit.sort_key, unit.search_key = named["name"], named["sort_key"], named["search_key"]
    unit.community_id, unit.kind, unit.managed_by = details.community_id, details.kind, details.managed_by
    db.flush()
    _say(db, "unit.edit", Kind.UNIT, unit, account_id, unit_kind=unit.kind, managed_by=unit.managed_by)
    return unit


def close(db: Session, group: Clan | Unit, *, account_id: uuid.UUID | None) -> None:
    """The group is no more: who belonged to it, spoke for it or waited at its door does so no longer. Idempotent."""
    if group.closed_at is not None:
        return
    group.closed_at = now()
    ended = {"revoked_at": now(), "revoked_by": account_id}
    belonging: type[ClanMembership | UnitMembership]
    of_group: ColumnElement[bool]
    if isinstance(group, Clan):
        kind, belonging, of_group = Kind.CLAN, ClanMembership, ClanMembership.clan_id == group.id
    else:
        kind, belonging, of_group = Kind.UNIT, UnitMembership, UnitMembership.unit_id == group.id
    db.execute(update(belonging).where(of_group, belonging.revoked_at.is_(None)).values(**ended))
    spoke = (Mandate.kind == str(kind), Mandate.group_id == group.id, Mandate.revoked_at.is_(None))
    db.execute(update(Mandate).where(*spoke).values(**ended))
    requests.withdraw_all(db, group_id=group.id, account_id=account_id)
    db.flush()
    _say(db, f"{kind}.close", kind, group, account_id)


def add_branch(
    db: Session, clan_id: uuid.UUID, name: str, *, account_id: uuid.UUID | None, branch_id: uuid.UUID | None = None
) -> ClanBranch:
    """A new branch (chi) of the clan, last in its list. Idempotent by `branch_id`; Invalid on `name`."""
    clan = hold_clan(db, clan_id)
    known = db.get(ClanBranch, branch_id) if branch_id else None
    if known is not None and known.clan_id == clan_id:
        return known
    branch = ClanBranch(
        id=branch_id if branch_id and known is None else new_id(),
        clan_id=clan_id,
        name=_branch_name(db, clan_id, name),
        position=db.scalars(
            select(func.coalesce(func.max(ClanBranch.position), 0)).where(ClanBranch.clan_id == clan_id)
        ).one()
        + 1,
    )
    db.add(branch)
    db.flush()
    _say(db, "clan.branch", Kind.CLAN, clan, account_id, branch=str(branch.id))
    return branch


def rename_branch(
    db: Session, clan_id: uuid.UUID, branch_id: uuid.UUID, name: str, *, account_id: uuid.UUID | None
) -> ClanBranch:
    """Another name for a branch of the clan. NotFound, or Invalid on `name`."""
    clan = hold_clan(db, clan_id)
    branch = db.get(ClanBranch, branch_id)
    if branch is None or branch.clan_id != clan_id:
        raise NotFound(N_("Không tìm thấy chi này trong dòng họ."))
    branch.name = _branch_name(db, clan_id, name, but=branch_id)
    db.flush()
    _say(db, "clan.branch", Kind.CLAN, clan, account_id, branch=str(branch.id))
    return branch


def hold_clan(db: Session, clan_id: uuid.UUID) -> Clan:
    """The clan as it stands now, held until the commit. NotFound; Conflict when it is closed."""
    clan = db.scalars(
        select(Clan).where(Clan.id == clan_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if clan is None:
        raise NotFound(N_("Không tìm thấy dòng họ này."))
    if clan.closed_at is not None:
        raise Conflict(N_("Dòng họ này đã đóng, không còn nhận việc mới."))
    return clan


def hold_unit(db: Session, unit_id: uuid.UUID) -> Unit:
    """The unit as it stands now, held until the commit. NotFound; Conflict when it is closed."""
    unit = db.scalars(
        select(Unit).where(Unit.id == unit_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if unit is None:
        raise NotFound(N_("Không tìm thấy đơn vị này."))
    if unit.closed_at is not None:
        raise Conflict(N_("Đơn vị này đã đóng, không còn nhận việc mới."))
    return unit


def _named(
    db: Session, model: type[Clan | Unit], ward_code: str, text: str, *, but: uuid.UUID | None = None
) -> dict[str, str]:
    """The name with its keys; two open ones of a ward are not called the same."""
    name = nfc(text)
    if not 2 <= len(name) <= 120:
        raise Invalid(N_("Ghi tên từ 2 đến 120 chữ."), field="name")
    same = select(model.id).where(
        model.ward_code == ward_code, model.search_key == fold(name), model.closed_at.is_(None), model.id != but
    )
    if db.scalars(same.limit(1)).first() is not None:
        raise Invalid(
            N_("Phường, xã đã có tên này. Xin ghi thêm cho khác, ví dụ tên làng hoặc tên thôn, tổ."), field="name"
        )
    return {"name": name, "sort_key": sort_key(name), "search_key": fold(name)}


def _branch_name(db: Session, clan_id: uuid.UUID, text: str, *, but: uuid.UUID | None = None) -> str:
    name = nfc(text)
    if not 1 <= len(name) <= 120:
        raise Invalid(N_("Ghi tên chi, ví dụ Chi trưởng."), field="name")
    others = db.execute(select(ClanBranch.id, ClanBranch.name).where(ClanBranch.clan_id == clan_id))
    if any(fold(name) == fold(other) and key != but for key, other in others):
        raise Invalid(N_("Dòng họ đã có chi mang tên này."), field="name")
    return name


def _check_unit(details: NewUnit) -> None:
    if details.kind not in [*UnitKind]:
        raise Invalid(N_("Chọn loại đơn vị."), field="kind")
    if details.managed_by not in {"commune", "province"}:
        raise Invalid(N_("Chọn cấp quản lý."), field="managed_by")


def _say(
    db: Session, action: str, kind: Kind, group: Clan | Unit, account_id: uuid.UUID | None, **detail: object
) -> None:
    audit.append(
        db,
        action,
        ward_code=group.ward_code,
        account_id=account_id,
        subject_kind=str(kind),
        subject_id=group.id,
        detail=detail,
    )
