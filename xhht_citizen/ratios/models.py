"""Table of tallies: counts per community and ward, always recomputable from the rows."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime

WARD = uuid.UUID(int=0)  # the row of the whole ward, beside the rows of its communities
NO_COMMUNITY = uuid.UUID(int=1)  # people of the ward whose community is not known yet


class Tally(Base):
    """Four counts kept apart. `community_id` is the nil id for the ward as a whole."""

    __tablename__ = "tally"
    __table_args__ = (
        Index("ix_tally_sum", "kind", "year", "community_id", "province_code"),
        CheckConstraint("recognised <= total AND registered <= total AND assessed <= total", name="parts_of_total"),
    )

    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"), primary_key=True)
    community_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("province.code"))
    total: Mapped[int] = mapped_column(Integer)
    registered: Mapped[int] = mapped_column(Integer)
    assessed: Mapped[int] = mapped_column(Integer)
    recognised: Mapped[int] = mapped_column(Integer)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
