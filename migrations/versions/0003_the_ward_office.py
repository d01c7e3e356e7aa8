"""The ward office: jobs, notices, slips and helpers, activities, imports, meetings, second looks, batches.

A case may be objected to by its community and appealed; evidence may come from an activity's list.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _jobs()
    _notices()
    _helping()
    _activities()
    _roster()
    _meetings()
    _batches()
    _bench()
    _columns_up()


def downgrade() -> None:
    _columns_down()
    for table in (
        "second_look",
        "lot",
        "bulk_case",
        "bulk_recommendation",
    ):
        op.drop_table(table)
    for table in (
        "title_correction",
        "decision_batch_case",
        "decision_batch",
        "letterhead",
    ):
        op.drop_table(table)
    for table in (
        "meeting_result",
        "meeting",
    ):
        op.drop_table(table)
    for table in (
        "roster_row",
        "roster_import",
    ):
        op.drop_table(table)
    for table in (
        "attendance",
        "activity",
    ):
        op.drop_table(table)
    for table in (
        "slip_print",
        "slip",
        "helper",
        "device_pin",
    ):
        op.drop_table(table)
    for table in (
        "delivery",
        "notice",
    ):
        op.drop_table(table)
    for table in ("job",):
        op.drop_table(table)


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("permission", sa.String(length=40), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("province_code", sa.String(length=2), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("file_name", sa.String(length=160), nullable=True),
        sa.Column("file_type", sa.String(length=100), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'failed', 'stopped')) = (ended_at IS NOT NULL)", name=op.f("ck_job_ended")
        ),
        sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name=op.f("ck_job_failed_says_why")),
        sa.CheckConstraint("state <> 'running' OR beat_at IS NOT NULL", name=op.f("ck_job_running_beats")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name=op.f("ck_job_state")),
        sa.CheckConstraint("(file_key IS NULL) = (file_name IS NULL)", name=op.f("ck_job_file_has_name")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_job_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_account", "job", ["account_id", "id"], unique=False)
    op.create_index("ix_job_waiting", "job", ["state", "not_before", "id"], unique=False)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("once", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(person_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_notice_one_reader")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("once", name=op.f("uq_notice_once")),
    )
    op.create_index("ix_notice_account", "notice", ["account_id", "id"], unique=False)
    op.create_index("ix_notice_person", "notice", ["person_id", "id"], unique=False)
    op.create_index("ix_notice_spread", "notice", ["spread_at", "id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_delivery_sent")),
        sa.CheckConstraint("channel IN ('email', 'hook')", name=op.f("ck_delivery_channel")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'unsure')", name=op.f("ck_delivery_state")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_delivery_notice_id_channel")),
    )
    op.create_index("ix_delivery_waiting", "delivery", ["state", "not_before", "id"], unique=False)


def _helping() -> None:
    op.create_table(
        "device_pin",
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.String(length=255), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_pin_account_id")),
        sa.PrimaryKeyConstraint("device_hash", "account_id", name=op.f("pk_device_pin")),
    )
    op.create_table(
        "helper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("way", sa.String(length=5), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("way <> 'paper' OR paper IS NOT NULL", name=op.f("ck_helper_paper")),
        sa.CheckConstraint("way IN ('app', 'paper')", name=op.f("ck_helper_way")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_helper_account_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_helper_granted_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_helper_person_id")),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name=op.f("fk_helper_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper")),
    )
    op.create_index("ix_helper_person", "helper", ["person_id", "granted_at"], unique=False)
    op.create_index("ix_helper_account", "helper", ["account_id", "revoked_at"], unique=False)
    op.create_index("ix_helper_ward", "helper", ["ward_code", "revoked_at"], unique=False)
    op.create_index(
        "uq_helper_open",
        "helper",
        ["person_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "slip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("purpose IN ('claim', 'password')", name=op.f("ck_slip_purpose")),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_slip_used_by_somebody")),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name=op.f("ck_slip_used_or_revoked")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_slip_job_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_slip_made_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_slip_person_id")),
        sa.ForeignKeyConstraint(["used_by"], ["account.id"], name=op.f("fk_slip_used_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_slip_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip")),
    )
    op.create_index("ix_slip_job", "slip", ["job_id"], unique=False)
    op.create_index("ix_slip_person", "slip", ["person_id", "made_at"], unique=False)
    op.create_index("ix_slip_ward", "slip", ["ward_code", "made_at"], unique=False)
    op.create_index("uq_slip_code_hash", "slip", ["code_hash"], unique=True)
    op.create_index(
        "uq_slip_open",
        "slip",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
    )
    op.create_table(
        "slip_print",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("fetched_at IS NULL OR file_key IS NOT NULL", name=op.f("ck_slip_print_fetched_a_file")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_slip_print_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_slip_print")),
    )
    op.create_index("ix_slip_print_removed", "slip_print", ["removed_at", "asked_at"], unique=False)


def _activities() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("indicators", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_activity_confirmed")),
        sa.CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600000", name=op.f("ck_activity_minutes")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_activity_community_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_activity_confirmed_by")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_activity_created_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_activity_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("code", name=op.f("uq_activity_code")),
    )
    op.create_index("ix_activity_community", "activity", ["community_id", "held_on", "id"], unique=False)
    op.create_index("ix_activity_ward", "activity", ["ward_code", "held_on", "id"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(length=7), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("way IN ('ticked', 'pasted', 'scanned')", name=op.f("ck_attendance_way")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_attendance_activity_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_attendance_evidence_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["account.id"], name=op.f("fk_attendance_marked_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id")),
        sa.PrimaryKeyConstraint("activity_id", "person_id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_person", "attendance", ["person_id"], unique=False)
    op.create_index("uq_attendance_evidence_id", "attendance", ["evidence_id"], unique=True)


def _roster() -> None:
    op.create_table(
        "roster_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("skip_bad", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("faults_key", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'importing', 'imported', 'undoing', 'undone', 'refused')",
            name=op.f("ck_roster_import_state"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_roster_import_community_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_roster_import_job_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_roster_import_made_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_roster_import_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
    )
    op.create_index("ix_roster_import_ward", "roster_import", ["ward_code", "id"], unique=False)
    op.create_table(
        "roster_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=7), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("founded", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('new', 'changed', 'same', 'bad')", name=op.f("ck_roster_row_outcome")),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_roster_row_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_roster_row")),
    )
    op.create_index("ix_roster_row_outcome", "roster_row", ["import_id", "outcome", "number"], unique=False)
    op.create_index("ix_roster_row_household", "roster_row", ["household_id"], unique=False)
    op.create_index("ix_roster_row_person", "roster_row", ["person_id"], unique=False)


def _meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("venue", sa.String(length=200), nullable=False),
        sa.Column("chair", sa.String(length=120), nullable=False),
        sa.Column("secretary", sa.String(length=120), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=9), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("way IN ('votes', 'consensus')", name=op.f("ck_meeting_way")),
        sa.CheckConstraint("present BETWEEN 1 AND total", name=op.f("ck_meeting_present")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_community_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_meeting_entered_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_meeting_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_index("ix_meeting_community", "meeting", ["community_id", "held_on", "id"], unique=False)
    op.create_index("ix_meeting_ward", "meeting", ["ward_code", "held_on", "id"], unique=False)
    op.create_table(
        "meeting_result",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("self_total", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome <> 'objected' OR reason IS NOT NULL", name=op.f("ck_meeting_result_objection_has_reason")
        ),
        sa.CheckConstraint("outcome IN ('endorsed', 'objected')", name=op.f("ck_meeting_result_outcome")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_meeting_result_application_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_result_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "application_id", name=op.f("pk_meeting_result")),
    )
    op.create_index("ix_meeting_result_application", "meeting_result", ["application_id"], unique=False)


def _batches() -> None:
    op.create_table(
        "letterhead",
        sa.Column("place_code", sa.String(length=5), nullable=False),
        sa.Column("superior_body", sa.String(length=160), nullable=False),
        sa.Column("issuing_body", sa.String(length=160), nullable=False),
        sa.Column("association", sa.String(length=160), nullable=False),
        sa.Column("venue", sa.String(length=80), nullable=False),
        sa.Column("number_format", sa.String(length=40), nullable=False),
        sa.Column("submission_format", sa.String(length=40), nullable=False),
        sa.Column("signs_for", sa.String(length=80), nullable=False),
        sa.Column("signatory_post", sa.String(length=80), nullable=False),
        sa.Column("signatory", sa.String(length=120), nullable=False),
        sa.Column("association_head", sa.String(length=120), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["saved_by"], ["account.id"], name=op.f("fk_letterhead_saved_by")),
        sa.PrimaryKeyConstraint("place_code", name=op.f("pk_letterhead")),
    )
    op.create_table(
        "decision_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("province_code", sa.String(length=2), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'signed') = (decision_id IS NOT NULL)", name=op.f("ck_decision_batch_signed")),
        sa.CheckConstraint("state IN ('open', 'signed', 'dropped')", name=op.f("ck_decision_batch_state")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_decision_batch_decision_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_decision_batch_made_by")),
        sa.ForeignKeyConstraint(["province_code"], ["province.code"], name=op.f("fk_decision_batch_province_code")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_decision_batch_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_batch")),
    )
    op.create_index("ix_decision_batch_province", "decision_batch", ["province_code", "id"], unique=False)
    op.create_index("ix_decision_batch_ward", "decision_batch", ["ward_code", "id"], unique=False)
    op.create_index("uq_decision_batch_decision_id", "decision_batch", ["decision_id"], unique=True)
    op.create_table(
        "decision_batch_case",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name=op.f("fk_decision_batch_case_added_by")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_batch_case_application_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["decision_batch.id"], name=op.f("fk_decision_batch_case_batch_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_decision_batch_case")),
    )
    op.create_index("ix_decision_batch_case_batch", "decision_batch_case", ["batch_id"], unique=False)
    op.create_table(
        "title_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("title_id", sa.Uuid(), nullable=False),
        sa.Column("old_name", sa.String(length=160), nullable=False),
        sa.Column("new_name", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_title_correction_account_id")),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], name=op.f("fk_title_correction_title_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_title_correction")),
    )
    op.create_index("ix_title_correction_title", "title_correction", ["title_id", "at"], unique=False)


def _bench() -> None:
    op.create_table(
        "bulk_recommendation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.String(length=32), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("share BETWEEN 0 AND 100", name=op.f("ck_bulk_recommendation_share")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_bulk_recommendation_account_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["account.id"], name=op.f("fk_bulk_recommendation_undone_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_bulk_recommendation_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_recommendation")),
    )
    op.create_index("ix_bulk_recommendation_ward", "bulk_recommendation", ["ward_code", "id"], unique=False)
    op.create_table(
        "bulk_case",
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_bulk_case_application_id")),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_recommendation.id"], name=op.f("fk_bulk_case_bulk_id")),
        sa.PrimaryKeyConstraint("bulk_id", "application_id", name=op.f("pk_bulk_case")),
    )
    op.create_index("ix_bulk_case_application", "bulk_case", ["application_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_lot_application_id")),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_recommendation.id"], name=op.f("fk_lot_bulk_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_lot")),
    )
    op.create_index("ix_lot_bulk", "lot", ["bulk_id"], unique=False)
    op.create_table(
        "second_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("bulk_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.String(length=5), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("first_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_by", sa.Uuid(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("looked_at IS NULL OR closed_at IS NULL", name=op.f("ck_second_look_looked_or_closed")),
        sa.CheckConstraint("why IN ('lot', 'doubt')", name=op.f("ck_second_look_why")),
        sa.CheckConstraint("(looked_at IS NULL) = (agrees IS NULL)", name=op.f("ck_second_look_looked")),
        sa.CheckConstraint(
            "agrees IS NULL OR agrees OR note IS NOT NULL", name=op.f("ck_second_look_disagreement_has_reason")
        ),
        sa.CheckConstraint("looked_by IS NULL OR looked_by <> first_by", name=op.f("ck_second_look_another_person")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_second_look_application_id")),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_recommendation.id"], name=op.f("fk_second_look_bulk_id")),
        sa.ForeignKeyConstraint(["first_by"], ["account.id"], name=op.f("fk_second_look_first_by")),
        sa.ForeignKeyConstraint(["looked_by"], ["account.id"], name=op.f("fk_second_look_looked_by")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name=op.f("fk_second_look_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_look")),
    )
    op.create_index("ix_second_look_application", "second_look", ["application_id"], unique=False)
    op.create_index("ix_second_look_ward", "second_look", ["ward_code", "looked_at", "id"], unique=False)
    op.create_index(
        "uq_second_look_open",
        "second_look",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("looked_at IS NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("looked_at IS NULL AND closed_at IS NULL"),
    )


STATES = (
    "state IN ('draft', 'submitted', 'endorsed', 'objected', 'under_review', 'returned', 'recommended', 'declined', "
    "'appealed', 'granted', 'withdrawn')"
)
STATES_BEFORE = (
    "state IN ('draft', 'submitted', 'endorsed', 'under_review', 'returned', 'recommended', 'declined', 'granted', "
    "'withdrawn')"
)
REASON = "state NOT IN ('objected', 'returned', 'declined', 'appealed') OR reason IS NOT NULL"
REASON_BEFORE = "state NOT IN ('returned', 'declined') OR reason IS NOT NULL"
DECIDED = "state NOT IN ('granted', 'declined', 'appealed') OR decided_at IS NOT NULL"
DECIDED_BEFORE = "state NOT IN ('granted', 'declined') OR decided_at IS NOT NULL"


def _last_event(what: str, name: str) -> str:
    """SQL: a column of the case's newest event of this name."""
    return (
        f"(SELECT {what} FROM application_event WHERE application_event.application_id = application.id "
        f"AND application_event.name = '{name}' ORDER BY application_event.at DESC LIMIT 1)"
    )


