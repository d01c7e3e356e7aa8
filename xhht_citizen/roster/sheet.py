"""The child that opens a stranger's file: a process of its own, with little memory and little time.

    python -I -m xhht_citizen.roster.sheet FIRST LAST [ROW,ROW,...] < file

Writes lines of JSON: `{"format", "sheet", "sheets", "old_font"}`, then `{"from": n, "cells": [[text, ...], ...]}` for
the rows FIRST to LAST, or only for those named, counted from 1 as the program that made the file counts them; then
`{"end": rows}`. Or one line `{"refused": code}`; a child that dies without `end` refused too. Nothing of the app is
loaded here, no setting and no secret is in its environment.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from xhht_citizen.roster.letters import decode, from_tcvn3, looks_tcvn3

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 60
MAX_ROWS = 120_000  # of a ward of 100,000 people
MAX_COLUMNS = 60
MAX_CELL = 300
MAX_PARTS = 1_000
MAX_UNPACKED = 400_000_000
MAX_RATIO = 200  # a sheet of numbers shrinks to a twentieth; a bomb to a thousandth
BATCH = 500
SAMPLE = 400  # rows that tell which font was used


class Refused(Exception):
    """The file is not read; the code says why."""


def main() -> None:
    """Read standard input, write what is in it."""
    _limit()
    first, last = int(sys.argv[1]), int(sys.argv[2])
    only = frozenset(map(int, sys.argv[3].split(","))) if len(sys.argv) > 3 else None
    try:
        answer(sys.stdin.buffer.read(), first, last, _say, only)
    except Refused as why:
        _say({"refused": str(why)})
    except (MemoryError, RecursionError):
        _say({"refused": "too_heavy"})
    sys.stdout.flush()


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")


def answer(
    content: bytes,
    first: int,
    last: int,
    say: Callable[[dict[str, Any]], object],
    only: frozenset[int] | None = None,
) -> None:
    """Say what is in the rows asked for. Raises Refused."""
    about, rows = _opened(content)
    sample = list(islice(rows, SAMPLE))
    about["old_font"] = looks_tcvn3(cell for row in sample for cell in row if not cell.isascii())
    turn = from_tcvn3 if about["old_font"] else str
    say(about)
    batch: list[list[str]] = []
    number = 0
    for row in _both(sample, rows):
        number += 1
        if number > MAX_ROWS:
            raise Refused("too_many_rows")
        if only is not None:
            if number in only:
                say({"from": number, "cells": [[turn(cell) for cell in _trimmed(row)]]})
        elif first <= number <= last:
            batch.append([turn(cell) for cell in _trimmed(row)])
            if len(batch) == BATCH:
                say({"from": number - BATCH + 1, "cells": batch})
                batch = []
    if batch:
        say({"from": min(number, last) - len(batch) + 1, "cells": batch})
    if not number:
        raise Refused("empty")
    say({"end": number})


def _both(sample: list[list[str]], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield from sample
    yield from rest


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _opened(content: bytes) -> tuple[dict[str, Any], Iterator[list[str]]]:
    if not content:
        raise Refused("empty")
    if content.startswith(b"PK"):
        _check_zip(content)
        return _workbook(content, "xlsx")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused("password")
        if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
            raise Refused("wrong_type")
        return _workbook(content, "xls")
    return _csv(content)


def _check_zip(content: bytes) -> None:
    """What the directory of an xlsx says, before anything is unpacked; and no part declares a document type."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MAX_PARTS:
                raise Refused("too_heavy")
            if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
                raise Refused("wrong_type")
            if any(part.flag_bits & 1 for part in parts):
                raise Refused("password")
            whole = sum(part.file_size for part in parts)
            if whole > MAX_UNPACKED or whole > max(5_000_000, MAX_RATIO * len(content)):
                raise Refused("too_heavy")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(4096).replace(b"\0", b""):
                            raise Refused("entities")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, UnicodeError, zlib.error):
        raise Refused("broken") from None


def _workbook(content: bytes, kind: str) -> tuple[dict[str, Any], Iterator[list[str]]]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            one.name
            for one in book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet and one.visible == calamine.SheetVisibleEnum.Visible
        ]
        for name in visible:
            sheet = book.get_sheet_by_name(name)
            if sheet.start is not None and sheet.height:
                if sheet.start[1] + sheet.width > 16_384 or sheet.height * sheet.width > 20_000_000:
                    raise Refused("too_heavy")
                about = {"format": kind, "sheet": name[:100], "sheets": len(visible)}
                return about, _cells(sheet)
    except calamine.PasswordError:
        raise Refused("password") from None
    except calamine.CalamineError:
        raise Refused("broken") from None
    raise Refused("empty")


def _cells(sheet: Any) -> Iterator[list[str]]:
    """Rows from the first there can be, empty ones too; the library leaves out the empty columns on the left."""
    before = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield [*before, *map(_text, row)][:MAX_COLUMNS]


def _text(value: object) -> str:
    """A cell as one reads it: a whole number without a point, a day as 05/03/1992."""
    if isinstance(value, str):
        return value.strip()[:MAX_CELL]
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (date, datetime)):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    return str(value) if isinstance(value, (int, time, timedelta)) else ""


def _csv(content: bytes) -> tuple[dict[str, Any], Iterator[list[str]]]:
    if content[:8].startswith((b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")):
        raise Refused("wrong_type")
    head = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<", b"mime-version:")):  # a page saved under a list's name
        raise Refused("wrong_type")
    text = decode(content)
    if text is None:
        raise Refused("letters")
    if "\0" in text or sum(1 for c in text[:4000] if c < " " and c not in "\r\n\t") > 5:
        raise Refused("wrong_type")
    csv.field_size_limit(100_000)
    delimiter = delimiter_of(text)
    if _left_open(text, delimiter):
        raise Refused("quotes")
    return {"format": "csv", "sheet": "", "sheets": 1}, _lines(text, delimiter)


def _left_open(text: str, delimiter: str) -> bool:
    """Whether a quotation mark that begins a cell ends nowhere: all lines below it would be that one cell's."""
    if '"' not in text:
        return False
    try:
        for _row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell.strip()[:MAX_CELL] for cell in row[:MAX_COLUMNS]]
    except csv.Error:
        raise Refused("broken") from None


def delimiter_of(text: str) -> str:
    """What parts the cells: of ; , tab and | the one that gives the most lines of one width above one cell."""
    head = text[:20_000].splitlines()[:30]

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        usual = max(set(widths), key=lambda one: (widths.count(one), one), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(";\t,|", key=fit)


def _limit() -> None:
    """Take memory and processor time from this process; where the system knows no limits the parent's clock must do."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def rows_of(lines: Iterable[dict[str, Any]]) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of what `answer` said."""
    for said in lines:
        yield from enumerate(said.get("cells", ()), said.get("from", 1))


if __name__ == "__main__":
    main()
