"""Two at once at the bench: overlapping bulks, undoing while a decision is entered, a look while it is undone."""

from __future__ import annotations

import uuid

import pytest
from factories import DECISION, TODAY, actor_of, make_application, make_officer, make_resident, make_ward
from sqlalchemy import func, select
from test_concurrency import at_once, impatient_url  # noqa: F401 (a fixture)

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import bulk, granting, second_looks
from xhht_citizen.applications.models import Application, BulkCase, BulkRecommendation, Lot, SecondLook
from xhht_citizen.database import Database, new_id
from xhht_citizen.titles.models import Title

pytestmark = pytest.mark.xdist_group("servers")


def office(database: Database, cases: int) -> tuple[str, list[Actor], dict[uuid.UUID, int]]:
    """A ward's code, two reviewers and a signer, and endorsed cases with their versions."""
    with database.transaction() as db:
        ward = make_ward(db)
        logins = (("xet-1", "ward_reviewer"), ("xet-2", "ward_reviewer"), ("ky", "ward_signer"))
        hands = [actor_of(db, make_officer(db, ward, role, login).account) for login, role in logins]
        made = [make_application(db, make_resident(db, ward, community=n % 3), "endorsed") for n in range(cases)]
        return ward.code, hands, {case.id: case.version for case in made}


def test_overlapping_bulks_at_once_leave_one(impatient_url: str) -> None:  # noqa: F811
    database = Database(impatient_url)
    code, (one, two, _), seen = office(database, 6)
    ids = list(seen)

    def recommend(hand: Actor, keys: list[uuid.UUID], bulk_id: uuid.UUID) -> str:
        with database.transaction() as db:
            chosen = {key: seen[key] for key in keys}
            bulk.recommend(db, bulk_id, chosen, ward_code=code, actor=hand, today=TODAY)
        return "done"

    first, second = new_id(), new_id()
    answers = at_once(
        lambda: recommend(one, ids[:4], first),
        lambda: recommend(two, ids[:1:-1], second),
        lambda: recommend(one, ids[:4], first),  # the same form twice
    )
    assert sorted(type(answer).__name__ for answer in answers) in (
        ["Conflict", "str", "str"],
        ["Conflict", "Conflict", "str"],
    )
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(BulkRecommendation)) == 1
        assert db.scalar(select(func.count()).select_from(BulkCase)) == 4
        assert db.scalar(select(func.count()).select_from(Lot)) == 4
        states = db.scalars(select(Application.state).order_by(Application.state)).all()
        assert states == [*["endorsed"] * 2, *["recommended"] * 4]
        assert audit.verify(db).broken == ()
    database.dispose()


def test_undoing_and_granting_at_once_one_of_them_is_told(impatient_url: str) -> None:  # noqa: F811
    database = Database(impatient_url)
    code, (one, two, signer), seen = office(database, 4)
    made = new_id()
    with database.transaction() as db:
        bulk.recommend(db, made, seen, ward_code=code, actor=one, today=TODAY)
        for look in db.scalars(select(SecondLook)).all():
            second_looks.give(db, look.id, agrees=True, note=None, actor=two, today=TODAY)

    def undo() -> str:
        with database.transaction() as db:
            bulk.undo(db, made, reason="Chọn nhầm.", actor=two, today=TODAY)
        return "undone"

    def grant() -> str:
        with database.transaction() as db:
            granting.grant_all(db, list(seen), actor=signer, today=TODAY, decision=DECISION)
        return "granted"

    answers = at_once(undo, grant)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "str"]
    with database.read() as db:
        done = next(answer for answer in answers if isinstance(answer, str))
        expected = ("under_review", 0) if done == "undone" else ("granted", 4)
        assert set(db.scalars(select(Application.state))) == {expected[0]}
        assert db.scalar(select(func.count()).select_from(Title)) == expected[1]
    database.dispose()


def test_a_look_while_the_bulk_is_undone(impatient_url: str) -> None:  # noqa: F811
    database = Database(impatient_url)
    code, (one, two, signer), seen = office(database, 3)
    made = new_id()
    with database.transaction() as db:
        bulk.recommend(db, made, seen, ward_code=code, actor=one, today=TODAY)
        look_id = db.scalars(select(SecondLook.id)).one()

    def look(hand: Actor, agrees: bool) -> str:
        with database.transaction() as db:
            second_looks.give(db, look_id, agrees=agrees, note="Ảnh mờ.", actor=hand, today=TODAY)
        return "looked"

    def undo() -> str:
        with database.transaction() as db:
            bulk.undo(db, made, reason="Chọn nhầm.", actor=one, today=TODAY)
        return "undone"

    answers = at_once(lambda: look(two, True), lambda: look(signer, False), undo)
    assert answers[2] == "undone"
    with database.read() as db:
        row = db.get_one(SecondLook, look_id)
        assert (row.looked_at is None) is (row.closed_at is not None)
        assert sum(answer == "looked" for answer in answers) == (row.looked_at is not None)
        assert set(db.scalars(select(Application.state))) == {"under_review"}
    database.dispose()
