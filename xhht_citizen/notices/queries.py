"""Reads of notices: somebody's inbox, and how the outbox stands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.notices.models import Delivery, Notice, PushSubscription
from xhht_citizen.people.models import AccountSession


@dataclass(frozen=True)
class Reader:
    """Who reads: the account signed in, and the person it stands for."""

    account_id: uuid.UUID | None
    person_id: uuid.UUID | None


def to_reader(reader: Reader) -> ColumnElement[bool]:
    """SQL: the notice of the row is for this reader."""
    ways = []
    if reader.person_id is not None:
        ways.append(Notice.person_id == reader.person_id)
    if reader.account_id is not None:
        ways.append(Notice.account_id == reader.account_id)
    return or_(False, *ways)


def inbox(db: Session, reader: Reader, *, after: uuid.UUID | None = None, limit: int = 50) -> list[Notice]:
    """What somebody was told, the newest first; pages begin after the last id."""
    query = select(Notice).where(to_reader(reader)).order_by(Notice.id.desc()).limit(limit)
    return list(db.scalars(query.where(Notice.id < after) if after else query))


def notice(db: Session, notice_id: uuid.UUID) -> Notice | None:
    """One notice."""
    return db.get(Notice, notice_id)


def unread(db: Session, reader: Reader) -> int:
    """How many somebody has not read yet."""
    return db.scalars(select(func.count()).select_from(Notice).where(to_reader(reader), Notice.read_at.is_(None))).one()


def outbox(db: Session) -> dict[tuple[str, str], int]:
    """How many deliveries stand where: (channel, state) -> count."""
    query = select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
    return {(channel, state): count for channel, state, count in db.execute(query)}


def troubles(db: Session, *, limit: int = 20) -> list[tuple[str, str, str | None, datetime | None]]:
    """The latest deliveries that did not go well: channel, state, what was answered, when. No address, no name."""
    query = (
        select(Delivery.channel, Delivery.state, Delivery.trouble, Delivery.sending_at)
        .where(Delivery.trouble.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    return [(channel, state, trouble, at) for channel, state, trouble, at in db.execute(query)]


@dataclass(frozen=True)
class Shows:
    """A browser that shows somebody's notices, as its owner knows it."""

    id: uuid.UUID
    session_id: uuid.UUID
    device: str
    made_at: datetime


def shows(db: Session, account_id: uuid.UUID, since: datetime) -> list[Shows]:
    """The account's browsers that show notices, the latest first; those of a session begun before `since` show none."""
    query = (
        select(PushSubscription.id, PushSubscription.session_id, AccountSession.device, PushSubscription.made_at)
        .join(AccountSession, AccountSession.id == PushSubscription.session_id)
        .where(
            PushSubscription.account_id == account_id,
            AccountSession.ended_at.is_(None),
            AccountSession.started_at > since,
        )
        .order_by(PushSubscription.made_at.desc(), PushSubscription.id.desc())
    )
    return [Shows(*row) for row in db.execute(query)]
