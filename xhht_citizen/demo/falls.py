"""Two recognised households whose share falls later in the year, one title taken back, and who has nothing to lose."""

from __future__ import annotations

from typing import Any

from xhht_citizen.applications.rules import State
from xhht_citizen.demo import lives
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.cases import Plan
from xhht_citizen.demo.group_plans import GroupPlan
from xhht_citizen.demo.groups import Groups
from xhht_citizen.demo.plans import LIVELY, Keen
from xhht_citizen.demo.ward import Home, Resident, Ward, open_account
from xhht_citizen.groups.rules import Kind
from xhht_citizen.titles.models import Title


class Falls:
    """Chosen among this year's recognised households on whom no clan's or community's title rests."""

    def __init__(
        self, ward: Ward, people: list[Plan], of_groups: list[GroupPlan], groups: Groups, keen: list[Keen]
    ) -> None:
        self.ward = ward
        year = max(plan.year.year for plan in people)
        apart = set().union(*(one.homes for one in keen))
        by_home: dict[Home, list[Resident]] = {}
        for plan in people:
            if plan.year.year == year and plan.state is State.GRANTED:
                by_home.setdefault(plan.resident.home, []).append(plan.resident)
        tight = [
            (plan.home, by_home[plan.home])
            for plan in of_groups
            if plan.home is not None
            and plan.case_year == year
            and (plan.state, plan.group.kind) == (State.GRANTED, Kind.HOUSEHOLD)
            and plan.decision < 3
            and plan.home not in apart
            and 2 * len(by_home[plan.home]) - len(plan.home.adults(year)) in {0, 1}
        ]
        self._by_move = next(home for home, held in tight if 2 * len(held) == len(home.adults(year)))
        others = [pair for pair in tight if pair[0] is not self._by_move]
        self._by_title, self._whole = others[0], others[1][0]
        self.year = year
        told = {plan.resident.home for plan in people} | {plan.home for plan in of_groups}
        led = {party.head.home for party in (*groups.clans.values(), *groups.units.values())}
        story = {person.home for person in (*ward.cast.values(), *ward.heads.values())}
        self.quiet = [
            home for home in ward.homes if home not in told | led | story | apart and home.community not in LIVELY
        ]

    def move_in(self, year: Year) -> None:
        """An aunt without the title moves in, and half is half no more."""
        home = next(
            home
            for home in reversed(self.quiet)
            if any(_moves(one, year) for one in home.members) and len(home.adults(year.year)) > 1
        )
        aunt, at = next(one for one in home.members if _moves(one, year)), year.at(0.93)
        by = open_account(self.ward, self._by_move.head, at)
        lives.move(self.ward, aunt, self._by_move, "other", at, by=by)

    def title_to_revoke(self) -> dict[str, Any]:
        """A member's title, without which the household's share is too small."""
        holder = self._by_title[1][0]
        return self._title(holder.id)

    def household_title_to_revoke(self) -> dict[str, Any]:
        """A household's own title."""
        return self._title(self._whole.id)

    def _title(self, subject_id: Any) -> dict[str, Any]:
        rows = self.ward.book.rows[Title]
        return next(row for row in rows if row["subject_id"] == subject_id and row["year"] == self.year)


def _moves(person: Resident, year: Year) -> bool:
    return person.relation in {"child", "parent"} and 25 <= year.year - person.birth_year <= 90
