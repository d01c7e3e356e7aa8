"""After every event of households, clans and units the tallies equal a count from scratch, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from factories import (
    KEY,
    TODAY,
    YEAR,
    make_clan,
    make_group,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging, households, persons
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.groups.actions import NewClan, NewUnit
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.rules import Birth
from xhht_citizen.ratios.actions import prove_ward, recount_ward


def test_after_every_event_the_tallies_equal_a_recount(db: Session) -> None:
    """Two wards, a clan over both, recognised groups of each kind; each event is proved by itself."""
    here, there = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    lan, bay = make_resident(db, here), make_resident(db, there)
    spouse = make_resident(db, here, household=lan.household, relation="spouse")
    clan = make_clan(db, here, community=0, households=[lan.household, bay.household])
    unit = make_unit(db, here, kind="school", members=[lan, bay])
    for one in (lan, bay):
        make_title(db, one)
        make_title(db, one, kind=Kind.HOUSEHOLD)
    for kind, key in ((Kind.CLAN, clan.id), (Kind.UNIT, unit.id)):
        make_title(db, lan, kind=kind, subject=make_group(db, kind, key).subject)
    for ward in (here, there):
        recount_ward(db, ward.code, YEAR)
    act = {"account_id": None, "year": YEAR}
    write = {**act, "id_key": KEY}
    old = NewPerson("Hồ Mẫu Nhàn", Birth(YEAR - 80))
    new_clan, new_unit = (
        NewClan(here.code, here.communities[1].id, "Họ Lê Mẫu"),
        NewUnit(here.code, None, "Sở", "office"),
    )
    moved = NewClan(here.code, here.communities[2].id, clan.name)
    above = NewUnit(here.code, here.communities[1].id, unit.name, "school", "province")
    events: list[Callable[[], object]] = [
        lambda: households.add_member(db, lan.household.id, old, relation="parent", **write),  # type: ignore[arg-type]
        lambda: households.found_for(db, NewHousehold(there.code, None), old, **write),  # type: ignore[arg-type]
        lambda: belonging.found_clan(db, new_clan, **act),  # type: ignore[arg-type]
        lambda: belonging.found_unit(db, new_unit, **act),  # type: ignore[arg-type]
        lambda: belonging.enter_unit(db, unit.id, spouse.id, part="learner", **act),  # type: ignore[arg-type]
        lambda: belonging.leave_clan(db, clan.id, bay.household.id, **act),  # type: ignore[arg-type]
        lambda: belonging.enter_clan(db, clan.id, bay.household.id, side="mother", **act),  # type: ignore[arg-type]
        lambda: belonging.correct_clan(db, clan.id, moved, **act),  # type: ignore[arg-type]
        lambda: belonging.correct_unit(db, unit.id, above, **act),  # type: ignore[arg-type]
        lambda: persons.settle(db, bay.id, NewHousehold(here.code, here.communities[1].id), **act),  # type: ignore[arg-type]
        lambda: households.leave(db, lan.household.id, spouse.id, reason="left", **act),  # type: ignore[arg-type]
        lambda: belonging.leave_unit(db, unit.id, bay.id, **act),  # type: ignore[arg-type]
        lambda: households.die(db, lan.id, TODAY, account_id=None, today=TODAY),
        lambda: belonging.close(db, Kind.CLAN, clan.id, **act),  # type: ignore[arg-type]
        lambda: belonging.close(db, Kind.AGENCY, unit.id, **act),  # type: ignore[arg-type]
    ]
    for number, happens in enumerate(events):
        happens()
        db.flush()
        wrong = {ward.code: prove_ward(db, ward.code, YEAR) for ward in (here, there)}
        assert wrong == {here.code: [], there.code: []}, number
