"""Persons, consent and homes: what people and officers write about them."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit, clock
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.people import queries
from xhht_citizen.people.models import Consent, Household, HouseholdMembership, Person
from xhht_citizen.people.rules import (
    CODE_ALPHABET,
    PRIVACY_VERSION,
    Birth,
    citizen_id_hash,
    name_fits,
    normal_citizen_id,
    normal_phone,
)
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.vietnamese import fold, name_sort_key, nfc


@dataclass(frozen=True)
class NewPerson:
    """What is asked of a person, nothing more: no ethnicity, no religion."""

    name: str
    birth: Birth
    sex: str | None = None
    phone: str | None = None
    learner_group: str = "residents"
    citizen_id: str | None = None


def add_person(db: Session, details: NewPerson, *, id_key: str, person_id: uuid.UUID | None = None) -> Person:
    """A new person, not yet at home anywhere. Invalid on `name` or `citizen_id`."""
    person = Person(id=person_id or new_id())
    _fill(person, details, id_key)
    _check_new_number(db, person)
    db.add(person)
    db.flush()
    return person


def edit_person(
    db: Session,
    person_id: uuid.UUID,
    details: NewPerson,
    *,
    version: int,
    id_key: str,
    account_id: uuid.UUID,
    forget_citizen_id: bool = False,
) -> Person:
    """Correct a person's own details; Conflict when they were changed meanwhile.

    An empty citizen id keeps the one on record; `forget_citizen_id` removes it.
    """
    person = hold_person(db, person_id)
    if person.version != version:
        raise Conflict(N_("Thông tin vừa được sửa ở nơi khác. Xin xem lại rồi sửa tiếp."))
    before = (person.name, person.birth_year, person.learner_group)
    keep = (person.citizen_id_hash, person.citizen_id_last4)
    with db.no_autoflush:
        _fill(person, details, id_key)
        if forget_citizen_id:
            person.citizen_id_hash = person.citizen_id_last4 = None
        elif not details.citizen_id:
            person.citizen_id_hash, person.citizen_id_last4 = keep
        _check_new_number(db, person)
    person.version += 1
    db.flush()
    changed = [
        field
        for field, old, new in zip(
            ("name", "birth_year", "learner_group"),
            before,
            (person.name, person.birth_year, person.learner_group),
            strict=True,
        )
        if old != new
    ]
    _audit_person(db, "person.edit", person, account_id, {"fields": changed})
    return person


def give_consent(db: Session, person_id: uuid.UUID, *, channel: str, account_id: uuid.UUID | None) -> Consent:
    """Keep the person's consent to the present privacy text; once per version while it stands."""
    consent = queries.consent_of(db, person_id, PRIVACY_VERSION)
    if consent is None:
        consent = Consent(person_id=person_id, text_version=PRIVACY_VERSION, channel=channel, given_by=account_id)
        db.add(consent)
        db.flush()
        _audit_person(
            db,
            "consent.give",
            db.get_one(Person, person_id),
            account_id,
            {"version": PRIVACY_VERSION, "channel": channel},
        )
    return consent


def record_paper_consent(
    db: Session, person_id: uuid.UUID, *, signed_on: date, paper: str, account_id: uuid.UUID | None
) -> Consent:
    """Keep that the person agreed to the present privacy text on paper: the day signed, and where the paper is kept.

    Once while a consent stands. Conflict when the person took consent back after that day: a newer paper is needed.
    """
    person = hold_person(db, person_id)
    standing = queries.consent_of(db, person_id, PRIVACY_VERSION)
    if standing is not None:
        return standing
    signed_at = clock.start_of(signed_on)
    if any(one.withdrawn_at and one.withdrawn_at >= signed_at for one in queries.consents(db, person_id)):
        raise Conflict(N_("Người này đã rút lại đồng ý sau ngày ký tờ giấy này. Cần một tờ giấy ký lại."))
    consent = Consent(
        person_id=person_id,
        text_version=PRIVACY_VERSION,
        channel="paper",
        given_at=signed_at,
        given_by=account_id,
        paper=nfc(paper)[:200],
    )
    db.add(consent)
    db.flush()
    detail: dict[str, object] = {"version": PRIVACY_VERSION, "channel": "paper", "signed_on": signed_on.isoformat()}
    _audit_person(db, "consent.give", person, account_id, detail)
    return consent


def withdraw_consent(db: Session, person_id: uuid.UUID, *, account_id: uuid.UUID, paper: str | None = None) -> None:
    """Take back every standing consent; signed decisions stay, nothing new is collected until it is given again.

    `paper`: where the paper is kept by which the person took it back, when an officer writes it down for them.
    """
    db.execute(
        update(Consent)
        .where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now(), withdrawn_paper=nfc(paper)[:200] if paper else None)
    )
    detail: dict[str, object] = {"channel": "paper"} if paper else {}
    _audit_person(db, "consent.withdraw", db.get_one(Person, person_id), account_id, detail)


