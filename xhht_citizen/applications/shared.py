"""What stands alike in the evidence of several people of a ward: the same file, the same number of a certificate."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from xhht_citizen.applications.doubting import SHARED_BY, SHORTEST_CODE
from xhht_citizen.applications.models import Application, ApplicationEvidence
from xhht_citizen.applications.rules import UNSENT
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.people.models import Person

_OTHER, _OTHERS_FILE = aliased(Evidence), aliased(EvidenceFile)


class What(StrEnum):
    """What may stand alike."""

    FILE = "file"
    CODE = "code"


@dataclass(frozen=True)
class Holder:
    """Whose it is. Who sent it with no case is counted and named to nobody: `name` is theirs with a `receipt` only."""

    evidence_id: uuid.UUID
    name: str
    receipt: str | None


@dataclass(frozen=True)
class Shared:
    """One file, by its sum, or one number of a certificate, in the evidence of several people."""

    value: str
    people: int
    holders: tuple[Holder, ...] = ()


def others_of_cases(db: Session, case_ids: Collection[uuid.UUID], what: What) -> dict[uuid.UUID, int]:
    """How many other people of the ward have what stands in these cases' evidence. One statement.

    What an activity gave to all asks nothing.
    """
    query = (
        select(ApplicationEvidence.application_id, func.count(_OTHER.person_id.distinct()))
        .join(Evidence, Evidence.id == ApplicationEvidence.evidence_id)
        .where(
            ApplicationEvidence.application_id.in_(case_ids),
            Evidence.activity_id.is_(None),
            _OTHER.activity_id.is_(None),
            _OTHER.person_id != Evidence.person_id,
        )
        .group_by(ApplicationEvidence.application_id)
    )
    if what is What.FILE:
        query = (
            query.join(EvidenceFile, EvidenceFile.evidence_id == Evidence.id)
            .join(
                _OTHERS_FILE,
                and_(_OTHERS_FILE.ward_code == EvidenceFile.ward_code, _OTHERS_FILE.sha256 == EvidenceFile.sha256),
            )
            .join(_OTHER, _OTHER.id == _OTHERS_FILE.evidence_id)
        )
    else:
        same = and_(_OTHER.ward_code == Evidence.ward_code, _OTHER.certificate_ref == Evidence.certificate_ref)
        query = query.join(_OTHER, same).where(_asks(Evidence.certificate_ref))
    return {key: people for key, people in db.execute(query)}  # noqa: C416 (rows are no pairs to mypy)


def count(db: Session, ward_code: str, what: What) -> int:
    """How many files, or numbers, stand in the evidence of several people."""
    return db.scalars(select(func.count()).select_from(_several(ward_code, what).subquery())).one()


def page(db: Session, ward_code: str, what: What, *, after: str = "", limit: int = 50) -> list[Shared]:
    """They in order, with whose they are; pages begin after one of them. Two statements."""
    value = _value(what)
    query = _several(ward_code, what).where(value > after).order_by(value).limit(limit)
    found = {one: Shared(one, people) for one, people in db.execute(query)}
    if not found:
        return []
    holders: dict[str, list[Holder]] = {}
    receipt = (
        select(func.max(Application.receipt))
        .join(ApplicationEvidence, ApplicationEvidence.application_id == Application.id)
        .where(
            ApplicationEvidence.evidence_id == Evidence.id,
            Application.ward_code == ward_code,
            Application.state.not_in(UNSENT),
        )
        .scalar_subquery()
    )
    rows = db.execute(
        _in_ward(select(value, Evidence.id, Person.name, receipt), ward_code, what)
        .join(Person, Person.id == Evidence.person_id)
        .where(value.in_(list(found)))
        .order_by(Person.sort_key, Evidence.id)
    )
    for one, evidence_id, name, sent in rows:
        holders.setdefault(one, []).append(Holder(evidence_id, name if sent else "", sent))
    return [replace(one, holders=tuple(holders.get(one.value, ()))) for one in found.values()]


def code_of(db: Session, ward_code: str, evidence_id: uuid.UUID | None) -> str:
    """The number on a certificate of the ward, for an address that must not name it; empty where there is none."""
    query = select(Evidence.certificate_ref).where(Evidence.id == evidence_id, Evidence.ward_code == ward_code)
    return db.scalars(query).one_or_none() or ""


def _value(what: What) -> Any:
    return EvidenceFile.sha256 if what is What.FILE else Evidence.certificate_ref


def _several(ward_code: str, what: What) -> Any:
    value, people = _value(what), func.count(Evidence.person_id.distinct())
    return _in_ward(select(value, people.label("people")), ward_code, what).group_by(value).having(people >= SHARED_BY)


def _in_ward(query: Any, ward_code: str, what: What) -> Any:
    """What was written down one by one in the ward; what an activity gave to all is left out."""
    if what is What.FILE:
        query = query.join_from(EvidenceFile, Evidence, Evidence.id == EvidenceFile.evidence_id)
        return query.where(EvidenceFile.ward_code == ward_code, Evidence.activity_id.is_(None))
    return query.where(Evidence.ward_code == ward_code, Evidence.activity_id.is_(None), _asks(Evidence.certificate_ref))


def _asks(code: Any) -> ColumnElement[bool]:
    """SQL: a number long enough that two do not have it by chance."""
    return and_(code.is_not(None), func.length(code) >= SHORTEST_CODE)
