"""What people write about themselves and how it is read: phones, log-ins, birth dates, citizen ids. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.vietnamese import fold, name_sort_key, nfc


class Sex(StrEnum):
    """As on the citizen id."""

    MALE = "male"
    FEMALE = "female"


class Group(StrEnum):
    """Whose form a person fills in (QĐ 324/QĐ-KHVN 25/10/2023 has four)."""

    RESIDENTS = "residents"
    WORKERS = "workers"
    OFFICIALS = "officials"
    STUDENTS = "students"

    @property
    def criteria_set(self) -> str:
        """The id of the criteria set that is this group's form."""
        return f"citizen-324-{self.value}"


SEX_LABELS = {Sex.MALE: N_("Nam"), Sex.FEMALE: N_("Nữ")}
GROUP_LABELS = {
    Group.RESIDENTS: N_("Người dân trong xã, phường"),
    Group.WORKERS: N_("Người lao động"),
    Group.OFFICIALS: N_("Cán bộ, công nhân viên, doanh nhân"),
    Group.STUDENTS: N_("Học sinh, sinh viên, học viên"),
}
RELATION_LABELS = {
    "head": N_("chủ hộ"),
    "spouse": N_("vợ hoặc chồng chủ hộ"),
    "child": N_("con của chủ hộ"),
    "parent": N_("cha hoặc mẹ của chủ hộ"),
    "other": N_("người nhà"),
}
# (what the new head was to the old one, what somebody else was) -> what that one is to the new head; a child is also
# a son- or daughter-in-law. Whatever stands not here is "other": papers do not tell.
_RELATION_TO = {
    ("spouse", "head"): "spouse",
    ("spouse", "child"): "child",
    ("child", "head"): "parent",
    ("child", "spouse"): "parent",
    ("parent", "head"): "child",
    ("parent", "spouse"): "child",
}
# (what somebody is to the head of the household they enter, what another is to them) -> what the other is to the head.
_RELATION_THROUGH = {("spouse", "child"): "child", ("child", "spouse"): "child", ("parent", "spouse"): "parent"}
ADULT_AGE = 18
# No 0/O, 1/I/L, 5/S, 8/B, U/V: codes are read aloud and typed by hand.
CODE_ALPHABET = "234679ACDEFGHJKMNPQRTWXYZ"
PRIVACY_VERSION = "2026-12"  # of the text on the privacy page; another one asks everybody for consent anew
OLDEST_BIRTH_YEAR = 1900

# Plan of the Ministry of Information and Communications, 2018: 11 digits became 10.
OLD_MOBILE_PREFIXES = {
    **{f"016{n}": f"03{n}" for n in range(2, 10)},
    **{"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078"},
    **{"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082"},
    **{"0186": "056", "0188": "058", "0199": "059"},
}

# The 63 provinces before 1/7/2025, as citizen ids print them (first three digits; 1xx and up: registered abroad).
_PROVINCE_CODES = (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 "
    "044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 "
    "089 091 092 093 094 095 096"
)
CITIZEN_ID_PROVINCES = frozenset(_PROVINCE_CODES.split())

_IN_EMAIL = r"""[^@\s<>"',;:()\[\]\\]"""  # whatever else stands in an address means something to a mail server
_EMAIL = re.compile(rf"{_IN_EMAIL}+@{_IN_EMAIL}+\.(?:(?!\.){_IN_EMAIL}){{2,}}")

_COMMON_PASSWORDS = (
    "12345678 123456789 1234567890 0123456789 01234567 012345678 12341234 12344321 11223344 87654321 987654321 "
    "0987654321 123123123 123321123 147258369 123456aa 1234567a 12345678a 123456789a a123456789 a12345678 aa123456 "
    "abc12345 abcd1234 abc123456 abc123123 1q2w3e4r 1qaz2wsx q1w2e3r4 qwertyui qwertyuiop qwerty123 asdfghjk "
    "asdfghjkl password password1 password123 passw0rd p@ssw0rd iloveyou iloveyou1 admin123 admin1234 welcome1 "
    "matkhau1 matkhau123 matkhau@123 anhyeuem anhyeuem1 emyeuanh yeuemnhieu khongbiet khongcomatkhau vietnam1 "
    "vietnam123 vietnam@123 hanoi123 saigon123 hocsinh1 hoctap123 khuyenhoc congdanhoctap congdan123"
)
COMMON_PASSWORDS = frozenset(_COMMON_PASSWORDS.split())


