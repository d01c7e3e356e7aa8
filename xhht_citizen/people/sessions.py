"""Signing up, in and out: passwords, sessions, tries, and what was typed when a session had ended.

Every change of who may sign in is a link of the audit, without log-in, name or password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from xhht_citizen import audit
from xhht_citizen.database import Database, columns_to, insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound, TooMany
from xhht_citizen.people import queries
from xhht_citizen.people.actions import NewPerson, add_person, give_consent
from xhht_citizen.people.models import Account, AccountSession, Attempt, KeptForm, Person
from xhht_citizen.people.rules import CODE_ALPHABET, check_password, normal_email, normal_login
from xhht_citizen.vietnamese import fold, nfc

ACCOUNT_TRIES, ADDRESS_TRIES, SIGN_UPS, WINDOW_MINUTES = 10, 100, 200, 15
REMOVED_AT_ONCE = 200
MOST_KEPT = 20  # forms of one account: each device asks for its last one only
ACTING_FOR = "acting_for"  # in a kept form: the mandate under which it was typed
ENDED_DAYS = 7  # how long a session that grew old is still known, so that what was typed in it can be kept
_hasher = PasswordHasher()
_TAKEN = N_("Tên đăng nhập này đã có người dùng. Xin chọn tên khác, ví dụ thêm năm sinh.")


def hash_password(password: str) -> str:
    """Argon2id with the library's own profile."""
    return _hasher.hash(password)


def new_password() -> str:
    """Three groups of four letters and digits that are not mistaken for each other: 25^12, about 55 bits."""
    return "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(3))


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
        search_key=fold(details.name)[:120],
        password_hash=hashed,
        created_at=now(),
        password_changed_at=now(),
    )
    account = db.scalars(select(Account).where(Account.login == login)).one_or_none()
    if account is None or (not made and (account.id != account_id or not _right(account, password))):
        raise Invalid(_TAKEN, field="login")
    if made:
        person = add_person(db, details, id_key=id_key)
        account.person_id, account.display_name, account.search_key = person.id, person.name, person.search_key
        db.flush()
        _say(db, "account.create", account, by=account.id)
        give_consent(db, person.id, channel="web", account_id=account.id)
    return account


def create_account(
    db: Session,
    *,
    login: str,
    password: str,
    name: str,
    must_change_password: bool = False,
    created_by: uuid.UUID | None = None,
) -> Account:
    """An account made by an administrator or a command; Invalid on `login`, `name` or `password`.

    `must_change_password`: the password passed through other hands, so its owner chooses another one at the door.
    """
    login = normal_login(login)
    name = nfc(name) or login
    if len(name) > 120:
        raise Invalid(N_("Dài quá %(max)d chữ, xin viết ngắn hơn."), field="name", max=120)
    check_password(password, login)
    hashed = hash_password(password)  # slow on purpose: done before the database is held
    account_id = new_id()
    made = insert_new(
        db,
        Account,
        id=account_id,
        login=login,
        display_name=name,
        search_key=fold(name)[:120],
        password_hash=hashed,
        must_change_password=must_change_password,
        created_at=now(),
        password_changed_at=now(),
    )
    if not made:
        raise Invalid(N_("Tên đăng nhập này đã có người dùng."), field="login")
    account = db.get_one(Account, account_id)
    _say(db, "account.create", account, by=created_by)
    return account


def sign_in(
    database: Database, *, login: str, password: str, address: str, device: str, key: str, session_days: int = 30
) -> tuple[uuid.UUID, uuid.UUID]:
    """Check login and password and open a session; returns (account id, session id).

    Sessions that grew old (`session_days` and a week) are removed on the way.

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
            _forget_old_tries(db)
            for kind, hashed, _ in keys:
                db.add(Attempt(kind=kind, key=hashed))
            db.flush()
        else:
            old = now() - timedelta(days=session_days + ENDED_DAYS)
            _remove(db, AccountSession.id, AccountSession.started_at < old)
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


def count_citizen_id(database: Database, account_id: uuid.UUID, *, key: str) -> None:
    """Count a citizen id written down; TooMany when there were too many, so that nobody finds out who is listed."""
    _count(database, "citizen_id", str(account_id), ACCOUNT_TRIES, key)


def count_naming(database: Database, account_id: uuid.UUID, *, key: str) -> None:
    """Count a helper's log-in written down; TooMany when there were too many: nobody finds out who has an account."""
    _count(database, "naming", str(account_id), ACCOUNT_TRIES, key)


