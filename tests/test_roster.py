"""Lists taken over: counts, nobody twice, newer lists, faults on their rows, whole undoing, workers that die."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from factories import (
    KEY,
    TODAY,
    YEAR,
    Officer,
    Resident,
    Ward,
    give_account,
    make_activity,
    make_application,
    make_clan,
    make_evidence,
    make_head,
    make_helper,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from rosters import HEADINGS, csv_bytes, made, xlsx
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit, schema, worker
from xhht_citizen.access.rules import Role
from xhht_citizen.activities.models import Attendance
from xhht_citizen.applications import belonging, persons
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Conflict
from xhht_citizen.evidence.files import Store
from xhht_citizen.groups.models import Schooling
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Kind, Subject
from xhht_citizen.helping.models import MandateSlip, Slip
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs import queries as known_jobs
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import SILENT_SECONDS, State
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices.actions import tell
from xhht_citizen.people import actions as people
from xhht_citizen.people.models import Account, Consent, Household, HouseholdMembership, Person
from xhht_citizen.people.queries import members
from xhht_citizen.people.rules import citizen_id_hash
from xhht_citizen.phones import drafting
from xhht_citizen.phones.actions import arrive
from xhht_citizen.ratios.actions import prove_ward
from xhht_citizen.ratios.queries import ward_counts
from xhht_citizen.roster import actions, importing, queries, undoing
from xhht_citizen.roster.faults import BAD
from xhht_citizen.roster.models import RosterImport, RosterRow
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Registration


class Office:
    """A ward's officer with lists, and a worker that does what they ask for."""

    def __init__(self, database: Database, folder: Path, ward: Ward, account_id: uuid.UUID) -> None:
        settings = Settings(data_dir=folder, database_url=str(database.engine.url), secret_key=KEY)
        self.shop = Workshop(database, Store.open(settings), settings)
        self.database, self.folder, self.ward, self.account_id = database, folder, ward, account_id

    def upload(self, content: bytes, *, community_id: uuid.UUID | None = None) -> uuid.UUID:
        seems, import_id = actions.read_head(content), new_id()
        with self.database.transaction() as db:
            actions.upload(
                db, self.shop.store, content, seems, import_id=import_id, ward_code=self.ward.code,
                community_id=community_id, file_name="danh sách.xlsx", account_id=self.account_id,
            )  # fmt: skip
            actions.ask_check(
                db, import_id, columns=seems.columns, header_row=seems.header_row, headings=list(seems.headings),
                community_id=community_id, account_id=self.account_id, back="/",
            )  # fmt: skip
        worker.run_waiting(self.shop)
        return import_id

    def ask(self, import_id: uuid.UUID, *, skip_bad: bool = True) -> uuid.UUID:
        with self.database.transaction() as db:
            return actions.ask_import(db, import_id, skip_bad=skip_bad, account_id=self.account_id, back="/")

    def take(self, content: bytes, **how: Any) -> uuid.UUID:
        import_id = self.upload(content, **how)
        self.ask(import_id)
        worker.run_waiting(self.shop)
        assert self.row(import_id).state == "imported", self.said(import_id)
        return import_id

    def undo(self, import_id: uuid.UUID) -> str:
        with self.database.transaction() as db:
            job_id = actions.ask_undo(db, import_id, account_id=self.account_id, back="/")
        worker.run_waiting(self.shop)
        with self.database.read() as db:
            return known_jobs.job(db, job_id).state  # type: ignore[union-attr]

    def row(self, import_id: uuid.UUID) -> RosterImport:
        with self.database.read() as db:
            return queries.listed(db, import_id)  # type: ignore[return-value]

    def said(self, import_id: uuid.UUID) -> Any:
        with self.database.read() as db:
            return known_jobs.job(db, self.row(import_id).job_id).reason  # type: ignore[union-attr, arg-type]

    def counts(self, import_id: uuid.UUID) -> dict[str, int]:
        return {name: count for name, count in self.row(import_id).counts.items() if count and name != "done"}

    def faults(self, import_id: uuid.UUID, *, bad: bool = True) -> dict[int, list[str]]:
        with self.database.read() as db:
            rows = queries.rows(db, import_id, outcome="bad" if bad else "warned", limit=10_000)
            return {row.number: [str(code) for code, _v in row.faults if not bad or code in BAD] for row in rows}

    def everything(self, *, proved: bool = True) -> dict[str, Any]:
        """What stands in the ward: people, homes, households, counts."""
        with self.database.transaction() as db:
            stays = db.execute(
                select(
                    HouseholdMembership.person_id, HouseholdMembership.household_id, HouseholdMembership.relation
                ).where(HouseholdMembership.revoked_at.is_(None))
            ).all()
            tally = ward_counts(db, self.ward.code, YEAR)
            assert not proved or prove_ward(db, self.ward.code, YEAR) == []
            return {
                "people": {
                    row.id: (row.name, row.birth_year, row.birth_date, row.sex, row.phone, row.learner_group,
                             row.citizen_id_hash)
                    for row in db.scalars(select(Person))
                },
                "stays": {(row[0], row[1], row[2]) for row in stays},
                "households": {row.id: (row.name, row.community_id) for row in db.scalars(select(Household))},
                "adults": tally.counts.total if tally else None,
            }  # fmt: skip


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    with database.transaction() as db:
        ward = make_ward(db, communities=4)
        account_id = make_officer(db, ward, "ward_reviewer", "xet").account.id
    return Office(database, tmp_path, ward, account_id)


def changed(rows: list[list[str]], index: int, **cells: str) -> list[list[str]]:
    """The rows with one of them otherwise: name, birth, sex, cid, phone, group, community, household, relation."""
    names = ("stt", "name", "birth", "sex", "cid", "phone", "group", "community", "household", "relation", "address")
    other = [list(row) for row in rows]
    for name, cell in cells.items():
        other[index][names.index(name)] = cell
    return other


