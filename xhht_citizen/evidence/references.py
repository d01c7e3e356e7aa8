"""The number or address on a certificate: what of a QR code is kept, where a link leads. Pure.

A QR code may say anything. What is no certificate's (an identity card, a Wi-Fi password, somebody's telephone, a
payment) is never kept, whoever photographed it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from xhht_citizen.errors import N_
from xhht_citizen.vietnamese import nfc

MAX_REFERENCE: Final = 300
CARD: Final = N_("Ảnh này có vẻ là thẻ căn cước. Việc xét không cần đến: xin bỏ ảnh ấy đi và chụp giấy chứng nhận.")

_CARD = re.compile(r"\d{12}\|")  # the code on an identity card: the number, then name, day of birth, home
_NUMBER = re.compile(r"(?=.*\d)[\w .,:/()#-]{3,80}")
_NO_NUMBER = re.compile(r"0002\d{2}|\d{9}$|\d{12}$|(?:begin|mecard|wifi):|[a-z][a-z0-9+.-]*:\S", re.I)


def plain_reference(text: str | None) -> str | None:
    """What was typed, on one line; None when nothing was."""
    shown = "".join(char if char.isprintable() else " " for char in nfc(text or ""))
    return " ".join(shown.split()) or None


def from_qr(text: str) -> str | None:
    """What a certificate's code says that may be kept: a web address, or a number; None for everything else."""
    kept = plain_reference(text)
    if kept is None or len(kept) > MAX_REFERENCE:
        return None
    if link_host(kept) is not None:
        return kept
    return kept if _NUMBER.fullmatch(kept) and not _NO_NUMBER.match(kept) else None


def is_card(text: str) -> bool:
    """Whether a code is that of an identity card."""
    return bool(_CARD.match(text.strip()))


def _address(reference: str) -> SplitResult | None:
    """The parts of a web address that names one host and nobody's password; None otherwise."""
    if any(char.isspace() or char in "\\<>\"'`" for char in reference):
        return None
    try:
        parts = urlsplit(reference)
        _port = parts.port  # raises for a port that is none
    except ValueError:
        return None
    plain = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    return parts if plain else None


def link_host(reference: str | None) -> str | None:
    """The host a reference leads to, as the network knows it; None when it is no web address."""
    parts = _address(reference or "")
    if parts is None or parts.hostname is None:
        return None
    try:
        host = parts.hostname.encode("idna").decode()  # a look-alike of another alphabet shows as xn--
    except UnicodeError:
        return None
    return host if re.fullmatch(r"[a-z0-9.:-]+", host) else None


def own_path(reference: str | None, bases: frozenset[str]) -> str | None:
    """The path and query of an address of one of these (scheme://host:port), for codes of this app; None otherwise."""
    parts = _address(reference or "")
    if parts is None or f"{parts.scheme.lower()}://{parts.netloc.lower()}" not in bases:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")
