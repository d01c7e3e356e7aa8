"""Every page that can be reached, as each of the seven who may come: whole, labelled, at home on this host."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import pytest
from browser import Browser, words
from factories import (
    PASSWORD,
    Resident,
    Ward,
    actor_of,
    give_account,
    make_activity,
    make_application,
    make_clan,
    make_evidence,
    make_group,
    make_group_application,
    make_head,
    make_officer,
    make_resident,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from xhht_citizen import schema
from xhht_citizen.access.rules import Role
from xhht_citizen.applications import actions
from xhht_citizen.applications.rules import State
from xhht_citizen.database import Database
from xhht_citizen.groups.rules import Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.titles.models import Title

WHO = ("visitor", "citizen", "fresh", *(str(role) for role in Role))
SEARCHED = {"citizen": ["/noi-o/19996"], "admin": ["/quan-tri/dia-ban/19996"]}
PER_SCREEN = 5  # addresses of one screen looked at: the sixth household is as the first
LABELLED = {"input", "select", "textarea"}
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


@cache
def _settled(template: Path) -> tuple[Path, Ward]:
    """A database with the town in it, made once a worker: it takes a second or two to settle, and a moment to copy."""
    path = template.with_name("town.sqlite3")
    shutil.copyfile(template, path)
    database = Database(f"sqlite:///{path}")
    ward = _settle(database)
    database.dispose()
    return path, ward


@pytest.fixture
def town(database_url: str, sqlite_template: Path) -> Ward:
    """A ward with a case in every state, a revoked title, a family, and one account for each of the seven."""
    path, ward = _settled(sqlite_template)
    with closing(sqlite3.connect(path)) as whole, closing(sqlite3.connect(database_url.partition("///")[2])) as own:
        whole.backup(own)
    return replace(ward)


def _settle(database: Database) -> Ward:
    with database.transaction() as db:
        ward = make_ward(db)
        for number, state in enumerate(State):
            resident = make_resident(db, ward, community=number % 3, login=f"dan-{state}")
            make_evidence(db, resident, f"Lớp số {number}", ("1.1", "2.3"))
            make_application(db, resident, str(state))
        citizen = make_resident(db, ward, login="citizen")
        make_resident(db, ward, household=citizen.household, birth_year=2012)
        make_evidence(db, citizen, "Đọc sách về <b>đất</b> & nước", ("1.3",), note="dài " * 200)
        make_application(db, citizen, "returned")
        give_account(db, "fresh", None)
        for role in Role:
            make_officer(db, ward, role, str(role), name=f"Cán bộ {role}")
        lost = make_application(db, make_resident(db, ward, login="dan-revoked"), "granted")
        title = db.scalars(select(Title.id).where(Title.application_id == lost.id)).one()
        signer = make_officer(db, ward, "ward_signer", "ward_signer")
        actions.revoke_title(db, title, reason="Ghi nhầm người.", actor=actor_of(db, signer.account))
        _groups(db, ward, citizen)
        recount_ward(db, ward.code, lost.year)
    return ward


def _groups(db: Session, ward: Ward, citizen: Resident) -> None:
    """Cases of households in three states, a clan and a unit the citizen leads, an agency's and the commune's."""
    for state in ("under_review", "recommended", "granted"):
        one = make_resident(db, ward)
        make_application(db, one, "granted")
        make_group_application(db, make_group(db, Kind.HOUSEHOLD, one.household.id), state)
    clan = make_clan(db, ward, community=0, households=[citizen.household])
    unit = make_unit(db, ward, members=[citizen])
    make_head(db, "clan", clan.id, citizen)
    make_head(db, "unit", unit.id, citizen)
    make_group_application(db, make_group(db, Kind.CLAN, clan.id), "returned")
    make_group_application(db, make_group(db, Kind.UNIT, unit.id), "submitted")
    office = make_unit(db, ward, "Sở Mẫu", managed_by="province", members=[one])
    make_group_application(db, make_group(db, Kind.AGENCY, office.id), "under_review")
    make_group_application(db, make_group(db, Kind.COMMUNE, commune_id(ward.code)), "granted")
    head = make_officer(db, ward, Role.COMMUNITY_HEAD, str(Role.COMMUNITY_HEAD))
    make_activity(db, ward, head, people=[citizen, one])
    make_activity(db, ward, head)


def enter(app: Flask, who: str) -> Browser:
    browser = Browser(app).get("/dang-nhap")
    if who != "visitor":
        browser.submit(fields={"login": who, "password": PASSWORD})
        assert browser.status == 200, browser.words()
    return browser


def endpoint(app: Flask, path: str, method: str = "GET") -> str:
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(path).path, method=method)[0])
    except HTTPException as error:
        raise AssertionError(f"{path} leads nowhere: {error}") from error


def linked(page: Element, path: str) -> Iterator[str]:
    """Addresses in the page that a browser would fetch or a finger may touch, without the part after #."""
    for node in page.iter():
        for attribute in ("href", "src"):
            value = node.get(attribute)
            if value and not value.startswith(("#", "data:", "tel:", "mailto:", "sms:")):
                yield urljoin(path, value).partition("#")[0]


