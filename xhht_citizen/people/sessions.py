"""Signing up, in and out: passwords, sessions, tries, and what was typed when a session had ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, TooMany
from xhht_citizen.people import queries
from xhht_citizen.people.actions import NewPerson, add_person, give_consent
from xhht_citizen.people.models import Account, AccountSession, Attempt, KeptForm
from xhht_citizen.people.rules import check_password, normal_login
from xhht_citizen.vietnamese import fold, nfc

ACCOUNT_TRIES, ADDRESS_TRIES, SIGN_UPS, WINDOW_MINUTES = 10, 100, 200, 15
_hasher = PasswordHasher()
# Checked when the login is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash(secrets.token_hex(16))
_TAKEN = N_("Tên đăng nhập này đã có người dùng. Xin chọn tên khác, ví dụ thêm năm sinh.")


def hash_password(password: str) -> str:
    """Argon2id with the library's own profile."""
    return _hasher.hash(password)


def sign_up(
    db: Session, *, login: str, password: str, details: NewPerson, id_key: str, account_id: uuid.UUID | None = None
) -> Account:
    """A new account with a person of its own and consent given on the web. Invalid on the field that cannot be taken.

    A form sent twice (same `account_id`) makes one account, also when both arrive at once.
    """
    login = normal_login(login)
    check_password(password, login)
    hashed = hash_password(password)  # slow on purpose: done before the database is held
    known = db.get(Account, account_id) if account_id else None
    made = insert_new(
        db,
        Account,
        id=account_id if account_id and known is None else new_id(),
        login=login,
        display_name=nfc(details.name)[:120],
        password_hash=hashed,
        created_at=now(),
        password_changed_at=now(),
    )
    account = db.scalars(select(Account).where(Account.login == login)).one_or_none()
    if account is None or (not made and (account.id != account_id or not _right(account, password))):
        raise Invalid(_TAKEN, field="login")
    if made:
        person = add_person(db, details, id_key=id_key)
        account.person_id, account.display_name = person.id, person.name
        db.flush()
        give_consent(db, person.id, channel="web", account_id=account.id)
    return account


def create_account(db: Session, *, login: str, password: str, name: str, person_id: uuid.UUID | None = None) -> Account:
    """An account made by an administrator or a command; Invalid when the login is taken."""
    login = normal_login(login)
    check_password(password, login)
    hashed = hash_password(password)  # slow on purpose: done before the database is held
    account_id = new_id()
    made = insert_new(
        db,
        Account,
        id=account_id,
        login=login,
        display_name=nfc(name) or login,
        password_hash=hashed,
        person_id=person_id,
        created_at=now(),
        password_changed_at=now(),
    )
    if not made:
        raise Invalid(N_("Tên đăng nhập này đã có người dùng."), field="login")
    return db.get_one(Account, account_id)


def sign_in(
    database: Database, *, login: str, password: str, address: str, device: str, key: str
) -> tuple[uuid.UUID, uuid.UUID]:
    """Check login and password and open a session; returns (account id, session id).

    Own short transactions: a failed try must be counted although the page's transaction is rolled back.
    Invalid when they do not fit, TooMany after 10 failures of a login or 100 of an address in 15 minutes.
    """
    try:
        normal = normal_login(login)
    except Invalid:
        normal = fold(login)[:40]
    keys = (("login", _attempt_key(normal, key), ACCOUNT_TRIES), ("address", _attempt_key(address, key), ADDRESS_TRIES))
    with database.read(primary=True) as db:
        for kind, hashed, limit in keys:
            if queries.attempts(db, kind, hashed, WINDOW_MINUTES) >= limit:
                raise TooMany(N_("Đã thử quá nhiều lần. Xin đợi %(minutes)s phút rồi thử lại."), minutes=WINDOW_MINUTES)
        account = queries.account_by_login(db, normal)
    right = _right(account, password)
    with database.transaction() as db:
        if account is None or not right or account.closed_at is not None:
            for kind, hashed, _ in keys:
                db.add(Attempt(kind=kind, key=hashed))
            db.flush()
        else:
            db.execute(delete(Attempt).where(Attempt.kind == "login", Attempt.key == keys[0][1]))
            session = AccountSession(id=new_id(), account_id=account.id, device=device[:120])
            db.add(session)
            if _hasher.check_needs_rehash(account.password_hash):
                db.execute(
                    update(Account).where(Account.id == account.id).values(password_hash=hash_password(password))
                )
            db.flush()
            return account.id, session.id
    raise Invalid(N_("Tên đăng nhập hoặc mật khẩu chưa đúng."), field="password")


