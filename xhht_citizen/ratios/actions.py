"""Recounting: a tally is always made from the rows, never added to, so that doing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import insert_new, now
from xhht_citizen.places.models import Commune
from xhht_citizen.ratios import queries
from xhht_citizen.ratios.counting import EVERYWHERE, Counted, count
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, Tally
from xhht_citizen.ratios.rules import MEASURES, Counts

# The row that is locked. It is the last kind that came to be counted: where it is missing, a ward has not been counted
# for every kind yet, and is counted whole.
LOCK = "commune"
LATER = "ratios.later"
NONE = Counts(0, 0, 0, 0)
Place = tuple[str, uuid.UUID | None, int]  # a ward, a community in it, and a year
_TALLY = cast(Table, Tally.__table__)
_PLACE: dict[str, Any] = {
    name: bindparam(parameter, type_=_TALLY.c[name].type)
    for name, parameter in {
        "ward_code": "of_ward", "community_id": "of_community", "kind": "of_kind", "year": "of_year",
    }.items()
}  # fmt: skip
_FOUR: dict[str, Any] = {
    name: bindparam(name) for name in ("total", "registered", "assessed", "recognised", "taken_at")
}
# Many rows by one statement each, made once.
_RENEW = update(_TALLY).where(*(_TALLY.c[name] == value for name, value in _PLACE.items())).values(_FOUR)
_MAKE = insert(_TALLY).values(_PLACE | _FOUR | {"province_code": bindparam("province_code")})


def touch(db: Session, ward_code: str, community_id: uuid.UUID | None, year: int) -> None:
    """Bring a community's tallies and its ward's up to date after a change in it. Flush the change first.

    The ward's row is locked before anything is counted: two changes at once are counted one after the other. A title
    with a term counts in later years too, so those of them that were counted before follow.
    """
    touch_all(db, {(ward_code, community_id, year)})


def touch_all(db: Session, changed: Collection[Place]) -> None:
    """Touch each place, once, in one order for everybody: who change places never wait for each other."""
    waiting: set[Place] | None = db.info.get(LATER)
    if waiting is not None:
        waiting.update(changed)
        return
    if not changed:
        return
    counted = db.execute(
        select(Tally.ward_code, Tally.year).where(
            Tally.ward_code.in_({ward_code for ward_code, *_ in changed}),
            Tally.community_id == WARD,
            Tally.kind == LOCK,
            Tally.year > min(year for *_, year in changed),
        )
    ).all()
    following = {
        (ward_code, community_id, later)
        for ward_code, community_id, year in changed
        for where, later in counted
        if where == ward_code and later > year
    }
    for ward_code, community_id, year in sorted({*changed} | following, key=lambda one: (one[0], one[2], str(one[1]))):
        _bring_up(db, ward_code, community_id, year)


@contextmanager
def later(db: Session) -> Iterator[None]:
    """Inside it a touch is only noted; each place is touched once, at the end, in one order. For acts on many rows.

    Nested ones end with the outermost; where the block fails nothing is counted, as nothing is kept.
    """
    if LATER in db.info:
        yield
        return
    waiting: set[Place] = set()
    db.info[LATER] = waiting
    try:
        yield
    finally:
        del db.info[LATER]
    db.flush()
    touch_all(db, waiting)


def recount_ward(db: Session, ward_code: str, year: int) -> Counts:
    """Every community of a ward, and the ward, counted from the rows for every kind; the ward's adults are returned."""
    _lock_ward(db, ward_code, year)
    return _recount(db, ward_code, year)


def prove_ward(db: Session, ward_code: str, year: int) -> list[queries.Difference]:
    """Count a ward again from its rows; what its tallies had said otherwise, and say no more.

    A ward, or a kind, that was never counted for the year is counted, which is no difference.
    """
    before = queries.tallies(db, ward_code, year)
    if (LOCK, WARD) in before:
        hold(db, ward_code, year)
        before = queries.tallies(db, ward_code, year)  # as it stands while nobody else can count
    _lock_ward(db, ward_code, year)
    _recount(db, ward_code, year)
    found = queries.differences(db, before, queries.tallies(db, ward_code, year))
    return [one for one in found if (one.kind, WARD) in before]


def hold(db: Session, ward_code: str, year: int) -> None:
    """Lock a ward's tally until the commit, for who will touch several wards or take other locks after it."""
    if _lock_ward(db, ward_code, year):
        _recount(db, ward_code, year)


