"""Every way in: it says whom it is for, GET writes nothing, POST without the page's token does nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, YEAR, actor_of, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import Rule

import xhht_citizen.web
from xhht_citizen import schema
from xhht_citizen.access.rules import PERMISSIONS
from xhht_citizen.access.rules import Role as Roles
from xhht_citizen.applications import actions
from xhht_citizen.applications.rules import TRANSITIONS
from xhht_citizen.database import Database, new_id
from xhht_citizen.web.transactions import reader, writer

TEMPLATES = Path(xhht_citizen.web.__path__[0]) / "templates"
# What a GET answers without a page of its own: files, a redirect, a sign of life.
NO_PAGE = {"account.data", "account.desk", "assets.file", "evidence.file", "exports.download", "public.health"}
NOT_SCREENS = {"macros", "errors"}


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def permission(app: Flask, rule: Rule) -> str:
    return str(getattr(app.view_functions[rule.endpoint], "permission", "none"))


def address(app: Flask, rule: Rule) -> str:
    """The rule's address with ids of things that are not there."""
    values: dict[str, Any] = {
        name: new_id() if "uuid" in type(converter).__name__.lower() else "19996"
        for name, converter in rule._converters.items()
    }
    method = "POST" if "POST" in (rule.methods or ()) else "GET"
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=method)


def row_counts(database: Database) -> dict[str, int]:
    with database.read() as db:
        return {
            table.name: db.scalar(select(func.count()).select_from(table)) or 0
            for table in schema.metadata.sorted_tables
            if table.name != "kept_form"  # what was typed is kept, and nothing else
        }


only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@only_sqlite
def test_every_endpoint_says_whom_it_is_for(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert permission(app, rule) in {*PERMISSIONS, "public"}, rule.endpoint
    asked = "".join(path.read_text("utf-8") for path in TEMPLATES.parent.rglob("*") if path.suffix in {".py", ".html"})
    steps = {step.permission for step in TRANSITIONS.values()}
    assert {one for one in PERMISSIONS if f'"{one}"' not in asked and one not in steps} == set()


@only_sqlite
def test_view_template_and_endpoint_share_a_name(app: Flask) -> None:
    screens = set()
    for rule in app.url_map.iter_rules():
        area, _, name = rule.endpoint.partition(".")
        view = app.view_functions[rule.endpoint]
        assert (view.__module__, view.__name__) == (f"xhht_citizen.web.{view.__module__.split('.')[-1]}", name)
        assert view.__module__.split(".")[-1].partition("_")[0] == area, rule.endpoint
        if "GET" in rule.methods and rule.endpoint not in NO_PAGE:  # type: ignore[operator]
            assert (TEMPLATES / area / f"{name}.html").is_file(), rule.endpoint
            screens.add(f"{area}/{name}.html")
    ours = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.glob("*/*.html")}
    texts = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    sources = texts + "".join(path.read_text("utf-8") for path in TEMPLATES.parent.glob("*.py"))
    for template in ours - screens:
        assert template.split("/")[0] in NOT_SCREENS or template in sources, f"nobody shows {template}"


@only_sqlite
def test_a_visitor_is_asked_to_sign_in(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if permission(app, rule) == "public":
            continue
        path = address(app, rule)
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            answer = app.test_client().open(path, method=method)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/dang-nhap"), path


def test_a_post_without_the_pages_token_does_nothing(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        resident = make_resident(db, ward, login="lan")
        for role in Roles:
            make_officer(db, ward, role, "lan", resident=resident)
        actions.start(db, resident.person, YEAR, actor=actor_of(db, resident.account))  # type: ignore[arg-type]
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    assert browser.status == 200
    before = row_counts(database)
    for rule in rules(app, "POST"):
        for token in ({}, {"csrf_token": "of-another-page"}):
            answer = browser.client.post(address(app, rule), data={"name": "Trần Mẫu", **token})
            assert answer.status_code == 400, rule.endpoint
    assert row_counts(database) == before


def test_a_get_has_no_way_to_write(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(RuntimeError, match="a GET cannot write"):
        writer()
    for method in ("GET", "POST"):
        with app.test_request_context("/", method=method), pytest.raises(DBAPIError, match=r"readonly|read-only"):
            make_ward(reader())


def test_a_reader_after_a_writer_is_still_only_a_reader(database: Database) -> None:
    """Pooled connections are reused: what one session set must not stay for the next one."""
    for turn in range(3):
        with database.transaction() as db:
            make_ward(db, str(10000 + turn))
        with database.read() as db, pytest.raises(DBAPIError, match=r"readonly|read-only"):
            make_ward(db, "20000")