@dataclass(frozen=True)
class Birth:
    """A birth date, or the year alone: many old people's papers have no more."""

    year: int
    date: date | None = None


def name_fits(name: str) -> bool:
    """Whether a name and the keys it is searched and sorted by have room in their columns.

    Some letters are one to the eye and many in a key: ligatures, other scripts. No name of up to 40 Latin letters is.
    """
    if len(name) <= 40 and max(name, default="") <= "\u1ef9":
        return True
    return len(name) <= 120 and len(fold(name)) <= 120 and len(name_sort_key(name)) <= 400


def normal_phone(text: str) -> str | None:
    """A Vietnamese mobile number as 10 digits (03, 05, 07, 08, 09), or None; +84 and old 11-digit numbers are taken."""
    digits = re.sub(r"[\s.()\-–]", "", unicodedata.normalize("NFKC", nfc(text)))
    if match := re.fullmatch(r"(?:\+|00)?84(?:\(0\))?0?([0-9]{9,10})", digits):
        digits = "0" + match[1]
    if re.fullmatch(r"[0-9]{11}", digits) and digits[:4] in OLD_MOBILE_PREFIXES:
        digits = OLD_MOBILE_PREFIXES[digits[:4]] + digits[4:]
    return digits if re.fullmatch(r"0[35789][0-9]{8}", digits) else None


def normal_login(text: str) -> str:
    """What an account is found by: a phone in its normal form, else a chosen name without marks, lower case.

    A chosen name has 3-40 characters of a-z, 0-9, dot, underscore, hyphen and at least one letter, so that a mistyped
    phone number never becomes a name. Raises Invalid(field="login").
    """
    if phone := normal_phone(text):
        return phone
    name = fold(text)
    if name and not re.search(r"[a-z]", name):
        raise Invalid(N_("Số điện thoại không đúng. Số di động có 10 chữ số, bắt đầu bằng 0."), field="login")
    if not re.fullmatch(r"[a-z0-9._-]{3,40}", name):
        message = N_(
            "Xin ghi số điện thoại, hoặc một tên từ 3 đến 40 chữ, số viết liền, không dấu cách, ví dụ lan1992."
        )
        raise Invalid(message, field="login")
    return name


def normal_email(text: str) -> str | None:
    """An e-mail address as typed, without spaces around; None for nothing. Raises Invalid(field="email").

    Whether it can be one at all is looked at, and no more: the first letter shows whether it is right.
    """
    address = nfc(text).strip()
    if not address:
        return None
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise Invalid(N_("Địa chỉ thư điện tử chưa đúng, ví dụ lan@thu.vn."), field="email")
    return address


def parse_birth(text: str, on: date | None = None) -> Birth:
    """Read "1992", "05/03/1992", "5-3-1992", "1992-03-05"; "00/00/1992" is the year alone, as old papers print it.

    A birth after `on` (where given) or before 1900 is refused. Raises Invalid(field="birth").
    """
    plain = unicodedata.normalize("NFKC", nfc(text)).replace(" ", "")
    if match := re.fullmatch(r"(?:0?0[/.-]0?0[/.-])?([0-9]{4})", plain):
        birth = Birth(int(match[1]))
    else:
        if match := re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", plain):
            day, month, year = match.groups()
        elif match := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", plain):
            year, month, day = match.groups()
        else:
            raise Invalid(N_("Nhập ngày sinh như 05/03/1992, hoặc chỉ năm sinh như 1992."), field="birth")
        try:
            birth = Birth(int(year), date(int(year), int(month), int(day)))
        except ValueError:
            raise Invalid(N_("Ngày sinh này không có trong lịch."), field="birth") from None
    if birth.year < OLDEST_BIRTH_YEAR or (on and (birth.year > on.year or (birth.date and birth.date > on))):
        raise Invalid(N_("Năm sinh không đúng."), field="birth")
    return birth


def normal_citizen_id(text: str) -> str:
    """A citizen id's 12 digits, or an old card's 9; spaces and dots are dropped. Raises Invalid(field="citizen_id")."""
    number = re.sub(r"[\s.\-]", "", unicodedata.normalize("NFKC", nfc(text)))
    if not re.fullmatch(r"[0-9]{12}|[0-9]{9}", number):
        message = N_("Số căn cước có 12 chữ số (chứng minh nhân dân cũ có 9 chữ số).")
        raise Invalid(message, field="citizen_id")
    return number


