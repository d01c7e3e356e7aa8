"""The worker: does the jobs people asked for, as long as it runs (`xhht work`; inside `xhht demo`).

The table of jobs is the truth. Once a second this looks for what waits, or was left by a worker that died, and hands it
to Huey's threads, which also do what comes round by the clock. Huey keeps its queue in memory only: what is lost with
the process is still in the table.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path

import structlog
from huey import MemoryHuey
from sqlalchemy.exc import OperationalError

from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.errors import DomainError
from xhht_citizen.evidence.files import Store
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs.actions import Claimed, LostClaim
from xhht_citizen.jobs.rules import BEAT_SECONDS, BROKEN
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.roster import importing

log = structlog.get_logger()
Handler = Callable[[Claimed, Workshop], None]
# What each kind of job does. A handler works in steps of its own and ends by `finish`; it may be begun again after any
# of its steps, in another process.
HANDLERS: Mapping[str, Handler] = {
    "roster.check": importing.check,
    "roster.take": importing.take,
    "roster.undo": importing.undo,
}
# What comes round by itself: name -> (seconds between, what is done). Each must be harmless when two workers do it.
ROUNDS: Mapping[str, tuple[float, Callable[[Workshop], object]]] = {
    "roster.forget_old": (3600, importing.forget_old),
}
LOOK_SECONDS = 1.0


def open_workshop(settings: Settings) -> Workshop:
    """The database and file store of these settings, for a process of its own."""
    return Workshop(Database(settings.database_url), Store.open(settings), settings)


def work(settings: Settings, *, threads: int = 2, stop: threading.Event | None = None) -> None:
    """Do jobs until `stop` is set; steps under way are finished first."""
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
                run_waiting(shop)
        except Exception as error:  # a thread of the wheel must live on
            log.error("worker", what=name, error=type(error).__name__, where=where(error))
        finally:
            busy.discard(name)

    consumer = wheel.create_consumer(workers=threads, periodic=False, check_worker_health=True)
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
    wait([sentinel])
    stop.set()


def beside(settings: Settings) -> multiprocessing.process.BaseProcess:
    """Start a worker beside this process; the caller stops it by `terminate()` and `join()`."""
    process = multiprocessing.get_context("spawn").Process(target=work_until_told, args=(settings,), daemon=True)
    process.start()
    return process


def run_waiting(shop: Workshop, *, most: int | None = None) -> int:
    """Do what waits, one job after another, until nothing does (or `most` were done); returns how many."""
    done = 0
    while most is None or done < most:
        claimed = jobs.claim(shop.database, frozenset(HANDLERS))
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
