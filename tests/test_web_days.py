"""Days as people write them: understood where they mean one day, asked for again where they do not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xhht_citizen.web.days import NO_DAY, NOT_THERE, ONLY_MONTH, ONLY_YEAR, WHICH_YEAR, last_sunday, read_day

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("21/11/2026", date(2026, 11, 21)),
        (" 1 / 2 / 2026 ", date(2026, 2, 1)),
        ("21-11-2026", date(2026, 11, 21)),
        ("21.11.2026", date(2026, 11, 21)),
        ("21 11 2026", date(2026, 11, 21)),
        ("2026-11-21", date(2026, 11, 21)),
        ("21/11/26", date(2026, 11, 21)),
        ("5/8/56", date(1956, 8, 5)),
        ("21/11", date(2026, 11, 21)),
        ("23/11", TODAY),
        ("ngày 5 tháng 8", date(2026, 8, 5)),
        ("5 tháng 8 năm 2025", date(2025, 8, 5)),
        ("Hôm nay", TODAY),
        ("hom qua", date(2026, 11, 22)),
        ("HÔM KIA", date(2026, 11, 21)),
        ("Chủ nhật vừa rồi", date(2026, 11, 22)),
        ("ngày 21/11/2026", date(2026, 11, 21)),
        ("Thứ Bảy, 21/11/2026", date(2026, 11, 21)),
        ("thứ 7 ngày 21-11", date(2026, 11, 21)),
        ("chủ nhật 22/11", date(2026, 11, 22)),
        ("21 thg 11, 2026", date(2026, 11, 21)),
        ("21 tháng 11/2026", date(2026, 11, 21)),
        ("21/11 năm 2026", date(2026, 11, 21)),
        ("ngày 21 tháng mười một năm 2026", date(2026, 11, 21)),
        ("5 tháng tám", date(2026, 8, 5)),
        ("5 tháng năm", date(2026, 5, 5)),
        ("5 tháng năm năm 2025", date(2025, 5, 5)),
        ("21112026", date(2026, 11, 21)),
        ("21–11–2026", date(2026, 11, 21)),
        ("21/11/2026.", date(2026, 11, 21)),
        ("ngày hôm qua", date(2026, 11, 22)),
        ("tối qua", date(2026, 11, 22)),
        ("", None),
    ],
)
def test_a_day_is_understood(text: str, day: date | None) -> None:
    assert read_day(text, TODAY, past=True) == (day, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("11/2026", ONLY_MONTH),
        ("tháng 11", ONLY_MONTH),
        ("2026", ONLY_YEAR),
        ("năm 2026", ONLY_YEAR),
        ("24/11", WHICH_YEAR),  # not yet this year: last year's, or a slip of the finger
        ("21/11/33", WHICH_YEAR),  # neither 1933 nor 2033 is near
        ("31/02/2026", NOT_THERE),
        ("31/02", NOT_THERE),
        ("0/1/2026", NOT_THERE),
        ("mùa thu", NO_DAY),
        ("12345678", NO_DAY),
        ("21132026", NOT_THERE),
        ("thứ hai 21/11/2026", NOT_THERE),  # a Saturday: either may be meant
        ("5 tháng giêng", NO_DAY),  # of which calendar?
        ("20/11/2026 – 22/11/2026", NO_DAY),
        (".", NO_DAY),
    ],
)
def test_what_is_missing_is_said(text: str, said: str) -> None:
    assert read_day(text, TODAY, past=True) == (None, said)


def test_a_day_to_come_wants_its_year_and_no_words() -> None:
    assert [read_day(text, TODAY) for text in ("24/11", "hôm qua", "31/12/27")] == [
        (None, WHICH_YEAR),
        (None, NO_DAY),
        (date(2027, 12, 31), None),
    ]


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_whole_days_are_themselves_and_nothing_is_guessed(day: date, today: date) -> None:
    assert read_day(f"{day:%d/%m/%Y}", today) == (day, None)
    short, _said = read_day(f"{day:%d/%m/%y}", today)
    assert short is None or f"{short:%d/%m/%y}" == f"{day:%d/%m/%y}"
    without, _said = read_day(f"{day:%d/%m}", today, past=True)
    assert without is None or (without <= today and without.year == today.year)
    assert 1 <= (today - last_sunday(today)).days <= 7
    assert last_sunday(today).isoweekday() == 7
    assert read_day("hôm qua", today, past=True) == (today - timedelta(days=1), None)


@given(st.text(max_size=30))
def test_any_text_is_read_or_answered(text: str) -> None:
    day, said = read_day(text, TODAY, past=True)
    assert (day is None) or (said is None)
