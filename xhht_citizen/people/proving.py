"""Accounts and passwords whose right was proved by a slip or a pin: made, changed, and the tries at them counted.

What sessions.py keeps to itself (how a try is counted, a password checked, a device sent out) is used here too.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.people import queries, sessions
from xhht_citizen.people.models import Account, Person
from xhht_citizen.people.rules import check_password, normal_login


def chosen(login: str, password: str) -> tuple[str, str]:
    """A log-in in its normal form, and the hash of a password that may go with it. Invalid on `login`, `password`.

    Hashing is slow on purpose: this is asked for before the database is held.
    """
    login = normal_login(login)
    check_password(password, login)
    return login, sessions.hash_password(password)


def claim_account(db: Session, person: Person, *, login: str, hashed: str, account_id: uuid.UUID) -> Account:
    """An account for somebody who was written down before: for this record, not for another one. `hashed`: by `chosen`.

    The caller holds the person. Invalid on `login` when it is taken, Conflict when the person has an account.
    """
    made = insert_new(
        db,
        Account,
        id=account_id,
        login=login,
        display_name=person.name,
        search_key=person.search_key,
        password_hash=hashed,
        person_id=person.id,
        must_change_password=False,
        created_at=now(),
        password_changed_at=now(),
    )
    if not made:
        if queries.account_of(db, person.id) is not None:
            raise Conflict(N_("Người này đã có tài khoản."))
        raise Invalid(sessions._TAKEN, field="login")
    account = db.get_one(Account, account_id)
    sessions._say(db, "account.create", account, by=account.id)
    return account


def set_password(db: Session, account: Account, hashed: str, *, act: str) -> None:
    """A new password whose right was proved otherwise; every device goes out. `act`: what the audit calls it."""
    account.password_hash, account.password_changed_at = hashed, now()
    account.must_change_password = False
    db.flush()
    sessions._say(db, act, account, by=account.id, sessions=sessions._end_sessions(db, account.id))


def fits(account: Account, password: str) -> bool:
    """Whether this is the account's password. Slow on purpose."""
    return sessions._right(account, password)


def count_code(database: Database, kind: str, *, address: str, account_id: uuid.UUID | None, key: str) -> None:
    """Count a try at a slip's code ("slip") or a helper's ("mandate"), by an account and from an address.

    TooMany when there were too many. The account's first: one that is refused takes no try from the neighbours who
    share its address.
    """
    if account_id is not None:
        sessions._count(database, kind, str(account_id), sessions.ACCOUNT_TRIES, key)
    sessions._count(database, kind, address, sessions.ADDRESS_TRIES, key)


def many_slips(db: Session, *, address: str, key: str) -> bool:
    """Whether so many codes were tried from this address that none is looked up for it now."""
    return (
        queries.attempts(db, "slip", sessions._attempt_key(address, key), sessions.WINDOW_MINUTES)
        >= sessions.ADDRESS_TRIES
    )


def count_pin(database: Database, *, address: str, device: str, key: str) -> None:
    """Count a try at a pin from an address, and on a phone; TooMany when there were too many."""
    sessions._count(database, "pin", address, sessions.ADDRESS_TRIES, key)
    sessions._count(database, "pin", device, sessions.ACCOUNT_TRIES * 2, key)
