"""The phone: what arrived from one, drafts, browsers that show notices, codes that ask a helper; a certificate's number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHANNELS = "ck_delivery_channel"


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('evidence', 'edit', 'file', 'answer')", name=op.f("ck_arrival_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_arrival_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_arrival_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_person", "arrival", ["person_id"])
    op.create_index("ix_arrival_at", "arrival", ["at"])
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("person_id", "account_id", "path", name=op.f("uq_draft_person_id_account_id_path")),
    )
    op.create_index("ix_draft_saved", "draft", ["saved_at"])
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_push_subscription_account_id")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["account_session.id"],
            name=op.f("fk_push_subscription_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscription_endpoint_hash")),
    )
    op.create_index("ix_push_subscription_account", "push_subscription", ["account_id"])
    op.create_index("ix_push_subscription_session", "push_subscription", ["session_id"])
    op.add_column("delivery", sa.Column("devices", sa.JSON(), nullable=True))
    op.create_table(
        "mandate_slip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("helper_id", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name=op.f("ck_mandate_slip_used_or_revoked")),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_mandate_slip_used_by_somebody")),
        sa.CheckConstraint("(used_at IS NULL) = (helper_id IS NULL)", name=op.f("ck_mandate_slip_used_for_a_helper")),
        sa.ForeignKeyConstraint(["helper_id"], ["helper.id"], name=op.f("fk_mandate_slip_helper_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_mandate_slip_made_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mandate_slip_person_id")),
        sa.ForeignKeyConstraint(["used_by"], ["account.id"], name=op.f("fk_mandate_slip_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_slip")),
    )
    op.create_index("uq_mandate_slip_code_hash", "mandate_slip", ["code_hash"], unique=True)
    op.create_index("ix_mandate_slip_person", "mandate_slip", ["person_id", "made_at"])
    with op.batch_alter_table("evidence") as batch:
        batch.add_column(sa.Column("certificate_ref", sa.String(length=300), nullable=True))
    written = sa.text("certificate_ref IS NOT NULL")
    op.create_index(
        "ix_evidence_reference",
        "evidence",
        ["ward_code", "certificate_ref"],
        sqlite_where=written,
        postgresql_where=written,
    )
    _channels("channel IN ('email', 'hook', 'push')")


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE channel = 'push'")
    _channels("channel IN ('email', 'hook')")
    op.drop_index("ix_evidence_reference", "evidence")
    with op.batch_alter_table("evidence") as batch:
        batch.drop_column("certificate_ref")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("devices")
    for table in ("mandate_slip", "push_subscription", "draft", "arrival"):
        op.drop_table(table)


def _channels(words: str) -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.drop_constraint(op.f(CHANNELS), type_="check")
        batch.create_check_constraint(op.f(CHANNELS), words)
