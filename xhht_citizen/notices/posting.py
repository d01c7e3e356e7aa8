"""One POST to a gateway or a push service: its answer; surely not sent (Refused), or nobody knows (Unsure).

No redirect is followed, and nothing is sent twice.
"""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from xhht_citizen.notices.outbox import Refused, Unsure


def post(url: str, body: bytes, headers: dict[str, str], *, seconds: int) -> int:
    """The status of the answer. Refused while there was no line yet; Unsure once something may have gone over it."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(target.hostname or "", target.port, timeout=seconds)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    try:
        try:
            connection.connect()
        except OSError as error:
            raise Refused(type(error).__name__) from None
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise Unsure(type(error).__name__) from None
    finally:
        connection.close()
