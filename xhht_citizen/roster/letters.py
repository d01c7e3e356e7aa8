"""Which letters a file is written in: Unicode, Windows-1258, or the old TCVN3 fonts (".VnTime"). Pure.

A part of the reading child, so it knows nothing of the house.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable

# TCVN 5712:1993 (ABC), as bytes of 8 bits read as Latin-1. Capitals with a tone are the small letters in another font.
_BASE = {
    "a": "µ¶·¸¹", "ă": "»¼½¾Æ", "â": "ÇÈÉÊË", "e": "ÌÎÏÐÑ", "ê": "ÒÓÔÕÖ", "i": "×ØÜÝÞ",
    "o": "ßáâãä", "ô": "åæçèé", "ơ": "êëìíî", "u": "ïñòóô", "ư": "õö÷øù", "y": "úûüýþ",
}  # fmt: skip
_PLAIN = dict(zip("¡¢£¤¥¦§¨©ª«¬\u00ad®", "ĂÂÊÔƠƯĐăâêôơưđ", strict=True))
_TONES = "\u0300\u0309\u0303\u0301\u0323"
TCVN3 = str.maketrans(
    _PLAIN
    | {
        code: unicodedata.normalize("NFC", letter + tone)
        for letter, codes in _BASE.items()
        for code, tone in zip(codes, _TONES, strict=True)
    }
)
# What no Vietnamese text in Unicode has inside a word, and nearly every line of TCVN3 has.
_TELLING = frozenset("µ¶·¸¹»¼½¾Æ×ØÞßáåæçëîïñö÷øûþ¡¢£¤¥¦§¨©ª«¬\u00ad®") - frozenset("áåçëîïñöûØ")
VIETNAMESE = frozenset(
    unicodedata.normalize("NFC", letter + tone) for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in ("", *_TONES)
) | frozenset("đĐ")
_COMMON = frozenset("–—‘’“”…•") | {"\u00a0", "\ufeff"}


def decode(content: bytes) -> str | None:
    """The text of a csv file, composed; None when no way of writing Vietnamese explains its bytes.

    A byte-order mark decides; then UTF-16 by its empty bytes, UTF-8 where it is valid, Windows-1258 where that leaves
    hardly a sign Vietnamese does not have, else an old font's bytes.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _try(content, name)
    head = content[:4000]
    if head.count(0) > len(head) // 4:
        return _try(content, "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be")
    text = _try(content, "utf-8")
    if text is not None:
        return text
    text = _try(content, "cp1258")
    if text is not None and strange(text) * 20 <= sum(1 for c in text if c > "\x7f"):
        return text
    text = content.decode("latin-1")
    return text if looks_tcvn3([text]) else None  # turned with every other text of the file


def strange(text: str) -> int:
    """How many characters beyond ASCII are no Vietnamese letters."""
    return sum(1 for c in text if c > "\x7f" and c not in VIETNAMESE and c not in _COMMON)


def looks_tcvn3(texts: Iterable[str]) -> bool:
    """Whether these were typed in a TCVN3 font: signs stand inside words, oftener than letters only Unicode has."""
    telling = unicode_only = 0
    for text in texts:
        for index, c in enumerate(text):
            if c in _TELLING:
                beside = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
                telling += any("a" <= near.lower() <= "z" for near in beside)
            elif c > "\u00ff" and c in VIETNAMESE:
                unicode_only += 1
    return telling > 2 and telling > unicode_only


def from_tcvn3(text: str) -> str:
    """Text of a TCVN3 font in Unicode; plain ASCII stays what it is."""
    return text if text.isascii() else text.translate(TCVN3)


def _try(content: bytes, name: str) -> str | None:
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return None
    return text if text.isascii() else unicodedata.normalize("NFC", text)
