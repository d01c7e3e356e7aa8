"""The worker: does the jobs people asked for, as long as it runs (`xhht work`; inside `xhht demo`).

The table of jobs is the truth. Once a second this looks for what waits, or was left by a worker that died, and hands it
to Huey's threads, which also do what comes round by the clock. Huey keeps its queue in memory only: what is lost with
the process is still in the table.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path

import structlog
from huey import MemoryHuey
from huey.consumer import Consumer
from sqlalchemy.exc import OperationalError

import xhht_citizen.schema  # noqa: F401 (every table a foreign key names)
from xhht_citizen.batches.signing import SIGN, sign_batch
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.errors import DomainError
from xhht_citizen.evidence.files import Store
from xhht_citizen.exports import slips
from xhht_citizen.exports.certificates import PRINT, print_all
from xhht_citizen.exports.sheets import print_sheets
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs.actions import Claimed, LostClaim
from xhht_citizen.jobs.rules import BEAT_SECONDS, BROKEN, SILENT_SECONDS
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices import devices, outbox
from xhht_citizen.notices.channels import open_channels
from xhht_citizen.notices.rules import SENDING_SECONDS
from xhht_citizen.phones import actions as arriving
from xhht_citizen.phones import drafting
from xhht_citizen.roster import importing

log = structlog.get_logger()
Handler = Callable[[Claimed, Workshop], None]
# What each kind of job does. A handler works in steps of its own and ends by `finish`; it may be begun again after any
# of its steps, in another process.
HANDLERS: Mapping[str, Handler] = {
    "slips.print": slips.print_slips,
    "sheets.print": print_sheets,
    SIGN: sign_batch,
    PRINT: print_all,
    "roster.check": importing.check,
    "roster.take": importing.take,
    "roster.undo": importing.undo,
}


def send_notices(shop: Workshop, *, sending_seconds: float = SENDING_SECONDS) -> int:
    """Send what waits in the outbox, until nothing does; returns how many were spoken for.

    What another worker has been sending for `sending_seconds` is taken for lost. So a hand that is slow, as where a
    push service does not answer, is laid down after half of that, and what is left of it is taken anew.
    """
    channels = open_channels(shop.settings)
    outbox.give_up_lost(shop.database, sending_seconds=sending_seconds)
    days = shop.settings.session_days
    while outbox.spread(shop.database, channels, session_days=days):
        pass
    done = 0
    while letters := outbox.begin(shop.database, channels, session_days=days):
        begun, spoken = time.monotonic(), 0
        try:
            while spoken < len(letters) and (not spoken or time.monotonic() - begun < sending_seconds / 2):
                letter, spoken = letters[spoken], spoken + 1
                outbox.send(shop.database, letter, channels[letter.channel])
        finally:  # whatever broke off, nobody has spoken of the others
            outbox.put_back(shop.database, letters[spoken:])
        done += spoken
    return done


# What comes round by itself: name -> (seconds between, what is done). Each must be harmless when two workers do it.
ROUNDS: Mapping[str, tuple[float, Callable[[Workshop], object]]] = {
    "notices": (5.0, send_notices),
    "files": (3600.0, jobs.forget_files),
    "slips.tidy": (3600.0, slips.tidy),
    "roster.forget_old": (3600.0, importing.forget_old),
    "push.forget_dead": (
        3600.0,
        lambda shop: devices.forget_dead(shop.database, session_days=shop.settings.session_days),
    ),
    "arrivals.forget_old": (3600.0, lambda shop: arriving.forget_old(shop.database)),
    "drafts.forget_old": (3600.0, lambda shop: drafting.forget_old(shop.database)),
}
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # for a job under way, when the process it works beside is stopped


class Threads(Consumer):  # type: ignore[misc]
    """Huey's threads; for signals this process listens itself."""

    def _set_signal_handlers(self) -> None:
        """None of Huey's own."""


def open_workshop(settings: Settings) -> Workshop:
    """The database and file store of these settings, for a process of its own."""
    return Workshop(Database(settings.database_url), Store.open(settings), settings)


