"""The migrations make the models' tables, go up and down one by one, and keep the audit append-only."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from factories import TODAY, YEAR, make_application, make_resident, make_ward
from sqlalchemy import Connection, Engine, delete, event, insert, inspect, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import xhht_citizen
from xhht_citizen import audit, schema
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications import queues, shared
from xhht_citizen.applications.models import ApplicationLine
from xhht_citizen.applications.rules import State
from xhht_citizen.database import Database, columns_to, new_id
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.notices.models import Notice
from xhht_citizen.people import queries as people
from xhht_citizen.ratios.models import Tally
from xhht_citizen.titles import queries as titles

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def blank(blank_url: str) -> Iterator[Database]:
    opened = Database(blank_url)
    yield opened
    opened.dispose()


def portrait(engine: Engine) -> dict[str, Any]:
    """Everything the database says of its tables: columns, keys, checks, indexes with their conditions."""
    seen = inspect(engine)
    what = ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "check_constraints", "indexes")
    return {
        f"{kind} of {table}": sorted(map(plain, said)) if isinstance(said, list) else plain(said)
        for kind in what
        for (_, table), said in getattr(seen, f"get_multi_{kind}")().items()
        if table != "alembic_version"
    }


def plain(said: object) -> str:
    return json.dumps(said, default=str, sort_keys=True)


def leftovers(connection: Connection) -> list[str]:
    """Names of tables, triggers and functions in the database, Alembic's own left out."""
    if connection.dialect.name == "sqlite":
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    else:
        names = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        )
    return [name for name in names if "alembic_version" not in name]


def test_head_is_what_the_models_say(blank: Database) -> None:
    schema.metadata.create_all(blank.engine)
    wanted = portrait(blank.engine)
    schema.metadata.drop_all(blank.engine)
    schema.upgrade(blank)
    assert portrait(blank.engine) == wanted
    with blank.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_every_revision_goes_up_and_down(blank: Database) -> None:
    with blank.writer.begin() as connection:
        script = ScriptDirectory.from_config(schema._config(connection))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    for revision in revisions:
        schema.upgrade(blank, revision)
        schema.downgrade(blank, "-1")
        schema.upgrade(blank, revision)
    full = portrait(blank.engine)
    for _ in revisions:
        schema.downgrade(blank, "-1")
    with blank.engine.connect() as connection:
        assert leftovers(connection) == []
    schema.upgrade(blank)
    assert portrait(blank.engine) == full


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before = portrait(database.engine)
    schema.upgrade(database)
    assert portrait(database.engine) == before


@pytest.mark.parametrize("table", ["audit_entry", "look"])
@pytest.mark.parametrize("act", ["UPDATE {} SET ward_code = '11111'", "DELETE FROM {}"])
def test_what_was_written_down_stays(database: Database, table: str, act: str) -> None:
    with database.transaction() as db:
        audit.append(db, "try", ward_code="19996", account_id=None, subject_kind="test", subject_id=None)
    look = {"ward_code": "19996", "person_id": new_id(), "screen": "test"}
    audit.record_looks(database, account_id=new_id(), looks=[look])
    with database.write() as db, pytest.raises(DBAPIError, match=f"{table} is append-only"):
        db.execute(text(act.format(table)))
    with database.read() as db:
        assert list(db.scalars(text(f"SELECT ward_code FROM {table}"))) == ["19996"]


