"""Beginning a group's case of a year. What follows is everybody's workflow (`actions.move`)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import queries
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.registering import register_group
from xhht_citizen.applications.rules import State
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.groups.rules import Group
from xhht_citizen.places import queries as places


def start_group(db: Session, group: Group, year: int, *, actor: Actor) -> Application:
    """The group's case of the year, made as a draft when there is none; starting registers for the year too.

    Conflict when the group is closed. Permission is the caller's to check.
    """
    register_group(db, group, year, actor=actor)
    insert_new(
        db,
        Application,
        id=new_id(),
        kind=str(group.kind),
        subject_id=group.id,
        person_id=None,
        subject_name=group.name,
        subject_key=group.search_key,
        facts={},
        area=[],
        year=year,
        criteria_set=catalogue.current(group.kind, year).id,
        state=State.DRAFT,
        created_at=now(),
        version=1,
        disadvantaged=places.ward_settings(db, group.ward_code).disadvantaged,
        evidence_gaps=0,
    )
    case = queries.application_of(db, group.kind, group.id, year)
    assert case is not None  # noqa: S101 (made above, or there before)
    return case
