"""What waits on a phone: the page that shows it, and where the phone sends it, one thing a request.

Each thing has an id made on the phone and is noted when it arrives (phones.actions), in the transaction that writes
what it brought: sent again, by another tab or after a cut, it is received and changes nothing.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications.bringing import bring_answer
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.evidence import actions, bringing, queries
from xhht_citizen.evidence.references import CARD
from xhht_citizen.people import queries as people
from xhht_citizen.phones.actions import arrive
from xhht_citizen.phones.queries import arrived
from xhht_citizen.phones.rules import Said, read_said
from xhht_citizen.web import half_filled
from xhht_citizen.web.evidence import EvidenceForm, FilesForm, onward, say_saved, written
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, for_script, found, needs
from xhht_citizen.web.offline import OWNER, opens_offline, owner_key
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.paper_codes import tell_code
from xhht_citizen.web.score import Answer, Explained, YearScore, after_answer, explain, given, own_line, this_year
from xhht_citizen.web.transactions import reader, store, writer

bp = Blueprint("outbox", __name__)
CHANGED = N_("Nội dung này vừa được sửa ở nơi khác. Chưa có gì bị ghi đè: xin xem hai bản rồi chọn.")
NO_ID = N_("Máy chưa gửi đủ thông tin. Xin mở lại trang rồi gửi lần nữa.")


def _owners() -> uuid.UUID:
    """The person whose phone this is; 403 for a phone that holds somebody else's things."""
    who = actor()
    key = owner_key(who.account_id) if who.account_id is not None else ""
    said = request.headers.get(OWNER, "")
    if who.person_id is None or not hmac.compare_digest(key.encode(), said.encode()):  # a header may say anything
        abort(make_response({"error": "owner"}, 403))
    return who.person_id


def _own() -> tuple[uuid.UUID, Thing]:
    person_id = _owners()
    return person_id, Thing(person_id)


def _own_evidence(evidence_id: uuid.UUID) -> tuple[Any, Thing]:
    _person_id, thing = _own()
    row = queries.evidence(reader(), evidence_id)
    # What arrived and was deleted since is still received.
    return (evidence_id, row), (thing if row is None else Thing(row.person_id, ward_code=row.ward_code))


def _own_answer(code: str) -> tuple[tuple[YearScore, Explained], Thing]:
    _owners()
    return own_line(code)


@bp.get("/hop-gui")
@needs("year.own", lambda: (None, Thing(actor().person_id)))
@opens_offline
def mine(_nothing: None) -> str:
    """What waits on this phone; a script fills it in from what the phone holds."""
    return render_template("outbox/mine.html")


@bp.get("/hop-gui/chia-khoa")
@needs("session.own")
@for_script
def key() -> Any:
    """Whose phone this is now, and the token that a phone sends with."""
    account_id = found(actor().account_id)
    return {"owner": owner_key(account_id), "token": generate_csrf()}


@bp.post("/hop-gui/viec")
@needs("evidence.change", _own)
@for_script
def thing(person_id: uuid.UUID) -> Any:
    """One thing learned, without its photos."""
    form = _evidence_form()
    evidence_id = read_id(form.id.data)
    return _evidence(form, person_id, found(evidence_id, NO_ID), "evidence")


@bp.post("/hop-gui/sua/<uuid:evidence_id>")
@needs("evidence.change", _own_evidence)
@for_script
def change(loaded: tuple[uuid.UUID, Any]) -> Any:
    """A correction of something learned."""
    evidence_id, row = loaded
    person_id = found(actor().person_id)
    if row is None and not arrived(reader(), _item(), person_id):
        found(None, bringing.GONE)
    return _evidence(_evidence_form(), person_id, evidence_id, "edit")


def _evidence_form() -> EvidenceForm:
    """What was sent; a day said as "hôm qua" is the day before it was typed, however late it comes."""
    return EvidenceForm(meta={"today": half_filled.typed_on()})


def _evidence(form: EvidenceForm, person_id: uuid.UUID, evidence_id: uuid.UUID, kind: str) -> Any:
    item = _item()
    if not form.validate():
        return _refused(form)
    with form.catching():
        details = form.details()
        base = actions.said_of(details).text()
        if _arrive(item, kind, evidence_id):
            row, done = bringing.bring(
                writer(),
                store(),
                evidence_id=evidence_id,
                person_id=person_id,
                ward_code=actor().ward_code,
                details=details,
                seen=_seen(),
                account_id=actor().account_id,
                today=clock.today(),
                correction=kind == "edit",
            )
            if not done:
                return _two_versions(form, EvidenceForm(formdata=None, data=written(row)), person_id)
            half_filled.has_arrived()
            if "say" in request.form:
                say_saved(row, int("photos" in request.form) + (len(row.files) if kind == "edit" else 0))
        if kind == "edit":
            return _received(url_for("evidence.view", evidence_id=evidence_id), base)
        year = details.learned_on.year
        return _received(onward(year, request.args.get("chi-so", ""), request.args.get("loai", "")), base)
    return _refused(form)


