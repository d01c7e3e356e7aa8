"""Which household, clan, community and unit has a case in a year, where it stands and when it got there.

Planned from who is to hold the citizen's title by which decision; a group is recognised only where its shares, as they
will stand, and the best answers would do. The real shares are counted as its case goes along (`group_cases.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
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
    },
}
MOST_HOMES = {LAST: 48, THIS: 64}  # recognised in a year
# Of clans, communities and units: one each of these on the way or undone; their share need not suffice for them.
UNREADY = (State.SUBMITTED, State.UNDER_REVIEW, State.RETURNED, State.DECLINED, State.WITHDRAWN, State.DRAFT)


Whose = tuple[Group, Resident, Year, Sequence[Home]]


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


@dataclass
class Held:
    """Who and what is to be recognised by which decision of a year."""

    people: dict[Resident, int]
    homes: dict[Home, int]
    clans: dict[Party, int]


def of_year(
    ward: Ward, groups: Groups, chosen: Keen, told: Iterable[Plan], year: Year, when: str, schooled: set[Resident]
) -> list[GroupPlan]:
    """Every group's case of a year. `schooled` are the children who are known to go to school."""
    people = {plan.resident: plan.decision for plan in told if plan.state is State.GRANTED}
    held = Held(people, {}, {})
    if when == TRIAL:
        party = groups.units[AGENCY]
        return [GroupPlan(party.group, party.head, year, State.GRANTED, 0.91, 0.92, 0.96)]
    return [
        *_homes(ward, chosen, held, year, when, schooled),
        *_clans(ward, groups, chosen, held, year, when),
        *_units(ward, groups, held, year, when),
        *_communities(ward, groups, held, year, when),
    ]


def _homes(
    ward: Ward, chosen: Keen, held: Held, year: Year, when: str, schooled: set[Resident]
) -> Iterator[GroupPlan]:
    random, signed = ward.book.random, SIGNED[when]
    apart = {person.home for person in (*ward.cast.values(), *ward.heads.values())}
    ready: list[tuple[Home, int]] = []
    for home in ward.homes:
        adults = home.adults(year.year)
        known = sorted(held.people[one] for one in adults if one in held.people)
        needed = (len(adults) + 1) // 2
        children = [one for one in home.members if is_school_age(one.birth_year, year.year)]
        if home not in apart and len(known) >= needed > 0 and schooled.issuperset(children):
            ready.append((home, known[needed - 1]))
    random.shuffle(ready)
    ready.sort(key=lambda pair: (pair[0] not in chosen.homes, pair[1]))
    waiting = [pair for pair in ready if pair[0].community == 0 and pair[1] == 2]
    rest = [pair for pair in ready if pair not in waiting]
    for home, last in rest[: MOST_HOMES[when]]:
        index = last + 1
        if index >= len(signed) - (when == LAST):
            break
        held.homes[home] = index
        yield _granted(random, (household(home), home.head, year, [home]), signed, last, index, home=home)
    open_homes = waiting + [pair for pair in rest if pair[0] not in held.homes]
    states = [state for state, count in HOMES[when].items() for _ in range(count)]
    for (home, last), state in zip(open_homes, states, strict=False):
        yield _open(random, (household(home), home.head, year, [home]), state, signed[last][0], home=home)
    if when == THIS:
        home = ward.cast["citizen"].home  # one adult short
        yield GroupPlan(household(home), home.head, year, State.DRAFT, 0.9, 0.9, 0.9, home=home)


def _clans(ward: Ward, groups: Groups, chosen: Keen, held: Held, year: Year, when: str) -> Iterator[GroupPlan]:
    """The keen clans are recognised as far as their shares allow, one of them this year not yet."""
    random, signed = ward.book.random, SIGNED[when]
    able: list[Party] = []
    for party in groups.clans.values():
        ratios = {
            "households_recognised": _share(party.homes, held.homes, 1),
            "adults_citizen": _share([one for home in party.homes for one in home.adults(year.year)], held.people, 1),
        }
        if party in chosen.clans and _could_pass(Kind.CLAN, year.year, ratios):
            able.append(party)
    for place, party in enumerate(able):
        about = (party.group, party.head, year, party.homes)
        if when == THIS and place == len(able) - 1 > 0:
            yield _open(random, about, State.RECOMMENDED, signed[2][0])
        else:
            held.clans[party] = 2
            yield _granted(random, about, signed, 1, 2)
    if when == THIS:
        idle = [(party.group, party.head, year, party.homes) for party in groups.clans.values() if party not in able]
        idle.sort(key=lambda about: about[1].community != 0)
        yield from _undone(random, idle)


