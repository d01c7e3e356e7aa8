"""Tables of imports."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class RosterImport(Base):
    """One uploaded list. The file itself lies in the store until the import is over, then it is deleted.

    `columns` maps what we ask for to the number of a column (from 0); `community_id` is where those live whose
    community is not written; `counts` are how many rows came to what. `faults_key` is the list of lines to be mended,
    kept for a week.
    """

    __tablename__ = "roster_import"
    __table_args__ = (
        Index("ix_roster_import_ward", "ward_code", "id"),
        CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'importing', 'imported', 'undoing', 'undone', 'refused')",
            name="state",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    state: Mapped[str] = mapped_column(String(10), default="uploaded")
    file_name: Mapped[str] = mapped_column(String(160))
    file_key: Mapped[str | None] = mapped_column(String(120))
    file_sha256: Mapped[str] = mapped_column(String(64))
    header_row: Mapped[int] = mapped_column(Integer, default=1)
    headings: Mapped[list[str]] = mapped_column(JSON, default=list)
    columns: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    skip_bad: Mapped[bool] = mapped_column(Boolean, default=True)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    reason: Mapped[str | None] = mapped_column(String(300))
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    imported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    faults_key: Mapped[str | None] = mapped_column(String(120))


class RosterRow(Base):
    """One line of a list: whether it was taken, whom it became, what is wrong with it. `before` lets it be undone.

    `faults` are [code, values]; `warned` says there are any that keep nobody out. `founded`: the household was
    founded for this person. `done_at`: gone through by the import, and taken over unless bad.
    """

    __tablename__ = "roster_row"
    __table_args__ = (
        Index("ix_roster_row_outcome", "import_id", "outcome", "number"),
        Index("ix_roster_row_person", "person_id"),
        Index("ix_roster_row_household", "household_id"),
        CheckConstraint("outcome IN ('new', 'changed', 'same', 'bad')", name="outcome"),
    )

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("roster_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(7))
    faults: Mapped[list[list[object]]] = mapped_column(JSON, default=list)
    warned: Mapped[bool] = mapped_column(Boolean, default=False)
    founded: Mapped[bool] = mapped_column(Boolean, default=False)
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    household_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    before: Mapped[dict[str, object] | None] = mapped_column(JSON)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
