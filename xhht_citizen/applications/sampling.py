"""The draw of second looks: which cases of a bulk recommendation somebody else looks at again. Pure.

The seed is made when the bulk is, and shown with it: whoever has seed, share and list can draw again by hand,
`printf '%s|%s' SEED CASE | sha256sum`, and must come to the same cases.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

SEED_BYTES = 16  # of the system's own source of chance: nobody knows the order before the list stands


def ticket(seed: str, case_id: uuid.UUID) -> str:
    """A case's place in the order of the draw: sha256 of "seed|id", as hexadecimal text. The lowest go first."""
    return hashlib.sha256(f"{seed}|{case_id}".encode()).hexdigest()


def in_order(seed: str, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """The cases in the order of the draw."""
    return sorted(set(case_ids), key=lambda one: ticket(seed, one))


def size(share: int, count: int) -> int:
    """How many of `count` cases are drawn at a share in percent, rounded up: a list cut into parts loses nothing."""
    return -(-share * count // 100)


def drawn(seed: str, share: int, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """The cases set aside, in the order of the draw."""
    order = in_order(seed, case_ids)
    return order[: size(share, len(order))]
