"""How a line of a list is read and what can be wrong with it; who is the same person. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from xhht_citizen.errors import Invalid
from xhht_citizen.people.rules import (
    OLDEST_BIRTH_YEAR,
    Birth,
    Group,
    Sex,
    citizen_id_warnings,
    name_fits,
    normal_phone,
    parse_birth,
)
from xhht_citizen.roster.faults import BAD, Fault
from xhht_citizen.vietnamese import fold, nfc

LISTS = "lists/"  # where uploaded lists lie in the store
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_SEX_WORDS = {
    **dict.fromkeys(("nam", "trai", "m", "male", "con trai", "ong"), Sex.MALE),
    **dict.fromkeys(("nu", "gai", "f", "female", "con gai", "ba"), Sex.FEMALE),
}
_GROUP_WORDS = {
    Group.STUDENTS: ("hoc sinh", "sinh vien", "hoc vien", "hssv", "hs", "sv", "di hoc"),
    Group.OFFICIALS: (
        *("can bo", "cong chuc", "vien chuc", "cong nhan vien", "doanh nhan", "giao vien", "cbcc", "cbccvc", "cnvc"),
        *("bo doi", "cong an", "bac si", "giam doc"),
    ),
    Group.WORKERS: ("nguoi lao dong", "lao dong", "cong nhan", "cn", "tho", "lai xe", "nhan vien"),
    Group.RESIDENTS: (
        *("nguoi dan", "nguoi dan trong xa, phuong", "nhan dan", "dan cu", "nong dan", "noi tro", "huu tri", "huu"),
        *("buon ban", "lam nong", "lam ruong", "tu do", "nghe tu do", "gia", "that nghiep", "ngu dan", "khac"),
    ),
}
_RELATIONS = {
    "head": ("chu ho", "ch", "ban than"),
    "spouse": ("vo", "chong", "vo chong", "vo/chong"),
    "child": ("con", "con trai", "con gai", "con de", "con nuoi", "con dau", "con re", "con ruot", "con rieng"),
    "parent": ("bo", "me", "cha", "ba", "ma", "bo de", "me de", "bo vo", "me vo", "bo chong", "me chong", "cha vo",
               "cha chong", "bo me", "cha me", "bo/me", "cha/me", "than phu", "than mau"),
    "other": ("ong", "ba noi", "ba ngoai", "ong noi", "ong ngoai", "chau", "chau noi", "chau ngoai", "anh", "chi",
              "em", "anh trai", "chi gai", "em trai", "em gai", "anh/chi/em", "chu", "bac", "co", "di", "cau",
              "nguoi nha", "o nho", "khac", "chat", "anh re", "em re", "chi dau", "em dau", "nguoi than"),
}  # fmt: skip
_RELATION_WORDS = {words: relation for relation, every in _RELATIONS.items() for words in every}
_KINDS = (
    *("to dan pho", "to nhan dan", "khu dan cu", "khu pho", "tdp", "tnd", "kdc", "thon", "khom", "buon", "lang"),
    *("xom", "khu", "ap", "ban", "to", "kp"),
)
_SAME_KIND = {"tdp": "to", "to dan pho": "to", "to nhan dan": "to", "tnd": "to", "kp": "khu pho", "kdc": "khu dan cu"}
_EXCEL_DAY_ONE = date(1899, 12, 30)


@dataclass(slots=True)
class Line:
    """One line as it is understood. `household` tells households of the list apart; None where nobody can say.

    `citizen_id` is the number itself and lives in memory only.
    """

    number: int
    name: str = ""
    birth: Birth | None = None
    sex: Sex | None = None
    phone: str | None = None
    group: Group | None = None
    citizen_id: str | None = None
    community_id: uuid.UUID | None = None
    relation: str | None = None
    household: tuple[str, ...] | None = None
    head_key: str = ""
    address: str | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether something keeps the line out."""
        return any(code in BAD for code, _values in self.faults)

    def fault(self, code: str, **values: Any) -> None:
        """Note what is wrong, once."""
        if all(code != known for known, _values in self.faults):
            self.faults.append((code, values))