def _units(ward: Ward, groups: Groups, held: Held, year: Year, when: str) -> Iterator[GroupPlan]:
    """The keen units as far as their shares allow; the agency's next level, another agency's first."""
    random, signed = ward.book.random, SIGNED[when]
    able: list[Party] = []
    for name in KEEN_UNITS[when]:
        party = groups.units[name]
        learners = [one for one in party.learners if is_adult(one.birth_year, year.year)]
        ratios = {
            "citizen_members": _share(party.members, held.people, 0),
            "citizen_learners": _share(learners, held.people, 0),
        }
        teaches = party.group.unit_kind is UnitKind.SCHOOL and bool(learners)
        if _could_pass(party.group.kind, year.year, ratios, {"school"} if teaches else set()):
            able.append(party)
    for place, party in enumerate(able):
        about = (party.group, party.head, year, party.homes)
        if party.group.kind is Kind.AGENCY:
            yield _open(random, about, State.SUBMITTED, 0.93)
        elif when == THIS and place == 4:
            yield _open(random, about, State.RECOMMENDED, signed[2][0])
        else:
            yield _granted(random, about, signed, 0, 2 if when == LAST else 1 + place % 2)
    if when == THIS:
        agency = groups.units[AGENCY]
        yield GroupPlan(agency.group, agency.head, year, State.DRAFT, 0.88, 0.88, 0.88)  # level 2
        idle = [
            (party.group, party.head, year, party.homes)
            for name, party in groups.units.items()
            if party.group.kind is Kind.UNIT and party not in able and name != CLOSING
        ]
        yield from _undone(random, idle)


def _communities(ward: Ward, groups: Groups, held: Held, year: Year, when: str) -> Iterator[GroupPlan]:
    """The lively ones as far as their shares allow; the head who signs in is at work on a draft."""
    random, signed = ward.book.random, SIGNED[when]
    idle = []
    for place, community_id in enumerate(ward.communities):
        homes = [home for home in ward.homes if home.community == place]
        clans = [party for party in groups.clans.values() if party.row["community_id"] == community_id]
        ratios = {
            "households_recognised": _share(homes, held.homes, 2),
            "clans_recognised": _share(clans, held.clans, 2),
            "adults_citizen": _share([one for home in homes for one in home.adults(year.year)], held.people, 2),
        }
        about = (community(ward, place), ward.heads[place], year, ())
        if not _could_pass(Kind.COMMUNITY, year.year, ratios, set() if clans else {"no-clans"}):
            near, whole = ratios["households_recognised"]
            idle.append((place != 0, -near / whole, about))
        elif place == LIVELY[0]:
            yield _granted(random, about, signed, 2, 3)
        else:
            yield _open(random, about, State.RECOMMENDED, signed[2][0])
    if when == THIS:
        first, *others = [about for _, _, about in sorted(idle, key=lambda one: one[:2])]
        yield GroupPlan(*first[:3], State.DRAFT, 0.95, 0.95, 0.95)
        yield from _undone(random, others)


def _undone(random: Random, idle: list[Whose]) -> Iterator[GroupPlan]:
    """Sent before it was ready, taken back, or not sent yet: one of each."""
    for about, state in zip(idle, UNREADY, strict=False):
        yield _open(random, about, state, 0.9)


def community(ward: Ward, place: int) -> Group:
    """A community of the ward as a group."""
    name, key = names.community_names()[place], ward.communities[place]
    return Group(Kind.COMMUNITY, key, name, sort_key(name), fold(name), ward.homes[0].row["ward_code"], key)


def _share(members: Iterable[Any], known: Mapping[Any, int], index: int) -> tuple[int, int]:
    """Those recognised by the decision of this place in the year, and all."""
    everybody = list(members)
    return sum(known.get(one, 9) <= index for one in everybody), len(everybody)


def _could_pass(kind: Kind, year: int, ratios: dict[str, tuple[int, int]], area: set[str] | None = None) -> bool:
    """Whether the best answers would do, with these shares."""
    criteria = catalogue.current(kind, year)
    lines = [line for line in criteria.lines if line.applies(frozenset(area or ())) and line.level == 1]
    return score(
        criteria,
        Facts(
            points={line.code: line.points for line in lines if line.reads is Reads.POINTS},
            met={line.code: True for line in lines if line.reads is Reads.MET},
            ratios={name: pair for name, pair in ratios.items() if name in criteria.ratios and pair[1]},
            area=frozenset(area or ()),
        ),
    ).passed


def _granted(
    random: Random,
    whose: Whose,
    signed: tuple[tuple[float, int], ...],
    after: int,
    index: int,
    *,
    home: Home | None = None,
) -> GroupPlan:
    """Sent after the decision that made it ready, recommended before the one that recognises it."""
    start, end = signed[after][0], signed[index][0]
    sends = start + (end - start) * random.uniform(0.15, 0.5)
    ends = start + (end - start) * random.uniform(0.6, 0.9)
    group, speaker, year, kin = whose
    opens = start + (end - start) * random.uniform(0.02, 0.1)
    back = random.random() < 0.1
    return GroupPlan(group, speaker, year, State.GRANTED, opens, sends, ends, index, home, kin, sent_back=back)


def _open(random: Random, whose: Whose, state: State, start: float, *, home: Home | None = None) -> GroupPlan:
    """Not decided yet, or decided without a title: sent once it was ready."""
    left = 0.998 - start
    ends = start + left * random.uniform(0.7, 0.99)
    sends = ends if state in {State.SUBMITTED, State.DRAFT} else start + left * random.uniform(0.15, 0.6)
    group, speaker, year, kin = whose
    opens = start + left * random.uniform(0.02, 0.1)
    return GroupPlan(group, speaker, year, state, opens, sends, ends, home=home, kin=kin)
