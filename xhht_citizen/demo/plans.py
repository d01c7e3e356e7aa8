"""Whose case is told, and when: the families of those who can sign in, the keen, and the crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from xhht_citizen.applications.rules import State
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.cases import Plan
from xhht_citizen.demo.groups import Groups, Party
from xhht_citizen.demo.learning import CITIZEN
from xhht_citizen.demo.ward import Home, Resident, Ward

TRIAL, LAST, THIS = "trial", "last", "this"  # the three years of the story
# When decisions are signed (parts of the year so far) and their numbers: first for citizens, later for their groups.
SIGNED: dict[str, tuple[tuple[float, int], ...]] = {
    TRIAL: ((0.9, 96),),
    LAST: ((0.95, 341), (0.968, 355), (0.982, 362), (0.995, 368)),
    THIS: ((0.42, 118), (0.68, 203), (0.91, 297), (0.975, 318)),
}
CROWD: dict[str, dict[State, int]] = {
    TRIAL: {},
    LAST: {State.GRANTED: 190, State.DECLINED: 8},
    THIS: {
        State.GRANTED: 320,
        State.SUBMITTED: 38,
        State.DRAFT: 34,
        State.ENDORSED: 28,
        State.RECOMMENDED: 24,
        State.UNDER_REVIEW: 16,
        State.RETURNED: 12,
        State.DECLINED: 9,
        State.WITHDRAWN: 6,
        State.OBJECTED: 5,
        State.APPEALED: 3,
    },
}
MEETING = 0.9945  # when the one meeting was entered, a part of the year so far
MET: dict[State, int] = {State.ENDORSED: 7, State.OBJECTED: 2}  # what it said
LIVELY = (12, 21)  # communities where most households learn: the first one in both years, the second this year
# Units and clans most of whose members are recognised, so that they can be as well.
KEEN_UNITS = {
    LAST: ("Trạm Y tế phường Hương Trà", "Trường Tiểu học Đồng Sen", "Hợp tác xã Nông nghiệp Bàu Súng"),
    THIS: (
        "Trạm Y tế phường Hương Trà",
        "Trường Tiểu học Đồng Sen",
        "Trung tâm học tập cộng đồng phường Hương Trà",
        "Hợp tác xã Gốm Lò Gốm",
        "Trường Mầm non Hoa Súng",
        "Ủy ban nhân dân phường Hương Trà",
        "Xưởng mộc Rú Thông",
        "Trạm Quan trắc nước Bàu Súng",
    ),
}
AGENCY = "Trung tâm Điều dưỡng Đồng Sen"  # recognised for the trial year, and at work on level 2
KEEN_CLANS = {LAST: 2, THIS: 5}
WAITING_HOMES = 4  # of the community whose head signs in, recognised late this year: their households wait for him


@dataclass
class Keen:
    """Who is to be recognised in a year, with the place of the decision among the year's; whose households follow."""

    people: dict[Resident, int] = field(default_factory=dict)
    homes: set[Home] = field(default_factory=set)
    clans: list[Party] = field(default_factory=list)


