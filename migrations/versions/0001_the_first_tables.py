"""The first tables, and what keeps audit_entry and look append-only on both databases.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = ("audit_entry", "look")
TABLES = (  # in the order they can be dropped
    "title",
    "evidence_indicator",
    "evidence_file",
    "application_line",
    "application_evidence",
    "application_event",
    "role_grant",
    "registration",
    "kept_form",
    "household_membership",
    "evidence",
    "decision",
    "consent",
    "clan_membership",
    "application",
    "account_session",
    "unit_membership",
    "household",
    "account",
    "ward_settings",
    "unit",
    "tally",
    "succession",
    "person",
    "community",
    "clan",
    "commune",
    "province",
    "place_list",
    "place_change",
    "look",
    "former_commune",
    "counter",
    "audit_head",
    "audit_entry",
    "attempt",
)


def upgrade() -> None:  # noqa: PLR0915 (one statement a table)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_at", "attempt", ["at"])
    op.create_index("ix_attempt_key", "attempt", ["kind", "key", "at"])

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
        sa.UniqueConstraint("ward_code", "seq", name="uq_audit_entry_ward_code_seq"),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_id", "at"])

    op.create_table(
        "audit_head",
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("ward_code", name="pk_audit_head"),
    )
    op.create_table(
        "counter",
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ward_code", "year", "purpose", name="pk_counter"),
    )
    op.create_table(
        "former_commune",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district_name", sa.Text(), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("province_name", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_former_commune"),
    )
    op.create_table(
        "look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("screen", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_look"),
    )
    op.create_index("ix_look_person", "look", ["person_id", "at"])

    op.create_table(
        "place_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=36), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("province_code", sa.String(length=2), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('province', 'commune', 'community')", name=op.f("ck_place_change_level")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_place_change_dates")),
        sa.PrimaryKeyConstraint("id", name="pk_place_change"),
    )
    op.create_index("ix_place_change_code_valid_from", "place_change", ["code", "valid_from"])

    op.create_table(
        "place_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place_list"),
        sa.UniqueConstraint("valid_on", "act", name="uq_place_list_valid_on_act"),
    )
    op.create_table(
        "province",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('tinh', 'thanh-pho')", name=op.f("ck_province_kind")),
        sa.CheckConstraint("length(code) = 2", name=op.f("ck_province_code")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_province_dates")),
        sa.PrimaryKeyConstraint("code", name="pk_province"),
    )
    op.create_table(
        "commune",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("area_km2", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('xa', 'phuong', 'dac-khu')", name=op.f("ck_commune_kind")),
        sa.CheckConstraint("length(code) = 5", name=op.f("ck_commune_code")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_commune_dates")),
        sa.ForeignKeyConstraint(["province_code"], ["province.code"], name="fk_commune_province_code"),
        sa.PrimaryKeyConstraint("code", name="pk_commune"),
    )
    op.create_index("ix_commune_province_code", "commune", ["province_code"])

    op.create_table(
        "clan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_clan_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_clan"),
    )
    op.create_index("ix_clan_ward", "clan", ["ward_code"])

    op.create_table(
        "community",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('thon', 'lang', 'ap', 'ban', 'buon', 'bon', 'phum', 'soc', 'xom', 'to', 'khu-pho', 'khoi-pho', 'khom', 'tieu-khu')",
            name=op.f("ck_community_kind"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_community_dates")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_community_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_community"),
    )
    op.create_index("ix_community_ward_code_position", "community", ["ward_code", "position"])
    op.create_index(
        "uq_community_open",
        "community",
        ["ward_code", "search_key"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )

    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=120), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(length=6), nullable=True),
        sa.Column("phone", sa.String(length=15), nullable=True),
        sa.Column("learner_group", sa.String(length=12), nullable=False),
        sa.Column("citizen_id_hash", sa.String(length=64), nullable=True),
        sa.Column("citizen_id_last4", sa.String(length=4), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "learner_group IN ('residents', 'workers', 'officials', 'students')", name=op.f("ck_person_learner_group")
        ),
        sa.CheckConstraint("sex IN ('male', 'female')", name=op.f("ck_person_sex")),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name=op.f("ck_person_birth_year")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_person_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_ward_name", "person", ["ward_code", "sort_key", "id"])
    op.create_index("uq_person_citizen_id_hash", "person", ["citizen_id_hash"], unique=True)

    op.create_table(
        "succession",
        sa.Column("former_code", sa.String(length=5), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("extent", sa.String(length=8), nullable=False),
        sa.CheckConstraint("extent IN ('whole', 'part')", name=op.f("ck_succession_extent")),
        sa.ForeignKeyConstraint(["commune_code"], ["commune.code"], name="fk_succession_commune_code"),
        sa.ForeignKeyConstraint(["former_code"], ["former_commune.code"], name="fk_succession_former_code"),
        sa.PrimaryKeyConstraint("former_code", "commune_code", name="pk_succession"),
    )
    op.create_index("ix_succession_commune_code", "succession", ["commune_code"])

    op.create_table(
        "tally",
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("assessed", sa.Integer(), nullable=False),
        sa.Column("recognised", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "recognised <= total AND registered <= total AND assessed <= total", name=op.f("ck_tally_parts_of_total")
        ),
        sa.ForeignKeyConstraint(["province_code"], ["province.code"], name="fk_tally_province_code"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_tally_ward_code"),
        sa.PrimaryKeyConstraint("ward_code", "community_id", "kind", "year", name="pk_tally"),
    )
    op.create_index("ix_tally_sum", "tally", ["kind", "year", "community_id", "province_code"])

    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('school', 'office', 'enterprise', 'cooperative', 'other')", name=op.f("ck_unit_kind")
        ),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_unit_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
    )
    op.create_index("ix_unit_ward", "unit", ["ward_code"])

    op.create_table(
        "ward_settings",
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_step", sa.Boolean(), nullable=False),
        sa.Column("disadvantaged", sa.Boolean(), nullable=False),
        sa.Column("submit_by", sa.Date(), nullable=True),
        sa.Column("review_days", sa.Integer(), nullable=False),
        sa.Column("issuing_body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("review_days BETWEEN 1 AND 365", name=op.f("ck_ward_settings_review_days")),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_ward_settings_ward_code"),
        sa.PrimaryKeyConstraint("ward_code", name="pk_ward_settings"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("search_key", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
        sa.UniqueConstraint("person_id", name="uq_account_person_id"),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("join_code", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_household_community_id"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_household_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
        sa.UniqueConstraint("join_code", name="uq_household_join_code"),
    )
    op.create_index("ix_household_community", "household", ["community_id"])
    op.create_index("ix_household_ward", "household", ["ward_code"])

    op.create_table(
        "unit_membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("part IN ('member', 'learner')", name=op.f("ck_unit_membership_part")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_unit_membership_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_unit_membership_unit_id"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_unit_membership_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_membership"),
    )
    op.create_index(
        "uq_unit_membership_open",
        "unit_membership",
        ["unit_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    op.create_table(
        "account_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
    )
    op.create_index("ix_account_session_account", "account_session", ["account_id", "ended_at"])
    op.create_index("ix_account_session_started", "account_session", ["started_at"])

    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("criteria_set", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("disadvantaged", sa.Boolean(), nullable=False),
        sa.Column("receipt_number", sa.Integer(), nullable=True),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.Column("self_total", sa.Integer(), nullable=True),
        sa.Column("confirmed_total", sa.Integer(), nullable=True),
        sa.Column("evidence_gaps", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('citizen')", name=op.f("ck_application_kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'endorsed', 'under_review', 'returned', 'recommended', 'declined', 'granted', 'withdrawn')",
            name=op.f("ck_application_state"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (receipt IS NOT NULL AND submitted_at IS NOT NULL AND ward_code IS NOT NULL AND self_total IS NOT NULL)",
            name=op.f("ck_application_sent_has_receipt"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('granted', 'declined') OR decided_at IS NOT NULL", name=op.f("ck_application_decided")
        ),
        sa.CheckConstraint(
            "state NOT IN ('recommended', 'granted') OR confirmed_total IS NOT NULL",
            name=op.f("ck_application_confirmed"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('returned', 'declined') OR reason IS NOT NULL", name=op.f("ck_application_reason")
        ),
        sa.CheckConstraint(
            "(receipt IS NULL) = (receipt_number IS NULL)", name=op.f("ck_application_receipt_has_number")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_application_community_id"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_application_household_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_application_person_id"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["account.id"], name="fk_application_reviewer_id"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_application_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
        sa.UniqueConstraint("person_id", "kind", "year", name="uq_application_person_id_kind_year"),
        sa.UniqueConstraint("receipt", name="uq_application_receipt"),
    )
    op.create_index("ix_application_community_queue", "application", ["community_id", "state", "submitted_at", "id"])
    op.create_index("ix_application_queue", "application", ["ward_code", "state", "submitted_at", "id"])
    op.create_index("ix_application_year", "application", ["year", "kind", "state", "person_id"])

    op.create_table(
        "clan_membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("clan_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clan_id"], ["clan.id"], name="fk_clan_membership_clan_id"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_clan_membership_household_id"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_clan_membership_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_clan_membership"),
    )
    op.create_index(
        "uq_clan_membership_open",
        "clan_membership",
        ["clan_id", "household_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('web', 'paper', 'assisted')", name=op.f("ck_consent_channel")),
        sa.ForeignKeyConstraint(["given_by"], ["account.id"], name="fk_consent_given_by"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_consent_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_person", "consent", ["person_id", "given_at"])

    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("number_key", sa.String(length=60), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_year", sa.Integer(), nullable=False),
        sa.Column("signatory", sa.String(length=120), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name="fk_decision_entered_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_decision_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.UniqueConstraint(
            "ward_code", "decided_year", "number_key", name="uq_decision_ward_code_decided_year_number_key"
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=True),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("witness", sa.String(length=160), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600000", name=op.f("ck_evidence_minutes")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name="fk_evidence_created_by"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_evidence_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_person", "evidence", ["person_id", "year", "learned_on", "id"])

    op.create_table(
        "household_membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=10), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "relation IN ('head', 'spouse', 'child', 'parent', 'other')", name=op.f("ck_household_membership_relation")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name="fk_household_membership_granted_by"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_household_membership_household_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_household_membership_person_id"),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name="fk_household_membership_revoked_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_household_membership_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_household_membership"),
    )
    op.create_index("ix_household_membership_household", "household_membership", ["household_id", "revoked_at"])
    op.create_index("ix_household_membership_person", "household_membership", ["person_id", "granted_at"])
    op.create_index(
        "uq_household_membership_open",
        "household_membership",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    op.create_table(
        "kept_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_kept_form_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_kept_form"),
    )
    op.create_index("ix_kept_form_kept", "kept_form", ["kept_at"])

    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_registration_person_id"),
        sa.ForeignKeyConstraint(["registered_by"], ["account.id"], name="fk_registration_registered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.UniqueConstraint("person_id", "kind", "year", name="uq_registration_person_id_kind_year"),
    )
    op.create_index("ix_registration_year", "registration", ["year", "kind", "person_id"])

    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("place_key", sa.String(length=40), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=True),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "role <> 'community_head' OR community_id IS NOT NULL",
            name=op.f("ck_role_grant_community_head_has_community"),
        ),
        sa.CheckConstraint(
            "role <> 'province_officer' OR province_code IS NOT NULL",
            name=op.f("ck_role_grant_province_role_has_province"),
        ),
        sa.CheckConstraint(
            "role IN ('community_head', 'ward_reviewer', 'ward_signer', 'province_officer', 'admin')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.CheckConstraint(
            "role NOT IN ('community_head', 'ward_reviewer', 'ward_signer') OR ward_code IS NOT NULL",
            name=op.f("ck_role_grant_ward_role_has_ward"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_role_grant_account_id"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_role_grant_community_id"),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name="fk_role_grant_granted_by"),
        sa.ForeignKeyConstraint(["province_code"], ["province.code"], name="fk_role_grant_province_code"),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name="fk_role_grant_revoked_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_role_grant_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
    )
    op.create_index("ix_role_grant_account", "role_grant", ["account_id", "revoked_at"])
    op.create_index("ix_role_grant_ward", "role_grant", ["ward_code", "revoked_at"])
    op.create_index(
        "uq_role_grant_open",
        "role_grant",
        ["account_id", "role", "place_key"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    op.create_table(
        "application_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=False),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_application_event_account_id"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_application_event_application_id"),
        sa.PrimaryKeyConstraint("id", name="pk_application_event"),
    )
    op.create_index("ix_application_event_application", "application_event", ["application_id", "at"])

    op.create_table(
        "application_evidence",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_application_evidence_application_id"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_application_evidence_evidence_id"),
        sa.PrimaryKeyConstraint("application_id", "code", "evidence_id", name="pk_application_evidence"),
    )
    op.create_index("ix_application_evidence_evidence", "application_evidence", ["evidence_id"])

    op.create_table(
        "application_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("claimed_points", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("confirmed_points", sa.Integer(), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "verdict <> 'change' OR confirmed_points IS NOT NULL", name=op.f("ck_application_line_change_has_points")
        ),
        sa.CheckConstraint(
            "verdict <> 'confirm' OR confirmed_points = claimed_points",
            name=op.f("ck_application_line_confirm_keeps_points"),
        ),
        sa.CheckConstraint("verdict IN ('confirm', 'change', 'ask')", name=op.f("ck_application_line_verdict")),
        sa.CheckConstraint(
            "verdict NOT IN ('change', 'ask') OR review_reason IS NOT NULL",
            name=op.f("ck_application_line_change_has_reason"),
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_application_line_application_id"),
        sa.ForeignKeyConstraint(["reviewed_by"], ["account.id"], name="fk_application_line_reviewed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_application_line"),
        sa.UniqueConstraint("application_id", "code", name="uq_application_line_application_id_code"),
    )
    op.create_table(
        "evidence_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(length=120), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("original_name", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_evidence_file_evidence_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_file"),
        sa.UniqueConstraint("storage_key", name="uq_evidence_file_storage_key"),
    )
    op.create_index("ix_evidence_file_evidence", "evidence_file", ["evidence_id"])

    op.create_table(
        "evidence_indicator",
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_evidence_indicator_evidence_id"),
        sa.PrimaryKeyConstraint("evidence_id", "code", name="pk_evidence_indicator"),
    )
    op.create_table(
        "title",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("register_number", sa.Integer(), nullable=False),
        sa.Column("public_code", sa.String(length=12), nullable=False),
        sa.Column("holder_name", sa.String(length=120), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=120), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('citizen')", name=op.f("ck_title_kind")),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name=op.f("ck_title_revoked_with_reason")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_title_community_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name="fk_title_decision_id"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_title_household_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_title_person_id"),
        sa.ForeignKeyConstraint(["province_code"], ["province.code"], name="fk_title_province_code"),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name="fk_title_revoked_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_title_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_title"),
        sa.UniqueConstraint("public_code", name="uq_title_public_code"),
        sa.UniqueConstraint("ward_code", "year", "register_number", name="uq_title_ward_code_year_register_number"),
    )
    op.create_index("ix_title_application", "title", ["application_id"])
    op.create_index("ix_title_country", "title", ["year", "sort_key", "id"])
    op.create_index("ix_title_decision", "title", ["decision_id", "sort_key", "id"])
    op.create_index("ix_title_person", "title", ["person_id", "year"])
    op.create_index("ix_title_province", "title", ["province_code", "year", "sort_key", "id"])
    op.create_index("ix_title_register", "title", ["ward_code", "year", "sort_key", "id"])
    op.create_index(
        "uq_title_valid",
        "title",
        ["kind", "person_id", "year"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    keep_append_only()


def keep_append_only() -> None:
    """Refuse UPDATE and DELETE (and TRUNCATE, where there is one), whoever asks."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
            continue
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)  # and its indexes and triggers
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only()")
