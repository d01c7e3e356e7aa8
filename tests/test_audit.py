"""The audit's chains: every act is in one, none that was undone; a touched row is named."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from factories import DECISION, TODAY, actor_of, make_application, make_evidence, make_officer, make_resident, make_ward
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import ANONYMOUS
from xhht_citizen.applications import granting
from xhht_citizen.audit import NATION, AuditEntry, AuditHead, BrokenLink, verify
from xhht_citizen.database import Database, now
from xhht_citizen.errors import Invalid
from xhht_citizen.people import actions as people
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.actions import add_community
from xhht_citizen.places.rules import CommunityKind


def say(db: Session, action: str, ward_code: str | None = "19996", **detail: object) -> None:
    audit.append(db, action, ward_code=ward_code, account_id=None, subject_kind="test", subject_id=None, detail=detail)


def said(database: Database, ward_code: str = "19996") -> list[str]:
    with database.read() as db:
        return list(
            db.scalars(select(AuditEntry.action).where(AuditEntry.ward_code == ward_code).order_by(AuditEntry.seq))
        )


def test_each_ward_has_a_chain_of_its_own(database: Database) -> None:
    with database.transaction() as db:
        say(db, "one")
        say(db, "else", "20014")
        say(db, "nation", None)
        say(db, "two")
    with database.transaction() as db:
        say(db, "three")
    assert (said(database), said(database, "20014"), said(database, NATION)) == (
        ["one", "two", "three"],
        ["else"],
        ["nation"],
    )
    with database.read() as db:
        assert verify(db) == audit.Verified(chains=3, entries=5, broken=())
        assert verify(db, "19996") == audit.Verified(chains=1, entries=3, broken=())
        assert verify(db, "99999") == audit.Verified(chains=0, entries=0, broken=())


def test_what_was_undone_was_not_said(database: Database) -> None:
    with database.write() as db:
        say(db, "undone")
        db.rollback()
        say(db, "done")
        db.commit()
        say(db, "left open")
    with database.write() as db:
        db.commit()
    assert said(database) == ["done"]


def test_a_savepoint_takes_only_its_own_words_along(database: Database) -> None:
    with database.transaction() as db:
        make_ward(db)
    with database.write() as db:
        say(db, "before")
        inner = db.begin_nested()
        say(db, "inside")
        deepest = db.begin_nested()
        say(db, "deepest")
        deepest.commit()
        inner.rollback()
        kept = db.begin_nested()
        say(db, "kept")
        kept.commit()
        with pytest.raises(Invalid):
            add_community(db, "19996", "Tổ 1", CommunityKind.TO)  # there is one: a flush fails in a savepoint
        say(db, "after")
        db.commit()
    assert said(database) == ["before", "kept", "after"]


def unlocked(db: Session) -> None:
    """Take away what keeps the table append-only: whoever owns the database can."""
    names = ["_append_only"] if db.get_bind().dialect.name == "postgresql" else ["_no_update", "_no_delete"]
    for name in names:
        place = " ON audit_entry" if name == "_append_only" else ""
        db.execute(text(f"DROP TRIGGER audit_entry{name}{place}"))


def row(seq: int) -> tuple[object, ...]:
    return (AuditEntry.ward_code == "19996", AuditEntry.seq == seq)


TAMPERED: dict[str, tuple[Callable[[Session], object], BrokenLink]] = {
    "a word changed": (
        lambda db: db.execute(update(AuditEntry).where(*row(3)).values(detail='{"n":9}')),  # type: ignore[arg-type]
        BrokenLink("19996", 3, "the row was changed after it was written"),
    ),
    "a moment changed": (
        lambda db: db.execute(update(AuditEntry).where(*row(1)).values(at=now())),  # type: ignore[arg-type]
        BrokenLink("19996", 1, "the row was changed after it was written"),
    ),
    "a row rewritten with its own hash": (
        lambda db: rewrite(db, 2),
        BrokenLink("19996", 3, "the hash of the row before it does not match"),
    ),
    "a row gone": (
        lambda db: db.execute(delete(AuditEntry).where(*row(2))),  # type: ignore[arg-type]
        BrokenLink("19996", 2, "row 2 is missing"),
    ),
    "the end cut off": (
        lambda db: db.execute(delete(AuditEntry).where(AuditEntry.seq >= 4)),
        BrokenLink("19996", 4, "rows are missing at the end"),
    ),
    "everything gone": (
        lambda db: db.execute(delete(AuditEntry)),
        BrokenLink("19996", 1, "rows are missing at the end"),
    ),
    "the head gone": (
        lambda db: db.execute(delete(AuditHead)),
        BrokenLink("19996", 5, "the chain has no head"),
    ),
}


def rewrite(db: Session, seq: int) -> None:
    entry = db.scalars(select(AuditEntry).where(*row(seq))).one()  # type: ignore[arg-type]
    entry.action = "something else"
    entry.hash = audit.link_hash(entry)


@pytest.mark.parametrize("how", TAMPERED)
def test_verify_names_the_first_broken_link(database: Database, how: str) -> None:
    tamper, expected = TAMPERED[how]
    with database.transaction() as db:
        for number in range(5):
            say(db, "test", n=number)
    with database.transaction() as db:
        unlocked(db)
        tamper(db)
    with database.read() as db:
        assert verify(db).broken == (expected,)


def test_verify_beside_busy_writers_sees_whole_chains(database: Database) -> None:
    def write(number: int) -> None:
        for _ in range(15):
            with database.transaction() as db:
                say(db, "test", "19996" if number % 2 else "20014", n=number)

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, number) for number in range(4)]
        while not all(one.done() for one in writers):
            with database.read() as db:
                assert verify(db).broken == ()
        for one in writers:
            one.result()
    with database.read() as db:
        assert verify(db) == audit.Verified(chains=2, entries=60, broken=())


def test_the_story_of_a_case_is_kept_without_personal_data(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        officer = make_officer(db, ward, "ward_signer", "ky-ten")
        details = people.NewPerson("Trần Thị Bí Mật", Birth(1985), phone="0912345678", citizen_id="046185012345")
        person = people.add_person(db, details, id_key="k" * 32)
        home = people.found_household(
            db, person.id, ward_code=ward.code, community_id=None, address="1 Bí Mật", account_id=None
        )
        resident = make_resident(db, ward, "Lê Văn Bí Mật", household=home, login="bi-mat")
        make_evidence(db, resident, "Lớp Bí Mật")
        case = make_application(db, resident, "granted", by=actor_of(db, officer.account))
        people.withdraw_consent(db, resident.id, account_id=officer.account.id)
        case_id, who = case.id, officer.account.id
    with database.read() as db:
        steps = db.execute(
            select(AuditEntry.action, AuditEntry.account_id)
            .where(AuditEntry.subject_id == case_id, AuditEntry.action != "application.judge")
            .order_by(AuditEntry.seq)
        ).all()
        assert [action for action, _ in steps] == [
            f"application.{name}" for name in ("submit", "endorse", "take", "recommend", "grant")
        ]
        assert {account for _, account in steps[1:]} == {who}
        for detail in db.scalars(select(AuditEntry.detail)):
            assert re.search("bí mật|0912345678|046185012345|bi-mat", detail.lower()) is None, detail


def test_a_look_is_kept_outside_the_pages_transaction(database: Database) -> None:
    person_id, account_id = uuid.uuid4(), uuid.uuid4()
    with database.read() as page:
        assert page.scalar(select(func.count()).select_from(audit.Look)) == 0
        for screen in ("review.case", "residents.person"):
            audit.record_looks(
                database,
                account_id=account_id,
                looks=[{"ward_code": "19996", "person_id": person_id, "screen": screen}],
            )
    with database.read() as db:
        looks = [(look.screen, look.account_id) for look in audit.looks_at(db, person_id)]
        assert looks == [("residents.person", account_id), ("review.case", account_id)]
        assert audit.looks_at(db, uuid.uuid4()) == []


def test_two_acts_of_one_request_are_two_links(database: Database) -> None:
    """Judging and recommending in one transaction, in the order they were done."""
    with database.transaction() as db:
        case = make_application(db, make_resident(db, make_ward(db)), "recommended")
        granting.grant_all(db, [case.id], actor=ANONYMOUS, today=TODAY, decision=DECISION)
        case_id = case.id
    with database.read() as db:
        acts = db.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == case_id).order_by(AuditEntry.seq))
        assert list(acts)[-3:] == ["application.judge", "application.recommend", "application.grant"]
        assert verify(db).broken == ()
