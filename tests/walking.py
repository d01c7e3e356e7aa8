"""Every page there is, who finds it, and where: the demonstration's ward with a few rows more, walked without script.

made(folder)            -> Ground: settings of that ward (seven accounts' log-ins in `logins`), and addresses no link
                           leads to, each with whose it is
plan(app, ground, most) -> Stop(who, endpoint, path): each endpoint as up to `most` kinds of people find it
WITHOUT                 pages no walk shows, by endpoint, each with where it is proved instead
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from browser import Browser
from factories import (
    KEY,
    PASSWORD,
    YEAR,
    Officer,
    Ward,
    give_account,
    make_activity,
    make_application,
    make_evidence,
    make_group,
    make_group_application,
    make_resident,
)
from flask import Flask
from rosters import made as list_of
from rosters import xlsx
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_pages import DOORS, endpoint, linked
from test_routes import NO_PAGE

from xhht_citizen import worker
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.app import create_app
from xhht_citizen.applications.models import Application
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.demo.accounts import ACCOUNTS
from xhht_citizen.demo.start import prepare
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.groups.models import Clan, Unit
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import actions as people
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Account, Person
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.models import Community
from xhht_citizen.places.rules import WardPolicy
from xhht_citizen.titles.models import Registration
from xhht_citizen.web.kinds import SLUGS

WARD, NEIGHBOUR = "19996", "Huỳnh Thị Mẫu Láng Giềng"
FILE = "xhht.sqlite3"
MADE: list[Ground] = []
LOOKED_AT = 3  # addresses of one screen whose links are followed: one household has a clan, the next has none
WITHOUT = {
    "claim.account": "test_journeys.py, on the way of a slip",
    "claim.join": "test_screens_doors.py",
    "claim.password": "test_screens_doors.py",
    "switch.pin": "test_screens_doors.py",
}
LOGINS = {one.role: (one.login, one.password) for one in ACCOUNTS}
LOGINS |= {login: (login, PASSWORD) for login in ("fresh", "declined")}
WHO = ("visitor", *LOGINS)


@dataclass
class Ground:
    """The ward, and where no link leads: (who, address)."""

    settings: Settings
    hidden: list[tuple[str, str]] = field(default_factory=list)

    def enter(self, app: Flask, who: str) -> Browser:
        browser = Browser(app).get("/dang-nhap")
        if who != "visitor":
            login, password = LOGINS[who]
            browser.submit(fields={"login": login, "password": password})
            assert (browser.status, browser.screen() == "account.sign_in") == (200, False), browser.words()
        return browser


class Stop(NamedTuple):
    """One page, as one kind of people sees it."""

    who: str
    endpoint: str
    path: str


def made(folder: Path) -> Ground:
    """The demonstration in a folder of one's own, and what happens in it besides; once a worker, to be looked at."""
    if not MADE:
        MADE.append(_made(folder))
    return MADE[0]


def copied(ground: Ground, folder: Path) -> Ground:
    """The same with a database of one's own, for who changes it; the files are those of the first."""
    with (
        closing(sqlite3.connect(ground.settings.data_dir / FILE)) as whole,
        closing(sqlite3.connect(folder / FILE)) as own,
    ):
        whole.backup(own)
    return replace(ground, settings=replace(ground.settings, database_url=f"sqlite:///{folder / FILE}"))


def _made(folder: Path) -> Ground:
    ground = Ground(prepare(folder, lambda doing, share: None))
    app = create_app(ground.settings)
    app.testing = True
    database: Database = app.extensions["xhht_database"]
    with database.transaction() as db:
        _rows(db, ground)
    _lists(app, ground)
    _slips(app, ground)
    database.dispose()
    return ground


