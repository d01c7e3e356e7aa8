"""The counts of a ward worked out on paper, and what each event changes in them: no more and no less."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pytest
from counted import counts_of, give_title, join_clan, make_clan, make_unit, register
from factories import YEAR, Resident, Ward, make_application, make_resident, make_ward
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.database import now
from xhht_citizen.groups.models import Clan, ClanMembership, Unit, UnitMembership
from xhht_citizen.people import actions as people
from xhht_citizen.people.models import Account, HouseholdMembership
from xhht_citizen.places.actions import close_community
from xhht_citizen.places.models import Commune
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios import actions, queries
from xhht_citizen.ratios.models import Tally
from xhht_citizen.ratios.rules import KINDS, LEARNER_GROUPS, MEASURES, SHARES, Counts, needed
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Title

# Adults of the twelve households: five in Tổ 1, four in Tổ 2, three in Tổ 3.
ADULTS = {1: 4, 2: 4, 3: 3, 4: 3, 5: 2, 6: 4, 7: 4, 8: 3, 9: 3, 10: 4, 11: 3, 12: 3}
COMMUNITY = {**dict.fromkeys(range(1, 6), 0), **dict.fromkeys(range(6, 10), 1), **dict.fromkeys(range(10, 13), 2)}
# On paper. Forty adults, the first of each household a worker, the others residents. Eight hold the title: all four of
# household 1, two of household 2, the first of 6 and of 11; two of household 3 registered, the second was assessed.
# Recognised: households 1 and 6 (7 registered), the clan Trần of Tổ 1 (households 1, 2 and one of the other ward; Lê,
# of the other ward, registered), Tổ 1, the school in Tổ 2 (three work there, one of them from the other ward, two hold
# the title). The office has no community; two work there, one of them in the school too. Household 1 has digital
# skills; two of it sent their case themselves.
PAPER = {
    ("citizen", "Tổ 1"): "16/8/7/6",
    ("citizen", "Tổ 2"): "14/1/1/1",
    ("citizen", "Tổ 3"): "10/1/1/1",
    ("citizen", "ward"): "40/10/9/8",
    ("workers", "Tổ 1"): "5/3/2/2",
    ("workers", "Tổ 2"): "4/1/1/1",
    ("workers", "Tổ 3"): "3/1/1/1",
    ("workers", "ward"): "12/5/4/4",
    ("residents", "Tổ 1"): "11/5/5/4",
    ("residents", "Tổ 2"): "10/0/0/0",
    ("residents", "Tổ 3"): "7/0/0/0",
    ("residents", "ward"): "28/5/5/4",
    ("household", "Tổ 1"): "5/1/1/1",
    ("household", "Tổ 2"): "4/2/1/1",
    ("household", "Tổ 3"): "3/0/0/0",
    ("household", "ward"): "12/3/2/2",
    ("clan", "Tổ 1"): "1/1/1/1",
    ("clan", "ward"): "1/1/1/1",
    ("community", "Tổ 1"): "1/1/1/1",
    ("community", "Tổ 2"): "1/0/0/0",
    ("community", "Tổ 3"): "1/0/0/0",
    ("community", "ward"): "3/1/1/1",
    ("unit", "Tổ 2"): "1/1/1/1",
    ("unit", ""): "1/0/0/0",
    ("unit", "ward"): "2/1/1/1",
    ("commune", ""): "1/0/0/0",
    ("commune", "ward"): "1/0/0/0",
    ("in_household", "Tổ 1"): "4/0/0/4",
    ("in_household", "Tổ 2"): "4/0/0/1",
    ("in_household", "ward"): "8/0/0/5",
    ("in_clan", "Tổ 1"): "8/0/0/6",
    ("in_clan", "ward"): "8/0/0/6",
    ("in_community", "Tổ 1"): "16/0/0/6",
    ("in_community", "ward"): "16/0/0/6",
    ("in_unit", "Tổ 2"): "3/0/0/2",
    ("in_unit", ""): "2/0/0/2",
    ("in_unit", "ward"): "5/0/0/4",
    ("digital", "Tổ 1"): "6/0/0/4",
    ("digital", "Tổ 2"): "1/0/0/0",
    ("digital", "Tổ 3"): "1/0/0/0",
    ("digital", "ward"): "8/0/0/4",
    ("own_record", "Tổ 1"): "4/0/0/2",
    ("own_record", "ward"): "4/0/0/2",
}
BESIDE = {  # the other ward of the pair: two households of two, one holder, the clan Lê
    ("citizen", "Tổ 1"): "4/1/1/1",
    ("residents", "Tổ 1"): "4/1/1/1",
    ("household", "Tổ 1"): "2/0/0/0",
    ("clan", "Tổ 1"): "1/1/0/0",
    ("community", "Tổ 1"): "1/0/0/0",
    ("commune", ""): "1/0/0/0",
    ("in_clan", "Tổ 1"): "2/0/0/1",
    ("digital", "Tổ 1"): "1/0/0/0",
}


@dataclass
class Pair:
    """The ward on paper and the one beside it."""

    here: Ward
    there: Ward
    homes: dict[int, list[Resident]]
    beside: dict[int, list[Resident]]
    tran: Clan
    le: Clan
    school: Unit
    office: Unit

    def community(self, number: int) -> uuid.UUID:
        return self.here.communities[number].id


def household(db: Session, ward: Ward, adults: int, community: int, *, first: str = "residents") -> list[Resident]:
    head = make_resident(db, ward, community=community, group=first)
    rest = [make_resident(db, ward, household=head.household) for _ in range(adults - 1)]
    make_resident(db, ward, household=head.household, birth_year=YEAR - 9)  # children are not counted
    return [head, *rest]


@pytest.fixture
def pair(db: Session) -> Pair:
    here, there = make_ward(db), make_ward(db, "20014", "Phường Kim Trà", communities=1)
    homes = {number: household(db, here, size, COMMUNITY[number], first="workers") for number, size in ADULTS.items()}
    beside = {number: household(db, there, 2, 0) for number in (1, 2)}
    tran = make_clan(db, here, "Họ Trần", [homes[1][0].household, homes[2][0].household, beside[1][0].household])
    le = make_clan(db, there, "Họ Lê", [homes[3][0].household, beside[2][0].household])
    join_clan(db, le, homes[1][0].household, side="mother")
    at_school = [homes[6][0].person, homes[10][0].person, beside[1][0].person]
    learners = [homes[9][1].person, homes[9][2].person]
    school = make_unit(db, here, "Trường", at_school, learners=learners, community=1, kind="school")
    office = make_unit(db, here, "Ủy ban", [homes[11][0].person, homes[6][0].person], community=None)
    for number, person in enumerate([*homes[1], *homes[2][:2], homes[6][0], homes[11][0]]):
        facts = {"digital": True, "own_record": number < 2} if number < 4 else {"digital": False, "own_record": True}
        give_title(db, "citizen", person.id, here, **facts)
    give_title(db, "citizen", beside[1][0].id, there)
    register(db, "citizen", homes[3][0].id, here.code)
    register(db, "citizen", homes[3][1].id, here.code)
    titles.mark_assessed(db, homes[3][1].id, YEAR, assessed=True)
    for number in (1, 6):
        give_title(db, "household", homes[number][0].household.id, here)
    register(db, "household", homes[7][0].household.id, here.code)
    give_title(db, "clan", tran.id, here)
    register(db, "clan", le.id, there.code)
    give_title(db, "community", here.communities[0].id, here)
    give_title(db, "unit", school.id, here)
    for ward in (here, there):
        actions.recount_ward(db, ward.code, YEAR)
    return Pair(here, there, homes, beside, tran, le, school, office)


def the_rest(expected: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """With the ward's own rows, where it has one community and nothing outside it."""
    return expected | {(kind, "ward"): numbers for (kind, _), numbers in expected.items()}


