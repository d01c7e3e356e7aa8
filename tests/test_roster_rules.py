"""How lists of residents are understood: columns, lines, letters, who is the same person. Pure."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xhht_citizen.errors import Invalid
from xhht_citizen.people.rules import Birth, Group, Sex
from xhht_citizen.roster import columns, letters
from xhht_citizen.roster.faults import BAD, FAULTS, WARN, say
from xhht_citizen.roster.plan import Plan, families
from xhht_citizen.roster.rules import Communities, Line, Reader, better_name, name_key, read_group, same_birth
from xhht_citizen.roster.sheet import delimiter_of

ONE, TWO, FIELD = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
WARD = [(ONE, "Tổ 1"), (TWO, "Tổ 2"), (FIELD, "Thôn Kim Đồng")]
TODAY = date(2026, 11, 28)
ALL = {name: index for index, name in enumerate(columns.FIELDS)}
NAMES = ("Trần Thị Lan", "Đặng Văn Đức", "Nguyễn Hữu Ý", "Lê Hoà", "Phạm Ngọc Quỳnh Như", "Y Moan")


def read(number: int = 2, **cells: str) -> Line:
    """A line of a list with every column, good unless the cells say otherwise."""
    good = {
        "name": "Trần Thị Lan", "birth": "05/03/1992", "community": "Tổ 1", "household": "7", "relation": "Chủ hộ",
    }  # fmt: skip
    text = {**good, **cells}
    used = {name: index for name, index in ALL.items() if name not in {"first", "given"} or name in cells}
    reader = Reader(used, Communities(WARD), None, TODAY)
    return reader.line(number, [text.get(name, "") for name in ALL])


def codes(line: Line) -> list[str]:
    return [code for code, _values in line.faults]


def test_a_good_line() -> None:
    line = read(sex="Nữ", citizen_id="046192001234", phone="0912 345 678", group="Học sinh", address="12 đường Mẫu")
    assert line == Line(
        2, "Trần Thị Lan", Birth(1992, date(1992, 3, 5)), Sex.FEMALE, "0912345678", Group.STUDENTS, "046192001234", ONE,
        "head", ("code", str(ONE), "7"), name_key("Trần Thị Lan"), "12 đường Mẫu", [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"address": "#REF!"}, "cell_error"),
        ({"name": ""}, "name_missing"),
        ({"name": "Trần Thị 2"}, "name_digits"),
        ({"name": "=HYPERLINK(x)"}, "name_symbols"),
        ({"name": "L"}, "name_short"),
        ({"name": "Lan " * 31}, "name_long"),
        ({"name": f"Trần {'陳' * 60}"}, "name_long"),  # short to the eye, too long for the keys it is found by
        ({"name": f"Trần {'ﬃ' * 50}"}, "name_long"),
        ({"birth": ""}, "birth_missing"),
        ({"birth": "mùa xuân"}, "birth_unreadable"),
        ({"birth": "05/03/92"}, "birth_short_year"),
        ({"birth": "30/02/1992"}, "birth_no_day"),
        ({"birth": "01/01/2030"}, "birth_future"),
        ({"birth": "1850"}, "birth_too_old"),
        ({"citizen_id": "12345"}, "id_unusable"),
        ({"citizen_id": "000000000000"}, "id_unusable"),
        ({"community": ""}, "community_missing"),
        ({"community": "Tổ 9"}, "community_unknown"),
        ({"household": "", "relation": "Con"}, "household_missing"),
    ],
)
def test_what_keeps_a_line_out(cells: dict[str, str], code: str) -> None:
    line = read(**cells)
    assert (codes(line), line.bad) == ([code], True)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"name": "Lan"}, "name_one_word"),
        ({"birth": "1912"}, "very_old"),
        ({"citizen_id": "191234567"}, "id_old"),
        ({"citizen_id": "46192001234"}, "id_zero"),
        ({"citizen_id": "099192001234"}, "id_province"),
        ({"citizen_id": "046193001234"}, "id_year"),
        ({"citizen_id": "046192001234", "sex": "Nam"}, "id_sex"),
        ({"phone": "0168 234 56"}, "phone_unusable"),
        ({"phone": "01682345678"}, "phone_old"),
        ({"phone": "0234 382 1234"}, "phone_unusable"),
        ({"sex": "x"}, "sex_unreadable"),
        ({"group": "???"}, "group_unreadable"),
        ({"relation": "hàng xóm"}, "relation_unreadable"),
    ],
)
def test_what_is_only_worth_a_look(cells: dict[str, str], code: str) -> None:
    line = read(**cells)
    assert (codes(line), line.bad) == ([code], False)


@pytest.mark.parametrize(
    ("text", "birth"),
    [
        ("1992", Birth(1992)),
        ("00/00/1992", Birth(1992)),
        ("5-3-1992", Birth(1992, date(1992, 3, 5))),
        ("1992-03-05", Birth(1992, date(1992, 3, 5))),
        ("33668", Birth(1992, date(1992, 3, 5))),  # as Excel counts days
        ("'05/03/1992", Birth(1992, date(1992, 3, 5))),
    ],
)
def test_births(text: str, birth: Birth) -> None:
    line = read(birth=text)
    assert (line.birth, line.faults) == (birth, [])


@pytest.mark.parametrize(
    ("text", "phone"),
    [("0912345678", "0912345678"), ("912345678", "0912345678"), ("+84 912 345 678", "0912345678"),
     ("01682345678", "0382345678"), ("1682345678", "0382345678"), ("0912345678; 0987654321", "0912345678")],
)  # fmt: skip
def test_phones(text: str, phone: str) -> None:
    assert read(phone=text).phone == phone


def test_capitals_become_a_name() -> None:
    assert read(name="TRẦN THỊ LAN").name == "Trần Thị Lan"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tổ 1", {ONE}), ("to 1", {ONE}), ("TDP 1", {ONE}), ("Tổ dân phố số 01", {ONE}), ("tdp2", {TWO}), ("2", {TWO}),
        ("Tổ 2, phường Hương Trà", {TWO}), ("Kim Dong", {FIELD}), ("thôn KIM ĐỒNG", {FIELD}), ("Tổ 12", set()),
        (unicodedata.normalize("NFD", "Tổ 1"), {ONE}), ("thôn", set()),
    ],
)  # fmt: skip
def test_communities(text: str, found: set[uuid.UUID]) -> None:
    assert Communities(WARD).find(text) == found


def test_a_number_that_two_kinds_carry_is_no_answer() -> None:
    both = Communities([(ONE, "Thôn 3"), (TWO, "Xóm 3")])
    assert (both.find("3"), both.find("Thôn 3"), both.find("Tổ 3")) == ({ONE, TWO}, {ONE}, {ONE, TWO})


@pytest.mark.parametrize(
    ("text", "group"),
    [("Công nhân may", Group.WORKERS), ("giáo viên", Group.OFFICIALS), ("Sinh viên năm 2", Group.STUDENTS),
     ("Hưu trí", Group.RESIDENTS), ("Người lao động", Group.WORKERS), ("Người dân", Group.RESIDENTS), ("x", None)],
)  # fmt: skip
def test_learner_groups(text: str, group: Group | None) -> None:
    assert read_group(text) == group


@given(st.sampled_from(NAMES), st.integers(0, 4), st.booleans(), st.booleans(), st.booleans())
def test_one_name_however_it_is_written(name: str, turn: int, plain: bool, upper: bool, apart: bool) -> None:
    words = name.split()
    turn %= len(words)
    other = "  ".join(words[turn:] + words[:turn])
    if plain:
        other = other.replace("Đ", "D").replace("đ", "d")
        other = "".join(c for c in unicodedata.normalize("NFD", other) if not unicodedata.combining(c))
    if upper:
        other = other.upper()
    if apart:
        other = unicodedata.normalize("NFD", other)
    assert name_key(other) == name_key(name)


@given(st.lists(st.sampled_from(["Minh", "Anh", "Lan", "Hoa"]), min_size=3, max_size=5, unique=True))
def test_words_that_trade_places_are_another_name(words: list[str]) -> None:
    swapped = [words[1], words[0], *words[2:]]
    assert name_key(" ".join(swapped)) != name_key(" ".join(words))


def test_which_spelling_stays() -> None:
    assert better_name("Tran Thi Lan", "Trần Thị Lan") == "Trần Thị Lan"
    assert better_name("Trần Thị Lan", "Tran Thi Lan") == "Trần Thị Lan"
    assert better_name("Lan Trần Thị", "Trần Thị Lan") == "Trần Thị Lan"
    assert better_name("Trần Thị Lân", "Trần Thị Lan") == "Trần Thị Lân"
    assert better_name("Trần Thị Liên", "Trần Thị Lan") == "Trần Thị Liên"


def test_births_that_may_be_the_same() -> None:
    day = date(1992, 3, 5)
    assert same_birth(Birth(1992), Birth(1992, day))
    assert not same_birth(Birth(1991), Birth(1992, day))
    assert not same_birth(Birth(1992, date(1992, 3, 6)), Birth(1992, day))


@given(st.lists(st.text(max_size=30), max_size=len(ALL)))
def test_no_line_is_too_strange(cells: list[str]) -> None:
    line = Reader(ALL, Communities(WARD), None, TODAY).line(9, cells)
    assert line.bad or (line.name and line.birth)
    assert all(say(fault) for fault in line.faults)


def test_every_fault_has_its_words() -> None:
    assert BAD.keys() & WARN.keys() == set()
    assert all(say((code, {"row": 7})) for code in FAULTS)


# Columns


def guessed(*rows: list[str]) -> columns.Guess:
    return columns.guess(list(enumerate(rows, 1)))


def test_columns_by_their_headings() -> None:
    title = ["DANH SÁCH NHÂN KHẨU TỔ 1"]
    heading = ["STT", "Họ và tên", "Ngày, tháng,\nnăm sinh", "Giới tính", "Số CCCD", "SĐT", "Tổ dân phố", "Mã hộ",
               "Quan hệ với chủ hộ", "Nơi ở hiện nay", "Ghi chú"]  # fmt: skip
    found = guessed(title, [], [one.replace("\n", " ") for one in heading], ["1", "Trần Thị Lan", "1992"])
    assert found.header_row == 3
    assert found.columns == {
        "name": 1, "birth": 2, "sex": 3, "citizen_id": 4, "phone": 5, "community": 6, "household": 7, "relation": 8,
        "address": 9,
    }  # fmt: skip


def test_headings_of_two_rows() -> None:
    """As wards' lists have them: cells joined across, the year of birth under Nam or Nữ."""
    rows = [
        (1, ["DANH SÁCH NHÂN KHẨU NĂM 2026"]),
        (3, ["STT", "Họ và tên", "Năm sinh", "", "Địa chỉ", "", "Số hộ"]),
        (4, ["", "", "Nam", "Nữ", "Tổ dân phố", "Số nhà", ""]),
        (5, ["1", "Trần Văn Mẫu", "1950", "", "Tổ 3", "12", "7"]),
        (6, ["2", "Lê Thị Mẫu", "", "05/03/1952", "Tổ 3", "", "7"]),
    ]
    seen = columns.guess(rows)
    assert seen.header_row == 4
    assert seen.headings == ("STT", "Họ và tên", "Nam", "Nữ", "Tổ dân phố", "Số nhà", "Số hộ")
    assert seen.columns == {
        "name": 1, "birth": 2, "birth_women": 3, "community": 4, "address": 5, "household": 6,
    }  # fmt: skip
    reader = Reader(seen.columns, Communities(WARD), None, TODAY)
    man, woman = (reader.line(number, cells) for number, cells in rows[3:])
    assert (man.birth, man.sex) == (Birth(1950), Sex.MALE)
    assert (woman.birth, woman.sex) == (Birth(1952, date(1952, 3, 5)), Sex.FEMALE)


