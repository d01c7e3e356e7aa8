"""Asking for a job, claiming it, working in steps, ending it.

A job is a row of the transaction that asks for it: it exists exactly when that transaction was committed. A worker
claims it and gets a number; every step locks the row and checks the number, so that a worker believed dead that wakes
up again finds its step refused and writes nothing. What a step wrote and how far the job is are committed together.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import ENDED, GIVEN_UP, KEPT_DAYS, MOST_CLAIMS, SILENT_SECONDS, State
from xhht_citizen.jobs.workshop import Workshop


class LostClaim(Exception):
    """Another worker has the job by now, or somebody stopped it: nothing of this step is kept."""


@dataclass(frozen=True)
class Asked:
    """What is to be done, for whom, and who may look at it: the owner while they have `permission` in the place.

    `title` is a sentence for people: marked (N_), or with values and then said in the language it is asked in.
    """

    kind: str
    title: str
    permission: str
    account_id: uuid.UUID | None
    payload: dict[str, Any] = field(default_factory=dict)
    ward_code: str | None = None
    community_id: uuid.UUID | None = None
    province_code: str | None = None
    total: int | None = None
    id: uuid.UUID | None = None
    not_before: datetime | None = None


def ask(db: Session, asked: Asked) -> uuid.UUID:
    """Put a job into the queue; with an `id` that came with the form, sent twice is once. Returns its id."""
    job_id = asked.id or new_id()
    insert_new(
        db,
        Job,
        id=job_id,
        kind=asked.kind,
        account_id=asked.account_id,
        permission=asked.permission,
        ward_code=asked.ward_code,
        community_id=asked.community_id,
        province_code=asked.province_code,
        title=asked.title[:200],
        payload=asked.payload,
        state=State.WAITING,
        claim=0,
        cursor={},
        done=0,
        total=asked.total,
        result={},
        asked_at=now(),
        not_before=asked.not_before or now(),
    )
    return job_id


def stop(db: Session, job_id: uuid.UUID) -> bool:
    """Stop a job that has not ended; what its finished steps wrote stays. False when it had ended before."""
    job = db.scalars(select(Job).where(Job.id == job_id).with_for_update()).one_or_none()
    if job is None:
        raise NotFound(N_("Không tìm thấy việc này."))
    if State(job.state) in ENDED:
        return False
    job.state, job.ended_at = State.STOPPED, now()
    db.flush()
    return True


def claim(database: Database, kinds: frozenset[str], *, silent_seconds: float = SILENT_SECONDS) -> Claimed | None:
    """The next job to do; None when there is none.

    Takes up what a worker left that has been silent for so long; gives up what took down `MOST_CLAIMS` of them.
    """
    silent = now() - timedelta(seconds=silent_seconds)
    free = or_(
        (Job.state == State.WAITING) & (Job.not_before <= now()),
        (Job.state == State.RUNNING) & (Job.beat_at < silent),
    )
    with database.transaction() as db:
        query = select(Job).where(free, Job.kind.in_(kinds)).order_by(Job.not_before, Job.id).limit(1)
        job = db.scalars(query.with_for_update(skip_locked=True)).one_or_none()
        if job is None:
            return None
        if job.claim >= MOST_CLAIMS:
            job.state, job.reason, job.ended_at = State.FAILED, GIVEN_UP, now()
            return Claimed(database, job.id, job.kind, job.claim, given_up=True)
        job.claim += 1
        job.state, job.beat_at = State.RUNNING, now()
        db.flush()
        return Claimed(
            database,
            job.id,
            job.kind,
            job.claim,
            payload=dict(job.payload),
            cursor=dict(job.cursor),
            account_id=job.account_id,
            ward_code=job.ward_code,
            title=job.title,
        )


@dataclass
class Claimed:
    """A job in a worker's hands. Its work is done in `step`s; `cursor` is what the last finished step left.

    for part in parts_after(claimed.cursor.get("last")):
        with claimed.step() as db:
            ...write...
            claimed.came_to(db, done=n, cursor={"last": part.id})
    """

    database: Database
    id: uuid.UUID
    kind: str
    number: int
    payload: dict[str, Any] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    account_id: uuid.UUID | None = None
    ward_code: str | None = None
    title: str = ""
    given_up: bool = False

    @contextmanager
    def step(self) -> Iterator[Session]:
        """A transaction of this job: committed when the block ends well and the job is still ours. LostClaim if not.

        The row is locked to the end: no other worker can take the job up while a step is being kept.
        """
        with self.database.transaction() as db:
            self._hold(db)
            yield db

    def came_to(
        self, db: Session, *, done: int | None = None, total: int | None = None, cursor: dict[str, Any] | None = None
    ) -> None:
        """Within a step: how far the job is, and where the next step begins."""
        values: dict[str, Any] = {"beat_at": now()}
        if done is not None:
            values["done"] = done
        if total is not None:
            values["total"] = total
        if cursor is not None:
            values["cursor"], self.cursor = cursor, cursor
        db.execute(update(Job).where(Job.id == self.id).values(**values))

    def beat(self) -> None:
        """Say that this worker lives. LostClaim when the job is not ours any more."""
        with self.step() as db:
            self.came_to(db)

    def finish(
        self,
        db: Session,
        *,
        result: dict[str, Any] | None = None,
        file_key: str | None = None,
        file_name: str | None = None,
        file_type: str | None = None,
    ) -> None:
        """Within the last step: the job is done; its result and the file it left in the store are kept with it."""
        db.execute(
            update(Job)
            .where(Job.id == self.id)
            .values(
                state=State.DONE,
                ended_at=now(),
                result=result or {},
                file_key=file_key,
                file_name=file_name,
                file_type=file_type,
            )
        )

    def fail(self, reason: str, values: dict[str, Any] | None = None) -> None:
        """The job cannot be done: a marked message and its values, said to its owner."""
        with self.step() as db:
            db.execute(
                update(Job)
                .where(Job.id == self.id)
                .values(state=State.FAILED, reason=reason, ended_at=now(), result={"values": values or {}})
            )

    def _hold(self, db: Session) -> None:
        mine = select(Job.id).where(Job.id == self.id, Job.claim == self.number, Job.state == State.RUNNING)
        if db.scalars(mine.with_for_update()).one_or_none() is None:
            raise LostClaim


def forget_files(shop: Workshop, *, days: int = KEPT_DAYS) -> int:
    """Remove what jobs left that ended so many days ago, and what no row names any more. How many files.

    The row stays and says that there was a file. The file goes first: a worker that dies in between finds the row
    again, and removing twice is fine.
    """
    old = (Job.file_key.is_not(None), Job.ended_at < now() - timedelta(days=days))
    with shop.database.read(primary=True) as db:
        found = db.execute(select(Job.id, Job.file_key).where(*old).order_by(Job.id).limit(200)).all()
    for job_id, key in found:
        shop.store.delete(str(key))
        with shop.database.transaction() as db:
            job = db.get_one(Job, job_id)
            job.file_key = job.file_name = job.file_type = None
            job.result = {**job.result, "file_gone": True}
    return len(found) + _forget_unnamed(shop, days)


def _forget_unnamed(shop: Workshop, days: int) -> int:
    """Parts of a job that was stopped or failed, the whole of a worker that died before it could say so.

    It is the store that is looked through: a worker believed dead may leave something long after its job has ended.
    """
    removed, there = 0, shop.store.list("jobs/")
    while keys := list(islice(there, 200)):
        of_job = {key: uuid.UUID(key.split("/")[1]) for key in keys}
        with shop.database.read(primary=True) as db:
            ended = Job.id.in_(set(of_job.values())), Job.ended_at.is_not(None)
            jobs = {job.id: job for job in db.scalars(select(Job).where(*ended))}
        for key, job_id in of_job.items():
            if job_id in jobs and _unnamed(jobs[job_id], key, days):
                shop.store.delete(key)
                removed += 1
    return removed


def _unnamed(job: Job, key: str, days: int) -> bool:
    """Whether the file of an ended job is nobody's: at once where the job names another one, after its days where it
    names none (a print of slips is named in a table of its own, for no longer than these days).
    """
    if job.file_key is not None:
        return key != job.file_key
    return job.ended_at is not None and job.ended_at < now() - timedelta(days=days)