def test_a_list_is_taken_over_with_right_counts_and_a_second_time_nothing_changes(office: Office) -> None:
    rows = made(403, communities=4)
    first = office.take(xlsx(rows))
    assert office.counts(first) == {"new": 403, "rows": 403, "households": 101}
    after = office.everything()
    assert (len(after["people"]), len(after["stays"]), len(after["households"])) == (403, 403, 101)
    assert after["adults"] == 202
    assert Counter(relation for _p, _h, relation in after["stays"]) == {
        "head": 101, "spouse": 101, "child": 201,
    }  # fmt: skip
    with office.database.read() as db:
        guarded = select(func.count()).where(HouseholdMembership.guardian_id.is_not(None))
        assert db.scalars(guarded).one() == 201
        person = db.scalars(select(Person).where(Person.search_key == "tran thi mau an")).one()
        assert person.citizen_id_hash == citizen_id_hash(rows[0][4], KEY)
        assert person.citizen_id_last4 == rows[0][4][-4:]
        made_by = queries.made_by_import(db, person.id)
        assert made_by is not None
        assert made_by.id == first
        assert audit.verify(db, office.ward.code).broken == ()
    again = office.take(xlsx(list(reversed(rows))))
    assert office.counts(again) == {"same": 403, "rows": 403}
    assert office.everything() == after
    row = office.row(again)
    assert (row.file_key, row.faults_key, row.reason) == (None, None, None)
    assert list((office.folder / "files").rglob("*.list")) == []


def test_without_citizen_ids_nobody_doubles_either(office: Office) -> None:
    """By name, birth and household; written without marks, decomposed, in capitals, the given name first."""
    rows = made(160, communities=4, ids=False)
    for index in range(0, 160, 3):
        rows[index][2] = rows[index][2][-4:]  # the year alone
    office.take(csv_bytes(rows))
    before = office.everything()

    def turn(index: int, name: str) -> str:
        words = name.split()
        plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
        ways = [
            name.upper(),
            unicodedata.normalize("NFD", name),
            f"  {name.replace(' ', '   ')} ",
            " ".join([words[-1], *words[:-1]]),
            "".join(c for c in plain if not unicodedata.combining(c)),
        ]
        return ways[index % len(ways)]

    other = [[*row[:1], turn(index, row[1]), *row[2:]] for index, row in enumerate(rows)]
    again = office.take(csv_bytes(other, delimiter=","))
    assert office.counts(again) == {"same": 160, "rows": 160}
    assert office.everything() == before


def test_who_lives_alone_and_is_known_by_a_year_only_does_not_double(office: Office) -> None:
    """No number, no day of birth, nobody called head: the household's one adult is found as its head again."""
    rows = changed(made(8, communities=1, ids=False), 4, birth="1938", relation="")[:5]
    office.take(xlsx(rows))
    before = office.everything()
    again = office.take(xlsx(rows))
    assert office.counts(again) == {"same": 5, "rows": 5, "warned": 1}
    assert office.everything() == before


def test_two_heads_of_one_name_and_year_stay_two_and_where_they_were(office: Office) -> None:
    """One by the year, one by the day; then both by the year, told apart by who lives with them."""
    for births in (("1962", "05/03/1962"), ("1962", "1962")):
        rows = made(8, communities=1, ids=False, first=8 * len(set(births)))
        for index, birth in zip((0, 4), births, strict=True):
            rows = changed(rows, index, name=f"Đặng Mẫu Trùng {'ABC'[len(set(births))]}", birth=birth)
        office.take(xlsx(rows))
        before = office.everything()
        again = office.take(xlsx(list(reversed(rows))))
        assert office.counts(again) == {"same": 8, "rows": 8}
        assert office.everything() == before


def test_one_name_no_column_holds_keeps_nobody_else_out(office: Office) -> None:
    """PostgreSQL refuses a key that is too long, and with it the whole step: the line is said to be wrong before."""
    for name in ("陳" * 60, "ﬃ" * 100):
        rows = changed(made(4, communities=1), 2, name=name)
        import_id = office.take(xlsx(rows))
        assert office.faults(import_id) == {4: ["name_long"]}


def test_a_newer_list_updates(office: Office) -> None:
    rows = made(40, communities=4)
    office.take(xlsx(rows))
    newer = changed(rows, 0, name="Trần Thị Mẫu Ánh")
    newer = changed(newer, 1, phone="0911111111")
    newer = changed(newer, 2, birth="02/02/2012")
    newer = changed(newer, 5, group="Cán bộ")
    newer = changed(newer, 8, phone="", group="", sex="")  # an empty cell says nothing
    newer[9:9] = [["", "Trần Mẫu Mới", "01/01/2024", "Nam", "", "", "", newer[8][7], newer[8][8], "Con", ""]]
    second = office.take(xlsx(newer))
    assert office.counts(second) == {"new": 1, "changed": 4, "same": 36, "rows": 41, "warned": 1}
    with office.database.transaction() as db:
        by_number = {row.citizen_id_hash: row for row in db.scalars(select(Person))}
        person = [by_number[citizen_id_hash(row[4], KEY)] for row in rows]
        assert (person[0].name, person[0].search_key) == ("Trần Thị Mẫu Ánh", "tran thi mau anh")
        assert person[1].phone == "0911111111"
        assert person[2].birth_date == date(2012, 2, 2)
        assert person[5].learner_group == "officials"
        assert person[8].phone == rows[8][5]
        home = db.scalars(select(HouseholdMembership.household_id).where(HouseholdMembership.person_id == person[8].id))
        assert [row.person.name for row in members(db, home.one())][-1] == "Trần Mẫu Mới"
        assert db.get_one(Household, _home(db, person[0].id)).name == "Trần Thị Mẫu Ánh"
        assert prove_ward(db, office.ward.code, YEAR) == []


def _home(db: Session, person_id: uuid.UUID) -> uuid.UUID:
    stay = HouseholdMembership
    return db.scalars(select(stay.household_id).where(stay.person_id == person_id, stay.revoked_at.is_(None))).one()


