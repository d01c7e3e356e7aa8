"""Rows for many tables, gathered first and written at once, with the audit's links put in order of time.

The same seed on the same day gives the same rows: ids, codes and choices come from one generator of numbers.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from xhht_citizen.audit import FIRST, NATION, AuditEntry, AuditHead, link_hash
from xhht_citizen.clock import VIETNAM, local
from xhht_citizen.database import Base

DAY = timedelta(days=1)
CHUNK = 2000


@dataclass(frozen=True)
class Year:
    """The part of a year that has passed. `at(0.0)` is its beginning, `at(1.0)` its last moment so far."""

    year: int
    now: datetime

    def at(self, part: float) -> datetime:
        """The moment after this part of the year so far, moved into the hours people are awake; order is kept."""
        start = datetime(self.year, 1, 1, tzinfo=VIETNAM)
        end = min(self.now, datetime(self.year + 1, 1, 1, tzinfo=VIETNAM)) - timedelta(seconds=1)
        plain = start + max(end - start, timedelta(0)) * part
        midnight = plain.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
        last = min(end, midnight + DAY)
        wakes, sleeps = midnight + timedelta(hours=7), min(last, midnight + timedelta(hours=20, minutes=30))
        if sleeps <= wakes:  # the year's last morning has not come yet
            wakes, sleeps = midnight, last
        share = (plain - midnight) / (last - midnight) if last > midnight else 0.0
        return (wakes + (sleeps - wakes) * share).astimezone(UTC)

    def day(self, part: float) -> date:
        """The day in Vietnam of that moment."""
        return local(self.at(part)).date()


class Book:
    """Gathers rows. Every row of a table names the same columns, as one bulk statement wants them."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)  # noqa: S311 (a story, not a secret)
        self.rows: dict[type[Base], list[dict[str, Any]]] = {}
        self._links: list[tuple[datetime, int, dict[str, Any]]] = []

    def new_id(self, at: datetime) -> uuid.UUID:
        """A UUIDv7 of that moment."""
        milliseconds = int(at.timestamp() * 1000)
        chance = self.random.getrandbits
        return uuid.UUID(int=milliseconds << 80 | 7 << 76 | chance(12) << 64 | 2 << 62 | chance(62))

    def add(self, model: type[Base], **values: Any) -> dict[str, Any]:
        """A row of a table; it may still be changed until `write`."""
        self.rows.setdefault(model, []).append(values)
        return values

    def note(
        self,
        at: datetime,
        action: str,
        *,
        ward_code: str | None,
        account_id: uuid.UUID | None,
        subject_kind: str,
        subject_id: uuid.UUID | None,
        detail: dict[str, Any],
    ) -> None:
        """One act for the audit, in the shape `audit.append` gives it."""
        entry = {
            "ward_code": ward_code or NATION,
            "account_id": account_id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str),
        }
        self._links.append((at, len(self._links), entry))

    def write(self, db: Session, step: Callable[[int], None]) -> None:
        """Write everything, parents before children; `step` hears how many rows are in. The caller commits."""
        self._chain()
        for table in Base.metadata.sorted_tables:
            for model, rows in self.rows.items():
                if model.__table__ is not table:
                    continue
                if any(row.keys() != rows[0].keys() for row in rows):
                    raise ValueError(f"rows of {table.name} name different columns")
                for start in range(0, len(rows), CHUNK):
                    db.execute(insert(model), rows[start : start + CHUNK])
                    step(len(rows[start : start + CHUNK]))
        db.flush()

    def count(self) -> int:
        """Rows gathered so far, links of the audit among them."""
        return sum(len(rows) for rows in self.rows.values()) + len(self._links)

    def _chain(self) -> None:
        heads: dict[str, tuple[int, str]] = {}
        for at, _, values in sorted(self._links, key=lambda link: link[:2]):
            seq, before = heads.get(values["ward_code"], (0, FIRST))
            entry = AuditEntry(id=self.new_id(at), seq=seq + 1, at=at, prev_hash=before, **values)
            entry.hash = link_hash(entry)
            heads[entry.ward_code] = (entry.seq, entry.hash)
            self.add(AuditEntry, **{column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns})
        for ward_code, (seq, last) in heads.items():
            self.add(AuditHead, ward_code=ward_code, seq=seq, hash=last)
        self._links.clear()
