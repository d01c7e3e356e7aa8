"""What a reviewer must know before reading a case: the community's objection, the appeal, what came back changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xhht_citizen import clock
from xhht_citizen.applications.returning import community_word, spent
from xhht_citizen.applications.rules import READY, State
from xhht_citizen.applications.subjects import barred, deciders
from xhht_citizen.criteria.rules import CriteriaSet
from xhht_citizen.database import now
from xhht_citizen.web.changes import changes
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import reader


def backstory(
    case: Any, events: Sequence[Any], criteria: CriteriaSet, evidence: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """What review/told.html shows of a case, by the names it uses."""
    state, word = State(case.state), community_word(events)
    appeal = next((event for event in reversed(events) if event.name == "appeal"), None) if case.appealed_at else None
    with_owner, waits = state is State.RETURNED, state in {State.SUBMITTED, *READY}
    return {
        "spent": spent(events, now()),
        "objection": word if word is not None and word.name == "object" else None,
        "changes": [] if with_owner else changes(case, criteria, evidence),
        "asked": sum(1 for row in case.lines if row.returned_as is not None) if with_owner else 0,
        "appeal": appeal,
        "barred": actor().account_id in barred(case),
        "nobody_else": bool(barred(case)) and waits and not deciders(reader(), case, clock.today()),
    }
