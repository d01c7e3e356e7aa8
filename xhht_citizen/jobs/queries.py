"""Reads of jobs."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import State


def job(db: Session, job_id: uuid.UUID) -> Job | None:
    """One job, as it stands now."""
    return db.scalars(select(Job).where(Job.id == job_id).execution_options(populate_existing=True)).one_or_none()


def of_account(db: Session, account_id: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = 50) -> list[Job]:
    """An account's jobs, the newest first; pages begin after the last id."""
    query = select(Job).where(Job.account_id == account_id).order_by(Job.id.desc()).limit(limit)
    return list(db.scalars(query.where(Job.id < after) if after else query))


def waiting(db: Session, kinds: Collection[str]) -> int:
    """How many jobs of these kinds wait for a worker."""
    return db.scalars(select(func.count()).where(Job.state == State.WAITING, Job.kind.in_(kinds))).one()
