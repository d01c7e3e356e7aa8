"""Whom the households of a list are in the ward's own records, and what taking them over would change. Writes nothing.

Who has the same citizen id is the same person; else who has the same name and birth and lives in the same household,
or has the same name and day of birth and lives in the same community. Where that does not tell, a person decides;
who has the same name and year of birth in the same community is taken as new, with a word beside the line.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import UNDECIDED
from xhht_citizen.database import new_id
from xhht_citizen.groups.models import ClanMembership, Mandate
from xhht_citizen.people.models import Person
from xhht_citizen.people.rules import is_adult
from xhht_citizen.roster.plan import Family
from xhht_citizen.roster.records import Known, Records, Ward
from xhht_citizen.roster.rules import Line, better_name, name_key, same_birth


@dataclass(slots=True)
class Decision:
    """What becomes of a line. `changes` are columns of a person already known; `household_id` is where they will live.

    `founds`: the household is new, and this person its head. `moves`: somebody known comes from elsewhere. `leads`: the
    household is on record with another head, `head_id`, and the list says this one is.
    """

    line: Line
    outcome: str = "bad"
    known: Known | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    household_id: uuid.UUID | None = None
    community_id: uuid.UUID | None = None
    relation: str = "other"
    founds: bool = False
    moves: bool = False
    leads: bool = False
    head_id: uuid.UUID | None = None


def decide(
    db: Session, ward: Ward, families: Sequence[Family], taken: dict[uuid.UUID, int], present: Set[tuple[str, int]]
) -> list[Decision]:
    """Decide on every line of these households, in their order; `taken` are people other lines became, it grows.

    Faults found here are added to the lines. `present` are the names and years of birth in the whole list.
    """
    matcher = _Matcher(ward, Records(db, ward, families), taken, present)
    decisions = [one for family in families for one in matcher.family(family)]
    _stay_where_much_hangs(db, [one for one in decisions if one.moves])
    _follow_the_founder(decisions)
    for one in decisions:
        if one.line.bad:
            if one.known is not None and taken.get(one.known.id) == one.line.number:
                del taken[one.known.id]
            one.outcome, one.known, one.changes = "bad", None, {}
            one.founds = one.moves = one.leads = False
    return decisions


class _Matcher:
    """Households of the list, one after another, against the records."""

    def __init__(
        self, ward: Ward, records: Records, taken: dict[uuid.UUID, int], present: Set[tuple[str, int]]
    ) -> None:
        self.ward, self.records, self.taken, self.present = ward, records, taken, present
        self.votes: Counter[uuid.UUID | None] = Counter()  # how many of the household at hand may live in each home

    def family(self, family: Family) -> list[Decision]:
        """Who each line is, then where the household lives, then what changes."""
        decisions = [Decision(line) for line in family.lines]
        good = [one for one in decisions if not one.line.bad]
        for one in good:
            self._by_number(one)
        at = family.community_id
        homes = self._likely_homes(family, good, at)
        for one in sorted(good, key=lambda one: one.line.number != family.head):
            if one.known is None and not one.line.bad:
                self._by_name(one, homes, at)
                if one.line.number == family.head and one.known is not None and one.known.household_id is not None:
                    homes = homes | {one.known.household_id}
        good = [one for one in good if not one.line.bad]
        if good:
            self._place(family, good, at)
        for one in good:
            if not one.line.bad:
                self._compare(one)
        return decisions

    def _by_number(self, one: Decision) -> None:
        number = self.records.hashes.get(one.line.number)
        known = self.records.by_hash.get(number) if number else None
        if known is None:
            return
        if known.ward_code != self.ward.code:
            one.line.fault("id_elsewhere")
        else:
            self._is(one, known)

    def _is(self, one: Decision, known: Known) -> None:
        if known.id in self.taken:
            one.line.fault("matched_twice", row=self.taken[known.id])
        elif known.died_on is not None:
            one.line.fault("died")
        else:
            one.known = known
            self.taken[known.id] = one.line.number

    def _likely_homes(self, family: Family, good: Sequence[Decision], at: uuid.UUID | None) -> set[uuid.UUID]:
        """Households of the community that this may be: a member was found by number, two by name, or its head."""
        homes = {one.known.household_id for one in good if one.known is not None and one.known.community_id == at}
        self.votes = Counter()
        for one in good:
            seen = {known.household_id for known in self._alike(one) if known.community_id == at}
            self.votes.update(key for key in seen if key is not None)
        homes |= {key for key, count in self.votes.items() if key is not None and count > 1}
        homes |= set(self.records.led.get((family.head_key, at), ())) if family.head_key else set()
        return {key for key in homes if key is not None}

    def _alike(self, one: Decision) -> list[Known]:
        birth = one.line.birth
        return [
            known
            for known in self.records.by_name.get(name_key(one.line.name), ())
            if birth is not None and same_birth(known.birth, birth)
        ]

    def _by_name(self, one: Decision, homes: Collection[uuid.UUID], at: uuid.UUID | None) -> None:
        """The same name and birth in a likely household; or the same day of birth in the community, or at no home."""
        born = one.line.birth
        number = self.records.hashes.get(one.line.number)
        alike = [known for known in self._alike(one) if known.id not in self.taken]
        inside = [known for known in alike if known.household_id in homes]
        near = [
            known
            for known in alike
            if born is not None
            and known.birth_date is not None
            and known.birth_date == born.date
            and (known.community_id == at or known.household_id is None)
        ]
        for found in (inside, near):
            fitting = [known for known in found if not (number and known.citizen_id_hash)]
            if len(fitting) > 1:
                fitting = self._nearest(fitting, one)
            if len(fitting) > 1:
                one.line.fault("several")
                return
            if fitting:
                self._is(one, fitting[0])
                return
            if found:
                one.line.fault("id_differs")
                return
        if any(born is not None and known.birth_date and known.birth_date == born.date for known in alike):
            one.line.fault("namesake")
        elif any(known.community_id == at and not (number and known.citizen_id_hash) for known in alike):
            one.line.fault("namesake_year")  # where everybody knows everybody, a name and a year are nearly a person

    def _nearest(self, fitting: list[Known], one: Decision) -> list[Known]:
        """Of several of one name: whose birth is known as exactly as the line says it, then where more kin is found."""
        exact = [known for known in fitting if known.birth == one.line.birth] or fitting
        most = max(self.votes[known.household_id] for known in exact)
        return [known for known in exact if self.votes[known.household_id] == most]

    def _place(self, family: Family, good: Sequence[Decision], at: uuid.UUID | None) -> None:
        """The household they live in: the one on record, or a new one with its head."""
        head = next((one for one in good if one.line.number == family.head), None)
        here = [
            one.known.household_id
            for one in good
            if one.known is not None and one.known.household_id is not None and one.known.community_id == at
        ]
        here = self._not_led_elsewhere(here, good)
        target: uuid.UUID | None = None
        if head is not None and head.known is not None and head.known.household_id in here:
            target = head.known.household_id
        elif here:
            target = min(Counter(here).items(), key=lambda item: (-item[1], item[0].hex))[0]
        elif not family.head and family.head_key:
            led = self.records.led.get((family.head_key, at), [])
            if len(led) > 1:
                for one in good:
                    one.line.fault("household_several")
                return
            target = led[0] if led else None
        founder = None
        if target is None:
            founder = self._founder(head, good)
            if founder is None:
                for one in good:
                    one.line.fault("no_adult")
                return
            target = new_id()
        for one in good:
            self._enter(one, target, at, founder)

    def _not_led_elsewhere(self, homes: Sequence[uuid.UUID], good: Sequence[Decision]) -> list[uuid.UUID]:
        """Homes on record that this household may be: not those whose head stands in another household of the list."""
        here = {one.known.id for one in good if one.known is not None}
        return [
            home
            for home in homes
            if (head := self.records.heads.get(home)) is None or head.id in here or head.called not in self.present
        ]

    def _founder(self, head: Decision | None, good: Sequence[Decision]) -> Decision | None:
        """Who is head of a new household: the head of the list, else the first adult who has no account elsewhere."""

        def may(one: Decision) -> bool:
            born = one.line.birth
            stays = one.known is not None and one.known.account_id is not None and one.known.household_id is not None
            return born is not None and is_adult(born.year, self.ward.year) and not stays

        return next((one for one in (head, *good) if one is not None and may(one)), None)

    def _enter(self, one: Decision, target: uuid.UUID, at: uuid.UUID | None, founder: Decision | None) -> None:
        line, known = one.line, one.known
        leader = self.records.heads.get(target)
        head_id = leader.id if leader else None
        one.household_id, one.community_id, one.head_id = target, at, head_id
        one.founds = one is founder
        one.relation = "head" if one.founds else line.relation or "other"
        if one.relation == "head" and not one.founds and head_id is not None:
            one.leads = (known is None or known.id != head_id) and not (leader and leader.signs_in)
            one.relation = "other"
        if known is None:
            return
        if known.account_id is not None:
            one.leads = False
        if known.household_id == target:
            one.relation = known.relation or "other"
            if line.relation is not None and line.relation != known.relation and not one.leads:
                line.fault("relation_differs")
        elif known.account_id is not None and known.household_id is not None:
            line.fault("account_stays")
            one.household_id, one.community_id = known.household_id, known.community_id
            one.founds = one.leads = False
        else:
            one.moves = True

    def _compare(self, one: Decision) -> None:
        """What the list says otherwise; with an account only what is empty is filled in."""
        line, known = one.line, one.known
        if known is None:
            one.outcome = "new"
            return
        assert line.birth is not None  # noqa: S101 (a good line has one)
        changes: dict[str, Any] = {}
        if (name := better_name(line.name, known.name)) != known.name:
            changes["name"] = name
        if line.birth.year != known.birth_year:
            changes["birth_year"], changes["birth_date"] = line.birth.year, line.birth.date
        elif line.birth.date is not None and line.birth.date != known.birth_date:
            changes["birth_date"] = line.birth.date
        if line.group is not None and line.group != known.learner_group:
            changes["learner_group"] = str(line.group)
        if known.account_id is not None and changes:
            line.fault("has_account")
            changes = {}
        for name, value in (("sex", line.sex and str(line.sex)), ("phone", line.phone)):
            if value is not None and value != getattr(known, name):
                if known.account_id is None or getattr(known, name) is None:
                    changes[name] = value
                else:
                    line.fault("has_account")
        number = self.records.hashes.get(line.number)
        if number and known.citizen_id_hash is None:
            changes["citizen_id_hash"] = number
            changes["citizen_id_last4"] = (line.citizen_id or "")[-4:]
        if changes and known.account_id is not None:
            line.fault("has_account")
        one.changes = changes
        one.outcome = "changed" if changes or one.moves or one.leads else "same"


def _stay_where_much_hangs(db: Session, movers: Iterable[Decision]) -> None:
    """Whose move would end a case, a clan's household or somebody's word for others is moved by hand, not by a list."""
    of: dict[uuid.UUID, list[Decision]] = {}
    for one in movers:
        assert one.known is not None  # noqa: S101 (who moves is known)
        for key in (one.known.id, one.known.household_id):
            if key is not None:
                of.setdefault(key, []).append(one)
    if not of:
        return
    mandate = aliased(Mandate)
    keys = list(of)
    hang = {
        *db.scalars(
            select(Application.subject_id).where(
                Application.subject_id.in_(keys), Application.state.in_([str(state) for state in UNDECIDED])
            )
        ),
        *db.scalars(
            select(ClanMembership.household_id).where(
                ClanMembership.household_id.in_(keys), ClanMembership.revoked_at.is_(None)
            )
        ),
        *db.scalars(
            select(Person.id).where(
                Person.id.in_(keys), exists().where(mandate.person_id == Person.id, mandate.revoked_at.is_(None))
            )
        ),
    }
    for key in hang:
        for one in of[key]:
            one.line.fault("move_by_hand")


def _follow_the_founder(decisions: Iterable[Decision]) -> None:
    """A household to be founded is not, where its head stays out: its other lines wait with it."""
    lost = {one.household_id: one.line.number for one in decisions if one.founds and one.line.bad}
    for one in decisions:
        if one.household_id in lost and not one.line.bad:
            one.line.fault("head_bad", row=lost[one.household_id])