def test_the_ward_on_paper(db: Session, pair: Pair) -> None:
    assert counts_of(db, pair.here.code) == PAPER
    assert counts_of(db, pair.there.code) == the_rest(BESIDE)
    assert {kind for kind, _ in PAPER} == {*MEASURES} - {"agency", "officials", "students"}
    assert {*KINDS, *LEARNER_GROUPS, *SHARES} == {*MEASURES}


@contextmanager
def changes(db: Session, pair: Pair, expected: dict[tuple[str, str, str], str]) -> Iterator[None]:
    """Exactly these rows of the two wards change, and to this; a recount finds nothing to correct."""

    def everything() -> dict[tuple[str, str, str], str]:
        return {
            (ward, *place): numbers
            for ward, code in (("here", pair.here.code), ("there", pair.there.code))
            for place, numbers in counts_of(db, code).items()
        }

    before = everything()
    yield
    after = everything()
    changed = {key: after.get(key, "none") for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == expected
    for ward in (pair.here, pair.there):
        actions.recount_ward(db, ward.code, YEAR)
    assert everything() == after


def touch(db: Session, ward: Ward, *communities: int | None) -> None:
    db.flush()
    actions.touch_all(db, {(ward.code, None if one is None else ward.communities[one].id, YEAR) for one in communities})


def revoke(db: Session, kind: str, subject_id: uuid.UUID) -> None:
    held = db.scalars(select(Title.id).where(Title.kind == kind, Title.subject_id == subject_id)).one()
    titles.revoke(db, held, reason="Cấp nhầm", account_id=None)


def test_a_citizens_title_is_revoked(db: Session, pair: Pair) -> None:
    expected = {
        "citizen": ("16/8/7/5", "40/10/9/7"),
        "workers": ("5/3/2/1", "12/5/4/3"),
        "in_household": ("4/0/0/3", "8/0/0/4"),
        "in_clan": ("8/0/0/5", "8/0/0/5"),
        "in_community": ("16/0/0/5", "16/0/0/5"),
        "digital": ("5/0/0/3", "7/0/0/3"),
        "own_record": ("3/0/0/1", "3/0/0/1"),
    }
    with changes(
        db,
        pair,
        {
            ("here", kind, place): numbers
            for kind, both in expected.items()
            for place, numbers in zip(("Tổ 1", "ward"), both, strict=True)
        },
    ):
        revoke(db, "citizen", pair.homes[1][0].id)
        touch(db, pair.here, 0)


def test_a_citizens_title_counts_at_work_too(db: Session, pair: Pair) -> None:
    """Household 10's first works in the school of Tổ 2 and lives in Tổ 3; both places are found by the case."""
    person = pair.homes[10][0]
    assert queries.workplaces(db, person.id) == {(pair.here.code, pair.community(1))}
    with changes(
        db,
        pair,
        {
            ("here", "citizen", "Tổ 3"): "10/2/2/2",
            ("here", "citizen", "ward"): "40/11/10/9",
            ("here", "workers", "Tổ 3"): "3/2/2/2",
            ("here", "workers", "ward"): "12/6/5/5",
            ("here", "in_unit", "Tổ 2"): "3/0/0/3",
            ("here", "in_unit", "ward"): "5/0/0/5",
            ("here", "digital", "Tổ 3"): "2/0/0/1",
            ("here", "digital", "ward"): "9/0/0/5",
            ("here", "own_record", "Tổ 3"): "1/0/0/0",  # made for them on paper, by nobody's account
            ("here", "own_record", "ward"): "5/0/0/2",
        },
    ):
        make_application(db, person, "granted")


def test_who_sent_it_themselves(db: Session) -> None:
    ward = make_ward(db)
    own, helped, weak = (make_resident(db, ward, login=name) for name in ("tu-gui", "nho-gui", "yeu-so"))
    db.scalars(select(Account).where(Account.login == "nho-gui")).one().person_id = None
    helped.account = None
    db.flush()
    for person, answers in ((own, {}), (helped, {}), (weak, {"2.1": 5, "1.1": 10, "1.2": 10})):
        make_application(db, person, "granted", answers=answers)
    facts = {row.person_id: (row.digital, row.own_record) for row in db.scalars(select(Title))}
    assert facts == {own.id: (True, True), helped.id: (True, False), weak.id: (False, True)}
    counts = counts_of(db, ward.code)
    assert (counts["digital", "ward"], counts["own_record", "ward"]) == ("3/0/0/2", "2/0/0/1")


def test_a_household_leaves_a_clan_and_another_title_falls(db: Session, pair: Pair) -> None:
    with changes(db, pair, {("here", "in_clan", "Tổ 1"): "4/0/0/4", ("here", "in_clan", "ward"): "4/0/0/4"}):
        row = db.scalars(
            select(ClanMembership).where(ClanMembership.household_id == pair.homes[2][0].household.id)
        ).one()
        row.revoked_at = now()
        touch(db, pair.here, 0)
    # Household 1 is in both clans, and its people count once: the other clan's title changes nothing but its own.
    with changes(
        db,
        pair,
        {
            ("here", "in_clan", "Tổ 1"): "7/0/0/4",  # household 3 has come in
            ("here", "in_clan", "ward"): "7/0/0/4",
            ("there", "clan", "Tổ 1"): "1/1/1/1",
            ("there", "clan", "ward"): "1/1/1/1",
            ("there", "in_clan", "Tổ 1"): "4/0/0/1",
            ("there", "in_clan", "ward"): "4/0/0/1",
        },
    ):
        give_title(db, "clan", pair.le.id, pair.there)
        touch(db, pair.here, 0)
        touch(db, pair.there, 0)


def test_somebody_moves_to_the_other_ward(db: Session, pair: Pair) -> None:
    """The second of household 2, a holder in a recognised clan and community, moves in with relatives beside."""
    with changes(
        db,
        pair,
        {
            ("here", "citizen", "Tổ 1"): "15/7/6/5",
            ("here", "citizen", "ward"): "39/9/8/7",
            ("here", "residents", "Tổ 1"): "10/4/4/3",
            ("here", "residents", "ward"): "27/4/4/3",
            ("here", "in_clan", "Tổ 1"): "7/0/0/5",
            ("here", "in_clan", "ward"): "7/0/0/5",
            ("here", "in_community", "Tổ 1"): "15/0/0/5",
            ("here", "in_community", "ward"): "15/0/0/5",
            ("here", "digital", "Tổ 1"): "5/0/0/4",
            ("here", "digital", "ward"): "7/0/0/4",
            ("there", "citizen", "Tổ 1"): "5/2/2/2",
            ("there", "citizen", "ward"): "5/2/2/2",
            ("there", "residents", "Tổ 1"): "5/2/2/2",
            ("there", "residents", "ward"): "5/2/2/2",
            ("there", "digital", "Tổ 1"): "2/0/0/0",
            ("there", "digital", "ward"): "2/0/0/0",
        },
    ):
        new_home = pair.beside[2][0].household
        people.move_in(db, pair.homes[2][1].id, new_home, relation="other", account_id=None)
        touch(db, pair.here, 0)
        touch(db, pair.there, 0)


def test_the_last_one_of_a_household_is_gone(db: Session, pair: Pair) -> None:
    with changes(
        db,
        pair,
        {
            ("here", "citizen", "Tổ 2"): "10/0/0/0",
            ("here", "citizen", "ward"): "36/9/8/7",
            ("here", "workers", "Tổ 2"): "3/0/0/0",
            ("here", "workers", "ward"): "11/4/3/3",
            ("here", "residents", "Tổ 2"): "7/0/0/0",
            ("here", "residents", "ward"): "25/5/5/4",
            ("here", "household", "Tổ 2"): "3/1/0/0",
            ("here", "household", "ward"): "11/2/1/1",
            ("here", "in_household", "Tổ 2"): "none",
            ("here", "in_household", "ward"): "4/0/0/4",
            ("here", "digital", "Tổ 2"): "none",
            ("here", "digital", "ward"): "7/0/0/4",
            # Whoever died works nowhere any more: that is ended by itself, with the unit's place touched.
        },
    ):
        for row in db.scalars(
            select(HouseholdMembership).where(HouseholdMembership.household_id == pair.homes[6][0].household.id)
        ):
            row.revoked_at, row.end_reason = now(), "left"
        touch(db, pair.here, 1)


def test_work_begins_and_ends(db: Session, pair: Pair) -> None:
    with changes(db, pair, {("here", "in_unit", ""): "1/0/0/1", ("here", "in_unit", "ward"): "4/0/0/3"}):
        row = db.scalars(
            select(UnitMembership).where(
                UnitMembership.unit_id == pair.office.id, UnitMembership.person_id == pair.homes[6][0].id
            )
        ).one()
        row.revoked_at = now()
        touch(db, pair.here, None)


def close_clan(db: Session, pair: Pair) -> None:
    pair.tran.closed_at = now()
    touch(db, pair.here, 0)
    touch(db, pair.there, 0)


def close_school(db: Session, pair: Pair) -> None:
    pair.school.closed_at = now()
    touch(db, pair.here, 1)


def close_first(db: Session, pair: Pair) -> None:
    close_community(db, pair.here.communities[0], on=date(YEAR, 12, 1), account_id=None)
    touch(db, pair.here, 0)


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (
            close_clan,
            {
                ("here", "clan", "Tổ 1"): "none",
                ("here", "clan", "ward"): "none",
                ("here", "in_clan", "Tổ 1"): "none",
                ("here", "in_clan", "ward"): "none",
                ("there", "in_clan", "Tổ 1"): "none",
                ("there", "in_clan", "ward"): "none",
            },
        ),
        (
            close_school,
            {
                ("here", "unit", "Tổ 2"): "none",
                ("here", "unit", "ward"): "1/0/0/0",
                ("here", "in_unit", "Tổ 2"): "none",
                ("here", "in_unit", "ward"): "2/0/0/2",
            },
        ),
        (
            close_first,  # its people are counted there until they are somewhere else
            {
                ("here", "community", "Tổ 1"): "none",
                ("here", "community", "ward"): "2/0/0/0",
                ("here", "in_community", "Tổ 1"): "none",
                ("here", "in_community", "ward"): "none",
            },
        ),
    ],
    ids=["clan", "unit", "community"],
)
def test_what_was_closed_counts_no_more(
    db: Session, pair: Pair, close: Callable[[Session, Pair], None], expected: dict[tuple[str, str, str], str]
) -> None:
    actions.recount_ward(db, pair.here.code, YEAR - 1)
    last_year = counts_of(db, pair.here.code, YEAR - 1)
    with changes(db, pair, expected):
        close(db, pair)
    actions.recount_ward(db, pair.here.code, YEAR - 1)
    assert counts_of(db, pair.here.code, YEAR - 1) == last_year  # it was there