@pytest.mark.parametrize("headings", [["Họ và tên", "Ngày sinh", "Nữ"], ["Họ và tên", "Ngày sinh", "Nữ", "Nam"]])
def test_a_tick_under_women_is_no_birth(headings: list[str]) -> None:
    """One column has everybody's birth, and who is a woman is ticked: it made men of all women."""
    rows = [(1, headings), (2, ["Lê Thị Mẫu", "05/03/1952", "x", ""]), (3, ["Trần Văn Mẫu", "1950", "", "x"])]
    reader = Reader(columns.guess(rows).columns, Communities(WARD), None, TODAY)
    woman, man = (reader.line(number, cells) for number, cells in rows[1:])
    assert (woman.birth, woman.sex) == (Birth(1952, date(1952, 3, 5)), Sex.FEMALE)
    assert (man.birth, man.sex) == (Birth(1950), Sex.MALE)


def test_a_name_in_two_columns() -> None:
    assert guessed(["Họ và tên đệm", "Tên", "Năm sinh"]).columns == {"first": 0, "given": 1, "birth": 2}
    assert guessed(["Tên", "Năm sinh", "Hộ số"]).columns == {"name": 0, "birth": 1, "household": 2}


def test_columns_without_headings() -> None:
    rows = [["1", "Trần Thị Lan", "05/03/1992", "Nữ", "046192001234", "0912345678"],
            ["2", "Lê Văn Đức", "1980", "Nam", "046080001234", "0912345679"]]  # fmt: skip
    found = guessed(*rows)
    assert (found.header_row, found.columns) == (0, {"name": 1, "birth": 2, "sex": 3, "citizen_id": 4, "phone": 5})


