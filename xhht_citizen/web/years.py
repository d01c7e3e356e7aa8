"""The year an address asks for (`?nam=2025`), read in one place: no list is asked for a year that cannot be."""

from __future__ import annotations

from flask import request

FIRST_YEAR = 2022  # QĐ 677/QĐ-TTg 03/06/2022: nobody was a Công dân học tập before


def read_year(text: str, *, last: int) -> int | None:
    """Four digits from FIRST_YEAR to `last`, else None."""
    year = int(text) if len(text) == 4 and text.isascii() and text.isdigit() else 0
    return year if FIRST_YEAR <= year <= last else None


def asked_year(usual: int) -> int:
    """The year of the address; the usual one, which is also the last, when it names none or one that cannot be."""
    return read_year(request.args.get("nam", "").strip(), last=usual) or usual