def test_titles_with_a_term_count_while_they_are_in_force(db: Session, pair: Pair) -> None:
    """Given for the year before last, valid to the end of this year; the commune's to a day in spring."""
    code, spring = pair.here.code, date(YEAR, 3, 31)
    agency = make_unit(db, pair.here, "Bệnh viện tỉnh", community=2, managed_by="province")
    for year in range(YEAR - 3, YEAR + 2):
        actions.recount_ward(db, code, year)
    first = give_title(db, "agency", agency.id, pair.here, year=YEAR - 2, level=1, valid_until=date(YEAR, 12, 31))
    give_title(db, "commune", commune_id(code), pair.here, year=YEAR - 2, level=1, valid_until=spring)
    # One touch of the year it is for brings up the later ones that were counted.
    actions.touch_all(db, {(code, None, YEAR - 2), (code, pair.community(2), YEAR - 2)})

    def of(kind: str) -> list[str]:
        return [counts_of(db, code, year)[kind, "ward"] for year in range(YEAR - 3, YEAR + 2)]

    assert of("agency") == ["1/0/0/0", "1/1/1/1", "1/0/0/1", "1/0/0/1", "1/0/0/0"]
    assert of("commune") == ["1/0/0/0", "1/1/1/1", "1/0/0/1", "1/0/0/0", "1/0/0/0"]
    assert "unit" not in {kind for kind, place in counts_of(db, code) if place == "Tổ 3"}  # of another name and kind
    # A second level before the first has run out is one recognised unit, not two.
    give_title(db, "agency", agency.id, pair.here, year=YEAR, level=2, valid_until=date(YEAR + 3, 12, 31))
    actions.touch(db, code, pair.community(2), YEAR)
    assert of("agency")[-2:] == ["1/1/1/1", "1/0/0/1"]
    titles.revoke(db, first.id, reason="Cấp nhầm", account_id=None)
    actions.touch(db, code, pair.community(2), YEAR - 2)
    assert of("agency") == ["1/0/0/0", "1/1/1/0", "1/0/0/0", "1/1/1/1", "1/0/0/1"]


