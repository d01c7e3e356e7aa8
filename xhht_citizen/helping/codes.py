"""What a slip and a pin may be: how a code is written and read, how long it holds, which pins are too easy. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.people.rules import CODE_ALPHABET
from xhht_citizen.vietnamese import fold, nfc


class Purpose(StrEnum):
    """What the bearer of a slip may do."""

    CLAIM = "claim"
    PASSWORD = "password"  # noqa: S105 (the name of a purpose)


class Standing(StrEnum):
    """Where a slip stands."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"
    LOCKED = "locked"


# A claim slip waits in a drawer until the family comes home; one for a password is asked for by who needs it now.
DAYS = {Purpose.CLAIM: 60, Purpose.PASSWORD: 3}
STANDING_LABELS = {
    Standing.OPEN: N_("Còn dùng được"),
    Standing.USED: N_("Đã dùng"),
    Standing.REVOKED: N_("Đã hủy"),
    Standing.EXPIRED: N_("Đã hết hạn"),
    Standing.LOCKED: N_("Đã khóa"),
}
REFUSED = {
    Standing.USED: N_("Phiếu này đã dùng rồi. Mỗi phiếu chỉ dùng được một lần."),
    Standing.REVOKED: N_("Phiếu này đã hủy vì có phiếu mới hơn. Xin dùng phiếu mới, hoặc hỏi nơi phát phiếu."),
    Standing.EXPIRED: N_("Phiếu này đã hết hạn. Xin phiếu mới ở chi hội hoặc Hội Khuyến học phường, xã."),
    Standing.LOCKED: N_("Phiếu này đã khóa vì nhập sai năm sinh nhiều lần. Xin phiếu mới ở nơi phát phiếu."),
}
MOST_TRIES = 5  # wrong years of birth, and the slip is locked; wrong pins, and the phone forgets the account
GROUPS, LETTERS = 3, 5  # 25^15: about 70 bits
MOST_SLIPS = 2000  # of one job: 250 sheets; a whole ward is printed community by community
KEPT_DAYS, KEPT_AFTER_FETCH_DAYS = 7, 1  # a PDF with codes in clear

# A helper is asked by word of mouth, and answers within days: shorter, and only who is signed in tries it, few times.
MANDATE_DAYS = 7
MANDATE_GROUPS = 2  # 25^10: about 46 bits
MOST_MANDATE_SLIPS = 3  # open at once
MANDATE_REFUSED = {
    Standing.USED: N_("Mã này đã có người nhận. Mỗi mã chỉ dùng được một lần."),
    Standing.REVOKED: N_("Mã này đã được hủy. Xin người nhờ làm mã mới."),
    Standing.EXPIRED: N_("Mã này đã hết hạn. Xin người nhờ làm mã mới."),
}

PIN_DAYS = 180
# What people choose first everywhere, and columns of the keys of a phone.
_COLUMNS = "2580 0852 1379 1397 1470 1590 3690 7410 8520 9630 147258 159357 258456 147369"
_COMMON_PINS = frozenset(_COLUMNS.split())


@dataclass(frozen=True)
class Times:
    """The moments of a slip."""

    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    tries: int = 0


def standing(times: Times, at: datetime) -> Standing:
    """Where a slip stands at a moment; what was used or revoked stays so."""
    if times.used_at is not None:
        return Standing.USED
    if times.revoked_at is not None:
        return Standing.REVOKED
    if times.expires_at <= at:
        return Standing.EXPIRED
    return Standing.LOCKED if times.tries >= MOST_TRIES else Standing.OPEN


def expires(purpose: Purpose, made_at: datetime) -> datetime:
    """Until when a slip made at that moment may be used."""
    return made_at + timedelta(days=DAYS[purpose])


def new_code() -> str:
    """Three groups of five letters and digits that are not mistaken for each other: ABCDE-FGHJK-MNPQR."""
    return "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))


def normal_code(text: str, groups: int = GROUPS) -> str | None:
    """A code as it was typed, in its one form ABCDE-FGHJK-MNPQR (of so many groups); None when it cannot be one.

    Small letters, spaces, dots and any dash between or inside the groups are taken.
    """
    wide = unicodedata.normalize("NFKC", nfc(text)).upper()
    plain = "".join(char for char in wide if char.isalnum())
    if len(plain) != groups * LETTERS or any(char not in CODE_ALPHABET for char in plain):
        return None
    return "-".join(plain[at : at + LETTERS] for at in range(0, len(plain), LETTERS))


def code_hash(code: str, key: str) -> str:
    """HMAC-SHA256 (64 hex digits) of a code in its one form: finds the slip again, never shows the code."""
    return _keyed("slip", code, key)


def mandate_code(slip_id: uuid.UUID, key: str) -> str:
    """The code of a mandate slip, ABCDE-FGHJK: made from its id and the secret, so that its owner may read it again
    while nothing that is kept shows it.
    """
    number = int(_keyed("mandate-code", str(slip_id), key), 16)
    letters = []
    for _ in range(MANDATE_GROUPS * LETTERS):
        number, at = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[at])
    return "-".join("".join(letters[at : at + LETTERS]) for at in range(0, len(letters), LETTERS))


def mandate_hash(code: str, key: str) -> str:
    """HMAC-SHA256 (64 hex digits) of a mandate slip's code in its one form."""
    return _keyed("mandate", code, key)


def device_hash(device: str, key: str) -> str:
    """HMAC-SHA256 (64 hex digits) of the random name a phone carries in its cookie."""
    return _keyed("device", device, key)


def _keyed(kind: str, text: str, key: str) -> str:
    if not key:
        raise ValueError("a keyed hash needs a key")
    return hmac.new(key.encode(), f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def check_pin(pin: str, *, birth_year: int, login: str) -> str:
    """A pin of 4 to 6 digits that is not the first one anybody tries; returns it. Raises Invalid(field="pin").

    Refused: one digit throughout, a run up or down, a part repeated, the year of birth, what the log-in ends with.
    """
    digits = unicodedata.normalize("NFKC", pin).strip()
    if not (4 <= len(digits) <= 6 and digits.isascii() and digits.isdigit()):
        raise Invalid(N_("Mã PIN gồm 4 đến 6 chữ số."), field="pin")
    if _easy(digits) or str(birth_year) in digits:
        raise Invalid(N_("Mã PIN này quá dễ đoán. Xin chọn mã khác, không theo dãy số hay năm sinh."), field="pin")
    if fold(login).endswith(digits):
        raise Invalid(N_("Mã PIN không được là các số cuối của tên đăng nhập."), field="pin")
    return digits


def _easy(digits: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    halves = any(len(digits) % size == 0 and digits[:size] * (len(digits) // size) == digits for size in (1, 2, 3))
    return steps <= {1} or steps <= {9} or halves or digits in _COMMON_PINS


def pin_holds(made_at: datetime, password_changed_at: datetime, at: datetime) -> bool:
    """Whether a pin still opens the account: not after the password changed, nor after half a year."""
    return password_changed_at <= made_at and at < made_at + timedelta(days=PIN_DAYS)


def short_name(name: str) -> str:
    """A name on a phone that a family shares: "Trần Thị Mẫu Lan" -> "T. T. M. Lan"."""
    words = nfc(name).split()
    return " ".join([*(f"{word[0]}." for word in words[:-1]), *words[-1:]])
