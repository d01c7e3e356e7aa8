"""What a meeting of a community may say, and when it has said it: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from xhht_citizen.errors import N_, Invalid

MAX_TEXT = 200
MAX_NAME = 120
MAX_REASON = 2000
MAX_PEOPLE = 100_000
OLDEST = timedelta(days=366)  # a meeting of longer ago is a typing mistake
# Provisional: no public text names the share; said on the page where votes are entered.
MAJORITY = N_("Tán thành khi có quá nửa số người có mặt đồng ý.")


class Way(StrEnum):
    """How the meeting decided."""

    VOTES = "votes"
    CONSENSUS = "consensus"


class Outcome(StrEnum):
    """What it said of a candidate."""

    ENDORSED = "endorsed"
    OBJECTED = "objected"


WAY_LABELS = {Way.VOTES: N_("Biểu quyết, đếm phiếu"), Way.CONSENSUS: N_("Thống nhất chung, không đếm phiếu")}
OUTCOME_LABELS = {Outcome.ENDORSED: N_("Tán thành"), Outcome.OBJECTED: N_("Chưa tán thành")}


@dataclass(frozen=True)
class Details:
    """A meeting: when and where, who led and who wrote, `present` of `total` that were asked to come."""

    held_on: date
    venue: str
    chair: str
    secretary: str
    present: int
    total: int
    way: Way
    note: str | None = None


@dataclass(frozen=True)
class Said:
    """What was said of one candidate; `votes` for, only where votes were counted, `reason` only of an objection."""

    outcome: Outcome
    votes: int | None = None
    reason: str | None = None


def carried(votes: int, present: int) -> bool:
    """Whether so many votes of those present are enough: more than half."""
    return votes * 2 > present


def check_details(details: Details, today: date) -> Details:
    """The details made whole, or Invalid on `held_on`, `venue`, `chair`, `secretary`, `present`, `total` or `note`."""
    if details.held_on > today:
        raise Invalid(N_("Ngày họp không thể ở sau hôm nay."), field="held_on")
    if details.held_on < today - OLDEST:
        raise Invalid(N_("Ngày họp đã quá một năm. Xin xem lại."), field="held_on")
    texts = {}
    for field, text, most, message in (
        ("venue", details.venue, MAX_TEXT, N_("Ghi nơi họp.")),
        ("chair", details.chair, MAX_NAME, N_("Ghi họ tên người chủ trì.")),
        ("secretary", details.secretary, MAX_NAME, N_("Ghi họ tên thư ký.")),
    ):
        texts[field] = " ".join(text.split())
        if len(texts[field]) < 2:
            raise Invalid(message, field=field)
        if len(texts[field]) > most:
            raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field=field, most=most)
    note = (details.note or "").strip() or None
    if note is not None and len(note) > MAX_REASON:
        raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field="note", most=MAX_REASON)
    if not 1 <= details.total <= MAX_PEOPLE:
        raise Invalid(N_("Ghi số người được mời, từ 1 người."), field="total")
    if not 1 <= details.present <= details.total:
        raise Invalid(N_("Số người có mặt từ 1 đến số được mời (%(total)s)."), field="present", total=details.total)
    return Details(
        details.held_on,
        texts["venue"],
        texts["chair"],
        texts["secretary"],
        details.present,
        details.total,
        Way(details.way),
        note,
    )


def check_said(said: Said, details: Details, name: str, key: str) -> Said:
    """What was said of a candidate made whole, or Invalid on `votes-<key>` or `reason-<key>`, naming the candidate."""
    reason = (said.reason or "").strip() or None
    votes = said.votes if details.way is Way.VOTES else None
    if details.way is Way.VOTES:
        if votes is None:
            raise Invalid(N_("%(name)s: ghi số phiếu tán thành."), field=f"votes-{key}", name=name)
        if not 0 <= votes <= details.present:
            raise Invalid(
                N_("%(name)s: số phiếu từ 0 đến số người có mặt (%(present)s)."),
                field=f"votes-{key}",
                name=name,
                present=details.present,
            )
        if carried(votes, details.present) is not (said.outcome is Outcome.ENDORSED):
            message = (
                N_("%(name)s: %(votes)s/%(present)s phiếu chưa quá nửa nên không ghi là tán thành được.")
                if said.outcome is Outcome.ENDORSED
                else N_("%(name)s: %(votes)s/%(present)s phiếu là quá nửa nên không ghi là chưa tán thành được.")
            )
            raise Invalid(message, field=f"votes-{key}", name=name, votes=votes, present=details.present)
    if said.outcome is Outcome.ENDORSED:
        return Said(Outcome.ENDORSED, votes)
    if reason is None:
        raise Invalid(N_("%(name)s: ghi lý do, người nộp sẽ đọc được."), field=f"reason-{key}", name=name)
    if len(reason) > MAX_REASON:
        raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field=f"reason-{key}", most=MAX_REASON)
    return Said(Outcome.OBJECTED, votes, reason)


def tally(outcomes: Iterable[str]) -> dict[Outcome, int]:
    """How many were endorsed and how many were not."""
    found = dict.fromkeys(Outcome, 0)
    for one in outcomes:
        found[Outcome(one)] += 1
    return found