def test_a_ward_counted_before_there_were_kinds_is_counted_whole(db: Session, pair: Pair) -> None:
    """As an older installation left it: adults only. The first touch of any community counts the others too."""
    db.query(Tally).filter(Tally.kind != "citizen").delete()
    touch(db, pair.here, 2)
    assert counts_of(db, pair.here.code) == PAPER


def test_a_closed_commune_and_one_that_changed_its_province(db: Session, pair: Pair) -> None:
    make_ward(db, "00004", "Phường Ba Đình", province_code="01", province_name="Thành phố Hà Nội")
    commune = db.get_one(Commune, pair.here.code)
    commune.province_code, commune.valid_to = "01", date(YEAR, 7, 1)
    db.flush()
    assert actions.follow_places(db) == 1
    assert ("commune", "ward") not in counts_of(db, pair.here.code)
    assert set(db.scalars(select(Tally.province_code).where(Tally.ward_code == pair.here.code))) == {"01"}
    assert actions.follow_places(db) == 0
    rows = {row.code: row for row in queries.provinces(db, YEAR)}
    assert (rows["01"].counts.total, rows["01"].wards, rows["01"].of_wards) == (40, 1, 2)
    assert (rows["46"].counts.total, rows["46"].wards, rows["46"].of_wards) == (4, 1, 1)


