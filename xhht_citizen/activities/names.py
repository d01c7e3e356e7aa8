"""Names typed by hand, found among residents: without marks, Đ or D, in another order, misspelt. Pure.

`Index` holds the names of a place once; `near` gives whom a typed name may mean, the nearest first; `decide` says
whether it is surely one of them. Marks that were typed count: "Hưng" is not Hùng; "Hung" may be both, unless the rest
of the name has its marks.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Final

from xhht_citizen.activities.rules import Typed
from xhht_citizen.vietnamese import fold, sort_key

MOST_CHOICES: Final = 8
MOST_NEAREST: Final = 4  # beside a name nobody bears
COMMON: Final = 2000  # a word borne by so many narrows nothing down: it only adds to what rarer words have found
NEAR_ENOUGH: Final = 0.55  # below this share of a name's weight a suggestion only misleads


class Sureness(StrEnum):
    """How well a typed name is known."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Known:
    """A resident a typed name may mean, with what tells two of a name apart."""

    person_id: uuid.UUID
    name: str
    birth_year: int
    community: str | None = None
    household: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Match:
    """A typed line and whom it means: one when sure, some to choose from when doubtful, the nearest when unknown."""

    typed: Typed
    sureness: Sureness
    choices: tuple[Known, ...]


def same_word(typed: str, known: str, *, marked: bool = False) -> bool:
    """Whether a typed word may stand for a word of a name: without marks for any, with marks only for its own.

    Đ alone is a mark too; where the tone is written (Hòa, Hoà) is none. `marked`: marks were typed in the rest of the
    name, so that none here says something: beside "Lê Ngọc", Anh is not Ánh.
    """
    plain = fold(typed)
    if plain != fold(known):
        return False
    return (plain == typed.casefold() and not marked) or sort_key(typed) == sort_key(known)


def same_name(typed: str, known: str) -> bool:
    """Whether a typed name may stand for this name, word by word in its order."""
    ours, theirs = typed.split(), known.split()
    marked = fold(typed) != " ".join(ours).casefold()
    return len(ours) == len(theirs) and all(
        same_word(one, other, marked=marked) for one, other in zip(ours, theirs, strict=True)
    )


def turned(typed: str, known: str) -> bool:
    """Whether a typed name is this name begun at another word: "An Nguyễn Văn", "Văn An Nguyễn"."""
    words = typed.split()
    return any(same_name(" ".join(words[start:] + words[:start]), known) for start in range(1, len(words)))


def decide(typed: Typed, near: Sequence[Known]) -> Match:
    """Sure when exactly one resident bears the name and nothing typed beside it speaks against; see Match."""
    key = sorted(fold(typed.name).split())
    alike = [one for one in near if sorted(fold(one.name).split()) == key]
    straight = [one for one in alike if same_name(typed.name, one.name)]
    bearers = straight or [one for one in alike if turned(typed.name, one.name)]
    if len(bearers) > 1:  # what stands beside the name tells them apart, where it was written down
        bearers = _told_apart(typed, bearers)
    sure = len(bearers) == 1 and len(key) > 1 and _fits(typed, bearers[0])
    if sure and not straight:
        sure = len(alike) == 1
    if sure:
        return Match(typed, Sureness.SURE, (bearers[0],))
    first = sorted(near, key=lambda one: (one not in bearers, one not in alike, not _fits(typed, one)))
    if alike:
        return Match(typed, Sureness.DOUBTFUL, tuple(first[: 3 * MOST_CHOICES]))
    close = [one for one in first if _close(typed.name, one.name)]
    if close:
        return Match(typed, Sureness.DOUBTFUL, tuple(close[:MOST_CHOICES]))
    return Match(typed, Sureness.UNKNOWN, tuple(first[:MOST_NEAREST]))


def _fits(typed: Typed, one: Known) -> bool:
    """Nothing typed beside the name speaks against this resident."""
    if typed.birth_year is not None and typed.birth_year != one.birth_year:
        return False
    return typed.phone is None or one.phone is None or typed.phone == one.phone


