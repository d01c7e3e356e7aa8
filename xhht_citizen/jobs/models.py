"""Table of jobs. CHECK constraints tie a job's state to its columns."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class Job(Base):
    """One piece of long work, asked for by an account.

    `permission` and the place say who may still see it: its owner, while they may do this here. `claim` counts how
    often a worker took it up, and is the token each of its steps must show. `cursor` is where the next step begins.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_waiting", "state", "not_before", "id"),
        Index("ix_job_account", "account_id", "id"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"),
        CheckConstraint("state <> 'running' OR beat_at IS NOT NULL", name="running_beats"),
        CheckConstraint("(state IN ('done', 'failed', 'stopped')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name="failed_says_why"),
        CheckConstraint("(file_key IS NULL) = (file_name IS NULL)", name="file_has_name"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    permission: Mapped[str] = mapped_column(String(40))
    ward_code: Mapped[str | None] = mapped_column(String(5))
    community_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    province_code: Mapped[str | None] = mapped_column(String(2))
    title: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    claim: Mapped[int] = mapped_column(Integer, default=0)
    cursor: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    file_key: Mapped[str | None] = mapped_column(String(120))
    file_name: Mapped[str | None] = mapped_column(String(160))
    file_type: Mapped[str | None] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
