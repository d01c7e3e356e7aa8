"""Who lives in a household as what: rows are granted and revoked, never edited, so that a new head is a new row."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.database import new_id, now
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.people import queries
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import is_adult, next_head, relation_to
from xhht_citizen.vietnamese import fold


def hold(db: Session, household_ids: Collection[uuid.UUID]) -> None:
    """Hold these households until the commit, in one order: who changes their members queues. Persons come first."""
    db.execute(
        select(Household.id)
        .where(Household.id.in_(household_ids))
        .order_by(Household.id)
        .with_for_update(key_share=True)
    )


def end(
    db: Session, membership: HouseholdMembership, *, reason: str, account_id: uuid.UUID | None
) -> HouseholdMembership:
    """The member is one no longer; the row says since when and why."""
    membership.revoked_at, membership.revoked_by, membership.end_reason = now(), account_id, reason
    db.flush()
    return membership


def set_head(db: Session, household_id: uuid.UUID, person_id: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """The member is head from now on; the others stand to the new head as papers would say. Hold the household first.

    Idempotent. The household is called after its head.
    """
    rows = {row.person_id: row for row in queries.members(db, household_id)}
    was = rows[person_id].relation
    if was == "head":
        return
    changed = {
        key: "head" if key == person_id else relation_to(was, row.relation)
        for key, row in rows.items()
        if key == person_id or row.relation != relation_to(was, row.relation)
    }
    for key in sorted(changed, key=lambda one: changed[one] == "head"):  # the old head steps back first
        _replace(db, rows[key], relation=changed[key], account_id=account_id)
    db.get_one(Household, household_id).name = rows[person_id].person.name
    db.flush()


def stand(
    db: Session, household_id: uuid.UUID, relations: Mapping[uuid.UUID, str], *, account_id: uuid.UUID | None
) -> None:
    """These members are to the household's head what they were; the head stays who it is. Hold the household first."""
    for row in queries.members(db, household_id):
        was = relations.get(row.person_id, "head")
        if "head" not in {was, row.relation} and was != row.relation:
            _replace(db, row, relation=was, account_id=account_id)


def settle_rest(db: Session, household_id: uuid.UUID, year: int, *, account_id: uuid.UUID | None) -> bool:
    """After somebody left: a head where there is none, a guardian for whose guardian left. False: nobody is left.

    Whoever was something to the old head stays that to the next one only where papers would say so.
    """
    rows = queries.members(db, household_id)
    if rows and rows[0].relation != "head":
        heir = next_head([(row.relation, row.person.birth_year, row.person_id) for row in rows], year)
        if heir is not None:
            set_head(db, household_id, heir, account_id=account_id)
            rows = queries.members(db, household_id)
    here = {row.person_id for row in rows}
    head = next((row.person_id for row in rows if row.relation == "head"), None)
    for row in rows:
        if row.guardian_id is not None and row.guardian_id not in here:
            _replace(db, row, guardian_id=head, account_id=account_id)
    return bool(rows)


def relation_in(db: Session, household: Household, person: Person, wanted: str, year: int) -> str:
    """What somebody who enters is to the head: the head themselves, an adult where there is none."""
    headless = not any(row.relation == "head" for row in queries.members(db, household.id))
    if headless and is_adult(person.birth_year, year):
        household.name = person.name
        return "head"
    return wanted if wanted in {"spouse", "child", "parent"} else "other"


def relation_again(db: Session, last: HouseholdMembership) -> str:
    """What somebody who left by mistake is to the household's head of today.

    The same where the head is the same; the old head is to the new one what papers would say.
    """
    head = next((row for row in queries.members(db, last.household_id) if row.relation == "head"), None)
    if head is None or last.revoked_at is None:
        return "other"
    if last.relation != "head":
        return last.relation if head.granted_at <= last.revoked_at else "other"
    was = db.scalars(
        select(HouseholdMembership.relation)
        .where(
            HouseholdMembership.household_id == last.household_id,
            HouseholdMembership.person_id == head.person_id,
            HouseholdMembership.end_reason == "changed",
        )
        .order_by(HouseholdMembership.granted_at.desc())
        .limit(1)
    ).one_or_none()
    return relation_to(was, "head") if was else "other"


def check_guardian(
    db: Session, household_id: uuid.UUID, guardian_id: uuid.UUID | None, *, birth_year: int, year: int
) -> uuid.UUID | None:
    """The guardian of somebody of that birth year: none for an adult; else an adult of the household, or its head."""
    if is_adult(birth_year, year):
        return None
    rows = queries.members(db, household_id)
    adults = {row.person_id for row in rows if is_adult(row.person.birth_year, year)}
    if guardian_id is None:
        return next((row.person_id for row in rows if row.relation == "head" and row.person_id in adults), None)
    if guardian_id not in adults:
        raise Invalid(N_("Người giám hộ phải là người lớn trong hộ."), field="guardian_id")
    return guardian_id


def namesakes(db: Session, household_id: uuid.UUID, name: str, birth_year: int) -> list[Person]:
    """Members of this name and year of birth: most likely the same person, written down twice."""
    return [
        row.person
        for row in queries.members(db, household_id)
        if row.person.search_key == fold(name) and row.person.birth_year == birth_year
    ]


def _replace(
    db: Session,
    row: HouseholdMembership,
    *,
    account_id: uuid.UUID | None,
    relation: str | None = None,
    guardian_id: uuid.UUID | None = None,
) -> None:
    end(db, row, reason="changed", account_id=account_id)
    relation = relation or row.relation
    db.add(
        HouseholdMembership(
            id=new_id(),
            ward_code=row.ward_code,
            household_id=row.household_id,
            person_id=row.person_id,
            relation=relation,
            guardian_id=None if relation == "head" else guardian_id or row.guardian_id,
            granted_by=account_id,
        )
    )
    db.flush()
