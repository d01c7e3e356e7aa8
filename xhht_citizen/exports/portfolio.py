"""A person's learning over the years, to keep and to take elsewhere: one PDF to read, one JSON file for machines.

The file `xhht-portfolio`, version 1 (a change that a reader must know of gets another number). Days are ISO 8601, times
are whole minutes, what is not known is null:

    schema, version    "xhht-portfolio", 1
    made_on, note      the day it was made; that it is no act of recognition
    person             name, birth_year
    totals             pieces, minutes, files; by_kind: kind, name, pieces, minutes;
                       by_year: year, pieces, minutes, files
    titles             kind, name, year, decision, decided_on, granted_on, place, code, check (its public page),
                       standing: valid, expired or revoked; the latest year first
    evidence           id, kind, title, provider, learned_on, minutes, note, certificate, indicators (codes), files (how
                       many), confirmed_on (by whoever led an activity), recorded_on; the newest first

`kind` of evidence is one of evidence/rules.py::Kind. Nobody else stands in it: no witness, no organiser, no helper, no
name of a file; and where somebody helped another to learn, not whom (`provider` is null there).
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.evidence.queries import KindTotal
from xhht_citizen.evidence.rules import KINDS, Kind
from xhht_citizen.exports.certificates import link
from xhht_citizen.exports.typesetting import qr, typeset
from xhht_citizen.groups.rules import KIND_LABELS
from xhht_citizen.groups.rules import Kind as TitleKind
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import Standing, shown_code

SCHEMA, VERSION = "xhht-portfolio", 1
MOST_SET = 5000  # pieces on paper, the newest ones: some two hundred pages; the JSON file has all
NOTE_LETTERS = 240  # of somebody's own words on paper
NOTE = "Do hệ thống Công dân học tập ghi ngày {day}, không phải văn bản công nhận."


@dataclass(frozen=True)
class Portfolio:
    """All that goes into either file. `by_kind` is over all years, in the order of the form; `files` by year."""

    name: str
    birth_year: int
    place: str
    titles: Sequence[Any]
    title_places: Mapping[Any, str]
    totals: Sequence[KindTotal]
    files: Mapping[int, int]
    evidence: Sequence[Any]
    today: date

    @property
    def pieces(self) -> int:
        """How many things were learned."""
        return sum(one.count for one in self.totals)

    @property
    def minutes(self) -> int:
        """The time of those that say how long."""
        return sum(one.minutes for one in self.totals)

    @property
    def by_kind(self) -> list[tuple[Kind, int, int]]:
        """Pieces and minutes by kind; kinds of none are left out."""
        count, minutes = Counter[str](), Counter[str]()
        for one in self.totals:
            count[one.kind] += one.count
            minutes[one.kind] += one.minutes
        return [(kind, count[kind], minutes[kind]) for kind in KINDS if count[kind]]

    @property
    def by_year(self) -> list[tuple[int, int, int]]:
        """Pieces and minutes by year, the latest first."""
        years = sorted({one.year for one in self.totals}, reverse=True)
        return [
            (
                year,
                sum(one.count for one in self.totals if one.year == year),
                sum(one.minutes for one in self.totals if one.year == year),
            )
            for year in years
        ]


def gather(db: Session, person_id: uuid.UUID, *, most: int | None = None) -> Portfolio:
    """A person's portfolio with at most so many of the newest pieces; the totals are of all. NotFound for nobody."""
    person = people.person(db, person_id)
    if person is None:
        raise NotFound(N_("Không tìm thấy người này."))
    home = people.home_of(db, person_id)
    granted = titles.titles_of(db, person_id)
    return Portfolio(
        name=person.name,
        birth_year=person.birth_year,
        place=", ".join(one for one in (home.community, home.ward) if one) if home else "",
        titles=granted,
        title_places=places.names(
            db, {row.ward_code for row in granted}, {row.community_id for row in granted if row.community_id}
        ),
        totals=evidence.kind_totals(db, person_id),
        files=evidence.files_by_year(db, person_id),
        evidence=evidence.over_the_years(db, person_id, limit=most),
        today=clock.today(),
    )


