"""The outbox: notices on their way out. A worker does this by turns; nothing is sent from inside a transaction.

1. `spread` makes one delivery a notice and channel. 2. `begin` marks a few as being sent, and that is committed before
any channel is spoken to. 3. The channel is spoken to. 4. `settle` notes how that went. A worker that dies between 2 and
4 leaves rows that may have been sent or not: they are `unsure`, and never sent again.

A push goes to every browser of the reader in one go, and `settle` notes how it went with each: tried again later are
only those that surely did not take it. So it reaches each browser at most once, as a letter reaches an address.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_
from xhht_citizen.notices.devices import alive
from xhht_citizen.notices.models import Delivery, Notice, PushSubscription
from xhht_citizen.notices.rules import AT_ONCE, FOR_NOW, MOST_DEVICES, SENDING_SECONDS, WAITS_SECONDS
from xhht_citizen.people.models import Account, AccountSession, Person

# Troubles of our own; those of a channel are codes.
GONE = N_("Người nhận đã bỏ địa chỉ này.")
DIED = N_("Máy dừng giữa lúc gửi.")
SESSION_DAYS = 30  # how long a device stays signed in, unless the settings say otherwise


@dataclass(frozen=True)
class Device:
    """One browser: where its push service listens for it, its keys, its reader's language."""

    id: uuid.UUID
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    lang: str


@dataclass(frozen=True)
class Letter:
    """What a channel is given: to whom, and what the notice says. `id` is the same each time it is tried; `notice` is
    the notice's own, by which its reader marks it as read.

    A push has no address but devices, and a channel is given it for one `device` after another.
    """

    id: uuid.UUID
    channel: str
    address: str
    kind: str
    values: Mapping[str, object]
    path: str | None
    notice: uuid.UUID
    devices: tuple[Device, ...] = ()
    device: Device | None = None


class Refused(Exception):
    """The channel certainly did not take it: it may be tried again, unless it said no for good (`final`)."""

    def __init__(self, trouble: str, *, final: bool = False) -> None:
        super().__init__(trouble)
        self.final = final


class Gone(Refused):
    """The channel knows this browser no more: it is forgotten."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble, final=True)


class Unsure(Exception):
    """Nobody knows whether the channel took it: it is not tried again."""


def refusal(status: int) -> Refused:
    """What an answer of HTTP that is no success means: a 4xx is for good, but for those of FOR_NOW."""
    return Refused(f"HTTP {status}", final=400 <= status < 500 and status not in FOR_NOW)


def spread(
    database: Database, channels: Collection[str], *, limit: int = AT_ONCE, session_days: int = SESSION_DAYS
) -> int:
    """Make the deliveries of new notices, one a channel that reaches the reader; returns how many notices."""
    with database.transaction() as db:
        found = db.scalars(
            select(Notice)
            .where(Notice.spread_at.is_(None))
            .order_by(Notice.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        reachable = {channel: _reachable(db, channel, found, session_days) for channel in channels}
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


def begin(
    database: Database, channels: Collection[str], *, limit: int = AT_ONCE, session_days: int = SESSION_DAYS
) -> list[Letter]:
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
            push = row.channel == "push"
            devices = _devices(db, told, session_days, but=row.devices or {}) if push else ()
            address = "" if devices else None if push else _address(db, row.channel, told)
            if address is None:  # taken off since
                row.trouble = row.trouble or GONE
                _close(row)
                continue
            row.state, row.sending_at, row.tries = "sending", now(), row.tries + 1
            letters.append(
                Letter(row.id, row.channel, address, told.kind, dict(told.values), told.path, told.id, devices)
            )
    return letters


def put_back(database: Database, letters: Collection[Letter]) -> None:
    """What is in the hand and was surely not spoken of yet waits again, as if it had never been taken."""
    if not letters:
        return
    taken = update(Delivery).where(Delivery.id.in_([one.id for one in letters]), Delivery.state == "sending")
    with database.transaction() as db:
        db.execute(taken.values(state="waiting", sending_at=None, tries=Delivery.tries - 1))


def send(database: Database, letter: Letter, speak: Callable[[Letter], None]) -> str:
    """Speak to the channel and note how that went; returns the delivery's state."""
    if letter.devices:
        return _send_to_devices(database, letter, speak)
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


