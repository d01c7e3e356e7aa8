"""Which column of a list holds what: guessed from its heading, else from what stands in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.people.rules import normal_phone
from xhht_citizen.vietnamese import fold

HEAD_ROWS = 20  # headings stand in one of the first rows


@dataclass(frozen=True)
class Wanted:
    """Something a list may hold: what it is called on screens, and headings it goes by (folded), the surest first."""

    label: str
    headings: tuple[str, ...]
    hint: str = ""


FIELDS: Mapping[str, Wanted] = {
    "name": Wanted(
        N_("Họ và tên"),
        ("ho va ten", "ho ten", "ho va ten khai sinh", "ho, ten", "ten cong dan", "ho ten cong dan", "full name"),
    ),
    "first": Wanted(
        N_("Họ và tên đệm"),
        ("ho va ten dem", "ho dem", "ho va dem", "ho lot", "ho va ten lot", "ho"),
        N_("Chỉ khi danh sách tách họ và tên thành hai cột."),
    ),
    "given": Wanted(N_("Tên"), ("ten", "ten goi"), N_("Chỉ khi danh sách tách họ và tên thành hai cột.")),
    "birth": Wanted(
        N_("Ngày sinh hoặc năm sinh"),
        ("ngay thang nam sinh", "ngay, thang, nam sinh", "ngay/thang/nam sinh", "ngay sinh", "nam sinh", "ntns"),
    ),
    "birth_women": Wanted(
        N_("Ngày sinh hoặc năm sinh của nữ"), ("nu",), N_("Chỉ khi danh sách tách nam và nữ thành hai cột.")
    ),
    "sex": Wanted(N_("Giới tính"), ("gioi tinh", "nam/nu", "nam, nu", "phai", "gioi")),
    "citizen_id": Wanted(
        N_("Số căn cước (hoặc chứng minh nhân dân)"),
        ("so can cuoc", "so cccd", "cccd", "so dinh danh", "so dinh danh ca nhan", "can cuoc cong dan", "cmnd/cccd",
         "cccd/cmnd", "so cmnd", "cmnd", "can cuoc", "so giay to"),
    ),
    "phone": Wanted(
        N_("Số điện thoại"),
        ("so dien thoai", "dien thoai", "sdt", "so dt", "dt", "dien thoai di dong", "di dong", "so may"),
    ),
    "group": Wanted(
        N_("Nhóm học tập"),
        ("nhom hoc tap", "nhom", "doi tuong", "nhom doi tuong", "nghe nghiep", "cong viec"),
        N_("Người dân, người lao động, cán bộ, học sinh sinh viên. Bỏ trống thì ghi là người dân."),
    ),
    "community": Wanted(
        N_("Thôn, tổ dân phố"),
        ("thon, to dan pho", "to dan pho", "thon/to dan pho", "thon, to", "thon/to", "to", "thon", "tdp", "khu pho",
         "khu dan cu", "xom", "ap", "ban", "khom", "buon", "dia ban"),
    ),
    "household": Wanted(
        N_("Số hộ hoặc mã hộ"),
        ("ma ho", "so ho", "ma ho gia dinh", "so ho khau", "ho so", "so so ho khau", "stt ho"),
        N_("Người cùng số hộ trong một thôn, tổ là một hộ."),
    ),
    "head": Wanted(
        N_("Họ tên chủ hộ"),
        ("ho ten chu ho", "ho va ten chu ho", "chu ho", "ten chu ho"),
        N_("Dùng khi danh sách không có số hộ."),
    ),
    "relation": Wanted(
        N_("Quan hệ với chủ hộ"),
        ("quan he voi chu ho", "quan he", "qh voi chu ho", "quan he chu ho", "qhvch", "vai tro trong ho"),
        N_("Không có số hộ và tên chủ hộ: mỗi dòng “chủ hộ” bắt đầu một hộ mới."),
    ),
    "address": Wanted(N_("Địa chỉ"), ("dia chi", "noi o", "noi o hien nay", "so nha", "cho o", "noi thuong tru")),
}  # fmt: skip
HOUSEHOLD_FIELDS = ("household", "head", "relation")
REASONS = "Lý do"  # the column this program adds to lists it gives back; never read
_SEXES = frozenset({"nam", "nu", "trai", "gai"})
_BIRTH = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}|(19|20)[0-9]{2}")


@dataclass(frozen=True)
class Guess:
    """The row of headings (0: there is none), the headings, and the column (from 0) of each field found."""

    header_row: int
    headings: tuple[str, ...]
    columns: Mapping[str, int]


def guess(rows: Sequence[tuple[int, Sequence[str]]]) -> Guess:
    """Read the first rows of a list: (number, cells). The row that names the most fields holds the headings."""
    best: tuple[int, int, dict[str, int]] = (0, 0, {})
    for number, cells in rows[:HEAD_ROWS]:
        known = by_heading(cells)
        if len(known) > best[0]:
            best = (len(known), number, known)
    count, number, columns = best
    if count < 2:
        number, columns = 0, {}
    second = next((cells for row, cells in rows if row == number + 1), ())
    if _is_second(second, columns):
        more = by_heading(second)
        rest = {name: at for name, at in columns.items() if name not in more and at not in more.values()}
        number, columns = number + 1, more | rest
    below = [cells for row, cells in rows if row > number and any(cells)]
    return Guess(number, tuple(headings_of(rows, number)), by_content(below, columns))


def _is_second(cells: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Whether this row goes on with the headings above it ("Năm sinh" over "Nam" and "Nữ"): words, and no name."""
    at = columns.get("name", columns.get("given"))
    said = [cell for cell in cells if cell]
    nameless = at is not None and (at >= len(cells) or not cells[at])
    return nameless and bool(said) and all(len(cell) <= 40 and not any(map(str.isdigit, cell)) for cell in said)