def test_the_column_of_reasons_is_never_read() -> None:
    found = guessed(["Họ và tên", "Năm sinh", columns.REASONS, "Dòng trong danh sách cũ"])
    assert found.columns == {"name": 0, "birth": 1}


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"birth": 0, "household": 1, "community": 2}, "name"),
        ({"name": 0, "household": 1, "community": 2}, "birth"),
        ({"name": 0, "birth": 1, "community": 2}, "household"),
        ({"name": 0, "birth": 1, "household": 2}, "community"),
        ({"name": 0, "birth": 0, "household": 2, "community": 3}, "birth"),
    ],
)
def test_columns_that_cannot_do(chosen: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        columns.check(chosen, has_default=False)
    assert refused.value.field == field


def test_letters_of_columns() -> None:
    assert [columns.letter(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# Lines together


def planned(*lines: Line) -> tuple[Plan, list[list[int]], dict[int, list[str]]]:
    """The plan of these lines; the households they make; what is wrong with each."""
    again = [Line(**{**_fields(line), "faults": list(line.faults)}) for line in lines]
    plan = Plan(2026)
    for line in lines:
        plan.add(line)
    plan.close()
    made = [[one.number for one in family.lines] for family in families(again, plan)]
    return plan, made, {line.number: codes(line) for line in again if line.faults}


def _fields(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in Line.__slots__}


def test_households_by_number_wherever_their_lines_stand() -> None:
    _plan, made, wrong = planned(
        read(2),
        read(3, household="8", name="Lê Ba"),
        read(4, name="Lê Văn Tư", relation="Chồng"),
        read(5, household="007", name="Lê An", relation="con"),
    )
    assert (made, wrong) == ([[3], [2, 4, 5]], {})


def test_households_by_the_line_of_their_head() -> None:
    reader = Reader({"name": 0, "birth": 1, "relation": 2}, Communities(WARD), ONE, TODAY)
    rows = [
        ["Lê An", "1990", "con"],
        ["Lê Ba", "1960", "Chủ hộ"],
        ["Lê Bốn", "1962", "vợ"],
        ["Lê Năm", "1961", "chủ hộ"],
    ]
    _plan, made, wrong = planned(*(reader.line(number, cells) for number, cells in enumerate(rows, 2)))
    assert (made, wrong) == ([[2], [3, 4], [5]], {2: ["household_missing"]})


def test_households_by_their_heads_name() -> None:
    reader = Reader({"name": 0, "birth": 1, "head": 2}, Communities(WARD), ONE, TODAY)
    rows = [["Lê Ba", "1960", "LÊ BA"], ["Lê An", "1990", "Le Ba"], ["Lê Tám", "1990", ""]]
    plan, made, wrong = planned(*(reader.line(number, cells) for number, cells in enumerate(rows, 2)))
    assert (made, wrong) == ([[2, 3], [4]], {4: ["household_missing"]})
    assert [one.head for one in plan.households.values()] == [2]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"name": "LAN TRAN THI"}, "twice"),
        ({"name": unicodedata.normalize("NFD", "Trần Thị Lan"), "birth": "1992"}, "twice"),
        ({"name": "Trần Thị Liên", "citizen_id": "046192001234"}, "id_twice"),
        ({"name": "Trần Thị Liên"}, "two_heads"),
        ({"name": "Trần Thị Liên", "birth": "2020", "household": "8"}, "child_head"),
    ],
)
def test_lines_that_contradict_each_other(second: dict[str, str], code: str) -> None:
    _plan, _made, wrong = planned(read(2, citizen_id="046192001234"), read(3, **second))
    assert wrong == {3: [code]}


