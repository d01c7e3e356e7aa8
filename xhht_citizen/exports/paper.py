"""A paper as NĐ 30/2020/NĐ-CP lays it out: what stands where, once, for PDF and for Word alike.

`Paper` holds words only. papers/paper.typ and docx.py give it the layout: A4, margins, fonts, the page number in the
header but not on the first page, "Nơi nhận" beside the signature. A list of many is an annex with its own page numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = {"pdf": PDF, "docx": DOCX}


@dataclass(frozen=True)
class Para:
    """A paragraph. `kind`: text, ground (in italics), verb ("QUYẾT ĐỊNH:", centred), item (of a list); `lead` is bold.

    A `lead` of an article, such as "Điều 1.", stands in front of its text.
    """

    text: str
    kind: str = "text"
    lead: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a list: its head, its width in millimetres, whether it is centred."""

    head: str
    width: float
    centred: bool = False


@dataclass(frozen=True)
class Part:
    """One table of a list under a heading; every row has as many cells as there are columns."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Annex:
    """The list that goes with a paper: its name, which paper it goes with, its tables."""

    title: str
    about: str
    note: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Signs:
    """Who signs: the lines above, such as "KT. CHỦ TỊCH" and "PHÓ CHỦ TỊCH", and the name below."""

    lines: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Paper:
    """A whole paper. `above` is the superior body, `body` the issuing one by lines; empty words are left out."""

    file_name: str
    above: str
    body: tuple[str, ...]
    number: str
    place_day: str
    kind: str
    subject: str
    authority: str = ""
    addressed_to: str = ""
    paras: tuple[Para, ...] = ()
    recipients: tuple[str, ...] = ()
    signs: Signs = field(default_factory=lambda: Signs(()))
    signs_left: Signs | None = None
    annex: Annex | None = None

    @property
    def title(self) -> str:
        """What lists of papers call it."""
        return f"{self.kind.capitalize()}: {self.subject}"

    @property
    def data(self) -> dict[str, Any]:
        """As the layouts read it."""
        return asdict(self)


def by_lines(body: str) -> tuple[str, ...]:
    """A body's name as the head of a paper breaks it: in front of what kind of place it is of."""
    return tuple(
        re.sub(r" (?=(phường|xã|đặc khu|tỉnh|thành phố) )", "\n", body, count=1, flags=re.IGNORECASE).split("\n")
    )


def write(paper: Paper, form: str) -> bytes:
    """The paper as "pdf" or "docx" (KeyError for anything else)."""
    return WRITERS[form](paper)


def _pdf(paper: Paper) -> bytes:
    from xhht_citizen.exports.typesetting import typeset

    return typeset("paper", paper.data)


def _docx(paper: Paper) -> bytes:
    from xhht_citizen.exports.docx import fill

    return fill(paper.data)


WRITERS: Mapping[str, Callable[[Paper], bytes]] = {"pdf": _pdf, "docx": _docx}
