"""What a phone saw, what it says and what stands now: whether sending would overwrite somebody else's change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Said:
    """What a form says: each field's text by its name, and what is ticked."""

    texts: dict[str, str] = field(default_factory=dict)
    ticks: frozenset[str] = frozenset()

    def text(self) -> str:
        """As a page carries it, and a phone sends it back."""
        return json.dumps([self.texts, sorted(self.ticks)], ensure_ascii=False, separators=(",", ":"))


def read_said(text: str) -> Said | None:
    """What a phone says it saw; None when that cannot be read."""
    try:
        texts, ticks = json.loads(text)
        return Said({str(name): str(value) for name, value in texts.items()}, frozenset(map(str, ticks)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def changed_meanwhile(mine: Said, seen: Iterable[Said], present: Said) -> bool:
    """Whether what stands now differs from what the phone says and from all it may have seen: in one field, one tick.

    A phone may have seen more than one version: the page's, and what it sent itself since.
    """
    return all(_differs(mine, one, present) for one in [*seen] or [Said()])


def _differs(mine: Said, seen: Said, present: Said) -> bool:
    texts = any(
        text not in {mine.texts.get(name, ""), seen.texts.get(name, "")} for name, text in present.texts.items()
    )
    return texts or bool((present.ticks ^ seen.ticks) & (present.ticks ^ mine.ticks))
