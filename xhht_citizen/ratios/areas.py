"""Counts by area, read from tallies: the country by province, a province by commune, a commune by community.

A few statements each, the same number for one area and for thousands: areas, their tallies, what was declared for them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.places.rules import bare_name
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, DeclaredTotal, Tally
from xhht_citizen.ratios.rules import SHARES, Counts
from xhht_citizen.vietnamese import sort_key


@dataclass(frozen=True)
class AreaRow:
    """One line of a ratio table: the area, its counts, the moment of the oldest of them.

    `code` is the official code, or the id of a community or household as text; empty for the people of a ward whose
    community is not known. `wards` of `of_wards` have been counted (provinces only). `declared_parts` of `of_parts` of
    its parts have a declared total: its own is the sum once all of them have one.
    """

    code: str
    name: str
    counts: Counts
    taken_at: datetime | None = None
    wards: int | None = None
    of_wards: int | None = None
    lat: float | None = None
    lon: float | None = None
    declared_parts: int = 0
    of_parts: int = 0


@dataclass(frozen=True)
class Areas:
    """The lines of an area for each kind of count, all in one order, and the area itself."""

    rows: dict[str, list[AreaRow]]
    whole: dict[str, AreaRow]


def total_of(rows: Sequence[AreaRow]) -> Counts:
    """The sum of the known counts; all unknown stays unknown.

    Its declared total is known when every counted line has one.
    """
    known = [row.counts for row in rows if row.counts.total is not None]
    declared = [counts.declared for counts in known if counts.declared is not None]
    whole = sum((row.counts for row in rows), Counts())
    return replace(whole, declared=sum(declared) if declared and len(declared) == len(known) else None)


def taken_of(rows: Sequence[AreaRow]) -> datetime | None:
    """When the oldest of these counts was taken: a sum is as old as its oldest part."""
    return min((row.taken_at for row in rows if row.taken_at is not None), default=None)


def of_country(db: Session, year: int, kinds: Collection[str]) -> Areas:
    """Every province by name, its wards' tallies added up. Four statements."""
    places = db.execute(
        select(Province.code, Province.name, func.count(Commune.code), func.avg(Commune.lat), func.avg(Commune.lon))
        .outerjoin(Commune, and_(Commune.province_code == Province.code, Commune.valid_to.is_(None)))
        .group_by(Province.code, Province.name)
    ).all()
    sums = {(row.province_code, row.kind): row for row in db.execute(_sums(year, kinds, Tally.province_code))}
    # A commune that was closed since counts among the wards of the years it was counted in.
    closed: dict[tuple[str, str], list[int]] = {}
    for province_code, kind, total in db.execute(
        select(Tally.province_code, Tally.kind, Tally.total).where(
            _of_wards(year, kinds), Tally.ward_code.in_(select(Commune.code).where(Commune.valid_to.is_not(None)))
        )
    ):
        closed.setdefault((province_code, kind), []).append(total)
    declared = _declared_by_province(db, year, kinds)
    ordered = sorted(places, key=lambda row: (sort_key(bare_name(row.name)), row.code))
    rows: dict[str, list[AreaRow]] = {kind: [] for kind in kinds}
    for code, name, of_wards, lat, lon in ordered:
        if not of_wards and not any(total for kind in kinds for total in closed.get((code, kind), [])):
            continue
        for kind in kinds:
            gone = closed.get((code, kind), [])
            there = sum(total > 0 for total in gone)
            wards = (sums[code, kind].wards if (code, kind) in sums else 0) - len(gone) + there
            parts, total = declared.get((code, kind), (0, 0))
            counts = _counts(kind, sums.get((code, kind)), total if parts and parts == wards else None)
            taken_at = sums[code, kind].taken_at if (code, kind) in sums else None
            rows[kind].append(AreaRow(code, name, counts, taken_at, wards, of_wards + there, lat, lon, parts, wards))
    return Areas(rows, {kind: _whole(lines) for kind, lines in rows.items()})