def test_who_moves_only_when_the_list_says_so(office: Office) -> None:
    rows = made(12, communities=1)
    office.take(xlsx(rows))
    # The second household's child lives with the first; the third's wife is head of one of her own, in another place.
    newer = changed(rows, 6, household="1")
    newer = changed(newer, 9, household="99", relation="Chủ hộ", community="Tổ 3")
    second = office.take(xlsx(newer))
    assert office.counts(second) == {"changed": 2, "same": 10, "rows": 12, "moved": 2, "households": 1}
    with office.database.read() as db:
        person = {row.citizen_id_hash: row.id for row in db.scalars(select(Person))}
        ids = [person[citizen_id_hash(row[4], KEY)] for row in rows]
        assert _home(db, ids[6]) == _home(db, ids[0])
        apart = db.get_one(Household, _home(db, ids[9]))
        assert (apart.name, apart.community_id) == (rows[9][1], office.ward.communities[2].id)
        assert [row.relation for row in members(db, apart.id)] == ["head"]
    third = office.take(xlsx(newer))
    assert office.counts(third) == {"same": 12, "rows": 12}


def test_a_new_head(office: Office) -> None:
    rows = made(4, communities=1)
    office.take(xlsx(rows))
    newer = changed(changed(rows, 0, relation="Chồng"), 1, relation="Chủ hộ")
    second = office.take(xlsx(newer))
    assert office.counts(second) == {"changed": 1, "same": 3, "rows": 4, "warned": 1}
    with office.database.read() as db:
        home = db.scalars(select(Household)).one()
        assert (home.name, members(db, home.id)[0].person.name) == (rows[1][1], rows[1][1])
    assert office.undo(second) == State.DONE
    with office.database.read() as db:
        assert db.scalars(select(Household.name)).one() == rows[0][1]


@pytest.mark.parametrize("how", ["moves", "leaves", "leads", "comes"])
def test_taken_back_everybody_is_to_the_head_what_they_were(office: Office, how: str) -> None:
    """A household moves to another place, its head founds another one, somebody else leads it, or somebody new."""
    rows = changed(made(8, communities=1), 2, birth="01/01/1940", relation="Bố")
    office.take(xlsx(rows))
    before = office.everything()
    newer = rows
    if how == "moves":
        for index in range(4):
            newer = changed(newer, index, community="Tổ 2")
    elif how == "leaves":
        newer = changed(newer, 0, household="99")
    else:
        newer = changed(newer, 0, relation="Chồng")
        newer = changed(newer, 1 if how == "leads" else 3, relation="Chủ hộ")
    if how == "comes":
        newer = changed(newer, 3, name="Trần Mẫu Mới", birth="05/05/1985", cid="")
    second = office.take(xlsx(newer))
    assert office.everything() != before
    assert office.undo(second) == State.DONE, office.said(second)
    assert office.everything() == before


# Faults: code, how the row is spoilt
SPOILT: dict[str, dict[str, str]] = {
    "cell_error": {"address": "#REF!"},
    "name_missing": {"name": ""},
    "name_digits": {"name": "Trần Văn 3"},
    "name_symbols": {"name": "=cmd|' /C calc'"},
    "name_short": {"name": "L"},
    "name_long": {"name": "Trần " * 30},
    "birth_missing": {"birth": ""},
    "birth_unreadable": {"birth": "mùa xuân"},
    "birth_short_year": {"birth": "05/03/92"},
    "birth_no_day": {"birth": "31/02/1992"},
    "birth_future": {"birth": "01/01/2099"},
    "birth_too_old": {"birth": "1789"},
    "id_unusable": {"cid": "04619200"[:7]},
    "community_missing": {"community": ""},
    "community_unknown": {"community": "Tổ 77"},
    "household_missing": {"household": ""},
    "child_head": {"birth": "01/01/2020", "relation": "Chủ hộ", "household": "solo"},
    "no_adult": {"birth": "01/01/2020", "relation": "Con", "household": "solo"},
    "twice": {},
    "id_twice": {},
    "id_elsewhere": {},
    "died": {},
}


def spoil(rows: list[list[str]], each: int, elsewhere: str, dead: str) -> tuple[list[list[str]], dict[int, list[str]]]:
    """Spoil children of the list, `each` times every way; the codes expected by row number."""
    expected: dict[int, list[str]] = {}
    index = 2
    for turn in range(each):
        for planted, spoilt in SPOILT.items():
            code, cells = planted, dict(spoilt)
            if cells.get("household") == "solo":
                cells["household"] = f"9000{index}"
            if turn and code in {"id_elsewhere", "died"}:  # a number is somebody's once
                code, cells = "name_digits", SPOILT["name_digits"]
            if code == "twice":
                cells = {"name": rows[index - 2][1].upper(), "birth": rows[index - 2][2], "cid": "", "relation": "Con"}
            elif code == "id_twice":
                cells = {"cid": rows[index - 2][4]}
            elif code in {"id_elsewhere", "died"}:
                cells = {"cid": elsewhere if code == "id_elsewhere" else dead}
            rows = changed(rows, index, **cells)
            expected[index + 2] = [code]
            index += 4
    return rows, expected


