"""Writing what was decided for a batch of lines: people who are new, people who change, people who move house.

Whoever is new is written by a few statements for all. What touches a life already on record (a move, another name,
another head) goes through the same actions as by hand, so that cases, guardians and counts follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.applications import persons
from xhht_citizen.applications.households import name_head
from xhht_citizen.applications.persons import ByHousehold, NewHousehold
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import Invalid
from xhht_citizen.people import arriving, households
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.arriving import Arrival, NewHome
from xhht_citizen.people.models import HouseholdMembership, Person
from xhht_citizen.people.rules import Birth, is_adult
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.roster.faults import BAD
from xhht_citizen.roster.matching import Decision
from xhht_citizen.roster.models import RosterRow
from xhht_citizen.roster.records import Ward

DEEP = frozenset({"name", "birth_year", "learner_group"})  # counts, cases and the household's name follow from these
KEPT = (*sorted(DEEP), "birth_date", "sex", "phone", "citizen_id_hash", "citizen_id_last4")


class Again(Exception):
    """Somebody changed one of these people a moment ago: decide anew."""


@dataclass(frozen=True)
class Taking:
    """For whom a list is taken over: the import, the ward, the account that asked."""

    import_id: uuid.UUID
    ward: Ward
    account_id: uuid.UUID


def note(db: Session, import_id: uuid.UUID, decisions: Collection[Decision]) -> None:
    """Keep what would become of these lines, in place of what was kept of them before."""
    _write_rows(db, import_id, [_row(import_id, one) for one in decisions])


def take(db: Session, taking: Taking, decisions: Sequence[Decision]) -> dict[int, uuid.UUID]:
    """Take these lines over; what is bad is only noted. Returns who each line became.

    Raises Again, or AlreadyThere where somebody has a citizen id by now. Locks in the house's order: persons,
    households, then tallies, once for all.
    """
    good = [one for one in decisions if not one.line.bad]
    known = _hold(db, good)
    before = {one.line.number: _before(one, known) for one in good if one.outcome == "changed"}
    stood = _stood(db, good)
    person_ids = {one.line.number: one.known.id if one.known else new_id() for one in good}
    founders = {one.household_id: (person_ids[one.line.number], one) for one in good if one.founds and one.household_id}
    with ratios.later(db):
        for one in good:
            if one.founds and one.moves:
                _settle(db, taking, one)
        _write_new(db, taking, good, person_ids, founders)
        for one in good:
            if one.moves and not one.founds:
                _settle(db, taking, one)
        _change(db, taking, [one for one in good if one.changes])
        for one in good:
            if one.leads and one.household_id is not None:
                name_head(
                    db, one.household_id, person_ids[one.line.number],
                    account_id=taking.account_id, year=taking.ward.year,
                )  # fmt: skip
        places = {(taking.ward.code, one.community_id) for one in good if one.outcome == "new"}
        if places:
            persons.follow_counts(db, places, taking.ward.year)
    versions = _versions(db, before.keys(), person_ids)
    moment = now()
    rows = []
    for one in decisions:
        row = _row(taking.import_id, one) | {"done_at": moment}
        number = one.line.number
        if not one.line.bad:
            row |= {"person_id": person_ids[number], "before": before.get(number)}
            if row["before"] is not None:
                row["before"]["version"] = versions[number]
            if one.leads:
                row["before"] = (row["before"] or {}) | {"head": str(one.head_id)}
            if number in stood:
                row["before"] = (row["before"] or {}) | {"stood": stood[number]}
        rows.append(row)
    _write_rows(db, taking.import_id, rows)
    audit.append(
        db,
        "roster.import",
        ward_code=taking.ward.code,
        account_id=taking.account_id,
        subject_kind="roster_import",
        subject_id=taking.import_id,
        detail=counted(decisions),
    )
    return person_ids


def counted(decisions: Iterable[Decision]) -> dict[str, int]:
    """How many lines come to what, how many people move, how many households are founded."""
    counts = {"new": 0, "changed": 0, "same": 0, "bad": 0, "moved": 0, "households": 0}
    for one in decisions:
        counts[one.outcome] += 1
        counts["moved"] += one.moves
        counts["households"] += one.founds
    return counts


def _row(import_id: uuid.UUID, one: Decision) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "number": one.line.number,
        "outcome": one.outcome,
        "faults": [[code, values] for code, values in one.line.faults],
        "warned": any(code not in BAD for code, _values in one.line.faults),
        "person_id": one.known.id if one.known else None,
        "household_id": None if one.line.bad else one.household_id,
        "founded": one.founds,
        "before": None,
        "done_at": None,
        "undone_at": None,
    }


def _write_rows(db: Session, import_id: uuid.UUID, rows: Collection[dict[str, Any]]) -> None:
    numbers = [row["number"] for row in rows]
    db.execute(
        delete(RosterRow).where(RosterRow.import_id == import_id, RosterRow.number.in_(numbers)),
        execution_options={"synchronize_session": False},
    )
    if rows:
        db.execute(insert(RosterRow), list(rows), execution_options={"render_nulls": True})


def _hold(db: Session, good: Collection[Decision]) -> dict[uuid.UUID, Any]:
    """Hold everybody who will change, in one order, then the households people enter; Again where one did meanwhile."""
    expected = {one.known.id: one.known for one in good if one.known is not None and one.outcome == "changed"}
    held: dict[uuid.UUID, Any] = {}
    if expected:
        columns: list[Any] = [Person.id, Person.version, Person.ward_code, *(getattr(Person, name) for name in KEPT)]
        query = select(*columns).where(Person.id.in_(expected)).order_by(Person.id)
        held = {row.id: row for row in db.execute(query.with_for_update(key_share=True))}
        if held.keys() != expected.keys() or any(
            (row.version, row.ward_code) != (expected[key].version, expected[key].ward_code)
            for key, row in held.items()
        ):
            raise Again
    enters = {one.household_id for one in good if one.household_id and not one.founds and one.outcome != "same"}
    households.hold(db, enters)
    return held


def _before(one: Decision, held: dict[uuid.UUID, Any]) -> dict[str, Any]:
    """What somebody was before: the columns that change, the home they leave. Never a citizen id."""
    assert one.known is not None  # noqa: S101 (only who is known changes)
    row = held[one.known.id]
    before: dict[str, Any] = {
        "fields": {
            name: value.isoformat() if isinstance(value := getattr(row, name), date) else value for name in one.changes
        }
    }
    if one.moves:
        before |= {
            "moved": True,
            "home": str(one.known.household_id) if one.known.household_id else None,
            "relation": one.known.relation,
        }
    return before


def _stood(db: Session, good: Collection[Decision]) -> dict[int, dict[str, dict[str, str]]]:
    """Who was what, by household, where a line gives it another head: of the new one papers tell less. One query."""
    homes: dict[int, set[uuid.UUID | None]] = {}
    for one in good:
        of_new = {one.household_id} if one.leads else set()
        of_old = {one.known.household_id} if one.moves and one.known and one.known.relation == "head" else set()
        if of_new or of_old:
            homes[one.line.number] = of_new | of_old
    if not homes:
        return {}
    stay = HouseholdMembership
    rows = db.execute(
        select(stay.household_id, stay.person_id, stay.relation).where(
            stay.household_id.in_(set().union(*homes.values())), stay.revoked_at.is_(None)
        )
    ).all()
    return {
        number: {
            str(home): {str(person_id): relation for household_id, person_id, relation in rows if household_id == home}
            for home in of
            if home is not None
        }
        for number, of in homes.items()
    }


def _settle(db: Session, taking: Taking, one: Decision) -> None:
    assert one.known is not None and one.household_id is not None  # noqa: S101, PT018 (who moves is known)
    where: NewHousehold | ByHousehold = ByHousehold(one.household_id, one.relation, apart=True)
    if one.founds:
        where = NewHousehold(taking.ward.code, one.community_id, one.line.address, one.household_id)
    persons.settle(db, one.known.id, where, account_id=taking.account_id, year=taking.ward.year)


def _write_new(
    db: Session,
    taking: Taking,
    good: Collection[Decision],
    person_ids: dict[int, uuid.UUID],
    founders: dict[uuid.UUID, tuple[uuid.UUID, Decision]],
) -> None:
    new = [one for one in good if one.outcome == "new"]
    homes = [
        NewHome(one.household_id, one.community_id, one.line.name, one.line.address)
        for one in new
        if one.founds and one.household_id is not None
    ]
    arrivals = []
    for one in sorted(new, key=lambda one: not one.founds):  # a guardian is written before their child
        line = one.line
        assert line.birth is not None and one.household_id is not None  # noqa: S101, PT018 (a good line has both)
        head = founders[one.household_id][0] if one.household_id in founders else one.head_id
        child = not is_adult(line.birth.year, taking.ward.year)
        details = NewPerson(
            line.name,
            line.birth,
            sex=line.sex and str(line.sex),
            phone=line.phone,
            learner_group=str(line.group) if line.group else "residents",
            citizen_id=line.citizen_id,
        )
        arrivals.append(
            Arrival(person_ids[line.number], details, one.household_id, one.relation, head if child else None)
        )
    arriving.found(db, taking.ward.code, homes)
    arriving.arrive(db, taking.ward.code, arrivals, account_id=taking.account_id, id_key=taking.ward.id_key)


def _change(db: Session, taking: Taking, changed: Collection[Decision]) -> None:
    """Columns nothing follows from are written for all at once; the others one by one, as by hand."""
    plain: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in changed:
        assert one.known is not None  # noqa: S101 (only who is known changes)
        if one.changes.keys() & DEEP:
            _correct(db, taking, one)
        else:
            values = {f"new_{name}": value for name, value in one.changes.items()}
            plain.setdefault(tuple(sorted(one.changes)), []).append({"of_id": one.known.id, **values})
    for names, rows in plain.items():
        write_columns(db, names, rows)


def write_columns(db: Session, names: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Write these columns of many people: rows of `of_id` and `new_<name>`."""
    table: Any = Person.__table__
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    db.connection().execute(
        update(table)
        .where(table.c.id == bindparam("of_id", type_=table.c.id.type))
        .values(values | {"version": table.c.version + 1}),
        rows,
    )
    db.expire_all()