def of_province(db: Session, province_code: str, year: int, kinds: Collection[str]) -> Areas:
    """Every commune of a province by name, with counts where they are known. Three statements.

    A commune that was closed since stands in the list of the years it was counted in.
    """
    places = db.execute(
        select(Commune.code, Commune.name, Commune.lat, Commune.lon, Commune.valid_to).where(
            Commune.province_code == province_code
        )
    ).all()
    of_wards = _of_wards(year, kinds, Tally.province_code == province_code)
    tallies = {(row.ward_code, row.kind): row for row in db.execute(_tallies().where(of_wards))}
    declared = {
        (ward_code, kind): total
        for ward_code, kind, total in db.execute(
            _declared_by_ward(year, kinds)
            .join(Commune, Commune.code == DeclaredTotal.ward_code)
            .where(Commune.province_code == province_code)
        )
    }
    rows: dict[str, list[AreaRow]] = {kind: [] for kind in kinds}
    for code, name, lat, lon, valid_to in sorted(places, key=lambda row: (sort_key(bare_name(row.name)), row.code)):
        if valid_to is not None and not any(tallies[code, kind].total for kind in kinds if (code, kind) in tallies):
            continue
        for kind in kinds:
            tally = tallies.get((code, kind))
            counts = _counts(kind, tally, declared.get((code, kind)))
            rows[kind].append(AreaRow(code, name, counts, tally.taken_at if tally else None, lat=lat, lon=lon))
    whole = {}
    for kind, lines in rows.items():
        known = [row for row in lines if row.counts.total is not None]
        parts = sum(row.counts.declared is not None for row in known)
        whole[kind] = replace(_whole(lines), declared_parts=parts, of_parts=len(known))
    return Areas(rows, whole)


def of_ward(db: Session, ward_code: str, year: int, kinds: Collection[str]) -> Areas:
    """Every community of a ward in its order, with counts where they are known, so that the lines add up to the ward.

    A closed community stands in the list while something is counted in it; last, without code and name, what has no
    community. Three statements.
    """
    places = db.execute(
        select(Community.id, Community.name, Community.valid_to)
        .where(Community.ward_code == ward_code)
        .order_by(Community.position, Community.name, Community.id)
    ).all()
    in_ward = and_(Tally.ward_code == ward_code, Tally.kind.in_(kinds), Tally.year == year)
    tallies = {(row.community_id, row.kind): row for row in db.execute(_tallies().where(in_ward))}
    declared = {(row.community_id, row.kind): row.total for row in standing(db, ward_code, year, kinds)}
    rows: dict[str, list[AreaRow]] = {kind: [] for kind in kinds}
    parts_of_ward = [kind for kind in kinds if kind != "commune"]  # which is the ward itself, and in none of its parts
    for key, name, valid_to in [*places, (NO_COMMUNITY, "", WARD)]:
        there = (tallies[key, kind].total for kind in parts_of_ward if (key, kind) in tallies)
        if valid_to is not None and not any(there):
            continue
        code = "" if key == NO_COMMUNITY else str(key)
        for kind in kinds:
            tally = tallies.get((key, kind))
            counts = _counts(kind, tally, declared.get((key, kind)))
            rows[kind].append(AreaRow(code, name, counts, tally.taken_at if tally else None))
    in_force = [key for key, _, valid_to in places if valid_to is None]
    whole = {}
    for kind, lines in rows.items():
        parts = [declared[key, kind] for key in in_force if (key, kind) in declared]
        own = declared.get((WARD, kind), sum(parts) if parts and len(parts) == len(in_force) else None)
        tally = tallies.get((WARD, kind))
        taken_at = taken_of(lines) or (tally.taken_at if tally else None)
        counts = _counts(kind, tally, own)
        whole[kind] = AreaRow("", "", counts, taken_at, declared_parts=len(parts), of_parts=len(in_force))
    return Areas(rows, whole)


def of_community(db: Session, ward_code: str, community_id: uuid.UUID, year: int, kinds: Collection[str]) -> Areas:
    """One community alone. Two statements."""
    here = and_(Tally.ward_code == ward_code, Tally.community_id == community_id)
    rows = db.execute(_tallies().where(here, Tally.kind.in_(kinds), Tally.year == year))
    tallies = {row.kind: row for row in rows}
    declared = {row.kind: row.total for row in standing(db, ward_code, year, kinds) if row.community_id == community_id}
    whole = {}
    for kind in kinds:
        tally = tallies.get(kind)
        counts = _counts(kind, tally, declared.get(kind))
        whole[kind] = AreaRow(str(community_id), "", counts, tally.taken_at if tally else None)
    return Areas({kind: [] for kind in kinds}, whole)


def shares(
    db: Session, year: int, *, province_code: str | None = None, ward_code: str | None = None
) -> dict[str, Counts]:
    """The nested shares of the country, a province or a ward. One statement, from the index alone."""
    query = (
        select(Tally.kind, func.sum(Tally.total), func.sum(Tally.recognised))
        .where(_of_wards(year, SHARES))
        .group_by(Tally.kind)
    )
    if province_code is not None:
        query = query.where(Tally.province_code == province_code)
    if ward_code is not None:
        query = query.where(Tally.ward_code == ward_code)
    found = {kind: Counts(int(total), recognised=int(recognised)) for kind, total, recognised in db.execute(query)}
    return {kind: found.get(kind, Counts()) for kind in SHARES}


