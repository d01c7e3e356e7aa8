"""What is written about one thing learned: what counts for a year, a form sent twice, words that are too many."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from browser import Browser
from factories import PASSWORD, TODAY, make_application, make_evidence, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.applications.models import ApplicationEvidence
from xhht_citizen.audit import Look
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


def signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap")
    return browser.submit("/dang-nhap", {"login": login, "password": PASSWORD})


def test_another_content_under_the_same_page_is_told_once_and_kept_as_a_second_row(app: Flask, db: Session) -> None:
    person = make_resident(db, make_ward(db), login="lan")
    db.commit()
    browser = signed_in(app, "lan").get("/minh-chung/moi")
    sent = {"kind": "course", "title": "Lớp trồng rau", "learned_on": f"{TODAY:%d/%m/%Y}", "indicators": ["1.3"]}
    first = next(form for form in browser.forms() if "title" in form.names).fields["id"]
    browser.submit("/minh-chung/moi", sent)
    back = browser.get("/minh-chung/moi")
    back.submit("/minh-chung/moi", {**sent, "id": first, "title": "Lớp trồng hoa"})
    assert (back.status, back.screen()) == (409, "evidence.new")
    assert "đã được lưu với nội dung khác" in back.words()
    back.submit("/minh-chung/moi")
    assert (back.status, back.screen()) == (200, "evidence.mine")
    assert {row.title for row in queries.offered(db, person.id, TODAY.year)} == {"Lớp trồng rau", "Lớp trồng hoa"}


def test_a_look_goes_by_the_case_that_allowed_it(app: Flask, db: Session) -> None:
    """One certificate in cases of two wards: each ward's officer sees it by its own case, and is written down there."""
    here, there = make_ward(db), make_ward(db, "20008", "Phường Mẫu Xa")
    person = make_resident(db, here)
    key = make_evidence(db, person, "Chứng chỉ", kind="certificate", learned_on=date(TODAY.year - 1, 5, 1))
    cases = {
        ward.code: make_application(db, person, "submitted", year=year)
        for ward, year in ((here, TODAY.year - 1), (there, TODAY.year))
    }
    cases[there.code].ward_code, cases[there.code].community_id = there.code, there.communities[0].id
    for ward in (here, there):
        make_officer(db, ward, "ward_reviewer", f"xet-{ward.code}")
        db.merge(ApplicationEvidence(application_id=cases[ward.code].id, code="1.3", evidence_id=key))
    db.commit()
    for ward in (here, there):
        page = signed_in(app, f"xet-{ward.code}").get(f"/minh-chung/{key}")
        assert page.status == 200
        assert f"/xet-duyet/{cases[ward.code].id}" in page.links().values()
    looks = db.execute(select(Look.ward_code).where(Look.person_id == person.id).order_by(Look.at)).all()
    assert [look.ward_code for look in looks] == [here.code, there.code]


def test_asking_for_the_head_of_a_page_changes_nothing(app: Flask, db: Session) -> None:
    ward = make_ward(db, community_step=False)
    case = make_application(db, make_resident(db, ward), "under_review")
    make_officer(db, ward, "ward_reviewer", "xet")
    db.commit()
    answer = signed_in(app, "xet").client.head(f"/xet-duyet/{case.id}")
    assert (answer.status_code, answer.data) == (200, b"")
