"""The register over more than one ward: whose titles, under which name, and how a country is searched."""

from __future__ import annotations

import pytest
from browser import Browser
from factories import PASSWORD, Ward, make_application, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.database import Database
from xhht_citizen.places import queries as places
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.rules import shown_code


@pytest.fixture
def wards(db: Session) -> tuple[Ward, Ward]:
    """A ward of Huế and one of Hà Nội, each with a holder, an officer of both provinces, an administrator."""
    made = make_ward(db), make_ward(db, "00004", "Phường Mẫu Xa", province_code="01", province_name="Thành phố Hà Nội")
    for ward, name in zip(made, ("Trần Thị Mẫu Lan", "Lê Văn Mẫu Bách"), strict=True):
        make_application(db, make_resident(db, ward, name), "granted")
        make_officer(db, ward, "province_officer", f"tinh-{ward.province_code}")
    make_officer(db, made[0], "admin", "quan-tri")
    db.commit()
    return made


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap")
    return browser.submit("/dang-nhap", {"login": login, "password": PASSWORD})


def test_a_province_reads_its_own_titles(app: Flask, wards: tuple[Ward, Ward]) -> None:
    for ward, name, other in zip(wards, ("Trần Thị Mẫu Lan", "Lê Văn Mẫu Bách"), ("Bách", "Lan"), strict=True):
        page = enter(app, f"tinh-{ward.province_code}").get("/danh-hieu?tim=l")
        assert (page.status, name in page.links(), f"Mẫu {other}" in page.words()) == (200, True, False)


def test_the_country_is_searched_by_two_letters_or_a_code(app: Flask, wards: tuple[Ward, Ward], db: Session) -> None:
    browser = enter(app, "quan-tri").get("/danh-hieu")
    assert {"Trần Thị Mẫu Lan", "Lê Văn Mẫu Bách"} <= set(browser.links())
    assert [ward.name for ward in wards if ward.name not in browser.words()] == []
    found = {}
    for text in ("l", "la", "bac", "Ă"):
        page = browser.get(f"/danh-hieu?tim={text}")
        found[text] = [name for name in ("Lan", "Bách") if any(link.endswith(name) for link in page.links())]
        assert ("ít nhất hai chữ cái" in page.words()) is (len(text) == 1)
    assert found == {"l": [], "la": ["Lan"], "bac": ["Bách"], "Ă": []}
    title = db.scalars(select(Title).where(Title.ward_code == wards[1].code)).one()
    assert "Lê Văn Mẫu Bách" in browser.get(f"/danh-hieu?tim={shown_code(title.public_code)}").links()


def test_names_of_many_places_are_two_questions(db: Session, database: Database, wards: tuple[Ward, Ward]) -> None:
    asked: list[str] = []
    with database.read() as reader:
        event.listen(reader.connection(), "before_cursor_execute", lambda *said: asked.append(said[2]))
        communities = {one.id: one.name for ward in wards for one in ward.communities}
        names = places.names(reader, {ward.code for ward in wards}, communities.keys())
        assert places.names(reader, set()) == {}
    assert names == {**{ward.code: ward.name for ward in wards}, **communities}
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2