def work(
    settings: Settings,
    *,
    threads: int = 2,
    stop: threading.Event | None = None,
    silent_seconds: float = SILENT_SECONDS,
) -> None:
    """Do jobs until `stop` is set; the job under way is finished first.

    Another worker's job is taken up when that one was silent for `silent_seconds`.
    """
    stop = stop or threading.Event()
    shop = open_workshop(settings)
    logging.getLogger("huey").setLevel(logging.WARNING)
    wheel = MemoryHuey("xhht", utc=True)
    busy: set[str] = set()

    @wheel.task()  # type: ignore[untyped-decorator]
    def go(name: str) -> None:
        try:
            if name in ROUNDS:
                ROUNDS[name][1](shop)
            else:
                while not stop.is_set() and run_waiting(shop, most=1, silent_seconds=silent_seconds):
                    pass
        except Exception as error:  # a thread of the wheel must live on
            log.error("worker", what=name, error=type(error).__name__, where=where(error))
        finally:
            busy.discard(name)

    consumer = Threads(wheel, workers=threads, periodic=False)
    consumer.start()
    due = dict.fromkeys(ROUNDS, 0.0)
    try:
        while not stop.is_set():
            moment = time.monotonic()
            for name, (seconds, _what) in ROUNDS.items():
                if moment >= due[name] and name not in busy:
                    due[name] = moment + seconds
                    busy.add(name)
                    go(name)
            for place in range(max(1, threads - 1)):  # one thread is left for what comes round
                if (name := f"jobs-{place}") not in busy:
                    busy.add(name)
                    go(name)
            stop.wait(LOOK_SECONDS)
    finally:
        consumer.stop(graceful=True)
        shop.database.dispose()


def work_until_told(settings: Settings, *, threads: int = 2) -> None:
    """As a process of its own: work until SIGINT or SIGTERM, or until the process that started it is gone."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_stop_with, args=(parent.sentinel, stop), daemon=True).start()
    work(settings, threads=threads, stop=stop)


def _stop_with(sentinel: int, stop: threading.Event) -> None:
    """Stop with the parent; a long job gets a moment to come to its end, and goes on in the next start."""
    wait([sentinel])
    stop.set()
    time.sleep(PATIENCE_SECONDS)
    os._exit(1)


@contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """A worker in a process beside this one, for as long as the block lasts; it ends with this one however that ends.

    A long job under way is broken off then, and gone on with by the next worker.
    """
    process = multiprocessing.get_context("spawn").Process(target=work_until_told, args=(settings,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(PATIENCE_SECONDS)
        process.kill()
        process.join()


def run_waiting(shop: Workshop, *, most: int | None = None, silent_seconds: float = SILENT_SECONDS) -> int:
    """Do what waits, one job after another, until nothing does (or `most` were done); returns how many."""
    done = 0
    while most is None or done < most:
        claimed = jobs.claim(shop.database, frozenset(HANDLERS), silent_seconds=silent_seconds)
        if claimed is None:
            break
        done += 1
        if not claimed.given_up:
            run(claimed, shop)
    return done


def run(claimed: Claimed, shop: Workshop) -> None:
    """One job to its end: done, or failed with a reason. A job that is not ours any more is left alone."""
    try:
        with beating(claimed):
            HANDLERS[claimed.kind](claimed, shop)
    except LostClaim:
        log.info("job lost", kind=claimed.kind, job=str(claimed.id))
    except DomainError as refused:
        with suppress(LostClaim):
            claimed.fail(refused.message, dict(refused.values))
    except OperationalError:
        raise  # the database is away or busy: the job stays, and is taken up again when this claim has gone silent
    except Exception as error:
        log.error("job", kind=claimed.kind, job=str(claimed.id), error=type(error).__name__, where=where(error))
        with suppress(LostClaim):
            claimed.fail(BROKEN)


@contextmanager
def beating(claimed: Claimed) -> Iterator[None]:
    """Say every few seconds that this worker lives, while it computes something long between two steps."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            with suppress(LostClaim, OperationalError):
                claimed.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def where(error: BaseException) -> str:
    """File and line of what went wrong; its text may hold names, and is not logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