def _count(database: Database, kind: str, what: str, limit: int, key: str) -> None:
    hashed = _attempt_key(what, key)
    with database.transaction() as db:
        if queries.attempts(db, kind, hashed, WINDOW_MINUTES) >= limit:
            raise TooMany(N_("Đã thử quá nhiều lần. Xin đợi %(minutes)s phút rồi thử lại."), minutes=WINDOW_MINUTES)
        _forget_old_tries(db)
        db.add(Attempt(kind=kind, key=hashed))


def _forget_old_tries(db: Session) -> None:
    _remove(db, Attempt.id, Attempt.at < now() - timedelta(minutes=WINDOW_MINUTES))


def _remove(db: Session, row_id: InstrumentedAttribute[uuid.UUID], old: ColumnElement[bool]) -> None:
    """A few old rows; whoever comes next takes the next ones, and nobody waits for another."""
    some = select(row_id).where(old).limit(REMOVED_AT_ONCE).with_for_update(skip_locked=True)
    db.execute(delete(row_id.class_).where(row_id.in_(some.scalar_subquery())))


def sign_out(db: Session, session_id: uuid.UUID) -> None:
    """End one device's session."""
    _end(db, AccountSession.id == session_id)


def sign_out_everywhere(db: Session, account_id: uuid.UUID) -> int:
    """End every session of the account; returns how many there were."""
    ended = _end_sessions(db, account_id)
    _say(db, "account.sign_out_everywhere", db.get_one(Account, account_id), by=account_id, sessions=ended)
    return ended


def close_account(db: Session, account_id: uuid.UUID, *, by: uuid.UUID | None) -> None:
    """Nobody signs in by this account any more, and every device goes out. Idempotent; the row stays."""
    account = db.get_one(Account, account_id)
    if account.closed_at is None:
        account.closed_at = now()
        db.flush()
        _say(db, "account.close", account, by=by, sessions=_end_sessions(db, account_id))


def reopen_account(db: Session, account_id: uuid.UUID, *, by: uuid.UUID | None) -> None:
    """An account that was closed by mistake: its owner signs in again, with the old password. Idempotent."""
    account = db.get_one(Account, account_id)
    if account.closed_at is not None:
        account.closed_at = None
        db.flush()
        _say(db, "account.reopen", account, by=by)


def set_email(db: Session, account_id: uuid.UUID, text: str) -> None:
    """Where notices go by e-mail; empty for nowhere. Invalid on `email`. The audit does not say it."""
    address = normal_email(text)
    account = db.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if account.email != address:
        account.email = address
        db.flush()
        _say(db, "account.email", account, by=account_id, given=address is not None)