def _columns_up() -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("email", sa.String(length=254), nullable=True))
    with op.batch_alter_table("account_session") as batch:
        batch.add_column(sa.Column("acting_for_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_account_session_acting_for_id", "helper", ["acting_for_id"], ["id"])
    _application_up()
    with op.batch_alter_table("application_line") as batch:
        batch.add_column(sa.Column("returned_as", sa.JSON(), nullable=True))
    with op.batch_alter_table("consent") as batch:
        batch.add_column(sa.Column("paper", sa.String(length=200), nullable=True))
        batch.add_column(sa.Column("withdrawn_paper", sa.String(length=200), nullable=True))
    with op.batch_alter_table("evidence") as batch:
        batch.add_column(sa.Column("activity_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("confirmed_by", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_evidence_activity_id", "activity", ["activity_id"], ["id"])
        batch.create_foreign_key("fk_evidence_confirmed_by", "account", ["confirmed_by"], ["id"])
        batch.create_check_constraint(op.f("ck_evidence_confirmed"), "(confirmed_at IS NULL) = (confirmed_by IS NULL)")
    op.create_index("ix_audit_entry_account", "audit_entry", ["account_id", "at"])
    op.create_index("ix_evidence_activity", "evidence", ["activity_id"])
    op.create_index("ix_evidence_file_same", "evidence_file", ["ward_code", "sha256"])
    op.create_index(
        "ix_evidence_entered",
        "evidence",
        ["ward_code", "year", "created_by", "person_id"],
        sqlite_where=sa.text("activity_id IS NULL"),
        postgresql_where=sa.text("activity_id IS NULL"),
    )
    op.create_index("ix_application_event_account", "application_event", ["account_id", "at"])
    with op.batch_alter_table("role_grant") as batch:
        batch.add_column(sa.Column("stands_in", sa.String(length=10), nullable=True))
        batch.create_check_constraint(op.f("ck_role_grant_stands_in"), "stands_in IN ('province', 'committee')")
        batch.create_check_constraint(
            op.f("ck_role_grant_stands_in_a_ward"),
            "stands_in IS NULL OR role IN ('ward_reviewer', 'ward_signer')",
        )
    with op.batch_alter_table("title") as batch:
        batch.add_column(sa.Column("revoke_decision_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_title_revoke_decision_id", "decision", ["revoke_decision_id"], ["id"])
    with op.batch_alter_table("ward_settings") as batch:
        batch.add_column(sa.Column("appeal_days", sa.Integer(), nullable=False, server_default="30"))
        batch.add_column(sa.Column("second_look_share", sa.Integer(), nullable=False, server_default="5"))
    with op.batch_alter_table("ward_settings") as batch:
        batch.alter_column("appeal_days", existing_type=sa.Integer(), server_default=None)
        batch.alter_column("second_look_share", existing_type=sa.Integer(), server_default=None)
        batch.create_check_constraint(op.f("ck_ward_settings_appeal_days"), "appeal_days BETWEEN 1 AND 365")
        batch.create_check_constraint(op.f("ck_ward_settings_second_look_share"), "second_look_share BETWEEN 1 AND 100")
    op.create_index("ix_person_ward_search", "person", ["ward_code", "search_key"])
    op.create_index("ix_household_membership_guardian", "household_membership", ["guardian_id"])
    op.create_index("ix_registration_person", "registration", ["person_id"])
    op.create_index("ix_registration_taken_back_person", "registration_taken_back", ["person_id"])
    for table in ("application", "clan_membership", "title"):
        op.create_index(f"ix_{table}_household", table, ["household_id"])


def _application_up() -> None:
    """What an earlier version did not note is read from the case's history: since when it lies with its owner, and who
    declined it.
    """
    with op.batch_alter_table("application") as batch:
        batch.add_column(sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("declined_by", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("channel", sa.String(length=6), nullable=False, server_default="own"))
    op.execute(
        f"UPDATE application SET returned_at = coalesce({_last_event('at', 'return')}, submitted_at) "
        "WHERE state = 'returned'"
    )
    op.execute(f"UPDATE application SET declined_by = {_last_event('account_id', 'decline')} WHERE state = 'declined'")
    with op.batch_alter_table("application") as batch:
        batch.alter_column("channel", existing_type=sa.String(length=6), server_default=None)
        batch.create_foreign_key("fk_application_declined_by", "account", ["declined_by"], ["id"])
        for name, rule in (("state", STATES), ("reason", REASON), ("decided", DECIDED)):
            batch.drop_constraint(op.f(f"ck_application_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_application_{name}"), rule)
        batch.create_check_constraint(op.f("ck_application_appealed"), "state <> 'appealed' OR appealed_at IS NOT NULL")
        batch.create_check_constraint(op.f("ck_application_returned"), "state <> 'returned' OR returned_at IS NOT NULL")
        batch.create_check_constraint(op.f("ck_application_channel"), "channel IN ('own', 'helper', 'paper')")
    op.create_index("ix_application_reviewer", "application", ["reviewer_id", "state"])


def _columns_down() -> None:
    for table in ("application", "clan_membership", "title"):
        op.drop_index(f"ix_{table}_household", table)
    op.drop_index("ix_registration_taken_back_person", "registration_taken_back")
    op.drop_index("ix_registration_person", "registration")
    op.drop_index("ix_household_membership_guardian", "household_membership")
    op.drop_index("ix_person_ward_search", "person")
    with op.batch_alter_table("ward_settings") as batch:
        for name in ("appeal_days", "second_look_share"):
            batch.drop_constraint(op.f(f"ck_ward_settings_{name}"), type_="check")
            batch.drop_column(name)
    with op.batch_alter_table("title") as batch:
        batch.drop_constraint("fk_title_revoke_decision_id", type_="foreignkey")
        batch.drop_column("revoke_decision_id")
    with op.batch_alter_table("role_grant") as batch:
        batch.drop_constraint(op.f("ck_role_grant_stands_in_a_ward"), type_="check")
        batch.drop_constraint(op.f("ck_role_grant_stands_in"), type_="check")
        batch.drop_column("stands_in")
    op.drop_index("ix_application_event_account", "application_event")
    op.drop_index("ix_evidence_entered", "evidence")
    op.drop_index("ix_evidence_file_same", "evidence_file")
    op.drop_index("ix_evidence_activity", "evidence")
    op.drop_index("ix_audit_entry_account", "audit_entry")
    with op.batch_alter_table("evidence") as batch:
        batch.drop_constraint(op.f("ck_evidence_confirmed"), type_="check")
        batch.drop_constraint("fk_evidence_confirmed_by", type_="foreignkey")
        batch.drop_constraint("fk_evidence_activity_id", type_="foreignkey")
        for name in ("confirmed_by", "confirmed_at", "activity_id"):
            batch.drop_column(name)
    with op.batch_alter_table("consent") as batch:
        batch.drop_column("withdrawn_paper")
        batch.drop_column("paper")
    with op.batch_alter_table("application_line") as batch:
        batch.drop_column("returned_as")
    _application_down()
    with op.batch_alter_table("account_session") as batch:
        batch.drop_constraint("fk_account_session_acting_for_id", type_="foreignkey")
        batch.drop_column("acting_for_id")
    with op.batch_alter_table("account") as batch:
        batch.drop_column("email")


def _application_down() -> None:
    """States an earlier version does not know become the ones they came from."""
    op.execute("UPDATE application SET state = 'submitted' WHERE state = 'objected'")
    op.execute("UPDATE application SET state = 'declined' WHERE state = 'appealed'")
    op.drop_index("ix_application_reviewer", "application")
    with op.batch_alter_table("application") as batch:
        for name in ("channel", "returned", "appealed"):
            batch.drop_constraint(op.f(f"ck_application_{name}"), type_="check")
        for name, rule in (("state", STATES_BEFORE), ("reason", REASON_BEFORE), ("decided", DECIDED_BEFORE)):
            batch.drop_constraint(op.f(f"ck_application_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_application_{name}"), rule)
        batch.drop_constraint("fk_application_declined_by", type_="foreignkey")
        for name in ("channel", "declined_by", "appealed_at", "returned_at"):
            batch.drop_column(name)
