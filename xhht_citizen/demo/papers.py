"""Papers in the making: the next decision's batch, open, and a name on a certificate that was mended."""

from __future__ import annotations

from typing import Any

from xhht_citizen.applications.models import Application, ApplicationEvent, SecondLook
from xhht_citizen.applications.rules import State
from xhht_citizen.batches.models import DecisionBatch, DecisionBatchCase, TitleCorrection
from xhht_citizen.batches.rules import BatchState
from xhht_citizen.criteria import catalogue
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.ward import WARD, Ward
from xhht_citizen.titles.models import Title
from xhht_citizen.vietnamese import fold

MOST = 24
REASON = "Tên in thiếu dấu so với căn cước."


def tell(ward: Ward, year: Year) -> None:
    """The batch is composed after the last recommendation, the name mended some days before."""
    _compose(ward, year)
    _correct(ward, year)


def _compose(ward: Ward, year: Year) -> None:
    """An open batch of cases that wait for a decision of the ward; the rest waits for whoever signs in.

    Those that wait for a second look come first, so that whatever was drawn the batch shows what bars a case; then
    the longest waiting.
    """
    book, reviewer = ward.book, ward.cast["reviewer"]
    recommended = {
        row["application_id"]: row["at"] for row in book.rows[ApplicationEvent] if row["name"] == "recommend"
    }
    waiting = [
        row
        for row in book.rows[Application]
        if (row["ward_code"], row["year"], row["state"]) == (WARD, year.year, State.RECOMMENDED)
        and catalogue.get(row["criteria_set"]).decided_by == "ward"
    ]
    looks = {row["application_id"] for row in book.rows[SecondLook] if row["looked_at"] is None}
    chosen = sorted(waiting, key=lambda row: (row["id"] not in looks, recommended[row["id"]]))[:MOST]
    if not chosen:
        return
    at = max(year.at(0.985), *(recommended[row["id"]] for row in chosen))
    batch_id = book.new_id(at)
    book.add(
        DecisionBatch,
        id=batch_id,
        ward_code=WARD,
        province_code=None,
        year=year.year,
        name=f"Đợt 2 năm {year.year}",
        state=str(BatchState.OPEN),
        version=2,
        decision_id=None,
        made_at=at,
        made_by=reviewer.account_id,
        ended_at=None,
    )
    for row in chosen:
        book.add(
            DecisionBatchCase,
            application_id=row["id"],
            batch_id=batch_id,
            added_at=at,
            added_by=reviewer.account_id,
        )
    for action, detail in (("batch.make", {"year": year.year}), ("batch.add", {"count": len(chosen)})):
        book.note(
            at,
            action,
            ward_code=WARD,
            account_id=reviewer.account_id,
            subject_kind="batch",
            subject_id=batch_id,
            detail=detail,
        )


def _correct(ward: Ward, year: Year) -> None:
    """The first title of the year whose holder's given name has marks had been printed without them."""
    book, signer = ward.book, ward.cast["signer"]
    title = next(
        row
        for row in book.rows[Title]
        if (row["year"], row["kind"], row["revoked_at"]) == (year.year, "citizen", None)
        and _bare(row) != row["holder_name"]
    )
    at = max(year.at(0.95), title["granted_at"])
    book.add(
        TitleCorrection,
        id=book.new_id(at),
        ward_code=WARD,
        title_id=title["id"],
        old_name=_bare(title),
        new_name=title["holder_name"],
        reason=REASON,
        at=at,
        account_id=signer.account_id,
    )
    book.note(
        at,
        "title.correct",
        ward_code=WARD,
        account_id=signer.account_id,
        subject_kind="title",
        subject_id=title["id"],
        detail={"year": title["year"], "kind": title["kind"]},
    )


def _bare(title: dict[str, Any]) -> str:
    """The holder's name with no marks on the given name."""
    rest, _space, given = str(title["holder_name"]).rpartition(" ")
    return f"{rest} {fold(given).capitalize()}"
