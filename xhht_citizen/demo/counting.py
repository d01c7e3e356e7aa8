"""What `ratios/facts.py` would have counted for a group at a moment of the story, from the rows gathered so far."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from xhht_citizen.clock import local
from xhht_citizen.demo.book import Book
from xhht_citizen.groups.models import Clan, ClanMembership, Schooling, Unit, UnitMembership
from xhht_citizen.groups.rules import Group, Kind, Part, UnitKind, is_school_age
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import is_adult
from xhht_citizen.places.models import Community
from xhht_citizen.places.rules import commune_code
from xhht_citizen.ratios.facts import GroupFacts
from xhht_citizen.titles.models import Title

Row = dict[str, Any]
Pair = tuple[int, int]


class Ledger:
    """The gathered rows by what they are asked for. A row counts from `granted_at` until `revoked_at`.

    Make a new one once rows were added; rows that were changed are seen as they are.
    """

    def __init__(self, book: Book) -> None:
        self.born = {row["id"]: int(row["birth_year"]) for row in book.rows[Person]}
        self.members = _by(book.rows[HouseholdMembership], "household_id")
        self.households = _by(book.rows[Household], "community_id")
        self.wards = _by(book.rows[Household], "ward_code")
        self.of_clan = _by(book.rows[ClanMembership], "clan_id")
        self.of_unit = _by(book.rows[UnitMembership], "unit_id")
        self.clans = book.rows[Clan]
        self.units = {row["id"]: row for row in book.rows[Unit]}
        self.communities = _by(book.rows[Community], "ward_code")
        self.schooling = {(row["person_id"], row["year"]): row for row in book.rows.get(Schooling, ())}
        self.pupils = _by((row for row in book.rows[UnitMembership] if self._teaches(row)), "person_id")
        self.titles: dict[tuple[str, uuid.UUID, int], list[Row]] = defaultdict(list)
        for row in book.rows.get(Title, ()):
            self.titles[row["kind"], row["subject_id"], row["year"]].append(row)

    def facts(self, group: Group, year: int, at: datetime) -> GroupFacts:
        """The group's ratios for a year and the areas it lies in, at a moment."""
        ratios, area = {
            Kind.HOUSEHOLD: self._household,
            Kind.CLAN: self._clan,
            Kind.COMMUNITY: self._community,
            Kind.UNIT: self._unit,
            Kind.AGENCY: self._unit,
            Kind.COMMUNE: self._commune,
        }[group.kind](group, year, at)
        return GroupFacts({name: pair for name, pair in ratios.items() if pair[1]}, frozenset(area))

    def adults(self, household_ids: Iterable[uuid.UUID], year: int, at: datetime) -> Pair:
        """(citizens, all) of the adults of these households."""
        found = [
            row["person_id"]
            for key in household_ids
            for row in self.members[key]
            if _open(row, at) and is_adult(self.born[row["person_id"]], year)
        ]
        return self._share(Kind.CITIZEN, found, year, at)

    def _household(self, group: Group, year: int, at: datetime) -> tuple[dict[str, Pair], set[str]]:
        children = [
            row["person_id"]
            for row in self.members[group.id]
            if _open(row, at) and is_school_age(self.born[row["person_id"]], year)
        ]
        schooled = sum(self._in_school(person_id, year, at) for person_id in children)
        ratios = {"adults_citizen": self.adults([group.id], year, at), "children_in_school": (schooled, len(children))}
        return ratios, set() if children else {"no-children"}

    def _clan(self, group: Group, year: int, at: datetime) -> tuple[dict[str, Pair], set[str]]:
        homes = [row["household_id"] for row in self.of_clan[group.id] if _open(row, at)]
        return {
            "households_recognised": self._lived_in(homes, year, at),
            "adults_citizen": self.adults(homes, year, at),
        }, set()

    def _community(self, group: Group, year: int, at: datetime) -> tuple[dict[str, Pair], set[str]]:
        homes = [row["id"] for row in self.households[group.id]]
        clans = [row["id"] for row in self.clans if row["community_id"] == group.id and row["closed_at"] is None]
        return {
            "households_recognised": self._lived_in(homes, year, at),
            "clans_recognised": self._share(Kind.CLAN, clans, year, at),
            "adults_citizen": self.adults(homes, year, at),
        }, set() if clans else {"no-clans"}

    def _unit(self, group: Group, year: int, at: datetime) -> tuple[dict[str, Pair], set[str]]:
        members, learners = (
            [
                row["person_id"]
                for row in self.of_unit[group.id]
                if row["part"] == str(part) and _open(row, at) and is_adult(self.born[row["person_id"]], year)
            ]
            for part in (Part.MEMBER, Part.LEARNER)
        )
        ratios = {
            "citizen_members": self._share(Kind.CITIZEN, members, year, at),
            "citizen_learners": self._share(Kind.CITIZEN, learners, year, at),
        }
        return ratios, {"school"} if group.unit_kind is UnitKind.SCHOOL and learners else set()

    def _commune(self, group: Group, year: int, at: datetime) -> tuple[dict[str, Pair], set[str]]:
        ward_code = commune_code(group.id)
        homes = [row["id"] for row in self.wards[ward_code]]
        units = [
            row["id"]
            for row in self.units.values()
            if (row["ward_code"], row["managed_by"]) == (ward_code, "commune")
            and (row["closed_at"] is None or row["closed_at"] > at or local(row["closed_at"]).year > year)
        ]
        return {
            "adults_citizen": self.adults(homes, year, at),
            "households_recognised": self._lived_in(homes, year, at),
            "clans_recognised": self._share(
                Kind.CLAN, [row["id"] for row in self.clans if row["ward_code"] == ward_code], year, at
            ),
            "communities_recognised": self._share(
                Kind.COMMUNITY, [row["id"] for row in self.communities[ward_code]], year, at
            ),
            "units_recognised": self._share(Kind.UNIT, units, year, at),
        }, set()

    def _lived_in(self, household_ids: Iterable[uuid.UUID], year: int, at: datetime) -> Pair:
        found = [key for key in household_ids if any(_open(row, at) for row in self.members[key])]
        return self._share(Kind.HOUSEHOLD, found, year, at)

    def _share(self, kind: Kind, subjects: list[uuid.UUID], year: int, at: datetime) -> Pair:
        return sum(self.holds(kind, key, year, at) for key in subjects), len(subjects)

    def holds(self, kind: Kind, subject_id: uuid.UUID, year: int, at: datetime) -> bool:
        """Whether the subject held the year's title at a moment."""
        return any(_open(row, at) for row in self.titles.get((str(kind), subject_id, year), ()))

    def _in_school(self, person_id: uuid.UUID, year: int, at: datetime) -> bool:
        said = self.schooling.get((person_id, year))
        if said is not None and said["in_school"] and said["said_at"] <= at:
            return True
        return any(_open(row, at) for row in self.pupils[person_id])

    def _teaches(self, row: Row) -> bool:
        return (row["part"], self.units[row["unit_id"]]["kind"]) == (Part.LEARNER, UnitKind.SCHOOL)


def _by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _open(row: Row, at: datetime) -> bool:
    return bool(row["granted_at"] <= at and (row["revoked_at"] is None or row["revoked_at"] > at))
