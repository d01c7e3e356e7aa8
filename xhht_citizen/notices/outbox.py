"""The outbox: notices on their way out. A worker does this by turns; nothing is sent from inside a transaction.

1. `spread` makes one delivery a notice and channel. 2. `begin` marks a few as being sent, and that is committed before
any channel is spoken to. 3. The channel is spoken to. 4. `settle` notes how that went. A worker that dies between 2 and
4 leaves rows that may have been sent or not: they are `unsure`, and never sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_
from xhht_citizen.notices.models import Delivery, Notice
from xhht_citizen.notices.rules import AT_ONCE, SENDING_SECONDS, WAITS_SECONDS
from xhht_citizen.people.models import Account, Person

# Troubles of our own; those of a channel are codes.
GONE = N_("Người nhận đã bỏ địa chỉ này.")
DIED = N_("Máy dừng giữa lúc gửi.")


@dataclass(frozen=True)
class Letter:
    """What a channel is given: to whom, and what the notice says. `id` is the same each time it is tried."""

    id: uuid.UUID
    channel: str
    address: str
    kind: str
    values: Mapping[str, object]
    path: str | None


class Refused(Exception):
    """The channel certainly did not take it: it may be tried again, unless it said no for good (`final`)."""

    def __init__(self, trouble: str, *, final: bool = False) -> None:
        super().__init__(trouble)
        self.final = final


class Unsure(Exception):
    """Nobody knows whether the channel took it: it is not tried again."""


def spread(database: Database, channels: Collection[str], *, limit: int = AT_ONCE) -> int:
    """Make the deliveries of new notices, one a channel that reaches the reader; returns how many notices."""
    with database.transaction() as db:
        found = db.scalars(
            select(Notice)
            .where(Notice.spread_at.is_(None))
            .order_by(Notice.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        reachable = {channel: _reachable(db, channel, found) for channel in channels}
        for one in found:
            one.spread_at = now()
            for channel in channels:
                if one.id in reachable[channel]:
                    insert_new(
                        db,
                        Delivery,
                        id=new_id(),
                        ward_code=one.ward_code,
                        notice_id=one.id,
                        channel=channel,
                        state="waiting",
                        tries=0,
                        not_before=now(),
                    )
    return len(found)


def begin(database: Database, channels: Collection[str], *, limit: int = AT_ONCE) -> list[Letter]:
    """Take the next deliveries into the hand: marked and committed, so that nobody else takes them."""
    with database.transaction() as db:
        rows = db.scalars(
            select(Delivery)
            .where(Delivery.state == "waiting", Delivery.not_before <= now(), Delivery.channel.in_(list(channels)))
            .order_by(Delivery.not_before, Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        notices = {
            one.id: one for one in db.scalars(select(Notice).where(Notice.id.in_([row.notice_id for row in rows])))
        }
        letters = []
        for row in rows:
            told = notices[row.notice_id]
            address = _address(db, row.channel, told)
            if address is None:  # taken off since
                row.state, row.trouble = "failed", GONE
                continue
            row.state, row.sending_at, row.tries = "sending", now(), row.tries + 1
            letters.append(Letter(row.id, row.channel, address, told.kind, dict(told.values), told.path))
    return letters


def send(database: Database, letter: Letter, speak: Callable[[Letter], None]) -> str:
    """Speak to the channel and note how that went; returns the delivery's state."""
    try:
        speak(letter)
    except Refused as refused:
        return settle(database, letter.id, refused=str(refused), final=refused.final)
    except Unsure as unsure:
        return settle(database, letter.id, unsure=str(unsure))
    return settle(database, letter.id)


def settle(
    database: Database, delivery_id: uuid.UUID, *, refused: str = "", final: bool = False, unsure: str = ""
) -> str:
    """Sent; or refused, to be tried again later until that was final or done too often; or unsure, for good."""
    with database.transaction() as db:
        row = db.scalars(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).one()
        if row.state != "sending":
            return row.state  # taken for lost meanwhile
        row.trouble = (refused or unsure)[:200] or None
        if unsure:
            row.state = "unsure"
        elif not refused:
            row.state, row.sent_at = "sent", now()
        elif final or row.tries > len(WAITS_SECONDS):
            row.state = "failed"
        else:
            row.state, row.not_before = "waiting", now() + timedelta(seconds=WAITS_SECONDS[row.tries - 1])
        return row.state


def give_up_lost(database: Database, *, sending_seconds: float = SENDING_SECONDS) -> int:
    """Deliveries a dead worker had in the hand: nobody knows whether they went out, so they never go out again.

    Dead is who has been sending for `sending_seconds`; returns how many deliveries.
    """
    with database.transaction() as db:
        lost = update(Delivery).where(
            Delivery.state == "sending", Delivery.sending_at < now() - timedelta(seconds=sending_seconds)
        )
        done = db.execute(lost.values(state="unsure", trouble=DIED))
        return done.rowcount  # type: ignore[attr-defined,no-any-return]


def _reachable(db: Session, channel: str, notices: Collection[Notice]) -> set[uuid.UUID]:
    """Those of the notices whose reader has an address on the channel."""
    ids = [one.id for one in notices]
    if channel == "hook":
        query = select(Notice.id).join(Person, Person.id == Notice.person_id).where(Person.phone.is_not(None))
    else:
        has = exists().where(
            (Account.id == Notice.account_id) | (Account.person_id == Notice.person_id),
            Account.email.is_not(None),
            Account.closed_at.is_(None),
        )
        query = select(Notice.id).where(has)
    return set(db.scalars(query.where(Notice.id.in_(ids))))


def _address(db: Session, channel: str, told: Notice) -> str | None:
    if channel == "hook":
        return db.scalars(select(Person.phone).where(Person.id == told.person_id)).one_or_none()
    mine = (Account.id == told.account_id) if told.account_id else (Account.person_id == told.person_id)
    return db.scalars(select(Account.email).where(mine, Account.closed_at.is_(None))).one_or_none()
