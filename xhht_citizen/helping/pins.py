"""Quick switch on a phone that a family shares: an account is remembered there, and opened by a pin of its own.

The phone carries a long random name in a cookie; only its keyed hash is kept. The name is hashed together with the pin,
so that who reads the database cannot try out ten thousand pins, and a pin opens nothing on another phone.
"""

from __future__ import annotations

import secrets
import uuid

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import Database, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.helping import queries
from xhht_citizen.helping.codes import MOST_TRIES, check_pin, device_hash, pin_holds
from xhht_citizen.helping.models import DevicePin
from xhht_citizen.people import proving, sessions
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Account

MOST_KNOWN = 12  # accounts on one phone: a big family, not an office
_hasher = PasswordHasher()
GONE = N_("Máy này không nhớ tài khoản ấy nữa. Xin đăng nhập bằng mật khẩu.")
WRONG = N_("Mã PIN chưa đúng. Còn thử được %(left)s lần.")
FORGOTTEN = N_("Đã sai mã PIN %(most)s lần, nên máy này không nhớ tài khoản ấy nữa. Xin đăng nhập bằng mật khẩu.")


def new_device() -> str:
    """A random name for a phone: 256 bits."""
    return secrets.token_urlsafe(32)


def remember(database: Database, account_id: uuid.UUID, *, password: str, pin: str, device: str, key: str) -> None:
    """Let this phone open the account by a pin. Invalid on `password` or `pin`; Conflict when the phone knows too many.

    The password is asked for: who picks up a phone that was left signed in shall not make a key to it. That the account
    holds no role is the caller's to check. Own transactions: hashing is slow, and holds nobody up.
    """
    with database.read(primary=True) as db:
        account = db.get_one(Account, account_id)
        person = people.person(db, account.person_id) if account.person_id else None
        known = {one.account_id for one in queries.known_on(db, device_hash(device, key))}
    if not proving.fits(account, password):
        raise Invalid(N_("Mật khẩu hiện tại chưa đúng."), field="password")
    digits = check_pin(pin, birth_year=person.birth_year if person else 0, login=account.login)
    if len(known - {account_id}) >= MOST_KNOWN:
        raise Conflict(N_("Máy này đã nhớ %(most)s tài khoản. Xin bỏ bớt một tài khoản trước."), most=MOST_KNOWN)
    hashed = _hasher.hash(_together(digits, device))
    name = device_hash(device, key)
    with database.transaction() as db:
        db.execute(delete(DevicePin).where(DevicePin.device_hash == name, DevicePin.account_id == account_id))
        db.add(DevicePin(device_hash=name, account_id=account_id, pin_hash=hashed))
        db.flush()
        _say(db, "pin.remember", account_id)


def forget(db: Session, account_id: uuid.UUID, *, device: str, key: str) -> bool:
    """This phone does not know the account any more. False when it did not."""
    name = device_hash(device, key)
    gone = db.execute(delete(DevicePin).where(DevicePin.device_hash == name, DevicePin.account_id == account_id))
    if not gone.rowcount:  # type: ignore[attr-defined]
        return False
    _say(db, "pin.forget", account_id)
    return True


def forget_everywhere(db: Session, account_id: uuid.UUID) -> int:
    """No phone opens the account by a pin any more, as when one was lost; returns how many did."""
    gone: int = db.execute(delete(DevicePin).where(DevicePin.account_id == account_id)).rowcount  # type: ignore[attr-defined]
    if gone:
        _say(db, "pin.forget", account_id)
    return gone


def enter(
    database: Database, account_id: uuid.UUID, *, pin: str, device: str, key: str, name: str, leave: uuid.UUID | None
) -> uuid.UUID:
    """Switch to an account this phone knows; returns the session to enter by. `leave`: the session that ends.

    A try counts before it is looked at, so that many at once are not more than the few that are allowed; the last wrong
    one removes the row. Invalid on `pin`; NotFound when the phone does not know the account, or its pin is of no use
    any more. That the account holds no role is the caller's to check.
    """
    hashed = device_hash(device, key)
    mine = (DevicePin.device_hash == hashed, DevicePin.account_id == account_id)
    with database.transaction() as db:
        counted = db.execute(
            update(DevicePin).where(*mine, DevicePin.tries < MOST_TRIES).values(tries=DevicePin.tries + 1)
        )
        row = queries.pin_of(db, hashed, account_id) if counted.rowcount else None  # type: ignore[attr-defined]
        holds = (
            row is not None
            and row.account.closed_at is None
            and pin_holds(row.made_at, row.account.password_changed_at, now())
        )
        if row is None or not holds:
            db.execute(delete(DevicePin).where(*mine))
    if row is None or not holds:
        raise NotFound(GONE)
    right = _right(row.pin_hash, _together(pin.strip(), device))
    with database.transaction() as db:
        if right:
            at = now()
            still = db.execute(
                update(DevicePin).where(*mine, DevicePin.pin_hash == row.pin_hash).values(tries=0, used_at=at)
            )
            if still.rowcount:  # type: ignore[attr-defined]
                if leave is not None:
                    sessions.sign_out(db, leave)
                return sessions.open_session(db, account_id, name).id
        elif row.tries >= MOST_TRIES:
            db.execute(delete(DevicePin).where(*mine))
            _say(db, "pin.lock", account_id)
    if right:
        raise NotFound(GONE)
    if row.tries >= MOST_TRIES:
        raise NotFound(FORGOTTEN, most=MOST_TRIES)
    raise Invalid(WRONG, field="pin", left=MOST_TRIES - row.tries)


def _together(pin: str, device: str) -> str:
    return f"{pin}:{device}"


def _right(hashed: str, text: str) -> bool:
    try:
        return _hasher.verify(hashed, text)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _say(db: Session, action: str, account_id: uuid.UUID) -> None:
    account = db.get_one(Account, account_id)
    person = people.person(db, account.person_id) if account.person_id else None
    audit.append(
        db,
        action,
        ward_code=person.ward_code if person else None,
        account_id=account_id,
        subject_kind="account",
        subject_id=account_id,
    )