def as_json(db: Session, person_id: uuid.UUID, base: str) -> bytes:
    """The file for machines, in UTF-8; `base` is the address the app is reached at."""
    whole = gather(db, person_id)
    made = {
        "schema": SCHEMA,
        "version": VERSION,
        "made_on": whole.today.isoformat(),
        "note": _note(whole),
        "person": {"name": whole.name, "birth_year": whole.birth_year},
        "totals": {
            "pieces": whole.pieces,
            "minutes": whole.minutes,
            "files": sum(whole.files.values()),
            "by_kind": [
                {"kind": str(kind), "name": KINDS[kind].label, "pieces": count, "minutes": minutes}
                for kind, count, minutes in whole.by_kind
            ],
            "by_year": [
                {"year": year, "pieces": count, "minutes": minutes, "files": whole.files.get(year, 0)}
                for year, count, minutes in whole.by_year
            ],
        },
        "titles": [
            {
                "kind": row.kind,
                "name": KIND_LABELS[TitleKind(row.kind)],
                "year": row.year,
                "decision": row.decision.number,
                "decided_on": row.decision.decided_on.isoformat(),
                "granted_on": clock.local(row.granted_at).date().isoformat(),
                "place": _place(whole, row),
                "code": row.public_code,
                "check": link(base, row.public_code),
                "standing": str(titles.standing(row, whole.today)),
            }
            for row in whole.titles
        ],
        "evidence": [
            {
                "id": str(row.id),
                "kind": row.kind,
                "title": row.title,
                "provider": _provider(row),
                "learned_on": row.learned_on.isoformat(),
                "minutes": row.minutes,
                "note": row.note,
                "certificate": row.certificate_ref,
                "indicators": [tag.code for tag in row.indicators],
                "files": len(row.files),
                "confirmed_on": clock.local(row.confirmed_at).date().isoformat() if row.confirmed_at else None,
                "recorded_on": clock.local(row.created_at).date().isoformat(),
            }
            for row in whole.evidence
        ],
    }
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def as_pdf(db: Session, person_id: uuid.UUID, base: str) -> bytes:
    """The paper: titles with their codes to scan, totals, then year by year; the newest MOST_SET pieces, as it says."""
    whole = gather(db, person_id, most=MOST_SET)
    shown = [row for row in whole.titles if titles.standing(row, whole.today) is not Standing.REVOKED]
    return typeset(
        "portfolio",
        {
            "name": whole.name,
            "birth_year": whole.birth_year,
            "place": whole.place,
            "day": f"{whole.today:%d/%m/%Y}",
            "note": _note(whole),
            "check": base.rsplit("://", maxsplit=1)[-1] + "/kiem-tra",
            "pieces": _number(whole.pieces),
            "hours": _hours(whole.minutes),
            "files": _number(sum(whole.files.values())),
            "left_out": _number(whole.pieces - len(whole.evidence)) if whole.pieces > len(whole.evidence) else "",
            "titles": [
                {
                    "name": f"{KIND_LABELS[TitleKind(row.kind)]} năm {row.year}",
                    "decision": f"Quyết định số {row.decision.number} ngày {row.decision.decided_on:%d/%m/%Y}",
                    "place": _place(whole, row),
                    "code": shown_code(row.public_code),
                    "qr": qr(link(base, row.public_code)),
                }
                for row in shown
            ],
            "kinds": [[KINDS[kind].label, _number(count), _hours(minutes)] for kind, count, minutes in whole.by_kind],
            "years": [
                {
                    "year": year,
                    "sum": f"{_number(count)} việc, {_hours(minutes)} giờ, {_number(whole.files.get(year, 0))} tệp",
                    "rows": [_line(row) for row in whole.evidence if row.year == year],
                }
                for year, count, minutes in whole.by_year
            ],
        },
    )


def _line(row: Any) -> dict[str, str]:
    note = " ".join((row.note or "").split())
    about = [KINDS[Kind(row.kind)].label, _provider(row), row.certificate_ref]
    return {
        "day": f"{row.learned_on:%d/%m/%Y}",
        "title": row.title,
        "about": " · ".join(one for one in about if one),
        "note": note if len(note) <= NOTE_LETTERS else note[:NOTE_LETTERS].rstrip() + "…",
        "hours": _hours(row.minutes) if row.minutes else "",
        "codes": ", ".join(tag.code for tag in row.indicators),
        "files": _number(len(row.files)) if row.files else "",
    }


def _provider(row: Any) -> str | None:
    """Where it was learned; of help given to another it may say to whom, and that stays at home."""
    return None if row.kind == Kind.HELPING else row.provider


def _place(whole: Portfolio, row: Any) -> str:
    keys = (row.community_id, row.ward_code)
    return ", ".join(whole.title_places[key] for key in keys if key in whole.title_places)


def _note(whole: Portfolio) -> str:
    return NOTE.format(day=f"{whole.today:%d/%m/%Y}")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _hours(minutes: int) -> str:
    """Hours as people write them: 1.234,5."""
    text = f"{minutes / 60:,.2f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))
