"""A group's case of a year as the pages of who speaks for it show it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import queries
from xhht_citizen.applications.measuring import STANDING, Measured, measure, recorded
from xhht_citizen.applications.returning import is_changed
from xhht_citizen.applications.rules import EDITABLE, State, may_answer
from xhht_citizen.applications.subjects import decider, thing_of_group
from xhht_citizen.criteria.rules import Line, LineResult, Reads, Shape
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group
from xhht_citizen.titles import queries as titles
from xhht_citizen.web.counting import Count, counts
from xhht_citizen.web.guard import actor, found
from xhht_citizen.web.kinds import NO_GROUP, case_url, read_kind
from xhht_citizen.web.score import this_year
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Answered:
    """One line that is answered: its result, and the row where there is one.

    `open`: it may be answered now, as far as the case is concerned; `returned`: the case is with its owner again.
    """

    line: Line
    result: LineResult
    row: Any
    open: bool = True
    returned: bool = False

    @property
    def given(self) -> bool:
        """Whether somebody answered it."""
        return self.row is not None and self.row.claimed_points is not None

    @property
    def asked(self) -> bool:
        """Whether the reviewer asks about it."""
        return self.row is not None and (self.row.verdict == "ask" or self.question is not None)

    @property
    def question(self) -> str | None:
        """What the reviewer asks, while the case is with its owner again."""
        came_back = self.returned and self.row is not None and self.row.returned_as is not None
        return self.row.returned_as["question"] if came_back else None

    @property
    def changed(self) -> bool:
        """Whether what was asked about was answered anew."""
        return self.question is not None and is_changed(self.row, {})


@dataclass(frozen=True)
class GroupYear:
    """A group's case of a year, drafted or not, measured on what is counted; `title` once there was one."""

    group: Group
    thing: Thing
    year: int
    case: Any
    seen: Measured
    counts: list[Count]
    title: Any = None

    @property
    def state(self) -> State:
        """Where the case stands; a draft before it exists."""
        return State(self.case.state) if self.case else State.DRAFT

    @property
    def may_begin(self) -> bool:
        """Whether a case of this year may be begun today.

        What the province decides is handed in at the beginning of the next year, so that its last year is open as well.
        """
        last = this_year() - (1 if decider(self.group.kind, self.year) == "province" else 0)
        return not self.group.closed and self.year >= last

    @property
    def editable(self) -> bool:
        """Whether answers may be changed now."""
        return self.state in EDITABLE and (self.case is not None or self.may_begin) and not self.group.closed

    @property
    def lines(self) -> list[Answered]:
        """The lines that are answered, in order."""
        rows = {row.code: row for row in self.case.lines} if self.case else {}
        back = self.state is State.RETURNED
        return [
            Answered(
                line,
                result,
                rows.get(line.code),
                self.case is None or may_answer(self.case, rows.get(line.code)),
                back,
            )
            for line, result in self.seen.lines
            if line.reads is not Reads.RATIO
        ]

    @property
    def missing(self) -> list[Answered]:
        """Lines nobody has answered."""
        return [one for one in self.lines if not one.given]

    @property
    def by_level(self) -> bool:
        """Whether requirements are met or not, without points."""
        return self.seen.criteria.shape is Shape.LEVELS

    @property
    def nam(self) -> int | None:
        """What addresses carry as `nam`: nothing in the open year."""
        return None if self.year == this_year() else self.year

    def url(self, endpoint: str, **more: Any) -> str:
        """A page of this case."""
        return case_url(self.group.kind, self.group.id, f"group_case.{endpoint}", nam=self.nam, **more)


def named_group(kind: str, group_id: uuid.UUID) -> Group:
    """The group of an address, as its cases of that kind name it; NotFound for a kind or group that is none."""
    return found(groups.titled(reader(), read_kind(kind), group_id), NO_GROUP)  # type: ignore[no-any-return]


def explain_group(group: Group, year: int) -> tuple[GroupYear, Thing]:
    """A group's case of a year, and the group as the policy reads it for who asks."""
    db, today = reader(), clock.today()
    thing = thing_of_group(db, group, year, asks=actor(), today=today)
    case = queries.application_of(db, group.kind, group.id, year)
    title = titles.title_of_application(db, case.id) if case is not None and case.state == State.GRANTED else None
    live = measure(db, group, year, today, case=case, whose=STANDING)
    seen, before = live, case.facts if case is not None else None
    if title is not None and case is not None:
        before, day = title.facts, title.decision.decided_on
        seen = measure(db, group, year, day, case=case, whose=STANDING, counts=recorded(case, title.facts))
    return GroupYear(group, thing, year, case, seen, counts(live, group, year, before), title), thing