def keen(ward: Ward, groups: Groups, year: int, when: str) -> Keen:
    """The keen of a year. Nobody of the story's families, nor of those who head a community."""
    random, found = ward.book.random, Keen()
    free = [home for home in ward.homes if home.id not in _told_apart(ward)]
    agency = groups.units[AGENCY]
    if when == TRIAL:
        found.people |= dict.fromkeys(agency.members, 0)
        return found
    for community in LIVELY[: 1 if when == LAST else 2]:
        homes = [home for home in free if home.community == community]
        found.homes |= set(homes[: round(0.85 * len(homes)) + 1])
    found.clans = [clan for clan in _keen_clans(groups, free) if ward.cast["signer"].home not in clan.homes]
    del found.clans[KEEN_CLANS[when] :]
    for clan in found.clans:
        found.homes |= {home for home in clan.homes if home in free}
    if when == THIS:
        waiting = [home for home in free if home.community == 0 and home not in found.homes][:WAITING_HOMES]
        for home in waiting:
            found.people |= dict.fromkeys(home.adults(year), 2)
        found.people |= dict.fromkeys(agency.members, 0)
    for home in sorted(found.homes, key=lambda home: home.id):
        adults = home.adults(year)
        found.people |= dict.fromkeys(random.sample(adults, max((len(adults) + 1) // 2, len(adults) - 1)), 0)
    for name in KEEN_UNITS[when]:
        party = groups.units[name]
        members = [one for one in (*party.members, *party.learners) if one.household_id not in _told_apart(ward)]
        few = 1.0 if name.startswith("Trạm Quan trắc") else 0.85
        adults = [one for one in members if year - one.birth_year >= 20]
        for one in random.sample(adults, round(few * len(adults))):
            found.people.setdefault(one, 0)
    return found


def _told_apart(ward: Ward) -> set[object]:
    return {person.household_id for person in (*ward.cast.values(), *ward.heads.values())}


def _keen_clans(groups: Groups, free: Sequence[Home]) -> list[Party]:
    """Clans of four to eight households, nearly all of them free to be recognised; the smallest first."""
    known = set(free)
    fit = [
        clan
        for clan in groups.clans.values()
        if 4 <= len(clan.homes) <= 8 and 5 * len(known.intersection(clan.homes)) >= 4 * len(clan.homes)
    ]
    return sorted(fit, key=lambda clan: (len(clan.homes), clan.group.name))


def citizens(ward: Ward, chosen: Keen, year: Year, when: str) -> list[Plan]:
    """Everybody's case of a year."""
    return _story(ward, year, when) + _crowd(ward, chosen, year, when)


def _story(ward: Ward, year: Year, when: str) -> list[Plan]:
    """The families of those who can sign in: so that each meets a case of their own household."""
    cast = ward.cast
    if when == TRIAL:
        return []
    if when == LAST:
        return [
            Plan(cast[key], year, State.GRANTED, 0.1, 0.7 + 0.001 * number, 0.93)
            for number, key in enumerate(("citizen", "reviewer", "mother"))
        ]
    return [
        Plan(cast["citizen"], year, State.DRAFT, 0.08, 0.97, 0.97, learned=CITIZEN, answered=6),
        Plan(cast["mother"], year, State.GRANTED, 0.07, 0.5, 0.66, decision=1),
        Plan(cast["father"], year, State.SUBMITTED, 0.07, 0.955, 0.955),
        Plan(cast["head_daughter"], year, State.SUBMITTED, 0.1, 0.94, 0.94),
        Plan(cast["reviewer_husband"], year, State.ENDORSED, 0.1, 0.93, 0.96),
        Plan(cast["signer_wife"], year, State.RECOMMENDED, 0.1, 0.88, 0.975),
    ]


def _crowd(ward: Ward, chosen: Keen, year: Year, when: str) -> list[Plan]:
    """The others: some communities are livelier than others, so that their ratios differ; families learn together."""
    random, counts = ward.book.random, dict(CROWD[when])
    liveliness = [0.35 + 1.3 * random.random() for _ in ward.communities]
    apart = _told_apart(ward)
    homes = [home for home in ward.homes if home.id not in apart]
    homes.sort(key=lambda home: random.random() ** (1 / liveliness[home.community]), reverse=True)
    granted = dict(chosen.people)
    wanted = counts.pop(State.GRANTED, 0)
    last = 1 if when == LAST else 3
    for home in homes:
        decision = random.choices(range(3), (1, 1.3, 1.6))[0] % last
        for person in home.adults(year.year):
            if len(granted) < wanted and person not in granted and random.random() < 0.7:
                granted[person] = decision
    others = [person for home in homes for person in home.adults(year.year) if person not in granted]
    others.sort(key=lambda person: random.random() ** (1 / liveliness[person.community]), reverse=True)
    states = [state for state, count in counts.items() for _ in range(count)]
    random.shuffle(states)
    signed = SIGNED[when]
    chosen_for = list(zip(others, states, strict=False))
    met = _meet(chosen_for, others[len(states) :]) if when == THIS else []
    return [
        *(
            _plan(random, person, year, State.GRANTED, signed=signed, decision=index)
            for person, index in granted.items()
        ),
        *(_plan(random, person, year, state, signed=signed) for person, state in chosen_for),
        *(Plan(person, year, state, 0.05, MEETING - 0.03, MEETING, meets=True) for person, state in met),
    ]


def _meet(chosen: list[tuple[Resident, State]], free: Sequence[Resident]) -> list[tuple[Resident, State]]:
    """Whom the meeting of the community whose head signs in spoke of: some of the endorsed and objected live there."""
    at_home = iter([person for person in free if person.community == 0])
    met = []
    for state, wanted in MET.items():
        for pair in [pair for pair in chosen if pair[1] is state][:wanted]:
            person = next(at_home, None)
            if person is not None:
                chosen.remove(pair)
                met.append((person, state))
    return met


def _plan(
    random: Random,
    person: Resident,
    year: Year,
    state: State,
    *,
    signed: tuple[tuple[float, int], ...],
    decision: int = 0,
) -> Plan:
    registers = random.uniform(0.01, 0.2)
    if state is State.GRANTED:
        ends = signed[decision][0] - random.uniform(0.005, 0.03)
        sends = ends - random.uniform(0.02, 0.12)
        return Plan(person, year, state, registers, sends, ends, random.random() < 0.08, decision=decision)
    if state is State.DRAFT:
        sends = random.uniform(0.8, 0.99)
        return Plan(person, year, state, registers, sends, sends, answered=random.randint(2, 9))
    ends = {
        State.SUBMITTED: lambda: random.uniform(0.95, 0.998),
        State.ENDORSED: lambda: random.uniform(0.98, 0.997),
        State.OBJECTED: lambda: random.uniform(0.97, 0.997),
        State.APPEALED: lambda: random.uniform(0.985, 0.998),
        State.UNDER_REVIEW: lambda: random.uniform(0.985, 0.997),
        State.RETURNED: lambda: random.uniform(0.9, 0.99),
        State.RECOMMENDED: lambda: random.uniform(0.94, 0.998),
        State.DECLINED: lambda: random.uniform(0.5, 0.97),
        State.WITHDRAWN: lambda: random.uniform(0.5, 0.97),
    }[state]()
    sends = ends if state is State.SUBMITTED else ends - random.uniform(0.006, 0.04)
    sent_back = state is State.UNDER_REVIEW and random.random() < 0.3
    return Plan(person, year, state, registers, sends, ends, sent_back)
