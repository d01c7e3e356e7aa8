"""A server killed in the middle of a burst: what it acknowledged is there, once; what it did not is whole or absent."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from factories import make_ward
from serving import Client, serving, signed_in
from sqlalchemy import func, select, text
from test_concurrency import SEND, draft, events_of

from xhht_citizen import audit
from xhht_citizen.applications.models import Application
from xhht_citizen.database import Database

pytestmark = pytest.mark.xdist_group("servers")


def test_what_was_acknowledged_survives_a_kill(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    acknowledged: list[int] = []
    dead = Event()
    with serving(database_url, tmp_path) as server:
        with database.transaction() as db:
            ward = make_ward(db)
            pairs = [draft(db, ward, f"dan-{n}") for n in range(40)]
            cases = [case_id for _, case_id in pairs]
            clients = [signed_in(db, one.account, server.port) for one, _ in pairs]  # type: ignore[arg-type]

        def send(number: int) -> None:
            if dead.is_set():
                return
            try:
                if clients[number].post("/ho-so/gui", SEND)[0] == 303:
                    acknowledged.append(number)
            except OSError:
                return  # cut off: nobody was told anything

        with ThreadPoolExecutor(8) as pool:
            burst = [pool.submit(send, number) for number in range(len(clients))]
            until = time.monotonic() + 30
            while len(acknowledged) < 15 and time.monotonic() < until:
                time.sleep(0.005)
            server.kill()
            dead.set()
        for one in burst:
            one.result()
    assert 15 <= len(acknowledged) < len(clients)

    with serving(database_url, tmp_path) as server, database.read(primary=True) as db:
        told = sorted(acknowledged)
        submitted = [number for number, key in enumerate(cases) if events_of(db, key) == ["submit"]]
        assert [number for number in told if number not in submitted] == []
        assert [number for number, key in enumerate(cases) if len(events_of(db, key)) > 1] == []
        receipts = db.scalars(select(Application.receipt_number).where(Application.state == "submitted")).all()
        assert sorted(receipts) == list(range(1, len(submitted) + 1))  # type: ignore[type-var]
        assert audit.verify(db).broken == ()
        acts = db.scalar(
            select(func.count()).select_from(audit.AuditEntry).where(audit.AuditEntry.action == "application.submit")
        )
        assert acts == len(submitted)
        if database.engine.dialect.name == "sqlite":
            assert db.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
        # Those who were cut off press the button again, and the rest comes in.
        for number, client in enumerate(clients):
            assert Client(server.port, client.cookie, client.token).post("/ho-so/gui", SEND)[0] == 303, number
    with database.read() as db:
        receipts = db.scalars(select(Application.receipt_number)).all()
        assert sorted(receipts) == list(range(1, len(clients) + 1))  # type: ignore[type-var]
    database.dispose()
