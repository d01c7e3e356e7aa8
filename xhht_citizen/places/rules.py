"""Kinds of places, a ward's policy, and how one line of an official list is read. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.vietnamese import fold, nfc


class Level(StrEnum):
    """What a line of history is about."""

    PROVINCE = "province"
    COMMUNE = "commune"
    COMMUNITY = "community"


class ProvinceKind(StrEnum):
    """Luật Tổ chức chính quyền địa phương 2025, Điều 1."""

    TINH = "tinh"
    THANH_PHO = "thanh-pho"


class CommuneKind(StrEnum):
    """Luật Tổ chức chính quyền địa phương 2025, Điều 1."""

    XA = "xa"
    PHUONG = "phuong"
    DAC_KHU = "dac-khu"


class CommunityKind(StrEnum):
    """What people call the place they live in; thôn and its like in a xã, tổ dân phố and its like in a phường."""

    THON = "thon"
    LANG = "lang"
    AP = "ap"
    BAN = "ban"
    BUON = "buon"
    BON = "bon"
    PHUM = "phum"
    SOC = "soc"
    XOM = "xom"
    TO = "to"
    KHU_PHO = "khu-pho"
    KHOI_PHO = "khoi-pho"
    KHOM = "khom"
    TIEU_KHU = "tieu-khu"


class Extent(StrEnum):
    """How much of a former commune went to a successor."""

    WHOLE = "whole"
    PART = "part"


PROVINCE_WORDS = {ProvinceKind.TINH: N_("Tỉnh"), ProvinceKind.THANH_PHO: N_("Thành phố")}
COMMUNE_WORDS = {CommuneKind.XA: N_("Xã"), CommuneKind.PHUONG: N_("Phường"), CommuneKind.DAC_KHU: N_("Đặc khu")}
COMMUNITY_WORDS = {
    CommunityKind.THON: N_("Thôn"),
    CommunityKind.LANG: N_("Làng"),
    CommunityKind.AP: N_("Ấp"),
    CommunityKind.BAN: N_("Bản"),
    CommunityKind.BUON: N_("Buôn"),
    CommunityKind.BON: N_("Bon"),
    CommunityKind.PHUM: N_("Phum"),
    CommunityKind.SOC: N_("Sóc"),
    CommunityKind.XOM: N_("Xóm"),
    CommunityKind.TO: N_("Tổ dân phố"),
    CommunityKind.KHU_PHO: N_("Khu phố"),
    CommunityKind.KHOI_PHO: N_("Khối phố"),
    CommunityKind.KHOM: N_("Khóm"),
    CommunityKind.TIEU_KHU: N_("Tiểu khu"),
}
REVIEW_DAYS = 15
APPEAL_DAYS = 30  # our own default: no public text gives a term for asking to be assessed again
SECOND_LOOK_SHARE = 5  # percent of cases recommended in bulk; our own default
Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True)
class WardPolicy:
    """How a ward runs its year. Every ward has one; a ward that never set it has these defaults.

    `second_look_share` is in percent.
    """

    ward_code: str
    community_step: bool = True
    disadvantaged: bool = False
    submit_by: date | None = None
    review_days: int = REVIEW_DAYS
    issuing_body: str = ""
    appeal_days: int = APPEAL_DAYS
    second_look_share: int = SECOND_LOOK_SHARE


def check_policy(policy: WardPolicy) -> None:
    """Raises Invalid on `review_days`, `appeal_days` or `second_look_share`."""
    if not 1 <= policy.review_days <= 365:
        raise Invalid(N_("Số ngày xét duyệt phải từ 1 đến 365."), field="review_days")
    if not 1 <= policy.appeal_days <= 365:
        raise Invalid(N_("Số ngày được đề nghị xét lại phải từ 1 đến 365."), field="appeal_days")
    if not 1 <= policy.second_look_share <= 100:
        raise Invalid(N_("Phần xem lại lần hai phải từ 1 đến 100 %%."), field="second_look_share")


@dataclass(frozen=True)
class CommuneLine:
    """One line of a list of communes; lat and lon in degrees (WGS 84), area in km², None where the list has none."""

    line: int
    province_code: str
    province_name: str
    province_kind: ProvinceKind
    code: str
    name: str
    kind: CommuneKind
    lat: float | None
    lon: float | None
    area_km2: float | None


@dataclass(frozen=True)
class SuccessorLine:
    """One line of a list of successors: a former commune, or a part of it, and today's commune."""

    line: int
    former_code: str
    former_name: str
    district_name: str
    province_code: str
    province_name: str
    commune_code: str
    extent: Extent


