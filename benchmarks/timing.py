"""Alternating rounds, so that what disturbs the machine disturbs both sides."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """Median seconds of one call of ours and of the floor; `ratio` is how much of the floor's speed is left."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.floor / self.ours


def compare(ours: Callable[[], object], floor: Callable[[], object], rounds: int = 15, calls: int = 20) -> Compared:
    """Time both, `calls` at a stretch, in turn."""
    ours()
    floor()
    times: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(rounds):
        for name, call in (("ours", ours), ("floor", floor)):
            begun = time.perf_counter()
            for _ in range(calls):
                call()
            times[name].append((time.perf_counter() - begun) / calls)
    return Compared(statistics.median(times["ours"]), statistics.median(times["floor"]))


def rate(call: Callable[[], object], seconds: float = 1.0) -> float:
    """Calls a second."""
    done, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        for _ in range(100):
            call()
        done += 100
    return done / spent
