"""All tables in one place, and bringing a database up to date with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import xhht_citizen.access.models
import xhht_citizen.activities.models
import xhht_citizen.applications.models
import xhht_citizen.audit
import xhht_citizen.batches.models
import xhht_citizen.evidence.models
import xhht_citizen.groups.models
import xhht_citizen.helping.models
import xhht_citizen.jobs.models
import xhht_citizen.meetings.models
import xhht_citizen.notices.models
import xhht_citizen.people.models
import xhht_citizen.phones.models
import xhht_citizen.places.models
import xhht_citizen.ratios.models
import xhht_citizen.roster.models
import xhht_citizen.titles.models  # noqa: F401
from xhht_citizen.database import Base, Database

metadata = Base.metadata


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables up to a revision, in one transaction; nothing happens when they are there."""
    with _alone(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Take the tables back to a revision."""
    with _alone(database) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction that may make tables anew.

    SQLite changes a column by copying the table, and dropping the old one would count as deleting rows others point
    at: so foreign keys are looked at as a whole before the commit instead.
    """
    with database.writer.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")  # has no effect once a transaction has begun
        try:
            with connection.begin():
                yield connection
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise RuntimeError(f"a row of {broken[0]} points at a row of {broken[2]} that is not there")
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _config(connection: object) -> Config:
    package = Path(__file__).parent
    installed = package / "_migrations"
    config = Config()
    config.set_main_option("script_location", str(installed if installed.is_dir() else package.parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def is_current(database: Database) -> bool:
    """Whether the tables are those of this version of the app."""
    with database.reader.connect() as connection:
        heads = ScriptDirectory.from_config(_config(connection)).get_heads()
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)
