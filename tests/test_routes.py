"""Every way in: it says whom it is for, GET writes nothing, POST without the page's token does nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, YEAR, actor_of, make_app, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import Rule

import xhht_citizen.web
from xhht_citizen import schema
from xhht_citizen.access.rules import PERMISSIONS
from xhht_citizen.access.rules import Role as Roles
from xhht_citizen.applications import actions
from xhht_citizen.applications.rules import TRANSITIONS
from xhht_citizen.audit import Look
from xhht_citizen.database import Database, new_id
from xhht_citizen.places.models import Commune
from xhht_citizen.web.guard import safe_next
from xhht_citizen.web.transactions import after_commit, reader, writer

TEMPLATES = Path(xhht_citizen.web.__path__[0]) / "templates"
# What a GET answers without a page of its own: files, a redirect, a sign of life.
NO_PAGE = {
    "account.data",
    "account.desk",
    "activities.poster",
    "assets.file",
    "batches.paper",
    "community.mine",
    "decisions.paper",
    "evidence.file",
    "exports.download",
    "exports.upward",
    "jobs.file",
    "letterheads.preview",
    "meetings.paper",
    "offline.manifest",
    "offline.words",
    "outbox.key",
    "offline.worker",
    "public.health",
    "sheets.one",
    "register.certificate",
    "register.revocation_paper",
    "roster.faults",
    "roster.template",
}
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
        assert f"{view.__module__.split('.')[-1]}_".startswith(f"{area}_"), rule.endpoint
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
            if getattr(app.view_functions[rule.endpoint], "for_script", False):
                said = {"error": "first", "url": "/dang-nhap?next=/hop-gui"}
                assert (answer.status_code, answer.get_json()) == (401, said), path
                continue
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


@only_sqlite
@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/minh-chung?nam=2025", True),
        ("/tim?tim=a:b//c", True),
        ("//evil.example", False),
        ("https://evil.example/", False),
        ("minh-chung", False),
        ("/\\evil.example", False),
        ("/a\\..", False),
        ("/\t/evil.example/x", False),
        ("/\n/evil.example", False),
        ("/\r/evil.example", False),
        ("/\0/evil.example", False),
        ("/ /evil.example", False),
        ("//[evil", False),
        ("", False),
    ],
)
def test_the_way_back_stays_in_this_app(app: Flask, target: str, *, kept: bool) -> None:
    with app.test_request_context("/dang-nhap", query_string={"next": target}):
        assert safe_next("/cua-truoc") == (target if kept else "/cua-truoc")


def test_no_nul_reaches_the_database(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        make_officer(db, make_ward(db), Roles.WARD_REVIEWER, "xet")
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "xet", "password": PASSWORD})
    for path in ("/ty-le/tinh/%00", "/kiem-tra/a%00b", "/xet-duyet?tim=%00", "/xet-duyet?%00=a", "/khong-co-%00"):
        answer = browser.get(path)
        assert (answer.status, answer.heading() != "", "\0" in answer.text) == (400, True, False), path
    answer = Browser(app).get("/dang-nhap").submit(fields={"login": "a\0b", "password": "x"})
    assert (answer.status, answer.screen()) == (400, "account.sign_in")


@pytest.mark.parametrize("year", ["99999999999999999999", "-5", "0", "1e3", "٢٠٢٦", "20 25", str(YEAR + 1), "1999"])
def test_a_year_that_cannot_be_is_the_usual_one(app: Flask, database: Database, year: str) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        resident = make_resident(db, ward, login="lan")
        for role in Roles:
            make_officer(db, ward, role, "lan", resident=resident)
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    for path in ("/diem", "/ty-le", "/ty-le/xa/19996", "/danh-hieu", "/so-lieu"):
        answer = browser.get(f"{path}?nam={year}")
        assert (answer.status, str(YEAR) in answer.words()) == (200, True), path
    assert browser.get(f"/so-lieu/danh-hieu?nam={year}").status == 422


def test_a_page_of_many_people_notes_its_looks_at_once(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        first = make_resident(db, ward)
        for _ in range(5):
            make_resident(db, ward, household=first.household)
        make_officer(db, ward, Roles.WARD_REVIEWER, "xet")
        household = first.household.id
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "xet", "password": PASSWORD})
    commits: list[object] = []
    engine = app.extensions["xhht_database"].writer
    note = commits.append
    event.listen(engine, "commit", note)
    assert browser.get(f"/ho-gia-dinh/{household}").status == 200
    event.remove(engine, "commit", note)
    with database.read() as db:
        assert (db.scalar(select(func.count()).select_from(Look)), len(commits)) == (6, 1)


@only_sqlite
def test_what_fails_after_the_commit_takes_nothing_back(database: Database, database_url: str, tmp_path: Path) -> None:
    """Such as a file that cannot be removed: the row is gone, the answer is true."""
    done = []

    def fails() -> None:
        raise OSError("the disk is away")

    def saved() -> str:
        make_ward(writer())
        after_commit(fails)
        after_commit(lambda: done.append("next"))
        return "saved"

    app = make_app(database_url, tmp_path)
    app.add_url_rule("/thu", view_func=saved, methods=["POST"])
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/thu")
    assert (answer.status_code, done) == (200, ["next"])
    app.extensions["xhht_database"].dispose()
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Commune)) == 1
