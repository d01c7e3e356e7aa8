"""A pasted list of names, read and matched to residents: every way people write a name here, and no name lost."""

from __future__ import annotations

import unicodedata
import uuid
from itertools import permutations

import pytest
from factories import made_name
from hypothesis import given
from hypothesis import strategies as st

from xhht_citizen.activities.names import Index, Known, Match, Sureness, decide, distance, same_name, turned
from xhht_citizen.activities.rules import MAX_LINES, Typed, closing_time, evidence_id, plain_code, read_line, read_list
from xhht_citizen.errors import Invalid
from xhht_citizen.vietnamese import fold

TOWN = [made_name(number) for number in range(400)]
IDS = {name: uuid.uuid5(uuid.NAMESPACE_DNS, name) for name in TOWN}
INDEX = Index((key, fold(name)) for name, key in IDS.items())
KNOWN = {
    key: Known(key, name, 1950 + number % 50, "Tổ 1", None, None) for number, (name, key) in enumerate(IDS.items())
}
names = st.sampled_from(TOWN)


def matched(name: str, **more: object) -> Match:
    typed = Typed(1, name, name, **more)  # type: ignore[arg-type]
    return decide(typed, [KNOWN[key] for key in INDEX.near(typed.name)])


def town(*people: tuple[str, int, str, str]) -> list[Known]:
    return [
        Known(uuid.uuid5(uuid.NAMESPACE_URL, f"{one}"), name, year, community, household)
        for one in people
        for name, year, community, household in [one]
    ]


def decided(text: str, people: list[Known]) -> Match:
    typed = read_line(text)
    assert typed is not None
    index = Index((one.person_id, fold(one.name)) for one in people)
    by_id = {one.person_id: one for one in people}
    return decide(typed, [by_id[key] for key in index.near(typed.name)])


HUNG = town(
    ("Nguyễn Văn Hùng", 1960, "Tổ 1", "Nguyễn Văn Hùng"),
    ("Nguyễn Văn Hưng", 1972, "Tổ 2", "Trần Thị Sen"),
    ("Đỗ Thị Đào", 1955, "Tổ 1", "Đỗ Thị Đào"),
    ("Lê Hoà", 1980, "Tổ 1", "Lê Hoà"),
    ("Trần Thị Lan", 1970, "Tổ 1", "Trần Văn Nhân"),
    ("Trần Thị Lan", 1984, "Tổ 3", "Lê Văn Phúc"),
    ("Trần Minh Anh", 1990, "Tổ 2", "Trần Minh Anh"),
    ("Phạm Ngọc Bích Thủy", 1991, "Tổ 2", "Phạm Văn Tâm"),
)


@pytest.mark.parametrize(
    ("typed", "sureness", "who"),
    [
        ("Nguyễn Văn Hùng", "sure", ["1960"]),
        ("nguyễn văn HƯNG", "sure", ["1972"]),
        ("Nguyen Van Hung", "doubtful", ["1960", "1972"]),
        ("Nguyen Van Hung, 1972", "sure", ["1972"]),
        ("Nguyễn Văn Hùng 1961", "doubtful", ["1960", "1972"]),
        ("do thi dao", "sure", ["1955"]),
        ("Ðỗ Thị Ðào", "sure", ["1955"]),
        (unicodedata.normalize("NFD", "Đỗ Thị Đào"), "sure", ["1955"]),
        ("Lê Hòa", "sure", ["1980"]),
        ("bà Trần Thị Lan", "doubtful", ["1970", "1984"]),
        ("Trần Thị Lan; 1984", "sure", ["1984"]),
        ("Trần Thị Lan\tTổ 3", "sure", ["1984"]),
        ("Trần Thị Lan | hộ Trần Văn Nhân", "sure", ["1970"]),
        ("Anh Trần Minh", "sure", ["1990"]),
        ("Minh Anh Trần", "sure", ["1990"]),
        ("Trần Anh Minh", "doubtful", ["1990"]),
        ("Phạm Bích Thủy", "doubtful", ["1991"]),
        ("Phạm Ngọc Bích Thuỷ", "sure", ["1991"]),
        ("Pham Ngoc Bich Thyu", "doubtful", ["1991"]),
        ("Hoàng Xuân Quỳnh", "unknown", []),
    ],
)
def test_a_typed_name_is_found_as_people_write_it(typed: str, sureness: str, who: list[str]) -> None:
    match = decided(typed, HUNG)
    born = [str(one.birth_year) for one in match.choices]
    assert (match.sureness, sorted(born[: len(who)])) == (sureness, who)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1. Nguyễn Văn An", ("Nguyễn Văn An", None, None, "")),
        ("12)  Nguyễn  Văn An (1970)", ("Nguyễn Văn An", 1970, None, "")),
        ("3\tNguyễn Văn An\t05/03/1970\tTổ 4", ("Nguyễn Văn An", 1970, None, "Tổ 4")),
        ("- bà Lê Thị Ba, sinh năm 1948, 0912 345 678", ("Lê Thị Ba", 1948, "0912345678", "")),
        ("Nguyễn Văn An 0912345678 1970", ("Nguyễn Văn An", 1970, "0912345678", "")),
        ("Nguyễn Văn An     1970", ("Nguyễn Văn An", 1970, None, "")),
        ("Cụ Ba", ("Cụ Ba", None, None, "")),
        ("1970", None),
        ("  ", None),
        ("---", None),
    ],
)
def test_a_line_says_a_name_and_what_stands_beside_it(line: str, expected: object) -> None:
    typed = read_list(line)[0] if expected else read_line(line)
    assert expected == (typed and (typed.name, typed.birth_year, typed.phone, typed.hint))


