"""Biên bản họp bình xét: the minutes of a community's meeting, as it was entered, to be printed and signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from xhht_citizen.batches.rules import Words, day_words
from xhht_citizen.exports.batch_papers import ROMAN, UNITS, thousands
from xhht_citizen.exports.paper import Annex, Column, Paper, Para, Part, Signs, by_lines
from xhht_citizen.groups.rules import KIND_LABELS, Kind


class Spoken(Protocol):
    """What the meeting said of one candidate; `votes` for, where they were counted."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def birth_year(self) -> int | None: ...
    @property
    def self_total(self) -> int: ...
    @property
    def votes(self) -> int | None: ...
    @property
    def reason(self) -> str | None: ...


class Minutes(Protocol):
    """A meeting whole: meetings.queries.minutes."""

    @property
    def community(self) -> str: ...
    @property
    def ward(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def held_on(self) -> date: ...
    @property
    def venue(self) -> str: ...
    @property
    def chair(self) -> str: ...
    @property
    def secretary(self) -> str: ...
    @property
    def present(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def way(self) -> str: ...
    @property
    def note(self) -> str | None: ...
    @property
    def endorsed(self) -> Sequence[Spoken]: ...
    @property
    def objected(self) -> Sequence[Spoken]: ...


def minutes_paper(minutes: Minutes, words: Words) -> Paper:
    """The minutes of a meeting, under the association of the ward in `words`."""
    said, refused = minutes.endorsed, minutes.objected
    branch = f"Chi hội Khuyến học {minutes.community}"
    voted = minutes.way == "votes"
    paras = (
        Para(f"Thời gian: {day_words(minutes.held_on)}."),
        Para(f"Địa điểm: {minutes.venue}."),
        Para(f"Thành phần tham dự: có mặt {thousands(minutes.present)}/{thousands(minutes.total)} người."),
        Para(f"Chủ trì: {minutes.chair}."),
        Para(f"Thư ký: {minutes.secretary}."),
        Para(f"Nội dung: bình xét hồ sơ đề nghị công nhận các danh hiệu học tập năm {minutes.year}."),
        Para(f"Hình thức: {'biểu quyết, đếm phiếu' if voted else 'thống nhất chung, không đếm phiếu'}."),
        Para(
            f"Kết quả: tán thành {thousands(len(said))} hồ sơ, chưa tán thành {thousands(len(refused))} hồ sơ "
            "(có danh sách kèm theo)."
        ),
        *([Para(f"Ý kiến khác: {minutes.note}")] if minutes.note else []),
        Para("Biên bản đã được đọc cho mọi người cùng nghe và thống nhất./."),
    )
    parts = (*_parts("Tán thành", said, voted, reasons=False), *_parts("Chưa tán thành", refused, voted, reasons=True))
    numbered = tuple(
        Part(f"{ROMAN[place]}. {part.heading}", part.columns, part.rows) for place, part in enumerate(parts)
    )
    return Paper(
        file_name="bien-ban-binh-xet",
        above=words.association,
        body=by_lines(branch),
        number="",
        place_day=f"{words.venue}, {day_words(minutes.held_on)}",
        kind="BIÊN BẢN",
        subject=f"Họp bình xét danh hiệu học tập năm {minutes.year} tại {minutes.community}, {minutes.ward}",
        paras=paras,
        recipients=(f"{words.association};", "Lưu: chi hội."),
        signs=Signs(("CHỦ TRÌ",), minutes.chair),
        signs_left=Signs(("THƯ KÝ",), minutes.secretary),
        annex=Annex(
            "DANH SÁCH BÌNH XÉT",
            f"danh hiệu học tập năm {minutes.year}",
            f"(Kèm theo Biên bản họp bình xét {day_words(minutes.held_on)} của {branch})",
            numbered,
        )
        if numbered
        else None,
    )


def _parts(words: str, of: Sequence[Spoken], voted: bool, *, reasons: bool) -> list[Part]:
    """A table for each kind that was spoken of."""
    made = []
    for kind in Kind:
        mine = [one for one in of if one.kind == kind]
        if not mine:
            continue
        last = Column("Lý do", 51) if reasons else Column("Số phiếu" if voted else "Ý kiến", 51, True)
        columns = (
            Column("TT", 13, True),
            Column("Họ và tên", 60),
            Column("Năm sinh", 20, True),
            Column("Tự chấm", 18, True),
            last,
        )
        rows = tuple(
            (
                thousands(number),
                one.name,
                str(one.birth_year or ""),
                str(one.self_total),
                (one.reason or "") if reasons else str(one.votes) if one.votes is not None else "tán thành",
            )
            for number, one in enumerate(mine, 1)
        )
        made.append(Part(f"{words}: {KIND_LABELS[kind]} ({thousands(len(rows))} {UNITS[kind]})", columns, rows))
    return made
