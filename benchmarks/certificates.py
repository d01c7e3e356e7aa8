"""A big decision: granting 3,000 titles, and their certificates in one PDF beside raw typst on the same pages."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import select

from tests import factories
from tests.crowd import recommended
from xhht_citizen import worker
from xhht_citizen.applications import granting
from xhht_citizen.batches import queries
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id
from xhht_citizen.exports import certificates
from xhht_citizen.exports.typesetting import FONTS, PAPERS, qr
from xhht_citizen.jobs import queries as jobs
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.models import Decision

COUNT = 3000
BASE = "https://congdanhoctap.example.vn"


def decision_of_many(url: str, folder: Path) -> None:
    """Grant, print, and typeset the same data without us: no database, no parts, no joining."""
    database = Database(url)
    with database.transaction() as db:
        ward = factories.make_ward(db, "20014", "Phường Kim Trà", communities=27, community_step=False)
        ids = recommended(db, ward, COUNT, communities=27)
    begun = time.perf_counter()
    with database.transaction() as db:
        signer = factories.Actor(name="Người ký Mẫu")
        granting.grant_all(db, ids, actor=signer, today=factories.TODAY, decision=factories.DECISION)
    granted = time.perf_counter() - begun
    print(f"{COUNT:,} titles, one transaction       {granted:>7.1f} s       {granted / COUNT * 1000:.2f} ms a title")
    shop = worker.open_workshop(Settings(data_dir=folder, database_url=url, secret_key=factories.KEY))
    with database.transaction() as db:
        decision = db.scalars(select(Decision).where(Decision.ward_code == ward.code)).one()
        job_id = certificates.ask_to_print(
            db, decision, title="In", base=BASE, back="/", account_id=None, count=COUNT, job_id=new_id()
        )
    begun = time.perf_counter()
    worker.run_waiting(shop)
    ours = time.perf_counter() - begun
    with database.read() as db:
        job = jobs.job(db, job_id)
        assert job is not None
        assert (job.state, job.done) == ("done", COUNT), job.reason
        size = len(shop.store.get(job.file_key or ""))
        order = [line.id for line in queries.decided_lines(db, decision.id)]
        rows = [row for begin in range(0, COUNT, 1000) for row in titles.by_ids(db, order[begin : begin + 1000])]
        holders = list(certificates.holders(db, rows, BASE))
    floor = raw_typst(holders)
    begun = time.perf_counter()
    for holder in holders:
        qr(f"{BASE}/kiem-tra/{holder['code']}")
    codes = time.perf_counter() - begun
    print(
        f"{COUNT:,} certificates in one PDF       {ours:>7.1f} s       raw typst {floor:.1f} s      ratio "
        f"{floor / ours:.2f}   ({size / 1e6:.1f} MB; QR codes {codes / COUNT * 1000:.2f} ms each)"
    )
    database.dispose()


def raw_typst(holders: list[dict[str, object]]) -> float:
    """Seconds of typst alone on pages made before."""
    import json

    import typst

    data = json.dumps({"title": "Giấy công nhận", "holders": holders}, ensure_ascii=False)
    begun = time.perf_counter()
    typst.compile(
        str(PAPERS / "certificate.typ"),
        root=str(PAPERS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
    return time.perf_counter() - begun
