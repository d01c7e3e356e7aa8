"""The steps of a case as the story takes them: which lead to a state, and what one leaves, as `actions.move` does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from xhht_citizen.applications.models import ApplicationEvent
from xhht_citizen.applications.rules import ASSESSED, TRANSITIONS, State, guard, kept_for_ever, last_appeal_day
from xhht_citizen.clock import local
from xhht_citizen.demo.ward import WARD, Ward
from xhht_citizen.places.rules import WardPolicy

STEPS: dict[State, tuple[str, ...]] = {
    State.DRAFT: (),
    State.SUBMITTED: ("submit",),
    State.ENDORSED: ("submit", "endorse"),
    State.OBJECTED: ("submit", "object"),
    State.UNDER_REVIEW: ("submit", "endorse", "take"),
    State.RETURNED: ("submit", "endorse", "take", "return"),
    State.RECOMMENDED: ("submit", "endorse", "take", "recommend"),
    State.DECLINED: ("submit", "endorse", "take", "decline"),
    State.APPEALED: ("submit", "endorse", "take", "decline", "appeal"),
    State.GRANTED: ("submit", "endorse", "take", "recommend"),  # the decision follows
    State.WITHDRAWN: ("submit", "withdraw"),
}
SENT_BACK = ("submit", "endorse", "take", "return", "resubmit")
SENDS = {"submit", "resubmit"}
OWN = SENDS | {"withdraw", "appeal"}


class Actor(Protocol):
    """Who takes a step."""

    @property
    def account_id(self) -> uuid.UUID | None:
        """The account it is done from."""

    @property
    def name(self) -> str:
        """As the history shows them."""


class Told(Protocol):
    """When a case is told: sending, and the last step before a decision, as parts of the year so far."""

    sends: float
    ends: float


def way(state: State, *, sent_back: bool) -> tuple[str, ...]:
    """The steps of a case that comes to this state; sent back once, it goes on from the desk it came back to."""
    steps = STEPS[state]
    return (*SENT_BACK, *steps[steps.index("take") + 1 :]) if sent_back else steps


def send_back(
    row: dict[str, Any],
    lines: Mapping[str, dict[str, Any]],
    at: datetime,
    actor: Actor,
    evidence: Mapping[str, dict[str, int]],
) -> None:
    """It lies with its owner from now on, who answers what was asked; it comes back to whoever asked."""
    row["returned_at"], row["reviewer_id"] = at, actor.account_id
    for code, line in lines.items():
        if line["verdict"] == "ask":
            line["returned_as"] = {
                "points": line["claimed_points"],
                "note": line["note"],
                "evidence": evidence.get(code, {}),
                "question": line["review_reason"],
            }


def wait(row: dict[str, Any], at: datetime) -> None:
    """The case waits from now, or goes on waiting as if the time with its owner had not passed."""
    back = row["returned_at"]
    row["submitted_at"] = at if back is None else row["submitted_at"] + (at - back)
    row["returned_at"] = None


def appeal(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Asked for another look, which somebody else will take; what its event notes."""
    row["appealed_at"] = row["submitted_at"] = at
    row["reviewer_id"] = None
    return {"until": last_appeal_day(local(row["decided_at"]).date(), WardPolicy("").appeal_days).isoformat()}


def record(
    ward: Ward,
    rows: tuple[dict[str, Any], dict[str, Any]],
    name: str,
    at: datetime,
    actor: Actor,
    *,
    reason: str | None,
    detail: dict[str, Any],
    community_step: bool = True,
) -> None:
    """One move of TRANSITIONS on a case and its registration: state, event, audit."""
    (row, registration), move = rows, TRANSITIONS[name]
    source, target = State(row["state"]), move.target
    guard(move, source, community_step=community_step, reason=reason)
    row["state"] = str(target)
    row["version"] += 1
    if move.reason:
        row["reason"] = reason
    if target in ASSESSED:
        registration["assessed_at"] = at
    elif source in ASSESSED:
        registration["assessed_at"] = None
    ward.book.add(
        ApplicationEvent,
        id=ward.book.new_id(at),
        application_id=row["id"],
        ward_code=row["ward_code"],
        at=at,
        account_id=actor.account_id,
        actor_name=actor.name,
        name=name,
        from_state=str(source),
        to_state=str(target),
        reason=reason,
        detail=detail,
    )
    ward.book.note(
        at,
        f"application.{name}",
        ward_code=WARD,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=row["id"],
        detail={"from": str(source), "to": str(target), **kept_for_ever(detail)},
    )


def parts(ward: Ward, plan: Told, count: int) -> Iterator[float]:
    """When each step is taken: sending first, the last step at the end, the others in between, never at once."""
    yield plan.sends
    for number in range(1, count):
        share = (number - ward.book.random.random() * 0.6) / (count - 1) if number < count - 1 else 1.0
        yield plan.sends + (plan.ends - plan.sends) * share
