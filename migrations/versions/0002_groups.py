"""Groups have titles of their own: clans, units, belonging, mandates, requests, declared totals, targets.

A case, a title and a registration are of a subject now, which is a person only for a citizen.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CITIZEN_ONLY = "kind IN ('citizen')"
KINDS = "kind IN ('citizen', 'household', 'clan', 'community', 'unit', 'agency', 'commune')"
SUBJECT = "(kind = 'citizen') = (person_id IS NOT NULL) AND (person_id IS NULL OR person_id = subject_id)"
OPEN, VALID = sa.text("revoked_at IS NULL"), sa.text("revoked_at IS NULL")
OPEN_HEAD = sa.text("revoked_at IS NULL AND part = 'head'")
OF_WARD, OF_PROVINCE = sa.text("province_code IS NULL"), sa.text("province_code IS NOT NULL")
TALLY_SUM = [
    *("kind", "year", "community_id", "province_code"),
    *("total", "recognised", "registered", "assessed", "taken_at"),
]
UNANSWERED, STANDING = sa.text("answered_at IS NULL"), sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_tally_sum", "tally")
    op.create_index("ix_tally_sum", "tally", TALLY_SUM)
    _persons_up()
    _clans_and_units_up()
    _subjects_up()
    _decisions_up()
    _new_tables()


def downgrade() -> None:
    for table in ("schooling", "place_target", "declared_total", "join_request", "mandate"):
        op.drop_table(table)
    _subjects_down()
    _decisions_down()
    _clans_and_units_down()
    _persons_down()
    op.drop_index("ix_tally_sum", "tally")
    op.create_index("ix_tally_sum", "tally", TALLY_SUM[:4])


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _persons_up() -> None:
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("died_on", sa.Date(), nullable=True))
    with op.batch_alter_table("household_membership") as batch:
        batch.add_column(sa.Column("guardian_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("end_reason", sa.String(length=10), nullable=True))
        batch.create_foreign_key("fk_household_membership_guardian_id", "person", ["guardian_id"], ["id"])
        batch.create_check_constraint(
            op.f("ck_household_membership_end_reason"), "end_reason IN ('moved', 'married', 'died', 'left', 'changed')"
        )
        batch.create_check_constraint(
            op.f("ck_household_membership_ended_with_reason"), "end_reason IS NULL OR revoked_at IS NOT NULL"
        )


def _persons_down() -> None:
    with op.batch_alter_table("household_membership") as batch:
        batch.drop_constraint(op.f("ck_household_membership_ended_with_reason"), type_="check")
        batch.drop_constraint(op.f("ck_household_membership_end_reason"), type_="check")
        batch.drop_constraint("fk_household_membership_guardian_id", type_="foreignkey")
        batch.drop_column("end_reason")
        batch.drop_column("guardian_id")
    with op.batch_alter_table("person") as batch:
        batch.drop_column("died_on")


def _clans_and_units_up() -> None:
    for table in ("clan", "unit"):
        op.drop_index(f"ix_{table}_ward", table)
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("community_id", sa.Uuid(), nullable=True))
            # Nothing wrote these tables before; a row made by hand sorts and is found by its plain name.
            batch.add_column(sa.Column("sort_key", sa.String(length=400), nullable=True))
            batch.add_column(sa.Column("search_key", sa.String(length=160), nullable=True))
            batch.add_column(sa.Column("created_by", sa.Uuid(), nullable=True))
            batch.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
            if table == "unit":
                batch.add_column(sa.Column("managed_by", sa.String(length=8), nullable=True))
        op.execute(f"UPDATE {table} SET sort_key = lower(name), search_key = lower(name)")
        if table == "unit":
            op.execute("UPDATE unit SET managed_by = 'commune'")
        with op.batch_alter_table(table) as batch:
            batch.alter_column("sort_key", existing_type=sa.String(length=400), nullable=False)
            batch.alter_column("search_key", existing_type=sa.String(length=160), nullable=False)
            batch.create_foreign_key(f"fk_{table}_community_id", "community", ["community_id"], ["id"])
            batch.create_foreign_key(f"fk_{table}_created_by", "account", ["created_by"], ["id"])
            if table == "unit":
                batch.alter_column("managed_by", existing_type=sa.String(length=8), nullable=False)
                batch.create_check_constraint(op.f("ck_unit_managed_by"), "managed_by IN ('commune', 'province')")
        op.create_index(f"ix_{table}_ward", table, ["ward_code", "sort_key", "id"])
        op.create_index(f"ix_{table}_community", table, ["community_id"])
    op.create_table(
        "clan_branch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clan_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clan_id"], ["clan.id"], name="fk_clan_branch_clan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clan_branch"),
    )
    op.create_index("ix_clan_branch_clan", "clan_branch", ["clan_id", "position"])
    with op.batch_alter_table("clan_membership") as batch:
        batch.add_column(sa.Column("branch_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("side", sa.String(length=6), nullable=True))
        batch.add_column(sa.Column("granted_by", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("revoked_by", sa.Uuid(), nullable=True))
    op.execute("UPDATE clan_membership SET side = 'father'")
    with op.batch_alter_table("clan_membership") as batch:
        batch.alter_column("side", existing_type=sa.String(length=6), nullable=False)
        batch.create_foreign_key("fk_clan_membership_branch_id", "clan_branch", ["branch_id"], ["id"])
        batch.create_foreign_key("fk_clan_membership_granted_by", "account", ["granted_by"], ["id"])
        batch.create_foreign_key("fk_clan_membership_revoked_by", "account", ["revoked_by"], ["id"])
        batch.create_check_constraint(op.f("ck_clan_membership_side"), "side IN ('father', 'mother')")
    _partial("uq_clan_membership_side", "clan_membership", ["household_id", "side"], OPEN)
    with op.batch_alter_table("unit_membership") as batch:
        batch.add_column(sa.Column("granted_by", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("revoked_by", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_unit_membership_granted_by", "account", ["granted_by"], ["id"])
        batch.create_foreign_key("fk_unit_membership_revoked_by", "account", ["revoked_by"], ["id"])
    op.create_index("ix_unit_membership_person", "unit_membership", ["person_id", "revoked_at"])


def _clans_and_units_down() -> None:
    op.drop_index("ix_unit_membership_person", "unit_membership")
    with op.batch_alter_table("unit_membership") as batch:
        batch.drop_constraint("fk_unit_membership_revoked_by", type_="foreignkey")
        batch.drop_constraint("fk_unit_membership_granted_by", type_="foreignkey")
        batch.drop_column("revoked_by")
        batch.drop_column("granted_by")
    op.drop_index("uq_clan_membership_side", "clan_membership")
    with op.batch_alter_table("clan_membership") as batch:
        batch.drop_constraint(op.f("ck_clan_membership_side"), type_="check")
        for column in ("revoked_by", "granted_by", "branch_id"):
            batch.drop_constraint(f"fk_clan_membership_{column}", type_="foreignkey")
        for column in ("revoked_by", "granted_by", "side", "branch_id"):
            batch.drop_column(column)
    op.drop_table("clan_branch")
    for table in ("unit", "clan"):
        op.drop_index(f"ix_{table}_community", table)
        op.drop_index(f"ix_{table}_ward", table)
        with op.batch_alter_table(table) as batch:
            if table == "unit":
                batch.drop_constraint(op.f("ck_unit_managed_by"), type_="check")
                batch.drop_column("managed_by")
            batch.drop_constraint(f"fk_{table}_created_by", type_="foreignkey")
            batch.drop_constraint(f"fk_{table}_community_id", type_="foreignkey")
            for column in ("closed_at", "created_by", "search_key", "sort_key", "community_id"):
                batch.drop_column(column)
        op.create_index(f"ix_{table}_ward", table, ["ward_code"])


def _subjects_up() -> None:  # noqa: PLR0915 (one statement a change)
    """A subject beside the person in the three tables of the book; people are their own subjects."""
    op.drop_index("ix_registration_year", "registration")
    op.drop_index("uq_title_valid", "title")
    op.drop_index("ix_application_year", "application")
    for table in ("registration", "title", "application"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("subject_id", sa.Uuid(), nullable=True))
        op.execute(f"UPDATE {table} SET subject_id = person_id")
    with op.batch_alter_table("registration") as batch:
        _subject_columns(batch, "registration")
        batch.create_check_constraint(op.f("ck_registration_kind"), KINDS)
        batch.drop_constraint("uq_registration_person_id_kind_year", type_="unique")
        batch.create_unique_constraint("uq_registration_subject_id_kind_year", ["subject_id", "kind", "year"])
    op.create_index("ix_registration_year", "registration", ["year", "kind", "subject_id"])
    op.create_table(
        "registration_taken_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_registration_taken_back_person_id"),
        sa.ForeignKeyConstraint(["registered_by"], ["account.id"], name="fk_registration_taken_back_registered_by"),
        sa.ForeignKeyConstraint(["taken_back_by"], ["account.id"], name="fk_registration_taken_back_taken_back_by"),
        sa.PrimaryKeyConstraint("id", name="pk_registration_taken_back"),
    )
    op.create_index("ix_registration_taken_back_subject", "registration_taken_back", ["subject_id", "year"])

    with op.batch_alter_table("title") as batch:
        batch.add_column(sa.Column("level", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        batch.add_column(sa.Column("facts", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("digital", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("own_record", sa.Boolean(), nullable=True))
    op.execute("UPDATE title SET facts = '{}'")
    # What the cases of titles given before tell; as applications/effects.py writes it from now on.
    op.execute(
        "UPDATE title SET digital = EXISTS (SELECT 1 FROM application_line WHERE application_line.application_id = "
        "title.application_id AND application_line.code = '2.1' AND application_line.confirmed_points >= 8)"
    )
    op.execute(
        "UPDATE title SET own_record = EXISTS (SELECT 1 FROM application_event JOIN account "
        "ON account.id = application_event.account_id WHERE application_event.application_id = title.application_id "
        "AND application_event.name = 'submit' AND account.person_id = title.person_id)"
    )
    with op.batch_alter_table("title") as batch:
        _subject_columns(batch, "title")
        batch.alter_column("facts", existing_type=sa.JSON(), nullable=False)
        batch.alter_column("holder_name", existing_type=sa.String(length=120), type_=sa.String(length=160))
        batch.alter_column("search_key", existing_type=sa.String(length=120), type_=sa.String(length=160))
        batch.drop_constraint(op.f("ck_title_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_title_kind"), KINDS)
    _partial("uq_title_valid", "title", ["kind", "subject_id", "year"], VALID)
    op.create_index("ix_title_subject", "title", ["subject_id", "year"])

    with op.batch_alter_table("application") as batch:
        batch.add_column(sa.Column("subject_name", sa.String(length=160), nullable=True))
        batch.add_column(sa.Column("subject_key", sa.String(length=160), nullable=True))
        batch.add_column(sa.Column("facts", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("area", sa.JSON(), nullable=True))
    op.execute("UPDATE application SET facts = '{}', area = '[]', subject_name = '', subject_key = ''")
    with op.batch_alter_table("application") as batch:
        _subject_columns(batch, "application")
        batch.alter_column("subject_name", existing_type=sa.String(length=160), nullable=False)
        batch.alter_column("subject_key", existing_type=sa.String(length=160), nullable=False)
        batch.alter_column("facts", existing_type=sa.JSON(), nullable=False)
        batch.alter_column("area", existing_type=sa.JSON(), nullable=False)
        batch.drop_constraint(op.f("ck_application_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_application_kind"), KINDS)
        batch.drop_constraint("uq_application_person_id_kind_year", type_="unique")
        batch.create_unique_constraint("uq_application_subject_id_kind_year", ["subject_id", "kind", "year"])
    op.create_index("ix_application_year", "application", ["year", "kind", "state", "subject_id"])
    op.create_index("ix_application_person", "application", ["person_id", "year"])
    with op.batch_alter_table("application_line") as batch:
        batch.add_column(sa.Column("numerator", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("denominator", sa.Integer(), nullable=True))


def _subject_columns(batch: object, table: str) -> None:
    batch.alter_column("subject_id", existing_type=sa.Uuid(), nullable=False)  # type: ignore[attr-defined]
    batch.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)  # type: ignore[attr-defined]
    batch.create_check_constraint(op.f(f"ck_{table}_subject"), SUBJECT)  # type: ignore[attr-defined]


def _subjects_down() -> None:
    """Back to persons only: what groups did is lost with the tables that knew groups."""
    cases = "(SELECT id FROM application WHERE kind <> 'citizen')"
    for table in ("application_event", "application_evidence", "application_line"):
        op.execute(f"DELETE FROM {table} WHERE application_id IN {cases}")
    for table in ("title", "registration", "application", "tally"):
        op.execute(f"DELETE FROM {table} WHERE kind <> 'citizen'")
    with op.batch_alter_table("application_line") as batch:
        batch.drop_column("denominator")
        batch.drop_column("numerator")
    op.drop_index("ix_application_person", "application")
    op.drop_index("ix_application_year", "application")
    op.drop_index("ix_title_subject", "title")
    op.drop_index("uq_title_valid", "title")
    op.drop_index("ix_registration_year", "registration")
    op.drop_table("registration_taken_back")
    with op.batch_alter_table("application") as batch:
        batch.drop_constraint("uq_application_subject_id_kind_year", type_="unique")
        batch.create_unique_constraint("uq_application_person_id_kind_year", ["person_id", "kind", "year"])
        batch.drop_constraint(op.f("ck_application_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_application_kind"), CITIZEN_ONLY)
        _no_subject(batch, "application")
        for column in ("area", "facts", "subject_key", "subject_name"):
            batch.drop_column(column)
    with op.batch_alter_table("title") as batch:
        batch.drop_constraint(op.f("ck_title_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_title_kind"), CITIZEN_ONLY)
        batch.alter_column("holder_name", existing_type=sa.String(length=160), type_=sa.String(length=120))
        batch.alter_column("search_key", existing_type=sa.String(length=160), type_=sa.String(length=120))
        _no_subject(batch, "title")
        for column in ("own_record", "digital", "facts", "valid_until", "level"):
            batch.drop_column(column)
    with op.batch_alter_table("registration") as batch:
        batch.drop_constraint("uq_registration_subject_id_kind_year", type_="unique")
        batch.create_unique_constraint("uq_registration_person_id_kind_year", ["person_id", "kind", "year"])
        batch.drop_constraint(op.f("ck_registration_kind"), type_="check")
        _no_subject(batch, "registration")
    op.create_index("ix_registration_year", "registration", ["year", "kind", "person_id"])
    _partial("uq_title_valid", "title", ["kind", "person_id", "year"], VALID)
    op.create_index("ix_application_year", "application", ["year", "kind", "state", "person_id"])


def _no_subject(batch: object, table: str) -> None:
    batch.drop_constraint(op.f(f"ck_{table}_subject"), type_="check")  # type: ignore[attr-defined]
    batch.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)  # type: ignore[attr-defined]
    batch.drop_column("subject_id")  # type: ignore[attr-defined]


def _decisions_up() -> None:
    """A decision of a province beside those of wards, each body with its own numbers."""
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("province_code", sa.String(length=2), nullable=True))
        batch.create_foreign_key("fk_decision_province_code", "province", ["province_code"], ["code"])
        batch.drop_constraint("uq_decision_ward_code_decided_year_number_key", type_="unique")
    _partial("uq_decision_ward", "decision", ["ward_code", "decided_year", "number_key"], OF_WARD)
    _partial("uq_decision_province", "decision", ["province_code", "decided_year", "number_key"], OF_PROVINCE)


def _decisions_down() -> None:
    """What a province decided is lost with the titles it decided on."""
    op.execute("DELETE FROM decision WHERE province_code IS NOT NULL")
    op.drop_index("uq_decision_province", "decision")
    op.drop_index("uq_decision_ward", "decision")
    with op.batch_alter_table("decision") as batch:
        batch.create_unique_constraint(
            "uq_decision_ward_code_decided_year_number_key", ["ward_code", "decided_year", "number_key"]
        )
        batch.drop_constraint("fk_decision_province_code", type_="foreignkey")
        batch.drop_column("province_code")


def _new_tables() -> None:
    op.create_table(
        "mandate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=6), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('household', 'clan', 'community', 'unit')", name=op.f("ck_mandate_kind")),
        sa.CheckConstraint("part = 'deputy' OR kind IN ('clan', 'unit')", name=op.f("ck_mandate_head_of")),
        sa.CheckConstraint("part = 'head' OR until IS NOT NULL", name=op.f("ck_mandate_deputy_until")),
        sa.CheckConstraint("part IN ('head', 'deputy')", name=op.f("ck_mandate_part")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name="fk_mandate_granted_by"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_mandate_person_id"),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name="fk_mandate_revoked_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_mandate_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
    )
    op.create_index("ix_mandate_person", "mandate", ["person_id", "revoked_at"])
    op.create_index(
        "uq_mandate_head",
        "mandate",
        ["kind", "group_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND part = 'head'"),
        postgresql_where=sa.text("revoked_at IS NULL AND part = 'head'"),
    )
    op.create_index(
        "uq_mandate_open",
        "mandate",
        ["kind", "group_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "join_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("joiner_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=6), nullable=False),
        sa.Column("relation", sa.String(length=10), nullable=True),
        sa.Column("side", sa.String(length=6), nullable=True),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("part", sa.String(length=8), nullable=True),
        sa.Column("reason", sa.String(length=10), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(length=10), nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'declined', 'withdrawn')", name=op.f("ck_join_request_answer")),
        sa.CheckConstraint("direction IN ('invite', 'ask')", name=op.f("ck_join_request_direction")),
        sa.CheckConstraint("kind IN ('household', 'clan', 'unit')", name=op.f("ck_join_request_kind")),
        sa.CheckConstraint("part IN ('member', 'learner')", name=op.f("ck_join_request_part")),
        sa.CheckConstraint("reason IN ('moved', 'married')", name=op.f("ck_join_request_reason")),
        sa.CheckConstraint("relation IN ('spouse', 'child', 'parent', 'other')", name=op.f("ck_join_request_relation")),
        sa.CheckConstraint("side IN ('father', 'mother')", name=op.f("ck_join_request_side")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_join_request_answered")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name="fk_join_request_answered_by"),
        sa.ForeignKeyConstraint(["branch_id"], ["clan_branch.id"], name="fk_join_request_branch_id"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_join_request_made_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_join_request_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_join_request"),
    )
    op.create_index("ix_join_request_joiner", "join_request", ["joiner_id", "answered_at"])
    op.create_index(
        "uq_join_request_open",
        "join_request",
        ["kind", "group_id", "joiner_id"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "declared_total",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('citizen', 'household', 'clan', 'community', 'unit')", name=op.f("ck_declared_total_kind")
        ),
        sa.CheckConstraint("total >= 0", name=op.f("ck_declared_total_total")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name="fk_declared_total_entered_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_declared_total_ward_code"),
        sa.PrimaryKeyConstraint("id", name="pk_declared_total"),
    )
    op.create_index(
        "uq_declared_total_open",
        "declared_total",
        ["ward_code", "community_id", "kind", "year"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "place_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_code", sa.String(length=5), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hundredths BETWEEN 1 AND 10000", name=op.f("ck_place_target_hundredths")),
        sa.CheckConstraint("length(place_code) IN (2, 5)", name=op.f("ck_place_target_place_code")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name="fk_place_target_entered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_place_target"),
    )
    op.create_index(
        "uq_place_target_open",
        "place_target",
        ["place_code", "measure", "year"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "schooling",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("in_school", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_schooling_person_id"),
        sa.ForeignKeyConstraint(["said_by"], ["account.id"], name="fk_schooling_said_by"),
        sa.ForeignKeyConstraint(["ward_code"], ["commune.code"], name="fk_schooling_ward_code"),
        sa.PrimaryKeyConstraint("person_id", "year", name="pk_schooling"),
    )
