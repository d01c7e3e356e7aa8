"""Reads for the review bench: which of a selection are clean, who may be given a case, who holds how many."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from xhht_citizen.access import queries as access
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.applications import queries
from xhht_citizen.applications.clean import Blemish, Standing, blemish
from xhht_citizen.applications.doubts import entered_by
from xhht_citizen.applications.models import (
    Application,
    ApplicationEvent,
    BulkCase,
    BulkRecommendation,
    Lot,
    SecondLook,
)
from xhht_citizen.applications.queues import HEAD_OUTSIDE
from xhht_citizen.applications.rules import UNDECIDED, State
from xhht_citizen.applications.subjects import Spoken, barred, spoken_for
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Account, Consent, Person
from xhht_citizen.places import queries as places
from xhht_citizen.titles.models import Title

HELD = UNDECIDED - {State.RECOMMENDED}  # what may lie on somebody's desk


@dataclass(frozen=True)
class Candidate:
    """A case somebody chose for a bulk; `blemish` is why it is left out."""

    case: Application
    blemish: Blemish | None


@dataclass(frozen=True)
class Colleague:
    """Who reviews in a ward, and how many cases lie on their desk: being judged, waiting, with their owners."""

    account_id: uuid.UUID
    name: str
    judging: int
    waiting: int
    returned: int

    @property
    def load(self) -> int:
        """All of them."""
        return self.judging + self.waiting + self.returned


@dataclass(frozen=True)
class Kin:
    """Whose cases an account keeps its hands off: of its household, of those it acts for, of groups it speaks for, of
    its clan.
    """

    people: frozenset[uuid.UUID]
    household_id: uuid.UUID | None
    spoken: Spoken

    def has(self, case: Any) -> bool:
        """Whether a case is one of these, as access.rules.not_family says it."""
        if case.person_id is None:
            mine = (Kind(case.kind), case.subject_id) in self.spoken.groups or case.subject_id in self.spoken.clans
            return mine or (self.household_id is not None and case.household_id == self.household_id)
        return case.person_id in self.people or (
            self.household_id is not None and case.household_id == self.household_id
        )


@dataclass(frozen=True)
class DrawnCase:
    """A case of a bulk as its page shows it. `lot` is None where it had drawn in an earlier bulk."""

    case: Application
    lot: bool | None
    drawn_before: bool
    look: SecondLook | None


def held(db: Session, case_ids: Collection[uuid.UUID]) -> list[Application]:
    """These cases with persons and lines, their rows locked until the commit in the order of their ids."""
    return list(
        db.scalars(
            select(Application)
            .outerjoin(Application.person)
            .where(Application.id.in_(sorted(set(case_ids))))
            .order_by(Application.id)
            .with_for_update(of=Application)
            .options(contains_eager(Application.person), selectinload(Application.lines))
            .execution_options(populate_existing=True)
        )
    )


def whole(db: Session, case_ids: Collection[uuid.UUID]) -> list[Application]:
    """These cases with persons and lines, people by name, then groups; ids that are no case are left out."""
    return list(
        db.scalars(
            select(Application)
            .outerjoin(Application.person)
            .where(Application.id.in_(list(case_ids)))
            .options(contains_eager(Application.person), selectinload(Application.lines))
            .order_by(Person.id.is_(None), Person.sort_key, Application.kind, Application.subject_key, Application.id)
        )
    )


def candidates(
    db: Session, cases: Sequence[Application], *, ward_code: str, actor: Actor, today: date
) -> list[Candidate]:
    """Which of these are clean for this actor, in the order given. The same statements for one and for 200."""
    ids = [case.id for case in cases]
    kin = kin_of(db, actor, today)
    consented = set(
        db.scalars(
            select(Consent.person_id).where(
                Consent.person_id.in_([case.person_id for case in cases if case.person_id]),
                Consent.withdrawn_at.is_(None),
            )
        )
    )
    entered = set(db.scalars(select(Application.id).where(Application.id.in_(ids), entered_by(actor.account_id))))
    again = set(
        db.scalars(
            select(ApplicationEvent.application_id).where(
                ApplicationEvent.application_id.in_(ids), ApplicationEvent.name == "resubmit"
            )
        )
    )
    waits: set[uuid.UUID] = set()
    if places.ward_settings(db, ward_code).community_step:
        waits = set(db.scalars(select(Application.id).where(Application.id.in_(ids), HEAD_OUTSIDE)))
    found = []
    for case in cases:
        citizen = case.person_id is not None and case.kind == Kind.CITIZEN
        standing = Standing(
            State(case.state),
            citizen=citizen,
            family=kin.has(case),
            waits=case.id in waits,
            held_by_other=case.reviewer_id is not None and case.reviewer_id != actor.account_id,
            appealed=case.appealed_at is not None,
            consented=not citizen or case.person_id in consented,
            entered_by_me=case.id in entered,
            resubmitted=case.id in again,
            verdicts=tuple(line.verdict for line in case.lines),
            gaps=case.evidence_gaps,
            passes=not citizen or queries.claimed_score(case).passed,
        )
        found.append(Candidate(case, blemish(standing)))
    return found


def kin_of(db: Session, actor: Actor, today: date) -> Kin:
    """Whose cases this actor keeps away from. Four statements at most, for however many cases."""
    home = actor.household_id
    inside = {member.person_id for member in people.members(db, home)} if home is not None else set()
    own = {actor.person_id} if actor.person_id is not None else set()
    return Kin(frozenset(inside | own) | actor.helps, home, spoken_for(db, actor, today))


def officer(db: Session, account_id: uuid.UUID, ward_code: str) -> Actor | None:
    """A reviewer of the ward as the policy reads them; None for anybody else."""
    who = access.officer(db, account_id)
    reviews = who is not None and any(
        grant.role is Role.WARD_REVIEWER and grant.ward_code == ward_code for grant in who.grants
    )
    return who if reviews else None


def may_hold(case: Application, who: Actor, kin: Kin) -> bool:
    """Whether the case may be given to this reviewer of its ward: not their own or family's, not decided by them."""
    return not kin.has(case) and who.account_id not in barred(case)


