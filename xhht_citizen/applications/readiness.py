"""Whether a group meets what its criteria demand, live: it turns ready, or back, with the rows it is counted from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import CriteriaSet, Facts, Line, Reads, lacking
from xhht_citizen.groups.rules import Group
from xhht_citizen.ratios.facts import GroupFacts, facts_of


@dataclass(frozen=True)
class Requirement:
    """A share without which there is no title: who hold, of how many, and how many are still lacking.

    `denominator` 0: nobody is counted, so that nothing is known and nothing is met.
    """

    line: Line
    numerator: int
    denominator: int

    @property
    def at_least(self) -> Fraction:
        """The share asked for, in percent."""
        return self.line.at_least or Fraction(0)

    @property
    def lacking(self) -> int:
        """How many more of these members would do."""
        return lacking(self.at_least, self.numerator, self.denominator) if self.denominator else 0

    @property
    def met(self) -> bool:
        """Whether the share is reached."""
        return self.denominator > 0 and self.lacking == 0


@dataclass(frozen=True)
class Readiness:
    """A group before its criteria set, as it stands now."""

    criteria: CriteriaSet
    counted: GroupFacts
    requirements: tuple[Requirement, ...]

    @property
    def ready(self) -> bool:
        """Whether every demanded share is reached; the lines people answer are still theirs to answer."""
        return all(requirement.met for requirement in self.requirements)


def readiness(db: Session, group: Group, year: int) -> Readiness:
    """Where the group stands for a year; NotFound when there is no criteria set for its kind."""
    criteria, counted = catalogue.current(str(group.kind), year), facts_of(db, group, year)
    area = counted.area & criteria.areas
    lines = [line for line in criteria.lines if line.reads is Reads.RATIO and line.at_least is not None]
    return Readiness(
        criteria,
        counted,
        tuple(Requirement(line, *counted.ratios.get(line.ratio or "", (0, 0))) for line in lines if line.applies(area)),
    )


def facts_for(criteria: CriteriaSet, counted: GroupFacts) -> Facts:
    """What was counted, as the facts this set reads: its own ratios and areas, nothing else."""
    return Facts(
        ratios={name: pair for name, pair in counted.ratios.items() if name in criteria.ratios},
        area=counted.area & criteria.areas,
    )
