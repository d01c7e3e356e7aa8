"""Reading places: lists for choosing, search without marks, a ward's policy."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from xhht_citizen.errors import N_, NotFound
from xhht_citizen.places.models import (
    Commune,
    Community,
    FormerCommune,
    PlaceList,
    Province,
    Succession,
    WardSettings,
)
from xhht_citizen.places.rules import WardPolicy, bare_name, default_issuing_body, search_key
from xhht_citizen.vietnamese import sort_key


@dataclass(frozen=True)
class FormerName:
    """A former commune behind a hit; `extent` is whole or part."""

    code: str
    name: str
    district_name: str
    province_name: str
    extent: str


@dataclass(frozen=True)
class CommuneHit:
    """A commune found by its own name (`former` empty) or through former communes' names."""

    code: str
    name: str
    kind: str
    province_code: str
    province_name: str
    former: tuple[FormerName, ...] = ()


def provinces(db: Session) -> list[Province]:
    """Provinces in force, in Vietnamese order of their names."""
    rows = db.scalars(select(Province).where(Province.valid_to.is_(None)))
    return sorted(rows, key=lambda row: sort_key(bare_name(row.name)))


def province(db: Session, code: str) -> Province:
    """A province by its code, also a closed one; raises NotFound."""
    row = db.get(Province, code)
    if row is None:
        raise NotFound(N_("Không có tỉnh, thành phố này."))
    return row


def communes(db: Session, province_code: str) -> list[Commune]:
    """A province's communes in force, in Vietnamese order of their names."""
    rows = db.scalars(select(Commune).where(Commune.province_code == province_code, Commune.valid_to.is_(None)))
    return sorted(rows, key=lambda row: (sort_key(bare_name(row.name)), row.code))


def commune(db: Session, code: str) -> Commune:
    """A commune with its province by its code, also a closed one; raises NotFound."""
    row = db.get(Commune, code, options=[joinedload(Commune.province)])
    if row is None:
        raise NotFound(N_("Không có xã, phường, đặc khu này."))
    return row


def search_communes(db: Session, text: str, limit: int = 20) -> list[CommuneHit]:
    """Communes in force whose name holds the words, marks or not; best first, then those under former names.

    "huong tra" finds every Hương Trà, "huong tra, hue" the one in Huế, and a former commune's name its successors.
    """
    wanted = search_key(text)
    if not wanted:
        return []
    own = _own_hits(db, wanted, limit)
    if len(own) >= limit:
        return own
    return own + _former_hits(db, wanted, {hit.code for hit in own}, limit - len(own))


def _own_hits(db: Session, wanted: str, limit: int) -> list[CommuneHit]:
    own = literal(" ") + Commune.search_key
    province = func.replace(func.replace(Province.search_key, "thanh pho ", ""), "tinh ", "")
    # With its province: the words must begin in the commune's own name, or "hue" would find all of Huế.
    with_province = wanted.replace(" thanh pho ", " ").replace(" tp ", " ").replace(" tinh ", " ")
    in_both = own + " " + province
    statement = (
        select(Commune.code, Commune.name, Commune.kind, Commune.province_code, Province.name)
        .join(Province, Province.code == Commune.province_code)
        .where(
            Commune.valid_to.is_(None),
            or_(
                own.like(f"% {wanted}%"),
                in_both.like(f"% {with_province}%") & (literal(" ") + province).not_like(f"% {with_province}%"),
            ),
        )
        .order_by(_rank(Commune.search_key, wanted), Commune.search_key, Commune.code)
        .limit(limit)
    )
    return [CommuneHit(*row) for row in db.execute(statement)]


