"""A case that was sent back: how long it lay with its owner, and what they changed of what was asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Spent:
    """When a case was sent, how often it came back to its owner since, and how long it lay with them in all."""

    sent_at: datetime | None = None
    returns: int = 0
    with_owner: timedelta = timedelta()

    @property
    def days(self) -> int:
        """Whole days with its owner."""
        return self.with_owner.days


def spent(events: Iterable[Any], now: datetime) -> Spent:
    """Read from a case's history, the oldest step first; a case that lies with its owner goes on counting to `now`."""
    sent_at, since, returns, away = None, None, 0, timedelta()
    for event in events:
        if event.name == "submit":
            sent_at, since, returns, away = event.at, None, 0, timedelta()
        elif event.name == "return":
            since, returns = event.at, returns + 1
        elif since is not None and event.name in {"resubmit", "withdraw"}:
            away, since = away + (event.at - since), None
    if since is not None:
        away += now - since
    return Spent(sent_at, returns, away)


def is_changed(row: Any, evidence: Mapping[str, int]) -> bool:
    """Whether a line differs from how it was sent back; `evidence` is {id: version} of what stands behind it now."""
    before = row.returned_as
    return before is not None and (
        (before["points"], before["note"] or None) != (row.claimed_points, row.note or None)
        or dict(before["evidence"]) != dict(evidence)
    )


def community_word(events: Iterable[Any]) -> Any:
    """The last step by which the community spoke of a case since it was sent, or None: `endorse` or `object`."""
    word = None
    for event in events:
        if event.name == "submit":
            word = None
        elif event.name in {"endorse", "object"}:
            word = event
    return word
