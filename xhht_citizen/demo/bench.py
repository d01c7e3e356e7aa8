"""The reviewers' bench in the story: each of the two recommended some cases at once, and looks wait or were given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xhht_citizen.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationEvidence,
    ApplicationLine,
    BulkCase,
    BulkRecommendation,
    Lot,
    SecondLook,
)
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.sampling import drawn
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.learning import NOTES
from xhht_citizen.demo.ward import WARD, Ward

SHARE = 5  # percent, what a ward has that said nothing else
MOST = 20
AGREED = "Đã gọi hỏi người làm chứng, đúng như khai."


def tell(ward: Ward, year: Year) -> None:
    """Bulks of this year: for each reviewer one whose drawn case waits, and an older one whose look was given."""
    rows = ward.book.rows
    recommended = {row["application_id"]: row for row in rows[ApplicationEvent] if row["name"] == "recommend"}
    changed = {row["application_id"] for row in rows[ApplicationLine] if row["verdict"] == "change"}
    cases = [
        row
        for row in rows[Application]
        if row["year"] == year.year and row["kind"] == "citizen" and row["id"] in recommended
    ]
    straight = [row for row in cases if row["id"] not in changed]
    signer = ward.cast["signer"].account_id
    kin = {ward.cast[key].household_id for key in ("reviewer", "second_reviewer", "signer")}
    for key in ("reviewer", "second_reviewer"):
        officer = ward.cast[key].account_id
        for state, looked in ((State.RECOMMENDED, False), (State.GRANTED, True)):
            chosen = [
                row
                for row in straight
                if row["state"] == state
                and (not looked or not row["evidence_gaps"])
                and row["household_id"] not in kin
                and recommended[row["id"]]["account_id"] == officer
            ][:MOST]
            if not looked:
                _explain(ward, chosen)
            if chosen:
                _bulk(ward, chosen, recommended, by=officer, looked_by=signer if looked else None)


def _explain(ward: Ward, cases: list[dict[str, Any]]) -> None:
    """Each point of these that no evidence stands behind has its words, as a case in a bulk must have."""
    rows, of = ward.book.rows, {row["id"]: row for row in cases}
    shown = {(row["application_id"], row["code"]) for row in rows[ApplicationEvidence]}
    for line in rows[ApplicationLine]:
        key = (line["application_id"], line["code"])
        if key[0] in of and line["claimed_points"] and not line["note"] and key not in shown:
            line["note"] = ward.book.random.choice(NOTES[line["code"]])
    for row in cases:
        row["evidence_gaps"] = 0


def _bulk(
    ward: Ward, cases: list[dict[str, Any]], recommended: dict[Any, dict[str, Any]], *, by: Any, looked_by: Any
) -> None:
    """These cases as one bulk, with the draw of its seed."""
    book = ward.book
    at = max(recommended[row["id"]]["at"] for row in cases)
    bulk_id, seed = book.new_id(at), f"{book.random.getrandbits(128):032x}"
    book.add(
        BulkRecommendation,
        id=bulk_id,
        ward_code=WARD,
        account_id=by,
        made_at=at,
        seed=seed,
        share=SHARE,
        undone_at=None,
        undone_by=None,
    )
    picked = set(drawn(seed, SHARE, [row["id"] for row in cases]))
    for row in cases:
        event = recommended[row["id"]]
        event["detail"] = {**event["detail"], "bulk": str(bulk_id)}
        book.add(BulkCase, bulk_id=bulk_id, application_id=row["id"])
        book.add(Lot, application_id=row["id"], bulk_id=bulk_id, drawn=row["id"] in picked)
        if row["id"] in picked:
            moment = event["at"] + timedelta(minutes=20)
            book.add(
                SecondLook,
                id=book.new_id(at),
                ward_code=WARD,
                application_id=row["id"],
                bulk_id=bulk_id,
                why="lot",
                doubts=[],
                first_by=by,
                made_at=event["at"],
                looked_by=looked_by,
                looked_at=moment if looked_by else None,
                agrees=True if looked_by else None,
                note=AGREED if looked_by else None,
                closed_at=None,
            )
    book.note(
        at,
        "bulk.recommend",
        ward_code=WARD,
        account_id=by,
        subject_kind="bulk",
        subject_id=bulk_id,
        detail={"cases": len(cases), "drawn": len(picked), "seed": seed, "share": SHARE},
    )