def test_the_same_day_of_birth_in_another_household_is_worth_a_look() -> None:
    _plan, _made, wrong = planned(read(2), read(3, household="8"))
    assert wrong == {3: ["twice_elsewhere"]}


def test_a_household_without_a_head_gets_an_adult() -> None:
    plan, _made, wrong = planned(read(2, relation="con", birth="2015", name="Lê Bé"), read(3, relation="vợ"))
    assert ([one.head for one in plan.households.values()], wrong) == ([3], {3: ["head_chosen"]})


# Letters


def tcvn3(text: str) -> bytes:
    back = {letter: chr(code) for code, letter in letters.TCVN3.items()}
    return "".join(back.get(c, c) for c in text).encode("latin-1")


def cp1258(text: str) -> bytes:
    out = b""
    for c in unicodedata.normalize("NFC", text):
        try:
            out += c.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", c)
            tone = next(one for one in parts if one in "\u0300\u0301\u0303\u0309\u0323")
            out += (unicodedata.normalize("NFC", parts.replace(tone, "")) + tone).encode("cp1258")
    return out


TEXT = "Họ và tên;Năm sinh\nNguyễn Thị Quỳnh Như;1990\nĐặng Hữu Thưởng;1985\nVõ Ngọc Mỹ Duyên;1979\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_read_however_it_is_kept(encoding: str) -> None:
    assert letters.decode(TEXT.encode(encoding)) == TEXT
    assert letters.decode(unicodedata.normalize("NFD", TEXT).encode(encoding)) == TEXT


def test_old_code_pages_are_read() -> None:
    assert letters.decode(cp1258(TEXT)) == TEXT
    raw = letters.decode(tcvn3(TEXT))
    assert raw is not None
    assert letters.looks_tcvn3([raw])
    assert letters.from_tcvn3(raw) == TEXT


def test_unicode_is_never_taken_for_an_old_font() -> None:
    assert not letters.looks_tcvn3([TEXT, "Hoà, Thuý, ước mơ ổn định", "Ấp 3 – tổ 4"])


def test_bytes_that_are_no_letters() -> None:
    assert letters.decode(bytes(range(128, 256)) * 3) is None


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_what_parts_cells(delimiter: str) -> None:
    rows = ['"Trần, Thị; Lan"', "05/03/1992", "Tổ 1"]
    assert delimiter_of("\n".join([delimiter.join(rows)] * 5)) == delimiter
