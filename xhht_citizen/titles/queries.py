"""Reads of the register."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.places.models import Commune, Community
from xhht_citizen.titles.models import Decision, Registration, Title
from xhht_citizen.titles.rules import read_code
from xhht_citizen.vietnamese import fold


@dataclass(frozen=True)
class PublicTitle:
    """A title as anyone with its code may see it; the caller masks the name."""

    title: Title
    ward: str
    community: str | None


def title(db: Session, title_id: uuid.UUID) -> Title | None:
    """One title with its decision."""
    return db.scalars(select(Title).where(Title.id == title_id).options(joinedload(Title.decision))).one_or_none()


def title_of(db: Session, person_id: uuid.UUID, year: int, kind: str = "citizen") -> Title | None:
    """The person's valid title of a year, with its decision."""
    return db.scalars(
        select(Title)
        .where(Title.person_id == person_id, Title.kind == kind, Title.year == year, Title.revoked_at.is_(None))
        .options(joinedload(Title.decision))
    ).one_or_none()


def title_of_application(db: Session, application_id: uuid.UUID) -> Title | None:
    """The newest title that came out of a case, valid or revoked, with its decision."""
    return db.scalars(
        select(Title)
        .where(Title.application_id == application_id)
        .order_by(Title.granted_at.desc())
        .options(joinedload(Title.decision))
        .limit(1)
    ).one_or_none()


def by_code(db: Session, text: str) -> PublicTitle | None:
    """The title behind a public code, as typed or scanned; None when there is none."""
    code = read_code(text)
    if code is None:
        return None
    row = db.execute(
        select(Title, Commune.name, Community.name)
        .join(Commune, Commune.code == Title.ward_code)
        .outerjoin(Community, Community.id == Title.community_id)
        .where(Title.public_code == code)
        .options(joinedload(Title.decision))
    ).one_or_none()
    return PublicTitle(*row) if row else None


def register(
    db: Session,
    *,
    year: int,
    ward_code: str | None = None,
    province_code: str | None = None,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[Title]:
    """The register of a year by name, searched without marks or by public code; pages begin after the last key."""
    query = (
        select(Title)
        .where(Title.year == year)
        .options(joinedload(Title.decision))
        .order_by(Title.sort_key, Title.id)
        .limit(limit)
    )
    if ward_code is not None:
        query = query.where(Title.ward_code == ward_code)
    if province_code is not None:
        query = query.join(Commune, Commune.code == Title.ward_code).where(Commune.province_code == province_code)
    if community_id is not None:
        query = query.where(Title.community_id == community_id)
    if text.strip():
        found = Title.search_key.contains(fold(text), autoescape=True)
        code = read_code(text)
        query = query.where(or_(found, Title.public_code == code) if code else found)
    if after is not None:
        key, last = after
        query = query.where((Title.sort_key > key) | ((Title.sort_key == key) & (Title.id > last)))
    return list(db.scalars(query))


def decisions(db: Session, ward_code: str, limit: int = 50) -> list[tuple[Decision, int]]:
    """The ward's decisions, the latest first, each with the number of titles it gave."""
    rows = db.execute(
        select(Decision, func.count(Title.id))
        .outerjoin(Title, Title.decision_id == Decision.id)
        .where(Decision.ward_code == ward_code)
        .group_by(Decision.id)
        .order_by(Decision.decided_on.desc(), Decision.id.desc())
        .limit(limit)
    )
    return [(decision, count) for decision, count in rows]


def registration(db: Session, person_id: uuid.UUID, year: int, kind: str = "citizen") -> Registration | None:
    """The person's registration of a year."""
    return db.scalars(
        select(Registration).where(
            Registration.person_id == person_id, Registration.year == year, Registration.kind == kind
        )
    ).one_or_none()