def follow_places(db: Session) -> int:
    """After a new list of communes: tallies stand under their ward's province, and a closed ward is counted anew.

    Returns how many wards were counted.
    """
    province = select(Commune.province_code).where(Commune.code == Tally.ward_code).scalar_subquery()
    db.execute(
        update(Tally).where(Tally.province_code != province).values(province_code=province),
        execution_options={"synchronize_session": False},
    )
    closed = db.execute(
        select(Tally.ward_code, Tally.year)
        .join(Commune, Commune.code == Tally.ward_code)
        .where(Commune.valid_to.is_not(None), Tally.community_id == WARD, Tally.kind == "commune", Tally.total > 0)
    )
    places = [(ward_code, None, year) for ward_code, year in closed]
    touch_all(db, places)
    return len(places)


def _bring_up(db: Session, ward_code: str, community_id: uuid.UUID | None, year: int) -> None:
    if _lock_ward(db, ward_code, year):
        _recount(db, ward_code, year)
        return
    _store(db, ward_code, year, count(db, ward_code, year, community_id), {community_id or NO_COMMUNITY})
    _sum_ward(db, ward_code, year)


def _recount(db: Session, ward_code: str, year: int) -> Counts:
    counted = count(db, ward_code, year, EVERYWHERE)
    known = db.scalars(select(Tally.community_id).where(Tally.ward_code == ward_code, Tally.year == year).distinct())
    _store(db, ward_code, year, counted, {*known} - {WARD})
    return _sum_ward(db, ward_code, year)


def _lock_ward(db: Session, ward_code: str, year: int) -> bool:
    """Hold the ward's row until the commit; True when it had to be made, so that nothing was counted before."""
    made = insert_new(
        db,
        Tally,
        ward_code=ward_code,
        community_id=WARD,
        kind=LOCK,
        year=year,
        province_code=_province(db, ward_code),
        total=0,
        registered=0,
        assessed=0,
        recognised=0,
        taken_at=now(),
    )
    db.execute(
        select(Tally.ward_code)
        .where(Tally.ward_code == ward_code, Tally.community_id == WARD, Tally.kind == LOCK, Tally.year == year)
        .with_for_update()
    )
    return made


def _province(db: Session, ward_code: str) -> str:
    return db.scalars(select(Commune.province_code).where(Commune.code == ward_code)).one()


def _store(db: Session, ward_code: str, year: int, counted: Counted, keys: Collection[uuid.UUID]) -> None:
    """Make the rows of these communities say what was counted, for every kind.

    Where there is nothing of a kind it has no row, or nought in the row it had; the ward itself has a row of each.
    """
    rows = db.execute(
        select(Tally.community_id, Tally.kind).where(
            Tally.ward_code == ward_code, Tally.year == year, Tally.community_id.in_(keys)
        )
    )
    known = {(community_id, kind) for community_id, kind in rows}
    new = (counted.keys() | {(WARD, kind) for kind in MEASURES if WARD in keys}) - known
    moment = now()

    def values(of: Iterable[tuple[uuid.UUID, str]]) -> list[dict[str, object]]:
        return [
            {
                "of_ward": ward_code,
                "of_community": key,
                "of_kind": kind,
                "of_year": year,
                "total": counts.total,
                "registered": counts.registered,
                "assessed": counts.assessed,
                "recognised": counts.recognised,
                "taken_at": moment,
            }
            for key, kind in sorted(of)
            for counts in [counted.get((key, kind), NONE)]
        ]

    if known:
        db.execute(_RENEW, values(known))
    if new:
        province_code = _province(db, ward_code)
        db.execute(_MAKE, [row | {"province_code": province_code} for row in values(new)])


def _sum_ward(db: Session, ward_code: str, year: int) -> Counts:
    rows = db.execute(
        select(
            Tally.kind,
            func.sum(Tally.total),
            func.sum(Tally.registered),
            func.sum(Tally.assessed),
            func.sum(Tally.recognised),
        )
        .where(Tally.ward_code == ward_code, Tally.year == year, Tally.community_id != WARD)
        .group_by(Tally.kind)
    )
    sums: Counted = {(WARD, kind): Counts(*(int(number) for number in numbers)) for kind, *numbers in rows}
    _store(db, ward_code, year, sums, {WARD})
    return sums.get((WARD, "citizen"), NONE)
