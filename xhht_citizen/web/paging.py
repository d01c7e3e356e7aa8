"""Pages by key: what `?sau=` holds, made from the last row of a page and read back; nonsense is the first page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

Row = TypeVar("Row")
PAGE = 50
STAMP = "%Y%m%d%H%M%S%f"
GROUPED = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+")


def cut(rows: Sequence[Row], size: int = PAGE) -> tuple[Sequence[Row], bool]:
    """The page of rows that were asked for with one more than fits, and whether there is a next page."""
    return rows[:size], len(rows) > size


def moment_key(moment: datetime, row_id: uuid.UUID) -> str:
    """The key of a list by moment and id."""
    return f"{moment.astimezone(UTC):{STAMP}}-{row_id.hex}"


def read_moment_key(text: str) -> tuple[datetime, uuid.UUID] | None:
    """What moment_key wrote, or None."""
    stamp, _, row_id = text.partition("-")
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC), uuid.UUID(row_id)
    except ValueError:
        return None


def day_key(day: date, row_id: uuid.UUID) -> str:
    """The key of a list by day and id."""
    return f"{day:%Y%m%d}-{row_id.hex}"


def read_day_key(text: str) -> tuple[date, uuid.UUID] | None:
    """What day_key wrote, or None."""
    stamp, _, row_id = text.partition("-")
    try:
        return datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date(), uuid.UUID(row_id)
    except ValueError:
        return None


def name_key(sort_key: str, row_id: uuid.UUID) -> str:
    """The key of a list by name and id; a sort key is lower-case letters and digits only."""
    return f"{sort_key}-{row_id.hex}"


def read_name_key(text: str) -> tuple[str, uuid.UUID] | None:
    """What name_key wrote, or None."""
    key, _, row_id = text.rpartition("-")
    try:
        return key, uuid.UUID(row_id)
    except ValueError:
        return None


def read_id(text: str | None) -> uuid.UUID | None:
    """An id in an address's query or a form, or None."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def read_number(text: str | None) -> int | None:
    """A whole number from a hidden field or an address; None for anything else, also for one no row could hold."""
    text = text or ""
    return int(text) if len(text) <= 9 and text.isascii() and text.isdigit() else None


def read_amount(text: str | None) -> int | None:
    """A whole number as people write it, 1234 or 1.234; None for anything else, "8_0", "1.23" and "+9" among it."""
    text = (text or "").strip()
    return read_number(text.replace(".", "")) if GROUPED.fullmatch(text) else read_number(text)
