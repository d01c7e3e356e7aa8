"""Naming helpers and ending that; a device that acts for somebody from now on, and for itself again.

A helper's row is locked after persons, cases and tallies, just before the audit: it is the last thing a helper's own
transaction looks at (`hold`), so that a mandate that ends while a form is on its way lets nothing of it through.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Update, or_, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid, NotFound
from xhht_citizen.helping.models import Helper, MandateSlip
from xhht_citizen.helping.named import stands
from xhht_citizen.helping.rules import Act, check_acts, check_until
from xhht_citizen.people.actions import hold_person
from xhht_citizen.people.models import Account, AccountSession, Person
from xhht_citizen.people.queries import consent_of
from xhht_citizen.people.rules import PRIVACY_VERSION, normal_login
from xhht_citizen.vietnamese import fold

# One sentence for a log-in nobody has and for one that is another's: nobody learns here who has an account.
UNKNOWN = N_("Không có ai vừa mang họ tên này vừa dùng tên đăng nhập này. Xin hỏi lại người ấy.")
ENDED = N_("Việc làm thay đã hết, nên lần này chưa lưu gì.")
ONESELF = N_("Ông/bà không tự ghi mình làm thay theo giấy được. Xin nhờ cán bộ khác ghi, hoặc chính người ấy ghi.")
NOT_FOUND = N_("Không tìm thấy người làm thay này.")


@dataclass(frozen=True)
class Named:
    """Who shall act, by log-in and name both (a slip of the finger gives nobody's record away), in what, until when.

    `paper`: where the person's signed paper lies and its day; None where the person says so in the app.
    """

    login: str
    name: str
    acts: Iterable[str]
    until: date | None
    paper: str | None = None


def name(
    db: Session,
    person_id: uuid.UUID,
    named: Named,
    *,
    account_id: uuid.UUID | None,
    today: date,
    helper_id: uuid.UUID | None = None,
) -> Helper:
    """Somebody acts for the person from now on. Sent twice (same `helper_id`) is once; other acts or another day end
    the row before it. Nobody names themselves by a paper that only they have seen. Invalid on `login`, `acts` or
    `until`; Conflict for somebody who died.
    """
    acts, until = check_acts(named.acts), check_until(named.until, today)
    person = hold_person(db, person_id)
    if person.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
    account = _found(db, named)
    if account.person_id == person_id:
        raise Invalid(N_("Đây là tài khoản của chính người được làm thay."), field="login")
    if named.paper is not None and account.id == account_id:
        raise Invalid(ONESELF, field="login")
    known = db.get(Helper, helper_id) if helper_id else None
    if known is not None and (known.person_id, known.account_id) == (person_id, account.id):
        return known
    made_id = helper_id if helper_id and known is None else new_id()
    return grant(db, person, account, Mandate(acts, until, named.paper, account_id), made_id, account_id=account_id)


@dataclass(frozen=True)
class Mandate:
    """What somebody may do for a person, until when, and who said so (`by`; on a paper or in the app)."""

    acts: list[Act]
    until: date
    paper: str | None
    by: uuid.UUID | None


def grant(
    db: Session, person: Person, account: Account, what: Mandate, helper_id: uuid.UUID, *, account_id: uuid.UUID | None
) -> Helper:
    """The account acts for the person from now on; a row with other acts or another day ends. The caller holds the
    person and has checked both. `account_id`: whose hands write it.
    """
    acts = [str(act) for act in what.acts]
    for row in _open(db, person.id, account.id):
        if (row.acts, row.until, row.paper) == (acts, what.until, what.paper):
            return row
        _end(db, [row], account_id)
    made = insert_new(
        db,
        Helper,
        id=helper_id,
        ward_code=person.ward_code,
        person_id=person.id,
        account_id=account.id,
        acts=acts,
        until=what.until,
        way="paper" if what.paper else "app",
        paper=what.paper,
        granted_at=now(),
        granted_by=what.by,
    )
    if not made:
        raise Conflict(N_("Có người vừa ghi cùng người làm thay này. Xin xem lại danh sách."))
    row = db.get_one(Helper, helper_id)
    _say(db, "helper.name", row, account_id, acts=what.acts)
    return row


def _found(db: Session, named: Named) -> Account:
    """The account of that log-in and name; one statement whatever is found."""
    try:
        login = normal_login(named.login)
    except Invalid:
        login = ""
    wanted = fold(named.name)
    found = db.execute(
        select(Account, Person.name).outerjoin(Person, Person.id == Account.person_id).where(Account.login == login)
    ).one_or_none()
    account, name_of = found if found is not None else (None, None)
    names = {fold(name_of or ""), fold(account.display_name if account else "")} - {""}
    if account is None or account.closed_at is not None or wanted not in names:
        raise Invalid(UNKNOWN, field="login")
    return account


def end(db: Session, helper_id: uuid.UUID, *, account_id: uuid.UUID | None) -> bool:
    """The helper acts no more, at once. False when that was so before; NotFound."""
    row = db.scalars(
        select(Helper).where(Helper.id == helper_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(NOT_FOUND)
    if row.revoked_at is not None:
        return False
    _end(db, [row], account_id)
    return True


def end_of_person(db: Session, person_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """Who died is helped no more, and helps nobody."""
    own = select(Account.id).where(Account.person_id == person_id)
    rows = db.scalars(
        select(Helper)
        .where(or_(Helper.person_id == person_id, Helper.account_id.in_(own)), Helper.revoked_at.is_(None))
        .order_by(Helper.id)
        .with_for_update()
    ).all()
    _end(db, list(rows), account_id)
    db.execute(_unused(person_id).values(revoked_at=now()))


def _unused(person_id: uuid.UUID) -> Update:
    """SQL: what codes of the person's nobody took over."""
    return update(MandateSlip).where(
        MandateSlip.person_id == person_id, MandateSlip.used_at.is_(None), MandateSlip.revoked_at.is_(None)
    )


def carry(db: Session, old: uuid.UUID, record: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """The record `old` gives way to `record`: its helpers are that one's, each of them once; its open codes
    are void.
    """
    there = set(db.scalars(select(Helper.account_id).where(Helper.person_id == record, Helper.revoked_at.is_(None))))
    for row in db.scalars(select(Helper).where(Helper.person_id == old).order_by(Helper.id).with_for_update()).all():
        if row.revoked_at is None and row.account_id in there:
            _end(db, [row], account_id)
        row.person_id = record
    db.execute(_unused(old).values(revoked_at=now()))
    db.execute(update(MandateSlip).where(MandateSlip.person_id == old).values(person_id=record))
    db.flush()


def end_own(db: Session, person_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """Whose record this is by now acts for themselves, and is no helper of it any more."""
    own = select(Account.id).where(Account.person_id == person_id)
    rows = db.scalars(
        select(Helper)
        .where(Helper.person_id == person_id, Helper.account_id.in_(own), Helper.revoked_at.is_(None))
        .with_for_update()
    ).all()
    _end(db, list(rows), account_id)


def begin(db: Session, session_id: uuid.UUID, helper_id: uuid.UUID, *, account_id: uuid.UUID, today: date) -> Person:
    """This device acts for the person from now on. NotFound for another account's row, Forbidden when it has ended,
    Conflict while the person has not agreed to the present privacy text.
    """
    row = db.scalars(
        select(Helper)
        .where(Helper.id == helper_id, Helper.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(NOT_FOUND)
    person = db.get_one(Person, row.person_id)
    if row.revoked_at is not None or row.until < today or person.died_on is not None:
        raise Forbidden(N_("Ông/bà không còn được làm thay người này."))
    if consent_of(db, person.id, PRIVACY_VERSION) is None:
        raise Conflict(
            N_("%(name)s chưa đồng ý cho dùng thông tin. Xin nhờ chi hội hoặc phường, xã ghi bản đồng ý trên giấy."),
            name=person.name,
        )
    row.acted_at = now()
    _set(db, session_id, helper_id)
    audit.append(
        db,
        "helper.begin",
        ward_code=person.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person.id,
        detail=marks(person.id, row.id),
    )
    db.flush()
    return person


def stop(db: Session, session_id: uuid.UUID) -> None:
    """This device acts for its own account again."""
    _set(db, session_id, None)


def _set(db: Session, session_id: uuid.UUID, helper_id: uuid.UUID | None) -> None:
    db.execute(
        update(AccountSession)
        .where(AccountSession.id == session_id, AccountSession.ended_at.is_(None))
        .values(acting_for_id=helper_id)
    )


def hold(db: Session, helper_id: uuid.UUID, *, today: date) -> None:
    """The mandate stands until the commit; Forbidden when it has ended since the page was asked for."""
    held = (
        select(Helper.id)
        .join(Person, Person.id == Helper.person_id)
        .where(Helper.id == helper_id, stands(today), Person.died_on.is_(None))
        .with_for_update(read=True, of=Helper)
    )
    if db.scalars(held).first() is None:
        raise Forbidden(ENDED)


def marks(person_id: uuid.UUID, helper_id: uuid.UUID) -> dict[str, str]:
    """What every audit link of a helper says beside its own detail."""
    return {"for": str(person_id), "helper": str(helper_id)}


def _open(db: Session, person_id: uuid.UUID, account_id: uuid.UUID) -> list[Helper]:
    return list(
        db.scalars(
            select(Helper)
            .where(Helper.person_id == person_id, Helper.account_id == account_id, Helper.revoked_at.is_(None))
            .with_for_update()
        )
    )


def _end(db: Session, rows: list[Helper], account_id: uuid.UUID | None) -> None:
    for row in rows:
        row.revoked_at, row.revoked_by = now(), account_id
        _say(db, "helper.end", row, account_id)
    db.flush()


def _say(
    db: Session, action: str, row: Helper, account_id: uuid.UUID | None, *, acts: Iterable[Act] | None = None
) -> None:
    """In the chain of the ward where the person lives. No key is called "helper": that is what acting is told by."""
    more = {} if acts is None else {"acts": [str(act) for act in acts], "until": str(row.until), "way": row.way}
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=row.person_id,
        detail={"row": str(row.id), "account": str(row.account_id), **more},
    )
