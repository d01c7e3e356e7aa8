"""What a title is: its public code, its decision, when it counts."""

from __future__ import annotations

import re
import secrets
from datetime import date
from enum import StrEnum

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.people.rules import CODE_ALPHABET

CODE_LENGTH = 10
MOST_NUMBER = 60


class Standing(StrEnum):
    """Whether a title counts on a day. A title of one year stays that year's for good and never expires."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


STANDING_LABELS = {
    Standing.VALID: N_("Còn hiệu lực"),
    Standing.EXPIRED: N_("Hết hạn"),
    Standing.REVOKED: N_("Đã thu hồi"),
}


def standing(*, revoked: bool, valid_until: date | None, today: date) -> Standing:
    """Where a title stands on a day; `valid_until` is the last day of a term, None for a title of a year."""
    if revoked:
        return Standing.REVOKED
    return Standing.EXPIRED if valid_until is not None and valid_until < today else Standing.VALID


def new_public_code() -> str:
    """A code nobody can guess: 25^10, about 46 bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def shown_code(code: str) -> str:
    """The code as printed: two groups of five."""
    return f"{code[:5]}-{code[5:]}"


def read_code(text: str) -> str | None:
    """A typed or scanned code in its stored form, or None when it cannot be one."""
    code = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None


def decision_key(number: str) -> str:
    """The number of a decision without spaces and case, so that "12 /qđ-ubnd" is "12/QĐ-UBND"."""
    return re.sub(r"\s+", "", number).upper()


def check_decision(number: str, decided_on: date, signatory: str, today: date) -> None:
    """Invalid on its field when a decision's number, date or signatory cannot be right."""
    if not decision_key(number) or not any(char.isdigit() for char in number):
        raise Invalid(N_("Ghi số quyết định, ví dụ 128/QĐ-UBND."), field="number")
    if max(len(number), len(decision_key(number))) > MOST_NUMBER:  # digits that were put into a long format, too
        raise Invalid(N_("Dài quá %(max)d chữ, xin viết ngắn hơn."), field="number", max=MOST_NUMBER)
    if decided_on > today:
        raise Invalid(N_("Ngày ký không thể sau hôm nay."), field="decided_on")
    if decided_on.year < 2000:
        raise Invalid(N_("Xin xem lại năm của ngày ký."), field="decided_on")
    if not signatory.strip():
        raise Invalid(N_("Ghi họ tên người ký quyết định."), field="signatory")
