"""Days as people write them: 21/11/2026, 21-11-26, 21/11, 21112026, thứ bảy ngày 21 tháng mười một, hôm qua; or what
is missing.

Nothing is guessed: what could be two days is asked for again, with an example.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from xhht_citizen.errors import N_
from xhht_citizen.vietnamese import fold

NO_DAY = N_("Ghi ngày/tháng/năm, ví dụ 21/11/2026.")
NOT_THERE = N_("Ghi ngày/tháng/năm có trong lịch, ví dụ 21/11/2026.")
ONLY_MONTH = N_("Mới có tháng. Xin ghi cả ngày, ví dụ 15/11/2026; không nhớ rõ thì ghi ngày gần đúng.")
ONLY_YEAR = N_("Mới có năm. Xin ghi cả ngày và tháng, ví dụ 15/11/2026; không nhớ rõ thì ghi gần đúng.")
WHICH_YEAR = N_("Xin ghi cả năm bốn chữ số, ví dụ 21/11/2026.")

_WORDS = {"hom nay": 0, "nay": 0, "sang nay": 0, "hom qua": 1, "qua": 1, "toi qua": 1, "hom kia": 2}
_SUNDAYS = {"chu nhat", "chu nhat vua roi", "chu nhat vua qua", "chu nhat tuan truoc", "cn"}
# "tháng giêng" and "tháng chạp" are of the lunar calendar: they are asked for again.
_MONTHS = ("mot", "hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot", "muoi hai")
_NUMBERED = {word: str(number) for number, word in enumerate(_MONTHS, 1)}
_WEEKDAYS = ("thu hai", "thu ba", "thu tu", "thu nam", "thu sau", "thu bay", "chu nhat")
_WEEKDAY = re.compile(r"((?:thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat),? )(?=(?:ngay )?\d)")
_NAMED = re.compile(r"(?<=\d thang )(muoi (?:mot|hai)|" + "|".join(_MONTHS[:10]) + r")(?= nam \d|[ ,/.-]+\d|$)")
_PARTS = re.compile(r"(?:ngay )?(\d{1,2})[/. -](\d{1,2})(?:(?:[/. -]|,? nam )(\d{4}|\d{2}))?")
_SPOKEN = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2})(?:(?:,? nam |, ?|[/.-])(\d{4}|\d{2}))?")
_CLOSE = re.compile(r"(\d{2})(\d{2})((?:19|20)\d{2})")
_ISO = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_ONE_YEAR = re.compile(r"(?:nam )?\d{4}")
_MONTH = re.compile(r"(?:thang )?(?:\d{1,2}[/.-]\d{4}|\d{4}[/.-]\d{1,2})|thang \d{1,2}(?: nam \d{4})?")
OLDEST, AHEAD = 90, 2  # years before and after this one between which two digits mean one year only


def last_sunday(today: date) -> date:
    """The Sunday before today."""
    return today - timedelta(days=today.isoweekday() % 7 or 7)


def read_day(text: str, today: date, *, past: bool = False) -> tuple[date | None, str | None]:
    """The day that was written, or what to say about it (both None when nothing was written).

    `past`: it is a day that has been, so words like "hôm qua" and a day without its year are understood.
    """
    said = " ".join(fold(text).split()).strip(" .,")
    if not said:
        return None, None if not text.strip() else NO_DAY
    plain = said.removeprefix("ngay ")
    if past and plain in _WORDS:
        return today - timedelta(days=_WORDS[plain]), None
    if past and said in _SUNDAYS:
        return last_sunday(today), None
    weekday = _WEEKDAY.match(said)
    found, wrong = _written(said[weekday.end() :] if weekday else said, today, past)
    if weekday and found is not None and found.isoweekday() != _isoweekday(weekday[1]):
        return None, NOT_THERE  # two days: the one that is named and the one that is counted
    return found, wrong


def _isoweekday(said: str) -> int:
    """Monday is 1, and the second day of the week in Vietnamese."""
    name = said.strip(" ,")
    return int(name[-1]) - 1 if name[-1].isdigit() else _WEEKDAYS.index(name) + 1


def _written(said: str, today: date, past: bool) -> tuple[date | None, str | None]:
    """A day that is written in numbers, its month perhaps in a word."""
    close = re.sub(r"\s*([/.-])\s*", r"\1", re.sub(r"[\u2010-\u2015\\_]", "-", said))
    close = _NAMED.sub(lambda month: _NUMBERED[month[1]], close.replace(" thg ", " thang "))
    if iso := _ISO.fullmatch(close):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if run := _CLOSE.fullmatch(close):  # typed where the keys have no stroke
        return _day(int(run[3]), int(run[2]), int(run[1]))
    if written := _PARTS.fullmatch(close) or _SPOKEN.fullmatch(close):
        return _parts(written, today, past)
    return None, ONLY_MONTH if _MONTH.fullmatch(close) else ONLY_YEAR if _ONE_YEAR.fullmatch(close) else NO_DAY


def _parts(written: re.Match[str], today: date, past: bool) -> tuple[date | None, str | None]:
    """Day, month and perhaps year; without one it is this year's, where that day has been."""
    year = _year(written[3], today) if written[3] else today.year if past else None
    if year is None:
        return None, WHICH_YEAR
    found, wrong = _day(year, int(written[2]), int(written[1]))
    if not written[3] and found is not None and found > today:
        return None, WHICH_YEAR
    return found, wrong


def _year(text: str, today: date) -> int | None:
    if len(text) == 4:
        return int(text)
    near = [year for year in (1900 + int(text), 2000 + int(text)) if -OLDEST <= year - today.year <= AHEAD]
    return near[0] if len(near) == 1 else None


def _day(year: int, month: int, day: int) -> tuple[date | None, str | None]:
    try:
        return date(year, month, day), None
    except ValueError:
        return None, NOT_THERE
