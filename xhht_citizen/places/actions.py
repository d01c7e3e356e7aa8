"""Changing places: load a dated official list; a ward's communities and policy."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xhht_citizen import audit, clock
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.places.models import (
    Commune,
    Community,
    FormerCommune,
    PlaceChange,
    PlaceList,
    Province,
    Succession,
    WardSettings,
)
from xhht_citizen.places.rules import (
    CommuneLine,
    CommunityKind,
    Level,
    LoadReport,
    SuccessorLine,
    WardPolicy,
    check_closing,
    check_policy,
    commune_values,
    province_values,
    read_communes,
    read_successors,
    search_key,
)
from xhht_citizen.vietnamese import nfc

Line = TypeVar("Line", CommuneLine, SuccessorLine)
DEFAULT_LIST = Path(__file__).parent / "data" / "communes_2025-07-01.tsv"
Listed = dict[str, dict[str, Any]]
_LEGAL = {"name", "kind", "province_code"}  # a change of these is history; of a point or an area, a correction


@dataclass(frozen=True)
class _When:
    on: date
    act: str
    complete: bool


@dataclass(frozen=True)
class _Difference:
    """What a list changes in a table, as rows to write."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)


def load(
    db: Session,
    path: Path | None = None,
    *,
    act: str | None = None,
    on: date | None = None,
    complete: bool | None = None,
    closes: int | None = None,
) -> LoadReport:
    """Load an official list of communes (the packaged one by default) as it holds from the day `on`.

    Act, date and completeness come from the arguments, else from the `.toml` beside the file, which may also name a
    file of successors. Loading twice changes nothing. Names that changed go to the history; codes that a complete
    list lacks are closed on its date; a list older than what is stored overwrites nothing, and the report says so.
    `closes` is the most communes it may close. Raises Invalid, and then nothing was changed: on `closes` where it
    closes more, or where nobody said how many and it looks like a piece of a list; else for a file that cannot be
    read, naming the line.
    """
    path = path or DEFAULT_LIST
    if path.is_dir():
        raise Invalid(N_("%(file)s là thư mục, không phải tệp danh mục."), field="file", file=path)
    about = _sidecar(path)
    act = nfc(act or str(about.get("act", "")))
    on = on or about.get("date")
    complete = bool(about.get("complete", True)) if complete is None else complete
    if not act:
        raise Invalid(N_("Cần ghi văn bản pháp lý của danh mục."), field="act")
    if not isinstance(on, date):
        raise Invalid(N_("Cần ghi ngày có hiệu lực của danh mục."), field="date")

    lines = list(_read(path, read_communes))
    links = list(_read(path.parent / str(about["successors"]), read_successors)) if "successors" in about else []
    newer = db.scalar(select(func.max(PlaceList.valid_on)).where(PlaceList.valid_on > on, PlaceList.complete.is_(True)))
    _check_successors(db, links, set() if newer else {line.code for line in lines})

    provinces, communes = _Difference(), _Difference()
    if newer is None:
        when = _When(on, act, complete)
        provinces = _compare(db, Province, {line.province_code: province_values(line) for line in lines}, when)
        communes = _compare(db, Commune, {line.code: commune_values(line) for line in lines}, when)
        in_force = db.scalar(select(func.count()).where(Commune.valid_to.is_(None))) or 0
        check_closing(len(communes.closed), in_force, len(provinces.closed), closes)
        _write(db, Province, provinces)
        _write(db, Commune, communes)
        if db.scalar(select(PlaceList.id).where(PlaceList.valid_on == on, PlaceList.act == act)) is None:
            source = nfc(str(about.get("source", path.name)))
            db.add(PlaceList(valid_on=on, act=act, source=source, complete=complete))
    _store_successors(db, links)
    db.flush()
    db.expire_all()  # rows were written past the session
    return LoadReport(
        provinces=len({line.province_code for line in lines}),
        communes=len(lines),
        added=len(provinces.added) + len(communes.added),
        changed=len(provinces.changed) + len(communes.changed),
        closed=len(provinces.closed) + len(communes.closed),
        former=len({link.former_code for link in links}),
        links=len(links),
        newer_list=newer,
    )


