"""Tables of counts: tallies, always recomputable from the rows; declared totals; targets a place set itself."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now

WARD = uuid.UUID(int=0)  # the row of the whole ward, beside the rows of its communities
NO_COMMUNITY = uuid.UUID(int=1)  # people of the ward whose community is not known yet
STANDING = text("superseded_at IS NULL")


class Tally(Base):
    """Four counts kept apart. `community_id` is the nil id for the ward as a whole.

    `kind` is a name of `rules.MEASURES`: a kind of title, a group of adults, or a share, whose `total` is its
    denominator and `recognised` its numerator.
    """

    __tablename__ = "tally"
    __table_args__ = (
        # A province's and the country's sums are read from the index alone, in its order: 3,321 rows lie together.
        Index(
            "ix_tally_sum",
            *("kind", "year", "community_id", "province_code"),
            *("total", "recognised", "registered", "assessed", "taken_at"),
        ),
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


class DeclaredTotal(Base):
    """The official number of adults, households, clans, communities or units of a place, entered with its source.

    `community_id` is WARD for the ward as a whole. A corrected number leaves the old row, superseded.
    """

    __tablename__ = "declared_total"
    __table_args__ = (
        Index(
            "uq_declared_total_open",
            "ward_code",
            "community_id",
            "kind",
            "year",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        CheckConstraint("total >= 0", name="total"),
        CheckConstraint("kind IN ('citizen', 'household', 'clan', 'community', 'unit')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(12))
    year: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlaceTarget(Base):
    """A province's or ward's own target beside the national ones of `targets.toml`.

    `measure` is a name of `rules.MEASURES`; `hundredths` are hundredths of a percent, so that 62,5 % is exact.
    """

    __tablename__ = "place_target"
    __table_args__ = (
        Index(
            "uq_place_target_open",
            "place_code",
            "measure",
            "year",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        CheckConstraint("hundredths BETWEEN 1 AND 10000", name="hundredths"),
        CheckConstraint("length(place_code) IN (2, 5)", name="place_code"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    place_code: Mapped[str] = mapped_column(String(5))
    measure: Mapped[str] = mapped_column(String(20))
    year: Mapped[int] = mapped_column(Integer)
    hundredths: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