def citizen_id_warnings(text: str, birth_year: int, sex: Sex | None) -> list[str]:
    """What looks wrong in a citizen id: warnings only, since the number has no check digit. Old 9 digits say nothing.

    12 digits: 3 place of birth registration, 1 century and sex, 2 year of birth, 6 random (NĐ 137/2015/NĐ-CP, Điều 13).
    """
    number = normal_citizen_id(text)
    if len(number) == 9:
        return []
    warnings = []
    if number[0] == "0" and number[:3] not in CITIZEN_ID_PROVINCES:
        warnings.append(N_("Ba chữ số đầu của số căn cước không phải mã tỉnh, thành phố."))
    century_and_sex = int(number[3])
    if 1900 + century_and_sex // 2 * 100 + int(number[4:6]) != birth_year:
        warnings.append(N_("Năm sinh trong số căn cước khác với năm sinh đã nhập."))
    if sex and (sex is Sex.FEMALE) != (century_and_sex % 2 == 1):
        warnings.append(N_("Giới tính trong số căn cước khác với giới tính đã nhập."))
    return warnings


def citizen_id_hash(number: str, key: str) -> str:
    """HMAC-SHA256 (64 hex digits) of the normal number: finds the same number again, never shows it."""
    if not key:
        raise ValueError("a keyed hash needs a key")
    message = f"citizen-id:{normal_citizen_id(number)}"  # the same key signs other things: keep their messages apart
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def signed_paper(signed_on: date, paper: str) -> str:
    """How a signed paper is kept on record: its day and where it lies; in Vietnamese, whoever writes it down."""
    return f"Ký ngày {signed_on:%d/%m/%Y}; {paper}"


def is_adult(birth_year: int, year: int) -> bool:
    """Counted among a year's adults: turns 18 within that year, whatever the day.

    This is our own stated counting rule (papers give the year alone too often); reports print it as the definition.
    """
    return birth_year <= adult_born_by(year)


def adult_born_by(year: int) -> int:
    """The last year of birth counted as adult in a year, for who asks the database."""
    return year - ADULT_AGE


def relation_to(head_was: str, other_was: str) -> str:
    """What somebody is to a household's new head, from what both were to the old one (the old head was "head")."""
    return _RELATION_TO.get((head_was, other_was), "other")


def relation_through(entered_as: str, to_them: str) -> str:
    """What somebody who comes along is to the head, through the one they come with."""
    return to_them if entered_as == "head" else _RELATION_THROUGH.get((entered_as, to_them), "other")


def next_head(members: Sequence[tuple[str, int, uuid.UUID]], year: int) -> uuid.UUID | None:
    """Who becomes head when the head is gone: the spouse, else the eldest adult; None where no adult is left.

    `members` are (relation, birth year, person id) of those who stay.
    """
    adults = [one for one in members if is_adult(one[1], year)]
    chosen = min(adults, key=lambda one: (one[0] != "spouse", one[1], one[2]), default=None)
    return chosen[2] if chosen else None


def age(birth: Birth, on: date) -> int:
    """Full years on that day; with the year alone, the age reached by the end of that year."""
    if birth.date is None:
        return on.year - birth.year
    return on.year - birth.year - ((on.month, on.day) < (birth.date.month, birth.date.day))


def check_password(password: str, login: str) -> None:
    """Raises Invalid(field="password") for fewer than 8 or over 200 characters, a common password, or the log-in."""
    if len(password) < 8:
        raise Invalid(N_("Mật khẩu cần ít nhất 8 chữ hoặc số."), field="password")
    if len(password) > 200:
        raise Invalid(N_("Mật khẩu dài quá 200 ký tự."), field="password")
    plain = fold(password).replace(" ", "")
    if plain in COMMON_PASSWORDS or len(set(plain)) <= 2:
        raise Invalid(N_("Mật khẩu này quá dễ đoán. Xin chọn mật khẩu khác."), field="password")
    if plain == fold(login).replace(" ", "") or (
        normal_phone(password) and normal_phone(password) == normal_phone(login)
    ):
        raise Invalid(N_("Mật khẩu không được trùng với tên đăng nhập."), field="password")
