"""A push service on a port of the test's own, and browsers it knows: what they were sent, opened as they open it.

with PushService().open() as host:          "127.0.0.1:PORT", for XHHT_PUSH_HOSTS
    phone = Pushed("lan", host)             .given(), as a browser gives it; .opens(body), what was sealed for it
service.seen, service.answers               path, headers, body of each request; a list of statuses by path
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from xhht_citizen.notices.devices import Given

# As `xhht push keys` prints it.
KEY = "qL3FN9mBsyuPpDnlR5eW6T8hYUq0Vx2jZkAcJ4Gd1oE"
CONTACT = "mailto:hoi@hoc.example"


def written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PushService:
    """Remembers what it was sent; answers 201, or what `answers` says for a path, one after another."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, list[int | None]] = {}  # None: the line is cut instead of an answer

    @contextmanager
    def open(self) -> Iterator[str]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.seen.append((self.path, dict(self.headers), body))
                queue = service.answers.get(self.path)
                answer = queue.pop(0) if queue else 201
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def finish(self) -> None:
                if not self.wfile.closed and not self.connection._closed:  # type: ignore[attr-defined]
                    super().finish()

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"127.0.0.1:{server.server_port}"
            server.shutdown()

    def paths(self) -> list[str]:
        return sorted(path for path, _headers, _body in self.seen)


@dataclass
class Pushed:
    """A browser: its address at the push service, and keys of its own."""

    name: str
    host: str = "127.0.0.1:9"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}/{self.name}"

    def given(self) -> Given:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Given(self.endpoint, written(point), written(self.secret))

    def fields(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": self.given().p256dh, "auth": self.given().auth}

    def opens(self, body: bytes) -> dict[str, Any]:
        opened = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        said: dict[str, Any] = json.loads(opened)
        return said
