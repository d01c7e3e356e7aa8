"""Table of roles: granted, revoked, never edited."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.people.models import Account

OPEN = text("revoked_at IS NULL")


class RoleGrant(Base):
    """One role of one account in one place: a community, a ward, a province, or the country.

    `stands_in`: the ward has no Hội Khuyến học of its own, and this officer of the province's association or of the
    people's committee does its work.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "role IN ('community_head', 'ward_reviewer', 'ward_signer', 'province_officer', 'admin')", name="role"
        ),
        CheckConstraint("role <> 'community_head' OR community_id IS NOT NULL", name="community_head_has_community"),
        CheckConstraint(
            "role NOT IN ('community_head', 'ward_reviewer', 'ward_signer') OR ward_code IS NOT NULL",
            name="ward_role_has_ward",
        ),
        CheckConstraint("role <> 'province_officer' OR province_code IS NOT NULL", name="province_role_has_province"),
        CheckConstraint("stands_in IN ('province', 'committee')", name="stands_in"),
        CheckConstraint("stands_in IS NULL OR role IN ('ward_reviewer', 'ward_signer')", name="stands_in_a_ward"),
        Index("ix_role_grant_account", "account_id", "revoked_at"),
        Index("ix_role_grant_ward", "ward_code", "revoked_at"),
        Index(
            "uq_role_grant_open",
            "account_id",
            "role",
            "place_key",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(20))
    place_key: Mapped[str] = mapped_column(String(40))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    stands_in: Mapped[str | None] = mapped_column(String(10))

    account: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[account_id])
