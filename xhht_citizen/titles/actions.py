"""Writing the year's book: register, number, decide, grant, revoke."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, and_, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.groups.rules import Kind, Subject
from xhht_citizen.people.models import Person
from xhht_citizen.places.models import Commune
from xhht_citizen.titles.models import Counter, Decision, Registration, RegistrationTakenBack, Title
from xhht_citizen.titles.rules import check_decision, decision_key, new_public_code


@dataclass
class Block:
    """What many titles of one decision need beside their subjects, asked and taken together.

    `held`: who has a valid title, as (kind, subject, year). `wanted`: how many numbers each ward's register of a year
    gives out; they are taken when the first of them is asked for, so that the counter is locked after all else.
    """

    held: frozenset[tuple[str, uuid.UUID, int]]
    provinces: Mapping[str, str]
    wanted: Mapping[tuple[str, int], int]
    taken: dict[tuple[str, int], Iterator[int]] = field(default_factory=dict)

    def number(self, db: Session, ward_code: str, year: int) -> int:
        """The next number of the block; StopIteration when more are asked for than were wanted."""
        if (ward_code, year) not in self.taken:
            count = self.wanted[ward_code, year]
            last = next_number(db, ward_code, year, "register", count)
            self.taken[ward_code, year] = iter(range(last - count + 1, last + 1))
        return next(self.taken[ward_code, year])


def next_number(db: Session, ward_code: str, year: int, purpose: str, count: int = 1) -> int:
    """The next number of a ward, year and purpose, or the last of the next `count`; no gaps among committed rows."""
    insert_new(db, Counter, ward_code=ward_code, year=year, purpose=purpose, last=0)
    return db.execute(
        update(Counter)
        .where(Counter.ward_code == ward_code, Counter.year == year, Counter.purpose == purpose)
        .values(last=Counter.last + count)
        .returning(Counter.last)
    ).scalar_one()


def register_person(db: Session, person: Person, year: int, *, account_id: uuid.UUID | None) -> bool:
    """Register a person to learn for the year; False when they were registered already."""
    if person.ward_code is None:
        raise Invalid(N_("Xin chọn nơi ở trước, để đăng ký với đúng phường, xã."))
    return register(db, subject_of(person), year, ward_code=person.ward_code, account_id=account_id)


def register(db: Session, subject: Subject, year: int, *, ward_code: str, account_id: uuid.UUID | None) -> bool:
    """Register a person or group for the year; False when it was done already. The caller recounts.

    Either way it stays registered until the commit: what is built on it now cannot see it taken back.
    """
    known = (
        _registrations(subject.kind, subject.id, year)
        .with_only_columns(Registration.id)
        .with_for_update(read=True, key_share=True)
    )
    while not insert_new(
        db,
        Registration,
        id=new_id(),
        ward_code=ward_code,
        kind=subject.kind,
        subject_id=subject.id,
        person_id=subject.person_id,
        year=year,
        registered_at=now(),
        registered_by=account_id,
    ):
        if db.scalars(known).first() is not None:
            return False
    return True


def hold_registration(db: Session, kind: str, subject_id: uuid.UUID, year: int) -> Registration | None:
    """The registration as it stands now, its row held until the commit, or None."""
    return db.scalars(
        _registrations(kind, subject_id, year).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def take_back(db: Session, registration: Registration, *, account_id: uuid.UUID | None) -> None:
    """Move a held registration to those taken back. The caller has made sure that nothing rests on it, and recounts."""
    copied = ("id", "ward_code", "kind", "subject_id", "person_id", "year", "registered_at", "registered_by")
    db.add(RegistrationTakenBack(**{name: getattr(registration, name) for name in copied}, taken_back_by=account_id))
    db.delete(registration)
    db.flush()


def _registrations(kind: str, subject_id: uuid.UUID, year: int) -> Select[Registration]:
    return select(Registration).where(
        Registration.subject_id == subject_id, Registration.kind == kind, Registration.year == year
    )


def subject_of(person: Person) -> Subject:
    """A person as the subject of a citizen's title."""
    return Subject(Kind.CITIZEN, person.id, person.name, person.sort_key, person.search_key, person.id)


def mark_assessed(db: Session, subject_id: uuid.UUID, year: int, *, assessed: bool, kind: str = "citizen") -> None:
    """Note in the book whether a review's result stands for the subject's year."""
    db.execute(
        update(Registration)
        .where(Registration.subject_id == subject_id, Registration.year == year, Registration.kind == kind)
        .values(assessed_at=now() if assessed else None)
    )


def mark_all_assessed(db: Session, person_ids: Collection[uuid.UUID], year: int) -> None:
    """Note in the book that a review's result stands for these people's year."""
    db.execute(
        update(Registration)
        .where(Registration.subject_id.in_(person_ids), Registration.year == year, Registration.kind == "citizen")
        .values(assessed_at=now())
    )