def test_planted_faults_are_reported_on_their_rows_and_the_rest_is_taken_or_nothing(office: Office) -> None:
    each = 23
    count = len(SPOILT) * each
    with office.database.transaction() as db:
        away = make_ward(db, "20014", "Phường Kim Trà")
        stranger = make_resident(db, away, "Lê Văn Nơi Khác")
        number = "046085777777"
        stranger.person.citizen_id_hash = citizen_id_hash(number, KEY)
        gone = make_resident(db, office.ward, "Trần Đã Mất")
        gone.person.citizen_id_hash = citizen_id_hash("046040777777", KEY)
        gone.person.died_on = TODAY
    rows, expected = spoil(made(count * 4 + 40, communities=4), each, number, "046040777777")
    assert len(expected) >= 500
    assert len(set(SPOILT)) >= 20
    content = xlsx(rows)
    import_id = office.upload(content)
    assert office.faults(import_id) == expected
    with pytest.raises(Conflict) as refused:
        office.ask(import_id, skip_bad=False)
    assert refused.value.values == {"count": len(expected)}
    before = office.everything()
    assert len(before["people"]) == 2
    office.ask(import_id)
    worker.run_waiting(office.shop)
    row = office.row(import_id)
    assert (row.state, row.counts["bad"], row.counts["new"]) == ("imported", len(expected), len(rows) - len(expected))
    assert office.faults(import_id) == expected
    assert len(office.everything()["people"]) == 2 + len(rows) - len(expected)
    sheet = openpyxl.load_workbook(io.BytesIO(office.shop.store.get(row.faults_key or ""))).active
    given = list(sheet.iter_rows(values_only=True))
    assert given[0] == (*HEADINGS, "Lý do", "Dòng trong danh sách cũ")
    assert [int(str(one[-1])) for one in given[1:] if one[-2]] == sorted(expected)
    for one in given[1:]:
        assert [cell or "" for cell in one[: len(HEADINGS)]] == [cell.strip() for cell in rows[int(str(one[-1])) - 2]]
    assert b"Kim" not in json.dumps([row.faults for row in _rows(office, import_id)]).encode()
    # What leaves is mended and comes back: only that is new, the column of reasons is not read.
    good = made(count * 4 + 40, communities=4)
    whole = [[*good[int(str(one[-1])) - 2], "", str(one[-1])] for one in given[1:] if int(str(one[-1])) < 200]
    back = office.take(xlsx(whole, [str(one) for one in given[0]]))
    counts = office.row(back).counts
    assert (counts["new"], counts["bad"]) == (sum(number < 200 for number in expected), 0)


def _rows(office: Office, import_id: uuid.UUID) -> list[RosterRow]:
    with office.database.read() as db:
        return queries.rows(db, import_id, limit=100_000)


def test_a_person_of_another_ward_is_not_told_of(office: Office) -> None:
    rows = made(4, communities=1)
    with office.database.transaction() as db:
        away = make_ward(db, "20014", "Phường Kim Trà")
        other = make_resident(db, away, rows[0][1])
        other.person.citizen_id_hash = citizen_id_hash(rows[0][4], KEY)
    import_id = office.upload(xlsx(rows))
    (bad,) = [row for row in _rows(office, import_id) if row.outcome == "bad"]
    assert (bad.number, bad.faults, bad.person_id, bad.before) == (2, [["id_elsewhere", {}]], None, None)


def test_somebody_known_by_a_year_only_in_another_household_is_asked_about(office: Office) -> None:
    """New all the same: two people of one name and year do live in a village, and the list puts them apart."""
    rows = made(4, communities=1, ids=False)
    for place in (1, 2):
        rows = changed(rows, place, birth="1990")
    with office.database.transaction() as db:
        for place, community in ((1, 0), (2, 1)):  # the second one where nobody would know
            home = make_resident(db, office.ward, community=community).household
            make_resident(db, office.ward, rows[place][1], birth_year=1990, community=community, household=home)
    import_id = office.take(xlsx(rows))
    assert {row.number: row.faults for row in _rows(office, import_id) if row.faults} == {3: [["namesake_year", {}]]}
    assert office.counts(import_id) == {"new": 4, "rows": 4, "warned": 1, "households": 1}


def test_a_head_who_stays_out_keeps_the_new_household_out(office: Office) -> None:
    """Only where the list's own head cannot be: the others wait for them."""
    rows = made(4, communities=1, ids=False)
    rows[0][4] = "046060777777"
    with office.database.transaction() as db:
        gone = make_resident(db, office.ward, "Trần Đã Mất")
        gone.person.citizen_id_hash, gone.person.died_on = citizen_id_hash(rows[0][4], KEY), TODAY
    import_id = office.take(xlsx(rows))
    assert office.faults(import_id) == {2: ["died"]}
    with office.database.read() as db:
        head = db.scalars(select(HouseholdMembership).where(HouseholdMembership.relation == "head")).all()
        assert rows[1][1] in {db.get_one(Person, row.person_id).name for row in head}


def test_who_has_an_account_keeps_name_birth_and_home(office: Office) -> None:
    rows = made(8, communities=1)
    office.take(xlsx(rows))
    with office.database.transaction() as db:
        person = db.scalars(select(Person).where(Person.citizen_id_hash == citizen_id_hash(rows[1][4], KEY))).one()
        person.sex = None
        give_account(db, "lan", Resident(person, db.get_one(Household, _home(db, person.id)), office.ward))
        person_id, home, phone = person.id, _home(db, person.id), person.phone
    newer = changed(rows, 1, name="Lê Thị Khác", birth="01/01/1970", phone="0911111111", household="2", sex="Nữ")
    second = office.take(xlsx(newer))
    assert office.faults(second, bad=False)[3] == ["id_year", "account_stays", "has_account"]
    with office.database.read() as db:
        person = db.get_one(Person, person_id)
        assert (person.name, person.phone, _home(db, person_id)) == (rows[1][1], phone, home)
        assert (person.birth_date, person.sex) == (_day(rows[1][2]), "female")


def _day(text: str) -> date:
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


def test_one_list_at_a_time_in_a_ward(office: Office) -> None:
    one, two = office.upload(xlsx(made(8))), office.upload(xlsx(made(8, first=100)))
    office.ask(one)
    with pytest.raises(Conflict):
        office.ask(two)
    with pytest.raises(Conflict):
        office.ask(one)
    worker.run_waiting(office.shop)
    office.ask(two)


