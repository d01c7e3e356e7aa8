"""Taking an import back, whole, while nothing was built on what it wrote; or saying which lines stand in the way.

Whatever table points at a person or a household counts as built on it, also one that is added later: the tables
themselves are asked where they point to. Slips that nobody used are no more than paper: they go with their person.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, PrimaryKeyConstraint, UniqueConstraint, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from xhht_citizen import audit
from xhht_citizen.activities import models as activities
from xhht_citizen.applications import persons
from xhht_citizen.applications.households import leave, name_head
from xhht_citizen.applications.persons import ByHousehold
from xhht_citizen.database import Base, columns_to, now
from xhht_citizen.errors import N_
from xhht_citizen.evidence import models as evidence
from xhht_citizen.helping import models as helping
from xhht_citizen.helping.models import Slip
from xhht_citizen.notices import models as notices
from xhht_citizen.people import households
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.phones import models as phones
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.roster.models import RosterRow
from xhht_citizen.roster.taking import DEEP, Taking, correct, write_columns

BUILT_ON = N_("%(count)s người trong danh sách đã có việc sau khi nhập, nên không rút danh sách này được nữa.")
# What stands in the way, by the table that says so.
REASONS = {
    "account": N_("đã có tài khoản"),
    "registration": N_("đã đăng ký học tập năm"),
    "registration_taken_back": N_("đã đăng ký học tập năm, rồi rút"),
    "evidence": N_("đã có minh chứng"),
    "application": N_("đã có hồ sơ"),
    "title": N_("đã có danh hiệu"),
    "mandate": N_("đã được ủy quyền nói thay"),
    "helper": N_("đã có người giúp"),
    "mandate_slip": N_("đã có phiếu nhờ người giúp"),
    "slip": N_("đã dùng phiếu nhận hồ sơ"),
    "arrival": N_("đã gửi việc từ điện thoại"),
    "draft": N_("đã có bản nháp"),
    "attendance": N_("đã dự hoạt động"),
    "consent": N_("đã đồng ý cho dùng thông tin"),
    "unit_membership": N_("đã thuộc một đơn vị"),
    "clan_membership": N_("hộ đã thuộc một dòng họ"),
    "join_request": N_("đang có lời mời hoặc xin vào"),
    "notice": N_("đã có tin báo"),
    "schooling": N_("đã ghi việc đi học"),
    "household_membership": N_("đã chuyển hộ, hoặc hộ đã có thay đổi"),
    "person": N_("đã sửa thông tin, hoặc đã qua đời"),
    "roster_row": N_("có trong danh sách nhập sau"),
}
OTHER = N_("đã có dữ liệu khác")
# Tables are asked where they point to; these are loaded so that they are among them.
ASKED = (activities, evidence, helping, notices, phones)
_OWN = frozenset({"roster_row", "household_membership"})  # `_listed` and `_stays` say when these count
_SENT = frozenset({"arrival"})  # its subject is what a phone sent, never a person
COUNTING = {"slip": Slip.used_at.is_not(None)}  # which rows of a table count, where not all of them do

InTheWay = list[tuple[str, list[int]]]


def in_the_way(db: Session, import_id: uuid.UUID) -> InTheWay:
    """Why an import cannot be taken back: the table that says so, and the lines it says it of; empty where it can."""
    found: dict[str, set[int]] = {}
    for name, condition in (*_pointing(), *_subjects(), *_stays(import_id), *_lives(), *_listed(import_id)):
        query = select(RosterRow.number).where(*_written(RosterRow, import_id), condition)
        numbers = db.scalars(query.join(Person, Person.id == RosterRow.person_id, isouter=True)).all()
        found.setdefault(name, set()).update(numbers)
    found.setdefault("person", set()).update(_edited(db, import_id))
    return [(name, sorted(numbers)) for name, numbers in sorted(found.items()) if numbers]


def lines_in_the_way(found: InTheWay) -> set[int]:
    """The lines of which anything stands in the way."""
    return {number for _name, numbers in found for number in numbers}


def _written(row: Any, import_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """SQL: the row is one by which this import wrote something."""
    return (row.import_id == import_id, row.done_at.is_not(None), row.outcome.in_(["new", "changed"]))


NEW = RosterRow.outcome == "new"
FOUNDED = RosterRow.founded.is_(True)


def _pointing() -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Whatever table points at a new person, or at a household that was founded."""
    for target, wanted, whose in (("person", RosterRow.person_id, NEW), ("household", RosterRow.household_id, FOUNDED)):
        for column in columns_to(target):
            table = column.table
            if table.name not in _OWN and ("subject_id" not in table.columns or table.name in _SENT):
                yield table.name, whose & _among(wanted, column, COUNTING.get(table.name))


