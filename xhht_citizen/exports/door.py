"""The sheet that hangs at an activity's door: what it is, and a code large enough to be scanned from two steps away."""

from __future__ import annotations

from collections.abc import Mapping

from xhht_citizen.exports.typesetting import qr, typeset


def poster_pdf(words: Mapping[str, str], link: str) -> bytes:
    """One A4 page; `words` are name, kind, day, provider, place, code, address."""
    return typeset("door", {**words, "qr": qr(link)})
