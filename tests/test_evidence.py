"""What is written about one thing learned: what counts for a year, a form sent twice, words that are too many."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from factories import TODAY, make_evidence, make_resident, make_ward
from sqlalchemy.orm import Session

from xhht_citizen.config import Settings
from xhht_citizen.database import new_id
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.evidence import actions, queries, rules
from xhht_citizen.evidence.files import CleanFile, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(Settings(data_dir=tmp_path, database_url="sqlite://", secret_key="x" * 32))


def paper(content: bytes) -> actions.NewFile:
    digest = hashlib.sha256(content).hexdigest()
    return actions.NewFile(CleanFile(content, "image/webp", "webp", 1, 1, None, digest, ""), "giay.png")


def test_certificates_of_earlier_years_count_and_the_database_is_asked_the_same(db: Session) -> None:
    person = make_resident(db, make_ward(db))
    made = {
        (kind, learned): make_evidence(db, person, f"{kind} {learned}", kind=kind, learned_on=date(learned, 5, 1))
        for kind in rules.Kind
        for learned in (TODAY.year - 1, TODAY.year)
    }
    for year in (TODAY.year - 1, TODAY.year):
        offered = {row.id for row in queries.offered(db, person.id, year)}
        assert offered == {key for (kind, learned), key in made.items() if rules.counts_for(kind, learned, year)}
    assert [kind for kind in rules.Kind if rules.counts_for(kind, 2025, 2026)] == ["certificate"]
    assert not rules.counts_for("certificate", 2027, 2026)


def test_the_same_form_twice_is_one_row_and_another_content_is_said(db: Session, store: Store) -> None:
    person = make_resident(db, make_ward(db))
    row_id, day = new_id(), TODAY
    picture, other = paper(b"giay"), paper(b"khac")
    told = actions.Details("course", "Lớp trồng rau", day, frozenset({"1.3"}), note="Biết ủ phân")

    def send(details: actions.Details, files: list[actions.NewFile]) -> uuid.UUID:
        row = actions.add(
            db,
            store,
            evidence_id=row_id,
            person_id=person.id,
            ward_code=person.ward.code,
            details=details,
            files=files,
            account_id=None,
            today=day,
        )
        return row.id

    assert [send(told, [picture]), send(told, [picture])] == [row_id, row_id]
    changed = [
        (replace(told, title="Lớp trồng hoa"), [picture]),
        (replace(told, indicators=frozenset({"1.2"})), [picture]),
        (told, [picture, other]),
    ]
    for details, files in changed:
        with pytest.raises(Conflict):
            send(details, files)
    assert [(row.title, len(row.files)) for row in queries.offered(db, person.id, day.year)] == [("Lớp trồng rau", 1)]


@pytest.mark.parametrize(("field", "most"), [("title", 200), ("provider", 200), ("witness", 160), ("note", 2000)])
def test_what_is_too_long_is_said_and_never_cut(db: Session, store: Store, field: str, most: int) -> None:
    row = make_evidence(db, make_resident(db, make_ward(db)), "Lớp trồng rau")
    told = actions.Details("course", "Lớp trồng rau", TODAY, frozenset())
    with pytest.raises(Invalid) as caught:
        actions.edit(db, row, replace(told, **{field: "ă" * (most + 1)}), version=1, account_id=None, today=TODAY)
    assert caught.value.field == field
    saved = actions.edit(db, row, replace(told, **{field: "ă" * most}), version=1, account_id=None, today=TODAY)
    assert getattr(saved, field) == "ă" * most
