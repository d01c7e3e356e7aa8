"""What an activity is, when its door is open, how a pasted list of names is read. Pure; matching names: names.py."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.evidence.rules import EARLIEST, KINDS, MAX_PROVIDER, MAX_TITLE, Kind
from xhht_citizen.people.rules import normal_phone
from xhht_citizen.vietnamese import nfc

MAX_LINES: Final = 500  # of a pasted list: a hall holds no more
MAX_LINE: Final = 200
MAX_AT_ONCE: Final = 2000  # people put on a list by one form
MAX_NOTE: Final = 2000
# What an activity may be, the usual first; the words of each kind are those of evidence.
KINDS_LED: Final = (Kind.COURSE, Kind.TALK, Kind.READING, Kind.SKILL, Kind.HELPING, Kind.ONLINE_COURSE, Kind.OTHER)


class Way(StrEnum):
    """How it is known that somebody attended; the value is stored."""

    TICKED = "ticked"
    PASTED = "pasted"
    SCANNED = "scanned"


WAY_LABELS: Final = {
    Way.TICKED: N_("người tổ chức chọn"),
    Way.PASTED: N_("theo danh sách dán vào"),
    Way.SCANNED: N_("tự quét mã tại cửa"),
}


@dataclass(frozen=True)
class Plan:
    """What is written about an activity. `minutes` is its length, `indicators` what attending it counts for."""

    kind: str
    name: str
    held_on: date
    indicators: frozenset[str]
    provider: str | None = None
    minutes: int | None = None
    note: str | None = None


def check_plan(plan: Plan, today: date, known: frozenset[str]) -> None:
    """Invalid on its field. An activity may be planned ahead; evidence of it comes only once its day is there."""
    if plan.kind not in KINDS:
        raise Invalid(N_("Chọn một loại hoạt động."), field="kind")
    if not 2 <= len(nfc(plan.name)) <= MAX_TITLE:
        raise Invalid(N_("Ghi tên lớp, buổi nói chuyện hoặc buổi sinh hoạt, không quá 200 chữ."), field="name")
    if len(nfc(plan.provider or "")) > MAX_PROVIDER:
        raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field="provider", most=MAX_PROVIDER)
    if len((plan.note or "").strip()) > MAX_NOTE:
        raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field="note", most=MAX_NOTE)
    if plan.held_on < EARLIEST or plan.held_on.year > today.year + 1:
        raise Invalid(N_("Xin xem lại năm của ngày tổ chức."), field="held_on")
    if plan.minutes is not None and not 1 <= plan.minutes <= 600_000:
        raise Invalid(N_("Số giờ học từ 0,1 đến 10.000."), field="hours")
    if not plan.indicators:
        raise Invalid(N_("Chọn ít nhất một chỉ số mà buổi này tính cho."), field="indicators")
    if not plan.indicators <= known:
        raise Invalid(N_("Không có chỉ số này trong hồ sơ."), field="indicators")


def is_open(held_on: date, open_until: datetime | None, moment: datetime, today: date) -> bool:
    """Whether scanning counts at this moment of the day `today`: the door is open, and it is the activity's own day."""
    return open_until is not None and moment <= open_until and today == held_on


def closing_time(text: str) -> time:
    """The time of day "20:30", "20h30", "20 giờ" or "20" means. Invalid on `until`."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("giờ", "h").replace(" ", "")
    match = re.fullmatch(r"([0-9]{1,2})(?:[:hg.]([0-9]{2})?)?", plain)
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (24, 0)
    if hour > 23 or minute > 59:
        raise Invalid(N_("Ghi giờ và phút, ví dụ 20:30."), field="until")
    return time(hour, minute)


def plain_code(text: str) -> str:
    """An activity's code as it is stored, typed with or without spaces and hyphens."""
    return "".join(char for char in text.upper() if char.isalnum())[:12]


def evidence_id(activity_id: uuid.UUID, person_id: uuid.UUID) -> uuid.UUID:
    """The one id evidence of a person from an activity can have: confirmed twice, it is one row."""
    return uuid.uuid5(activity_id, person_id.hex)


@dataclass(frozen=True)
class Typed:
    """One line of a pasted list: what stood there, and what it says."""

    number: int
    line: str
    name: str
    birth_year: int | None = None
    phone: str | None = None
    hint: str = ""


_NUMBER = re.compile(r"^\s*[0-9]{1,4}\s*[.)\-:/]?\s*(?=\D)")
_BULLET = re.compile(r"^\s*[-–•*+]\s*")
_GAP = re.compile(r"\t|\s{3,}")
_COLUMNS = re.compile(r"[;|,]+")
_YEAR = re.compile(
    r"(?:\b(?:sinh(?:\s+năm)?|sn|ns)\b[.:\s]*)?\(?\b(?:[0-9]{1,2}[/.-]){0,2}((?:19|20)[0-9]{2})\b\)?", re.IGNORECASE
)
_PHONE = re.compile(r"(?<![0-9])(?:\+?84|0)(?:[\s.\-]?[0-9]){9,10}(?![0-9])")
# Said before a name, never part of it where two more words follow; "anh" may be a name, and is one with a capital.
_TITLE = re.compile(r"^(?:(?i:ông|bà|chị|cô|chú|bác|cụ)|anh(?=\s+[A-ZĐÀ-Ỹ]))\s+(?=\S+\s+\S)")


def read_list(text: str) -> list[Typed]:
    """The lines of a pasted list that hold a name. Invalid on `names` for too many lines or none.

    A line is a name, alone or in columns (tab, ;, | or , between them) with a birth year or date, a phone, a household;
    a running number before it is dropped.
    """
    lines = (read_line(line, number) for number, line in enumerate(text.splitlines(), 1))
    found = [typed for typed in lines if typed is not None]
    if not found:
        raise Invalid(N_("Dán danh sách tên vào đây, mỗi dòng một người."), field="names")
    if len(found) > MAX_LINES:
        raise Invalid(
            N_("Danh sách có %(count)s dòng. Xin dán mỗi lần không quá %(most)s dòng."),
            field="names",
            count=len(found),
            most=MAX_LINES,
        )
    return found


def read_line(line: str, number: int = 1) -> Typed | None:
    """What one line says; None where no name stands in it."""
    line = nfc(_GAP.sub(" ; ", line))[:MAX_LINE]
    rest = _BULLET.sub("", _NUMBER.sub("", line))
    phone = year = None
    called = next((one for one in _PHONE.finditer(rest) if normal_phone(one[0])), None)
    if called is not None:
        phone, rest = normal_phone(called[0]), f"{rest[: called.start()]} ; {rest[called.end() :]}"
    born = _YEAR.search(rest)
    if born is not None:
        year, rest = int(born[1]), f"{rest[: born.start()]} ; {rest[born.end() :]}"
    parts = [part.strip(" .-–:()") for part in _COLUMNS.split(rest)]
    named = [part for part in parts if any(char.isalpha() for char in part)]
    if not named:
        return None
    return Typed(number, line, _TITLE.sub("", named[0]), year, phone, ", ".join(named[1:]))