def _subjects() -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Tables that name a subject of any kind: the person, or the household."""
    for table in Base.metadata.sorted_tables:
        for name in ("subject_id", "joiner_id", "group_id"):
            if name in table.columns and table.name not in {"audit_entry"}:
                column = table.columns[name]
                yield table.name, NEW & _among(RosterRow.person_id, column)
                yield table.name, RosterRow.founded & _among(RosterRow.household_id, column)


def _among(wanted: Any, column: Any, which: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """SQL: some row has it in this column; looked up where an index begins with it, else the table is read once.

    `which`: only rows of which this holds.
    """
    also = () if which is None else (which,)
    table = column.table
    keys = [one for one in table.constraints if isinstance(one, (PrimaryKeyConstraint, UniqueConstraint))]
    indexes = [one for one in table.indexes if not _partial(one)]
    first = {next(iter(one.columns)).name for one in (*keys, *indexes) if len(one.columns)}
    if column.name in first:
        return exists().where(column == wanted, *also).correlate(RosterRow)
    return cast(ColumnElement[bool], wanted.in_(select(column).where(column.is_not(None), *also)))


def _partial(index: Any) -> bool:
    return any(index.dialect_options[name].get("where") is not None for name in ("sqlite", "postgresql"))


def _stays(import_id: uuid.UUID) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Homes as they were left: nobody moved since, nobody else came into a founded household or got a new guardian."""
    stay, other = HouseholdMembership, aliased(RosterRow)
    ours = select(other.person_id).where(other.import_id == import_id, other.person_id.is_not(None))
    founded = select(other.household_id).where(other.import_id == import_id, other.founded)
    name = stay.__tablename__
    at_home = exists().where(
        stay.person_id == RosterRow.person_id,
        stay.household_id == RosterRow.household_id,
        stay.revoked_at.is_(None),
    )
    yield name, ~at_home
    # Since: who came as another household's head was something else in it for a moment, within the import itself.
    yield name, NEW & exists().where(stay.person_id == RosterRow.person_id, stay.revoked_at > RosterRow.done_at)
    yield (
        name,
        RosterRow.founded & exists().where(stay.household_id == RosterRow.household_id, stay.person_id.not_in(ours)),
    )
    yield (
        name,
        NEW
        & exists().where(
            stay.guardian_id == RosterRow.person_id, stay.person_id.not_in(ours), stay.household_id.not_in(founded)
        ),
    )


def _lives() -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Details of a new person that were corrected, and deaths."""
    yield "person", NEW & ((Person.version != 1) | Person.died_on.is_not(None))


def _listed(import_id: uuid.UUID) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Who is new, or a household founded, and stands in another list that was taken over, be it without a change."""
    other = aliased(RosterRow)
    taken = (
        other.import_id != import_id,
        other.done_at.is_not(None),
        other.undone_at.is_(None),
        other.outcome != "bad",
    )
    name = other.__tablename__
    yield name, NEW & exists().where(other.person_id == RosterRow.person_id, *taken)
    yield name, FOUNDED & exists().where(other.household_id == RosterRow.household_id, *taken)


def _edited(db: Session, import_id: uuid.UUID) -> list[int]:
    """Lines whose person was known before, and was corrected again since."""
    rows = db.execute(
        select(RosterRow.number, RosterRow.before, Person.version, Person.died_on)
        .join(Person, Person.id == RosterRow.person_id)
        .where(*_written(RosterRow, import_id), RosterRow.outcome == "changed")
    )
    return [
        number
        for number, before, version, died_on in rows
        if died_on is not None or version != (before or {}).get("version")
    ]


