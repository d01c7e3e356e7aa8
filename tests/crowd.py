"""Many recommended cases at once: one is taken there by the steps people take, the others are copies of its rows.

recommended(db, ward, 3000) -> ids of their cases; `communities`: how many of the ward's they live in
VIETNAMESE                  every letter of the alphabet with every tone, lower and upper case
"""

from __future__ import annotations

import uuid
from typing import Any

from factories import Ward, made_name, make_application, make_resident
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.database import Base, new_id
from xhht_citizen.people.models import Consent, Household, HouseholdMembership, Person
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.titles.models import Registration
from xhht_citizen.vietnamese import fold, name_sort_key

TONES = (
    "aàảãáạ ăằẳẵắặ âầẩẫấậ b c d đ eèẻẽéẹ êềểễếệ g h iìỉĩíị k l m n "
    "oòỏõóọ ôồổỗốộ ơờởỡớợ p q r s t uùủũúụ ưừửữứự v x yỳỷỹýỵ"
)
VIETNAMESE = f"{TONES} {TONES.upper()}"


def _rows(db: Session, model: type[Base], *where: Any) -> list[dict[str, Any]]:
    columns = [column.key for column in model.__table__.columns]
    return [{name: getattr(row, name) for name in columns} for row in db.scalars(select(model).where(*where))]


def recommended(db: Session, ward: Ward, count: int, *, communities: int = 1) -> list[uuid.UUID]:
    """This many people of the ward whose cases are recommended; the ward is counted."""
    first = make_resident(db, ward)
    case = make_application(db, first, "recommended")
    db.flush()
    person_id, household_id = first.id, first.household.id
    models: dict[type[Base], list[dict[str, Any]]] = {
        Person: _rows(db, Person, Person.id == person_id),
        Household: _rows(db, Household, Household.id == household_id),
        HouseholdMembership: _rows(db, HouseholdMembership, HouseholdMembership.person_id == person_id),
        Consent: _rows(db, Consent, Consent.person_id == person_id),
        Registration: _rows(db, Registration, Registration.person_id == person_id),
        Application: _rows(db, Application, Application.id == case.id),
        ApplicationLine: _rows(db, ApplicationLine, ApplicationLine.application_id == case.id),
        ApplicationEvent: _rows(db, ApplicationEvent, ApplicationEvent.application_id == case.id),
    }
    copies: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in models}
    ids = [case.id]
    for number in range(1, count):
        keys = {person_id: new_id(), household_id: new_id(), case.id: new_id()}
        ids.append(keys[case.id])
        home = ward.communities[number % communities].id
        name = made_name(number)
        for model, rows in models.items():
            for row in rows:
                copy = {
                    column: keys.get(value, value) if isinstance(value, uuid.UUID) else value
                    for column, value in row.items()
                }
                if "id" in row and row["id"] not in keys:
                    copy["id"] = new_id()
                if copy.get("community_id"):
                    copy["community_id"] = home
                if model is Person:
                    copy |= {"name": name, "sort_key": name_sort_key(name), "search_key": fold(name)}
                    copy["citizen_id_hash"] = None
                elif model is Household:
                    copy |= {"name": name, "join_code": f"M{ward.code}{number:06d}"}
                elif model is Application:
                    copy |= {"receipt_number": 100_000 + number, "receipt": f"{ward.code}-M-{number:06d}"}
                copies[model].append(copy)
    for model, rows in copies.items():
        if rows:
            db.execute(insert(model.__table__), rows)  # type: ignore[arg-type]
    db.flush()
    recount_ward(db, ward.code, case.year)
    return ids
