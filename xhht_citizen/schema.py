"""All tables in one place, and bringing a database up to date with them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import xhht_citizen.access.models
import xhht_citizen.applications.models
import xhht_citizen.audit
import xhht_citizen.evidence.models
import xhht_citizen.people.models
import xhht_citizen.places.models
import xhht_citizen.ratios.models
import xhht_citizen.titles.models  # noqa: F401
from xhht_citizen.database import Base, Database

metadata = Base.metadata


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables up to a revision, in one transaction; nothing happens when they are there."""
    with database.writer.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Take the tables back to a revision."""
    with database.writer.begin() as connection:
        command.downgrade(_config(connection), revision)


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