def put_back(db: Session, taking: Taking) -> None:
    """Take everything back that the import wrote. Ask `in_the_way` first, in the same transaction."""
    written = _written(RosterRow, taking.import_id)
    rows = db.scalars(select(RosterRow).where(*written, RosterRow.before.is_not(None)).order_by(RosterRow.number)).all()
    changed = [(row.number, row.person_id, row.household_id, row.before or {}) for row in rows]
    changed = [one for one in changed if one[3]]
    places = set(
        db.scalars(
            select(Household.community_id)
            .join(RosterRow, RosterRow.household_id == Household.id)
            .where(*written, NEW)
            .distinct()
        )
    )
    who = {"account_id": taking.account_id, "year": taking.ward.year}
    with ratios.later(db):
        for _number, _person_id, household_id, before in reversed(changed):
            if "head" in before and household_id is not None:
                name_head(db, household_id, uuid.UUID(before["head"]), **who)  # type: ignore[arg-type]
        # Heads come home first: to an empty home whoever is first comes as its head.
        homecoming = sorted(changed, key=lambda one: (one[3].get("relation") != "head", -one[0]))
        for _number, person_id, household_id, before in homecoming:
            if before.get("moved") and person_id is not None and household_id is not None:
                _move_back(db, taking, person_id, household_id, before)
        for _number, _person_id, _household_id, before in reversed(changed):
            stood: Any = before.get("stood", {})
            for home, relations in stood.items():
                of = {uuid.UUID(key): relation for key, relation in relations.items()}
                households.stand(db, uuid.UUID(home), of, account_id=taking.account_id)
        _restore(db, taking, [(person_id, before) for _n, person_id, _h, before in changed if person_id is not None])
        _delete(db, taking.import_id)
        persons.follow_counts(db, {(taking.ward.code, place) for place in places}, taking.ward.year)
    db.execute(
        update(RosterRow).where(RosterRow.import_id == taking.import_id).values(undone_at=now()),
        execution_options={"synchronize_session": False},
    )
    audit.append(
        db,
        "roster.undo",
        ward_code=taking.ward.code,
        account_id=taking.account_id,
        subject_kind="roster_import",
        subject_id=taking.import_id,
        detail={"changed": len(changed)},
    )


def _move_back(
    db: Session, taking: Taking, person_id: uuid.UUID, household_id: uuid.UUID, before: dict[str, Any]
) -> None:
    account_id, year = taking.account_id, taking.ward.year
    if before["home"] is None:
        leave(db, household_id, person_id, reason="left", account_id=account_id, year=year)
        return
    home = uuid.UUID(before["home"])
    relation = before["relation"] or "other"
    persons.settle(db, person_id, ByHousehold(home, relation, apart=True), account_id=account_id, year=year)
    if relation == "head":
        name_head(db, home, person_id, account_id=account_id, year=year)


def _restore(db: Session, taking: Taking, people: list[tuple[uuid.UUID, dict[str, Any]]]) -> None:
    """What somebody was called, and whatever else the list had changed, is what it was."""
    plain: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for person_id, before in people:
        fields = {
            name: date.fromisoformat(value) if name == "birth_date" and value else value
            for name, value in before.get("fields", {}).items()
        }
        if fields.keys() & DEEP:
            correct(db, taking, person_id, fields)
        elif fields:
            values = {f"new_{name}": value for name, value in fields.items()}
            plain.setdefault(tuple(sorted(fields)), []).append({"of_id": person_id, **values})
    for names, rows in plain.items():
        write_columns(db, names, rows)


def _delete(db: Session, import_id: uuid.UUID) -> None:
    """The people the import wrote down, their stays, and the households it founded, in the order keys demand."""
    db.flush()
    new = select(RosterRow.person_id).where(*_written(RosterRow, import_id), NEW)
    founded = select(RosterRow.household_id).where(RosterRow.import_id == import_id, RosterRow.founded)
    stay = HouseholdMembership
    for statement in (
        delete(Slip).where(Slip.person_id.in_(new)),
        delete(stay).where(or_(stay.person_id.in_(new), stay.household_id.in_(founded))),
        delete(Person).where(Person.id.in_(new)),
        delete(Household).where(Household.id.in_(founded)),
    ):
        db.execute(statement, execution_options={"synchronize_session": False})
    db.expire_all()
