"""Alembic's entry: the models are the target, the connection comes from `xhht db upgrade` or the environment."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from xhht_citizen import schema
from xhht_citizen.config import database_url_from_env
from xhht_citizen.database import Database


def run(connection: Connection) -> None:
    """Run the asked-for revisions on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(database_url_from_env())
    with database.writer.begin() as connection:
        run(connection)
    database.dispose()