def province_values(line: CommuneLine) -> dict[str, Any]:
    """What a line says of its province, by columns of the table."""
    name = line.province_name
    return {"code": line.province_code, "name": name, "kind": line.province_kind.value, "search_key": search_key(name)}


def commune_values(line: CommuneLine) -> dict[str, Any]:
    """What a line says of its commune, by columns of the table."""
    return {
        "code": line.code,
        "province_code": line.province_code,
        "name": line.name,
        "kind": line.kind.value,
        "search_key": search_key(line.name),
        "lat": line.lat,
        "lon": line.lon,
        "area_km2": line.area_km2,
    }


@dataclass(frozen=True)
class LoadReport:
    """What a load read (provinces, communes, former, links) and did to provinces and communes (the next three).

    `newer_list` is the day of the stored list that overrules this one, which then did nothing to them.
    """

    provinces: int = 0
    communes: int = 0
    added: int = 0
    changed: int = 0
    closed: int = 0
    former: int = 0
    links: int = 0
    newer_list: date | None = None


def check_closing(closed: int, in_force: int, provinces: int, allowed: int | None) -> None:
    """Refuse a complete list that closes more communes than `allowed`.

    Where nobody said how many (None), it may close up to a tenth of those in force and no province: a piece of a list
    taken for a whole one closes nearly everything. Raises Invalid on `closes` with the number in `closed`.
    """
    if closed > allowed if allowed is not None else provinces or closed * 10 > in_force:
        raise Invalid(
            N_(
                "Danh mục này sẽ đóng %(closed)s trong số %(in_force)s xã, phường và %(provinces)s tỉnh, thành phố "
                "đang có. Chưa thay đổi gì."
            ),
            field="closes",
            closed=closed,
            in_force=in_force,
            provinces=provinces,
        )


COMMUNE_COLUMNS = ("province_code", "province_name", "commune_code", "commune_name")
SUCCESSOR_COLUMNS = (
    "old_commune_code",
    "old_province_code",
    "old_province_name",
    "old_district_code",
    "old_district_name",
    "old_commune_name",
    "new_commune_code",
    "extent",
)


def search_key(text: str) -> str:
    """What a place is found by: folded, only a-z, 0-9 and single spaces; "Ea H'Leo" -> "ea hleo"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’ʼ`.]", "", fold(text))).split())


def bare_name(name: str) -> str:
    """A province's or commune's name without its kind: "Phường Hương Trà" -> "Hương Trà"."""
    for word in (*PROVINCE_WORDS.values(), *COMMUNE_WORDS.values()):
        if name.startswith(word + " "):
            return name[len(word) + 1 :]
    return name


def default_issuing_body(commune_name: str) -> str:
    """Who decides when the ward has not said so: its people's committee."""
    return f"Ủy ban nhân dân {commune_name[:1].lower()}{commune_name[1:]}"


def commune_id(code: str) -> uuid.UUID:
    """A commune as the subject of a case or title, where subjects are ids: its official number, nothing else."""
    return uuid.UUID(int=int(code))


def commune_code(subject_id: uuid.UUID) -> str:
    """The official code back from `commune_id`."""
    return f"{subject_id.int:05d}"


