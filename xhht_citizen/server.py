"""The production server: granian, several processes of several threads, every one with its own app and connections."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from xhht_citizen.config import ConfigError, Settings
from xhht_citizen.errors import N_, Conflict

if TYPE_CHECKING:
    from flask import Flask

BACKLOG = 2048  # connections the kernel holds while every thread is busy: a burst waits, it is not refused
REMOTE_STORES = frozenset(
    {"s3", "s3a", "gs", "az", "azure", "abfs", "abfss"}
)  # that outlive a worker and can be written
# No address, no query string, no browser: a log must not say who read what.
LOG_LINE = "%(time)s %(method)s %(path)s %(status)d %(dt_ms).0f ms"
LOGGING: dict[str, Any] = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    },
}


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    threads: int = 4,
    access_log: bool = False,
    quiet: bool = False,
    stop_seconds: int = 20,
    on_start: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; running requests get `stop_seconds` to end. A worker that dies is replaced.

    Logs go to standard error. Raises Conflict when the port is taken, ConfigError when files can be kept nowhere;
    SystemExit(1) when workers cannot start.
    """
    check_files(settings)
    check_free(host, port)
    import_module("xhht_citizen.app")  # before the workers are forked: what is only code is in memory once
    server = Granian(
        "xhht_citizen.app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.warning if quiet else LogLevels.info,
        log_dictconfig=LOGGING,
        log_access=access_log,
        log_access_format=LOG_LINE,
        respawn_failed_workers=True,
        workers_kill_timeout=stop_seconds,
    )
    if on_start is not None:
        server.on_startup(on_start)
    server.serve(target_loader=partial(load, settings), wrap_loader=False)


def load(settings: Settings) -> Flask:
    """A worker's own app: nothing of the parent's connections is shared."""
    from xhht_citizen.app import create_app

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    return create_app(settings)


def _end_with(sentinel: int) -> None:
    """A worker whose parent was killed must not keep the port: the next start would find it taken."""
    wait([sentinel])
    os._exit(1)


def check_free(host: str, port: int) -> None:
    """Conflict when nothing can listen there."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError):
        raise Conflict(N_("Cổng %(port)s ở %(host)s đang bận hoặc không dùng được."), port=port, host=host) from None


def check_files(settings: Settings) -> None:
    """Refuse a XHHT_FILES_URL that is no address of a file store: said once here, not by every worker anew.

    The address is only read, a folder only made: a store used before the workers are forked would hang in them.
    Raises ConfigError, or OSError for a folder that cannot be made.
    """
    if not settings.files_url:
        return
    try:
        address = urlsplit(settings.files_url)
    except ValueError:
        address = urlsplit("")
    in_a_folder = address.scheme == "file" and address.netloc == "" and address.path.startswith("/")
    if not in_a_folder and not (address.scheme in REMOTE_STORES and address.netloc):
        raise ConfigError("XHHT_FILES_URL must be s3://bucket/prefix or file:///folder")
    if in_a_folder:
        Path(url2pathname(address.path)).mkdir(mode=0o700, parents=True, exist_ok=True)


def free_port(host: str) -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
