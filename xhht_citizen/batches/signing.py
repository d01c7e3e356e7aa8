"""The job that signs a big batch: everybody in it gets the title in its one step, or nobody does.

What was asked for is checked again when it is done: the signer's role, and that the list is the one they saw.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Actor, Thing, may
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.batches import actions, queries
from xhht_citizen.batches.models import DecisionBatch
from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.jobs.actions import Asked, Claimed, ask
from xhht_citizen.jobs.workshop import Workshop

SIGN = "batch.sign"
REFUSED = N_("Ông/bà không còn quyền ghi quyết định ở đây, nên chưa công nhận ai.")


def thing_of(db: Session, one: DecisionBatch) -> Thing:
    """A batch as the policy reads it."""
    if one.province_code is not None:
        return Thing(province_code=one.province_code, decided_by="province")
    return access.thing(db, ward_code=one.ward_code)


def ask_to_sign(
    db: Session,
    one: DecisionBatch,
    decision: DecisionDetails,
    *,
    title: str,
    actor: Actor,
    today: date,
    seen: str,
    count: int,
    back: str,
    job_id: uuid.UUID,
) -> uuid.UUID:
    """Put the signing into the queue, once what can be known before is known: Invalid on the field it is about."""
    actions.check_signing(db, one, decision, today)
    return ask(
        db,
        Asked(
            SIGN,
            title,
            "decision.make",
            actor.account_id,
            {
                "batch": str(one.id),
                "number": decision.number,
                "decided_on": decision.decided_on.isoformat(),
                "signatory": decision.signatory,
                "seen": seen,
                "back": back,
            },
            ward_code=one.ward_code,
            province_code=one.province_code,
            total=count,
            id=job_id,
        ),
    )


def sign_batch(claimed: Claimed, shop: Workshop) -> None:
    """The handler: one step, which a worker that dies leaves as if it had not begun."""
    given = claimed.payload
    with claimed.step() as db:
        one = queries.batch(db, uuid.UUID(given["batch"]))
        if one is None:
            raise NotFound(N_("Không tìm thấy đợt này."))
        signer = access.officer(db, claimed.account_id)
        if signer is None or not may(signer, "decision.make", thing_of(db, one)):
            raise Forbidden(REFUSED)
        signed = actions.sign(
            db,
            one.id,
            actor=signer,
            today=clock.today(),
            decision=DecisionDetails(given["number"], date.fromisoformat(given["decided_on"]), given["signatory"]),
            seen=given["seen"],
        )
        claimed.came_to(db, done=signed.granted, total=signed.granted)
        claimed.finish(db, result={"decision": str(signed.decision_id), "left": signed.left})
