"""What people write about themselves, and how it is read. All numbers are made up."""

from datetime import date

import pytest

from xhht_citizen.errors import Invalid
from xhht_citizen.people.rules import (
    CITIZEN_ID_PROVINCES,
    OLD_MOBILE_PREFIXES,
    Birth,
    Group,
    Sex,
    age,
    check_password,
    citizen_id_hash,
    citizen_id_warnings,
    is_adult,
    normal_citizen_id,
    normal_login,
    normal_phone,
    parse_birth,
)


def test_each_group_has_its_form() -> None:
    assert [group.criteria_set for group in Group] == [
        "citizen-324-residents",
        "citizen-324-workers",
        "citizen-324-officials",
        "citizen-324-students",
    ]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("0912345678", "0912345678"),
        (" 091.234.56 78 ", "0912345678"),
        ("(091) 234-5678", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("+84 (0)912 345 678", "0912345678"),
        ("84912345678", "0912345678"),
        ("0084912345678", "0912345678"),
        ("01621234567", "0321234567"),
        ("+84 169 123 4567", "0391234567"),
        ("01201234567", "0701234567"),
        ("01271234567", "0811234567"),
        ("01861234567", "0561234567"),
        ("01991234567", "0591234567"),
        ("０９１２３４５６７８", "0912345678"),
        ("0812345678", "0812345678"),
        ("0412345678", None),
        ("02343123456", None),
        ("01601234567", None),
        ("091234567", None),
        ("09123456789", None),
        ("+1 912 345 6789", None),
        ("lan", None),
        ("", None),
    ],
)
def test_phone_in_one_form(text: str, phone: str | None) -> None:
    assert normal_phone(text) == phone


def test_old_prefixes_lead_to_mobile_ones() -> None:
    assert len(OLD_MOBILE_PREFIXES) == 8 + 5 + 5 + 3
    assert len(set(OLD_MOBILE_PREFIXES.values())) == len(OLD_MOBILE_PREFIXES)
    assert all(normal_phone(old + "1234567") == new + "1234567" for old, new in OLD_MOBILE_PREFIXES.items())


@pytest.mark.parametrize(
    ("text", "login"),
    [("+84 912 345 678", "0912345678"), ("Lan.Trần-92", "lan.tran-92"), (" ĐỨC ", "duc"), ("to_4", "to_4")],
)
def test_login_in_one_form(text: str, login: str) -> None:
    assert normal_login(text) == login


@pytest.mark.parametrize("text", ["", "ab", "a" * 41, "lan tran", "lan@nha", "091234567", "12-34", "a\u4e2db"])
def test_login_refused(text: str) -> None:
    with pytest.raises(Invalid) as error:
        normal_login(text)
    assert error.value.field == "login"


@pytest.mark.parametrize(
    ("text", "birth"),
    [
        ("1992", Birth(1992)),
        ("05/03/1992", Birth(1992, date(1992, 3, 5))),
        ("5-3-1992", Birth(1992, date(1992, 3, 5))),
        ("5.3.1992", Birth(1992, date(1992, 3, 5))),
        ("1992-03-05", Birth(1992, date(1992, 3, 5))),
        (" 05 / 03 / 1992 ", Birth(1992, date(1992, 3, 5))),
        ("29/02/2024", Birth(2024, date(2024, 2, 29))),
        ("00/00/1945", Birth(1945)),
    ],
)
def test_birth_is_a_date_or_a_year(text: str, birth: Birth) -> None:
    assert parse_birth(text, date(2026, 11, 23)) == birth


@pytest.mark.parametrize(
    "text", ["", "92", "31/02/1992", "13/13/1992", "1992/03/05", "1899", "2027", "24/11/2026", "05/03/92", "năm 1992"]
)
def test_birth_refused(text: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_birth(text, date(2026, 11, 23))
    assert error.value.field == "birth"


def test_citizen_id_is_twelve_or_nine_digits() -> None:
    assert normal_citizen_id(" 046 192 000 001 ") == "046192000001"
    assert normal_citizen_id("191.234.567") == "191234567"
    for text in ("", "04619200000", "0461920000012", "04619200000a", "1912345678"):
        with pytest.raises(Invalid) as error:
            normal_citizen_id(text)
        assert error.value.field == "citizen_id"


@pytest.mark.parametrize(
    ("number", "year", "sex", "warnings"),
    [
        ("046192000001", 1992, Sex.FEMALE, 0),
        ("046092000001", 1992, Sex.MALE, 0),
        ("046092000001", 1992, None, 0),
        ("046205000001", 2005, Sex.MALE, 0),
        ("046305000001", 2005, Sex.FEMALE, 0),
        ("046192000001", 1993, Sex.FEMALE, 1),
        ("046192000001", 1992, Sex.MALE, 1),
        ("003192000001", 1992, Sex.FEMALE, 1),
        ("003192000001", 1993, Sex.MALE, 3),
        ("123192000001", 1992, Sex.FEMALE, 0),  # registered abroad
        ("191234567", 1950, Sex.MALE, 0),
    ],
)
def test_citizen_id_only_warns(number: str, year: int, sex: Sex | None, warnings: int) -> None:
    assert len(citizen_id_warnings(number, year, sex)) == warnings


def test_there_were_63_provinces() -> None:
    assert len(CITIZEN_ID_PROVINCES) == 63


def test_citizen_id_hash_needs_its_key() -> None:
    kept = citizen_id_hash("046192000001", "k" * 32)
    assert len(kept) == 64
    assert kept == citizen_id_hash("046 192 000 001", "k" * 32)
    assert kept != citizen_id_hash("046192000001", "j" * 32)
    assert "046192" not in kept
    with pytest.raises(ValueError, match="key"):
        citizen_id_hash("046192000001", "")


def test_adult_is_who_turns_18_within_the_year() -> None:
    assert [is_adult(year, 2026) for year in (2007, 2008, 2009)] == [True, True, False]


def test_age_in_full_years() -> None:
    birth = Birth(2008, date(2008, 2, 29))
    assert [age(birth, on) for on in (date(2026, 2, 28), date(2026, 3, 1))] == [17, 18]
    assert age(Birth(1955), date(2026, 1, 1)) == 71


@pytest.mark.parametrize(
    "password",
    ["", "ngắn", "1234567", "12345678", "Password1", "MatKhau123", "aaaaaaaa", "0912345678", "+84912345678", "x" * 201],
)
def test_password_refused(password: str) -> None:
    with pytest.raises(Invalid) as error:
        check_password(password, "0912345678")
    assert error.value.field == "password"


def test_password_taken() -> None:
    check_password("mùa xuân ở Huế", "0912345678")
    check_password("Tho+Ca+1954", "lan.tran")
    with pytest.raises(Invalid):
        check_password("LAN.tran-1992", "lan.tran-1992")