class Communities:
    """The ward's communities, found by what people call them: Tổ 3, TDP 3, tổ dân phố số 03, to 3."""

    def __init__(self, known: Iterable[tuple[uuid.UUID, str]]) -> None:
        self._by_kind: dict[str, set[uuid.UUID]] = {}
        self._by_rest: dict[str, set[uuid.UUID]] = {}
        self._asked: dict[str, set[uuid.UUID]] = {}  # a list says the same few words thousands of times
        for key, name in known:
            kind, rest = _community_key(name)
            self._by_kind.setdefault(f"{kind} {rest}", set()).add(key)
            self._by_rest.setdefault(rest, set()).add(key)

    def find(self, text: str) -> set[uuid.UUID]:
        """Which they may be: none, one, or several where the words do not tell."""
        found = self._asked.get(text)
        if found is None:
            found = self._find(text)
            if len(self._asked) < 1000:
                self._asked[text] = found
        return found

    def _find(self, text: str) -> set[uuid.UUID]:
        kind, rest = _community_key(text)
        if not rest:
            return set()
        if kind and (found := self._by_kind.get(f"{kind} {rest}")):
            return found
        found = self._by_rest.get(rest, set())
        return found if not kind or kind == "to" or len(found) == 1 else set()


def _community_key(text: str) -> tuple[str, str]:
    """(kind, what is left): "Tổ dân phố số 03, phường ..." is ("to", "3")."""
    plain = re.split(r"[,;(]| - ", fold(text))[0]
    plain = " ".join(re.sub(r"[^a-z0-9/]+", " ", plain).split())
    kind = next((one for one in _KINDS if plain == one or re.match(rf"{one}(?= |[0-9])", plain)), "")
    rest = re.sub(r"^(so )", "", plain[len(kind) :].strip())
    rest = re.sub(r"\b0+(?=[0-9])", "", rest)
    return _SAME_KIND.get(kind, kind), rest


def name_key(name: str) -> str:
    """One key for the ways a name is written: with marks or without, Đ as D, any case, the given name first.

    Of all ways to begin the name with another of its words the first in order; words never trade places otherwise, so
    that Minh Anh and Anh Minh of one family stay two.
    """
    return min(turned(name), default="")


@lru_cache(maxsize=8192)
def turned(name: str) -> tuple[str, ...]:
    """The folded name, begun with each of its words in turn."""
    words = fold(name).split()
    return tuple(" ".join(words[at:] + words[:at]) for at in range(len(words)))


def same_birth(one: Birth, other: Birth) -> bool:
    """Whether two births may be the same: one year, and one day where both are known."""
    return one.year == other.year and (one.date is None or other.date is None or one.date == other.date)


def better_name(listed: str, known: str) -> str:
    """Which spelling stays: the list's; but one without marks or in another order never replaces a marked one."""
    if fold(listed) == fold(known):
        return known if listed.isascii() and not known.isascii() else listed
    return known if name_key(listed) == name_key(known) else listed


@dataclass(frozen=True)
class Reader:
    """How the lines of one list are understood.

    `columns` says where each field stands; `default` is the community of whoever's is not written.
    """

    columns: Mapping[str, int]
    communities: Communities
    default: uuid.UUID | None
    today: date

    def line(self, number: int, cells: Sequence[str]) -> Line:
        """Understand a line; what is wrong with it stands in its `faults`. Never raises."""
        text = {name: cells[index] if index < len(cells) else "" for name, index in self.columns.items()}
        line = Line(number)
        if any(value in _ERRORS for value in text.values()):
            line.fault("cell_error")
        _read_name(line, text.get("name") or f"{text.get('first', '')} {text.get('given', '')}")
        women = text.get("birth_women", "")  # their birth; or a tick, where one column has everybody's
        _read_birth(line, text.get("birth") or (women if any(map(str.isdigit, women)) else ""), self.today)
        if "birth_women" in self.columns and line.birth is not None and "sex" not in self.columns:
            line.sex = Sex.FEMALE if women else Sex.MALE
        if said := text.get("sex", ""):
            line.sex = _SEX_WORDS.get(_word(said))
            if line.sex is None:
                line.fault("sex_unreadable")
        _read_citizen_id(line, text.get("citizen_id", ""))
        _read_phone(line, text.get("phone", ""))
        if said := text.get("group", ""):
            line.group = read_group(said)
            if line.group is None:
                line.fault("group_unreadable")
        if said := text.get("relation", ""):
            line.relation = _RELATION_WORDS.get(_word(said))
            if line.relation is None:
                line.fault("relation_unreadable")
                line.relation = "other"
        _read_community(line, text.get("community", ""), self.communities, self.default)
        line.address = nfc(text.get("address", ""))[:200] or None
        _read_household(line, text, self.columns)
        return line


@lru_cache(maxsize=1024)
def _word(text: str) -> str:
    """A word one chooses among a few, folded; lists say the same ones over and over."""
    return re.sub(r"[^a-z/ ]+", "", fold(text)).strip()


