"""Make the demonstration's folder when it is not there, and serve it until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from xhht_citizen import schema, server, worker
from xhht_citizen.clock import local
from xhht_citizen.config import ConfigError, Settings, sqlite_url
from xhht_citizen.database import Database, now
from xhht_citizen.demo.accounts import ACCOUNTS
from xhht_citizen.demo.seed import seed
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.notices.keys import new_key
from xhht_citizen.people.models import Account
from xhht_citizen.places import actions as places

HOST, PORT = "127.0.0.1", 8000
Progress = Callable[[str, float], None]


@contextmanager
def alone(folder: Path) -> Iterator[Callable[[str], None]]:
    """Hold the folder for this process; what is given takes the address where it answers, for who comes second.

    Raises Conflict, naming what runs, when another process holds it. The lock goes with its process, however that
    ends; it is one of fcntl's, which the workers do not inherit.
    """
    with (_folder(folder) / "demo.lock").open("a+", encoding="utf-8") as file:
        if not _locked(file):
            file.seek(0)
            running = ", ".join(file.read().splitlines()) or "…"
            message = N_("Bản dùng thử trong thư mục %(folder)s đang chạy: %(running)s.")
            raise Conflict(message, folder=folder, running=running)
        file.truncate(0)

        def say(line: str) -> None:
            file.write(f"{line}\n")
            file.flush()

        say(f"PID {os.getpid()}")
        yield say


def _folder(folder: Path) -> Path:
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _locked(file: TextIO) -> bool:
    """Whether the lock could be taken; without waiting."""
    try:
        import fcntl
    except ImportError:  # not on Windows: there a busy port and the rename at the end must do
        return True
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # either may be said of a lock that is taken
        return False
    return True


def prepare(folder: Path, progress: Progress) -> Settings:
    """The demonstration's settings; its database is made first when the folder has none.

    It is made under another name and renamed when whole: killed half-way, the next start begins again. Call it inside
    `alone`, where another process may do the same.
    `progress` hears what is being done and the share done, 0 to 1. Raises ConfigError for another app's database.
    """
    folder = _folder(folder)
    settings = Settings(
        data_dir=folder,
        database_url=sqlite_url(folder),
        secret_key=_secret(folder / "secret.key", lambda: secrets.token_urlsafe(48)),
        secure_cookies=False,  # plain http on this machine
        demo=True,
        push_key=_secret(folder / "push.key", new_key),
        push_contact="mailto:dung-thu@hoc.example",
    )
    whole, growing = folder / "xhht.sqlite3", folder / "demo-growing.sqlite3"
    if not whole.exists():
        for left in folder.glob(f"{growing.name}*"):
            left.unlink()
        _make(growing, folder / "files", progress)
        growing.replace(whole)
    database = Database(settings.database_url)
    try:
        schema.upgrade(database)
        with database.read() as db:
            _check(db, whole)
    except DatabaseError as error:
        raise ConfigError(f"{whole} cannot be opened as a database") from error
    finally:
        database.dispose()
    return settings


def run(settings: Settings, port: int | None, ready: Callable[[str], None], *, workers: int = 2) -> None:
    """Serve here only, a worker beside it, until SIGINT or SIGTERM; `ready` hears the address once it really answers.

    Without a port it is 8000, or a free one when that is busy; a port that was asked for must be free (Conflict).
    """
    if port is None:
        port = PORT
        try:
            server.check_free(HOST, port)
        except Conflict:
            port = 0
    port = port or server.free_port(HOST)
    chosen = port

    def announce() -> None:
        if _answers(chosen):
            ready(f"http://{HOST}:{chosen}")

    with worker.beside(settings):
        server.serve(
            settings,
            host=HOST,
            port=port,
            workers=workers,
            threads=4,
            quiet=True,
            stop_seconds=3,
            on_start=lambda: threading.Thread(target=announce, daemon=True).start(),
        )


def _make(path: Path, files: Path, progress: Progress) -> None:
    def keep(key: str, content: bytes) -> None:
        # Where the store looks, but not through it: its threads would not live on in the forked workers.
        (files / key).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (files / key).write_bytes(content)

    database = Database(f"sqlite:///{path}")
    try:
        progress("Tạo cơ sở dữ liệu", 0.02)
        schema.upgrade(database)
        progress("Nạp 34 tỉnh, thành phố và 3.321 xã, phường", 0.1)
        with database.transaction() as db:
            places.load(db)
        progress("Dựng phường Hương Trà", 0.45)
        with database.transaction() as db:
            seed(db, keep, local(now()), lambda share: progress("Dựng phường Hương Trà", 0.45 + 0.55 * share))
        with database.engine.connect() as connection:
            # One file to rename, nothing left beside it.
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.dispose()


def _check(db: Session, path: Path) -> None:
    """A real register must not be opened as a demonstration, with log-ins printed on the screen."""
    logins = [entry.login for entry in ACCOUNTS]
    found = db.scalar(select(func.count()).select_from(Account).where(Account.login.in_(logins)))
    if found != len(logins):
        raise ConfigError(f"{path} is not a demonstration's database; choose another folder with --data")


def _secret(path: Path, make: Callable[[], str]) -> str:
    """A key (one signs sessions, one what is pushed), made once, readable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w") as file:
        file.write(make() + "\n")
    return path.read_text("ascii").strip()


def _answers(port: int, patience_seconds: float = 60) -> bool:
    """Whether the server answers a request. A bare socket: this runs while workers are being forked."""
    request = b"GET /suc-khoe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection((HOST, port), timeout=10) as connection:
                connection.sendall(request)
                if connection.recv(12).startswith(b"HTTP/1.1 2"):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False