def test_nothing_else_of_the_ward_is_taken_back_or_taken_over_meanwhile(office: Office) -> None:
    one, two = office.take(xlsx(made(8))), office.upload(xlsx(made(8, first=100)))
    office.ask(two)
    with office.database.transaction() as db, pytest.raises(Conflict) as refused:
        actions.ask_undo(db, one, account_id=office.account_id, back="/")
    assert refused.value.message == actions.BUSY
    worker.run_waiting(office.shop)
    for state in ("importing", "undoing"):  # one that was stopped halfway, and begun again while another is at work
        with office.database.transaction() as db:
            db.execute(update(RosterImport).where(RosterImport.id == one).values(state=state))
            db.execute(update(RosterImport).where(RosterImport.id == two).values(state="importing"))
        with pytest.raises(Conflict) as refused:
            office.ask(two)
        assert refused.value.message == actions.BUSY
        with office.database.transaction() as db, pytest.raises(Conflict) as refused:
            actions.ask_undo(db, two, account_id=office.account_id, back="/")
        assert refused.value.message == actions.BUSY


def test_a_form_sent_twice_is_one_list(office: Office) -> None:
    content, import_id = xlsx(made(4)), new_id()
    seems = actions.read_head(content)
    for _ in range(2):
        with office.database.transaction() as db:
            actions.upload(
                db, office.shop.store, content, seems, import_id=import_id, ward_code=office.ward.code,
                community_id=None, file_name="a.xlsx", account_id=office.account_id,
            )  # fmt: skip
    with office.database.read() as db:
        assert len(queries.of_ward(db, office.ward.code)) == 1
    assert len(list((office.folder / "files").rglob("*.list"))) == 1


def test_a_given_up_list_leaves_no_file(office: Office) -> None:
    import_id = office.upload(xlsx(made(4)))
    with office.database.transaction() as db:
        keys = actions.discard(db, import_id, account_id=office.account_id)
    assert len(keys) == 1
    assert (office.row(import_id).state, office.row(import_id).file_key) == ("refused", None)


def test_files_are_forgotten_after_a_week(office: Office) -> None:
    left, bad = office.upload(xlsx(made(4))), office.take(xlsx(changed(made(8, first=40), 2, name="")))
    assert office.row(bad).faults_key is not None
    assert importing.forget_old(office.shop) == 0
    with office.database.transaction() as db:
        db.execute(update(RosterImport).values(made_at=now() - timedelta(days=importing.KEEP_DAYS, hours=1)))
    assert importing.forget_old(office.shop) == 2
    assert (office.row(left).state, office.row(left).file_key) == ("refused", None)
    assert (office.row(bad).state, office.row(bad).faults_key) == ("imported", None)
    assert [one for one in (office.folder / "files").rglob("*") if one.is_file()] == []


# Undoing


def test_a_whole_import_is_taken_back(office: Office) -> None:
    rows = made(200, communities=4)
    office.take(xlsx(rows[:100]))
    before = office.everything()
    newer = changed(rows, 0, name="Trần Thị Mẫu Ánh", phone="0911111111")
    newer = changed(newer, 1, phone="0911111112")
    newer = changed(newer, 6, household="1", community="Tổ 1")
    newer = changed(newer, 9, household="999", relation="Chủ hộ")
    second = office.take(xlsx(newer))
    assert office.counts(second) == {
        "new": 100, "changed": 4, "same": 96, "rows": 200, "moved": 2, "households": 26,
    }  # fmt: skip
    assert office.everything() != before
    assert office.undo(second) == State.DONE
    after = office.everything()
    assert after["people"] == before["people"]
    assert after == before
    row = office.row(second)
    assert (row.state, row.undone_at is not None) == ("undone", True)
    third = office.take(xlsx(newer))
    assert office.counts(third) == office.counts(second)


def _person(db: Session, row: list[str]) -> Person:
    return db.scalars(select(Person).where(Person.citizen_id_hash == citizen_id_hash(row[4], KEY))).one()


def _resident(db: Session, office: Office, row: list[str]) -> Resident:
    person = _person(db, row)
    return Resident(person, db.get_one(Household, _home(db, person.id)), office.ward)


def _register(db: Session, office: Office, row: list[str]) -> None:
    person = _person(db, row)
    subject = Subject(Kind.CITIZEN, person.id, person.name, person.sort_key, person.search_key, person.id)
    titles.register(db, subject, YEAR, ward_code=office.ward.code, account_id=office.account_id)


def _taken_back(db: Session, office: Office, row: list[str]) -> None:
    _register(db, office, row)
    person = _person(db, row)
    registration = db.scalars(select(Registration).where(Registration.person_id == person.id)).one()
    titles.take_back(db, registration, account_id=office.account_id)


def _attend(db: Session, office: Office, row: list[str]) -> None:
    officer = Officer(db.get_one(Account, office.account_id), "xet", Role.WARD_REVIEWER)
    activity = make_activity(db, office.ward, officer, community=None)
    db.add(Attendance(activity_id=activity.id, person_id=_person(db, row).id, way="ticked"))


def _slip(db: Session, office: Office, row: list[str], **more: object) -> None:
    person_id = _person(db, row).id
    known = {"ward_code": office.ward.code, "purpose": "claim", "code_hash": str(person_id), "expires_at": now()}
    db.add(Slip(person_id=person_id, **known, **more))