def change_password(
    database: Database, account_id: uuid.UUID, *, old: str | None, new: str, keep: uuid.UUID | None
) -> None:
    """A new password; every device but the session `keep` is signed out. Invalid on `old` or `password`.

    `old` may be None only for somebody who must change a one-time password: it was asked for at the door just now.
    Own short transactions, as signing in: checking and hashing are slow, and hold nobody up.
    """
    with database.read(primary=True) as db:
        account = db.get_one(Account, account_id)
    if not (account.must_change_password if old is None else _right(account, old)):
        raise Invalid(N_("Mật khẩu hiện tại chưa đúng."), field="old")
    check_password(new, account.login)
    if account.must_change_password and _right(account, new):
        raise Invalid(N_("Mật khẩu này chỉ dùng một lần. Xin chọn mật khẩu khác."), field="password")
    hashed = hash_password(new)
    with database.transaction() as db:
        changed = db.execute(
            update(Account)
            .where(Account.id == account_id, Account.password_hash == account.password_hash)
            .values(password_hash=hashed, password_changed_at=now(), must_change_password=False)
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise Conflict(N_("Mật khẩu vừa được đổi ở máy khác. Xin thử lại."))
        _end_sessions(db, account_id, but=keep)
        _say(db, "account.password", db.get_one(Account, account_id), by=account_id)


def reset_password(database: Database, account_id: uuid.UUID, *, by: uuid.UUID | None) -> str:
    """A one-time password for somebody who forgot theirs; every device goes out. Returns it: it is kept nowhere.

    Its owner chooses another one at the next sign-in. Whether `by` may do this is asked before. NotFound.
    Own transaction: hashing is slow, and holds nobody up.
    """
    password = new_password()
    hashed = hash_password(password)
    with database.transaction() as db:
        account = db.get(Account, account_id)
        if account is None or account.closed_at is not None:
            raise NotFound(N_("Không tìm thấy tài khoản này."))
        account.password_hash, account.password_changed_at = hashed, now()
        account.must_change_password = True
        db.flush()
        _say(db, "account.password_reset", account, by=by, sessions=_end_sessions(db, account_id))
    return password


def keep_form(database: Database, path: str, fields: dict[str, list[str]], session_id: uuid.UUID) -> uuid.UUID | None:
    """Keep for a day what was typed when this session had ended; None when nobody knows the session."""
    with database.transaction() as db:
        _remove(db, KeptForm.id, KeptForm.kept_at < now() - timedelta(days=queries.KEPT_DAYS))
        session = db.get(AccountSession, session_id)
        if session is None:
            return None
        if session.acting_for_id is not None:  # typed for somebody else: never to be found in one's own form
            fields = {**fields, ACTING_FOR: [str(session.acting_for_id)]}
        own = select(KeptForm.id).where(KeptForm.account_id == session.account_id).order_by(KeptForm.kept_at.desc())
        _remove(db, KeptForm.id, KeptForm.id.in_(own.offset(MOST_KEPT - 1).limit(REMOVED_AT_ONCE)))
        kept = KeptForm(id=new_id(), path=path[:200], fields=fields, account_id=session.account_id)
        db.add(kept)
        db.flush()
        return kept.id


def _end_sessions(db: Session, account_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
    return _end(db, AccountSession.account_id == account_id, *([AccountSession.id != but] if but is not None else []))


def _end(db: Session, *which: ColumnElement[bool]) -> int:
    """End open sessions, and with them what belongs to one: a browser that shows notices. How many sessions."""
    ending = update(AccountSession).where(*which, AccountSession.ended_at.is_(None)).values(ended_at=now())
    ended = list(db.scalars(ending.returning(AccountSession.id)))
    for column in columns_to(AccountSession.__tablename__) if ended else ():
        db.execute(delete(column.table).where(column.in_(ended)))
    return len(ended)


def _say(db: Session, action: str, account: Account, *, by: uuid.UUID | None, **detail: object) -> None:
    """In the chain of the ward where the person lives; an officer's account belongs to none."""
    person = db.get(Person, account.person_id) if account.person_id else None
    audit.append(
        db,
        action,
        ward_code=person.ward_code if person else None,
        account_id=by,
        subject_kind="account",
        subject_id=account.id,
        detail=detail,
    )


@cache
def _nobody() -> str:
    """Checked when the login is unknown, so that the answer takes as long as for a known one.

    Made at the first check, not on import: a command that looks at no password need not wait for it.
    """
    return _hasher.hash(secrets.token_hex(16))


def _right(account: Account | None, password: str) -> bool:
    nobody = _nobody()  # asked for in either case: the first check of a process takes equally long too
    try:
        return _hasher.verify(account.password_hash if account else nobody, password) and account is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def _attempt_key(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