def _rows(db: Session, ground: Ground) -> None:
    """Somebody new, somebody whose case and household were declined, and pages behind ticks and searches."""
    say = ground.hidden.append
    rows = list(db.scalars(select(Community).where(Community.ward_code == WARD).order_by(Community.id)))
    ward = Ward(WARD, "Phường Hương Trà", "46", rows, WardPolicy(WARD), made=400)
    accounts = {
        role: db.scalars(select(Account).where(Account.login == login)).one_or_none()
        for role, (login, _) in LOGINS.items()
    }

    give_account(db, "fresh", None)
    head = Officer(accounts["community_head"], "chihoi", Role.COMMUNITY_HEAD)
    theirs = db.scalars(select(RoleGrant.community_id).where(RoleGrant.account_id == head.account.id)).first()
    ward.communities[0] = next(one for one in rows if one.id == theirs)
    declined = make_resident(db, ward, login="declined", birth_year=1961)
    make_evidence(db, declined, "Lớp tin học cho người lớn tuổi")
    case = make_application(db, declined, "declined")
    home = declined.household.id
    make_group_application(db, make_group(db, Kind.HOUSEHOLD, home), "declined")
    clan = db.scalars(select(Clan.id).where(Clan.closed_at.is_(None)).order_by(Clan.id)).first()
    unit = db.scalars(
        select(Unit.id).where(Unit.managed_by == "commune", Unit.closed_at.is_(None)).order_by(Unit.id)
    ).first()
    activity = make_activity(db, ward, head, people=[declined])
    open_one = make_activity(db, ward, head)
    family = SLUGS[Kind.HOUSEHOLD]
    for path in (
        f"/noi-o/{WARD}",
        f"/ho-so/{case.id}/xet-lai",
        f"/ho-so-nhom/{family}/{home}/xet-lai",
        f"/dang-ky-nam/nhom/{family}/{home}",
        "/dong-ho",
        "/don-vi",
        f"/tham-gia/dong-ho/{clan}",
        f"/tham-gia/don-vi/{unit}",
        f"/hoat-dong/{activity.id}/khong-du",
        f"/den-hoc?ma={open_one.code}",
    ):
        say(("declined", path))

    neighbour = make_resident(db, ward, NEIGHBOUR, community=0, birth_year=1970)
    for somebody in (declined, neighbour):  # one certificate, two people: a question on the bench
        db.get_one(Evidence, make_evidence(db, somebody, "Lớp sơ cứu")).certificate_ref = "SC-2026-00077"
    say(("community_head", f"/hoat-dong/{open_one.id}/them?ai={neighbour.id}"))
    say(("community_head", f"/hoat-dong/{activity.id}/bo-ten?ai={declined.id}"))
    registered = select(Registration.subject_id).where(Registration.year == YEAR, Registration.kind == "citizen")
    say(("ward_reviewer", f"/dang-ky-nam/rut/{SLUGS[Kind.CITIZEN]}/{db.scalars(registered).first()}"))
    dead = db.scalars(select(Person.id).where(Person.died_on.is_not(None), Person.ward_code == WARD)).first()
    say(("ward_reviewer", f"/dan-cu/{dead}/con-song"))
    self_made = people.add_person(db, NewPerson("Võ Thị Mẫu Mới", Birth(1990), learner_group="residents"), id_key=KEY)
    own = give_account(db, "tu-mo", None, name="Võ Thị Mẫu Mới")
    own.person_id = self_made.id
    say(("ward_reviewer", f"/dan-cu/{neighbour.id}/noi-tai-khoan/{own.id}"))
    sent = db.scalars(
        select(Application.person_id).where(
            Application.ward_code == WARD, Application.kind == "citizen", Application.receipt.is_not(None)
        )
    ).first()
    say(("ward_reviewer", f"/phieu/{sent}/bien-nhan"))
    wrote = select(Evidence.created_by).where(
        Evidence.ward_code == WARD,
        Evidence.created_by.is_not(None),
        Evidence.year == YEAR,
        Evidence.activity_id.is_(None),
    )
    say(("ward_reviewer", f"/ban-xet/dieu-can-hoi/ghi-ho/{db.scalars(wrote).first()}"))
    say(("ward_reviewer", "/ban-xet/dieu-can-hoi/tu-nhap"))
    say(("admin", "/quan-tri/dia-ban/" + WARD))
    for who in ("citizen", "declined"):  # a script leads there, when something waits on the phone
        say((who, "/hop-gui"))
    say(("visitor", "/ngoai-tuyen"))
    say(("visitor", "/kiem-tra/KHONGCOMA1"))


def _lists(app: Flask, ground: Ground) -> None:
    """A list of residents taken in, and one that still wants its columns named."""
    officer = ground.enter(app, "ward_reviewer")
    for first, name in ((0, "to-dan-pho.xlsx"), (400, "con-doi.xlsx")):
        officer.get("/dan-cu/danh-sach/moi").submit("/moi", {"file": (name, xlsx(list_of(12, 4, first=first)))})
        assert officer.screen() == "roster.columns", officer.words()
        here = officer.path.removesuffix("/cot")
        ground.hidden.append(("ward_reviewer", officer.path if first else here))
        if not first:
            officer.submit("/cot")
            ground.hidden.append(("ward_reviewer", officer.path))
            work(ground)
            officer.get(here).submit(button="Nhập")
            work(ground)
            ground.hidden.append(("ward_reviewer", f"{here}/rut-lai"))


def _slips(app: Flask, ground: Ground) -> None:
    """A print of slips, done and not fetched yet; a code with which somebody asks for help."""
    officer = ground.enter(app, "ward_reviewer")
    with app.extensions["xhht_database"].read() as db:
        person = db.scalars(select(Person.id).where(Person.name == NEIGHBOUR)).one()
    officer.get(f"/dan-cu/{person}/phieu").submit(button="In phiếu nhận hồ sơ")
    assert officer.screen() == "jobs.one", officer.words()
    work(ground)
    ground.hidden.append(("ward_reviewer", "/phieu-nhan/in/" + officer.path.rpartition("/")[2]))
    asker = ground.enter(app, "declined").get("/nho-giup").submit("/nho-giup", button="Làm mã")
    assert asker.screen() == "helping.slip", asker.words()
    ground.hidden.append(("declined", asker.path))


def work(ground: Ground) -> None:
    """What `xhht work` would do."""
    shop = worker.open_workshop(ground.settings)
    worker.run_waiting(shop)
    shop.database.dispose()


def plan(app: Flask, ground: Ground, most: int = 2) -> list[Stop]:
    """Each endpoint as up to `most` kinds of people find it, one address each; visitors and residents first."""
    stops: dict[str, list[Stop]] = defaultdict(list)
    for who in WHO:
        browser = ground.enter(app, who)
        waiting = [*DOORS, *(path for one, path in ground.hidden if one == who)]
        seen, times = set(), Counter[str]()
        while waiting:
            path = waiting.pop(0)
            wanted = endpoint(app, path)
            if path in seen or times[wanted] >= (1 if len(stops[wanted]) >= most else LOOKED_AT):
                continue
            seen.add(path)
            times[wanted] += 1
            browser.get(path)
            assert browser.status < 400, f"{who} at {path}: {browser.status}"
            if not browser.text:
                continue
            name, here = browser.screen(), stops[browser.screen()]
            if len(here) < most and who not in {stop.who for stop in here}:
                here.append(Stop(who, name, browser.path))
            waiting += [link for link in linked(browser.page, browser.path) if link not in seen]
    return [stop for name in sorted(stops) for stop in stops[name]]


def pages(app: Flask) -> set[str]:
    """Every endpoint that shows a page."""
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGE
