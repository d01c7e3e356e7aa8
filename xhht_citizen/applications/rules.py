"""The workflow as one table. It draws the buttons, guards the action, words the message and names the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from xhht_citizen.criteria.shapes import Line, Reads
from xhht_citizen.errors import N_, Conflict, Invalid


class State(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    OBJECTED = "objected"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    RECOMMENDED = "recommended"
    DECLINED = "declined"
    APPEALED = "appealed"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    State.DRAFT: N_("Bản nháp"),
    State.SUBMITTED: N_("Đã nhận hồ sơ"),
    State.ENDORSED: N_("Chi hội đã tán thành"),
    State.OBJECTED: N_("Chi hội chưa tán thành"),
    State.UNDER_REVIEW: N_("Phường, xã đang xét"),
    State.RETURNED: N_("Cần bổ sung"),
    State.RECOMMENDED: N_("Đã đề nghị công nhận"),
    State.DECLINED: N_("Chưa được công nhận"),
    State.APPEALED: N_("Đề nghị xét lại"),
    State.GRANTED: N_("Đã công nhận"),
    State.WITHDRAWN: N_("Đã rút"),
}

UNSENT = frozenset({State.DRAFT, State.WITHDRAWN})  # nobody else's business
EDITABLE = frozenset({State.DRAFT, State.RETURNED})
# Sent and not decided yet, wherever it lies: it must not be lost from sight when the year turns.
UNDECIDED = frozenset(
    {
        State.SUBMITTED,
        State.ENDORSED,
        State.OBJECTED,
        State.UNDER_REVIEW,
        State.RETURNED,
        State.RECOMMENDED,
        State.APPEALED,
    }
)
# With somebody else: the evidence in it must not change under a reviewer's eyes.
LOCKING = frozenset(
    {
        State.SUBMITTED,
        State.ENDORSED,
        State.OBJECTED,
        State.UNDER_REVIEW,
        State.RECOMMENDED,
        State.APPEALED,
        State.GRANTED,
    }
)
# What waits for a reviewer to begin; a new case too, where no community speaks first.
READY = frozenset({State.ENDORSED, State.OBJECTED, State.APPEALED})
ASSESSED = frozenset({State.RECOMMENDED, State.GRANTED, State.DECLINED, State.APPEALED})


@dataclass(frozen=True)
class Transition:
    """One step. `permission` is a key of access PERMISSIONS; `reason` says that a reason must be written."""

    name: str
    sources: frozenset[State]
    target: State
    permission: str
    label: str
    done: str
    reason: bool = False
    style: str = ""


S = State
TRANSITIONS: dict[str, Transition] = {
    step.name: step
    for step in (
        Transition(
            "submit",
            frozenset({S.DRAFT}),
            S.SUBMITTED,
            "application.own",
            N_("Gửi hồ sơ"),
            N_("Đã gửi hồ sơ"),
        ),
        Transition(
            "resubmit",  # back to the officer who asked, under the same number
            frozenset({S.RETURNED}),
            S.UNDER_REVIEW,
            "application.own",
            N_("Gửi lại hồ sơ"),
            N_("Đã gửi lại hồ sơ"),
        ),
        Transition(
            "withdraw",
            UNDECIDED,
            S.WITHDRAWN,
            "application.own",
            N_("Rút hồ sơ"),
            N_("Đã rút hồ sơ"),
            style="bad",
        ),
        Transition(
            "redraft",
            frozenset({S.WITHDRAWN}),
            S.DRAFT,
            "application.own",
            N_("Mở lại để sửa và gửi"),
            N_("Đã mở lại hồ sơ"),
        ),
        Transition(
            "endorse",
            frozenset({S.SUBMITTED, S.OBJECTED}),
            S.ENDORSED,
            "application.endorse",
            N_("Tán thành"),
            N_("Chi hội tán thành"),
        ),
        Transition(
            "object",  # the ward decides all the same, and sees why the community would not
            frozenset({S.SUBMITTED, S.ENDORSED}),
            S.OBJECTED,
            "application.endorse",
            N_("Chưa tán thành"),
            N_("Chi hội chưa tán thành"),
            reason=True,
            style="second",
        ),
        Transition(
            "take",
            frozenset({S.SUBMITTED, *READY}),
            S.UNDER_REVIEW,
            "application.review",
            N_("Nhận hồ sơ để xét"),
            N_("Bắt đầu xét"),
        ),
        Transition(
            "return",
            frozenset({S.UNDER_REVIEW}),
            S.RETURNED,
            "application.review",
            N_("Trả lại để bổ sung"),
            N_("Trả lại để bổ sung"),
            reason=True,
            style="second",
        ),
        Transition(
            "recommend",
            frozenset({S.UNDER_REVIEW}),
            S.RECOMMENDED,
            "application.review",
            N_("Đề nghị công nhận"),
            N_("Đề nghị công nhận"),
        ),
        Transition(
            "decline",
            frozenset({S.UNDER_REVIEW}),
            S.DECLINED,
            "application.review",
            N_("Không công nhận"),
            N_("Không công nhận"),
            reason=True,
            style="bad",
        ),
        Transition(
            "appeal",  # within the ward's days; somebody else decides
            frozenset({S.DECLINED}),
            S.APPEALED,
            "application.own",
            N_("Đề nghị xét lại"),
            N_("Đề nghị xét lại"),
            reason=True,
            style="second",
        ),
        Transition(
            "grant",
            frozenset({S.RECOMMENDED}),
            S.GRANTED,
            "application.grant",
            N_("Công nhận theo quyết định"),
            N_("Công nhận danh hiệu"),
        ),
        Transition(
            "reopen",
            frozenset({S.RECOMMENDED, S.DECLINED, S.GRANTED}),  # granted: only once the title is revoked
            S.UNDER_REVIEW,
            "application.reopen",
            N_("Mở lại để xét"),
            N_("Mở lại để xét"),
            reason=True,
            style="quiet",
        ),
    )
}


# In a case's history, but no steps of it: a case changed desks, a second person looked. Their words, for officers.
INNER = {"assign": N_("Giao cho người xét khác"), "look": N_("Xem lại lần hai")}


def available(state: State, *, community_step: bool, revoked: bool = False) -> list[Transition]:
    """The steps that lead on from a state. With the community's step, a reviewer waits for its endorsement.

    `revoked` says that the title the case led to was revoked: then even a granted case goes on.
    """
    return [
        step for step in TRANSITIONS.values() if possible(step, state, community_step=community_step, revoked=revoked)
    ]


def possible(step: Transition, state: State, *, community_step: bool, revoked: bool = False) -> bool:
    """Whether the step may be taken from this state."""
    if step.name == "take" and state is State.SUBMITTED and community_step:
        return False
    if step.name == "reopen" and state is State.GRANTED and not revoked:
        return False
    return state in step.sources


def guard(step: Transition, state: State, *, community_step: bool, reason: str | None, revoked: bool = False) -> None:
    """Raise Conflict when the step cannot be taken from here, Invalid when its reason is missing."""
    if not possible(step, state, community_step=community_step, revoked=revoked):
        if step.name == "take" and state is State.SUBMITTED:
            raise Conflict(N_("Hồ sơ còn chờ chi hội ở thôn, tổ bình xét trước."))
        if step.name == "reopen" and state is State.GRANTED:
            raise Conflict(N_("Danh hiệu đang có hiệu lực. Muốn xét lại, xin thu hồi danh hiệu trước."))
        raise Conflict(N_("Hồ sơ vừa sang bước khác, nên chưa làm được việc này. Xin xem lại trạng thái mới."))
    if step.reason and not (reason or "").strip():
        raise Invalid(N_("Xin ghi lý do, người nộp sẽ đọc được."), field="reason")


def may_answer(case: Any, row: Any) -> bool:
    """Whether a line of the case (`row` is None before its first answer) may be answered now.

    Of a case that was sent back: what the reviewer asked about, and what came to apply since it was sent. One that was
    sent back before questions were kept may be changed throughout.
    """
    if State(case.state) is State.RETURNED:
        kept = any(line.returned_as is not None for line in case.lines)
        return not kept or row is None or row.claimed_points is None or row.returned_as is not None
    return State(case.state) is State.DRAFT


def choices(line: Line) -> tuple[int, ...]:
    """What a line may be answered with: its ladder's points, all or nothing for a yes or no, none if it is counted."""
    if line.reads is Reads.RATIO:
        return ()
    if line.reads is Reads.MET:
        return (0, line.points)
    return tuple(rung.points for rung in line.ladder) or tuple(range(line.points + 1))


