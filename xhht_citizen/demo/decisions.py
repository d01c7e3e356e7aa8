"""The ward's decisions and the titles they gave."""

from __future__ import annotations

from typing import Any

from xhht_citizen.applications.models import ApplicationEvent
from xhht_citizen.applications.rules import State
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.cases import Case, step
from xhht_citizen.demo.learning import REVOKE_REASON
from xhht_citizen.demo.ward import PROVINCE, WARD, Ward
from xhht_citizen.people.rules import CODE_ALPHABET
from xhht_citizen.titles.models import Counter, Decision, Title
from xhht_citizen.titles.rules import CODE_LENGTH, decision_key
from xhht_citizen.vietnamese import fold

# When decisions are signed (parts of the year so far) and their numbers; the one of last year, those of this one.
DECISIONS = {True: ((0.95, 341),), False: ((0.42, 118), (0.68, 203), (0.91, 297))}


def decide(ward: Ward, told: list[Case], year: Year, *, is_last: bool) -> None:
    """The year's decisions: each gives the titles of its list, in the order of names; one title is revoked later."""
    book, signer, number = ward.book, ward.cast["signer"], 0
    for index, (part, printed) in enumerate(DECISIONS[is_last]):
        at = year.at(part)
        row = book.add(
            Decision,
            id=book.new_id(at),
            ward_code=WARD,
            number=f"{printed}/QĐ-UBND",
            number_key=decision_key(f"{printed}/QĐ-UBND"),
            decided_on=year.day(part),
            decided_year=year.year,
            signatory=signer.name,
            entered_by=signer.account_id,
            entered_at=at,
        )
        chosen = [case for case in told if case.plan.state is State.GRANTED and case.plan.decision == index]
        for place, case in enumerate(sorted(chosen, key=lambda case: case.plan.resident.sort_key)):
            number += 1
            _grant(ward, case, row, number=number, part=part + place * 1e-6)
    book.add(Counter, ward_code=WARD, year=year.year, purpose="register", last=number)


def _grant(ward: Ward, case: Case, decision: dict[str, Any], *, number: int, part: float) -> None:
    """One line of the register, and the case's last step."""
    book, person, row = ward.book, case.plan.resident, case.row
    at = case.plan.year.at(part)
    title = book.add(
        Title,
        id=book.new_id(at),
        ward_code=WARD,
        province_code=PROVINCE,
        community_id=row["community_id"],
        household_id=row["household_id"],
        kind="citizen",
        year=row["year"],
        subject_id=person.id,
        person_id=person.id,
        application_id=row["id"],
        decision_id=decision["id"],
        register_number=number,
        public_code="".join(book.random.choices(CODE_ALPHABET, k=CODE_LENGTH)),
        holder_name=person.name,
        sort_key=person.sort_key,
        search_key=fold(person.name),
        points=row["confirmed_total"],
        level=None,
        valid_until=None,
        facts={},
        granted_at=at,
        revoked_at=None,
        revoked_by=None,
        revoke_reason=None,
    )
    row["decided_at"] = at
    detail = {
        "decision": decision["number"],
        "decided_on": decision["decided_on"].isoformat(),
        "title": str(title["id"]),
    }
    step(ward, case, "grant", at, ward.cast["signer"], reason=None, detail=detail)


def revoke_one(ward: Ward, year: Year) -> None:
    """The year's second title is taken back; the row stays."""
    at, signer = year.at(0.8), ward.cast["signer"]
    title = next(row for row in ward.book.rows[Title] if row["year"] == year.year and row["register_number"] == 2)
    title.update(revoked_at=at, revoked_by=signer.account_id, revoke_reason=REVOKE_REASON)
    ward.book.add(
        ApplicationEvent,
        id=ward.book.new_id(at),
        application_id=title["application_id"],
        ward_code=WARD,
        at=at,
        account_id=signer.account_id,
        actor_name=signer.name,
        name="revoke",
        from_state=str(State.GRANTED),
        to_state=str(State.GRANTED),
        reason=REVOKE_REASON,
        detail={},
    )
    ward.book.note(
        at,
        "title.revoke",
        ward_code=WARD,
        account_id=signer.account_id,
        subject_kind="title",
        subject_id=title["id"],
        detail={"reason": REVOKE_REASON, "year": year.year, "kind": "citizen"},
    )
