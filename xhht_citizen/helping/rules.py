"""Who may act for somebody: in which acts, until when. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from enum import StrEnum

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.groups.rules import last_mandate_day

MAX_PAPER = 150
ASKED_DAYS = 30  # how long a mandate lasts that is asked for by a slip, unless another day is chosen
BOUND_DAYS = 365  # who acted for somebody judges nothing of theirs for a year, whatever became of the mandate


class Act(StrEnum):
    """What a helper does for a person. Consent is not among it: it stays with the person, or on the person's paper."""

    EVIDENCE = "evidence"
    CASE = "case"
    DETAILS = "details"


ACT_LABELS: dict[Act, str] = {
    Act.EVIDENCE: N_("Ghi việc học và giấy tờ"),
    Act.CASE: N_("Đăng ký, tự chấm và gửi hồ sơ"),
    Act.DETAILS: N_("Sửa thông tin, nơi ở"),
}
ACT_HINTS: dict[Act, str] = {
    Act.EVIDENCE: N_("Ghi, sửa, bỏ việc đã học; thêm ảnh, tệp"),
    Act.CASE: N_("Cả rút hồ sơ và đề nghị xét lại"),
    Act.DETAILS: N_("Họ tên, ngày sinh, nhóm, số định danh, nơi ở"),
}


def read_acts(values: Iterable[str]) -> frozenset[Act]:
    """The acts of a stored row; a word nobody knows any more gives nothing."""
    return frozenset(Act(value) for value in values if value in set(Act))


def in_order(acts: Collection[Act]) -> list[Act]:
    """The acts as they stand in every list."""
    return [act for act in Act if act in acts]


def check_acts(values: Iterable[str]) -> list[Act]:
    """The acts chosen, in order. Invalid on `acts` when there is none."""
    acts = in_order(read_acts(values))
    if not acts:
        raise Invalid(N_("Chọn ít nhất một việc."), field="acts")
    return acts


def last_day(today: date) -> date:
    """The longest somebody may be named for: to the end of next year."""
    return last_mandate_day(today)


def check_until(until: date | None, today: date) -> date:
    """From today on, to the last day of next year. Invalid on `until`."""
    if until is None or until < today:
        raise Invalid(N_("Ghi ngày cuối được làm thay, từ hôm nay trở đi."), field="until")
    if until > last_day(today):
        raise Invalid(N_("Được làm thay lâu nhất đến ngày %(day)s."), field="until", day=f"{last_day(today):%d/%m/%Y}")
    return until


def check_paper(place: str | None, signed_on: date | None, today: date) -> str:
    """What is kept of a signed paper: where it lies and its day. Invalid on `place`, `signed_on`."""
    kept = " ".join((place or "").split())
    if not kept:
        raise Invalid(N_("Ghi nơi giữ tờ giấy có chữ ký."), field="place")
    if len(kept) > MAX_PAPER:
        raise Invalid(N_("Dài quá %(max)d chữ, xin viết ngắn hơn."), field="place", max=MAX_PAPER)
    if signed_on is None or signed_on > today or signed_on < today - timedelta(days=366):
        raise Invalid(N_("Ghi ngày ký, trong vòng một năm đến hôm nay."), field="signed_on")
    return f"{kept}, ký ngày {signed_on:%d/%m/%Y}"
