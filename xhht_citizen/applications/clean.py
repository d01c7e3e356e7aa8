"""What keeps a case out of a bulk recommendation: BLEMISHES in the order they are said, one reason a case. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from xhht_citizen.applications.rules import State
from xhht_citizen.errors import N_

MOST = 200  # cases in one bulk: what somebody may still read through before pressing


class Blemish(StrEnum):
    """Why a case is not clean."""

    FAMILY = "family"
    GROUP = "group"
    COMMUNITY = "community"
    OBJECTED = "objected"
    APPEALED = "appealed"
    STATE = "state"
    OTHERS = "others"
    CONSENT = "consent"
    ENTERED = "entered"
    ANSWER = "answer"
    JUDGED = "judged"
    GAPS = "gaps"
    FAILING = "failing"


BLEMISHES: dict[Blemish, str] = {
    Blemish.FAMILY: N_("hồ sơ của ông/bà, người cùng nhà hoặc người ông/bà làm thay, người khác xét"),
    Blemish.GROUP: N_("hồ sơ của nhóm, xét từng hồ sơ vì còn đếm từ danh sách"),
    Blemish.COMMUNITY: N_("còn chờ chi hội ở thôn, tổ bình xét"),
    Blemish.OBJECTED: N_("chi hội chưa tán thành, cần đọc lý do"),
    Blemish.APPEALED: N_("người nộp đề nghị xét lại, cần đọc lại từ đầu"),
    Blemish.STATE: N_("không ở bước chờ xét"),
    Blemish.OTHERS: N_("đang ở bàn của người khác"),
    Blemish.CONSENT: N_("người nộp chưa đồng ý, hoặc đã rút đồng ý cho dùng thông tin"),
    Blemish.ENTERED: N_("do chính ông/bà nhập, người khác xét hoặc ông/bà xét từng hồ sơ"),
    Blemish.ANSWER: N_("vừa gửi lại sau khi bổ sung, cần đọc phần đã sửa"),
    Blemish.JUDGED: N_("đã có chỉ số được đổi điểm hoặc hỏi thêm"),
    Blemish.GAPS: N_("còn thiếu minh chứng"),
    Blemish.FAILING: N_("điểm tự chấm chưa đủ điều kiện"),
}
READABLE = frozenset({State.SUBMITTED, State.ENDORSED, State.UNDER_REVIEW})


@dataclass(frozen=True)
class Standing:
    """A case, reduced to what cleanness asks. `held_by_other`: on another's desk; `waits`: for its community.

    `appealed`: once in its year, wherever it lies now.
    """

    state: State
    citizen: bool = True
    family: bool = False
    waits: bool = False
    held_by_other: bool = False
    appealed: bool = False
    consented: bool = True
    entered_by_me: bool = False
    resubmitted: bool = False
    verdicts: tuple[str | None, ...] = ()
    gaps: int = 0
    passes: bool = True


def blemish(of: Standing) -> Blemish | None:
    """The first reason why the case is not clean; None when it is."""
    reasons = {
        Blemish.FAMILY: of.family,
        Blemish.GROUP: not of.citizen,
        Blemish.COMMUNITY: of.state is State.SUBMITTED and of.waits,
        Blemish.OBJECTED: of.state is State.OBJECTED,
        Blemish.APPEALED: of.state is State.APPEALED or (of.appealed and of.state in READABLE),
        Blemish.STATE: of.state not in READABLE,
        Blemish.OTHERS: of.held_by_other,
        Blemish.CONSENT: not of.consented,
        Blemish.ENTERED: of.entered_by_me,
        Blemish.ANSWER: of.resubmitted and None in of.verdicts,
        Blemish.JUDGED: bool({"change", "ask"} & set(of.verdicts)),
        Blemish.GAPS: of.gaps > 0,
        Blemish.FAILING: not of.passes,
    }
    return next((reason for reason in BLEMISHES if reasons[reason]), None)
