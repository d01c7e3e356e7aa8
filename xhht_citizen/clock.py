"""What time it is in Vietnam: one zone, no summer time since 1975, so a fixed offset needs no tz database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "ICT")


def today() -> date:
    """The day it is in Vietnam."""
    return datetime.now(VIETNAM).date()


def local(moment: datetime) -> datetime:
    """A stored moment as clocks in Vietnam showed it."""
    return moment.astimezone(VIETNAM)


def start_of(day: date) -> datetime:
    """The moment a day began in Vietnam."""
    return datetime.combine(day, time(), VIETNAM)