def _send_to_devices(database: Database, letter: Letter, speak: Callable[[Letter], None]) -> str:
    went, gone, trouble, waits = {}, [], "", False
    for device in letter.devices:
        how = "sent"
        try:
            speak(replace(letter, device=device))
        except Refused as refused:
            trouble, how = str(refused), "failed" if refused.final else ""
            gone += [device.id] if isinstance(refused, Gone) else []
        except Unsure as unsure:
            trouble, how = str(unsure), "unsure"
        waits = waits or not how
        if how:
            went[str(device.id)] = how
    with database.transaction() as db:
        db.execute(delete(PushSubscription).where(PushSubscription.id.in_(gone)))
        row = db.scalars(select(Delivery).where(Delivery.id == letter.id).with_for_update()).one()
        if row.state != "sending":
            return row.state  # taken for lost meanwhile
        row.devices, row.trouble = {**(row.devices or {}), **went}, trouble[:200] or None
        if waits and row.tries <= len(WAITS_SECONDS):
            row.state, row.not_before = "waiting", now() + timedelta(seconds=WAITS_SECONDS[row.tries - 1])
        else:
            _close(row)
        return row.state


def _close(row: Delivery) -> None:
    """It is over: sent when one browser took it, else unsure when one may have."""
    went = set((row.devices or {}).values())
    row.state = next((state for state in ("sent", "unsure") if state in went), "failed")
    row.sent_at = now() if row.state == "sent" else None


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


def _reachable(db: Session, channel: str, notices: Collection[Notice], session_days: int) -> set[uuid.UUID]:
    """Those of the notices whose reader has an address on the channel."""
    ids = [one.id for one in notices]
    theirs = (Account.id == Notice.account_id) | (Account.person_id == Notice.person_id)
    if channel == "hook":
        query = select(Notice.id).join(Person, Person.id == Notice.person_id).where(Person.phone.is_not(None))
    elif channel == "push":
        query = select(Notice.id).where(exists().where(theirs, *_shows(session_days)))
    else:
        query = select(Notice.id).where(exists().where(theirs, Account.email.is_not(None), Account.closed_at.is_(None)))
    return set(db.scalars(query.where(Notice.id.in_(ids))))


def _address(db: Session, channel: str, told: Notice) -> str | None:
    if channel == "hook":
        return db.scalars(select(Person.phone).where(Person.id == told.person_id)).one_or_none()
    return db.scalars(select(Account.email).where(_theirs(told), Account.closed_at.is_(None))).one_or_none()


def _devices(db: Session, told: Notice, session_days: int, *, but: Collection[str]) -> tuple[Device, ...]:
    """The reader's own browsers, the latest first, without those that are done with; a helper's are not among them."""
    rows = db.scalars(
        select(PushSubscription)
        .where(_theirs(told), *_shows(session_days))
        .order_by(PushSubscription.made_at.desc(), PushSubscription.id.desc())
        .limit(MOST_DEVICES)
    )
    return tuple(Device(one.id, one.endpoint, one.p256dh, one.auth, one.lang) for one in rows if str(one.id) not in but)


def _theirs(told: Notice) -> ColumnElement[bool]:
    return (Account.id == told.account_id) if told.account_id else (Account.person_id == told.person_id)


def _shows(session_days: int) -> tuple[ColumnElement[bool], ...]:
    """SQL: the account is open and has a browser that shows notices, in a session that is open and has not run out."""
    return (
        Account.closed_at.is_(None),
        PushSubscription.account_id == Account.id,
        AccountSession.id == PushSubscription.session_id,
        AccountSession.account_id == Account.id,
        *alive(now() - timedelta(days=session_days)),
    )