DOORS = ("/", "/ban-lam-viec", "/tai-khoan")


def crawl(app: Flask, browser: Browser, *more: str, doors: tuple[str, ...] = DOORS) -> Iterator[Browser]:
    """Every page from the front door on, at most PER_SCREEN of a screen; `more` are pages behind a search."""
    waiting, seen, screens = [*doors, *more], set(), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        screen = endpoint(app, path)
        if path in seen or screens[screen] >= PER_SCREEN:
            continue
        seen.add(path)
        screens[screen] += 1
        browser.get(path)
        assert browser.status < 400, f"{path}: {browser.status}"
        if browser.text:
            yield browser
            waiting += [link for link in linked(browser.page, browser.path) if link not in seen]


def faults(page: Element, screen: str) -> list[str]:
    """What is wrong with a page; html5lib has read it strictly before."""
    found = []
    nodes = list(page.iter())
    ids = [node.get("id", "") for node in nodes if node.get("id") is not None]
    if page.get("lang") not in {"vi", "en"}:
        found.append("no language")
    if [bool(words(node)) for node in nodes if node.tag == "h1"] != [True]:
        found.append("not exactly one h1 with words")
    if [bool(words(node)) for node in page.findall("head/title")] != [True]:
        found.append("no title")
    if next(page.iter("body")).get("data-screen") != screen:
        found.append(f"calls itself {next(page.iter('body')).get('data-screen')}")
    found += [f"two things with the id {one}" for one, times in Counter(ids).items() if times > 1 or not one]
    labels = {node.get("for") for node in nodes if node.tag == "label"}
    inside = {part for node in nodes if node.tag == "label" for part in node.iter()}
    for node in nodes:
        tag, name = str(node.tag), node.get("name") or node.get("id") or words(node)[:30]
        if tag in {"style", "iframe", "object", "embed"} or (tag == "script" and (words(node) or not node.get("src"))):
            found.append(f"inline <{tag}>")
        found += [f"{key} on {tag}" for key in node.attrib if key.startswith("on") or key == "style"]
        field = tag in LABELLED and node.get("type") not in UNLABELLED
        named = node.get("aria-label") or node.get("aria-labelledby") or node.get("id") in labels or node in inside
        if field and not named:
            found.append(f"{tag} {name} has no label")
        if tag == "img" and node.get("alt") is None:
            found.append("a picture without alt")
        if tag in {"a", "button"} and not (words(node) or node.get("aria-label")):
            found.append(f"{tag} {node.get('href')} without words")
        for key in ("href", "src", "action", "formaction"):
            value = node.get(key) or ""
            if value.startswith(("//", "http:", "https:", "javascript:")):
                found.append(f"{key} leads away: {value}")
            if value.startswith("#") and value[1:] and value[1:] not in ids:
                found.append(f"{value} is not on the page")
        for key in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list"):
            lost = set((node.get(key) or "").split()) - set(ids)
            if lost:
                found.append(f"{key} of {tag} {name} points to {lost}")
    return found


def everything(db: Session) -> dict[str, str]:
    """A mark of all rows, but those of who looked at whom and of tries."""
    marks = {}
    for table in schema.metadata.sorted_tables:
        if table.name not in {"look", "attempt", "kept_form"}:
            rows = sorted(map(repr, db.execute(table.select())))
            marks[table.name] = hashlib.sha256("".join(rows).encode()).hexdigest()
    return marks


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("who", WHO)
def test_every_page_one_can_reach(app: Flask, database: Database, town: Ward, who: str) -> None:
    browser = enter(app, who)
    with database.read() as db:
        before = everything(db)
    wrong: list[str] = []
    forms: dict[str, tuple[str, str]] = {}
    for page in crawl(app, browser, *SEARCHED.get(who, ())):
        screen = endpoint(app, page.path)
        wrong += [f"{page.path}: {fault}" for fault in faults(page.page, screen)]
        for form in page.forms():
            if form.method == "post":
                forms.setdefault(endpoint(app, urljoin(page.path, form.action), "POST"), (page.path, form.action))
    with database.read() as db:
        assert everything(db) == before, "a GET wrote"
    for screen, (path, action) in forms.items():
        if screen in {"account.sign_out", "account.sign_out_everywhere", "account.withdraw_consent"}:
            continue
        sent = browser.get(path).post(urljoin(path, action))  # nothing filled in: the page says what is missing
        assert sent.status < 500, screen
        if sent.text:
            wrong += [f"{screen} sent empty: {fault}" for fault in faults(sent.page, sent.screen())]
    assert wrong == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("path", "status"), [("/khong-co-trang-nay", 404), ("/xet-duyet", 403), ("/kiem-tra/KHONGCOMA1", 200)]
)
def test_pages_of_refusal_are_whole_too(app: Flask, town: Ward, path: str, status: int) -> None:
    browser = enter(app, "citizen").get(path)
    assert browser.status == status
    assert faults(browser.page, browser.screen()) == []