def rows(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with engine.connect() as connection:
        return {
            table.name: sorted(str(tuple(row)) for row in connection.execute(table.select()))
            for table in schema.metadata.sorted_tables
        }


def test_what_people_did_before_there_were_groups_is_kept(database: Database) -> None:
    """Down to the first revision and up again: a citizen's case, title and registration stand as they stood."""
    with database.transaction() as db:
        ward = make_ward(db)
        for state in ("draft", "returned", "granted"):
            make_application(db, make_resident(db, ward), state)
        db.execute(delete(Tally).where(Tally.kind != "citizen"))  # the first revision counted citizens only
        db.execute(delete(Notice))  # nor did it tell anybody anything, or keep what was asked of a line
        db.execute(update(ApplicationLine).values(returned_as=None))
    before = rows(database.engine)
    assert [len(before[name]) for name in ("application", "application_line", "title")] == [3, 30, 1]
    schema.downgrade(database, "0001")
    schema.upgrade(database)
    assert rows(database.engine) == before


@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL alters tables in place, keys on
def test_a_row_that_points_at_nothing_stops_an_upgrade(blank_url: str) -> None:
    """Tables are copied on SQLite with foreign keys off, and looked at as a whole before the commit."""
    opened = Database(blank_url)
    schema.upgrade(opened, "0001")
    raw = opened.engine.raw_connection()
    raw.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
    raw.driver_connection.execute(  # type: ignore[union-attr]
        "INSERT INTO clan (id, ward_code, name, created_at) VALUES ('00', '99999', 'Họ Mẫu', '2026-01-01')"
    )
    raw.close()
    opened.dispose()
    opened = Database(blank_url)
    with pytest.raises(RuntimeError, match="clan points at a row of commune"):
        schema.upgrade(opened)
    assert not schema.is_current(opened)
    opened.dispose()


def test_an_installed_copy_brings_its_migrations(tmp_path: Path) -> None:
    """As in a wheel: the package with `_migrations` inside, no checkout near, any folder."""
    package = tmp_path / "site" / "xhht_citizen"
    shutil.copytree(xhht_citizen.__path__[0], package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copytree(REPOSITORY / "migrations", package / "_migrations", ignore=shutil.ignore_patterns("__pycache__"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        "from xhht_citizen import schema; from xhht_citizen.database import Database; from sqlalchemy import inspect\n"
        "d = Database('sqlite:///fresh.sqlite3'); schema.upgrade(d)\n"
        "print(schema.__file__); print(*sorted(inspect(d.engine).get_table_names()))"
    )
    env = {**os.environ, "PYTHONPATH": str(package.parent)}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=env, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    where, tables = answer.stdout.splitlines()
    assert Path(where) == package / "schema.py"
    assert tables.split() == sorted([*schema.metadata.tables, "alembic_version"])


def plan(db: Session, ask: Callable[[], object]) -> str:
    """How the database would answer the one statement that `ask` sends, tables too small for an index regardless."""
    sent: list[tuple[str, Any]] = []
    connection = db.connection()

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    ask()
    event.remove(connection, "before_cursor_execute", note)
    [(statement, parameters)] = [pair for pair in sent if pair[0].startswith("SELECT")]
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET enable_seqscan = off")
    return "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))


def test_hot_lists_never_read_whole_tables(db: Session) -> None:
    ward = make_ward(db)
    case = make_application(db, make_resident(db, ward), "granted")
    community, household = ward.communities[0].id, case.household_id or new_id()
    waiting = (State.SUBMITTED, State.ENDORSED)
    asked: dict[str, Callable[[], object]] = {
        "application": lambda: queues.queue(db, queues.Place(ward.code), states=waiting, year=case.year),
        "application ": lambda: queues.queue(db, queues.Place(community_id=community), states=waiting, year=case.year),
        "application  ": lambda: queues.queue_counts(db, queues.Place(ward.code), year=case.year),
        "person": lambda: people.residents(db, ward_code=ward.code),
        "title": lambda: titles.register(db, year=case.year, ward_code=ward.code),
        "household_membership": lambda: people.members(db, household),
        "application_event": lambda: applications.events(db, case.id),
    }
    for table, ask in asked.items():
        steps = plan(db, ask)
        whole = f"SCAN {table.strip()}" if "SCAN" in steps or "SEARCH" in steps else f"Seq Scan on {table.strip()} "
        assert whole not in steps, steps


@pytest.mark.parametrize("what", [*shared.What])
def test_what_several_people_have_is_found_by_its_index(db: Session, what: shared.What) -> None:
    """For the cases of a page, and for the ward's list."""
    ward = make_ward(db)
    case = make_application(db, make_resident(db, ward), "submitted")
    rows = [
        {"id": new_id(), "ward_code": ward.code, "person_id": case.person_id, "kind": "course", "title": "Lớp"}
        | {"learned_on": TODAY, "year": YEAR, "certificate_ref": f"Số {number}/GCN-2026" if number < 9 else None}
        for number in range(500)
    ]
    db.execute(insert(Evidence), rows)
    db.execute(text("ANALYZE evidence"))  # a table of one row is found as fast by any index
    index = "ix_evidence_file_same" if what is shared.What.FILE else "ix_evidence_reference"
    for ask in (
        lambda: shared.others_of_cases(db, [case.id, new_id()], what),
        lambda: shared.page(db, ward.code, what),
    ):
        assert index in plan(db, ask)


def test_the_register_of_every_scope_comes_in_its_order(db: Session) -> None:
    """A page of a ward, a province, the country or a decision comes from its index: nothing sorted, nothing joined."""
    ward = make_ward(db)
    case = make_application(db, make_resident(db, ward), "granted")
    held = titles.title_of_application(db, case.id)
    assert held is not None
    assert held.province_code == ward.province_code
    asked: list[Callable[[], object]] = [
        lambda: titles.register(db, year=case.year, ward_code=ward.code),
        lambda: titles.register(db, year=case.year, province_code=ward.province_code),
        lambda: titles.register(db, year=case.year),
        lambda: titles.register(db, year=None, ward_code=ward.code, decision_id=held.decision_id),
    ]
    for ask in asked:
        steps = plan(db, ask)
        assert "SCAN title" not in steps, steps
        assert "Seq Scan on title " not in steps, steps
        if db.get_bind().dialect.name == "sqlite":  # PostgreSQL sorts a table of one row
            assert "ORDER BY" not in steps, steps


@pytest.mark.parametrize("table", ["person", "household", "application"])
def test_whatever_points_at_what_may_be_deleted_is_found_by_an_index(blank: Database, table: str) -> None:
    """Deleting a row asks every table that points at it: one without a full index is read whole for each row."""
    schema.upgrade(blank)
    seen = inspect(blank.engine)
    bare = []
    for column in columns_to(table):
        of = column.table.name
        led = [one["column_names"] for one in seen.get_indexes(of) if _condition(one) is None]
        led += [one["column_names"] for one in seen.get_unique_constraints(of)]
        led.append(seen.get_pk_constraint(of)["constrained_columns"])
        if column.name not in {names[0] for names in led if names}:
            bare.append((of, column.name))
    assert bare == []


def _condition(index: Any) -> object:
    options = index.get("dialect_options", {})
    return options.get("sqlite_where", options.get("postgresql_where"))


def test_titles_and_cases_of_one_person_are_found_by_index(db: Session) -> None:
    ward = make_ward(db)
    case = make_application(db, make_resident(db, ward), "granted")
    asked: list[Callable[[], object]] = [
        lambda: titles.title_of_application(db, case.id),
        lambda: applications.own_applications(db, case.person_id),
        lambda: titles.registration(db, case.person_id, case.year),
        lambda: titles.decisions(db, ward.code),
    ]
    for ask in asked:
        steps = plan(db, ask)
        for table in ("title", "application", "registration", "decision"):
            assert not re.search(rf"\b(SCAN|Seq Scan on) {table}\b", steps), steps