def one_ward(db: Session, ward_code: str, year: int, kind: str) -> AreaRow | None:
    """The ward's own tally, or None when it was never taken for the year."""
    of_ward = _of_wards(year, [kind], Tally.ward_code == ward_code)
    row = db.execute(_tallies().where(of_ward)).one_or_none()
    return None if row is None else AreaRow(ward_code, "", _counts(kind, row), row.taken_at)


def standing(db: Session, ward_code: str, year: int, kinds: Collection[str]) -> Sequence[DeclaredTotal]:
    """The declared totals that stand for a ward and its communities."""
    return db.scalars(
        select(DeclaredTotal).where(
            DeclaredTotal.ward_code == ward_code,
            DeclaredTotal.kind.in_(kinds),
            DeclaredTotal.year == year,
            DeclaredTotal.superseded_at.is_(None),
        )
    ).all()


def _tallies() -> Select[*tuple[Any, ...]]:
    return select(
        Tally.ward_code,
        Tally.community_id,
        Tally.kind,
        Tally.total,
        Tally.registered,
        Tally.assessed,
        Tally.recognised,
        Tally.taken_at,
    )


def _of_wards(year: int, kinds: Collection[str], *more: Any) -> Any:
    return and_(Tally.kind.in_(kinds), Tally.year == year, Tally.community_id == WARD, *more)


def _sums(year: int, kinds: Collection[str], *by: Any) -> Select[*tuple[Any, ...]]:
    """Wards' tallies added up by kind, and by more: from the index alone."""
    return (
        select(
            *by,
            Tally.kind,
            func.sum(Tally.total).label("total"),
            func.sum(Tally.registered).label("registered"),
            func.sum(Tally.assessed).label("assessed"),
            func.sum(Tally.recognised).label("recognised"),
            func.min(Tally.taken_at).label("taken_at"),
            func.count().label("wards"),
        )
        .where(_of_wards(year, kinds))
        .group_by(Tally.kind, *by)
    )


def _declared_by_ward(year: int, kinds: Collection[str]) -> Select[*tuple[Any, ...]]:
    """A ward's declared total: its own, else the sum of its open communities' once each of them has one, else null."""
    own = func.max(case((DeclaredTotal.community_id == WARD, DeclaredTotal.total)))
    parts, sum_of_parts = func.count(Community.id), func.sum(case((Community.id.is_not(None), DeclaredTotal.total)))
    all_parts = (
        select(func.count())
        .where(Community.ward_code == DeclaredTotal.ward_code, Community.valid_to.is_(None))
        .correlate(DeclaredTotal)
        .scalar_subquery()
    )
    return (
        select(
            DeclaredTotal.ward_code,
            DeclaredTotal.kind,
            func.coalesce(own, case((parts == all_parts, sum_of_parts))).label("total"),
        )
        .outerjoin(Community, and_(Community.id == DeclaredTotal.community_id, Community.valid_to.is_(None)))
        .where(
            DeclaredTotal.kind.in_(kinds),
            DeclaredTotal.year == year,
            DeclaredTotal.superseded_at.is_(None),
        )
        .group_by(DeclaredTotal.ward_code, DeclaredTotal.kind)
    )


def _declared_by_province(db: Session, year: int, kinds: Collection[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Of the counted wards of each province: how many have a declared total, and their sum."""
    by_ward = _declared_by_ward(year, kinds).subquery()
    rows = db.execute(
        select(Tally.province_code, Tally.kind, func.count(by_ward.c.total), func.sum(by_ward.c.total))
        .select_from(by_ward)
        .join(
            Tally,
            and_(
                Tally.ward_code == by_ward.c.ward_code,
                Tally.kind == by_ward.c.kind,
                Tally.year == year,
                Tally.community_id == WARD,
            ),
        )
        .join(Commune, Commune.code == Tally.ward_code)
        .where(or_(Commune.valid_to.is_(None), Tally.total > 0))
        .group_by(Tally.province_code, Tally.kind)
    )
    return {(province_code, kind): (int(parts), int(total or 0)) for province_code, kind, parts, total in rows}


def _whole(rows: Sequence[AreaRow]) -> AreaRow:
    return AreaRow(
        "",
        "",
        total_of(rows),
        taken_of(rows),
        sum(row.wards or 0 for row in rows),
        sum(row.of_wards or 0 for row in rows),
        declared_parts=sum(row.declared_parts for row in rows),
        of_parts=sum(row.of_parts for row in rows),
    )


def _counts(kind: str, row: Any, declared: int | None = None) -> Counts:
    """A tally's counts; of a share only the two that mean something. No tally is unknown."""
    if row is None:
        return Counts(declared=declared)
    total, recognised = int(row.total), int(row.recognised)
    if kind in SHARES:
        return Counts(total, None, None, recognised)
    return Counts(total, int(row.registered), int(row.assessed), recognised, declared)