def _former_hits(db: Session, wanted: str, but: set[str], limit: int) -> list[CommuneHit]:
    statement = (
        select(Commune, Province.name, FormerCommune, Succession.extent)
        .join(Succession, Succession.former_code == FormerCommune.code)
        .join(Commune, Commune.code == Succession.commune_code)
        .join(Province, Province.code == Commune.province_code)
        .where(
            Commune.valid_to.is_(None),
            (literal(" ") + FormerCommune.search_key).like(f"% {wanted}%"),
            Commune.code.not_in(but),
        )
        .order_by(_rank(FormerCommune.search_key, wanted), FormerCommune.search_key, FormerCommune.code, Commune.code)
        .limit(limit * 10)  # several former communes lead to one of today's
    )
    hits: dict[str, CommuneHit] = {}
    for place, province_name, former, extent in db.execute(statement):
        if place.code not in hits and len(hits) == limit:
            continue
        hit = hits.get(place.code) or CommuneHit(place.code, place.name, place.kind, place.province_code, province_name)
        name = FormerName(former.code, former.name, former.district_name, former.province_name, extent)
        hits[place.code] = replace(hit, former=(*hit.former, name))
    return list(hits.values())


def _rank(key: InstrumentedAttribute[str], wanted: str) -> ColumnElement[int]:
    """The very name first, then names that begin so, then the rest; the kind's word in front does not count."""
    kinds = ["xa ", "phuong ", "dac khu ", "thi tran ", "huyen "]
    if " " in wanted:  # one short word would begin every name of a kind: "phu" is no phường
        kinds.append("")
    return case(
        (key.in_([kind + wanted for kind in kinds]), 0),
        (or_(*(key.like(f"{kind}{wanted}%") for kind in kinds)), 1),
        (or_(*(key.like(f"{kind}% {wanted}%") for kind in kinds)), 2),
        else_=3,
    )


def newest_list(db: Session) -> PlaceList | None:
    """The newest official list loaded: its date and legal act are printed beside choices of places."""
    return db.scalar(select(PlaceList).order_by(PlaceList.valid_on.desc(), PlaceList.id.desc()).limit(1))


def communities(db: Session, ward_code: str, *, closed: bool = False) -> Sequence[Community]:
    """A ward's communities in their order; those in force, or with `closed` all there ever were."""
    statement = select(Community).where(Community.ward_code == ward_code)
    if not closed:
        statement = statement.where(Community.valid_to.is_(None))
    return db.scalars(statement.order_by(Community.position, Community.id)).all()


def community(db: Session, community_id: uuid.UUID) -> Community:
    """A community by its id, also a closed one; raises NotFound."""
    row = db.get(Community, community_id)
    if row is None:
        raise NotFound(N_("Không có thôn, tổ dân phố này."))
    return row


def names(
    db: Session, ward_codes: Collection[str], community_ids: Collection[uuid.UUID] = ()
) -> dict[str | uuid.UUID, str]:
    """What these communes (by code) and communities (by id) are called, closed ones too. Two queries at most."""
    found: dict[str | uuid.UUID, str] = {}
    if ward_codes:
        for code, name in db.execute(select(Commune.code, Commune.name).where(Commune.code.in_(ward_codes))):
            found[code] = name
    if community_ids:
        for key, name in db.execute(select(Community.id, Community.name).where(Community.id.in_(community_ids))):
            found[key] = name
    return found


def issuing_body(db: Session, ward_code: str, province_code: str | None) -> str:
    """Who decided: the province's people's committee where the decision is a province's, else the ward's body."""
    if province_code is None:
        return ward_settings(db, ward_code).issuing_body
    return default_issuing_body(province(db, province_code).name)


def ward_settings(db: Session, ward_code: str) -> WardPolicy:
    """How a ward runs its year; the defaults where it has not said. Raises NotFound for an unknown ward."""
    found = db.execute(
        select(Commune.name, WardSettings)
        .outerjoin(WardSettings, WardSettings.ward_code == Commune.code)
        .where(Commune.code == ward_code)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("Không có xã, phường, đặc khu này."))
    name, row = found
    body = (row.issuing_body if row else "") or default_issuing_body(name)
    if row is None:
        return WardPolicy(ward_code, issuing_body=body)
    return WardPolicy(
        ward_code=ward_code,
        community_step=row.community_step,
        disadvantaged=row.disadvantaged,
        submit_by=row.submit_by,
        review_days=row.review_days,
        issuing_body=body,
        appeal_days=row.appeal_days,
        second_look_share=row.second_look_share,
    )
