"""Groups' cases when several act at once: one case, one receipt, one title, and no ratio that fell slips through."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from factories import (
    TODAY,
    YEAR,
    make_application,
    make_group,
    make_group_application,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from sqlalchemy import func, select

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.groups import start_group
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, DomainError, Invalid
from xhht_citizen.groups.rules import Kind
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.models import Title

OFFICER = Actor(name="Cán bộ Mẫu")
pytestmark = pytest.mark.xdist_group("servers")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run them all, started together; what each returned, or the domain's refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return act()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def home(database: Database) -> tuple[uuid.UUID, uuid.UUID]:
    """A household of two, one of them a holder; its id and the holder's."""
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        lan = make_resident(db, ward)
        make_resident(db, ward, household=lan.household, relation="spouse")
        make_application(db, lan, "granted")
        return lan.household.id, lan.id


def test_the_first_answer_and_the_sending_pressed_many_times(
    database: Database, home: tuple[uuid.UUID, uuid.UUID]
) -> None:
    def begin() -> uuid.UUID:
        with database.transaction() as db:
            return start_group(db, make_group(db, Kind.HOUSEHOLD, home[0]), YEAR, actor=OFFICER).id

    assert len(set(at_once(*[begin] * 4))) == 1
    with database.transaction() as db:
        group = make_group(db, Kind.HOUSEHOLD, home[0])
        case_id = make_group_application(db, group, "draft").id

    def send() -> str | None:
        with database.transaction() as db:
            return actions.submit(db, case_id, actor=OFFICER, today=TODAY).receipt

    receipts = at_once(*[send] * 4)
    assert len(set(receipts)) == 1
    with database.read() as db:
        names = db.scalars(select(ApplicationEvent.name).where(ApplicationEvent.application_id == case_id)).all()
        assert names == ["submit"]
        assert audit.verify(db).broken == ()


def test_two_officers_at_once_leave_one_word(database: Database, home: tuple[uuid.UUID, uuid.UUID]) -> None:
    with database.transaction() as db:
        case = make_group_application(db, make_group(db, Kind.HOUSEHOLD, home[0]), "recommended")
        case_id, version = case.id, case.version

    def act(name: str) -> Callable[[], str]:
        def run() -> str:
            with database.transaction() as db:
                decision = DecisionDetails("7/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký")
                actions.move(
                    db,
                    case_id,
                    name,
                    actor=OFFICER,
                    today=TODAY,
                    version=version,
                    reason="Xem lại.",
                    decision=decision,
                )
                return name

        return run

    done = at_once(act("grant"), act("grant"), act("reopen"))
    assert [isinstance(one, Conflict) for one in done].count(True) == 2
    won = next(one for one in done if isinstance(one, str))
    with database.read() as db:
        state = db.scalars(select(Application.state).where(Application.id == case_id)).one()
        made = db.scalar(select(func.count()).select_from(Title).where(Title.kind == "household"))
        assert (state, made) == (("granted", 1) if won == "grant" else ("under_review", 0))


@pytest.mark.parametrize("name", ["recommend", "grant"])
def test_a_title_revoked_at_the_same_moment_is_seen(
    database: Database, home: tuple[uuid.UUID, uuid.UUID], name: str
) -> None:
    """The step waits for the wards it counts, and counts after the revocation that came first."""
    with database.transaction() as db:
        case = make_group_application(db, make_group(db, Kind.HOUSEHOLD, home[0]), "recommended")
        if name == "recommend":
            actions.move(db, case.id, "reopen", actor=OFFICER, today=TODAY, reason="Xem lại.")
        case_id = case.id

    def step() -> object:
        with database.transaction() as db:
            decision = DecisionDetails("7/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký")
            return actions.move(db, case_id, name, actor=OFFICER, today=TODAY, decision=decision).state

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as db:
            title = titles.title_of(db, home[1], YEAR)
            assert title is not None
            actions.revoke_title(db, title.id, reason="Ghi nhầm.", actor=OFFICER)
            waiting = pool.submit(step)
            time.sleep(0.3)
            assert not waiting.done()
        with pytest.raises((Conflict, Invalid), match="0/2, cần ít nhất 50 %"):
            waiting.result(30)
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Title).where(Title.kind == "household")) == 0


def test_a_unit_waits_for_the_wards_its_people_live_in(database: Database) -> None:
    with database.transaction() as db:
        here, there = make_ward(db, community_step=False), make_ward(db, "20014", "Phường Kim Trà")
        binh = make_resident(db, there)
        make_application(db, binh, "granted")
        unit = make_unit(db, here, members=[binh])
        case_id = make_group_application(db, make_group(db, Kind.UNIT, unit.id), "recommended").id
        make_title(db, make_resident(db, here))
        person = binh.id

    def grant() -> object:
        with database.transaction() as db:
            decision = DecisionDetails("7/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký")
            return actions.move(db, case_id, "grant", actor=OFFICER, today=TODAY, decision=decision).state

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as db:
            title = titles.title_of(db, person, YEAR)
            assert title is not None
            actions.revoke_title(db, title.id, reason="Ghi nhầm.", actor=OFFICER)
            waiting = pool.submit(grant)
            time.sleep(0.3)
            assert not waiting.done()
        with pytest.raises(Conflict, match="0/1"):
            waiting.result(30)
