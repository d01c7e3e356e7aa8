"""The database: one declarative base, one reader and one writer, on SQLite and PostgreSQL alike.

SQLite runs in WAL mode; a writer begins IMMEDIATE, so that two of them queue instead of losing updates.
A reader's transaction refuses writes on both databases: a GET can never change a row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Column, DateTime, Dialect, Engine, Executable, MetaData, create_engine, event, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

Part = TypeVar("Part")
AlreadyThere = IntegrityError  # what a database says when two write the same at once, by the name screens know it
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on both databases; a naive one is refused, because it means two things."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> uuid.UUID:
    """A UUIDv7: ordered by time, made anywhere, no central sequence."""
    return uuid7()


def made_ms(made: uuid.UUID) -> int:
    """When a UUIDv7 was made, in milliseconds since 1970."""
    return made.int >> 80


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Database:
    """One database, opened once per process: `read()` for looking, `write()` for changing."""

    def __init__(self, url: str, replica_url: str | None = None, **engine_options: Any) -> None:
        engine = _engine(url, **engine_options)
        replica = _engine(replica_url, **engine_options) if replica_url else engine
        self.engine = engine
        self.writer: Engine = engine.execution_options(xhht_readonly=False)
        self.reader: Engine = replica.execution_options(xhht_readonly=True)
        self.primary_reader: Engine = engine.execution_options(xhht_readonly=True)
        self._replica = replica
        self._sessions = sessionmaker(autoflush=True, expire_on_commit=False)

    def read(self, *, primary: bool = False) -> Session:
        """A session whose transaction cannot write; `primary` for who has just written."""
        return self._sessions(bind=self.primary_reader if primary else self.reader)

    def write(self) -> Session:
        """A session that may write; the caller commits."""
        return self._sessions(bind=self.writer)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A write session that commits when the block ends well."""
        with self.write() as db:
            yield db
            db.commit()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        if self._replica is not self.engine:
            self._replica.dispose()


def _engine(url: str, **options: Any) -> Engine:
    parsed = make_url(url)
    # A request may hold a reader, a writer and, after the page, the access log: room for a process's threads.
    options = {"pool_size": 10, "max_overflow": 30, **options}
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, **options)
        event.listen(engine, "connect", _sqlite_connect)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, **options)
    event.listen(engine, "begin", _begin)
    return engine


def _sqlite_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver must not guess where a transaction begins
    # FULL: what was acknowledged is on the disk, through a power cut too. It costs a commit one fsync, and a ward's
    # peak is one submission a second.
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("xhht_readonly", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if readonly else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")
    elif readonly:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def columns_to(table: str) -> list[Column[Any]]:
    """Every column of a foreign key to this table; a process that asks has loaded all models (`schema`)."""
    return [
        column
        for one in Base.metadata.sorted_tables
        for column in one.columns
        if any(key.column.table.name == table for key in column.foreign_keys)
    ]


def insert_new(db: Session, model: type[Base], **values: Any) -> bool:
    """Insert a row unless its unique key is taken; True when this call made it. One statement, no race."""
    return db.execute(_insert_new(model, db.get_bind().dialect.name), values).first() is not None


def insert_all_new(db: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """As `insert_new` for many rows of the same columns, in a few statements; not which of them were new."""
    insert = (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert
    for some in parts(rows):
        db.execute(insert(model.__table__).on_conflict_do_nothing(), list(some))


@cache
def _insert_new(model: type[Base], dialect: str) -> Executable:
    insert = (sqlite if dialect == "sqlite" else postgresql).insert
    # The row asked back, not rowcount: that one is -1 for an INSERT on PostgreSQL.
    return cast(Executable, insert(model.__table__).on_conflict_do_nothing().returning(literal(1)))


def parts(ids: Sequence[Part], size: int = 1000) -> Iterator[Sequence[Part]]:
    """Ids, or rows to write, in parts that one statement can take on either database."""
    for begin in range(0, len(ids), size):
        yield ids[begin : begin + size]
