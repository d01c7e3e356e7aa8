"""What granting asks of the database for each person's case, asked once for many: a decision may name thousands."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.applications import looks
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.database import parts
from xhht_citizen.groups.models import Unit, UnitMembership
from xhht_citizen.notices.actions import Told
from xhht_citizen.people.models import Account, Consent, Household, HouseholdMembership
from xhht_citizen.places.models import Commune
from xhht_citizen.ratios.rules import DIGITAL_INDICATOR, DIGITAL_POINTS
from xhht_citizen.titles.actions import Block
from xhht_citizen.titles.models import Decision, Title


@dataclass
class Many:
    """People's cases about to be granted by one decision, and what the database says of them.

    `homes`: by person, the (ward, community) where they live and work today. `own`: cases sent from the person's own
    account. `digital`: cases that show digital skills. `waiting`: cases that wait for a second look. `block` keeps the
    register's numbers for them. `told`: the notices of their steps, written at the end.
    """

    cases: Sequence[Application]
    consented: frozenset[uuid.UUID]
    homes: dict[uuid.UUID, set[tuple[str, uuid.UUID | None]]]
    own: frozenset[uuid.UUID]
    digital: frozenset[uuid.UUID]
    waiting: frozenset[uuid.UUID]
    block: Block
    decisions: dict[str, Decision] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def places(self, case: Application) -> set[tuple[str, uuid.UUID | None]]:
        """Where the case's title is counted, as `effects.touch_counts` says it for one."""
        here = {(case.ward_code, case.community_id)} if case.ward_code else set()
        return here | self.homes.get(case.subject_id, set())


def lock_all(db: Session, ids: Sequence[uuid.UUID]) -> list[Application]:
    """These cases with their persons as they stand now, locked in the order of their ids; who is not there is left out.

    Their lines are not read.
    """
    found: list[Application] = []
    for some in parts(sorted(set(ids))):
        found += db.scalars(
            select(Application)
            .where(Application.id.in_(some))
            .order_by(Application.id)
            .with_for_update(of=Application)
            .options(joinedload(Application.person))
            .execution_options(populate_existing=True)
        )
    return found


def look_up(db: Session, cases: Sequence[Application]) -> Many:
    """What the database says of these people's cases: a handful of statements for a thousand."""
    people = [case.subject_id for case in cases]
    consented: set[uuid.UUID] = set()
    homes: dict[uuid.UUID, set[tuple[str, uuid.UUID | None]]] = {}
    for some in parts(people):
        consented.update(
            key
            for key in db.scalars(
                select(Consent.person_id).where(Consent.person_id.in_(some), Consent.withdrawn_at.is_(None))
            )
            if key is not None
        )
        at_home = (
            select(HouseholdMembership.person_id, Household.ward_code, Household.community_id)
            .join(Household, Household.id == HouseholdMembership.household_id)
            .where(HouseholdMembership.person_id.in_(some), HouseholdMembership.revoked_at.is_(None))
        )
        at_work = (
            select(UnitMembership.person_id, Unit.ward_code, Unit.community_id)
            .join(Unit, Unit.id == UnitMembership.unit_id)
            .where(
                UnitMembership.person_id.in_(some),
                UnitMembership.part == "member",
                UnitMembership.revoked_at.is_(None),
            )
        )
        for query in (at_home, at_work):
            for person_id, ward_code, community_id in db.execute(query):
                homes.setdefault(person_id, set()).add((ward_code, community_id))
    own: set[uuid.UUID] = set()
    digital: set[uuid.UUID] = set()
    waiting: set[uuid.UUID] = set()
    for some in parts([case.id for case in cases]):
        own.update(
            db.scalars(
                select(ApplicationEvent.application_id)
                .join(Account, Account.id == ApplicationEvent.account_id)
                .join(Application, Application.id == ApplicationEvent.application_id)
                .where(
                    ApplicationEvent.application_id.in_(some),
                    ApplicationEvent.name.in_(["submit", "resubmit"]),
                    Account.person_id == Application.person_id,
                )
            )
        )
        digital.update(
            db.scalars(
                select(ApplicationLine.application_id).where(
                    ApplicationLine.application_id.in_(some),
                    ApplicationLine.code == DIGITAL_INDICATOR,
                    ApplicationLine.confirmed_points >= DIGITAL_POINTS,
                )
            )
        )
        waiting |= looks.open_of(db, some)
    return Many(
        cases,
        frozenset(consented),
        homes,
        frozenset(own),
        frozenset(digital),
        frozenset(waiting),
        _block(db, cases),
    )


def _block(db: Session, cases: Sequence[Application]) -> Block:
    """How many numbers of the register the cases need, and which of their people hold a title of the year already."""
    held: set[tuple[str, uuid.UUID, int]] = set()
    for some in parts([case.subject_id for case in cases]):
        rows = db.execute(
            select(Title.kind, Title.subject_id, Title.year).where(
                Title.subject_id.in_(some), Title.kind == "citizen", Title.revoked_at.is_(None)
            )
        )
        held.update((kind, subject_id, year) for kind, subject_id, year in rows)
    wards = {case.ward_code for case in cases if case.ward_code}
    found = db.execute(select(Commune.code, Commune.province_code).where(Commune.code.in_(wards)))
    return Block(
        frozenset(held),
        {row.code: row.province_code for row in found},
        Counter((case.ward_code, case.year) for case in cases if case.ward_code),
    )
