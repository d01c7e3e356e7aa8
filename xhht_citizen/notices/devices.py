"""Browsers that show notices: agreed to on each by itself, for as long as it stays signed in there."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.notices.keys import are_keys
from xhht_citizen.notices.models import PushSubscription
from xhht_citizen.notices.rules import MOST_DEVICES, is_push_service
from xhht_citizen.people.models import Account, AccountSession, Person

CANNOT = N_("Trình duyệt này không nhận được tin báo. Xin thử Chrome, Cốc Cốc hoặc Safari.")
NOT_HERE = N_("Máy này không còn được báo. Xin mở Thông báo để bật lại.")
LOOKED_AT_ONCE = 2000


@dataclass(frozen=True)
class Given:
    """What a browser gives to be reached by: the address at its push service, and two keys."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


def agree(
    db: Session,
    account_id: uuid.UUID,
    session_id: uuid.UUID,
    given: Given,
    *,
    lang: str,
    hosts: Collection[str] = (),
) -> None:
    """This signed-in device shows notices from now on. Twice is once; whose it was before, it is no more.

    Invalid for an address that is of no known push service (`hosts` are known as well), or keys that are none.
    Conflict when the device has gone out meanwhile.
    """
    _keep(db, account_id, session_id, given, lang=lang, hosts=hosts)
    others = select(PushSubscription.id).where(PushSubscription.account_id == account_id)
    latest = others.order_by(PushSubscription.made_at.desc(), PushSubscription.id.desc()).offset(MOST_DEVICES)
    db.execute(delete(PushSubscription).where(PushSubscription.id.in_(list(db.scalars(latest)))))
    _say(db, account_id, on=True)


def renew(
    db: Session,
    account_id: uuid.UUID,
    session_id: uuid.UUID,
    given: Given,
    *,
    instead: str,
    hosts: Collection[str] = (),
) -> None:
    """The browser was given another address: the agreement goes on there. Conflict where there is none."""
    mine = (PushSubscription.session_id == session_id, PushSubscription.account_id == account_id)
    here = select(PushSubscription).where(
        *mine, PushSubscription.endpoint_hash.in_([_hash(instead), _hash(given.endpoint)])
    )
    old = db.scalars(here).first()
    if old is None:
        raise Conflict(NOT_HERE)
    _keep(db, account_id, session_id, given, lang=old.lang, hosts=hosts)


def end(db: Session, account_id: uuid.UUID, subscription_id: uuid.UUID) -> None:
    """That browser of the account shows nothing any more. Idempotent."""
    which = delete(PushSubscription).where(
        PushSubscription.id == subscription_id, PushSubscription.account_id == account_id
    )
    if db.execute(which).rowcount:  # type: ignore[attr-defined]
        _say(db, account_id, on=False)


def forget_dead(database: Database, *, session_days: int, at_once: int = LOOKED_AT_ONCE) -> int:
    """Remove browsers whose session has ended or run out: they get nothing already. Returns how many.

    Browsers are walked by id, `at_once` a transaction, and each is asked for its own session.
    """
    gone, after = 0, uuid.UUID(int=0)
    while True:
        with database.transaction() as db:
            walked = select(PushSubscription.id).where(PushSubscription.id > after).order_by(PushSubscription.id)
            last = db.scalars(walked.offset(at_once - 1).limit(1)).one_or_none()
            session = (AccountSession.id == PushSubscription.session_id, *alive(now() - timedelta(days=session_days)))
            dead = delete(PushSubscription).where(PushSubscription.id > after, ~exists().where(*session))
            if last is not None:
                dead = dead.where(PushSubscription.id <= last)
            done = db.execute(dead, execution_options={"synchronize_session": False})
            gone += int(done.rowcount)  # type: ignore[attr-defined]
        if last is None:
            return gone
        after = last


def alive(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """SQL: the session of the row is open, and began after that moment."""
    return (AccountSession.ended_at.is_(None), AccountSession.started_at > since)


def _keep(
    db: Session,
    account_id: uuid.UUID,
    session_id: uuid.UUID,
    given: Given,
    *,
    lang: str,
    hosts: Collection[str],
) -> None:
    if not is_push_service(given.endpoint, hosts) or not are_keys(given.p256dh, given.auth):
        raise Invalid(CANNOT, field="endpoint")
    # Held, so that signing out either comes first and is seen here, or comes after and takes the row along.
    open_one = select(AccountSession.id).where(AccountSession.id == session_id, AccountSession.ended_at.is_(None))
    if db.scalars(open_one.with_for_update()).one_or_none() is None:
        raise Conflict(NOT_HERE)
    hashed = _hash(given.endpoint)
    db.execute(
        delete(PushSubscription).where(
            (PushSubscription.session_id == session_id) | (PushSubscription.endpoint_hash == hashed)
        )
    )
    ward = select(Person.ward_code).join(Account, Account.person_id == Person.id).where(Account.id == account_id)
    insert_new(
        db,
        PushSubscription,
        id=new_id(),
        ward_code=db.scalars(ward).one_or_none(),
        account_id=account_id,
        session_id=session_id,
        endpoint=given.endpoint,
        endpoint_hash=hashed,
        p256dh=given.p256dh.rstrip("="),
        auth=given.auth.rstrip("="),
        lang=lang,
        made_at=now(),
    )


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _say(db: Session, account_id: uuid.UUID, *, on: bool) -> None:
    """In the chain of the ward where the person lives; neither the device nor its address."""
    ward = select(Person.ward_code).join(Account, Account.person_id == Person.id).where(Account.id == account_id)
    audit.append(
        db,
        "account.push",
        ward_code=db.scalars(ward).one_or_none(),
        account_id=account_id,
        subject_kind="account",
        subject_id=account_id,
        detail={"given": on},
    )