def enter_decision(
    db: Session,
    ward_code: str,
    *,
    number: str,
    decided_on: date,
    signatory: str,
    account_id: uuid.UUID | None,
    today: date,
    province_code: str | None = None,
) -> Decision:
    """A body's decision of this number and year, made once. Invalid when the number stands for another one.

    The body is the ward's; with `province_code` it is the province's, and the ward is the first one the decision names.
    """
    number, signatory = " ".join(number.split()), " ".join(signatory.split())
    check_decision(number, decided_on, signatory, today)
    insert_new(
        db,
        Decision,
        id=new_id(),
        ward_code=ward_code,
        province_code=province_code,
        number=number,
        number_key=decision_key(number),
        decided_on=decided_on,
        decided_year=decided_on.year,
        signatory=signatory,
        entered_by=account_id,
        entered_at=now(),
    )
    decision = db.scalars(
        select(Decision).where(
            Decision.province_code == province_code
            if province_code
            else and_(Decision.ward_code == ward_code, Decision.province_code.is_(None)),
            Decision.decided_year == decided_on.year,
            Decision.number_key == decision_key(number),
        )
    ).one()
    if decision.decided_on != decided_on or decision.signatory != signatory:
        raise Invalid(
            N_("Số %(number)s đã dùng cho quyết định ngày %(day)s do %(signatory)s ký. Xin xem lại."),
            field="number",
            number=decision.number,
            day=f"{decision.decided_on:%d/%m/%Y}",
            signatory=decision.signatory,
        )
    return decision


def grant(
    db: Session,
    subject: Subject,
    *,
    year: int,
    ward_code: str,
    community_id: uuid.UUID | None,
    household_id: uuid.UUID | None,
    application_id: uuid.UUID,
    decision: Decision,
    points: int,
    level: int | None = None,
    valid_until: date | None = None,
    facts: Mapping[str, tuple[int, int]] | None = None,
    digital: bool | None = None,
    own_record: bool | None = None,
    block: Block | None = None,
) -> Title:
    """Write one title into the register. Conflict when the subject holds a valid one of the same kind and year.

    One of a `block` asks nothing by itself, and is flushed with the others by the caller.
    """
    held = (str(subject.kind), subject.id, year) in block.held if block is not None else _holds(db, subject, year)
    if held:
        raise Conflict(N_("%(name)s đã có danh hiệu của năm %(year)s."), name=subject.name, year=year)
    title = Title(
        id=new_id(),
        ward_code=ward_code,
        province_code=block.provinces[ward_code] if block is not None else _province(db, ward_code),
        community_id=community_id,
        household_id=household_id,
        kind=subject.kind,
        year=year,
        subject_id=subject.id,
        person_id=subject.person_id,
        application_id=application_id,
        decision_id=decision.id,
        register_number=block.number(db, ward_code, year)
        if block is not None
        else next_number(db, ward_code, year, "register"),
        public_code=new_public_code(),
        holder_name=subject.name,
        sort_key=subject.sort_key,
        search_key=subject.search_key,
        points=points,
        level=level,
        valid_until=valid_until,
        facts={name: list(pair) for name, pair in (facts or {}).items()},
        digital=digital,
        own_record=own_record,
    )
    db.add(title)
    if block is None:
        db.flush()
    return title


def _holds(db: Session, subject: Subject, year: int) -> bool:
    valid = select(Title.id).where(
        Title.kind == subject.kind, Title.subject_id == subject.id, Title.year == year, Title.revoked_at.is_(None)
    )
    return db.scalars(valid).first() is not None


def _province(db: Session, ward_code: str) -> str:
    return db.scalars(select(Commune.province_code).where(Commune.code == ward_code)).one()


def revoke(db: Session, title_id: uuid.UUID, *, reason: str, account_id: uuid.UUID | None) -> Title:
    """Revoke a title with a reason; the row stays. Conflict when it was revoked before. The caller recounts."""
    reason = reason.strip()
    if not reason:
        raise Invalid(N_("Xin ghi lý do thu hồi."), field="reason")
    title = db.scalars(
        select(Title).where(Title.id == title_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if title.revoked_at is not None:
        raise Conflict(N_("Danh hiệu này đã được thu hồi trước đó."))
    title.revoked_at, title.revoked_by, title.revoke_reason = now(), account_id, reason
    db.flush()
    return title


def revoked_by(
    db: Session,
    title: Title,
    *,
    number: str,
    decided_on: date,
    signatory: str,
    account_id: uuid.UUID | None,
    today: date,
) -> Decision:
    """Note the decision that takes a title back: of the body that gave it, no earlier, and not the same one."""
    given = db.get_one(Decision, title.decision_id)
    if decided_on < given.decided_on:
        raise Invalid(
            N_("Quyết định thu hồi không thể ký trước quyết định công nhận, ngày %(day)s."),
            field="decided_on",
            day=f"{given.decided_on:%d/%m/%Y}",
        )
    decision = enter_decision(
        db,
        given.ward_code,
        number=number,
        decided_on=decided_on,
        signatory=signatory,
        account_id=account_id,
        today=today,
        province_code=given.province_code,
    )
    if decision.id == given.id:
        raise Invalid(N_("Đây là số của quyết định công nhận. Ghi số của quyết định thu hồi."), field="number")
    title.revoke_decision_id = decision.id
    db.flush()
    return decision