BUILT: dict[str, Callable[[Session, Office, list[str]], object]] = {
    "account": lambda db, office, row: give_account(db, "lan", _resident(db, office, row), consented=False),
    "consent": lambda db, office, row: people.give_consent(
        db, _person(db, row).id, channel="paper", account_id=office.account_id
    ),
    "evidence": lambda db, office, row: make_evidence(db, _resident(db, office, row), "Lớp tin học", ["1.1"]),
    "registration": _register,
    "clan_membership": lambda db, office, row: make_clan(
        db, office.ward, "Họ Trần", households=[_resident(db, office, row).household]
    ),
    "person": lambda db, office, row: setattr(_person(db, row), "version", 2),
    "household_membership": lambda db, office, row: make_resident(
        db, office.ward, household=_resident(db, office, row).household
    ),
    "household_membership ended": lambda db, office, row: persons.settle(
        db, _person(db, row).id, NewHousehold(office.ward.code, None), account_id=None, year=YEAR
    ),
    "application": lambda db, office, row: make_application(db, _resident(db, office, row), "draft"),
    "title": lambda db, office, row: make_title(db, _resident(db, office, row)),
    "registration_taken_back": _taken_back,
    "attendance": _attend,
    "slip": lambda db, office, row: _slip(db, office, row, used_at=now(), used_by=office.account_id),
    "helper": lambda db, office, row: make_helper(
        db, _resident(db, office, row), db.get_one(Account, office.account_id)
    ),
    "mandate_slip": lambda db, office, row: db.add(
        MandateSlip(
            ward_code=office.ward.code,
            person_id=_person(db, row).id,
            until=TODAY,
            code_hash="a" * 64,
            made_by=office.account_id,
            expires_at=now(),
        )
    ),
    "arrival": lambda db, office, row: arrive(
        db,
        new_id(),
        person_id=_person(db, row).id,
        account_id=office.account_id,
        ward_code=office.ward.code,
        kind="evidence",
        subject_id=new_id(),
    ),
    "draft": lambda db, office, row: drafting.save(
        db, office.account_id, _person(db, row).id, "/minh-chung/moi", {"title": ["Lớp tin học"]}
    ),
    "unit_membership": lambda db, office, row: make_unit(db, office.ward, members=[_resident(db, office, row)]),
    "mandate": lambda db, office, row: make_head(
        db,
        "clan",
        new_id(),
        Resident(_person(db, row), None, office.ward),  # type: ignore[arg-type]
    ),
    "join_request": lambda db, office, row: belonging.request(
        db,
        NewRequest("unit", make_unit(db, office.ward).id, _person(db, row).id, "ask", office.ward.code, part="member"),
        account_id=None,
    ),
    "schooling": lambda db, office, row: db.add(
        Schooling(person_id=_person(db, row).id, year=YEAR, ward_code=office.ward.code, in_school=True)
    ),
    "notice": lambda db, office, row: tell(db, "consent.paper", once="a", person_id=_person(db, row).id),
}


@pytest.mark.parametrize("what", BUILT)
def test_nothing_is_taken_back_once_something_was_built_on_it(office: Office, what: str) -> None:
    rows = made(12, communities=1)
    import_id = office.take(xlsx(rows))
    with office.database.transaction() as db:
        BUILT[what](db, office, rows[4])
    before = office.everything(proved=False)
    with office.database.read() as db:
        found = dict(undoing.in_the_way(db, import_id))
    assert (what.partition(" ")[0] in found, [6 in lines for lines in found.values()]) == (True, [True] * len(found))
    assert office.undo(import_id) == State.FAILED
    assert office.said(import_id) == undoing.BUILT_ON
    assert office.row(import_id).state == "imported"
    assert office.everything(proved=False) == before


def test_whatever_points_at_a_person_stands_in_the_way_and_says_why() -> None:
    """A table that is new has to be thought of here: what is built on a person, and in which words it says so."""
    of_a_person = {
        table.name
        for table in schema.metadata.sorted_tables
        if any(key.column.table.name in {"person", "household"} for key in table.foreign_keys)
    }
    tried = {what.partition(" ")[0] for what in BUILT} - {"person", "join_request"}
    assert tried == of_a_person
    assert set(undoing.REASONS) >= of_a_person


def test_a_slip_nobody_used_goes_with_its_person(office: Office) -> None:
    rows = made(12, communities=1)
    import_id = office.take(xlsx(rows))
    with office.database.transaction() as db:
        _slip(db, office, rows[4])
        _slip(db, office, rows[5], revoked_at=now())
    assert office.undo(import_id) == State.DONE
    with office.database.read() as db:
        assert (db.scalar(select(func.count(Slip.id))), db.scalar(select(func.count(Person.id)))) == (0, 0)


def test_a_later_list_that_built_on_it_stands_in_the_way(office: Office) -> None:
    rows = made(12, communities=1)
    first = office.take(xlsx(rows[:7]))
    office.take(xlsx(changed(rows, 0, phone="0911111111")))
    with office.database.read() as db:
        assert undoing.in_the_way(db, first) == [
            ("household_membership", [6]), ("person", [2]), ("roster_row", [2, 3, 4, 5, 6, 7, 8]),
        ]  # fmt: skip


def test_who_stands_in_a_later_list_is_not_taken_back(office: Office) -> None:
    """Also where that list changed nothing: it confirmed them. Once it was undone, nothing is in the way."""
    rows = made(8, communities=1)
    first = office.take(xlsx(rows))
    later = office.take(xlsx([rows[0], ["", "", *rows[1][2:]], *rows[4:]]))
    assert office.counts(later) == {"same": 5, "bad": 1, "rows": 6}
    before = office.everything()
    with office.database.read() as db:
        assert undoing.in_the_way(db, first) == [("roster_row", [2, 6, 7, 8, 9])]
    assert office.undo(first) == State.FAILED
    assert (office.said(first), office.row(first).state) == (undoing.BUILT_ON, "imported")
    assert office.everything() == before
    assert undoing.REASONS["roster_row"] == "có trong danh sách nhập sau"
    assert office.undo(later) == State.DONE
    assert office.undo(first) == State.DONE
    assert office.everything()["people"] == {}


def test_a_household_a_later_list_knows_is_not_taken_back(office: Office) -> None:
    rows = made(4, communities=1)
    first = office.take(xlsx(rows))
    with office.database.transaction() as db:
        home = _home(db, _person(db, rows[0]).id)
        other = RosterImport(ward_code=office.ward.code, file_name="b", file_sha256="", state="imported")
        db.add(other)
        db.flush()
        db.add(RosterRow(import_id=other.id, number=2, outcome="same", household_id=home, done_at=now()))
    with office.database.read() as db:
        assert undoing.in_the_way(db, first) == [("roster_row", [2])]


