"""What can be told of a list by reading it once: who stands in it twice, which lines are one household. Pure.

A list is gone through twice. The first time `Plan.add` keeps a few words of each line; the second time `families`
gives households whole, one after another, in an order that is the same whenever the same list is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from xhht_citizen.people.rules import Birth, is_adult
from xhht_citizen.roster.faults import Fault
from xhht_citizen.roster.rules import Line, name_key, same_birth

Key = tuple[str, ...]


class Walker:
    """Goes down a list that names no households: each line "chủ hộ" begins one, those after it belong to it."""

    def __init__(self) -> None:
        self._begun = 0

    def settle(self, line: Line) -> Line:
        """Give the line its household, where only its place in the list tells."""
        if line.household is not None and line.household[0] == "next":
            self._begun += line.relation == "head"
            line.household = ("next", str(self._begun)) if self._begun else None
            if line.household is None:
                line.fault("household_missing")
        return line


@dataclass(slots=True)
class Household:
    """A household of the list: its last line, its head's line (0: not in the list), what the head is called.

    `first_adult`, `adult_key`: the same of whoever is its head where the list names none.
    """

    last: int = 0
    head: int = 0
    first_adult: int = 0
    head_key: str = ""
    adult_key: str = ""


@dataclass(slots=True)
class Family:
    """The good lines of one household of the list together; or one bad line alone, of no household."""

    lines: list[Line]
    head: int = 0
    head_key: str = ""

    @property
    def community_id(self) -> uuid.UUID | None:
        """Where the household lives: where its head, or its first line, says."""
        return next((line for line in self.lines if line.number == self.head), self.lines[0]).community_id


@dataclass
class Plan:
    """What the first reading found. `year` decides who is an adult; `present` are names and years of birth."""

    year: int
    households: dict[Key, Household] = field(default_factory=dict)
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    lines: int = 0
    present: set[tuple[str, int]] = field(default_factory=set)
    _same: dict[tuple[Key, str, int], list[tuple[int, Birth, str | None]]] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)
    _anywhere: dict[tuple[str, date], int] = field(default_factory=dict)
    _walker: Walker = field(default_factory=Walker)

    def add(self, line: Line) -> None:
        """Note a line, in order."""
        self.lines += 1
        self._walker.settle(line)
        if line.bad or line.birth is None or line.household is None:
            return
        household = self.households.get(line.household)
        if household is None:
            household = self.households[line.household] = Household()
        fault = self._twice(line, household)
        if fault is not None:
            self._note(line.number, fault)
            return
        self.present.add((name_key(line.name), line.birth.year))
        adult = is_adult(line.birth.year, self.year)
        household.last = line.number
        household.head_key = household.head_key or line.head_key
        if line.relation == "head":
            household.head, household.head_key = line.number, name_key(line.name)
        elif adult and not household.first_adult:
            household.first_adult, household.adult_key = line.number, name_key(line.name)

    def _twice(self, line: Line, household: Household) -> Fault | None:
        assert line.birth is not None and line.household is not None  # noqa: S101, PT018 (asked before)
        if line.citizen_id is not None:
            before = self._ids.setdefault(line.citizen_id, line.number)
            if before != line.number:
                return ("id_twice", {"row": before})
        key = name_key(line.name)
        alike = self._same.setdefault((line.household, key, line.birth.year), [])
        for number, birth, citizen_id in alike:
            apart = citizen_id is not None and line.citizen_id is not None  # two numbers: two people
            if same_birth(birth, line.birth) and not apart:
                return ("twice", {"row": number})
        if line.relation == "head":
            if household.head:
                return ("two_heads", {"row": household.head})
            if not is_adult(line.birth.year, self.year):
                return ("child_head", {})
        alike.append((line.number, line.birth, line.citizen_id))
        if line.birth.date is not None and line.citizen_id is None:
            before = self._anywhere.setdefault((key, line.birth.date), line.number)
            if before != line.number:
                self._note(line.number, ("twice_elsewhere", {"row": before}))
        return None

    def _note(self, number: int, fault: Fault) -> None:
        self.faults.setdefault(number, []).append(fault)

    def close(self) -> None:
        """The first reading is over: choose a head where none is written, and forget what is not needed again."""
        for household in self.households.values():
            if not household.head and not household.head_key and household.first_adult:
                household.head, household.head_key = household.first_adult, household.adult_key
                self._note(household.head, ("head_chosen", {}))
        self._same.clear()
        self._ids.clear()
        self._anywhere.clear()


def families(lines: Iterable[Line], plan: Plan) -> Iterator[Family]:
    """The second reading: each household as soon as its last line came; a bad line at once, alone."""
    walker = Walker()
    open_: dict[Key, list[Line]] = {}
    for line in lines:
        walker.settle(line)
        for code, values in plan.faults.get(line.number, ()):
            line.fault(code, **values)
        if line.bad or line.household is None:
            yield Family([line])
            continue
        known = plan.households[line.household]
        together = open_.setdefault(line.household, [])
        together.append(line)
        if line.number == known.last:
            yield Family(open_.pop(line.household), known.head, known.head_key)