def read_communes(lines: Iterable[bytes]) -> Iterator[CommuneLine]:
    """Lines of a tab-separated list with a header; raises Invalid with `line` at the first that cannot be read."""
    seen: set[str] = set()
    provinces: dict[str, str] = {}
    for number, cells in _table(lines, COMMUNE_COLUMNS):
        province_code = _code(cells["province_code"], 2, number)
        code = _code(cells["commune_code"], 5, number)
        if code in seen:
            raise Invalid(N_("Dòng %(line)s: mã %(code)s đã có ở dòng trên."), line=number, code=code)
        seen.add(code)
        province_name, province_kind = _named(cells["province_name"], "", PROVINCE_WORDS, number)
        if provinces.setdefault(province_code, province_name) != province_name:
            raise Invalid(N_("Dòng %(line)s: tên tỉnh, thành phố khác với dòng trên."), line=number)
        # Where name and type disagree (four lines of 2025-07-01) the name is the one the law prints.
        name, kind = _named(cells["commune_name"], cells.get("commune_type", ""), COMMUNE_WORDS, number)
        yield CommuneLine(
            line=number,
            province_code=province_code,
            province_name=province_name,
            province_kind=province_kind,
            code=code,
            name=name,
            kind=kind,
            lat=_number(cells.get("lat", ""), -90, 90, number),
            lon=_number(cells.get("lon", ""), -180, 180, number),
            area_km2=_number(cells.get("area_km2", ""), 0, 100_000, number),
        )


def read_successors(lines: Iterable[bytes]) -> Iterator[SuccessorLine]:
    """Lines of a list of successors; an island district that had no communes stands under its own 3-digit code."""
    seen: set[tuple[str, str]] = set()
    for number, cells in _table(lines, SUCCESSOR_COLUMNS):
        is_district = not cells["old_commune_code"]
        former = cells["old_district_code"] if is_district else cells["old_commune_code"]
        former = _code(former, 3 if is_district else 5, number)
        name = cells["old_district_name"] if is_district else cells["old_commune_name"]
        if not name:
            raise Invalid(N_("Dòng %(line)s: thiếu tên đơn vị cũ."), line=number)
        commune = _code(cells["new_commune_code"], 5, number)
        if (former, commune) in seen:
            raise Invalid(N_("Dòng %(line)s: mã %(code)s đã có ở dòng trên."), line=number, code=former)
        seen.add((former, commune))
        if cells["extent"] not in set(Extent):
            raise Invalid(N_("Dòng %(line)s: phạm vi phải là whole hoặc part."), line=number)
        yield SuccessorLine(
            line=number,
            former_code=former,
            former_name=name,
            district_name=cells["old_district_name"],
            province_code=_code(cells["old_province_code"], 2, number),
            province_name=cells["old_province_name"],
            commune_code=commune,
            extent=Extent(cells["extent"]),
        )


def _table(lines: Iterable[bytes], columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    header: list[str] = []
    rows = 0
    for number, raw in enumerate(lines, 1):
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise Invalid(N_("Dòng %(line)s: tệp phải là văn bản UTF-8."), line=number) from None
        cells = [nfc(cell) for cell in text.split("\t")]
        if not header:
            header = cells
            missing = [column for column in columns if column not in header]
            if missing:
                raise Invalid(N_("Dòng %(line)s: thiếu cột %(column)s."), line=number, column=", ".join(missing))
        elif any(cells):
            if len(cells) != len(header):
                raise Invalid(
                    N_("Dòng %(line)s: có %(found)s cột, cần %(wanted)s cột."),
                    line=number,
                    found=len(cells),
                    wanted=len(header),
                )
            rows += 1
            yield number, dict(zip(header, cells, strict=True))
    if not rows:
        raise Invalid(N_("Dòng %(line)s: tệp không có đơn vị nào."), line=1)


def _code(text: str, digits: int, line: int) -> str:
    if not re.fullmatch(rf"[0-9]{{{digits}}}", text):
        message = N_("Dòng %(line)s: mã “%(code)s” phải đủ %(digits)s chữ số, kể cả số 0 ở đầu.")
        raise Invalid(message, line=line, code=text, digits=digits)
    return text


def _named(name: str, kind_name: str, words: dict[Kind, str], line: int) -> tuple[str, Kind]:
    for kind, word in words.items():
        if fold(name).startswith(fold(word) + " "):
            return name, kind
    for kind, word in words.items():
        if name and fold(kind_name) == fold(word):
            return f"{word} {name}", kind
    raise Invalid(N_("Dòng %(line)s: tên “%(name)s” không rõ loại đơn vị."), line=line, name=name)


def _number(text: str, low: float, high: float, line: int) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) or not low <= float(text) <= high:
        raise Invalid(N_("Dòng %(line)s: số “%(number)s” không hợp lệ."), line=line, number=text)
    return float(text)
