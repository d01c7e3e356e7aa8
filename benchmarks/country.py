"""The page of the country's ratios: one ward counted, then every commune of the country, for every kind."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import event, insert, select

from tests import factories
from tests.browser import Browser
from xhht_citizen.database import Database, now
from xhht_citizen.places import actions as places
from xhht_citizen.places.models import Commune
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios.models import WARD, Tally
from xhht_citizen.ratios.rules import MEASURES

PAGES = ("/ty-le", "/ty-le?loai=gia-dinh", "/ty-le?loai=trong-dong-ho")
# An average commune's numbers, see how many of what: adults, households, clans, communities, units.
TOTALS = {"citizen": 23_000, "household": 8_500, "clan": 40, "community": 27, "unit": 20, "agency": 2, "commune": 1}


def country_page(url: str, folder: Path) -> None:
    """Statements and milliseconds of the page for 1 ward and for all of them; the list of communes is the same."""
    database = Database(url)
    with database.transaction() as db:
        places.load(db)
        communes = db.execute(select(Commune.code, Commune.province_code)).all()
        _tally(db, communes[:1])
    app = factories.make_app(url, folder)
    app.testing = False
    few = _measure(app, database)
    with database.transaction() as db:
        _tally(db, communes[1:])
    if database.engine.dialect.name == "postgresql":  # as autovacuum does within a minute
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE tally")
    many = _measure(app, database)
    for page in PAGES:
        (ms, asked), (ms_all, asked_all) = few[page], many[page]
        print(
            f"{page:<33} {ms:>7.2f} ms      with {len(communes):,} wards {ms_all:.2f} ms      ratio {ms_all / ms:.2f}, "
            f"statements {asked} and {asked_all}"
        )
    app.extensions["xhht_database"].dispose()
    database.dispose()


def touch(database: Database, ward: factories.Ward) -> None:
    """Bringing one community of 850 adults, and its ward, up to date for every kind."""
    community = ward.communities[0].id
    with database.write() as db:
        for _ in range(800):
            factories.make_resident(db, ward)
        ratios.recount_ward(db, ward.code, factories.YEAR)
        times = []
        with _counted(database) as seen:
            for _ in range(30):
                begun = time.perf_counter()
                ratios.touch(db, ward.code, community, factories.YEAR)
                times.append(time.perf_counter() - begun)
        print(
            f"touch of a community              {statistics.median(times) * 1000:>7.2f} ms      "
            f"{len(seen) // 30} statements, all kinds"
        )
        db.rollback()


def _tally(db: object, communes: object) -> None:
    rows = []
    for number, (code, province) in enumerate(communes):  # type: ignore[var-annotated, arg-type]
        for kind in MEASURES:
            total = TOTALS.get(kind, 5_000)
            rows.append(
                {
                    "ward_code": code, "community_id": WARD, "kind": kind, "year": factories.YEAR,
                    "province_code": province, "total": total, "registered": total * 4 // 5,
                    "assessed": total * 3 // 5, "recognised": total * (30 + number % 40) // 100, "taken_at": now(),
                }
            )  # fmt: skip
    db.execute(insert(Tally), rows)  # type: ignore[attr-defined]


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _measure(app: Flask, database: Database) -> dict[str, tuple[float, int]]:
    """Median milliseconds and statements of each page."""
    client, found = Browser(app).client, {}
    for page in PAGES:
        for _ in range(5):
            assert client.get(page).status_code == 200
        times = []
        for _ in range(40):
            begun = time.perf_counter()
            client.get(page)
            times.append(time.perf_counter() - begun)
        with _counted(app.extensions["xhht_database"]) as seen:
            client.get(page)
        asked = [one for one in seen if one.lstrip().upper().startswith("SELECT")]
        found[page] = (statistics.median(times) * 1000, len(asked))
    return found