def _told_apart(typed: Typed, bearers: list[Known]) -> list[Known]:
    """Those whom the birth year, the phone and the household or place typed point at; all where nothing does."""
    left = [one for one in bearers if _fits(typed, one)]
    if typed.phone is not None and len(left) > 1:
        left = [one for one in left if one.phone == typed.phone] or left
    if typed.hint and len(left) > 1:
        hint = f" {fold(typed.hint)} "
        left = [one for one in left if _hinted(hint, one)] or left
    return left or bearers


def _hinted(hint: str, one: Known) -> bool:
    places = (f" {fold(place)} " for place in (one.household, one.community) if place)
    return any(place in hint or hint in place for place in places)


def _close(typed: str, known: str) -> bool:
    """One slip of the finger apart, or the same name with a middle word left out; too short names are never close."""
    ours, theirs = fold(typed).split(), fold(known).split()
    if len(ours) < 2:
        return bool(ours) and ours[-1] == theirs[-1]
    if len(ours) < len(theirs) and ours[-1] == theirs[-1] and ours[0] == theirs[0]:
        rest = iter(theirs)
        if all(word in rest for word in ours):
            return True
    one, other = " ".join(ours), " ".join(theirs)
    return abs(len(one) - len(other)) <= 2 and distance(one, other, 2) <= (1 if len(one) < 10 else 2)


def distance(one: str, other: str, most: int) -> int:
    """How many letters must be put in, left out, changed or swapped with the next; `most` + 1 when there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


class Index:
    """The names of a place, by their words; built once for a list of hundreds."""

    def __init__(self, names: Iterable[tuple[uuid.UUID, str]]) -> None:
        """`names` are ids and search keys (vietnamese.fold of the name)."""
        self._keys: dict[uuid.UUID, str] = dict(names)
        self._whole: dict[tuple[str, ...], list[uuid.UUID]] = defaultdict(list)
        self._words: dict[str, set[uuid.UUID]] = defaultdict(set)
        for key, text in self._keys.items():
            words = text.split()
            self._whole[tuple(sorted(words))].append(key)
            for word in words:
                self._words[word].add(key)
        self._misspelt: dict[str, list[str]] = {}

    def near(self, name: str, most: int = MOST_CHOICES) -> list[uuid.UUID]:
        """Whom the name may mean, the nearest first: everybody of that name, else at most so many that come near it."""
        text = fold(name)
        words = text.split()
        alike = self._whole.get(tuple(sorted(words)), [])
        if alike:
            return sorted(alike, key=lambda key: (self._keys[key] != text, key))[: 3 * most]
        return self._nearest(text, words)[:most]

    def _nearest(self, text: str, words: list[str]) -> list[uuid.UUID]:
        """By the rarity of the words in common; a word one letter off counts for a little less."""
        wanted: list[tuple[float, set[uuid.UUID]]] = []
        total = 0.0
        for word in words:
            best = 0.0
            for other, share in ((word, 1.0), *((near, 0.8) for near in self._spelt_like(word))):
                bearers = self._words.get(other)
                if bearers:
                    weight = share * log(1 + len(self._keys) / len(bearers))
                    wanted.append((weight, bearers))
                    best = max(best, weight)
            total += best
        wanted.sort(key=lambda pair: len(pair[1]))
        scores: Counter[uuid.UUID] = Counter()
        for weight, bearers in wanted:
            if len(bearers) <= COMMON or not scores:
                for key in bearers:
                    scores[key] += weight  # type: ignore[assignment]
            else:
                for key in [key for key in scores if key in bearers]:
                    scores[key] += weight  # type: ignore[assignment]
        best_keys = [key for key, score in scores.items() if score >= NEAR_ENOUGH * total]
        best_keys.sort(key=lambda key: (-scores[key], key))
        return sorted(
            best_keys[: 5 * MOST_CHOICES], key=lambda key: (distance(text, self._keys[key], 6), -scores[key], key)
        )

    def _spelt_like(self, word: str) -> list[str]:
        if word not in self._misspelt:
            self._misspelt[word] = [
                other for other in self._words if other != word and len(word) > 1 and distance(word, other, 1) == 1
            ]
        return self._misspelt[word]