def _sidecar(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Invalid(N_("Tệp mô tả %(file)s bị sai."), field="file", file=path.with_suffix(".toml").name) from None


def _read(path: Path, reader: Callable[[Iterable[bytes]], Iterator[Line]]) -> Iterator[Line]:
    try:
        with path.open("rb") as file:
            yield from reader(file)
    except OSError:
        raise Invalid(N_("Không đọc được tệp %(file)s."), field="file", file=path.name) from None


def _compare(db: Session, model: type[Province] | type[Commune], listed: Listed, when: _When) -> _Difference:
    stored = {row.code: row for row in db.execute(select(*model.__table__.c))}
    fresh = {"valid_from": when.on, "valid_to": None, "act": when.act}
    added = [{**values, **fresh} for code, values in listed.items() if code not in stored]
    changed, history, closed = [], [], []
    for code, row in stored.items():
        if row.valid_from > when.on or (row.valid_to is not None and row.valid_to > when.on):
            continue  # what is stored is newer than this list
        if code not in listed:
            if when.complete and row.valid_to is None:
                closed.append({"code": code, "valid_to": when.on})
            continue
        known = {key: value for key, value in listed[code].items() if value is not None}
        different = {key for key, value in known.items() if getattr(row, key) != value}
        if row.valid_to is not None or different & _LEGAL:
            if row.valid_from < when.on:  # a second list of the same day is a correction, not a change
                history.append(_past(model, row, row.valid_to or when.on))
            changed.append({**known, **fresh})
        elif different:
            changed.append(known)
    return _Difference(added, changed, closed, history)


def _write(db: Session, model: type[Province] | type[Commune], found: _Difference) -> None:
    for statement, rows in (
        (insert(PlaceChange), found.history),
        (insert(model), found.added),
        (update(model), found.closed),
        *((update(model), alike) for alike in _alike(found.changed)),
    ):
        if rows:
            db.execute(statement, rows)


def _alike(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows grouped by the columns they set, as one bulk statement wants them."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    return list(groups.values())


def _past(model: type[Province] | type[Commune], row: Any, until: date) -> dict[str, Any]:
    is_commune = model is Commune
    return {
        "id": new_id(),
        "level": (Level.COMMUNE if is_commune else Level.PROVINCE).value,
        "code": row.code,
        "ward_code": row.code if is_commune else None,
        "province_code": row.province_code if is_commune else row.code,
        "name": row.name,
        "kind": row.kind,
        "valid_from": row.valid_from,
        "valid_to": until,
        "act": row.act,
    }


def _check_successors(db: Session, links: list[SuccessorLine], listed: set[str]) -> None:
    unknown = {link.commune_code for link in links} - listed
    if unknown:
        unknown -= set(db.scalars(select(Commune.code)))
    for link in links:
        if link.commune_code in unknown:
            message = N_("Dòng %(line)s: không có xã, phường nào mang mã %(code)s.")
            raise Invalid(message, line=link.line, code=link.commune_code)


def _store_successors(db: Session, links: list[SuccessorLine]) -> None:
    if not links:
        return
    former = {
        link.former_code: {
            "code": link.former_code,
            "name": link.former_name,
            "district_name": link.district_name,
            "province_code": link.province_code,
            "province_name": link.province_name,
            "search_key": search_key(link.former_name),
        }
        for link in links
    }
    stored = {row.code: dict(row._mapping) for row in db.execute(select(*FormerCommune.__table__.c))}
    _upsert(db, FormerCommune, stored, former)
    pairs = {
        (row.former_code, row.commune_code): dict(row._mapping) for row in db.execute(select(*Succession.__table__.c))
    }
    listed = {
        (link.former_code, link.commune_code): {
            "former_code": link.former_code,
            "commune_code": link.commune_code,
            "extent": link.extent.value,
        }
        for link in links
    }
    _upsert(db, Succession, pairs, listed)


def _upsert(db: Session, model: type[FormerCommune] | type[Succession], stored: Any, listed: Any) -> None:
    new = [values for key, values in listed.items() if key not in stored]
    changed = [values for key, values in listed.items() if key in stored and stored[key] != values]
    if new:
        db.execute(insert(model), new)
    if changed:
        db.execute(update(model), changed)


def add_community(
    db: Session,
    ward_code: str,
    name: str,
    kind: CommunityKind,
    *,
    on: date | None = None,
    position: int | None = None,
    act: str = "",
    account_id: uuid.UUID | None = None,
) -> Community:
    """Open a community in a ward, last in its order; raises NotFound (ward), Invalid(field="name")."""
    ward = db.get(Commune, ward_code)
    if ward is None or ward.valid_to is not None:
        raise NotFound(N_("Không có xã, phường, đặc khu này."))
    if position is None:
        last = db.scalar(select(func.max(Community.position)).where(Community.ward_code == ward_code))
        position = (last or 0) + 1
    row = Community(
        ward_code=ward_code,
        kind=kind.value,
        position=position,
        valid_from=on or clock.today(),
        valid_to=None,
        act=nfc(act),
        **_community_name(name),
    )
    with _one_of_its_name(db):
        db.add(row)
    _audit(db, "community.open", ward_code, account_id, community=row.id, name=row.name)
    return row


def rename_community(
    db: Session,
    community: Community,
    name: str,
    *,
    on: date | None = None,
    act: str = "",
    account_id: uuid.UUID | None = None,
) -> None:
    """Give an open community another name from a day on, and keep the old one in the history."""
    on = on or clock.today()
    _must_be_open(community, on)
    named = _community_name(name)
    before = community.name
    if before == named["name"]:
        return
    with _one_of_its_name(db):
        if on > community.valid_from:
            past = PlaceChange(
                level=Level.COMMUNITY.value,
                code=str(community.id),
                ward_code=community.ward_code,
                name=community.name,
                kind=community.kind,
                valid_from=community.valid_from,
                valid_to=on,
                act=community.act,
            )
            db.add(past)
        community.name, community.search_key = named["name"], named["search_key"]
        community.valid_from, community.act = on, nfc(act)
    _audit(db, "community.rename", community.ward_code, account_id, community=community.id, before=before, after=name)


def close_community(
    db: Session, community: Community, *, on: date | None = None, account_id: uuid.UUID | None = None
) -> None:
    """Close a community: from that day it takes nobody in. Raises Conflict when it is closed already."""
    on = on or clock.today()
    _must_be_open(community, on)
    community.valid_to = on
    db.flush()
    _audit(db, "community.close", community.ward_code, account_id, community=community.id, name=community.name)


def save_ward_settings(db: Session, policy: WardPolicy, *, account_id: uuid.UUID | None = None) -> None:
    """Set how a ward runs its year. Raises NotFound (ward), or Invalid as `rules.check_policy`."""
    if db.get(Commune, policy.ward_code) is None:
        raise NotFound(N_("Không có xã, phường, đặc khu này."))
    check_policy(policy)
    row = db.get(WardSettings, policy.ward_code, with_for_update=True)
    if row is None:
        row = WardSettings(ward_code=policy.ward_code)
        db.add(row)
    row.community_step = policy.community_step
    row.disadvantaged = policy.disadvantaged
    row.submit_by = policy.submit_by
    row.review_days = policy.review_days
    row.issuing_body = nfc(policy.issuing_body)
    row.appeal_days, row.second_look_share = policy.appeal_days, policy.second_look_share
    db.flush()
    _audit(db, "ward.settings", policy.ward_code, account_id, **asdict(policy))


def _audit(db: Session, action: str, ward_code: str, account_id: uuid.UUID | None, /, **detail: object) -> None:
    """What an administrator changed; what a command or a seed does has no account and is not said."""
    if account_id is not None:
        audit.append(
            db,
            action,
            ward_code=ward_code,
            account_id=account_id,
            subject_kind="ward",
            subject_id=None,
            detail=detail,
        )


def _community_name(name: str) -> dict[str, str]:
    name = nfc(name)
    key = search_key(name)
    if not key or len(name) > 100:
        raise Invalid(N_("Cần tên thôn, tổ dân phố, không quá 100 ký tự."), field="name")
    return {"name": name, "search_key": key}


def _must_be_open(community: Community, on: date) -> None:
    if community.valid_to is not None:
        raise Conflict(N_("Thôn, tổ dân phố này đã đóng."))
    if on < community.valid_from:
        raise Invalid(N_("Ngày này sớm hơn ngày thành lập."), field="on")


@contextmanager
def _one_of_its_name(db: Session) -> Iterator[None]:
    """What is changed inside is flushed; when the ward has an open community of that name, undone and refused."""
    try:
        with db.begin_nested():
            yield
            db.flush()
    except IntegrityError:
        raise Invalid(N_("Đã có thôn, tổ dân phố mang tên này."), field="name") from None
