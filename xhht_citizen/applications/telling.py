"""Whom a step of a case concerns, and what they are told, in the transaction of the step.

A notice names the receipt and the year, never evidence, points or reasons: it also leaves by e-mail and gateways.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.rules import last_appeal_day
from xhht_citizen.applications.subjects import deciders
from xhht_citizen.clock import local
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Kind
from xhht_citizen.notices.actions import Told, tell_all
from xhht_citizen.places import queries as places

# What the owner is told of a step; resubmitting and opening again are their own doing.
TO_OWNER = {
    "submit": "case.received",
    "endorse": "case.endorsed",
    "object": "case.objected",
    "take": "case.taken",
    "return": "case.returned",
    "recommend": "case.recommended",
    "decline": "case.declined",
    "grant": "case.granted",
    "reopen": "case.reopened",
    "withdraw": "case.withdrawn",
    "revoke": "title.revoked",
}
# What officers are told.
TO_OFFICERS = {"resubmit": "case.came_back", "appeal": "case.appealed"}


@dataclass(frozen=True)
class Reader:
    """Who reads a notice: a person, or an account that works for others."""

    person_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None


def tell_of(db: Session, case: Application, event: ApplicationEvent, *, actor: Actor, today: date) -> None:
    """Tell everybody concerned of a step that was just taken; each once, whoever took it not of their own doing."""
    tell_all(db, notices_of(db, case, event, actor=actor, today=today))


def notices_of(db: Session, case: Application, event: ApplicationEvent, *, actor: Actor, today: date) -> list[Told]:
    """What `tell_of` tells, and whom; not yet written."""
    kind = TO_OWNER.get(event.name)
    if kind is not None:
        values: dict[str, Any] = {}
        if event.name == "decline":
            if case.appealed_at is not None:
                kind = "case.declined_again"
            else:
                values["until"] = f"{appeal_until(db, case):%d/%m/%Y}"
        path = f"/ho-so?nam={case.year}" if case.person_id else f"/xet-duyet/{case.id}"
        own = () if event.name == "submit" else (actor.person_id, actor.account_id)
        readers = [one for one in _owners(db, case, today) if (one.person_id or one.account_id) not in own]
        return _told(case, event, kind, readers=readers, path=path, values=values)
    if event.name in TO_OFFICERS:
        readers = [Reader(account_id=key) for key in _officers(db, case, event.name, today)]
        kind, path = TO_OFFICERS[event.name], f"/xet-duyet/{case.id}"
        return _told(case, event, kind, readers=readers, path=path, values={})
    return []


def appeal_until(db: Session, case: Application) -> date:
    """The last day on which the refusal of this case may be appealed."""
    assert case.decided_at is not None  # noqa: S101 (declined)
    days = places.ward_settings(db, case.ward_code or "").appeal_days
    return last_appeal_day(local(case.decided_at).date(), days)


def _owners(db: Session, case: Application, today: date) -> list[Reader]:
    """The person; of a group, the persons who speak for it, or the accounts whose role it is to."""
    if case.person_id is not None:
        alive = case.person is None or case.person.died_on is None
        return [Reader(person_id=case.person_id)] if alive else []
    kind = Kind(case.kind)
    if kind is Kind.COMMUNITY:
        heads = access.holders(db, Role.COMMUNITY_HEAD, community_id=case.subject_id)
    elif kind is Kind.COMMUNE:
        heads = [
            who
            for role in (Role.WARD_REVIEWER, Role.WARD_SIGNER)
            for who in access.holders(db, role, ward_code=case.ward_code)
        ]
    else:
        return [Reader(person_id=one) for one in sorted(groups.speakers(db, kind, case.subject_id, today))]
    return [Reader(account_id=key) for key in dict.fromkeys(who.account_id for who in heads)]


def _officers(db: Session, case: Application, name: str, today: date) -> list[uuid.UUID]:
    """Whoever asked, where they may still review it; else all who may."""
    able = [who.account_id for who in deciders(db, case, today) if who.account_id is not None]
    return [case.reviewer_id] if name == "resubmit" and case.reviewer_id in able else able


def _told(
    case: Application,
    event: ApplicationEvent,
    kind: str,
    *,
    readers: Iterable[Reader],
    path: str,
    values: dict[str, Any],
) -> list[Told]:
    return [
        Told(
            kind,
            once=f"{kind}:{event.id}:{reader.person_id or reader.account_id}",
            person_id=reader.person_id,
            account_id=reader.account_id,
            ward_code=case.ward_code,
            path=path,
            values={"receipt": case.receipt, "year": case.year, **values},
        )
        for reader in readers
    ]