@contextmanager
def counting(db: Session) -> Iterator[list[str]]:
    """Statements that count a ward's people."""
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    connection = db.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


def test_a_touch_costs_the_same_however_much_there_is_to_count(db: Session, pair: Pair) -> None:
    def cost() -> int:
        db.flush()
        with counting(db) as seen:
            actions.touch(db, pair.here.code, pair.community(0), YEAR)
        return len(seen)

    cost()
    before = cost()
    for _ in range(5):
        household(db, pair.here, 3, 0)
        make_clan(db, pair.here, "Họ Võ")
        make_unit(db, pair.here, "Hợp tác xã", [pair.homes[1][0].person])
    cost()  # the first makes the rows of kinds that were not there
    assert cost() == before <= 12


def test_many_changes_at_once_are_counted_once(db: Session, pair: Pair) -> None:
    def adults_counted(seen: list[str]) -> int:
        return sum("FROM household_membership JOIN household" in text for text in seen)

    with counting(db) as seen, actions.later(db):
        for resident in pair.homes[4]:
            give_title(db, "citizen", resident.id, pair.here)
            actions.touch(db, pair.here.code, pair.community(0), YEAR)
            with actions.later(db):
                actions.touch(db, pair.here.code, pair.community(0), YEAR)
        assert counts_of(db, pair.here.code) == PAPER
        assert adults_counted(seen) == 0
    assert adults_counted(seen) == 1
    assert counts_of(db, pair.here.code)["citizen", "Tổ 1"] == "16/11/10/9"
    with pytest.raises(ZeroDivisionError), actions.later(db):
        actions.touch(db, pair.here.code, pair.community(0), 1 // 0)
    with counting(db) as seen:
        actions.touch(db, pair.here.code, pair.community(0), YEAR)
    assert adults_counted(seen) == 1


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent", "more"),
    [
        (79_996, 100_000, 8_000, 4),  # printed as 80,00 % and not there yet
        (80_000, 100_000, 8_000, 0),
        (0, 7, 6_250, 5),  # 62,5 % of 7 are 4.375
        (3, 5, 6_000, 0),
        (2, 5, 6_000, 1),
        (0, 0, 8_000, 0),
        (9, 5, 8_000, 0),
        (1_094, 1_249, 9_000, 31),
    ],
)
def test_how_many_more_are_needed(numerator: int, denominator: int, percent: int, more: int) -> None:
    assert needed(numerator, denominator, percent) == more
    if denominator:
        assert (numerator + more) * 10_000 >= percent * denominator
        assert not more or (numerator + more - 1) * 10_000 < percent * denominator


def test_shares_have_two_counts_only(db: Session, pair: Pair) -> None:
    whole = queries.ward_counts(db, pair.here.code, YEAR, "in_clan")
    assert whole is not None
    assert whole.counts == Counts(total=8, recognised=6)
