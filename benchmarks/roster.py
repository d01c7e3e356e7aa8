"""A list of residents taken over, beside merely reading its file with the same library: time, and memory at its height.

Each is measured in a process of its own, so that memory is its own too: `python -m benchmarks.roster FILE URL FOLDER`
is one of them, `roster_import` starts them all.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import factories
from tests.rosters import made, xlsx
from xhht_citizen import schema, worker
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id
from xhht_citizen.people import queries as people
from xhht_citizen.roster import actions, queries

ROWS = 30_000
# The floor, in a process that knows nothing else: open the workbook and look at every row.
READ = """
import io, json, sys, time
from python_calamine import CalamineWorkbook
begun = time.perf_counter()
sheet = CalamineWorkbook.from_filelike(io.BytesIO(open(sys.argv[1], "rb").read())).get_sheet_by_index(0)
assert sum(1 for _row in sheet.iter_rows()) > 1
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": time.perf_counter() - begun, "megabytes": peak}))
"""
KEY = "khoa-do-luong-khong-dung-o-dau-ca-0123456789"


def roster_import(folder: Path, url: str | None = None, rows: int = ROWS) -> None:
    """Print how long a list of `rows` residents takes to be checked, taken over, taken over again and taken back."""
    database = Database(url or f"sqlite:///{folder / 'roster.sqlite3'}")
    schema.upgrade(database)
    with database.transaction() as db:
        ward = factories.make_ward(db, "20014", "Phường Đo Lường", communities=20)
        factories.make_officer(db, ward, "ward_reviewer", "nguoi-nhap")
    content = folder / "danh-sach.xlsx"
    content.write_bytes(xlsx(made(rows, communities=20)))
    bare = _measured("-c", READ, content)
    print(f"list of {rows:,}, read by calamine   {bare['seconds']:>7.2f} s       {bare['megabytes']:,.0f} MB")
    ours = _measured(
        "-m", "benchmarks.roster", content, database.engine.url.render_as_string(hide_password=False), str(folder)
    )
    database.dispose()
    memory = ours.pop("megabytes")
    for name, seconds in ours.items():
        ratio = bare["seconds"] / seconds
        print(f"list of {rows:,}, {name:<18} {seconds:>7.2f} s       ratio {ratio:.3f}")
    ratio = bare["megabytes"] / memory
    print(f"list of {rows:,}, memory of a worker {memory:>7,.0f} MB      ratio {ratio:.2f}")


def _measured(*arguments: object) -> dict[str, float]:
    command = [sys.executable, *map(str, arguments)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(said.splitlines()[-1])  # type: ignore[no-any-return]


def take(content: Path, url: str, folder: Path) -> dict[str, float]:
    """The whole way through the worker: seconds of each part."""
    shop = worker.open_workshop(Settings(data_dir=folder, database_url=url, secret_key=KEY))
    with shop.database.read() as db:
        officer = people.account_by_login(db, "nguoi-nhap")
    assert officer is not None
    who: dict[str, Any] = {"account_id": officer.id, "back": "/"}
    spent: dict[str, float] = {}

    def timed(name: str) -> None:
        begun = time.perf_counter()
        worker.run_waiting(shop)
        spent[name] = time.perf_counter() - begun

    def one(turn: str) -> tuple[Any, dict[str, int]]:
        data, import_id = content.read_bytes(), new_id()
        seems = actions.read_head(data)
        columns: dict[str, Any] = {
            "columns": seems.columns, "header_row": seems.header_row, "headings": list(seems.headings),
        }  # fmt: skip
        with shop.database.transaction() as db:
            actions.upload(
                db, shop.store, data, seems, import_id=import_id, ward_code="20014", community_id=None,
                file_name="a.xlsx", account_id=officer.id,
            )  # fmt: skip
            actions.ask_check(db, import_id, community_id=None, **columns, **who)
        timed(f"checked {turn}".strip())
        with shop.database.transaction() as db:
            actions.ask_import(db, import_id, skip_bad=True, **who)
        timed(f"taken over {turn}".strip())
        with shop.database.read() as db:
            return import_id, queries.listed(db, import_id).counts  # type: ignore[union-attr]

    first, counts = one("")
    assert counts["new"] == counts["rows"], counts
    _second, counts = one("again")
    assert counts["same"] == counts["rows"], counts
    with shop.database.transaction() as db:
        actions.ask_undo(db, first, **who)
    timed("taken back")
    return {**spent, "megabytes": _megabytes()}


def _megabytes() -> float:
    """This process's memory at its height (Linux); its children have their own."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(take(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))))
