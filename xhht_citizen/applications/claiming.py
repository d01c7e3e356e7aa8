"""A record that others kept becomes its owner's: by a slip with a code, for a new account, an own one, or a password.

Whoever comes here proved the code and the year of birth just before (helping.slips.prove).
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.access import queries as access
from xhht_citizen.applications import twins
from xhht_citizen.database import Database
from xhht_citizen.errors import N_, Conflict, DomainError
from xhht_citizen.helping import queries as helping
from xhht_citizen.helping import slips
from xhht_citizen.helping.codes import Purpose
from xhht_citizen.notices.actions import tell
from xhht_citizen.people import proving, sessions
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import give_consent
from xhht_citizen.people.models import Account, Person

HAS_ACCOUNT = N_("Hồ sơ này đã có tài khoản. Xin đăng nhập; quên mật khẩu thì xin phiếu đặt lại mật khẩu ở phường, xã.")
WORKS_FOR_OTHERS = N_("Tài khoản này được giao việc của phường, xã, nên mật khẩu không đặt lại bằng phiếu được.")


def open_account(
    database: Database, slip_id: uuid.UUID, *, login: str, password: str, account_id: uuid.UUID, device: str
) -> uuid.UUID:
    """A new account on the record of the slip, with the consent its owner just gave; returns the session to enter by.

    Evidence, helpers and whatever else stands on the record stays as it is. A form sent twice makes one account.
    Own transaction: hashing is slow, and holds nobody up. Conflict when the slip was used meanwhile.
    """
    login, hashed = proving.chosen(login, password)
    with database.transaction() as db:
        slip = slips.hold(db, slip_id, Purpose.CLAIM)
        again = people.account(db, account_id)
        if again is not None and slip.used_by == again.id and proving.fits(again, password):
            return sessions.open_session(db, again.id, device).id
        slips.check(slip)
        person = db.get_one(Person, slip.person_id)
        _alive(person)
        if people.account_of(db, person.id) is not None:
            raise Conflict(HAS_ACCOUNT)
        account = proving.claim_account(db, person, login=login, hashed=hashed, account_id=account_id)
        give_consent(db, person.id, channel="web", account_id=account.id)
        slips.use_up(db, slip, account.id)
        return sessions.open_session(db, account.id, device).id


def join(db: Session, slip_id: uuid.UUID, account: Account) -> Person:
    """An account that was opened before becomes this record's; the one it made for itself gives way. Idempotent.

    Invalid or Conflict when both cannot be made one by themselves: then an officer looks at them (`tell_officer`).
    """
    own = {account.person_id} - {None}
    slip = slips.hold(db, slip_id, Purpose.CLAIM, *own)  # type: ignore[arg-type]
    if slip.used_by == account.id:
        return db.get_one(Person, slip.person_id)
    slips.check(slip)
    slips.use_up(db, slip, account.id)  # before the records become one, which voids what slips are left
    return twins.merge(db, slip.person_id, account.id, account_id=account.id)


def may_join(db: Session, person_id: uuid.UUID, account: Account) -> DomainError | None:
    """Why an account cannot become this record's; None when it can. What `join` checks once more."""
    if people.account_of(db, person_id) is not None:
        return Conflict(HAS_ACCOUNT)
    return None if twins.is_new(db, account) else Conflict(twins.NOT_NEW)


def tell_officer(db: Session, slip_id: uuid.UUID, account: Account) -> bool:
    """Tell who made the slip that its bearer has a record of their own that cannot give way. False when told before."""
    slip = slips.hold(db, slip_id, Purpose.CLAIM)
    slips.check(slip)
    if slip.made_by is None:
        return False
    return tell(
        db,
        "slip.apart",
        once=f"slip.apart:{slip.id}:{account.id}",
        account_id=slip.made_by,
        ward_code=slip.ward_code,
        path=f"/dan-cu/{slip.person_id}",
    )


def new_password(database: Database, slip_id: uuid.UUID, *, password: str, device: str) -> uuid.UUID:
    """The bearer of a slip chooses a new password; every device goes out. Returns the session to enter by.

    Own transaction, as `open_account`. Invalid on `password`; Conflict when the slip was used meanwhile, or the account
    was closed or given a role since it was printed.
    """
    with database.read(primary=True) as db:
        login = account_of_slip(db, slip_id).login
    _login, hashed = proving.chosen(login, password)
    with database.transaction() as db:
        slip = slips.hold(db, slip_id, Purpose.PASSWORD)
        slips.check(slip)
        account = account_of_slip(db, slip_id)
        proving.set_password(db, account, hashed, act="account.password_slip")
        slips.use_up(db, slip, account.id)
        tell(
            db,
            "slip.password",
            once=f"slip.password:{slip.id}",
            person_id=slip.person_id,
            ward_code=slip.ward_code,
            path="/tai-khoan",
        )
        return sessions.open_session(db, account.id, device).id


def account_of_slip(db: Session, slip_id: uuid.UUID) -> Account:
    """Whose password a slip is for. Conflict when the account is closed, or works for others by now."""
    slip = helping.slip(db, slip_id)
    account = people.account_of(db, slip.person_id) if slip else None
    if account is None or account.closed_at is not None:
        raise Conflict(N_("Tài khoản của phiếu này đã đóng. Xin hỏi nơi phát phiếu."))
    if access.thing_of_account(db, account).has_role:
        raise Conflict(WORKS_FOR_OTHERS)
    return account


def _alive(person: Person) -> None:
    if person.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
