"""Cells that open safely: text that a spreadsheet would take for a formula is marked as text."""

from __future__ import annotations

from decimal import Decimal

Cell = str | int | Decimal | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_text(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_cell(cell: Cell) -> str:
    """A cell of a csv: the unknown stays empty; a decimal comma, as spreadsheets set to Vietnamese read numbers."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f").replace(".", ",")
    return safe_text(cell) if isinstance(cell, str) else str(cell)