def headings_of(rows: Sequence[tuple[int, Sequence[str]]], header_row: int) -> list[str]:
    """What stands above each column of these rows, empty where nothing does; as many as the widest row has.

    Where headings take two rows, what the second one leaves open is said by the first.
    """
    by_number = dict(rows)
    heading, above = by_number.get(header_row, ()), by_number.get(header_row - 1, ())
    if not _is_second(heading, by_heading(above)):
        above = ()
    width = max((len(cells) for _number, cells in rows), default=0)
    both = [
        next((row[index] for row in (heading, above) if index < len(row) and row[index]), "") for index in range(width)
    ]
    return [one[:60] for one in both]


def by_heading(cells: Sequence[str]) -> dict[str, int]:
    """The column of each field by its heading: the very words first, then headings that begin with or hold them."""
    plain = [" ".join(fold(cell).replace(".", " ").split()) if len(cell) <= 60 else "" for cell in cells]
    found: dict[str, int] = {}
    for fits in (_equal, _begins, _holds):
        for name, wanted in FIELDS.items():
            if name in found:
                continue
            for words in wanted.headings:
                at = next(
                    (index for index, text in enumerate(plain) if index not in found.values() and fits(text, words)),
                    None,
                )
                if at is not None:
                    found[name] = at
                    break
    if "name" in found and "first" not in found:
        found.pop("given", None)
    if "first" in found and "given" in found:
        found.pop("name", None)
    else:
        found.pop("first", None)
        if "name" not in found and "given" in found:
            found["name"] = found.pop("given")  # a heading "Tên" alone means the whole name
    return found


def _equal(text: str, words: str) -> bool:
    return text == words


def _begins(text: str, words: str) -> bool:
    return len(words) > 3 and text.startswith(f"{words} ")


def _holds(text: str, words: str) -> bool:
    return len(words) > 5 and words in text and not text.startswith(("ghi chu", "ly do", "so luong"))


def by_content(rows: Sequence[Sequence[str]], known: Mapping[str, int]) -> dict[str, int]:
    """Add what no heading told: a column most of whose cells are citizen ids, phones, days, sexes or names."""
    found = dict(known)
    width = max((len(cells) for cells in rows), default=0)
    for name, looks in (
        ("citizen_id", lambda text: bool(re.fullmatch(r"0?[0-9]{11}|[0-9]{9}", text))),
        ("phone", lambda text: normal_phone(text) is not None),
        ("birth", lambda text: bool(_BIRTH.fullmatch(text))),
        ("sex", lambda text: fold(text) in _SEXES),
        ("name", _looks_named),
    ):
        if name in found or (name == "name" and "given" in found):
            continue
        for index in range(width):
            cells = [row[index] for row in rows if index < len(row) and row[index]]
            if index not in found.values() and cells and sum(map(looks, cells)) * 10 >= len(cells) * 7:
                found[name] = index
                break
    return found


def _looks_named(text: str) -> bool:
    words = text.split()
    return 2 <= len(words) <= 6 and all(word.isalpha() and word[0].isupper() for word in words)


def check(columns: Mapping[str, int], *, has_default: bool) -> None:
    """Whether a list can be read with these columns: Invalid on the field that is missing or given twice.

    `has_default`: people whose community is not written live in one that was chosen.
    """
    if "name" not in columns and not {"first", "given"} <= columns.keys():
        raise Invalid(N_("Chọn cột họ và tên."), field="name")
    if "birth" not in columns:
        raise Invalid(N_("Chọn cột ngày sinh hoặc năm sinh."), field="birth")
    if not any(name in columns for name in HOUSEHOLD_FIELDS):
        raise Invalid(
            N_("Chọn cột số hộ, chủ hộ hoặc quan hệ với chủ hộ: không có thì không biết ai ở hộ nào."),
            field="household",
        )
    if "community" not in columns and not has_default:
        raise Invalid(N_("Chọn cột thôn, tổ; hoặc chọn thôn, tổ của cả danh sách."), field="community")
    seen: dict[int, str] = {}
    for name, index in columns.items():
        if index in seen:
            raise Invalid(N_("Cột này đã chọn cho một mục khác."), field=name)
        seen[index] = name


def letter(index: int) -> str:
    """What a spreadsheet calls a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