def open_session(db: Session, account_id: uuid.UUID, device: str) -> AccountSession:
    """A session for an account that has just been made."""
    session = AccountSession(id=new_id(), account_id=account_id, device=device[:120])
    db.add(session)
    db.flush()
    return session


def count_sign_up(database: Database, *, address: str, key: str) -> None:
    """Count a sign-up from an address; TooMany when there were too many."""
    _count(database, "sign_up", address, SIGN_UPS, key)


def count_join(database: Database, account_id: uuid.UUID, *, key: str) -> None:
    """Count a try at a household's code; TooMany when there were too many, so that no code is found by guessing."""
    _count(database, "join", str(account_id), ACCOUNT_TRIES, key)


def _count(database: Database, kind: str, what: str, limit: int, key: str) -> None:
    hashed = _attempt_key(what, key)
    with database.transaction() as db:
        if queries.attempts(db, kind, hashed, WINDOW_MINUTES) >= limit:
            raise TooMany(N_("Đã thử quá nhiều lần. Xin đợi %(minutes)s phút rồi thử lại."), minutes=WINDOW_MINUTES)
        db.add(Attempt(kind=kind, key=hashed))


def sign_out(db: Session, session_id: uuid.UUID) -> None:
    """End one device's session."""
    db.execute(
        update(AccountSession)
        .where(AccountSession.id == session_id, AccountSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def sign_out_everywhere(db: Session, account_id: uuid.UUID) -> int:
    """End every session of the account; returns how many there were."""
    return db.execute(  # type: ignore[attr-defined,no-any-return]
        update(AccountSession)
        .where(AccountSession.account_id == account_id, AccountSession.ended_at.is_(None))
        .values(ended_at=now())
    ).rowcount


def change_password(database: Database, account_id: uuid.UUID, *, old: str, new: str, keep: uuid.UUID | None) -> None:
    """A new password; every device but the session `keep` is signed out. Invalid on `old` or `password`.

    Own short transactions, as signing in: checking and hashing are slow, and hold nobody up.
    """
    with database.read(primary=True) as db:
        account = db.get_one(Account, account_id)
    if not _right(account, old):
        raise Invalid(N_("Mật khẩu hiện tại chưa đúng."), field="old")
    check_password(new, account.login)
    hashed = hash_password(new)
    with database.transaction() as db:
        changed = db.execute(
            update(Account)
            .where(Account.id == account_id, Account.password_hash == account.password_hash)
            .values(password_hash=hashed, password_changed_at=now())
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise Conflict(N_("Mật khẩu vừa được đổi ở máy khác. Xin thử lại."))
        db.execute(
            update(AccountSession)
            .where(
                AccountSession.account_id == account_id,
                AccountSession.ended_at.is_(None),
                AccountSession.id != (keep or uuid.UUID(int=0)),
            )
            .values(ended_at=now())
        )


def keep_form(
    database: Database, path: str, fields: dict[str, list[str]], account_id: uuid.UUID | None = None
) -> uuid.UUID:
    """Keep what was typed when the session had ended, for a day."""
    with database.transaction() as db:
        db.execute(delete(KeptForm).where(KeptForm.kept_at < now() - timedelta(days=1)))
        kept = KeptForm(id=new_id(), path=path[:200], fields=fields, account_id=account_id)
        db.add(kept)
        db.flush()
        return kept.id


def _right(account: Account | None, password: str) -> bool:
    try:
        return _hasher.verify(account.password_hash if account else _NOBODY, password) and account is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def _attempt_key(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