class Verdict(StrEnum):
    """What a reviewer says of one indicator."""

    CONFIRM = "confirm"
    CHANGE = "change"
    ASK = "ask"


@dataclass(frozen=True)
class Judgement:
    """A reviewer's word on one indicator; `points` only with CHANGE, `reason` with CHANGE and ASK."""

    code: str
    verdict: Verdict
    points: int | None = None
    reason: str | None = None


def check_judgement(judgement: Judgement, claimed: int | None, rungs: tuple[int, ...]) -> Judgement:
    """The judgement made whole, or Invalid on its field (`points-<code>`, `reason-<code>`)."""
    reason = (judgement.reason or "").strip() or None
    if judgement.verdict is Verdict.CONFIRM:
        return Judgement(judgement.code, Verdict.CONFIRM, claimed or 0, reason)
    if reason is None:
        raise Invalid(N_("Xin ghi lý do, người nộp sẽ đọc được."), field=f"reason-{judgement.code}")
    if judgement.verdict is Verdict.ASK:
        return Judgement(judgement.code, Verdict.ASK, None, reason)
    if judgement.points is None or judgement.points not in rungs:
        raise Invalid(N_("Chọn một mức điểm của chỉ số này."), field=f"points-{judgement.code}")
    return Judgement(judgement.code, Verdict.CHANGE, judgement.points, reason)


def read_mark(text: str, rungs: tuple[int, ...]) -> int | None:
    """The points a mark copied from paper means: the points themselves, or which box of the line from the left, 1 on.

    Where a number could be both, it is points. None for anything else.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1
    if number in rungs:
        return number
    return rungs[number - 1] if 1 <= number <= len(rungs) else None


def receipt(ward_code: str, year: int, number: int) -> str:
    """A receipt number: ward, year, running number. It never changes, through send-backs too."""
    return f"{ward_code}-{year % 100:02d}-{number:05d}"


def open_year(today: date) -> int:
    """The year that is being assessed on a day: the calendar year."""
    return today.year


def deadline(submit_by: date | None, year: int) -> date | None:
    """The ward's last day for cases of a year; None where it named none, or only one of an earlier year."""
    return submit_by if submit_by is not None and submit_by.year >= year else None


def is_late(submit_by: date | None, year: int, day: date) -> bool:
    """Whether a case of the year sent on this day comes after the ward's last day. It is taken all the same."""
    last = deadline(submit_by, year)
    return last is not None and day > last


def last_appeal_day(decided_on: date, days: int) -> date:
    """The last day on which a refusal of that day may be appealed; `days` are the ward's."""
    return decided_on + timedelta(days=days)


def kept_for_ever(detail: Mapping[str, object]) -> dict[str, object]:
    """What the audit, which nobody can correct, keeps of an event: codes, ids and numbers, never free words."""
    return {key: sorted(value) if isinstance(value, dict) else value for key, value in detail.items()}
