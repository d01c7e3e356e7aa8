"""What pages of groups show of people: nobody who was not asked for by name, no child to strangers, every look kept."""

from __future__ import annotations

import uuid
from collections import Counter
from itertools import product

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    YEAR,
    Ward,
    make_clan,
    make_head,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging
from xhht_citizen.audit import Look
from xhht_citizen.groups.models import Clan, Unit, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.web.kinds import SLUGS

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
CHILD = "Phan Mẫu Bé Na"
NO_NAME = f"Một trẻ em sinh năm {YEAR - 9}"


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def looks(db: Session) -> Counter[tuple[str, uuid.UUID]]:
    found = Counter((row.screen, row.person_id) for row in db.scalars(select(Look)))
    db.rollback()
    return found


def test_who_names_a_head_finds_by_name_and_is_seen_to_look(app: Flask, db: Session, ward: Ward) -> None:
    away = make_ward(db, "20014", "Phường Kim Trà")
    head = make_resident(db, ward, "Lê Mẫu An", login="chu")
    make_resident(db, ward, "Lê Mẫu Ba", household=head.household, relation="spouse", birth_year=1971)
    near = make_resident(db, ward, "Lê Mẫu Gần", birth_year=1972)
    far = make_resident(db, away, "Lê Mẫu Xa", birth_year=1973)
    make_resident(db, away, CHILD, household=far.household, birth_year=YEAR - 9)
    clan = make_clan(db, ward, community=0, households=[one.household for one in (head, near, far)])
    make_head(db, "clan", clan.id, head)
    near_id, far_id, clan_id = near.id, far.id, clan.id
    db.commit()
    browser = enter(app, "chu")
    paths = {f"/dong-ho/{clan_id}/truong-ho": "clan.head", f"/uy-quyen/dong-ho/{clan_id}": "mandate.overview"}
    for path in paths:
        for text in ("", "?tim=", "?tim=l", "?tim=l+%25", "?tim=%25%25"):
            browser.get(path + text)
            assert (browser.status, "Xin gõ ít nhất hai chữ cái của tên." in browser.words()) == (200, True)
            assert "Lê Mẫu Xa" not in browser.words()
    assert looks(db) == Counter()
    for path, screen in paths.items():
        words = browser.get(f"{path}?tim=le+mau").words()
        assert "Lê Mẫu Ba, 1971 (hộ Lê Mẫu An)" in words
        assert "Lê Mẫu Gần, 1972 (hộ Lê Mẫu Gần)" in words
        assert ("Lê Mẫu Xa" in words, "1973" in words, "hộ Lê Mẫu Xa" in words) == (True, False, False)
        assert {key: many for key, many in looks(db).items() if key[0] == screen} == {
            (screen, near_id): 1,
            (screen, far_id): 1,
        }
    assert browser.get(f"/dong-ho/{clan_id}/truong-ho?tim=phan").words().count(CHILD) == 0


def test_a_form_that_is_refused_is_a_look_too(app: Flask, db: Session, ward: Ward) -> None:
    head, other = make_resident(db, ward, login="chu"), make_resident(db, ward, "Lê Mẫu Ba")
    unit = make_unit(db, ward, members=[head, other])
    make_head(db, "unit", unit.id, head)
    unit_id, other_id = unit.id, other.id
    db.commit()
    browser = enter(app, "chu").get("/tai-khoan").post(f"/don-vi/{unit_id}/dung-dau?tim=ba", {"person_id": ""})
    assert (browser.status, "Lê Mẫu Ba" in browser.words()) == (422, True)
    assert looks(db) == Counter({("unit.head", other_id): 1})


def test_officers_find_people_of_a_group_by_name(app: Flask, db: Session, ward: Ward) -> None:
    away = make_ward(db, "20014", "Phường Kim Trà")
    far = make_resident(db, away, "Lê Mẫu Xa", birth_year=1973)
    near = make_resident(db, ward, "Lê Mẫu Gần", birth_year=1972, community=1)
    clan = make_clan(db, ward, community=0, households=[far.household, near.household])
    for role, login in (("ward_reviewer", "xet"), ("community_head", "to1")):
        make_officer(db, ward, role, login)
    path, far_id, near_id = f"/dong-ho/{clan.id}/truong-ho", far.id, near.id
    place = ward.communities[0].id
    db.commit()
    seen = {}
    for login in ("xet", "to1"):
        browser = enter(app, login)
        assert "Lê Mẫu" not in browser.get(path).words()
        words = browser.get(f"{path}?tim=lê mẫu").words()
        assert ("Lê Mẫu Gần" in words, "Lê Mẫu Xa" in words) == (True, True)
        seen[login] = [year for year in ("1972", "1973") if year in words]
        assert looks(db) == Counter({("clan.head", one): len(seen) for one in (far_id, near_id)})
    assert seen == {"xet": ["1972"], "to1": []}
    assert "Xin gõ ít nhất hai chữ cái của tên." in enter(app, "to1").get(f"/uy-quyen/cong-dong/{place}").words()


def test_a_household_lists_its_own_adults(app: Flask, db: Session, ward: Ward) -> None:
    head = make_resident(db, ward, "Lê Mẫu An", login="chu")
    wife = make_resident(db, ward, "Lê Mẫu Ba", household=head.household, relation="spouse", birth_year=1971)
    make_officer(db, ward, "community_head", "to1")
    path, wife_id, head_id = f"/uy-quyen/gia-dinh/{head.household.id}", wife.id, head.id
    db.commit()
    assert "Lê Mẫu Ba, 1971" in enter(app, "chu").get(path).words()
    assert looks(db) == Counter()
    assert "Lê Mẫu Ba, 1971" in enter(app, "to1").get(path).words()
    assert looks(db) == Counter({("mandate.overview", one): 1 for one in (wife_id, head_id)})


