"""`xhht serve`, `xhht work` and `xhht demo`: the server and the worker for good, and both to try."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from xhht_citizen.cli.base import xhht
from xhht_citizen.config import ConfigError, Settings


@xhht.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default="one a processor")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Threads of each worker.")
@click.option("--access-log", is_flag=True, help="A line a request: no address, no query string.")
def serve(**given: Any) -> None:
    """Serve with granian until SIGINT or SIGTERM; run `xhht db upgrade` first."""
    settings = Settings.from_env()
    from xhht_citizen import server
    from xhht_citizen.database import Database

    database = Database(settings.database_url)
    try:
        _check_tables(database)
    finally:
        database.dispose()
    server.serve(settings, **given)


@xhht.command()
@click.option("--threads", type=click.IntRange(1, 16), default=2, show_default=True, help="Jobs at the same time.")
def work(threads: int) -> None:
    """Do the long work people ask for (imports, prints, notices) until SIGINT or SIGTERM; any number may run."""
    settings = Settings.from_env()
    from xhht_citizen import worker
    from xhht_citizen.database import Database

    database = Database(settings.database_url)
    try:
        _check_tables(database)
    finally:
        database.dispose()
    worker.work_until_told(settings, threads=threads)


@xhht.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to keep it in; without it one of the user's data folders. A second start goes on where it was.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Without it 8000, or a free one when that is busy.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON when it answers, nothing else on stdout.")
def demo(data: Path | None, port: int | None, as_json: bool) -> None:
    """Try it: a made-up ward with 2,000 people on this machine, and one log-in a role."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    from xhht_citizen import server
    from xhht_citizen.demo import start

    folder = data or _demo_folder()
    with start.alone(folder) as say:
        if port:
            server.check_free(start.HOST, port)
        with _progress() as progress:
            settings = start.prepare(folder, progress)
        start.run(settings, port, lambda url: _ready(url, settings, as_json, say))


def _ready(url: str, settings: Settings, as_json: bool, say: Callable[[str], None]) -> None:
    """It answers: say where and who may come in, on standard output and (the address) to who starts it again."""
    from xhht_citizen.demo.accounts import ACCOUNTS

    say(url)
    if as_json:
        accounts = [{"role": one.role, "login": one.login, "password": one.password} for one in ACCOUNTS]
        click.echo(json.dumps({"ready": True, "url": url, "accounts": accounts}))
    else:
        lines = [f"  {one.login:<14}{one.password:<22}{one.label}" for one in ACCOUNTS]
        click.echo("\n".join([f"\n  {url}\n", *lines, f"\n  Dữ liệu: {settings.data_dir}. Dừng: Ctrl+C.\n"]))


def _check_tables(database: Any) -> None:
    from xhht_citizen import schema

    if not schema.is_current(database):
        raise ConfigError("the tables are not up to date: run `xhht db upgrade`")


def _leave(number: int, frame: object) -> None:
    """Stopped before the server is up: nothing half-made stays, nothing went wrong."""
    raise SystemExit(0)


def _demo_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("xhht-citizen") / "demo"


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on standard error that goes away when it is full."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda doing, share: bar.update(task, description=doing, completed=share)
