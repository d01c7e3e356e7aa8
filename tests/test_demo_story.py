"""The demonstration's story: what it leaves is what the actions leave, and the same moment tells it again."""

from __future__ import annotations

import json
import shutil
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_demo import WARD, folder
from test_demo_groups import YEAR, cases, events_of

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.groups import start_group
from xhht_citizen.applications.measuring import measure
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.applications.readiness import readiness
from xhht_citizen.applications.rules import Judgement, Verdict
from xhht_citizen.audit import AuditEntry
from xhht_citizen.clock import VIETNAM, today
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.demo.seed import tell
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people.models import Account, Household
from xhht_citizen.titles.models import Title

pytestmark = pytest.mark.xdist_group("demo")
__all__ = ["folder"]  # a fixture


def filled(row: Any, *without: str) -> set[str]:
    """The columns of a row that hold something."""
    keys = {column.key for column in row.__table__.columns} - set(without)
    return {key for key in keys if getattr(row, key) is not None and getattr(row, key) != ""}


def traces(db: Session, case_id: uuid.UUID) -> dict[str, Any]:
    """What a granted case has left behind: which columns are filled, what each step and link of the audit names."""
    db.expire_all()
    case = db.get_one(Application, case_id)
    counted = {line.code for line in catalogue.get(case.criteria_set).lines if line.ratio}
    lines = db.scalars(select(ApplicationLine).where(ApplicationLine.application_id == case_id))
    events = db.scalars(select(ApplicationEvent).where(ApplicationEvent.application_id == case_id))
    links = db.scalars(select(AuditEntry).where(AuditEntry.subject_id == case_id)).all()
    return {
        "case": filled(case),
        "lines": {(line.code in counted, *sorted(filled(line, "note", "review_reason"))) for line in lines},
        "title": filled(db.scalars(select(Title).where(Title.application_id == case_id)).one()),
        "steps": {event.name: (event.from_state, event.to_state, sorted(event.detail)) for event in events},
        "audit": {
            link.action: (link.subject_kind, sorted(json.loads(link.detail)))
            for link in links
            if link.action != "application.judge"  # names the lines it speaks of
        },
        "judged": [link.subject_kind for link in links if link.action == "application.judge"],
    }


def test_a_case_of_the_story_leaves_what_the_actions_leave(folder: Path, tmp_path: Path) -> None:
    """A household that was only registered goes all the way by the actions, in a copy of the demonstration."""
    copied = shutil.copy(folder / "xhht.sqlite3", tmp_path)
    database = Database(f"sqlite:///{copied}")
    with database.write() as db:
        known = {case.subject_id for case in cases(db)}
        keys = db.scalars(select(Household.id).where(Household.ward_code == WARD).order_by(Household.id))
        others = (groups.group(db, Kind.HOUSEHOLD, key) for key in keys if key not in known)
        group = next(found for found in others if found and readiness(db, found, YEAR).ready)
        officer = db.scalars(select(Account).where(Account.login == "xetduyet")).one()
        by = Actor(account_id=officer.id, name=officer.display_name)
        key = start_group(db, group, YEAR, actor=by).id
        for line in measure(db, group, YEAR, today(), case=actions.lock(db, key)).answerable:
            actions.answer(db, key, line.code, points=line.points, note="Cả nhà đều biết.", evidence=set())
        for step in ("submit", "endorse", "take"):
            actions.move(db, key, step, actor=by, today=today())
        case = actions.lock(db, key)
        words = [Judgement(row.code, Verdict.CONFIRM) for row in case.lines if row.numerator is None]
        actions.judge(db, key, words, actor=by, version=case.version)
        actions.move(db, key, "recommend", actor=by, today=today())
        decision = DecisionDetails("999/QĐ-UBND", today(), "Người Ký Mẫu")
        actions.move(db, key, "grant", actor=by, today=today(), decision=decision)
        db.commit()
        straight = {"submit", "endorse", "take", "recommend", "grant"}
        told = next(
            case_id
            for case_id, events in events_of(db).items()
            if {event.name for event in events} == straight and db.get_one(Application, case_id).kind == "household"
        )
        assert told != key
        assert traces(db, told) == traces(db, key)
        assert audit.verify(db).broken == ()
    database.dispose()


def test_the_same_moment_tells_the_same_story() -> None:
    """Even on the first minute of a year; only the hashes of passwords differ."""
    moment = datetime(2027, 1, 1, 0, 1, tzinfo=VIETNAM)
    books = [tell(moment, lambda share: None).book for _ in range(2)]
    for book in books:
        for row in book.rows[Account]:
            row["password_hash"] = ""
    assert books[0].rows == books[1].rows
    assert books[0].count() == books[1].count()
