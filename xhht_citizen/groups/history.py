"""Whose clans somebody was of, and when: those of the households they lived in, while they lived there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.groups.models import Clan, ClanMembership
from xhht_citizen.people.models import HouseholdMembership


@dataclass(frozen=True)
class ClanStay:
    """A clan of a household, from the later to the earlier end of its membership and the person's stay."""

    name: str
    side: str
    granted_at: datetime
    revoked_at: datetime | None


def clans_of(db: Session, person_id: uuid.UUID) -> list[ClanStay]:
    """The clans of a person's own periods, the oldest first. A row that ended for another head is the same stay."""
    stay, of_clan = HouseholdMembership, ClanMembership
    rows = db.execute(
        select(of_clan.id, Clan.name, of_clan.side, of_clan.granted_at, of_clan.revoked_at, stay)
        .join(Clan, Clan.id == of_clan.clan_id)
        .join(
            stay,
            and_(
                stay.household_id == of_clan.household_id,
                or_(of_clan.revoked_at.is_(None), of_clan.revoked_at > stay.granted_at),
                or_(stay.revoked_at.is_(None), stay.revoked_at > of_clan.granted_at),
            ),
        )
        .where(stay.person_id == person_id)
        .order_by(of_clan.granted_at, of_clan.id, stay.granted_at, stay.id)
    )
    found: list[ClanStay] = []
    before: tuple[uuid.UUID, str | None] | None = None
    for key, name, side, since, until, lived in rows:
        ends = [one for one in (until, lived.revoked_at) if one is not None]
        one = ClanStay(name, side, max(since, lived.granted_at), min(ends) if ends else None)
        if before == (key, "changed"):
            one = ClanStay(name, side, found.pop().granted_at, one.revoked_at)
        found.append(one)
        before = (key, lived.end_reason)
    return found
