"""Self-assessment sheets on paper: one A4 page a person, with a code that leads whoever may enter it to its page."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from xhht_citizen.applications import sheet_rolls
from xhht_citizen.applications.sheet_rolls import SheetPlace, SheetRow, sheet_code, shown_code
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.exports.typesetting import qr, typeset
from xhht_citizen.jobs.actions import Claimed
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.people.rules import GROUP_LABELS, Group

KIND = "sheets.print"
NIL = str(uuid.UUID(int=0))  # stands for the person in the link a page gives
AT_ONCE = 25  # pages set in one go: a second's work, then the bar moves
FILE_NAME = "phieu-tu-danh-gia.pdf"


def sheets_pdf(rows: Sequence[SheetRow], *, year: int, ward: str, link: str) -> bytes:
    """The sheets of these people, a page each; `link` leads to the entry page of NIL."""
    sets = {row.criteria_set: _lines(row.criteria_set) for row in rows}
    return typeset(
        "sheet",
        {
            "year": year,
            "ward": ward,
            "sets": sets,
            "sheets": [
                {
                    "name": row.name,
                    "birth_year": str(row.birth_year),
                    "household": row.household,
                    "community": row.community or "",
                    "set": row.criteria_set,
                    "group": GROUP_LABELS[Group(row.learner_group)],
                    "code": shown_code(sheet_code(row.person_id, year)),
                    "qr": qr(link.replace(NIL, str(row.person_id))),
                }
                for row in rows
            ],
        },
    )


def _lines(set_id: str) -> dict[str, Any]:
    """A criteria set as the sheet asks it: competencies, their indicators, and the words of each box."""
    criteria = catalogue.get(set_id)
    return {
        "title": criteria.title,
        "provisional": criteria.provisional,
        "competencies": [
            {
                "code": competency.code,
                "title": competency.title,
                "lines": [
                    {
                        "code": line.code,
                        "text": line.text,
                        "rungs": [{"points": rung.points, "text": rung.text.rstrip(".")} for rung in line.ladder],
                    }
                    for line in criteria.lines
                    if line.competency == competency.code
                ],
            }
            for competency in criteria.competencies
        ],
    }


def asked_people(payload: Mapping[str, Any], ward_code: str) -> tuple[SheetPlace, dict[str, Any]]:
    """Where a job's people live, and how they are chosen: by id, or everybody there who has not sent a case yet."""
    community = uuid.UUID(payload["community"]) if payload.get("community") else None
    place = SheetPlace(ward_code, community, int(payload["year"]))
    if payload.get("people") is None:
        return place, {"unsent": True}
    return place, {"ids": [uuid.UUID(one) for one in payload["people"]]}


def print_sheets(claimed: Claimed, shop: Workshop) -> None:
    """The job: set page after page, join them, leave one PDF. Begun again, it starts anew: nothing else was written."""
    import pikepdf

    payload, year = claimed.payload, int(claimed.payload["year"])
    place, how = asked_people(payload, claimed.ward_code or "")
    with shop.database.read() as db:
        rows = sheet_rolls.rows(db, place, **how)
    if not rows:
        raise Invalid(N_("Không còn ai ở nơi này cần in phiếu."))
    with claimed.step() as db:
        claimed.came_to(db, done=0, total=len(rows))
    joined = pikepdf.new()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        pages = pikepdf.open(io.BytesIO(sheets_pdf(part, year=year, ward=payload["ward"], link=payload["link"])))
        joined.pages.extend(pages.pages)
        with claimed.step() as db:
            claimed.came_to(db, done=start + len(part))
    made = io.BytesIO()
    joined.save(made)
    key = f"jobs/{claimed.id}/{claimed.number}"
    shop.store.put(key, made.getvalue())
    with claimed.step() as db:
        claimed.finish(db, file_key=key, file_name=FILE_NAME, file_type="application/pdf")
