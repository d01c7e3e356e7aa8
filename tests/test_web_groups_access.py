"""Who may open and send what of households, clans, units, communities, mandates and requests: one table."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from browser import Browser
from factories import PASSWORD, TODAY, YEAR, Ward, make_clan, make_officer, make_resident, make_unit, make_ward
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging
from xhht_citizen.database import Database
from xhht_citizen.groups import mandates, queries
from xhht_citizen.groups.models import ClanMembership, JoinRequest, Mandate, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people.models import HouseholdMembership

# Residents: a stranger who heads a household of another ward; of one household its head, somebody with every mandate,
# and somebody without. Officers: of this community and ward, of others, of the province; an administrator.
RESIDENTS = {"stranger", "member", "head", "deputy"}
DESKS = {"chi", "other-chi", "reviewer", "other-reviewer"}
EVERYBODY = RESIDENTS | DESKS | {"province", "admin"}
OWN, SPEAK, SERVE = {"member", "head", "deputy"}, {"head", "deputy"}, {"chi", "reviewer"}

# {home}, {clan}, {unit}, {place}: the groups; {gran}: an old woman without an account, {girl}: a child, {member}: who
# has an account; {away}, {far}: a clan and a unit nobody here is of; {asked}: what the stranger asked the clan.
OPENS: dict[str, set[str]] = {
    "/gia-dinh": RESIDENTS,
    "/gia-dinh/moi": SPEAK | {"stranger"},
    "/ho-gia-dinh/{home}": OWN | SERVE,
    "/ho-gia-dinh/{home}/nguoi": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/them-nguoi": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/chu-ho": {"head"} | SERVE,
    "/ho-gia-dinh/{home}/di-hoc": OWN | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{gran}": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{girl}": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{gran}/roi-di": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{gran}/qua-doi": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{member}/roi-di": SERVE,  # who has an account speaks for themselves
    "/ho-gia-dinh/{home}/nguoi/{member}/qua-doi": SERVE,
    "/dong-ho": RESIDENTS,
    "/dong-ho/{clan}": OWN | SERVE,
    "/dong-ho/{clan}/chi": SPEAK | SERVE,
    "/dong-ho/{clan}/moi-ho": SPEAK | SERVE,
    "/dong-ho/{clan}/sua": {"head"} | SERVE,
    "/dong-ho/{clan}/truong-ho": {"head"} | SERVE,
    "/dong-ho/{clan}/ho/{home}/roi": SPEAK | SERVE,
    "/dong-ho/{clan}/dong": SERVE,
    "/don-vi": RESIDENTS,
    "/don-vi/{unit}": OWN | SERVE,
    "/don-vi/{unit}/nguoi": SPEAK | SERVE,
    "/don-vi/{unit}/moi-nguoi": SPEAK | SERVE,
    "/don-vi/{unit}/sua": {"head"} | SERVE,
    "/don-vi/{unit}/dung-dau": {"head"} | SERVE,
    "/don-vi/{unit}/nguoi/{member}/roi": SPEAK | SERVE | {"member"},
    "/don-vi/{unit}/dong": SERVE,
    "/cong-dong": RESIDENTS,
    "/cong-dong/{place}": OWN | SERVE,
    "/cong-dong/{place}/ho": {"deputy"} | SERVE,
    "/uy-quyen/gia-dinh/{home}": SPEAK | SERVE,
    "/uy-quyen/dong-ho/{clan}": SPEAK | SERVE,
    "/uy-quyen/don-vi/{unit}": SPEAK | SERVE,
    "/uy-quyen/cong-dong/{place}": {"deputy"} | SERVE,
    "/tham-gia": RESIDENTS,
    "/tham-gia/dong-ho/{away}": SPEAK | {"stranger"},
    "/tham-gia/don-vi/{far}": RESIDENTS,
    "/tham-gia/{asked}": SPEAK | SERVE | {"stranger", "other-reviewer"},  # the officer of the place of either side
    "/dia-ban/dong-ho": DESKS,
    "/dia-ban/dong-ho/moi": DESKS,
    "/dia-ban/don-vi": DESKS,
    "/dia-ban/don-vi/moi": DESKS,
    "/dan-cu/ho-moi": DESKS,
    "/dan-cu/{gran}/chuyen-ho": SERVE,
    "/dan-cu/{gran}/tach-ho": SERVE,
    "/dan-cu/{gran}/noi-tai-khoan": SERVE,
    "/dan-cu/{gran}/con-song": {"reviewer"},
}
# Who may send it; everybody else is refused, and nothing changes.
SENDS: dict[str, set[str]] = {
    "/tham-gia/{asked}/dong-y": SPEAK | SERVE,
    "/tham-gia/{asked}/tu-choi": SPEAK | SERVE,
    "/tham-gia/{asked}/rut": {"stranger", "other-reviewer"},
    "/uy-quyen/gia-dinh/{home}/{mandate}/thoi": SPEAK | SERVE,
    "/ho-gia-dinh/{home}/chu-ho": {"head"} | SERVE,
    "/ho-gia-dinh/{home}/nguoi/{member}/qua-doi": SERVE,
    "/dong-ho/{clan}/dong": SERVE,
    "/dong-ho/{clan}/ho/{home}/roi": SPEAK | SERVE,
    "/don-vi/{unit}/dong": SERVE,
}


@dataclass
class Town:
    """The groups of the table, by the words of its addresses."""

    names: dict[str, uuid.UUID]
    child: str


def ward_with_everybody(db: Session) -> Town:
    ward, away = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    head = make_resident(db, ward, login="head", birth_year=YEAR - 60)
    home = head.household
    member, deputy = (make_resident(db, ward, household=home, login=one) for one in ("member", "deputy"))
    gran = make_resident(db, ward, household=home, birth_year=YEAR - 88, relation="parent")
    girl = make_resident(db, ward, "Phan Mẫu Bé Na", household=home, birth_year=YEAR - 9)
    stranger = make_resident(db, away, login="stranger")
    clan = make_clan(db, ward, community=0, households=[home])
    unit = make_unit(db, ward, kind="school", members=[head, member, deputy], learners=[girl])
    unit.community_id = ward.communities[0].id
    db.flush()
    for kind, key in ((Kind.CLAN, clan.id), (Kind.UNIT, unit.id)):
        mandates.name_head(db, _group(db, kind, key), head.id, account_id=None, today=TODAY)
    groups = {Kind.HOUSEHOLD: home.id, Kind.CLAN: clan.id, Kind.UNIT: unit.id, Kind.COMMUNITY: ward.communities[0].id}
    made = [
        mandates.name_deputy(db, _group(db, kind, key), deputy.id, until=TODAY, account_id=None, today=TODAY)
        for kind, key in groups.items()
    ]
    ask = NewRequest("clan", clan.id, stranger.household.id, "ask", ward.code, side="father")
    asked = belonging.request(db, ask, account_id=None)
    officers(db, ward, away)
    other, far = make_clan(db, ward, "Họ Lê Mẫu"), make_unit(db, ward, "Cơ quan Mẫu")
    names = {"home": home.id, "clan": clan.id, "unit": unit.id, "place": ward.communities[0].id, "away": other.id}
    names |= {"far": far.id, "gran": gran.id, "girl": girl.id, "member": member.id, "asked": asked.id}
    return Town({**names, "mandate": made[0].id}, girl.name)


def officers(db: Session, ward: Ward, away: Ward) -> None:
    make_officer(db, ward, "community_head", "chi", community=0)
    make_officer(db, ward, "community_head", "other-chi", community=1)
    make_officer(db, ward, "ward_reviewer", "reviewer")
    make_officer(db, away, "ward_reviewer", "other-reviewer")
    make_officer(db, ward, "province_officer", "province")
    make_officer(db, ward, "admin", "admin")


def _group(db: Session, kind: Kind, key: uuid.UUID) -> Group:
    found = queries.group(db, kind, key)
    assert found is not None
    return found


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200, login
    return browser


only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@only_sqlite
def test_who_may_open_what(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        town = ward_with_everybody(db)
    opened: dict[str, set[str]] = {path: set() for path in OPENS}
    for who in sorted(EVERYBODY):
        browser = enter(app, who)
        for path, names in opened.items():
            answer = browser.client.get(path.format(**town.names))
            assert answer.status_code in {200, 302, 403, 404}, (who, path, answer.status_code)
            if answer.status_code < 400:  # 404: an officer who lives nowhere has no household to invite into
                names.add(who)
            if who not in OWN:
                assert town.child not in answer.get_data(as_text=True), f"{who} reads a child's name at {path}"
    visitor = app.test_client()
    assert {visitor.get(path.format(**town.names)).status_code for path in OPENS} == {303}
    assert opened == OPENS


@only_sqlite
def test_who_may_send_what(app: Flask, database: Database) -> None:
    """Refused is refused before anything is read from the form; a commune has no deputies, a stranger's id is 404."""
    with database.transaction() as db:
        town = ward_with_everybody(db)
    for who in sorted(EVERYBODY):
        browser = enter(app, who).get("/tai-khoan")
        for path, names in SENDS.items():
            if who not in names:
                assert browser.post(path.format(**town.names), {"died_on": "01/01/2020"}).status == 403, (who, path)
                browser.get("/tai-khoan")
        lost = uuid.uuid4()
        for path in (f"/dong-ho/{lost}", f"/don-vi/{lost}", f"/uy-quyen/cap-xa/{lost}", f"/tham-gia/{lost}"):
            assert browser.get(path).status in {403, 404}
    with database.read() as db:
        assert db.scalars(select(JoinRequest.answer)).all() == [None]
        assert db.scalars(select(Mandate).where(Mandate.revoked_at.is_not(None))).all() == []
        for table in (ClanMembership, UnitMembership, HouseholdMembership):
            assert db.scalars(select(table).where(table.revoked_at.is_not(None))).all() == []


@only_sqlite
@pytest.mark.parametrize("who", ["head", "deputy", "chi", "reviewer"])
def test_who_may_does(app: Flask, database: Database, who: str) -> None:
    with database.transaction() as db:
        town = ward_with_everybody(db)
    browser = enter(app, who).get("/tham-gia/{asked}".format(**town.names))
    browser.submit("/dong-y")
    assert browser.status == 200
    with database.read() as db:
        assert db.scalars(select(JoinRequest.answer)).all() == ["accepted"]
        assert len(db.scalars(select(ClanMembership).where(ClanMembership.revoked_at.is_(None))).all()) == 2