def test_who_has_a_case_does_not_move_by_a_list(office: Office) -> None:
    rows = made(8, communities=1)
    office.take(xlsx(rows))
    with office.database.transaction() as db:
        person = _person(db, rows[1])
        resident = _resident(db, office, rows[1])
        give_account(db, "lan", resident)
        resident.account = None
        make_application(db, make_resident(db, office.ward, login="ai-do"), "draft")
        make_clan(db, office.ward, "Họ Trần", households=[_resident(db, office, rows[4]).household])
        assert person.id
    second = office.upload(xlsx(changed(rows, 6, household="1")))
    assert office.faults(second) == {8: ["move_by_hand"]}


# Workers that die


def test_a_claim_that_is_lost_between_steps_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 40)
    rows = made(400, communities=4)
    import_id = office.upload(xlsx(changed(rows, 50, name="")))
    job_id = office.ask(import_id)
    kinds = frozenset(worker.HANDLERS)
    first = jobs.claim(office.database, kinds)
    assert first is not None

    class Died(Exception):
        pass

    kept = importing._take_batch
    calls = []

    def dies(*args: Any) -> Any:
        if len(calls) == 3:
            raise Died
        calls.append(1)
        return kept(*args)

    monkeypatch.setattr(importing, "_take_batch", dies)
    with pytest.raises(Died):
        importing.take(first, office.shop)
    monkeypatch.setattr(importing, "_take_batch", kept)
    with office.database.transaction() as db:
        assert db.scalars(select(func.count()).select_from(Person)).one() == 119
        db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))
    assert worker.run_waiting(office.shop) == 1
    with pytest.raises(jobs.LostClaim), first.step() as db:
        db.execute(update(Person).values(phone="0900000000"))
    assert office.row(import_id).state == "imported"
    assert office.counts(import_id) == {"new": 399, "bad": 1, "rows": 400, "households": 100}
    after = office.everything()
    assert (len(after["people"]), len(after["households"])) == (399, 100)
    with office.database.read() as db:
        assert known_jobs.job(db, job_id).state == State.DONE  # type: ignore[union-attr]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_kill_nine_amid_an_import(office: Office) -> None:
    """A worker of its own is killed three times at moments of its own; the last one ends the work."""
    rows = made(3000, communities=4)
    import_id = office.upload(xlsx(rows))
    office.ask(import_id)
    code = (
        "import sys, pathlib; from xhht_citizen import worker; from xhht_citizen.config import Settings\n"
        "worker.run_waiting(worker.open_workshop("
        "Settings(data_dir=pathlib.Path(sys.argv[1]), database_url=sys.argv[2], secret_key=sys.argv[3])))"
    )
    url = office.database.engine.url.render_as_string(hide_password=False)
    killed = 0
    for done in (1, 900, 1700):
        child = subprocess.Popen([sys.executable, "-c", code, str(office.folder), url, KEY])
        while child.poll() is None and _done(office, import_id) < done:
            time.sleep(0.02)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            killed += 1
        child.wait()
        with office.database.transaction() as db:
            db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))
    assert killed >= 2
    worker.run_waiting(office.shop)
    assert office.row(import_id).state == "imported"
    assert office.counts(import_id) == {"new": 3000, "rows": 3000, "households": 750}
    after = office.everything()
    assert (len(after["people"]), len(after["stays"]), len(after["households"])) == (3000, 3000, 750)
    again = office.take(xlsx(rows))
    assert office.counts(again) == {"same": 3000, "rows": 3000}


def _done(office: Office, import_id: uuid.UUID) -> int:
    with office.database.read() as db:
        return len(queries.done_rows(db, import_id))


def test_a_list_that_breaks_off_is_refused_by_the_check(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    content = csv_bytes(made(4))
    import_id = office.upload(content)
    key = office.row(import_id).file_key or ""
    office.shop.store.delete(key)
    office.shop.store.put(key, content[:3] + b"\xff\x00" * 50)
    with office.database.transaction() as db:
        row = office.row(import_id)
        actions.ask_check(
            db, import_id, columns=row.columns, header_row=1, headings=row.headings, community_id=None,
            account_id=office.account_id, back="/",
        )  # fmt: skip
    worker.run_waiting(office.shop)
    row = office.row(import_id)
    assert (row.state, row.file_key, row.reason == office.said(import_id)) == ("refused", None, True)


def test_a_bad_line_that_comes_up_late_takes_everything_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 40)
    rows = made(200, communities=4)
    import_id = office.upload(xlsx(rows))
    office.ask(import_id, skip_bad=False)
    with office.database.transaction() as db:  # somebody with that number died between check and import
        gone = make_resident(db, office.ward, "Trần Đã Mất")
        gone.person.citizen_id_hash, gone.person.died_on = citizen_id_hash(rows[150][4], KEY), TODAY
    worker.run_waiting(office.shop)
    assert office.said(import_id) == importing.LATE
    assert office.row(import_id).state == "uploaded"
    assert len(office.everything()["people"]) == 1


