"""Questions a case or a ward's work raises, and from where on: QUESTIONS. They ask, and accuse nobody. Pure.

The marks are ours, not the law's; the screens say them.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from xhht_citizen.errors import N_

SHARED_BY = 2  # people in the ward whose evidence holds the same file, or the same number of a certificate
SHORTEST_CODE = 6  # letters and digits: shorter numbers are the same by chance
MANY_PEOPLE = 50  # people for whom one account wrote down evidence in a year
READING_SECONDS = 45  # below this, the middle time between two conclusions is shorter than reading a case
ENOUGH_CONCLUSIONS = 10  # fewer conclusions have no middle worth asking about
LATEST_STEPS = 400  # of an officer, that the middle time is taken of
ENOUGH_CASES = 20  # decided cases of a community before "everybody passed" is a question


class Question(StrEnum):
    """What may be asked."""

    SAME_FILE = "same_file"
    SAME_CODE = "same_code"
    MANY_ENTRIES = "many_entries"
    OWN_ENTRY = "own_entry"
    AGAIN = "again"
    FAST = "fast"
    EVERYBODY = "everybody"


@dataclass(frozen=True)
class Asked:
    """A question's words. `picks`: a case that raises it gets a second look whenever it is recommended.

    The others are of an officer or a community, not of one case: they stand on screens and pick nothing.
    """

    title: str
    text: str
    picks: bool


QUESTIONS: dict[Question, Asked] = {
    Question.SAME_FILE: Asked(
        N_("Cùng một ảnh ở nhiều người"),
        N_("Tệp minh chứng giống hệt nhau ở %(people)s người khác trong phường, xã. Có thể là ảnh chụp chung."),
        picks=True,
    ),
    Question.SAME_CODE: Asked(
        N_("Cùng một mã giấy chứng nhận ở nhiều người"),
        N_(
            "Số hoặc mã trên giấy chứng nhận giống hệt ở %(people)s người khác trong phường, xã. "
            "Có thể là mã chung của cả lớp hoặc của nơi cấp."
        ),
        picks=True,
    ),
    Question.MANY_ENTRIES: Asked(
        N_("Một tài khoản ghi cho nhiều người"),
        N_("Minh chứng do một tài khoản ghi; tài khoản này đã ghi cho %(people)s người trong năm."),
        picks=True,
    ),
    Question.OWN_ENTRY: Asked(
        N_("Người nhập cũng là người xét"),
        N_("Hồ sơ được nhập hộ và đang do chính người nhập xét."),
        picks=True,
    ),
    Question.AGAIN: Asked(
        N_("Lần xem lại trước chưa đồng ý"),
        N_("Người xem lại lần trước chưa đồng ý đề nghị công nhận."),
        picks=True,
    ),
    Question.FAST: Asked(
        N_("Kết luận nhanh hơn thời gian đọc"),
        N_("Giữa hai kết luận của người xét thường chỉ có %(seconds)s giây, tính trên %(count)s hồ sơ."),
        picks=False,
    ),
    Question.EVERYBODY: Asked(
        N_("Nơi ai cũng đạt"),
        N_("Ở %(place)s, cả %(count)s/%(count)s hồ sơ đã xét đều được đề nghị."),
        picks=False,
    ),
}
PICKS = frozenset(name for name, asked in QUESTIONS.items() if asked.picks)
CONCLUDING = frozenset({"recommend", "return", "decline"})


@dataclass(frozen=True)
class Doubt:
    """A question raised, with the numbers that raise it."""

    question: Question
    values: dict[str, object] = field(default_factory=dict)

    @property
    def asked(self) -> Asked:
        """Its words."""
        return QUESTIONS[self.question]


@dataclass(frozen=True)
class Pace:
    """The middle time, in whole seconds, between an officer's step and the conclusion that follows it."""

    seconds: int
    count: int

    @property
    def questionable(self) -> bool:
        """Whether it is shorter than reading takes, over enough cases."""
        return self.count >= ENOUGH_CONCLUSIONS and self.seconds < READING_SECONDS


def pace(steps: Sequence[tuple[str, datetime, bool]]) -> Pace:
    """The pace of an officer's steps (name, moment, done in bulk), the oldest first.

    A bulk is one act on a list and no reading: its steps are left out. A pause counts as it is; the middle one of all
    does not mind lunch.
    """
    read = [(name, at) for name, at, bulk in steps if not bulk]
    gaps = [(at - before).total_seconds() for (_, before), (name, at) in pairwise(read) if name in CONCLUDING]
    return Pace(round(statistics.median(gaps)) if gaps else 0, len(gaps))
