"""A copy of everything kept about a person, for the person (Luật 91/2025/QH15): plain values, ready for JSON."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from xhht_citizen import clock
from xhht_citizen.activities import queries as activities
from xhht_citizen.applications import queries as applications
from xhht_citizen.audit import looks_at
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.groups import history
from xhht_citizen.groups import members as groups
from xhht_citizen.helping import named as helping
from xhht_citizen.helping import queries as helping_slips
from xhht_citizen.notices import queries as notices
from xhht_citizen.people import queries as people
from xhht_citizen.phones import drafting
from xhht_citizen.titles import queries as titles

PERSON = (
    "name",
    "birth_year",
    "birth_date",
    "sex",
    "phone",
    "learner_group",
    "citizen_id_last4",
    "died_on",
    "created_at",
)
EVIDENCE = (
    *("kind", "title", "provider", "learned_on", "minutes", "witness", "note", "certificate_ref"),
    *("created_at", "confirmed_at", "withdrawn_at"),
)
ATTENDED = ("name", "held_on", "way", "marked_at", "confirmed")
CASE = ("year", "criteria_set", "state", "receipt", "self_total", "confirmed_total", "reason", "submitted_at")
LINE = ("code", "claimed_points", "note", "verdict", "confirmed_points", "review_reason")
REQUEST = ("kind", "direction", "relation", "side", "part", "reason", "made_at", "answered_at", "answer")
TITLE = ("kind", "year", "public_code", "points", "granted_at", "revoked_at", "revoke_reason")


def of(db: Any, person: Any, account_id: uuid.UUID, login: str, since: datetime) -> dict[str, Any]:
    """All of the person's own data; devices are those signed in since that moment.

    Files are named, not carried; they are fetched from the page of each piece of evidence.
    """
    home = people.home_of(db, person.id)
    cases = [
        applications.own_application(db, person.id, row.year) for row in applications.own_applications(db, person.id)
    ]
    today = clock.today()
    mandates = groups.mandates_of(db, person.id)
    named = groups.names(db, [(row.kind, row.group_id) for row in mandates])
    return {
        "login": login,
        "email": people.email_of(db, account_id),
        "person": _picked(person, PERSON),
        "home": {"household": home.household, "community": home.community, "ward": home.ward} if home else None,
        "households": [
            {
                **_picked(row, ("relation", "granted_at", "revoked_at", "end_reason")),
                **_picked(row.household, ("name", "address")),
            }
            for row in people.memberships(db, person.id)
        ],
        "clans": [
            _picked(row, ("side", "granted_at", "revoked_at", "name")) for row in history.clans_of(db, person.id)
        ],
        "units": [
            {**_picked(row, ("part", "granted_at", "revoked_at")), "name": row.unit.name}
            for row in groups.unit_memberships(db, person.id, ended=True)
        ],
        "mandates": [
            {**_picked(row, ("kind", "part", "until", "granted_at", "revoked_at")), "name": named.get(row.group_id)}
            for row in mandates
        ],
        "helpers": [_helper(row, row.helper) for row in helping.of_person(db, person.id, today)],
        "helps": [_helper(row, row.person) for row in helping.held_by(db, account_id, today)],
        "helpers_asked": [
            _picked(row, ("acts", "until", "made_at", "expires_at", "used_at", "revoked_at"))
            for row in helping_slips.mandate_slips(db, person.id)
        ],
        "drafts": [_picked(row, ("path", "fields", "saved_at")) for row in drafting.unsent(db, account_id, person.id)],
        "requests": [_picked(row, REQUEST) for row in groups.requests_of(db, person.id)],
        "schooling": [_picked(row, ("year", "in_school", "said_at")) for row in groups.schooling_of(db, person.id)],
        "devices": [_picked(row, ("device", "started_at")) for row in people.open_sessions(db, account_id, since)],
        "push": [_picked(row, ("device", "made_at")) for row in notices.shows(db, account_id, since)],
        "consents": [
            _picked(row, ("text_version", "channel", "given_at", "paper", "withdrawn_at", "withdrawn_paper"))
            for row in people.consents(db, person.id)
        ],
        "registrations": [
            _picked(row, ("year", "kind", "registered_at", "assessed_at"))
            for row in titles.registrations(db, person.id)
        ],
        "registrations_taken_back": [
            _picked(row, ("year", "kind", "registered_at", "taken_back_at")) for row in titles.taken_back(db, person.id)
        ],
        "evidence": [
            {
                **_picked(row, EVIDENCE),
                "indicators": [tag.code for tag in row.indicators],
                "files": [file.original_name for file in row.files],
            }
            for row in evidence.all_of_person(db, person.id)
        ],
        "activities": [_picked(row, ATTENDED) for row in activities.attended(db, person.id)],
        "applications": [
            {
                **_picked(case, CASE),
                "lines": [_picked(line, LINE) for line in case.lines],
                "history": [
                    _picked(event, ("at", "name", "from_state", "to_state", "reason"))
                    for event in applications.events(db, case.id, inner=True)
                ],
            }
            for case in cases
            if case
        ],
        "titles": [
            {**_picked(row, TITLE), "decision": row.decision.number, "decided_on": row.decision.decided_on.isoformat()}
            for row in titles.titles_of(db, person.id)
        ],
        "looks": [_picked(row, ("at", "screen")) for row in looks_at(db, person.id, limit=None)],
    }


def _helper(row: helping.HelperRow, name: str) -> dict[str, Any]:
    """A helper of the person, or somebody the person helps."""
    picked = _picked(row, ("until", "way", "paper", "granted_at", "revoked_at", "acted_at"))
    return {"name": name, "acts": [str(act) for act in row.acts], **picked}


def _picked(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