def colleagues(db: Session, ward_code: str) -> list[Colleague]:
    """The ward's reviewers with what lies on their desks, by name. Two statements."""
    who = db.execute(
        select(Account.id, Account.display_name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            RoleGrant.ward_code == ward_code,
            RoleGrant.role == str(Role.WARD_REVIEWER),
            RoleGrant.revoked_at.is_(None),
            Account.closed_at.is_(None),
        )
        .distinct()
        .order_by(Account.display_name, Account.id)
    ).all()
    counts: dict[uuid.UUID, dict[str, int]] = {}
    rows = db.execute(
        select(Application.reviewer_id, Application.state, func.count())
        .where(
            Application.reviewer_id.in_([key for key, _ in who]),
            Application.ward_code == ward_code,
            Application.state.in_(HELD),
        )
        .group_by(Application.reviewer_id, Application.state)
    )
    for key, state, count in rows:
        if key is not None:
            counts.setdefault(key, {})[state] = count
    return [
        Colleague(
            key,
            name,
            judging=counts.get(key, {}).get(State.UNDER_REVIEW, 0),
            waiting=sum(
                count
                for state, count in counts.get(key, {}).items()
                if state not in {State.UNDER_REVIEW, State.RETURNED}
            ),
            returned=counts.get(key, {}).get(State.RETURNED, 0),
        )
        for key, name in who
    ]


def bulk(db: Session, bulk_id: uuid.UUID) -> BulkRecommendation | None:
    """One bulk recommendation."""
    return db.get(BulkRecommendation, bulk_id)


def case_ids(db: Session, bulk_id: uuid.UUID) -> list[uuid.UUID]:
    """The cases of a bulk, in the order they are locked."""
    return list(
        db.scalars(select(BulkCase.application_id).where(BulkCase.bulk_id == bulk_id).order_by(BulkCase.application_id))
    )


def drawn_cases(db: Session, bulk_id: uuid.UUID) -> list[DrawnCase]:
    """The cases of a bulk with their lots and latest looks; three statements."""
    cases = whole(db, case_ids(db, bulk_id))
    ids = [case.id for case in cases]
    lots = {lot.application_id: lot for lot in db.scalars(select(Lot).where(Lot.application_id.in_(ids)))}
    looks = {
        look.application_id: look
        for look in db.scalars(select(SecondLook).where(SecondLook.application_id.in_(ids)).order_by(SecondLook.id))
    }
    found = []
    for case in cases:
        lot = lots.get(case.id)
        here = lot is not None and lot.bulk_id == bulk_id
        found.append(
            DrawnCase(
                case,
                lot.drawn if lot is not None and here else None,
                bool(lot is not None and not here and lot.drawn),
                looks.get(case.id),
            )
        )
    return found


def moved_on(db: Session, bulk_id: uuid.UUID, cases: Sequence[Application]) -> set[uuid.UUID]:
    """Which of the bulk's cases do not stand as the bulk left them: other state, or recommended again since."""
    last: dict[uuid.UUID, Any] = {}
    rows = db.execute(
        select(ApplicationEvent.application_id, ApplicationEvent.detail)
        .where(ApplicationEvent.application_id.in_([case.id for case in cases]), ApplicationEvent.name == "recommend")
        .order_by(ApplicationEvent.at, ApplicationEvent.id)
    )
    for key, detail in rows:
        last[key] = (detail or {}).get("bulk")
    return {
        case.id for case in cases if State(case.state) is not State.RECOMMENDED or last.get(case.id) != str(bulk_id)
    }


def decided_since(db: Session, made: BulkRecommendation, ids: Collection[uuid.UUID]) -> int:
    """How many of these cases a signed decision has named since the bulk was made."""
    return db.scalars(
        select(func.count())
        .select_from(Title)
        .where(Title.application_id.in_(list(ids)), Title.granted_at >= made.made_at)
    ).one()


def case_counts(db: Session, bulk_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """How many cases each bulk has, and how many of them its own draw set aside."""
    rows = db.execute(
        select(BulkCase.bulk_id, func.count(), func.count(Lot.application_id))
        .outerjoin(
            Lot,
            (Lot.application_id == BulkCase.application_id) & (Lot.bulk_id == BulkCase.bulk_id) & Lot.drawn.is_(True),
        )
        .where(BulkCase.bulk_id.in_(list(bulk_ids)))
        .group_by(BulkCase.bulk_id)
    )
    return {key: (count, drawn) for key, count, drawn in rows}
