"""Files of strangers: read in a process of their own, refused with a reason, and nothing of the server harmed."""

from __future__ import annotations

import base64
import contextlib
import io
import random
import time
import zipfile
import zlib
from datetime import datetime

import openpyxl
import psutil
import pytest
import xlsxwriter
from rosters import HEADINGS, csv_bytes, made, xlsx
from test_roster_rules import cp1258, tcvn3

from xhht_citizen.errors import Invalid
from xhht_citizen.roster import reading, sheet
from xhht_citizen.roster.columns import REASONS, guess
from xhht_citizen.roster.reading import REFUSALS
from xhht_citizen.roster.writing import fault_sheet, template

ROWS = made(8)


def refusal(content: bytes, **how: float) -> str:
    with pytest.raises(Invalid) as refused, reading.opened(content, **how) as read:  # type: ignore[arg-type]
        for _ in read.rows:
            pass
    assert refused.value.field == "file"
    return next(code for code, words in REFUSALS.items() if words == refused.value.message)


def rezipped(content: bytes, **parts: bytes) -> bytes:
    """A workbook with other parts in place of its own: `sheet` is the first sheet."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "more": "xl/more.xml"}
    new = {names[name]: part for name, part in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in old.namelist():
            packed.writestr(name, new.pop(name, None) or old.read(name))
        for name, part in new.items():
            packed.writestr(name, part)
    return out.getvalue()


def all_of(content: bytes) -> list[list[str]]:
    with reading.opened(content) as read:
        return [cells for _number, cells in read.rows]


TRIMMED = [list(HEADINGS), *(row if row[-1] else row[:-1] for row in ROWS)]


def test_a_workbook() -> None:
    about, head = reading.head(xlsx(ROWS), 3)
    assert (about.format, about.sheet, about.sheets, about.old_font) == ("xlsx", "DS", 1, False)
    assert head == list(enumerate(TRIMMED[:3], 1))
    assert all_of(xlsx(ROWS)) == TRIMMED
    assert reading.some(xlsx(ROWS), [2, 7]) == {2: TRIMMED[1], 7: TRIMMED[6]}


def test_rows_keep_their_numbers_below_empty_ones() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        page.write(3, 2, "Họ và tên")
        page.write(5, 2, "Trần Thị Lan")
    with reading.opened(content.getvalue()) as read:
        assert {number: cells for number, cells in read.rows if cells} == {
            4: ["", "", "Họ và tên"],
            6: ["", "", "Trần Thị Lan"],
        }


def test_cells_as_one_reads_them() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        page.write_row(0, 0, [46192001234, 1.5, True, "=1+1"])
        page.write_datetime(0, 4, datetime(1992, 3, 5), day)
        page.write_number(0, 5, 33668)
        page.write_formula(0, 6, '=CONCATENATE("Trần ","Lan")', None, "Trần Lan")
    assert all_of(content.getvalue())[0][:6] == ["46192001234", "1.5", "TRUE", "0", "05/03/1992", "33668"]
    assert all_of(content.getvalue())[0][6] == "Trần Lan"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_however_it_was_saved(delimiter: str, encoding: str) -> None:
    assert all_of(csv_bytes(ROWS, delimiter=delimiter, encoding=encoding)) == TRIMMED


def test_a_quotation_mark_that_ends_nowhere_swallows_nobody() -> None:
    text = csv_bytes(ROWS, encoding="utf-8").decode()
    assert refusal(text.replace("Trần", '"Trần', 1).encode()) == "quotes"
    inside = text.replace("Mẫu", 'Mẫu "Tí"', 1)  # as people write it, and it ends
    assert [len(row) for row in all_of(inside.encode())] == [len(row) for row in TRIMMED]


def test_a_csv_of_old_code_pages() -> None:
    text = csv_bytes(ROWS, encoding="utf-8").decode()
    assert all_of(cp1258(text)) == TRIMMED
    about, head = reading.head(tcvn3(text))
    assert (about.old_font, [cells for _number, cells in head]) == (True, TRIMMED)


def test_a_workbook_typed_in_an_old_font() -> None:
    rows = [[tcvn3(cell).decode("latin-1") for cell in row] for row in [HEADINGS, *ROWS]]
    assert all_of(xlsx(rows, None)) == TRIMMED


def test_a_workbook_of_many_sheets_is_read_at_its_first_visible_one() -> None:
    book = openpyxl.Workbook()
    book.active.title = "ẩn"
    book.active.sheet_state = "hidden"
    book.create_sheet("trống")
    book.create_sheet("thật").append(["Họ và tên", "Năm sinh"])
    content = io.BytesIO()
    book.save(content)
    about, head = reading.head(content.getvalue())
    assert (about.sheet, about.sheets, head) == ("thật", 2, [(1, ["Họ và tên", "Năm sinh"])])


OLD_EXCEL = (  # two rows, as Excel 97 keeps them; packed
    "c-rk)O=uHQ5dLP9G(V(iQd6N7LMT|Z_ENprL%UVfdeBg7L6L%{HehK@B?dt+R%?!e;7RdPD2SJ;7k|)$-UOA39t1&1^rk0K!9$yM-sCN$+Cu{x"
    "RNl9|+1YPq-kZF?&D)m?vEuBVwi13qA3P{KK{Qlx#3krHM8S5)QL1|naB&R&DFg#NkPSXOY<%ulW2nZv1PiylPgnx)xs2c>Qd8MXvX0mxIiyMD"
    "(94o=otX$)C97tU$3(6Xc}qMWiR>5VlE_~6Ez)5u*s0EKdKMqD+Qk-us`sA6ycMP!EqJPC@wv-X@%3SQZah8tcN!AjFy_GHHjv3?a_Pw;;yi$J"
    "_~s;mukK2HoHTrWc>?p_m-GG=_$!tdn1*vyCU^lMeDNrYg`Ec$F$A_s34-?EMIwpQC~_5fd_<OaTS~!0Czv>eaVCx<3>robHxgMUhnaZBF?*3_"
    "BUjVi)3YU{YLg`&UAE*KWhsPNj-g5Pm@J4WH?w&2^Q(QMgZ2?&re&M2ybRW>{Ndodis0Y~D%rcTQ{-lm7o^s8qPK~R^EBpr$6$+AcF%~<MX`2p"
    "J6i>>?G07>M%D|T_TNtwKG>UBpC2fljnBWaXVK36G{*7jnn4$J(Y31z4{Y~NdgFK}vh|luBw$5#?v8%rHDL)MQDY)2PpWrF`_l^kB>tB6C-GMU"
    "+h;Z7u5?d-)oV2b0|NsC0|NsC1A{t&^j~$4K5F>%fxxf7>nw38o6jWwEru|~SDw#{yZDrt=hNevn&!`1_{gn`RvF`dFH|_lt>-X-QORSX=K0G9"
    "I;#FXs}79*z9m#^`{i2l{KM`408=Q(>;"
)


def test_old_excel_is_read() -> None:
    content = zlib.decompress(base64.b85decode(OLD_EXCEL))
    about, head = reading.head(content)
    assert (about.format, head) == ("xls", [(1, ["Họ và tên", "Năm sinh"]), (2, ["Trần Thị Lan", "1992"])])
    assert refusal(content[:3000]) == "wrong_type"  # its directory was cut off


# Hostile ones


def test_nothing_and_nonsense() -> None:
    assert refusal(b"") == "empty"
    assert refusal(xlsx([], None)) == "empty"
    for content in (b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"<!DOCTYPE html><p>", b"{\\rtf1}", b"Rar!\x1a\x07\x00"):
        assert refusal(content) == "wrong_type", content
    assert refusal(bytes(range(1, 32)) * 20) == "wrong_type"
    assert refusal(bytes(range(128, 256)) * 20) == "letters"


def test_another_office_file_is_no_list() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("word/document.xml", "<w/>")
    assert refusal(out.getvalue()) == "wrong_type"


def test_a_password() -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert refusal(head + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600) == "password"
    assert refusal(head + b"\0" * 600) == "wrong_type"
    assert refusal(head + b"\0" * 600 + "Workbook".encode("utf-16-le") + b"\0" * 600) == "broken"


def test_cut_off() -> None:
    content = xlsx(made(200))
    for length in (4, 100, len(content) // 2, len(content) - 30):
        assert refusal(content[:length]) == "broken", length


def test_a_zip_bomb() -> None:
    """Its directory tells: 60 MB of nothing in 60 kB, or a part beyond every measure."""
    assert refusal(rezipped(xlsx(ROWS), more=b"\0" * 60_000_000)) == "too_heavy"
    assert refusal(rezipped(xlsx(ROWS), sheet=b"<worksheet><sheetData>" + b" " * 40_000_000)) == "too_heavy"


def test_a_zip_whose_directory_lies() -> None:
    """It says its sheet has a thousand bytes; what is unpacked stops there, and is broken."""
    bomb = rezipped(xlsx(ROWS), sheet=b"<worksheet><sheetData>" + b"<row/>" * 10_000_000)
    size = (len(b"<worksheet><sheetData>") + 6 * 10_000_000).to_bytes(4, "little")
    lying = bomb.replace(size, (1000).to_bytes(4, "little"))
    assert lying != bomb
    assert refusal(lying) in {"broken", "too_heavy", "empty"}


def test_a_million_empty_columns() -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    names = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    page = b"<worksheet " + names + b"><sheetData>%s</sheetData></worksheet>"
    assert refusal(rezipped(xlsx(ROWS), sheet=page % cells)) == "too_heavy"
    beyond = b'<row r="1"><c r="A1"><v>1</v></c><c r="ZZZZZ1"><v>1</v></c></row>'
    assert refusal(rezipped(xlsx(ROWS), sheet=page % beyond)) in {"too_heavy", "broken"}
    wide = ",".join(["x"] * 1_000_000).encode()
    assert [len(cells) for cells in all_of(wide)] == [sheet.MAX_COLUMNS]


def test_entities_are_not_expanded() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    assert refusal(rezipped(xlsx(ROWS), sheet=laughs)) == "entities"
    outside = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'
    assert refusal(rezipped(xlsx(ROWS), more=outside)) == "entities"


def test_too_many_rows() -> None:
    assert refusal(b"a;b\n" * (sheet.MAX_ROWS + 1)) == "too_many_rows"


def test_too_large() -> None:
    with pytest.raises(Invalid) as refused:
        reading.check_size(b"x" * (reading.MAX_BYTES + 1))
    assert refused.value.field == "file"


def test_a_child_that_takes_too_long_is_stopped() -> None:
    begun = time.monotonic()
    assert refusal(xlsx(ROWS), seconds=0.0) == "too_slow"
    assert time.monotonic() - begun < 20


def test_a_child_is_gone_when_nobody_reads_on() -> None:
    with reading.opened(csv_bytes(made(5000))) as read:
        next(read.rows)
        assert len(psutil.Process().children()) >= 1
    assert not [one for one in psutil.Process().children() if sheet.__name__ in " ".join(one.cmdline())]


def test_a_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XHHT_SECRET_KEY", "không ai biết")
    assert "XHHT_SECRET_KEY" not in reading._bare()


def test_random_damage_is_refused_or_read() -> None:
    """A thousand broken bytes later the answer is still rows or a refusal, never anything else."""
    content, chance = bytearray(xlsx(made(50))), random.Random(4)
    for _ in range(12):
        for _ in range(20):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with contextlib.suppress(Invalid):
            all_of(bytes(content))


# Sheets that leave


def test_a_sheet_of_faults_has_the_same_columns_and_runs_nothing() -> None:
    cells = ["1", '=HYPERLINK("http://x")', "@SUM(A1)", "046192001234", "https://vi.du"]
    faulty: dict[int, list[list[object]]] = {5: [["name_symbols", {}], ["twice", {"row": 3}]]}
    content = fault_sheet(["STT", "Họ và tên", "a", "Số CCCD", "b"], [(4, ["x"]), (5, cells)], faulty)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())
    assert [cell.value for cell in rows[0]][:6] == ["STT", "Họ và tên", "a", "Số CCCD", "b", REASONS]
    assert [cell.value for cell in rows[1]][:6] == ["x", None, None, None, None, None]  # of the same household
    assert [cell.value for cell in rows[2]][:5] == cells
    assert rows[2][5].value == "Họ và tên có ký hiệu lạ. Trùng với dòng 3: cùng họ tên, ngày sinh và hộ."
    assert {cell.data_type for cell in rows[2][:6]} == {"s"}
    assert not rows[2][4].hyperlink
    assert len(rows) == 3


def test_the_empty_list_is_understood_by_ourselves() -> None:
    _about, head = reading.head(template())
    found = guess(head)
    assert found.header_row == 1
    assert found.columns == {
        "community": 0, "household": 1, "relation": 2, "name": 3, "birth": 4, "sex": 5, "citizen_id": 6, "phone": 7,
        "group": 8, "address": 9,
    }  # fmt: skip