def test_what_others_built_on_stays_when_a_bad_line_comes_up_late(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies after 40 people, somebody works with one of them, then a line turns bad: nothing of it is lost."""
    monkeypatch.setattr(importing, "BATCH", 40)
    rows = made(200, communities=4)
    import_id = office.upload(xlsx(rows))
    office.ask(import_id, skip_bad=False)
    first = jobs.claim(office.database, frozenset(worker.HANDLERS))
    assert first is not None
    kept = importing._take_batch

    def dies(*args: Any) -> Any:
        kept(*args)
        raise Died

    monkeypatch.setattr(importing, "_take_batch", dies)
    with pytest.raises(Died):
        importing.take(first, office.shop)
    monkeypatch.setattr(importing, "_take_batch", kept)
    with office.database.transaction() as db:
        make_evidence(db, _resident(db, office, rows[4]), "Lớp tin học", ["1.1"])
        gone = make_resident(db, office.ward, "Trần Đã Mất")
        gone.person.citizen_id_hash, gone.person.died_on = citizen_id_hash(rows[150][4], KEY), TODAY
    _silence(office)
    worker.run_waiting(office.shop)
    assert office.said(import_id) == undoing.BUILT_ON
    assert office.row(import_id).state == "importing"
    with office.database.read() as db:
        taken = len([one for one in queries.done_rows(db, import_id).values() if one is not None])
        assert taken == len(office.everything()["people"]) - 1
    office.ask(import_id)  # to go on is to take the good lines: what was taken cannot be taken back
    worker.run_waiting(office.shop)
    assert office.row(import_id).state == "imported"
    assert office.counts(import_id) == {"new": 199, "bad": 1, "rows": 200, "households": 50}


def test_a_late_bad_line_takes_everything_back_also_after_a_death(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between the step in which a line turned bad and the one that takes everything back."""
    rows = made(40, communities=4)
    import_id = office.upload(xlsx(rows))
    office.ask(import_id, skip_bad=False)
    with office.database.transaction() as db:
        gone = make_resident(db, office.ward, "Trần Đã Mất")
        gone.person.citizen_id_hash, gone.person.died_on = citizen_id_hash(rows[20][4], KEY), TODAY
    first = jobs.claim(office.database, frozenset(worker.HANDLERS))
    assert first is not None
    kept = importing._take_back

    def dies(*args: Any) -> Any:
        raise Died

    monkeypatch.setattr(importing, "_take_back", dies)
    with pytest.raises(Died):
        importing.take(first, office.shop)
    monkeypatch.setattr(importing, "_take_back", kept)
    _silence(office)
    worker.run_waiting(office.shop)
    assert (office.said(import_id), office.row(import_id).state) == (importing.LATE, "uploaded")
    assert len(office.everything()["people"]) == 1


class Died(Exception):
    """A worker that went."""


def _silence(office: Office) -> None:
    with office.database.transaction() as db:
        db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))


class Deadly:
    """A store whose process dies right after a sheet was put, or right before one that is there is deleted."""

    def __init__(self, office: Office, after_put: bool) -> None:
        self.office, self.store, self.after_put = office, office.shop.store, after_put
        self.get = self.store.get

    def put(self, key: str, content: bytes) -> None:
        self.store.put(key, content)
        if self.after_put:
            raise Died

    def delete(self, key: str) -> None:
        if not self.after_put and key in _sheets(self.office):
            raise Died
        self.store.delete(key)


def _sheets(office: Office) -> list[str]:
    files = office.folder / "files"
    found = [str(one.relative_to(files)) for one in files.rglob("*") if one.is_file()]
    return [one for one in found if not one.endswith(".list")]


@pytest.mark.parametrize("after_put", [True, False])
@pytest.mark.parametrize("work", ["check", "take"])
def test_a_worker_that_dies_leaves_no_sheet_of_faults_behind(office: Office, work: str, after_put: bool) -> None:
    rows = changed(made(40, communities=4), 2, name="")
    import_id = office.upload(xlsx(rows))
    old = office.row(import_id).faults_key
    assert _sheets(office) == [old]
    with office.database.transaction() as db:
        row = office.row(import_id)
        if work == "check":
            actions.ask_check(
                db, import_id, columns=row.columns, header_row=1, headings=row.headings, community_id=None,
                account_id=office.account_id, back="/",
            )  # fmt: skip
        else:
            actions.ask_import(db, import_id, skip_bad=True, account_id=office.account_id, back="/")
    first = jobs.claim(office.database, frozenset(worker.HANDLERS))
    assert first is not None
    with pytest.raises(Died):
        worker.HANDLERS[f"roster.{work}"](first, replace(office.shop, store=Deadly(office, after_put)))
    named = office.row(import_id).faults_key
    assert (named == old, named in _sheets(office)) == (after_put, True)  # the old one stays while it is the named one
    _silence(office)
    assert worker.run_waiting(office.shop) == 1
    row = office.row(import_id)
    assert row.state == ("checked" if work == "check" else "imported")
    assert _sheets(office) == [row.faults_key]
    assert row.faults_key == f"jobs/{first.id}/{2 if after_put else 1}"
    assert office.counts(import_id) == {"new": 39, "bad": 1, "rows": 40, "households": 10}


def test_what_a_stopped_job_left_goes_with_the_next_one(office: Office) -> None:
    import_id = office.upload(xlsx(changed(made(40, communities=4), 2, name="")))
    job_id = office.ask(import_id)
    first = jobs.claim(office.database, frozenset(worker.HANDLERS))
    assert first is not None
    with pytest.raises(Died):
        importing.take(first, replace(office.shop, store=Deadly(office, after_put=True)))
    with office.database.transaction() as db:
        jobs.stop(db, job_id)
    office.ask(import_id)
    worker.run_waiting(office.shop)
    assert office.row(import_id).state == "imported"
    assert _sheets(office) == [office.row(import_id).faults_key]


def test_nothing_personal_is_kept_of_lines(office: Office) -> None:
    rows = changed(made(40, communities=4), 2, cid="12345", name="Trần Bí Mật")
    import_id = office.take(xlsx(rows))
    office.take(xlsx(changed(rows, 0, name="Trần Thị Mẫu Ánh", cid=rows[0][4])))
    with office.database.read() as db:
        kept = [
            *(json.dumps([row.faults, row.before], ensure_ascii=False) for row in db.scalars(select(RosterRow))),
            *(json.dumps([job.payload, job.title, job.result], ensure_ascii=False) for job in db.scalars(select(Job))),
            *(entry.detail for entry in db.scalars(select(audit.AuditEntry))),
        ]
        assert db.scalars(select(func.count()).select_from(Consent)).one() == 0
    for text in kept:
        assert "Bí Mật" not in text
        assert not any(row[4] and row[4] in text for row in rows)
    assert import_id
