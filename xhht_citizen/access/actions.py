"""Granting and revoking roles."""

from __future__ import annotations

import re
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.queries import own_officers
from xhht_citizen.access.rules import Role
from xhht_citizen.access.standing_in import StandsIn
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.people.models import Account
from xhht_citizen.people.queries import account_by_login
from xhht_citizen.people.rules import normal_login
from xhht_citizen.places.models import Commune, Community, Province


def grant_role(
    db: Session,
    account_id: uuid.UUID,
    role: Role,
    *,
    place_code: str = "",
    community_id: uuid.UUID | None = None,
    granted_by: uuid.UUID | None = None,
    stands_in: StandsIn | None = None,
) -> bool:
    """Grant a role in a place; False when it is held already.

    `stands_in`: a ward role held for an association the ward does not have. Invalid on `stands_in` for another role.

    `place_code` is a commune code for ward roles and community heads, a province code for a province officer,
    empty for an administrator. Invalid on `place_code`, `community_id` or `account`.
    """
    if db.get(Account, account_id) is None:
        raise Invalid(N_("Không tìm thấy tài khoản này."), field="account")
    if stands_in is not None and role not in {Role.WARD_REVIEWER, Role.WARD_SIGNER}:
        raise Invalid(N_("Chỉ người xét và người ký của phường, xã mới làm thay được."), field="stands_in")
    province_code = ward_code = None
    key = "*"
    if role is Role.PROVINCE_OFFICER:
        province = db.get(Province, place_code)
        if province is None and re.fullmatch("[0-9]{2}", place_code):
            raise Invalid(N_("Không có tỉnh, thành phố mã %(code)s."), field="place_code", code=place_code)
        if province is None:
            raise Invalid(N_("Mã tỉnh gồm 2 chữ số, ví dụ 46."), field="place_code")
        province_code = key = province.code
    elif role is not Role.ADMIN:
        ward = db.get(Commune, place_code)
        if ward is None and re.fullmatch("[0-9]{5}", place_code):
            raise Invalid(N_("Không có phường, xã mã %(code)s."), field="place_code", code=place_code)
        if ward is None:
            raise Invalid(N_("Mã phường, xã gồm 5 chữ số, ví dụ 19996."), field="place_code")
        ward_code, province_code, key = ward.code, ward.province_code, ward.code
        if role is Role.COMMUNITY_HEAD:
            community = db.get(Community, community_id) if community_id else None
            if community is None or community.ward_code != ward.code:
                raise Invalid(N_("Chọn thôn, tổ dân phố của trưởng chi hội."), field="community_id")
            key = str(community.id)
    made = insert_new(
        db,
        RoleGrant,
        id=new_id(),
        account_id=account_id,
        role=str(role),
        place_key=key,
        province_code=province_code,
        ward_code=ward_code,
        community_id=community_id if role is Role.COMMUNITY_HEAD else None,
        granted_at=now(),
        granted_by=granted_by,
        stands_in=str(stands_in) if stands_in else None,
    )
    if made:
        audit.append(
            db,
            "role.grant",
            ward_code=ward_code,
            account_id=granted_by,
            subject_kind="account",
            subject_id=account_id,
            detail={"role": str(role), "place": key, **({"stands_in": str(stands_in)} if stands_in else {})},
        )
    return made


def name_stand_in(
    db: Session, login: str, role: Role, ward_code: str, stands_in: StandsIn, *, granted_by: uuid.UUID | None
) -> bool:
    """A province has an officer of its association or of the committee work for a ward; False: held already.

    Conflict where the ward has officers of its own. Invalid on `login` and as `grant_role`.
    """
    account = account_by_login(db, normal_login(login))
    if account is None or account.closed_at is not None:
        raise Invalid(N_("Không có tài khoản nào đăng nhập bằng tên này. Xin xem lại từng chữ."), field="login")
    if own_officers(db, ward_code):
        raise Conflict(N_("Nơi này đã có cán bộ riêng, không cần ai làm thay."))
    return grant_role(db, account.id, role, place_code=ward_code, granted_by=granted_by, stands_in=stands_in)


def revoke_role(db: Session, grant_id: uuid.UUID, *, revoked_by: uuid.UUID | None) -> None:
    """Take a role back. Conflict when it was taken back before, or when an administrator would lock themselves out."""
    grant = db.scalars(select(RoleGrant).where(RoleGrant.id == grant_id).with_for_update()).one_or_none()
    if grant is None:
        raise NotFound(N_("Không tìm thấy vai trò này."))
    if grant.revoked_at is not None:
        raise Conflict(N_("Vai trò này đã được thu lại trước đó."))
    if grant.role == Role.ADMIN and grant.account_id == revoked_by:
        raise Conflict(N_("Không tự thu lại vai trò quản trị của chính mình. Xin nhờ một người quản trị khác."))
    grant.revoked_at, grant.revoked_by = now(), revoked_by
    db.flush()
    audit.append(
        db,
        "role.revoke",
        ward_code=grant.ward_code,
        account_id=revoked_by,
        subject_kind="account",
        subject_id=grant.account_id,
        detail={"role": grant.role, "place": grant.place_key},
    )
