"""Registering to learn for the year (đăng ký): a group, many at once, and taking a mistaken registration back.

A person registers by `actions.register`. Registration has no deadline in law: it is open all year for the year that
runs. Past years are never registered for, so that published counts do not move; screens offer this year only.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications.rolls import RollRow, rests_on
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people import queries as people
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.titles import actions as titles


@dataclass(frozen=True)
class Registered:
    """What registering many came to: how many are new, how many were there before."""

    new: int
    before: int


def register_group(db: Session, group: Group, year: int, *, actor: Actor) -> bool:
    """Register a household, clan, community or unit; counted at once. False when it was done before.

    Conflict when the group is closed. Permission is the caller's to check, here and below.
    """
    if group.closed:
        raise Conflict(N_("%(name)s đã thôi hoạt động nên không đăng ký được."), name=group.name)
    made = titles.register(db, group.subject, year, ward_code=group.ward_code, account_id=actor.account_id)
    if made:
        ratios.touch(db, group.ward_code, group.community_id, year)
        _tell(db, "year.register", group.kind, group.id, year, ward_code=group.ward_code, actor=actor)
    return made


def register_many(db: Session, rows: Collection[RollRow], year: int, *, actor: Actor) -> Registered:
    """Register these lines of a roll, all or none, each community counted once. Sent twice is the same as once.

    In one order for everybody: who register overlapping lists at once queue, none waits for ever.
    """
    made = [
        row
        for row in sorted(rows, key=lambda row: row.id)
        if titles.register(db, row.subject, year, ward_code=row.ward_code, account_id=actor.account_id)
    ]
    ratios.touch_all(db, {(row.ward_code, row.community_id, year) for row in made})
    for row in made:
        _tell(db, "year.register", row.kind, row.id, year, ward_code=row.ward_code, actor=actor)
    return Registered(len(made), len(rows) - len(made))


def unregister(db: Session, kind: Kind, subject_id: uuid.UUID, year: int, *, actor: Actor) -> bool:
    """Take a registration made by mistake back; the counts follow. False when there is none (any more).

    Conflict once something rests on it: a case that was begun, or a title.
    """
    registration = titles.hold_registration(db, kind, subject_id, year)
    if registration is None:
        return False
    if rests_on(db, kind, subject_id, year):
        raise Conflict(N_("Đã có hồ sơ hoặc danh hiệu của năm %(year)s nên không rút đăng ký được nữa."), year=year)
    titles.take_back(db, registration, account_id=actor.account_id)
    place = _place(db, kind, subject_id)
    if place is not None:
        ratios.touch(db, *place, year)
    ward_code = place[0] if place else registration.ward_code
    _tell(db, "year.unregister", kind, subject_id, year, ward_code=ward_code, actor=actor)
    return True


def _place(db: Session, kind: Kind, subject_id: uuid.UUID) -> tuple[str, uuid.UUID | None] | None:
    """(ward, community) where the subject is counted today."""
    found = people.home_of(db, subject_id) if kind is Kind.CITIZEN else groups.group(db, kind, subject_id)
    return (found.ward_code, found.community_id) if found is not None else None


def _tell(db: Session, act: str, kind: Kind, subject_id: uuid.UUID, year: int, *, ward_code: str, actor: Actor) -> None:
    audit.append(
        db,
        act,
        ward_code=ward_code,
        account_id=actor.account_id,
        subject_kind="person" if kind is Kind.CITIZEN else str(kind),
        subject_id=subject_id,
        detail={"year": year, "kind": str(kind)},
    )
