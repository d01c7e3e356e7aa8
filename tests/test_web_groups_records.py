"""Records put right by screens: an account joined to a record, who is lost from every list, a death taken back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_clan,
    make_officer,
    make_resident,
    make_title,
    make_ward,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging, households, persons
from xhht_citizen.audit import Look
from xhht_citizen.database import Database
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Person

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
NAME, BORN = "Hồ Mẫu Nhàn", YEAR - 60


@pytest.fixture
def ward(app: Flask, db: Session) -> Ward:
    made = make_ward(db)
    make_officer(db, made, "community_head", "chihoi")
    make_officer(db, made, "ward_reviewer", "canbo")
    db.commit()
    return made


@pytest.fixture
def read(database: Database) -> Iterator[Session]:
    with database.read() as session:
        yield session


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def sign_up(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-ky")
    fields = {"name": NAME, "birth": str(BORN), "learner_group": "residents", "consent": "y"}
    browser.submit(fields={**fields, "login": login, "password": PASSWORD})
    assert browser.status == 200, browser.words()
    return browser


def family(db: Session, ward: Ward) -> tuple[Resident, Resident]:
    head = make_resident(db, ward, "Phan Mẫu Thuận", login="thuan")
    return head, make_resident(db, ward, NAME, household=head.household, birth_year=BORN, relation="spouse")


def test_an_officer_joins_an_account_to_who_is_written_down(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head, kept = family(db, ward)
    code = make_title(db, kept).public_code
    db.commit()
    owner = sign_up(app, "nhan.moi")
    owner.get("/noi-o").submit(fields={"code": head.household.join_code, "relation": "spouse"})
    assert (owner.status, "Nếu là cùng một người, xin nhờ trưởng chi hội" in owner.words()) == (422, True)
    browser = enter(app, "chihoi").get(f"/dan-cu/{kept.id}")
    browser.get(browser.links()["Nối tài khoản"])
    for login, words in (("khong.co", "Không có tài khoản nào như vậy"), ("thuan", "Tài khoản này đã có hộ")):
        browser.submit(fields={"login": login})
        assert (browser.status, words in browser.words()) == (422, True)
    browser.submit(fields={"login": "nhan.moi"})
    assert (browser.status, browser.screen()) == (200, "residents.same_person")
    assert browser.words().count(NAME) == 2
    there, old = browser.path, people.account_by_login(read, "nhan.moi")
    assert old is not None
    browser.submit(button="Cùng một người")
    assert (browser.status, browser.screen(), "Đã nối tài khoản" in browser.words()) == (200, "residents.person", True)
    assert browser.get(there).screen() == "residents.person"  # done: sent or opened once more
    assert owner.get("/gia-dinh").screen() == "household.mine"  # still signed in, and at home
    own = json.loads(owner.client.get("/tai-khoan/du-lieu").get_data(as_text=True))
    assert [one["public_code"] for one in own["titles"]] == [code]
    before = old.person_id
    read.rollback()
    assert (people.account_by_login(read, "nhan.moi").person_id, read.get(Person, before)) == (kept.id, None)  # type: ignore[union-attr]
    assert {(kept.id, "residents.person"), (before, "residents.person")} <= {
        (row.person_id, row.screen) for row in read.scalars(select(Look))
    }


def test_nobody_joins_an_account_to_themselves_or_to_family(app: Flask, ward: Ward, db: Session) -> None:
    head, kept = family(db, ward)
    make_officer(db, ward, "ward_reviewer", "thuan", resident=head)
    other = make_resident(db, ward, NAME, birth_year=BORN)
    db.commit()
    sign_up(app, "nhan.moi")
    browser = enter(app, "thuan").get(f"/dan-cu/{kept.id}")
    assert "Nối tài khoản" not in browser.links()
    assert browser.get(f"/dan-cu/{kept.id}/noi-tai-khoan").status == 403
    assert browser.get(f"/dan-cu/{other.id}/noi-tai-khoan").status == 200
    account = people.account_by_login(db, "thuan")
    assert account is not None
    assert browser.get(f"/dan-cu/{other.id}/noi-tai-khoan/{account.id}").status == 403
    assert browser.get(f"/dan-cu/{other.id}/noi-tai-khoan/{uuid.uuid4()}").status == 404


def test_an_officer_says_that_namesakes_are_two(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head, kept = family(db, ward)
    other = make_resident(db, ward, NAME, birth_year=BORN, community=1)
    db.commit()
    browser = enter(app, "canbo").get(f"/dan-cu/{other.id}/chuyen-ho")
    fields = {"code": head.household.join_code, "relation": "other", "reason": "moved"}
    browser.submit(fields=fields)
    assert (browser.status, "cùng tên, cùng năm sinh" in browser.words()) == (422, True)
    browser.submit(fields={**fields, "apart": "y"})
    assert browser.status == 200
    assert {row.person_id for row in people.members(read, head.household.id)} == {head.id, kept.id, other.id}


def test_who_left_is_found_in_the_ward_and_moved_on(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head, kept = family(db, ward)
    other = make_resident(db, ward, "Lê Mẫu Bảy", community=1)
    households.leave(db, head.household.id, kept.id, reason="left", account_id=None, year=YEAR)
    db.commit()
    assert NAME not in enter(app, "chihoi").get("/dan-cu?to=chua-ro").links()
    browser = enter(app, "canbo").get("/dan-cu")
    assert NAME not in browser.links()
    assert set(browser.get("/dan-cu?to=chua-ro&tim=nhan").links()) & {NAME, head.name} == {NAME}
    assert NAME not in browser.get("/dan-cu?to=chua-ro&tim=khac").links()
    browser.get("/dan-cu?to=chua-ro").get(browser.get("/dan-cu?to=chua-ro").links()[NAME])
    browser.get(browser.links()["Chuyển sang hộ khác"]).get(f"{browser.path}?tim=bay")
    browser.submit(fields={"household_id": str(other.household.id), "relation": "other", "reason": "moved"})
    assert browser.status == 200
    home = people.home_of(read, kept.id)
    assert home is not None
    assert home.household_id == other.household.id
    assert NAME not in browser.get("/dan-cu?to=chua-ro").links()


def test_an_officer_of_the_ward_takes_a_death_back(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head, kept = family(db, ward)
    households.die(db, head.id, TODAY, account_id=None, today=TODAY)
    db.commit()
    page = f"/dan-cu/{head.id}/con-song"
    assert enter(app, "chihoi").get(page).status == 403
    browser = enter(app, "canbo").get("/dan-cu?to=qua-doi")
    browser.get(browser.links()[head.name])
    browser.get(browser.links()["Ghi nhầm? Bỏ ghi qua đời"]).submit(button="Bỏ ghi qua đời")
    assert (browser.status, browser.screen(), "Đã bỏ ghi qua đời" in browser.words()) == (200, "residents.person", True)
    assert browser.get(page).screen() == "residents.person"
    living = [(row.person_id, row.relation) for row in people.members(read, head.household.id)]
    assert living == [(kept.id, "head"), (head.id, "spouse")]
    assert enter(app, "thuan").get("/gia-dinh").screen() == "household.mine"


def test_a_community_head_records_no_death_of_who_works_for_others(app: Flask, ward: Ward, db: Session) -> None:
    head, kept = family(db, ward)
    signer = make_resident(db, ward, household=head.household, login="ky")
    make_officer(db, ward, "ward_signer", "ky", resident=signer)
    db.commit()
    path = f"/ho-gia-dinh/{head.household.id}/nguoi/{{}}/qua-doi"
    chi, ward_officer = enter(app, "chihoi"), enter(app, "canbo")
    assert chi.get(path.format(signer.id)).status == 403
    assert chi.get(path.format(kept.id)).status == 200
    assert chi.post(path.format(signer.id), {"died_on": f"{TODAY:%d/%m/%Y}"}).status == 403
    assert ward_officer.get(path.format(signer.id)).status == 200


def test_a_copy_of_ones_data_names_the_clans_of_ones_own_years(app: Flask, ward: Ward, db: Session) -> None:
    """Neither the past of a household somebody entered later, nor its future once they have left."""
    old, new = make_resident(db, ward), make_resident(db, ward, community=1)
    bay = make_resident(db, ward, household=old.household, login="bay")
    before, mine = make_clan(db, ward, "Họ Cũ Mẫu"), make_clan(db, ward, "Họ Tôi Mẫu", households=[old.household])
    after = make_clan(db, ward, "Họ Mới Mẫu")
    act = {"account_id": None, "year": YEAR}
    belonging.enter_clan(db, before.id, new.household.id, side="father", **act)  # type: ignore[arg-type]
    belonging.leave_clan(db, before.id, new.household.id, **act)  # type: ignore[arg-type]
    persons.settle(db, bay.id, persons.ByHousehold(new.household.id), **act)  # type: ignore[arg-type]
    belonging.leave_clan(db, mine.id, old.household.id, **act)  # type: ignore[arg-type]
    belonging.enter_clan(db, after.id, new.household.id, side="mother", **act)  # type: ignore[arg-type]
    households.name_head(db, new.household.id, bay.id, **act)  # type: ignore[arg-type]
    db.commit()
    data = json.loads(enter(app, "bay").get("/tai-khoan").client.get("/tai-khoan/du-lieu").get_data(as_text=True))
    ended = {one["name"]: one["revoked_at"] for one in data["clans"]}
    assert [one["name"] for one in data["clans"]] == ["Họ Tôi Mẫu", "Họ Mới Mẫu"]
    assert (ended["Họ Tôi Mẫu"] < data["clans"][1]["granted_at"], ended["Họ Mới Mẫu"]) == (True, None)


def test_a_speaker_reads_no_invitation_of_an_adult_relative(app: Flask, ward: Ward, db: Session) -> None:
    head, _kept = family(db, ward)
    adult = make_resident(db, ward, "Phan Mẫu Khôi", household=head.household, login="khoi")
    girl = make_resident(db, ward, "Phan Mẫu Sen", household=head.household, birth_year=YEAR - 9)
    away = make_resident(db, ward, "Lê Mẫu Xa", community=1)
    for one in (adult, girl, head):
        belonging.request(db, NewRequest("household", away.household.id, one.id, "invite", ward.code), account_id=None)
    db.commit()
    words = enter(app, "thuan").get("/gia-dinh").words()
    invited = [one.name for one in (adult, girl, head) if f"Hộ {away.household.name} mời {one.name}" in words]
    assert invited == [girl.name, head.name]
    own = enter(app, "khoi").get("/gia-dinh").words()
    assert (f"mời {adult.name}" in own, f"mời {girl.name}" in own) == (True, False)


def test_a_lone_person_comes_back_to_the_household(db: Session, ward: Ward) -> None:
    lone = make_resident(db, ward)
    child = make_resident(db, ward, birth_year=YEAR - 9)
    for one in (lone, child):
        households.die(db, one.id, TODAY, account_id=None, today=TODAY)
        for _twice in range(2):
            households.undo_death(db, one.id, account_id=None, year=YEAR)
    home = people.home_of(db, lone.id)
    assert home is not None
    assert (home.household_id, home.relation) == (lone.household.id, "head")
    assert people.home_of(db, child.id) is None  # a child alone: the ward finds them among who lives nowhere
    rows = people.without_home(db, ward_code=ward.code)
    assert [row.person_id for row in rows] == [child.id]