def found_household(
    db: Session,
    person_id: uuid.UUID,
    *,
    ward_code: str,
    community_id: uuid.UUID | None,
    address: str | None,
    account_id: uuid.UUID | None,
    household_id: uuid.UUID | None = None,
    reason: str = "moved",
) -> Household:
    """A new household with the person as its head. The caller brings the counts of both homes up to date."""
    check_place(db, ward_code, community_id)
    person = db.get_one(Person, person_id)
    household = Household(
        id=household_id or new_id(),
        ward_code=ward_code,
        community_id=community_id,
        name=person.name,
        address=nfc(address or "") or None,
        join_code=new_join_code(),
    )
    db.add(household)
    db.flush()
    move_in(db, person_id, household, relation="head", account_id=account_id, reason=reason)
    return household


def check_place(db: Session, ward_code: str, community_id: uuid.UUID | None) -> None:
    """Something is founded in a ward and community that are there today: Invalid on `ward_code`, `community_id`."""
    ward = db.get(Commune, ward_code)
    if ward is None:
        raise Invalid(N_("Không tìm thấy phường, xã này."), field="ward_code")
    if ward.valid_to is not None:
        raise Invalid(N_("Phường, xã này đã sắp xếp lại. Xin chọn phường, xã hiện nay."), field="ward_code")
    if community_id is None:
        return
    community = db.get(Community, community_id)
    if community is None or community.ward_code != ward_code:
        raise Invalid(N_("Thôn, tổ này không thuộc phường, xã đã chọn."), field="community_id")
    if community.valid_to is not None:
        raise Invalid(N_("Thôn, tổ này đã sáp nhập hoặc giải thể. Xin chọn thôn, tổ hiện nay."), field="community_id")


def move_in(
    db: Session,
    person_id: uuid.UUID,
    household: Household,
    *,
    relation: str,
    account_id: uuid.UUID | None,
    guardian_id: uuid.UUID | None = None,
    reason: str = "moved",
) -> HouseholdMembership:
    """The person leaves the old household, for a reason, and enters this one; both stay on record. Idempotent."""
    person = hold_person(db, person_id)
    current = db.scalars(
        select(HouseholdMembership).where(
            HouseholdMembership.person_id == person_id, HouseholdMembership.revoked_at.is_(None)
        )
    ).one_or_none()
    if current is not None:
        if current.household_id == household.id:
            return current
        current.revoked_at, current.revoked_by, current.end_reason = now(), account_id, reason
        db.flush()
    membership = HouseholdMembership(
        id=new_id(),
        ward_code=household.ward_code,
        household_id=household.id,
        person_id=person_id,
        relation=relation,
        guardian_id=guardian_id,
        granted_by=account_id,
    )
    person.ward_code = household.ward_code
    db.add(membership)
    db.flush()
    return membership


def hold_person(db: Session, person_id: uuid.UUID) -> Person:
    """The person as they stand now, the row held until the commit. NotFound when it gave way to another meanwhile.

    A key share may pass (FOR NO KEY UPDATE): who grants a title holds the tally and points to the person, while who
    moves house holds the person and waits for the tally.
    """
    person = db.scalars(
        select(Person)
        .where(Person.id == person_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if person is None:
        raise NotFound(N_("Không tìm thấy người này."))
    return person


def new_join_code() -> str:
    """Eight letters and digits, read to a relative over the phone."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))


def filled(details: NewPerson, id_key: str) -> dict[str, Any]:
    """What a person's own columns hold for these details. Invalid on `name`, `phone` or `citizen_id`."""
    name = nfc(details.name)
    if len(name) < 2 or not name_fits(name) or any(char.isdigit() for char in name):
        raise Invalid(N_("Ghi họ và tên như trên giấy tờ, ví dụ Trần Thị Lan."), field="name")
    phone = None
    if details.phone and details.phone.strip():
        phone = normal_phone(details.phone)
        if phone is None:
            raise Invalid(N_("Số điện thoại gồm 10 chữ số, ví dụ 0912 345 678."), field="phone")
    number = normal_citizen_id(details.citizen_id) if details.citizen_id and details.citizen_id.strip() else None
    return {
        "name": name,
        "sort_key": name_sort_key(name),
        "search_key": fold(name),
        "birth_year": details.birth.year,
        "birth_date": details.birth.date,
        "sex": details.sex or None,
        "phone": phone,
        "learner_group": details.learner_group,
        "citizen_id_hash": citizen_id_hash(number, id_key) if number else None,
        "citizen_id_last4": number[-4:] if number else None,
    }


def _fill(person: Person, details: NewPerson, id_key: str) -> None:
    """As `filled`; an empty citizen id keeps the one on record."""
    for name, value in filled(details, id_key).items():
        if value is not None or not name.startswith("citizen_id"):
            setattr(person, name, value)


def _check_new_number(db: Session, person: Person) -> None:
    number = person.citizen_id_hash
    if number and db.scalars(select(Person.id).where(Person.citizen_id_hash == number, Person.id != person.id)).first():
        raise Invalid(N_("Số định danh này đã có trong danh sách. Xin hỏi chi hội nơi ở."), field="citizen_id")


def _audit_person(
    db: Session, action: str, person: Person, account_id: uuid.UUID | None, detail: dict[str, object]
) -> None:
    audit.append(
        db,
        action,
        ward_code=person.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person.id,
        detail=detail,
    )
