"""One person written down twice: by the household, and by opening an account. The record others kept stays.

A household's code is known to many, so it is enough only for a record that gives its new owner nothing over others.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Column, exists, or_, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.queries import open_grants
from xhht_citizen.applications import queries
from xhht_citizen.database import columns_to
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.groups import handing, members
from xhht_citizen.helping import acting, slips
from xhht_citizen.notices.models import Notice
from xhht_citizen.people import households
from xhht_citizen.people import queries as homes
from xhht_citizen.people.actions import hold_person
from xhht_citizen.people.models import Account, Consent, Person
from xhht_citizen.people.queries import Home
from xhht_citizen.people.rules import is_adult
from xhht_citizen.phones import drafting
from xhht_citizen.titles import queries as titles

# Rows of a record that give way with it, and are the other record's from then on. Whatever else points at a record,
# also a table that is added later, says that it is no new one.
GO_ALONG = frozenset(
    {"account", "consent", "draft", "notice", "helper", "slip", "mandate_slip", "unit_membership", "mandate"}
)
TWICE = N_(
    "Hộ này đã ghi sẵn một người cùng tên, cùng năm sinh. Nếu là cùng một người, xin nhờ trưởng chi hội hoặc phường, "
    "xã nối tài khoản. Nếu là hai người khác nhau, xin lập hộ riêng trước, rồi nhờ chi hội hoặc phường, xã chuyển về "
    "hộ này."
)
NOT_NEW = N_(
    "Tài khoản này đã có hộ, việc học, hồ sơ, danh hiệu, nơi làm việc hoặc vai trò của riêng mình, nên không nối được."
)


def twins(db: Session, household_id: uuid.UUID, person_id: uuid.UUID) -> list[Person]:
    """Whom the household wrote down by this person's name and year of birth, and who have no account."""
    person = db.get_one(Person, person_id)
    known = households.namesakes(db, household_id, person.name, person.birth_year)
    taken = homes.with_account(db, [one.id for one in known])
    return [one for one in known if one.id not in taken and one.id != person_id]


def take_over(
    db: Session, person_id: uuid.UUID, known: list[Person], *, account_id: uuid.UUID | None, year: int
) -> Home:
    """Who enters a household that wrote them down is that record from now on, so that nobody is counted twice.

    Only a new account, and a record of an adult without title, case, work or anybody to speak for: who read the code
    somewhere would become that person. Invalid on `code` otherwise: somebody who knows both has to say so.
    """
    account = homes.account_of(db, person_id)
    if account is None or len(known) != 1 or not is_new(db, account) or not _gives_nothing(db, known[0], year):
        raise Invalid(TWICE, field="code")
    own = db.get_one(Person, person_id)
    if any(
        getattr(own, name) and getattr(known[0], name) and getattr(own, name) != getattr(known[0], name)
        for name in ("citizen_id_hash", "birth_date", "sex")
    ):
        raise Invalid(TWICE, field="code")
    merge(db, known[0].id, account.id, account_id=account_id)
    home = homes.home_of(db, known[0].id)
    assert home is not None  # noqa: S101 (a member of the household)
    return home


def merge(db: Session, record_id: uuid.UUID, owner_id: uuid.UUID, *, account_id: uuid.UUID | None) -> Person:
    """The account `owner_id` belongs to this record from now on; the record it made for itself is no more.

    What that one knew and this one lacks, and what its owner agreed to, goes along; the owner's devices stay signed
    in. Whether both are one person is asked before. Idempotent; Invalid on `login`, Conflict when the record has an
    account or its owner died.
    """
    account = homes.account(db, owner_id)
    if account is None or account.closed_at is not None:
        raise NotFound(N_("Không tìm thấy tài khoản này."))
    if account.person_id == record_id:
        return db.get_one(Person, record_id)
    for one in sorted({record_id, account.person_id} - {None}):  # type: ignore[type-var]
        hold_person(db, one)  # type: ignore[arg-type]
    db.refresh(account, with_for_update=True)
    record = db.get_one(Person, record_id)
    if account.person_id == record_id:  # sent twice at once
        return record
    if record.died_on is not None:
        raise Conflict(N_("Người này đã qua đời."))
    if homes.account_of(db, record_id) is not None:
        raise Conflict(N_("Người này đã có tài khoản."))
    if not is_new(db, account):
        raise Invalid(NOT_NEW, field="login")
    _give_way(db, account, record, account_id)
    return record


def is_new(db: Session, account: Account) -> bool:
    """Whether an account has nothing yet but the details it was opened with, so that they may give way."""
    own = account.person_id
    return own is not None and not (
        members.units(db, own)
        or any(row.revoked_at is None for row in members.mandates_of(db, own))
        or open_grants(db, account.id)
        or db.scalar(select(or_(*(exists().where(column == own) for column in _stays()))))
    )


def _stays() -> list[Column[Any]]:
    """The columns by which a row that does not go along points at a person."""
    return [column for column in columns_to("person") if column.table.name not in GO_ALONG]


def _gives_nothing(db: Session, record: Person, year: int) -> bool:
    """A record by which nobody gets what is somebody's own: a title, a case, a child's place, a word for others."""
    home = homes.home_of(db, record.id)
    return (
        is_adult(record.birth_year, year)
        and (home is None or home.relation != "head")
        and not queries.own_applications(db, record.id)
        and not evidence.all_of_person(db, record.id)
        and not titles.titles_of(db, record.id)
        and not members.mandates_of(db, record.id)
    )


def _give_way(db: Session, account: Account, record: Person, account_id: uuid.UUID | None) -> None:
    old = db.scalars(select(Person).where(Person.id == account.person_id).with_for_update()).one()
    if old.citizen_id_hash and record.citizen_id_hash and old.citizen_id_hash != record.citizen_id_hash:
        raise Invalid(N_("Hai bên ghi hai số định danh khác nhau, nên không phải cùng một người."), field="login")
    born = old.birth_date if old.birth_date and old.birth_date.year == record.birth_year else None
    knew = {
        "birth_date": record.birth_date or born,
        "sex": record.sex or old.sex,
        "phone": record.phone or old.phone,
        "citizen_id_hash": record.citizen_id_hash or old.citizen_id_hash,
        "citizen_id_last4": record.citizen_id_last4 if record.citizen_id_hash else old.citizen_id_last4,
    }
    account.person_id, account.display_name, account.search_key = record.id, record.name, record.search_key
    db.execute(update(Consent).where(Consent.person_id == old.id).values(person_id=record.id))
    db.execute(update(Notice).where(Notice.person_id == old.id).values(person_id=record.id))
    drafting.carry(db, old.id, record.id)
    handing.hand_over(db, old.id, record.id, account_id=account_id)
    acting.carry(db, old.id, record.id, account_id=account_id)
    slips.void(db, record.id)
    slips.hand_over(db, old.id, record.id)
    db.flush()
    acting.end_own(db, record.id, account_id=account_id)
    db.delete(old)
    db.flush()  # a number is somebody's once: it is free now
    for name, value in knew.items():
        setattr(record, name, value)
    record.version += 1
    db.flush()
    for action, subject_id, detail in (
        ("account.claim", record.id, {"instead_of": str(old.id), "account": str(account.id)}),
        ("person.give_way", old.id, {"to": str(record.id)}),
    ):
        audit.append(
            db,
            action,
            ward_code=record.ward_code,
            account_id=account_id,
            subject_kind="person",
            subject_id=subject_id,
            detail=detail,
        )
