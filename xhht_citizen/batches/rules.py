"""What a batch and a body's paper may say: numbers, dates, signatures, and what stands in an empty field. Pure.

The layout of papers is that of NĐ 30/2020/NĐ-CP, annex I; here are only its words.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from xhht_citizen.errors import N_, Invalid


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    SIGNED = "signed"
    DROPPED = "dropped"


BATCH_LABELS = {
    BatchState.OPEN: N_("Đang lập"),
    BatchState.SIGNED: N_("Đã ký"),
    BatchState.DROPPED: N_("Đã bỏ"),
}


class Bar(StrEnum):
    """Why a case of a batch cannot be granted now."""

    LEFT = "left"  # it is not recommended any more
    LOOK = "look"  # a second person has not looked at it yet
    CONSENT = "consent"
    KIN = "kin"  # the signer's own, of the household, of whom they act for, or of a group they speak for
    HELD = "held"


BAR_LABELS = {
    Bar.LEFT: N_("Không còn ở bước chờ quyết định"),
    Bar.LOOK: N_("Chờ người thứ hai xem lại"),
    Bar.CONSENT: N_("Người nộp đã rút đồng ý"),
    Bar.KIN: N_("Người khác ký"),
    Bar.HELD: N_("Đã có danh hiệu của năm này"),
}
# The same in a tag's few words.
BAR_TAGS = {
    Bar.LEFT: N_("Không còn chờ"),
    Bar.LOOK: N_("Chờ xem lại"),
    Bar.CONSENT: N_("Rút đồng ý"),
    Bar.KIN: N_("Người khác ký"),
    Bar.HELD: N_("Đã có"),
}
IN_REQUEST = 200  # more titles than these are granted by a job, whose page shows that it goes on
MOST_CASES = 10_000  # in one batch
SIGNS_FOR = (
    ("", N_("Không ghi: người đứng đầu ký theo thẩm quyền của mình")),
    ("TM. ỦY BAN NHÂN DÂN", N_("TM. (thay mặt) Ủy ban nhân dân")),
    ("KT. CHỦ TỊCH", N_("KT. (ký thay) Chủ tịch")),
    ("TL. CHỦ TỊCH", N_("TL. (thừa lệnh) Chủ tịch")),
)
NUMBER_GAP = "      "  # what is left open on a draft, to be written in by hand


@dataclass(frozen=True)
class Words:
    """What stands on a body's papers, every field filled: the body's own words, or the stated defaults.

    `number_format` and `submission_format` have {number} and may have {year}. `recipients` and `grounds`: one a line;
    `grounds` are what a decision rests on, empty for the usual ones of the titles it names.
    """

    superior_body: str
    issuing_body: str
    association: str
    venue: str
    number_format: str
    submission_format: str
    signs_for: str
    signatory_post: str
    signatory: str
    association_head: str
    recipients: str
    grounds: str

    def or_else(self, default: Words) -> Words:
        """These words, with the default's where one is empty. Two are rightly empty: the superior body, signs_for."""
        keep = {"superior_body", "signs_for"}
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(default, **{name: text for name, text in given.items() if text or name in keep})


def default_words(
    place: str, *, province: bool, issuing_body: str, association: str = "", signatory: str = ""
) -> Words:
    """What stands on the papers of a ward ("Phường Hương Trà") or province that has not said so itself."""
    lower = place[:1].lower() + place[1:]
    kind = next((word for word in ("phường", "xã", "đặc khu", "thành phố", "tỉnh") if lower.startswith(word)), "")
    return Words(
        superior_body="",
        issuing_body=issuing_body,
        association=association or f"Hội Khuyến học {lower}",
        venue=place[len(kind) :].strip() or place,
        number_format="{number}/QĐ-UBND",
        submission_format="{number}/TTr-HKH",
        signs_for="",
        signatory_post="CHỦ TỊCH",
        signatory=signatory,
        association_head="",
        recipients=recipients(province=province),
        grounds="",
    )


def recipients(*, province: bool) -> str:
    """Who gets a copy, one a line, as is usual."""
    above = "Hội Khuyến học Việt Nam;" if province else "Hội Khuyến học cấp tỉnh;"
    return "\n".join(("Như Điều 3;", above, "Lưu: VT, HKH."))


def check_format(text: str, field: str) -> str:
    """A format of numbers, cleaned. Invalid on its field when it lacks {number} or has other places to fill."""
    text = " ".join(text.split())
    bare = text.replace("{number}", "", 1).replace("{year}", "", 1)
    if text and ("{number}" not in text or "{" in bare or "}" in bare):
        raise Invalid(N_("Ghi %(gap)s vào chỗ của số, ví dụ %(gap)s/QĐ-UBND."), field=field, gap="{number}")
    return text


def full_number(typed: str, number_format: str, year: int) -> str:
    """The whole number of a document; digits alone are put into the body's format: "12" -> "12/QĐ-UBND".

    Under 10 with a nought before it, as NĐ 30/2020/NĐ-CP has it: "5" -> "05/QĐ-UBND".
    """
    typed = " ".join(typed.split())
    if re.fullmatch(r"[0-9]+", typed):
        return number_format.replace("{number}", typed.zfill(2)).replace("{year}", str(year))
    return typed


def number_line(number: str | None, number_format: str, year: int) -> str:
    """The number as a paper's first row has it; None leaves room for it, as on every draft."""
    return number or number_format.replace("{number}", NUMBER_GAP).replace("{year}", str(year))


def day_words(day: date | None, year: int | None = None) -> str:
    """A date in words: days under 10 and months 1 and 2 with a leading nought, so that nobody can add a digit.

    None leaves room for day and month; `year` is then printed where it is known.
    """
    if day is None:
        return f"ngày      tháng      năm {year}" if year else "ngày      tháng      năm      "
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def signature(words: Words, post: str | None = None) -> tuple[str, ...]:
    """The lines above the name of who signs: "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", or the second alone."""
    lines = (words.signs_for, post or words.signatory_post)
    return tuple(line.upper() for line in lines if line)


def authority(words: Words) -> str:
    """In whose name a decision speaks: the committee's where it is signed for it, else its chairman's."""
    body = words.issuing_body.upper()
    return body if words.signs_for.upper().startswith("TM") else f"CHỦ TỊCH {body}"


def check_words(words: Words) -> Words:
    """A body's words as they are kept: trimmed, formats whole, a known way to sign."""
    cleaned = {one.name: " ".join(str(getattr(words, one.name)).split()) for one in fields(words)}
    for name in ("recipients", "grounds"):
        lines = [" ".join(line.split()) for line in str(getattr(words, name)).splitlines()]
        cleaned[name] = "\n".join(line for line in lines if line)
    for name in ("number_format", "submission_format"):
        cleaned[name] = check_format(cleaned[name], name)
    if cleaned["signs_for"] not in {value for value, _ in SIGNS_FOR}:
        raise Invalid(N_("Xin chọn một mục trong danh sách."), field="signs_for")
    return Words(**cleaned)


def check_name(name: str) -> str:
    """A batch's name. Invalid when it is empty."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(N_("Ghi tên đợt, ví dụ Đợt 1 năm 2026."), field="name")
    return name


def fingerprint(versions: Iterable[tuple[uuid.UUID, int]]) -> str:
    """What a signer saw, in 32 letters: which cases, in which versions."""
    told = ",".join(sorted(f"{key}:{version}" for key, version in versions))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