def _correct(db: Session, taking: Taking, one: Decision) -> None:
    known = one.known
    assert known is not None  # noqa: S101 (only who is known changes)
    if "learner_group" in one.changes:
        try:
            correct(db, taking, known.id, one.changes)
        except Invalid as refused:
            if refused.field != "learner_group":
                raise
        else:
            return
        one.line.fault("group_kept")
        del one.changes["learner_group"]
        if not one.changes:
            return
    correct(db, taking, known.id, one.changes)


def correct(db: Session, taking: Taking, person_id: uuid.UUID, changes: dict[str, Any]) -> None:
    """Change somebody as an officer would by hand; a number by its hash, which is all that is known of a former one."""
    person = db.get_one(Person, person_id, populate_existing=True)
    now_is = {name: changes.get(name, getattr(person, name)) for name in KEPT}
    persons.correct(
        db,
        person_id,
        NewPerson(
            now_is["name"],
            Birth(now_is["birth_year"], now_is["birth_date"]),
            sex=now_is["sex"],
            phone=now_is["phone"],
            learner_group=now_is["learner_group"],
        ),
        version=person.version,
        id_key=taking.ward.id_key,
        account_id=taking.account_id,
        year=taking.ward.year,
    )
    if "citizen_id_hash" in changes:
        person.citizen_id_hash, person.citizen_id_last4 = changes["citizen_id_hash"], changes["citizen_id_last4"]
        db.flush()


def _versions(db: Session, numbers: Collection[int], person_ids: dict[int, uuid.UUID]) -> dict[int, int]:
    ids = {person_ids[number]: number for number in numbers}
    if not ids:
        return {}
    rows = db.execute(select(Person.id, Person.version).where(Person.id.in_(ids)))
    return {ids[key]: version for key, version in rows}
