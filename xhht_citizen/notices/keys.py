"""Keys of web push: our own pair (VAPID), and whether what a browser gives as its keys is any."""

from __future__ import annotations

import base64
from functools import cache


def new_key() -> str:
    """A fresh private key, as XHHT_PUSH_KEY holds it."""
    from py_vapid import Vapid02

    made = Vapid02()
    made.generate_keys()
    return _written(made.private_key.private_numbers().private_value.to_bytes(32))


@cache
def public_key(private: str) -> str:
    """The public half of a key, as a page gives it to its browser."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from py_vapid import Vapid02

    public = Vapid02.from_raw(private.encode()).public_key
    return _written(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether these are keys that a browser made: a point of the curve, and 16 bytes."""
    from py_vapid import Vapid02

    try:
        if len(_read(p256dh)) != 65 or len(_read(auth)) != 16:
            return False
        Vapid02.from_raw_public(p256dh.rstrip("=").encode())
    except ValueError:
        return False
    return True


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