def _read_name(line: Line, text: str) -> None:
    name = nfc(text)
    if name.isupper() and len(name) > 3:
        name = " ".join(word.capitalize() for word in name.lower().split())
    line.name = name
    if not name:
        line.fault("name_missing")
    elif not name_fits(name):
        line.fault("name_long")
    elif any(c.isdigit() for c in name):
        line.fault("name_digits")
    elif any(not (c.isalpha() or c in " '’-.") for c in name) or not name[0].isalpha():
        line.fault("name_symbols")
    elif len(name) < 2:
        line.fault("name_short")
    elif " " not in name:
        line.fault("name_one_word")


def _read_birth(line: Line, text: str, today: date) -> None:
    plain = text.strip().strip("'").strip()
    if not plain:
        line.fault("birth_missing")
        return
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", plain):  # the number Excel keeps for a day
        day = _EXCEL_DAY_ONE + timedelta(days=int(plain[:5]))
        plain = f"{day:%d/%m/%Y}"
    try:
        line.birth = parse_birth(plain)
    except Invalid as refused:
        if re.fullmatch(r"[0-9]{1,2}[/. -][0-9]{1,2}[/. -][0-9]{2}|[0-9]{2}", plain):
            line.fault("birth_short_year")
        elif "lịch" in refused.message:
            line.fault("birth_no_day")
        elif refused.message.startswith("Năm sinh"):
            line.fault("birth_too_old")
        else:
            line.fault("birth_unreadable")
        return
    born = line.birth
    if born.year > today.year or (born.date and born.date > today):
        line.birth = None
        line.fault("birth_future")
    elif born.year < OLDEST_BIRTH_YEAR:
        line.birth = None
        line.fault("birth_too_old")
    elif today.year - born.year > 110:
        line.fault("very_old")


def _read_citizen_id(line: Line, text: str) -> None:
    number = re.sub(r"[\s.'’\-]", "", text)
    if not number:
        return
    if re.fullmatch(r"[0-9]{10,11}", number):  # a cell of numbers loses its first noughts
        number = number.zfill(12)
        line.fault("id_zero")
    elif re.fullmatch(r"[0-9]{8}", number):
        number = number.zfill(9)
        line.fault("id_zero")
    if not re.fullmatch(r"[0-9]{12}|[0-9]{9}", number) or len(set(number)) == 1:
        line.fault("id_unusable")
        return
    line.citizen_id = number
    if len(number) == 9:
        line.fault("id_old")
    elif line.birth is not None:
        for said in citizen_id_warnings(number, line.birth.year, line.sex):
            line.fault("id_province" if "mã tỉnh" in said else "id_year" if said.startswith("Năm") else "id_sex")


def _read_phone(line: Line, text: str) -> None:
    first = re.split(r"[,;/]| - ", text)[0].strip().strip("'")
    digits = re.sub(r"[\s.()\-–]", "", first)
    if not digits:
        return
    if re.fullmatch(r"[35789][0-9]{8}|1[2-9][0-9]{8}", digits):  # a cell of numbers loses its nought
        digits = f"0{digits}"
    line.phone = normal_phone(digits)
    if line.phone is None:
        line.fault("phone_unusable")
    elif re.fullmatch(r"01[0-9]{9}|\+?841[0-9]{9}", digits):
        line.fault("phone_old")


@lru_cache(maxsize=1024)
def read_group(text: str) -> Group | None:
    """A learner group by its words, or by an occupation that tells."""
    plain = " ".join(re.sub(r"[^a-z,/ ]+", " ", fold(text)).split())
    for group, words in _GROUP_WORDS.items():
        if plain in words:
            return group
    for group, words in _GROUP_WORDS.items():
        if any(len(word) > 3 and re.search(rf"\b{word}\b", plain) for word in words):
            return group
    return None


def _read_community(line: Line, text: str, communities: Communities, default: uuid.UUID | None) -> None:
    if not text:
        line.community_id = default
        if default is None:
            line.fault("community_missing")
        return
    found = communities.find(text)
    if len(found) == 1:
        line.community_id = next(iter(found))
    else:
        line.fault("community_several" if found else "community_unknown")


def _read_household(line: Line, text: Mapping[str, str], columns: Mapping[str, int]) -> None:
    """What tells the line's household from others: its number, else its head's name; both within the community.

    With neither column the household is that of the last line that says "chủ hộ" (plan.py counts them).
    """
    head = text.get("head", "")
    if head:
        line.head_key = name_key(head)
    elif line.relation == "head":
        line.head_key = name_key(line.name)
    if "head" in columns and line.relation is None and line.head_key and line.head_key == name_key(line.name):
        line.relation = "head"
    place = str(line.community_id or "")
    if code := fold(text.get("household", "")).lstrip("0 "):
        line.household = ("code", place, code)
    elif line.head_key and "head" in columns:
        line.household = ("head", place, line.head_key)
    elif "household" not in columns and "head" not in columns:
        line.household = ("next", place)
    else:
        line.fault("household_missing")