@pytest.mark.parametrize("text", ["", "\n 1. \n--", "\n".join(["Nguyễn Văn An"] * (MAX_LINES + 1))])
def test_no_name_or_too_many_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_list(text)
    assert refused.value.field == "names"


@given(names, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([str.upper, str.lower, str.title, str]))
def test_a_whole_name_is_surely_its_bearer(name: str, form: str, case: object) -> None:
    match = matched(unicodedata.normalize(form, case(name)))  # type: ignore[operator,arg-type]
    assert (match.sureness, [one.name for one in match.choices]) == (Sureness.SURE, [name])


@given(names)
def test_a_name_without_marks_is_found(name: str) -> None:
    match = matched(fold(name))
    assert name in [one.name for one in match.choices]
    assert (match.sureness is Sureness.SURE) == (sum(fold(other) == fold(name) for other in TOWN) == 1)


@given(names, st.integers(1, 3))
def test_a_name_begun_elsewhere_is_found(name: str, start: int) -> None:
    words = name.split()
    match = matched(" ".join(words[start:] + words[:start]))
    assert name in [one.name for one in match.choices]
    assert match.sureness is not Sureness.UNKNOWN


@given(names, st.data())
def test_a_slip_of_the_finger_is_never_sure_and_never_lost(name: str, data: st.DataObject) -> None:
    text = fold(name)
    at = data.draw(st.integers(0, len(text) - 1).filter(lambda i: text[i] != " "))
    slipped = text[:at] + data.draw(st.sampled_from("bcdgkmnpqrstvxy".replace(text[at], ""))) + text[at + 1 :]
    match = matched(slipped)
    if sorted(slipped.split()) not in [sorted(fold(other).split()) for other in TOWN]:
        assert (match.sureness, fold(name) in [fold(one.name) for one in match.choices]) == (Sureness.DOUBTFUL, True)


@given(names, st.integers(1900, 1949))
def test_another_birth_year_is_never_sure(name: str, year: int) -> None:
    assert matched(name, birth_year=year).sureness is Sureness.DOUBTFUL


@given(st.text(max_size=120))
def test_whatever_is_pasted_is_read(text: str) -> None:
    try:
        lines = read_list(text)
    except Invalid:
        return
    assert all(any(char.isalpha() for char in line.name) for line in lines)
    assert [line.number for line in lines] == sorted({line.number for line in lines})
    for line in lines:
        matched(line.name)


@given(st.text("abc ", max_size=8), st.text("abc ", max_size=8), st.integers(0, 4))
def test_distance_is_a_distance(one: str, other: str, most: int) -> None:
    there = distance(one, other, most)
    assert there == distance(other, one, most) <= most + 1
    assert (there == 0) == (one == other)


def test_turned_names_are_rotations() -> None:
    words = ["Trần", "Thị", "Minh", "Anh"]
    found = {" ".join(order) for order in permutations(words) if turned(" ".join(order), "Trần Thị Minh Anh")}
    assert found == {"Thị Minh Anh Trần", "Minh Anh Trần Thị", "Anh Trần Thị Minh"}
    assert same_name("tran thi minh anh", "Trần Thị Minh Ánh")
    # Marks beside it say that none here was meant.
    assert not same_name("Trần Thị Minh Anh", "Trần Thị Minh Ánh")
    assert not same_name("Nguyễn Văn Hoa", "Nguyễn Văn Hòa")
    assert not same_name("tran thị Minh anh", "Trần Thị Minh Anh")


@pytest.mark.parametrize(
    ("text", "shown"), [("20:30", "20:30"), ("20h", "20:00"), ("20 giờ 15", "20:15"), ("7", "07:00"), ("25:00", None)]
)
def test_a_closing_time_is_read(text: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(Invalid):
            closing_time(text)
    else:
        assert f"{closing_time(text):%H:%M}" == shown


def test_ids_and_codes_are_one() -> None:
    activity, person = uuid.uuid4(), uuid.uuid4()
    assert evidence_id(activity, person) == evidence_id(activity, person) != evidence_id(person, activity)
    assert plain_code(" ab-12 cd ") == "AB12CD"