def test_a_school_reads_no_childs_name(app: Flask, db: Session, ward: Ward) -> None:
    leader = make_resident(db, ward, login="hieu-truong")
    mother = make_resident(db, ward, "Phan Mẫu Mẹ", login="me")
    girl = make_resident(db, ward, CHILD, household=mother.household, birth_year=YEAR - 9)
    make_officer(db, ward, "ward_reviewer", "xet")
    school = make_unit(db, ward, kind="school", members=[leader])
    make_head(db, "unit", school.id, leader)
    details = NewRequest("unit", school.id, girl.id, "ask", ward.code, part="learner")
    asked = belonging.request(db, details, account_id=None).id
    girl_id, school_id = girl.id, school.id
    db.commit()
    school_side, own_side = enter(app, "hieu-truong"), enter(app, "me")
    for path in (f"/don-vi/{school_id}", f"/tham-gia/{asked}"):
        assert (f"{NO_NAME} xin vào" in school_side.get(path).words(), CHILD in school_side.text) == (True, False), path
    officer = enter(app, "xet").get(f"/don-vi/{school_id}")
    assert (NO_NAME in officer.words(), CHILD in officer.text) == (True, False)
    officer.get(f"/don-vi/{school_id}/moi-nguoi?tim=phan")
    assert (f"{NO_NAME} (" in officer.words(), CHILD in officer.text) == (True, False)
    assert CHILD in own_side.get(f"/tham-gia/{asked}").words()
    school_side.get(f"/tham-gia/{asked}").submit("/dong-y")
    db.rollback()
    assert db.scalars(select(UnitMembership.person_id).where(UnitMembership.part == "learner")).all() == [girl_id]
    db.rollback()
    leaves = f"/don-vi/{school_id}/nguoi/{girl_id}/roi"
    for browser in (school_side, officer):
        assert (NO_NAME in browser.get(leaves).words(), CHILD in browser.text) == (True, False)
    assert CHILD in own_side.get(leaves).words()


def test_a_head_moves_the_group_to_no_community(app: Flask, db: Session, ward: Ward) -> None:
    """One without a home community keeps none, whatever is sent."""
    head = make_resident(db, ward, login="chu")
    clan, unit = make_clan(db, ward, households=[head.household]), make_unit(db, ward, members=[head])
    make_head(db, "clan", clan.id, head)
    make_head(db, "unit", unit.id, head)
    make_officer(db, ward, "ward_reviewer", "xet")
    sent = {"name": "Họ Mẫu Mới", "kind": "office", "managed_by": "commune"}
    sent["community_id"] = str(ward.communities[1].id)
    paths, ids = (f"/dong-ho/{clan.id}/sua", f"/don-vi/{unit.id}/sua"), (clan.id, unit.id)
    db.commit()
    browser = enter(app, "chu")
    for path in paths:
        assert "community_id" not in browser.get(path).forms()[-1].names
        assert browser.post(path, sent).status == 200

    def home(kind: type[Clan | Unit], key: uuid.UUID) -> tuple[str, bool]:
        name, community_id = db.execute(select(kind.name, kind.community_id).where(kind.id == key)).one()
        db.rollback()
        return name, community_id is None

    assert [home(kind, key) for kind, key in zip((Clan, Unit), ids, strict=True)] == [("Họ Mẫu Mới", True)] * 2
    officer = enter(app, "xet")
    for path in paths:
        officer.get(path).submit(fields={"community_id": sent["community_id"]})
    assert [home(kind, key)[1] for kind, key in zip((Clan, Unit), ids, strict=True)] == [False, False]


def test_no_address_of_a_group_is_an_error_of_ours(app: Flask, db: Session, ward: Ward) -> None:
    """Every group's address with every word for a kind, and ids of nothing and of everything."""
    resident = make_resident(db, ward, login="lan")
    for role in ("community_head", "ward_reviewer", "ward_signer", "province_officer", "admin"):
        make_officer(db, ward, role, "lan", resident=resident)
    make_title(db, resident)
    unit = make_unit(db, ward, managed_by="province", members=[resident])
    ids = (uuid.uuid4(), resident.household.id, unit.id, commune_id(ward.code))
    db.commit()
    browser = enter(app, "lan").get("/tai-khoan")
    token = browser.forms()[0].fields["csrf_token"]
    build = app.url_map.bind("localhost").build
    rules = [rule for rule in app.url_map.iter_rules() if "kind" in rule._converters]
    assert {"mandate.overview", "group_case.overview", "registering.group"} < {rule.endpoint for rule in rules}
    wrong = []
    for rule in rules:
        names = rule._converters
        for kind, key in product([*SLUGS.values(), "khong-co"], ids):
            values = {name: key if "uuid" in type(one).__name__.lower() else "1.1" for name, one in names.items()}
            for method in sorted({"GET", "POST"} & set(rule.methods or ())):
                path = build(rule.endpoint, {**values, "kind": kind}, method=method)
                data = {"csrf_token": token} if method == "POST" else None
                answer = browser.client.open(path, method=method, data=data)
                if answer.status_code >= 500:
                    wrong.append((method, path))
    assert wrong == []
    citizen = SLUGS[Kind.CITIZEN]
    assert [browser.get(f"/{base}/{citizen}/{resident.id}").status for base in ("uy-quyen", "ho-so-nhom")] == [404] * 2
