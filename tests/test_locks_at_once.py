"""Cases that stop because somebody dies, leaves or takes consent back: tallies are locked after everything else.

In each test one hand holds the next thing that the act needs and then asks for a tally; whoever had locked the tally
before would wait for it for ever, and PostgreSQL would end one of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from factories import (
    DECISION,
    TODAY,
    YEAR,
    make_application,
    make_clan,
    make_group,
    make_group_application,
    make_resident,
    make_unit,
    make_ward,
)
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, belonging, granting, households, persons
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.database import Database
from xhht_citizen.groups import actions as groups
from xhht_citizen.groups.models import Clan, Unit
from xhht_citizen.groups.rules import Kind
from xhht_citizen.ratios import actions as ratios

ACT = {"account_id": None, "year": YEAR}
pytestmark = pytest.mark.xdist_group("servers")


@contextmanager
def meanwhile(database: Database, act: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """What begins the act in another thread, and returns when that waits for what is held here; it has to end well."""
    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[object]] = []

        def begin() -> None:
            begun.append(pool.submit(act))
            until = time.monotonic() + 10
            while not waits(database) and time.monotonic() < until:
                time.sleep(0.05)
            assert not begun[0].done()

        yield begin
        begun[0].result(30)


def waits(database: Database) -> bool:
    """Somebody waits for a lock; on SQLite whoever writes waits for the other one to end."""
    if database.engine.dialect.name == "sqlite":
        return True
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.read() as db:
        return bool(db.scalar(text(asked)))


def states(db: Session, *ids: uuid.UUID) -> set[str]:
    return set(db.scalars(select(Application.state).where(Application.id.in_(ids))))


def proved(database: Database, code: str) -> None:
    with database.transaction() as db:
        assert [ratios.prove_ward(db, code, year) for year in (YEAR - 1, YEAR)] == [[], []]


def test_a_member_dies_while_the_unit_is_closed(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        lan = make_resident(db, ward)
        unit_id = make_unit(db, ward, members=[lan]).id
        case_id = make_application(db, lan, "recommended").id

    def die() -> None:
        with database.transaction() as db:
            households.die(db, lan.id, TODAY, account_id=None, today=TODAY)

    with meanwhile(database, die) as begin, database.transaction() as db:
        unit = groups.hold_unit(db, unit_id)
        groups.close(db, unit, account_id=None)
        begin()
        persons.follow_counts(db, {(unit.ward_code, unit.community_id)}, YEAR)
    with database.read() as db:
        assert states(db, case_id) == {"withdrawn"}
        assert db.get_one(Unit, unit_id).closed_at is not None
    proved(database, ward.code)


@pytest.mark.parametrize("act", ["leave", "settle"])
def test_the_last_one_leaves_a_household_while_its_clan_is_closed(database: Database, act: str) -> None:
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        lan = make_resident(db, ward)
        make_application(db, lan, "granted")
        clan_id = make_clan(db, ward, households=[lan.household]).id
        case_id = make_group_application(db, make_group(db, Kind.HOUSEHOLD, lan.household.id), "recommended").id

    def go() -> None:
        with database.transaction() as db:
            if act == "leave":
                households.leave(db, lan.household.id, lan.id, reason="left", **ACT)  # type: ignore[arg-type]
            else:
                persons.settle(db, lan.id, NewHousehold(ward.code, ward.communities[1].id), **ACT)  # type: ignore[arg-type]

    with meanwhile(database, go) as begin, database.transaction() as db:
        clan = groups.hold_clan(db, clan_id)
        groups.close(db, clan, account_id=None)
        begin()
        persons.follow_counts(db, {(clan.ward_code, clan.community_id)}, YEAR)
    with database.read() as db:
        assert states(db, case_id) == {"withdrawn"}
        assert db.get_one(Clan, clan_id).closed_at is not None
    proved(database, ward.code)


def test_consent_is_taken_back_while_the_later_case_is_granted(database: Database) -> None:
    """All cases are held before the tally of the first one is."""
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        lan = make_resident(db, ward, login="lan")
        assert lan.account is not None
        account_id = lan.account.id
        first, second = sorted(make_application(db, lan, "recommended", year=year).id for year in (YEAR - 1, YEAR))
        years = {key: db.get_one(Application, key).year for key in (first, second)}

    def take_back() -> None:
        with database.transaction() as db:
            actor = Actor(account_id=account_id, person_id=lan.id)
            persons.withdraw_consent(db, lan.id, actor=actor, today=TODAY)

    with meanwhile(database, take_back) as begin, database.transaction() as db:
        actions.lock(db, second)
        begin()
        ratios.hold(db, ward.code, years[first])
        granting.grant_all(db, [second], actor=Actor(name="Người ký Mẫu"), today=TODAY, decision=DECISION)
    with database.read() as db:
        assert (states(db, first), states(db, second)) == ({"withdrawn"}, {"granted"})
    proved(database, ward.code)


@pytest.mark.parametrize("act", ["close", "correct"])
def test_a_unit_with_a_case_is_counted_once_and_last(db: Session, act: str) -> None:
    ward = make_ward(db, community_step=False)
    lan = make_resident(db, ward)
    make_application(db, lan, "granted")
    unit = make_unit(db, ward, members=[lan])
    # Another body takes over a unit only once its case is decided.
    make_group_application(db, make_group(db, Kind.UNIT, unit.id), "recommended" if act == "close" else "declined")
    ratios.recount_ward(db, ward.code, YEAR)
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(db.connection(), "before_cursor_execute", note)
    if act == "close":
        belonging.close(db, Kind.UNIT, unit.id, **ACT)  # type: ignore[arg-type]
    else:
        above = groups.NewUnit(ward.code, unit.community_id, unit.name, unit.kind, "province")
        belonging.correct_unit(db, unit.id, above, **ACT)  # type: ignore[arg-type]
    counting = [number for number, said in enumerate(seen) if "count(registration.assessed_at)" in said]
    changing = [number for number, said in enumerate(seen) if said.startswith("UPDATE") and "UPDATE tally" not in said]
    assert len(counting) == 2  # adults and groups, of the one community concerned
    assert min(counting) > max(changing)
