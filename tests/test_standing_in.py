"""A ward without an association of its own is worked by somebody else's officer, and everybody sees it."""

from __future__ import annotations

import pytest
from browser import Browser
from factories import PASSWORD, actor_of, give_account, make_officer, make_ward
from flask import Flask
from sqlalchemy.orm import Session

from xhht_citizen.access import actions, queries
from xhht_citizen.access.rules import Role
from xhht_citizen.access.standing_in import StandsIn
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, Invalid


def sign_in(app: Flask, login: str) -> Browser:
    return Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})


def test_only_ward_officers_stand_in(db: Session) -> None:
    ward, account = make_ward(db), give_account(db, "thay")
    with pytest.raises(Invalid) as refused:
        actions.grant_role(
            db, account.id, Role.PROVINCE_OFFICER, place_code=ward.province_code, stands_in=StandsIn.PROVINCE
        )
    assert refused.value.field == "stands_in"
    assert actions.name_stand_in(db, "THAY", Role.WARD_REVIEWER, ward.code, StandsIn.COMMITTEE, granted_by=None)
    assert queries.stand_ins(db, ward.code) == {StandsIn.COMMITTEE}
    assert actor_of(db, account).signature_in(ward.code) == f"{account.display_name} (Ủy ban nhân dân làm thay)"
    assert actor_of(db, account).signature_in("00004") == account.display_name
    [grant] = actor_of(db, account).grants
    assert (grant.role, grant.ward_code, grant.stands_in) == (Role.WARD_REVIEWER, ward.code, StandsIn.COMMITTEE)


def test_a_ward_with_officers_of_its_own_needs_nobody(db: Session) -> None:
    ward = make_ward(db)
    make_officer(db, ward, Role.WARD_SIGNER, "ky")
    give_account(db, "thay")
    with pytest.raises(Conflict):
        actions.name_stand_in(db, "thay", Role.WARD_REVIEWER, ward.code, StandsIn.PROVINCE, granted_by=None)
    with pytest.raises(Invalid) as refused:
        actions.name_stand_in(db, "khong-co", Role.WARD_REVIEWER, ward.code, StandsIn.PROVINCE, granted_by=None)
    assert refused.value.field == "login"


def test_a_province_names_and_ends_one(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        make_officer(db, ward, Role.PROVINCE_OFFICER, "tinh")
        give_account(db, "thay", name="Nguyễn Văn Mẫu")
    province = sign_in(app, "tinh").get("/lam-thay-hoi")
    fields = {"ward_code": ward.code, "login": "thay", "role": "ward_reviewer", "stands_in": "province"}
    province.submit(fields=fields)
    assert (province.status, province.text.count("Nguyễn Văn Mẫu")) == (200, 1)
    officer = sign_in(app, "thay").get("/xet-duyet")
    assert (officer.status, officer.text.count("Hội Khuyến học cấp tỉnh làm thay")) == (200, 1)
    province.submit(button="Thôi làm thay")
    assert "Nguyễn Văn Mẫu" not in province.text
    assert officer.get("/xet-duyet").status == 403
    with database.read() as db:
        assert queries.stand_ins(db, ward.code) == set()


def test_another_province_sees_and_ends_nothing(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward, far = make_ward(db), make_ward(db, code="00004", province_code="01")
        make_officer(db, far, Role.PROVINCE_OFFICER, "xa")
        account = give_account(db, "thay", name="Nguyễn Văn Mẫu")
        actions.name_stand_in(db, "thay", Role.WARD_SIGNER, ward.code, StandsIn.PROVINCE, granted_by=None)
        [grant] = queries.open_grants(db, account.id)
    other = sign_in(app, "xa").get("/lam-thay-hoi")
    assert (other.status, "Nguyễn Văn Mẫu" in other.text) == (200, False)
    assert other.post(f"/lam-thay-hoi/{grant.id}/thoi").status == 403
    fields = {"ward_code": ward.code, "login": "thay", "role": "ward_reviewer", "stands_in": "province"}
    assert other.get("/lam-thay-hoi").post("/lam-thay-hoi", fields).status == 422
    own = sign_in(app, "thay").get("/lam-thay-hoi")
    assert own.status == 403
