"""Where the dots of a map stand: communes by their centres, far islands brought to the edge, none covered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians, sqrt

WIDTH, MOST_HEIGHT = 340.0, 300.0
MARGIN, ISLAND_MARGIN = 16.0, 54.0
FAR = 2.5  # times as far from the middle as nine communes of ten: drawn at the edge, with its name
ROUNDS = 40

Point = tuple[str, float, float]  # code, latitude, longitude in degrees


@dataclass(frozen=True)
class Layout:
    """A drawing: its height, the radius of a dot, where each code's dot stands, which of them are far islands."""

    height: float
    radius: float
    spots: dict[str, tuple[float, float]]
    far: frozenset[str]


@lru_cache(maxsize=64)
def lay_out(points: tuple[Point, ...]) -> Layout:
    """Equirectangular positions in a box WIDTH wide; pure, and kept, because communes do not move."""
    if not points:
        return Layout(0, 0, {}, frozenset())
    squeeze = cos(radians(_middle([lat for _, lat, _ in points])))
    flat = {code: (lon * squeeze, -lat) for code, lat, lon in points}
    middle = _middle([x for x, _ in flat.values()]), _middle([y for _, y in flat.values()])
    away = {code: hypot(x - middle[0], y - middle[1]) for code, (x, y) in flat.items()}
    most = sorted(away.values())[int(0.9 * (len(away) - 1))]
    far = frozenset(code for code, distance in away.items() if most and distance > FAR * most)

    near = [spot for code, spot in flat.items() if code not in far]
    left, top = min(x for x, _ in near), min(y for _, y in near)
    wide, high = max(x for x, _ in near) - left, max(y for _, y in near) - top
    margin = ISLAND_MARGIN if far else MARGIN
    scale = min((WIDTH - 2 * margin) / (wide or 1e-6), (MOST_HEIGHT - 2 * margin) / (high or 1e-6))
    if not wide and not high:
        scale = 0.0
    height = high * scale + 2 * margin
    indent = (WIDTH - wide * scale) / 2
    radius = min(7.5, max(4.0, 0.25 * sqrt(WIDTH * height / len(points))))
    spots = {
        code: _inside(indent + (x - left) * scale, margin + (y - top) * scale, height) for code, (x, y) in flat.items()
    }
    return Layout(round(height, 1), round(radius, 1), _apart(spots, 2 * radius + 1, height), far)


def _apart(spots: dict[str, tuple[float, float]], gap: float, height: float) -> dict[str, tuple[float, float]]:
    """Push dots that cover each other apart, a little each round, until none does or the rounds are over."""
    codes = list(spots)
    place = [list(spots[code]) for code in codes]
    for _ in range(ROUNDS):
        pushed = False
        for first in range(len(place)):
            x, y = place[first]
            for second in range(first + 1, len(place)):
                dx, dy = place[second][0] - x, place[second][1] - y
                if abs(dx) >= gap or abs(dy) >= gap:
                    continue
                distance = hypot(dx, dy)
                if distance >= gap - 0.05:
                    continue
                pushed = True
                # Two on one spot part sideways.
                ux, uy = (dx / distance, dy / distance) if distance else (1.0, 0.0)
                half = (gap - distance) / 2
                place[first][0] -= ux * half
                place[first][1] -= uy * half
                place[second][0] += ux * half
                place[second][1] += uy * half
                x, y = place[first]
        place = [list(_inside(px, py, height)) for px, py in place]
        if not pushed:
            break
    return {code: (round(x, 1), round(y, 1)) for code, (x, y) in zip(codes, place, strict=True)}


def _inside(x: float, y: float, height: float) -> tuple[float, float]:
    return min(max(x, MARGIN), WIDTH - MARGIN), min(max(y, MARGIN), height - MARGIN)


def _middle(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
