"""What the ward's people were told of their cases, step by step; all of it read, but for what is newest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.rules import last_appeal_day
from xhht_citizen.applications.telling import TO_OWNER
from xhht_citizen.clock import local
from xhht_citizen.demo.ward import WARD, Ward
from xhht_citizen.notices.models import Notice
from xhht_citizen.places.rules import APPEAL_DAYS

UNREAD = timedelta(days=7)  # what is newer than this before the last step waits to be read


def tell(ward: Ward) -> None:
    """A notice for each step of a citizen's case; no channel is left to send: they are of the past."""
    book = ward.book
    cases = {row["id"]: row for row in book.rows[Application] if row["person_id"] is not None}
    steps = [row for row in book.rows[ApplicationEvent] if row["application_id"] in cases and row["name"] in TO_OWNER]
    newest = max(row["at"] for row in steps)
    for step in sorted(steps, key=lambda row: row["at"]):
        _notice(ward, cases[step["application_id"]], step, read=step["at"] < newest - UNREAD)


def _notice(ward: Ward, case: dict[str, Any], step: dict[str, Any], *, read: bool) -> None:
    kind, at = TO_OWNER[step["name"]], step["at"]
    values: dict[str, Any] = {"receipt": case["receipt"], "year": case["year"]}
    if step["name"] == "decline":
        until = last_appeal_day(local(at).date(), APPEAL_DAYS)
        values["until"] = f"{until:%d/%m/%Y}"
    ward.book.add(
        Notice,
        id=ward.book.new_id(at),
        ward_code=WARD,
        person_id=case["person_id"],
        account_id=None,
        kind=kind,
        values=values,
        path=f"/ho-so?nam={case['year']}",
        once=f"{kind}:{step['id']}:{case['person_id']}",
        at=at,
        read_at=at + timedelta(hours=5) if read else None,
        spread_at=at,
    )