@bp.post("/hop-gui/viec/<uuid:evidence_id>/tep")
@needs("evidence.change", _own_evidence)
@for_script
def photo(loaded: tuple[uuid.UUID, Any]) -> Any:
    """One photo of something learned. One a request: after a cut only what had not arrived is sent again."""
    evidence_id, row = loaded
    item, person_id = _item(), found(actor().person_id)
    url = url_for("evidence.view", evidence_id=evidence_id)
    if arrived(reader(), item, person_id):
        return _received(url)
    found(row, bringing.NOT_FOUND)
    form = FilesForm()
    if not form.validate():
        return _refused(form)
    with form.catching():
        files = form.cleaned()
        if len(files) != 1:
            raise Invalid(NO_ID, field="files")
        if _arrive(item, "file", evidence_id):
            one = [replace(files[0], id=item)]
            said = row.certificate_ref
            now = actions.attach(
                writer(), store(), evidence_id, one, account_id=actor().account_id, today=clock.today()
            )
            note = files[0].clean.note
            if note == CARD:  # what should be taken off is said at the next page, also to who did not look on
                flash(_(note), "miss")
            elif note and "say" in request.form:
                flash(_(note), "info")
            if "say" in request.form:
                tell_code(now.certificate_ref if not said else None, form.ours)
        return _received(url)
    return _refused(form)


@bp.post("/hop-gui/cham/<code>")
@needs("application.own", _own_answer)
@for_script
def answer(loaded: tuple[YearScore, Explained]) -> Any:
    """The answer of one indicator of the year."""
    year, line = loaded
    code, item = line.line.code, _item()
    form = Answer()
    if not form.validate():
        return _refused(form)
    with form.catching():
        said = given(form)
        ticks = frozenset(map(str, said["evidence"]))
        base = Said({"points": str(said["points"]), "note": said["note"]}, ticks).text()
        if _arrive(item, "answer", year.person.id):
            db = writer()
            person = found(people.person(db, year.person.id))
            theirs = bring_answer(db, person, year.year, code, **said, seen=_seen(), actor=actor())
            if theirs is not None:
                return _two_answers(form, year, line, theirs)
            half_filled.has_arrived()
            if "say" in request.form:
                flash(_("Đã lưu chỉ số %(code)s.", code=code), "yes")
        return _received(after_answer(year, code), base)
    return _refused(form)


def _item() -> uuid.UUID:
    item = read_id(request.form.get("item", ""))
    if item is None:
        raise Invalid(NO_ID)
    return item


def _seen() -> list[Said]:
    """What the phone saw before: its page, and what it has sent itself since."""
    return [said for text in request.form.getlist("base") if (said := read_said(text)) is not None]


def _arrive(item: uuid.UUID, kind: str, subject_id: uuid.UUID) -> bool:
    who = actor()
    return arrive(
        writer(),
        item,
        person_id=found(who.person_id),
        account_id=who.account_id,
        ward_code=who.ward_code,
        kind=kind,
        subject_id=subject_id,
    )


def _received(url: str, base: str = "") -> Any:
    return {"state": "received", "url": url, "base": base}


def _refused(form: Form) -> Any:
    """What to mend, by field; what belongs to no field by an empty name."""
    errors = {name or "": [str(text) for text in texts] for name, texts in form.errors.items()}
    if form.status == 422:
        return {"errors": errors}, 422
    return {"message": next((texts[0] for texts in errors.values() if texts), _(NO_ID))}, form.status


def _two_versions(mine_form: EvidenceForm, theirs: EvidenceForm, person_id: uuid.UUID) -> Any:
    year = explain(person_id, this_year())
    mine_form.show(year)
    theirs.show(year)
    return _both(mine_form, theirs, theirs.base.data)


def _two_answers(mine_form: Answer, year: YearScore, line: Explained, theirs: Said) -> Any:
    form = Answer(formdata=None, data={**theirs.texts, "evidence": sorted(theirs.ticks)})
    offered = queries.offered(reader(), year.person.id, year.year)
    for one in (mine_form, form):
        one.points.choices = [(str(rung.points), rung.text) for rung in line.line.ladder]
        one.evidence.choices = [(str(item.id), item.title) for item in offered]
    return _both(mine_form, form, theirs.text())


def _both(mine_form: Form, theirs: Form, base: str) -> Any:
    """Both versions, for the fields in which they differ, in words a person reads; nothing was written."""
    rows, fields = [], {}
    for field in theirs:
        if getattr(field.widget, "input_type", "") in {"hidden", "file"}:
            continue
        fields[field.name] = _values(field)
        own = mine_form[field.name]
        if _values(own) != fields[field.name]:
            label = str(field.label.text)
            rows.append({"name": field.name, "label": label, "mine": _words(own), "theirs": _words(field)})
    return {"message": _(CHANGED), "theirs": {"fields": fields, "base": base, "rows": rows}}, 409


def _values(field: Any) -> list[str]:
    data = field.data if isinstance(field.data, list) else [field.data]
    texts = [str(value).replace("\r\n", "\n").strip() for value in data if value is not None]
    return sorted(text for text in texts if text)


def _words(field: Any) -> str:
    values = _values(field)
    names = dict(field.choices) if getattr(field, "choices", None) else {}
    if field.name == "points":
        return _("%(points)s điểm: %(words)s", points=values[0], words=names.get(values[0], "")) if values else ""
    return "; ".join(str(names.get(value, value)) for value in values)
