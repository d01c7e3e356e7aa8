"""The way to browsers: one encrypted request (RFC 8291) to the push service that a browser named, signed by our key
(RFC 8292). The service cannot read it. Only known services are spoken to, and no redirect is followed.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from xhht_citizen.config import Settings
from xhht_citizen.notices.outbox import Gone, Letter, Refused, refusal
from xhht_citizen.notices.posting import post
from xhht_citizen.notices.rules import PUSH_TTL_SECONDS, is_push_service

SECONDS = 5  # a push service answers at once; a letter goes to a few devices, one after the other


def push(settings: Settings, letter: Letter, title: str, body: str) -> None:
    """Give a letter to the push service of one browser. Gone where the service knows that browser no more."""
    from py_vapid import Vapid02
    from pywebpush import WebPusher

    device = letter.device
    if device is None or not is_push_service(device.endpoint, settings.push_hosts):
        raise Refused("host", final=True)
    target = urlsplit(device.endpoint)
    said = {"title": title, "body": body, "path": letter.path, "lang": device.lang}
    said |= {"id": str(letter.id), "notice": str(letter.notice)}
    topic = letter.kind.replace(".", "-")  # a later one of the kind takes the place of what was not fetched yet
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    sealed = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(
        json.dumps({**said, "tag": topic}, ensure_ascii=False).encode()
    )["body"]
    claims = {"aud": f"{target.scheme}://{target.netloc}", "sub": settings.push_contact}
    headers = {
        **Vapid02.from_raw((settings.push_key or "").encode()).sign(claims),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(PUSH_TTL_SECONDS),
        "Urgency": "normal",
        "Topic": topic,
    }
    status = post(device.endpoint, sealed, headers, seconds=SECONDS)
    if status in {404, 410}:
        raise Gone(f"HTTP {status}")
    if not 200 <= status < 300:
        raise refusal(status)
