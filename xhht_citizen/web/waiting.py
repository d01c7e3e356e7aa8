"""What waits at a desk: which cases, since when they are overdue, which one comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from xhht_citizen import clock
from xhht_citizen.applications import queues
from xhht_citizen.applications.rules import UNDECIDED, State
from xhht_citizen.groups.rules import Kind
from xhht_citizen.places import queries as places
from xhht_citizen.places.rules import WardPolicy
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.transactions import reader

WITH_OFFICERS = UNDECIDED - {State.RETURNED}
READY_IN_ORDER = (State.ENDORSED, State.OBJECTED, State.APPEALED)


@dataclass(frozen=True)
class Waiting:
    """The work of a desk. `headless`: new cases too that no head of their community may endorse.

    `days` are the ward's for one case; what was sent before `due` has waited longer.
    """

    states: tuple[State, ...]
    headless: bool
    community_step: bool
    days: int
    due: datetime

    def is_overdue(self, case: Any) -> bool:
        """Whether a case, or its row in a list, lies with officers for longer than the ward's days."""
        return State(case.state) in WITH_OFFICERS and case.submitted_at < self.due


def at_desk(at: Desk) -> Waiting:
    """What waits for whoever sits at this desk."""
    policy = WardPolicy("", community_step=False)
    if at.province_code is None:
        policy = places.ward_settings(reader(), at.ward_code)
    today = datetime.combine(clock.today(), time(), clock.VIETNAM)
    states: tuple[State, ...] = (State.RECOMMENDED,)
    if at.province_code is not None:
        states = (State.SUBMITTED, State.APPEALED, State.UNDER_REVIEW, State.RECOMMENDED)
    elif at.community_id is not None:
        states = (State.SUBMITTED,)
    elif at.reviews:
        first = () if policy.community_step else (State.SUBMITTED,)
        states = (*first, *READY_IN_ORDER, State.UNDER_REVIEW)
    return Waiting(
        states,
        headless=policy.community_step and at.reviews and at.community_id is None,
        community_step=policy.community_step,
        days=policy.review_days,
        due=today - timedelta(days=policy.review_days),
    )


def standing(at: Desk, work: Waiting) -> tuple[dict[State, int], int]:
    """How many of the desk's cases stand in each open state, and how many have waited longer than the ward's days."""
    return queues.standing(
        reader(), at.place, states=work.states, headless=work.headless, kinds=at.kinds, sent_before=work.due
    )


def review_endpoint(kind: str) -> str:
    """Where a case of this kind is reviewed."""
    return "review.case" if kind == Kind.CITIZEN else "review.group"
