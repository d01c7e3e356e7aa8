"""The counts of a group's case as pages show them: what is counted now, what it was counted at, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from xhht_citizen.applications.measuring import Measured
from xhht_citizen.criteria.rules import LineResult, Status
from xhht_citizen.groups.rules import Group
from xhht_citizen.ratios.rules import percent
from xhht_citizen.web.kinds import RATIO_LABELS, behind_url
from xhht_citizen.web.wording import official

Pair = tuple[int, int] | None


@dataclass(frozen=True)
class Count:
    """One ratio of a group. `before` is what it was counted at when the case was sent or decided.

    `needed` is the percentage it must reach, None where it only earns points or only stands beside the form; `code`
    and `result` are of the criteria line that reads it.
    """

    name: str
    label: str
    now: Pair
    before: Pair
    needed: Decimal | None = None
    lacking: int = 0
    code: str = ""
    result: LineResult | None = None
    url: str | None = None

    @property
    def percent(self) -> Decimal | None:
        """Today's share; None when nobody is counted."""
        return percent(*self.now) if self.now else None

    @property
    def before_percent(self) -> Decimal | None:
        """The share when it was sent or decided."""
        return percent(*self.before) if self.before else None

    @property
    def met(self) -> bool | None:
        """Whether the requirement is reached; None where there is none."""
        if self.needed is None or self.result is None:
            return None
        return self.result.status is Status.MET

    @property
    def changed(self) -> bool:
        """Whether it is counted otherwise today."""
        return self.before is not None and self.before != self.now


def counts(
    seen: Measured, group: Group, year: int, before: Mapping[str, list[int]] | None = None, *, names: bool = True
) -> list[Count]:
    """Every ratio a case reads or shows, in the order of its lines; `names`: with the way to the members behind."""
    rows = []
    for line, result in seen.counted:
        name = line.ratio or ""
        rows.append(
            Count(
                name,
                official(line.short),
                seen.pair(line),
                pair_of(before, name),
                None if line.at_least is None else Decimal(line.at_least.numerator) / line.at_least.denominator,
                seen.lacking(line),
                line.code,
                result,
                behind_url(group, name, year) if names else None,
            )
        )
    for name in seen.criteria.shows:
        url = behind_url(group, name, year) if names else None
        rows.append(Count(name, _(RATIO_LABELS[name]), seen.counts.ratios.get(name), pair_of(before, name), url=url))
    return rows


def pair_of(kept: Mapping[str, list[int]] | None, name: str) -> Pair:
    """A ratio out of kept ones."""
    pair = (kept or {}).get(name)
    return (pair[0], pair[1]) if pair else None
