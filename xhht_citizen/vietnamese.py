"""Vietnamese text: one spelling to store, one key to search by, one key to sort names by, one mask for public pages."""

from __future__ import annotations

import unicodedata

_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền, hỏi, ngã, sắc, nặng; ngang is 0
_SHAPES = {"a\u0306": 1, "a\u0302": 2, "e\u0302": 1, "o\u0302": 1, "o\u031b": 2, "u\u031b": 1}  # ă â, ê, ô ơ, ư
_STROKED = str.maketrans("Đđð", "ddd")  # they have no decomposition; "Ð" (eth) looks the same and gets typed for it


def nfc(text: str) -> str:
    """One line as it is stored: composed (NFC), single spaces, no control or invisible characters."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):  # nearly always
        return " ".join(text.split())
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join(unicodedata.normalize("NFC", "".join(c for c in spaced if not _invisible(c))).split())


def fold(text: str) -> str:
    """The search key: lower case, no marks, đ as d; the same for composed and decomposed input, for Hòa and Hoà."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", nfc(text)).casefold()).translate(_STROKED)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def sort_key(text: str) -> str:
    """A key that puts words in Vietnamese dictionary order under any database collation.

    Letters first, tones second, case never. Only lower-case ASCII letters, each followed by a digit (so that no
    collation sees a digraph such as "ch" or "aa"), and digits, which every collation puts before letters.
    """
    words = [_word_key(word) for word in nfc(text).replace("-", " ").split()]
    return "1".join(letters for letters, _ in words) + "0" + "".join(str(tone) for _, tone in words)


def name_sort_key(name: str) -> str:
    """A person's name as lists sort it: given name (the last word), family name (the first), then the middle."""
    words = nfc(name).split()
    given, family, middle = words[-1:], words[:-1][:1], words[1:-1]
    return "".join(sort_key(" ".join(part)) for part in (given, family, middle))


def mask_name(name: str) -> str:
    """A name for a public page: the family name and first letters, "Trần Thị Mẫu Lan" -> "Trần T. M. L***"."""
    words = nfc(name).split()
    if not words:
        return ""
    family, middle = words[:-1][:1], words[1:-1]
    return " ".join([*family, *(f"{word[0]}." for word in middle), f"{words[-1][0]}***"])


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _word_key(word: str) -> tuple[str, int]:
    """A word's letters as letter-digit pairs, and its tone 0-5 wherever it is written (Hòa, Hoà)."""
    pairs: list[str] = []
    tone = 0
    for character in unicodedata.normalize("NFKD", word.casefold()):
        if character in "đð":
            pairs.append("d1")
        elif "a" <= character <= "z":
            pairs.append(character + "0")
        elif "0" <= character <= "9":
            pairs.append("2" + character)
        elif character in _TONES:
            tone = tone or _TONES[character]
        elif unicodedata.combining(character):
            if pairs and (shape := _SHAPES.get(pairs[-1][0] + character)):
                pairs[-1] = f"{pairs[-1][0]}{shape}"
        elif character.isalnum():
            pairs.append(f"z9{ord(character):07d}")  # another script comes after z
    return "".join(pairs), tone
