"""Which household, clan, community and unit has a case in a year, where it stands and when it got there.

Planned from who is to hold the citizen's title by which decision; a group is recognised only where its shares, as they
will stand, and the best answers would do. The real shares are counted as its case goes along (`group_cases.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xhht_citizen.applications.rules import State
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Facts, Reads, score
from xhht_citizen.demo import names
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.cases import Plan
from xhht_citizen.demo.groups import CLOSING, Groups, Party, household
from xhht_citizen.demo.plans import AGENCY, KEEN_UNITS, LAST, LIVELY, SIGNED, THIS, TRIAL, Keen
from xhht_citizen.demo.ward import Home, Resident, Ward
from xhht_citizen.groups.rules import Group, Kind, UnitKind, is_school_age
from xhht_citizen.people.rules import is_adult
from xhht_citizen.vietnamese import fold, sort_key

HOMES = {
    LAST: {State.DECLINED: 2},
    THIS: {
        State.SUBMITTED: 9,
        State.ENDORSED: 7,
        State.UNDER_REVIEW: 5,
        State.RETURNED: 4,
        State.RECOMMENDED: 8,
        State.DECLINED: 4,
        State.WITHDRAWN: 3,
        State.DRAFT: 9,
        State.OBJECTED: 2,
        State.APPEALED: 1,
    },
}
MOST_HOMES = {LAST: 48, THIS: 78}  # recognised in a year
# Of clans, communities and units: one each of these on the way or undone; their share need not suffice for them.
UNREADY = (
    State.SUBMITTED,
    State.UNDER_REVIEW,
    State.RETURNED,
    State.DECLINED,
    State.WITHDRAWN,
    State.APPEALED,
    State.DRAFT,
)


Whose = tuple[Group, Resident, Sequence[Home]]


@dataclass(eq=False)
class GroupPlan:
    """A group's case: whose, who sends it, for which year, and when, as parts of `year` so far.

    `kin` are the households whose people judge it not; `for_year` is the year the title is of, where it is not the one
    in which all this happens.
    """

    group: Group
    speaker: Resident
    year: Year
    state: State
    opens: float
    sends: float
    ends: float
    decision: int = 0
    home: Home | None = None
    kin: Sequence[Home] = ()
    for_year: int = 0
    sent_back: bool = False

    @property
    def case_year(self) -> int:
        """The year the title is of."""
        return self.for_year or self.year.year

    @property
    def sort_key(self) -> str:
        """Where it stands in a list by name."""
        return self.group.sort_key


class GroupsOfYear:
    """Every group's case of a year; what is planned for the smaller ones decides what larger ones can have."""

    def __init__(self, ward: Ward, groups: Groups, chosen: Keen, year: Year, when: str) -> None:
        self.ward, self.groups, self.chosen = ward, groups, chosen
        self.year, self.when, self.signed = year, when, SIGNED[when]
        self.random = ward.book.random
        # Who and what is to be recognised, and by which decision of the year.
        self.people: dict[Resident, int] = {}
        self.homes: dict[Home, int] = {}
        self.clans: dict[Party, int] = {}

    def plan(self, told: Iterable[Plan], schooled: set[Resident]) -> list[GroupPlan]:
        """All of them. `told` are the citizens' cases, `schooled` the children who are known to go to school."""
        if self.when == TRIAL:
            party = self.groups.units[AGENCY]
            return [GroupPlan(party.group, party.head, self.year, State.GRANTED, 0.91, 0.92, 0.96)]
        self.people = {plan.resident: plan.decision for plan in told if plan.state is State.GRANTED}
        return [*self._of_homes(schooled), *self._of_clans(), *self._of_units(), *self._of_communities()]

    def _of_homes(self, schooled: set[Resident]) -> Iterator[GroupPlan]:
        """Those with enough citizens and no child out of school; in the community whose head signs in, some wait."""
        ready = self._ready(schooled)
        waiting = [pair for pair in ready if pair[0].community == 0 and pair[1] == 2]
        rest = [pair for pair in ready if pair not in waiting]
        for home, last in rest[: MOST_HOMES[self.when]]:
            if last + 1 < len(self.signed) - (self.when == LAST):
                self.homes[home] = last + 1
                yield self._granted((household(home), home.head, [home]), last, last + 1, home=home)
        others = waiting + [pair for pair in rest if pair[0] not in self.homes]
        states = [state for state, count in HOMES[self.when].items() for _ in range(count)]
        for (home, last), state in zip(others, states, strict=False):
            yield self._open((household(home), home.head, [home]), state, max(0.9, self.signed[last][0]), home=home)
        if self.when == THIS:
            home = self.ward.cast["citizen"].home  # one adult short
            yield GroupPlan(household(home), home.head, self.year, State.DRAFT, 0.9, 0.9, 0.9, home=home)

    def _ready(self, schooled: set[Resident]) -> list[tuple[Home, int]]:
        """Households that can be recognised, each with the decision after which it can; the keen first."""
        year = self.year.year
        apart = {person.home for person in (*self.ward.cast.values(), *self.ward.heads.values())}
        ready: list[tuple[Home, int]] = []
        for home in self.ward.homes:
            adults = home.adults(year)
            known = sorted(self.people[one] for one in adults if one in self.people)
            needed = (len(adults) + 1) // 2
            children = [one for one in home.members if is_school_age(one.birth_year, year)]
            if home not in apart and len(known) >= needed > 0 and schooled.issuperset(children):
                ready.append((home, known[needed - 1]))
        self.random.shuffle(ready)
        return sorted(ready, key=lambda pair: (pair[0] not in self.chosen.homes, pair[1]))

    def _of_clans(self) -> Iterator[GroupPlan]:
        """The keen clans are recognised as far as their shares allow, one of them this year not yet."""
        able: list[Party] = []
        for party in self.groups.clans.values():
            adults = [one for home in party.homes for one in home.adults(self.year.year)]
            ratios = {
                "households_recognised": _share(party.homes, self.homes, 1),
                "adults_citizen": _share(adults, self.people, 1),
            }
            if party in self.chosen.clans and self._could_pass(Kind.CLAN, ratios):
                able.append(party)
        for place, party in enumerate(able):
            about = (party.group, party.head, party.homes)
            if self.when == THIS and place == len(able) - 1 > 0:
                yield self._open(about, State.RECOMMENDED, self.signed[2][0])
            else:
                self.clans[party] = 2
                yield self._granted(about, 1, 2)
        if self.when == THIS:
            idle = [party for party in self.groups.clans.values() if party not in able]
            idle.sort(key=lambda party: party.head.community != 0)
            yield from self._undone([(party.group, party.head, party.homes) for party in idle])

    def _of_units(self) -> Iterator[GroupPlan]:
        """The keen units as far as their shares allow; the agency's next level, another agency's first."""
        able = [self.groups.units[name] for name in KEEN_UNITS[self.when] if self._able(self.groups.units[name])]
        for place, party in enumerate(able):
            about = (party.group, party.head, party.homes)
            if party.group.kind is Kind.AGENCY:
                yield self._open(about, State.SUBMITTED, 0.93)
            elif self.when == THIS and place == 4:
                yield self._open(about, State.RECOMMENDED, self.signed[2][0])
            else:
                yield self._granted(about, 0, 2 if self.when == LAST else 1 + place % 2)
        if self.when == THIS:
            agency = self.groups.units[AGENCY]
            yield GroupPlan(agency.group, agency.head, self.year, State.DRAFT, 0.88, 0.88, 0.88)  # level 2
            idle = [
                (party.group, party.head, party.homes)
                for name, party in self.groups.units.items()
                if party.group.kind is Kind.UNIT and party not in able and name != CLOSING
            ]
            yield from self._undone(idle)

    def _able(self, party: Party) -> bool:
        learners = [one for one in party.learners if is_adult(one.birth_year, self.year.year)]
        ratios = {
            "citizen_members": _share(party.members, self.people, 0),
            "citizen_learners": _share(learners, self.people, 0),
        }
        teaches = party.group.unit_kind is UnitKind.SCHOOL and bool(learners)
        return self._could_pass(party.group.kind, ratios, {"school"} if teaches else set())

    def _of_communities(self) -> Iterator[GroupPlan]:
        """The lively ones as far as their shares allow; the head who signs in is at work on a draft."""
        idle: list[tuple[tuple[bool, float], Whose]] = []
        for place, community_id in enumerate(self.ward.communities):
            homes = [home for home in self.ward.homes if home.community == place]
            clans = [party for party in self.groups.clans.values() if party.row["community_id"] == community_id]
            adults = [one for home in homes for one in home.adults(self.year.year)]
            ratios = {
                "households_recognised": _share(homes, self.homes, 2),
                "clans_recognised": _share(clans, self.clans, 2),
                "adults_citizen": _share(adults, self.people, 2),
            }
            about: Whose = (community(self.ward, place), self.ward.heads[place], ())
            if not self._could_pass(Kind.COMMUNITY, ratios, set() if clans else {"no-clans"}):
                near, whole = ratios["households_recognised"]
                idle.append(((place != 0, -near / whole), about))
            elif place == LIVELY[0]:
                yield self._granted(about, 2, 3)
            else:
                yield self._open(about, State.RECOMMENDED, self.signed[2][0])
        if self.when == THIS:
            (group, head, _), *others = [about for _, about in sorted(idle, key=lambda pair: pair[0])]
            yield GroupPlan(group, head, self.year, State.DRAFT, 0.95, 0.95, 0.95)
            yield from self._undone(others)

    def _undone(self, idle: Iterable[Whose]) -> Iterator[GroupPlan]:
        """Sent before it was ready, taken back, or not sent yet: one of each."""
        for about, state in zip(idle, UNREADY, strict=False):
            yield self._open(about, state, 0.9)

    def _could_pass(self, kind: Kind, ratios: dict[str, tuple[int, int]], area: Collection[str] = ()) -> bool:
        """Whether the best answers would do, with these shares."""
        criteria = catalogue.current(kind, self.year.year)
        lines = [line for line in criteria.lines if line.applies(frozenset(area)) and line.level == 1]
        facts = Facts(
            points={line.code: line.points for line in lines if line.reads is Reads.POINTS},
            met={line.code: True for line in lines if line.reads is Reads.MET},
            ratios={name: pair for name, pair in ratios.items() if name in criteria.ratios and pair[1]},
            area=frozenset(area),
        )
        return score(criteria, facts).passed

    def _granted(self, whose: Whose, after: int, index: int, *, home: Home | None = None) -> GroupPlan:
        """Sent after the decision that made it ready, recommended before the one that recognises it."""
        random, (group, speaker, kin) = self.random, whose
        start, end = self.signed[after][0], self.signed[index][0]
        sends = start + (end - start) * random.uniform(0.15, 0.5)
        ends = start + (end - start) * random.uniform(0.6, 0.9)
        opens = start + (end - start) * random.uniform(0.02, 0.1)
        back = random.random() < 0.1
        return GroupPlan(
            group, speaker, self.year, State.GRANTED, opens, sends, ends, index, home=home, kin=kin, sent_back=back
        )

    def _open(self, whose: Whose, state: State, start: float, *, home: Home | None = None) -> GroupPlan:
        """Not decided yet, or decided without a title: sent once it was ready."""
        random, (group, speaker, kin) = self.random, whose
        left = 0.998 - start
        ends = start + left * random.uniform(0.7, 0.99)
        sends = ends if state in {State.SUBMITTED, State.DRAFT} else start + left * random.uniform(0.15, 0.6)
        opens = start + left * random.uniform(0.02, 0.1)
        return GroupPlan(group, speaker, self.year, state, opens, sends, ends, home=home, kin=kin)


def community(ward: Ward, place: int) -> Group:
    """A community of the ward as a group."""
    name, key = names.community_names()[place], ward.communities[place]
    return Group(Kind.COMMUNITY, key, name, sort_key(name), fold(name), ward.homes[0].row["ward_code"], key)


def _share(members: Iterable[Any], known: Mapping[Any, int], index: int) -> tuple[int, int]:
    """Those recognised by the decision of this place in the year, and all."""
    everybody = list(members)
    return sum(known.get(one, 9) <= index for one in everybody), len(everybody)
