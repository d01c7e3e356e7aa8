"""Papers as PDF: a Typst template beside this file, filled with data, set in the fonts that come with the house.

Data reaches a template as JSON, never by building its text: nothing in a name can become markup. The fonts are
Liberation Serif, which has the widths of Times New Roman that NĐ 30/2020/NĐ-CP asks for, and every Vietnamese letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MASK = 3  # any of the eight is valid; trying them all to find the prettiest takes five times as long
HERE = Path(__file__).parent
FONTS, PAPERS = HERE / "fonts", HERE / "papers"


class Badly(Exception):
    """A template does not fit its data: a mistake of the house, not of the person."""


def typeset(paper: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of `papers/<paper>.typ` filled with `data` (strings, numbers, lists, mappings, None).

    In the template: `#let data = json(bytes(sys.inputs.data))`. Raises Badly on any error or warning of the typesetter;
    of a letter that no font has, as 王, it says nothing, and prints a box.
    """
    import typst

    try:
        pdf, warnings = typst.compile_with_warnings(
            str(PAPERS / f"{paper}.typ"),
            root=str(PAPERS),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Badly(f"{paper}: {error}") from error
    if warnings:
        raise Badly(f"{paper}: {warnings[0].message}")
    assert isinstance(pdf, bytes)  # noqa: S101 (one document, one answer)
    return pdf


def qr(text: str) -> str:
    """A short link as the SVG of a QR code with its quiet zone, for `image(bytes(..), format: "svg")`."""
    import segno

    drawn = segno.make(text, error="m", micro=False, mask=MASK).svg_inline(
        border=4, light="#fff", dark="#000", omitsize=True
    )
    return str(drawn).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
