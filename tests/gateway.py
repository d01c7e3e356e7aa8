"""What notices leave by, on ports of the test's own: a gateway for SMS, and a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "khoa-cong-tin-nhan-0123456789"


class Gateway:
    """A gateway of its own port: remembers what it was sent, answers as `answers` says, one after another."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], dict[str, Any], bytes]] = []
        self.answers: list[int | None] = []  # None: the line is cut instead of an answer
        self.slow_seconds = 0.0  # before each answer

    @contextmanager
    def open(self) -> Iterator[str]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.seen.append((dict(self.headers), json.loads(body), body))
                time.sleep(gateway.slow_seconds)
                answer = gateway.answers.pop(0) if gateway.answers else 200
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def finish(self) -> None:
                if not self.wfile.closed and not self.connection._closed:  # type: ignore[attr-defined]
                    super().finish()

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/gui"
            server.shutdown()


class Post:
    """A mail server: what it took, and what it answers to MAIL, to RCPT and to the letter itself."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.sender = self.rcpt = self.data = "250 ok"

    @contextmanager
    def open(self) -> Iterator[str]:
        post = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 thu")
                for line in self.rfile:
                    word = line.strip().upper()
                    if word.startswith(b"MAIL"):
                        self.say(post.sender)
                    elif word.startswith(b"RCPT"):
                        self.say(post.rcpt)
                    elif word == b"DATA":
                        self.say("354 go on")
                        letter = b""
                        for part in self.rfile:
                            if part == b".\r\n":
                                break
                            letter += part
                        if post.data == "cut":
                            return
                        if post.data.startswith("250"):
                            post.letters.append(letter)
                        self.say(post.data)
                    elif word == b"QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"smtp://127.0.0.1:{server.server_address[1]}"
            server.shutdown()
