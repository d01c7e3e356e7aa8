"""A unit that another body manages by now: what it had of the other title is still its own, and waits for nobody."""

from __future__ import annotations

import uuid

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_group,
    make_group_application,
    make_head,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import may
from xhht_citizen.applications import actions, belonging
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.subjects import group_of, spoken_for, thing_of
from xhht_citizen.errors import Conflict
from xhht_citizen.groups.actions import NewUnit
from xhht_citizen.groups.models import Unit
from xhht_citizen.groups.rules import Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.titles.models import Title

BY = {"account_id": None, "year": YEAR}


def enter(app: Flask, login: str) -> Browser:
    return Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})


def managed(db: Session, unit: Unit, by: str) -> None:
    belonging.correct_unit(db, unit.id, NewUnit(unit.ward_code, None, unit.name, unit.kind, by), **BY)  # type: ignore[arg-type]


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db, community_step=False)


@pytest.fixture
def leader(db: Session, ward: Ward) -> Resident:
    return make_resident(db, ward, "Trần Mẫu Chủ", login="chu")


@pytest.fixture
def unit(db: Session, ward: Ward, leader: Resident) -> Unit:
    """A unit of the ward, led by its signer, with a title."""
    make_officer(db, ward, "ward_signer", "chu", resident=leader)
    make_officer(db, ward, "ward_signer", "ky")
    made = make_unit(db, ward, members=[leader])
    make_head(db, "unit", made.id, leader)
    make_title(db, leader)
    make_group_application(db, make_group(db, Kind.UNIT, made.id), "granted")
    return made


def test_what_a_unit_had_stays_its_own(db: Session, leader: Resident, unit: Unit) -> None:
    managed(db, unit, "province")
    assert make_group(db, Kind.AGENCY, unit.id).closed is False
    case = db.scalars(select(Application).where(Application.subject_id == unit.id)).one()
    title = db.scalars(select(Title).where(Title.subject_id == unit.id)).one()
    who = actor_of(db, leader.account)  # type: ignore[arg-type]
    for row in (case, title):
        group = group_of(db, row)
        assert group is not None
        assert (group.kind, group.id, group.closed) == (Kind.UNIT, unit.id, True)
        thing = thing_of(db, row, asks=who, today=TODAY)
        assert (thing.kind, thing.decided_by, thing.speakers) == ("unit", "ward", {leader.id})
        seen = {"application.view", "title.view", "application.reopen", "title.revoke"}
        assert {one for one in seen if may(who, one, thing)} == {"application.view", "title.view"}
    assert (Kind.UNIT, unit.id) in spoken_for(db, who, TODAY).groups


def test_its_pages_still_open(app: Flask, db: Session, unit: Unit) -> None:
    managed(db, unit, "province")
    case = db.scalars(select(Application.id).where(Application.subject_id == unit.id)).one()
    title = db.scalars(select(Title.id).where(Title.subject_id == unit.id)).one()
    db.commit()
    leads = enter(app, "chu")
    assert leads.get(f"/xet-duyet/nhom/{case}").screen() == "group_case.status"
    assert leads.get(f"/ho-so-nhom/don-vi/{unit.id}").status == 200
    assert "Nhóm không lập hồ sơ mới cho danh hiệu này nữa." in leads.words()
    assert leads.get(f"/danh-hieu/{title}").status == 200
    assert leads.get(f"/danh-hieu/{title}/thu-hoi").status == 403
    assert leads.get(f"/ho-so-nhom/don-vi/{unit.id}?nam={YEAR - 1}").status == 404
    assert enter(app, "ky").get(f"/xet-duyet/nhom/{case}").screen() == "review.group"


def test_who_manages_a_unit_does_not_change_under_a_case(db: Session, ward: Ward) -> None:
    unit = make_unit(db, ward, members=[make_resident(db, ward)])
    case = make_group_application(db, make_group(db, Kind.UNIT, unit.id), "submitted")
    with pytest.raises(Conflict, match="chưa xét xong"):
        managed(db, unit, "province")
    assert (case.state, unit.managed_by) == ("submitted", "commune")
    managed(db, unit, "commune")
    actions.move(db, case.id, "withdraw", actor=actor_of(db, make_officer(db, ward, "admin", "a").account), today=TODAY)
    managed(db, unit, "province")
    assert unit.managed_by == "province"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_community_head_leads_no_agency(app: Flask, db: Session, ward: Ward) -> None:
    make_officer(db, ward, "community_head", "to1")
    pages = ("moi-nguoi", "sua", "dung-dau", "dong")
    ids: dict[str, uuid.UUID] = {}
    for by in ("commune", "province"):
        one = make_unit(db, ward, f"Sở Mẫu {by}", managed_by=by)
        one.community_id = ward.communities[0].id
        ids[by] = one.id
    db.commit()
    head = enter(app, "to1")
    opened = {by: [head.get(f"/don-vi/{key}/{page}").status for page in pages] for by, key in ids.items()}
    assert opened == {"commune": [200] * 4, "province": [403] * 4}
    assert head.get(f"/uy-quyen/don-vi/{ids['province']}").status == 403
    assert head.get(f"/don-vi/{ids['province']}").status == 200


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_provinces_decision_loads_its_communes_once(app: Flask, db: Session, ward: Ward) -> None:
    wards = [ward, *(make_ward(db, str(20020 + number), f"Phường Mẫu {number}") for number in range(3))]
    make_officer(db, ward, "province_officer", "tinh")
    cases = [
        make_group_application(db, make_group(db, Kind.COMMUNE, commune_id(one.code)), year=YEAR - 1).id
        for one in wards
    ]
    db.commit()
    browser = enter(app, "tinh").get("/quyet-dinh")
    asked: list[str] = []
    ear = (
        app.extensions["xhht_database"].reader,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_more: asked.append(statement),
    )
    event.listen(*ear)
    assert browser.get("/quyet-dinh/moi?" + "&".join(f"ho-so={one}" for one in cases)).status == 200
    event.remove(*ear)
    loads = [one for one in asked if "FROM commune" in one and "commune.province_code = " in one]
    assert len(loads) == 1
