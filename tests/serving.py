"""A real server in processes of its own, and a client that speaks plain HTTP to it.

with serving(url, folder, workers=2) as server:      server.base, server.kill() (SIGKILL to all of it)
    Client(server.base, cookie).post(path, fields)   -> (status, location, body)

signed_in(db, account) -> the cookies of a device that has just signed in, without the cost of a password
over_http(port)        -> what a Browser needs to speak to that server: Browser(over_http(server.port))
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psutil
from factories import KEY
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from xhht_citizen.people.models import Account
from xhht_citizen.people.sessions import open_session
from xhht_citizen.server import free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RUN = (
    "import sys; from xhht_citizen.config import Settings; from xhht_citizen.server import serve; "
    "serve(Settings.from_env(), port=int(sys.argv[1]), workers=int(sys.argv[2]), threads=4, quiet=True)"
)


@dataclass
class Server:
    """One running server: the process that holds the port, and its workers."""

    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut: the parent and every worker at once."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        for one in [*workers, psutil.Process(self.process.pid)]:
            one.send_signal(signal.SIGKILL)
        self.process.wait(10)
        psutil.wait_procs(workers, 10)


@contextmanager
def serving(
    url: str,
    folder: Path,
    *,
    workers: int = 2,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    run: str = RUN,
    key: str = KEY,
) -> Iterator[Server]:
    """The app as in production, on this database, until the block ends; `env` adds settings."""
    port = port or free_port("127.0.0.1")
    env = {
        **os.environ,
        "XHHT_DATABASE_URL": url,
        "XHHT_DATA_DIR": str(folder),
        "XHHT_SECRET_KEY": key,
        "XHHT_SECURE_COOKIES": "0",
        **(env or {}),
    }
    process = subprocess.Popen([sys.executable, "-c", run, str(port), str(workers)], env=env)
    server = Server(port, process)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: Server) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.process.poll() is None, "the server ended before it answered"
        try:
            if Client(server.port).get("/suc-khoe")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@dataclass
class Client:
    """One device: its cookie, and the token of its forms."""

    port: int
    cookie: str = ""
    token: str = ""

    def get(self, path: str) -> tuple[int, str, bytes]:
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, bytes]:
        """Send a form; redirects are not followed. OSError when the server went away."""
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **fields}))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": f"xhht={self.cookie}"} if self.cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", ""), answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


def signed_in(db: Session, account: Account, port: int) -> Client:
    """A device of this account, signed in; commit before it is used."""
    session = open_session(db, account.id, "test")
    app = Flask("signer")
    app.secret_key = KEY
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = signer.dumps({"_user_id": str(session.id), "_fresh": True, "csrf_token": "0" * 40, "_permanent": True})
    token = URLSafeTimedSerializer(KEY, salt="wtf-csrf-token").dumps("0" * 40)
    return Client(port, str(cookie), str(token))


def over_http(port: int) -> WSGIApplication:
    """An application that answers nothing by itself: it hands each request on to the server, byte by byte."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Content-Type": environ.get("CONTENT_TYPE"), "Cookie": environ.get("HTTP_COOKIE")}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path, query = environ["REQUEST_URI"].partition("?")[0], environ.get("QUERY_STRING", "")
        try:
            connection.request(
                environ["REQUEST_METHOD"],
                f"{path}?{query}" if query else path,
                body or None,
                {name: value for name, value in headers.items() if value},
            )
            answer = connection.getresponse()
            start_response(f"{answer.status} {answer.reason}", answer.getheaders())
            return [answer.read()]
        finally:
            connection.close()

    return application
