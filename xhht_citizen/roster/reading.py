"""Reading an uploaded list: the file goes to a child process (sheet.py), rows come back in batches.

Whatever is in the file, what it can harm is the child: it has its own memory, its own clock and an empty environment.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any

from xhht_citizen.errors import N_, Invalid
from xhht_citizen.roster import sheet

MAX_BYTES = 20_000_000
SECONDS = 90
HEAD_ROWS = 40  # enough to find the headings and to show some lines
MOST_LINE = 20_000_000  # of JSON; a batch of the widest rows is shorter
REFUSALS = {
    "empty": N_("Tệp này không có dòng nào."),
    "too_heavy": N_("Tệp này quá nặng hoặc bung ra quá lớn, nên máy không mở. Xin chép danh sách sang một tệp mới."),
    "too_many_rows": N_("Danh sách dài quá 120.000 dòng. Xin chia thành nhiều tệp, ví dụ mỗi thôn, tổ một tệp."),
    "wrong_type": N_("Đây không phải danh sách Excel (.xlsx, .xls) hay csv. Xin mở bằng Excel rồi lưu thành .xlsx."),
    "password": N_("Tệp này có mật khẩu. Xin bỏ mật khẩu trong Excel (Tệp, Thông tin, Bảo vệ) rồi tải lên lại."),
    "entities": N_("Tệp này không phải do Excel lưu ra, nên máy không mở. Xin mở bằng Excel rồi lưu thành tệp mới."),
    "broken": N_("Tệp này bị hỏng hoặc tải lên chưa hết. Xin mở thử bằng Excel, lưu lại rồi tải lên."),
    "letters": N_("Máy không đọc được bảng mã chữ của tệp này. Xin mở bằng Excel rồi lưu thành .xlsx."),
    "quotes": N_(
        "Trong tệp có dấu ngoặc kép mở mà không đóng, nên các dòng sau dính vào một ô. Xin mở bằng Excel rồi lưu thành "
        ".xlsx."
    ),
    "too_slow": N_("Máy mở tệp này quá lâu nên đã dừng. Xin chép danh sách sang một tệp mới."),
}


@dataclass
class Read:
    """An opened list: what kind of file, which sheet of how many, and its rows (number from 1, cells as text)."""

    format: str
    sheet: str
    sheets: int
    old_font: bool
    rows: Iterator[tuple[int, list[str]]] = field(repr=False)


def check_size(content: bytes) -> None:
    """Invalid on `file` for an upload beyond the limit."""
    if len(content) > MAX_BYTES:
        raise Invalid(N_("Tệp lớn quá 20 MB. Xin chia danh sách thành nhiều tệp."), field="file")


@contextmanager
def opened(
    content: bytes,
    *,
    first: int = 1,
    last: int = sheet.MAX_ROWS,
    only: Sequence[int] = (),
    seconds: float = SECONDS,
) -> Iterator[Read]:
    """Read the rows `first` to `last`, or `only` these; Invalid on `file` where it is refused, also amid the rows.

    The child is gone when the block is left.
    """
    with tempfile.TemporaryFile() as handed:
        handed.write(content)
        handed.seek(0)
        command = [sys.executable, "-I", "-m", sheet.__name__, str(first), str(last)]
        if only:
            command.append(",".join(map(str, only)))
        child = subprocess.Popen(  # noqa: S603 (our own module, numbers as arguments)
            command, stdin=handed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_bare(), close_fds=True
        )
    late = threading.Event()
    clock = threading.Timer(seconds, _stop, (child, late))
    clock.daemon = True
    clock.start()
    try:
        assert child.stdout is not None  # noqa: S101 (asked for above)
        said = _said(child.stdout, late)
        about = next(said)
        rest = chain(said)
        yield Read(about["format"], about["sheet"], about["sheets"], about["old_font"], sheet.rows_of(rest))
    finally:
        clock.cancel()
        with suppress(OSError):
            child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def head(content: bytes, rows: int = HEAD_ROWS) -> tuple[Read, list[tuple[int, list[str]]]]:
    """What the list is, and its first rows."""
    with opened(content, last=rows) as read:
        return read, list(read.rows)


def some(content: bytes, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The cells of these rows."""
    if not numbers:
        return {}
    with opened(content, only=numbers) as read:
        return dict(read.rows)


def _said(pipe: IO[bytes], late: threading.Event) -> Iterator[dict[str, Any]]:
    """What the child says, line by line; Invalid when it refuses, dies or takes too long."""
    while True:
        line = pipe.readline(MOST_LINE)
        try:
            said = json.loads(line)
        except ValueError:
            raise _refused("too_slow" if late.is_set() else "too_heavy") from None
        if "refused" in said:
            raise _refused(said["refused"])
        if "end" in said:
            return
        yield said


def _refused(code: str) -> Invalid:
    return Invalid(REFUSALS.get(code, REFUSALS["broken"]), field="file")


def _stop(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        child.kill()


def _bare() -> dict[str, str]:
    """No address, key or password of ours; Windows needs its own folder to start a process."""
    import os

    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
