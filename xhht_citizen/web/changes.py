"""What an owner changed of a case that was sent back: each line that was asked about, before and after."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xhht_citizen.applications import queries
from xhht_citizen.applications.returning import is_changed
from xhht_citizen.criteria.rules import CriteriaSet, Line
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Change:
    """One line that was asked about, before and after.

    `gone`: titles of evidence that is behind it no more; `new`, `edited`: evidence that came, or says other things.
    """

    line: Line
    question: str
    before: int | None
    after: int | None
    note_before: str | None
    note_after: str | None
    gone: tuple[str, ...]
    new: tuple[Any, ...]
    edited: tuple[Any, ...]
    changed: bool

    @property
    def same_note(self) -> bool:
        """Whether the words beside it stayed."""
        return (self.note_before or "") == (self.note_after or "")


def changes(case: Any, criteria: CriteriaSet, evidence: Mapping[str, Sequence[Any]]) -> list[Change]:
    """The lines the case was last sent back for, in order; `evidence` is what stands behind each line now.

    One query for the titles of evidence that is gone, or none.
    """
    rows = {row.code: row for row in case.lines if row.returned_as is not None}
    before = {
        code: {uuid.UUID(key): at for key, at in row.returned_as["evidence"].items()} for code, row in rows.items()
    }
    behind = {code: {item.id: item.version for item in evidence.get(code, ())} for code in rows}
    lost = {key for code, known in before.items() for key in known if key not in behind[code]}
    titles = queries.evidence_titles(reader(), lost) if lost else {}
    found = []
    for line in criteria.lines:
        row = rows.get(line.code)
        if row is None:
            continue
        was = before[line.code]
        items = evidence.get(line.code, ())
        found.append(
            Change(
                line,
                row.returned_as["question"],
                row.returned_as["points"],
                row.claimed_points,
                row.returned_as["note"],
                row.note,
                tuple(titles[key] for key in was if key in titles),
                tuple(item for item in items if item.id not in was),
                tuple(item for item in items if was.get(item.id, item.version) != item.version),
                is_changed(row, {str(key): version for key, version in behind[line.code].items()}),
            )
        )
    return found
