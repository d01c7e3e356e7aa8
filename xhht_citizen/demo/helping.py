"""Old people without an account, for whom somebody acts: the head of their community, and a neighbour, on paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from xhht_citizen.clock import local
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.learning import LEARNED
from xhht_citizen.demo.ward import WARD, Resident, Ward
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator
from xhht_citizen.helping.acting import marks
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import Act
from xhht_citizen.people.models import Consent
from xhht_citizen.people.rules import PRIVACY_VERSION

OLD = 60
HELPERS = ("head", "citizen", "head", "head")  # of whom each one is helped, by their part in the story


def help_out(ward: Ward, year: Year) -> None:
    """Told last: who has no account, no case and nothing written down so far is helped from now on."""
    head, citizen = ward.cast["head"], ward.cast["citizen"]
    homes = {head.household_id, citizen.household_id}
    old = [
        person
        for person in ward.residents
        if person.community == head.community
        and year.year - person.birth_year >= OLD
        and person.account_id is None
        and person.person["died_on"] is None
        and not person.evidence
        and person.household_id not in homes
    ]
    for number, (person, key) in enumerate(zip(old, HELPERS, strict=False)):
        _named(ward, year, person, ward.cast[key], by=head, part=0.8 + number * 0.01)


def _named(ward: Ward, year: Year, person: Resident, helper: Resident, *, by: Resident, part: float) -> None:
    """Consent and mandate, both signed on paper; then the first thing the helper wrote down."""
    book, at, acts = ward.book, year.at(part), [str(act) for act in (Act.EVIDENCE, Act.CASE)]
    book.add(
        Consent,
        id=book.new_id(at),
        person_id=person.id,
        text_version=PRIVACY_VERSION,
        channel="paper",
        given_at=at,
        given_by=by.account_id,
        withdrawn_at=None,
    )
    book.note(
        at,
        "consent.give",
        ward_code=WARD,
        account_id=by.account_id,
        subject_kind="person",
        subject_id=person.id,
        detail={"version": PRIVACY_VERSION, "channel": "paper"},
    )
    begun = year.at(part + 0.005)
    row = book.add(
        Helper,
        id=book.new_id(at),
        ward_code=WARD,
        person_id=person.id,
        account_id=helper.account_id,
        acts=acts,
        until=date(year.year, 12, 31),
        way="paper",
        paper=f"Cặp giấy của chi hội, ký ngày {local(at):%d/%m/%Y}",
        granted_at=at,
        granted_by=by.account_id,
        revoked_at=None,
        revoked_by=None,
        acted_at=begun,
    )
    book.note(
        at,
        "helper.name",
        ward_code=WARD,
        account_id=by.account_id,
        subject_kind="person",
        subject_id=person.id,
        detail={
            "row": str(row["id"]),
            "account": str(helper.account_id),
            "acts": acts,
            "until": str(row["until"]),
            "way": "paper",
        },
    )
    book.note(
        begun,
        "helper.begin",
        ward_code=WARD,
        account_id=helper.account_id,
        subject_kind="person",
        subject_id=person.id,
        detail=marks(person.id, row["id"]),
    )
    _learned(ward, year, row, person, year.at(part + 0.006))


def _learned(ward: Ward, year: Year, mandate: dict[str, Any], person: Resident, at: datetime) -> None:
    by, said = mandate["account_id"], marks(person.id, mandate["id"])
    book, learned = ward.book, ward.book.random.choice(LEARNED)
    row = book.add(
        Evidence,
        id=book.new_id(at),
        ward_code=WARD,
        person_id=person.id,
        kind=learned.kind.value,
        title=learned.title,
        provider=learned.provider,
        learned_on=local(at).date(),
        year=year.year,
        minutes=learned.minutes,
        witness="Trưởng chi hội",
        note=learned.note,
        created_at=at,
        created_by=by,
        version=1,
        used_at=None,
        locked_at=None,
        withdrawn_at=None,
        activity_id=None,
        confirmed_at=None,
        confirmed_by=None,
    )
    person.evidence.append((row, learned.indicators))
    for code in learned.indicators:
        book.add(EvidenceIndicator, evidence_id=row["id"], code=code)
    book.note(
        at,
        "evidence.add",
        ward_code=WARD,
        account_id=by,
        subject_kind="evidence",
        subject_id=row["id"],
        detail={"kind": row["kind"], "files": 0, **said},
    )
