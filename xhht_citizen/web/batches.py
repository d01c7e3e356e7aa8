"""Batches: composing who a decision shall name, its drafts, and entering it once it is signed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications.rules import open_year
from xhht_citizen.batches import actions, letterheads, queries, signing
from xhht_citizen.batches.queries import Line
from xhht_citizen.batches.rules import BAR_LABELS, BAR_TAGS, BATCH_LABELS, IN_REQUEST, Bar, BatchState
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.exports import lists
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports.batch_papers import PAPERS, Source
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, kinds, paging
from xhht_citizen.web.decisions import DecisionForm, said, thing_at
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.waiting import review_endpoint

bp = Blueprint("batches", __name__)
DRAFTS = (
    ("bien-ban-xet", N_("Biên bản xét")),
    ("to-trinh", N_("Tờ trình")),
    ("quyet-dinh", N_("Dự thảo quyết định")),
)
STATE_TAGS = {BatchState.OPEN: "wait", BatchState.SIGNED: "yes", BatchState.DROPPED: ""}


class NameForm(Form):
    """What a batch is called; its id comes with the page, so that a form sent twice makes one batch."""

    id = HiddenField()
    version = HiddenField()
    name = StringField(_l("Tên đợt"), [required(), Length(max=160)], description=_l("Ví dụ: Đợt 1 năm 2026."))


class SignForm(DecisionForm):
    """The signed decision, what its signer saw of the list, and the id of the job that may do it."""

    job = HiddenField()
    seen = HiddenField()


@dataclass(frozen=True)
class Opened:
    """A batch and what the policy reads of it."""

    batch: Any
    thing: Thing


@dataclass(frozen=True)
class Asked:
    """A paper of a batch that is asked for."""

    batch: Any
    name: str
    form: str


def own_desk() -> tuple[Desk, Thing]:
    """The ward or province whose batches these are."""
    at = desk.desk(ward=True, province=True)
    return at, thing_at(at)


def open_one(batch_id: uuid.UUID) -> tuple[Opened, Thing]:
    """One batch."""
    one = found(queries.batch(reader(), batch_id), N_("Không tìm thấy đợt này."))
    thing = signing.thing_of(reader(), one)
    return Opened(one, thing), thing


def open_paper(batch_id: uuid.UUID, name: str, form: str) -> tuple[Asked, Thing]:
    """A paper of a batch: known by name and form."""
    opened, thing = open_one(batch_id)
    if (name, form) != ("danh-sach", "xlsx") and (name not in PAPERS or form not in papers.TYPES):
        raise NotFound(N_("Không có văn bản này."))
    return Asked(opened.batch, name, form), thing


def lines_of(one: Any) -> list[Line]:
    """The batch's lines as the one who looks may grant them."""
    return queries.lines(reader(), one, actor=actor(), today=clock.today())


def place_name(one: Any) -> str:
    """The ward or province of a batch."""
    if one.province_code:
        return places.province(reader(), one.province_code).name
    return places.commune(reader(), one.ward_code).name


def here(one: Any) -> str:
    """The batch's page."""
    return url_for("batches.one", batch_id=one.id)


@bp.get("/dot-quyet-dinh")
@needs("decision.view", own_desk)
def overview(at: Desk) -> Any:
    """The batches, the newest first."""
    after = paging.read_id(request.args.get("sau", ""))
    rows, more = paging.cut(queries.batches(reader(), at.place, after=after, limit=paging.PAGE + 1))
    noi = desk.noi(at)
    return render_template(
        "batches/overview.html",
        at=at,
        desks=desk.chips(at, ward=True, province=True),
        place=desk.place_name(at),
        rows=rows,
        labels=BATCH_LABELS,
        tags=STATE_TAGS,
        noi=noi,
        next_url=url_for("batches.overview", noi=noi, sau=str(rows[-1][0].id)) if more else None,
        first_url=url_for("batches.overview", noi=noi) if after else None,
    )


@bp.route("/dot-quyet-dinh/moi", methods=["GET", "POST"])
@needs("batch.compose", own_desk)
def new(at: Desk) -> Any:
    """Begin a batch; its cases are chosen on the next page."""
    year = open_year(clock.today())
    form = NameForm(data={"id": str(new_id()), "name": ""} if request.method == "GET" else None)
    batch_id = paging.read_id(form.id.data) or new_id()
    if form.validate_on_submit():
        with form.catching():
            actions.make(
                writer(),
                batch_id,
                name=form.name.data,
                year=year,
                ward_code=at.ward_code or None,
                province_code=at.province_code,
                actor=actor(),
            )
            return redirect(url_for("batches.pick", batch_id=batch_id), 303)
    return render_template(
        "batches/new.html", form=form, place=desk.place_name(at), noi=desk.noi(at), year=year
    ), form.status


@bp.get("/dot-quyet-dinh/<uuid:batch_id>")
@needs("decision.view", open_one)
def one(opened: Opened) -> Any:
    """Who is in the batch, who fell out, its drafts, and what comes next. A signed one is its decision's page."""
    batch = opened.batch
    if batch.decision_id is not None:
        return redirect(url_for("decisions.one", decision_id=batch.decision_id))
    everybody = lines_of(batch)
    kind = kinds.BY_SLUG.get(request.args.get("loai", ""))
    shown = [line for line in everybody if kind is None or line.kind == kind]
    page, next_key = page_of(shown, request.args.get("sau", ""))
    loai = request.args.get("loai") if kind else None
    return render_template(
        "batches/one.html",
        batch=batch,
        place=place_name(batch),
        label=_(BATCH_LABELS[BatchState(batch.state)]),
        tag=STATE_TAGS[BatchState(batch.state)],
        is_open=batch.state == BatchState.OPEN,
        lines=page,
        where=names_of(page),
        kinds=kinds.kind_words(),
        counts=counts_of(everybody),
        total=len(everybody),
        able=sum(line.bar is None for line in everybody),
        barred=[line for line in everybody if line.bar is not None],
        bars=BAR_LABELS,
        tags=BAR_TAGS,
        endpoint=review_endpoint,
        chips=chips_of(batch, everybody, loai),
        drafts=DRAFTS,
        composes=allowed("batch.compose", opened.thing),
        signs=allowed("decision.make", opened.thing),
        all_ticked=request.args.get("chon") == "ca-trang",
        loai=loai,
        sau=request.args.get("sau") or None,
        next_url=url_for("batches.one", batch_id=batch.id, loai=loai, sau=next_key) if next_key else None,
        first_url=url_for("batches.one", batch_id=batch.id, loai=loai) if request.args.get("sau") else None,
    )


def page_of(lines: list[Line], after: str) -> tuple[list[Line], str | None]:
    """A page of a list that is sorted already, and the key of the next one: the last line's id."""
    last = paging.read_id(after)
    begin = next((place + 1 for place, line in enumerate(lines) if line.id == last), 0) if last else 0
    page = lines[begin : begin + paging.PAGE]
    return page, str(page[-1].id) if begin + paging.PAGE < len(lines) else None


def names_of(lines: list[Line]) -> Mapping[str | uuid.UUID, str]:
    """Where the lines' people live: two statements, or one."""
    return places.names(
        reader(), {line.ward_code for line in lines}, {line.community_id for line in lines if line.community_id}
    )


def counts_of(lines: list[Line]) -> list[tuple[str, int]]:
    """How many of each kind can be granted."""
    words = kinds.kind_words()
    order = list(dict.fromkeys(line.kind for line in lines))
    return [(words[kind], sum(line.kind == kind and line.bar is None for line in lines)) for kind in order]


def chips_of(batch: Any, lines: list[Line], chosen: str | None) -> list[dict[str, Any]]:
    """The choice of a kind, of those that are in the batch."""
    present = {line.kind for line in lines}
    options = [(slug, label) for slug, label in kinds.options() if not slug or kinds.BY_SLUG[slug] in present]
    return [
        {
            "url": url_for("batches.one", batch_id=batch.id, loai=slug or None),
            "label": label,
            "current": slug == (chosen or ""),
        }
        for slug, label in options
    ]


@bp.route("/dot-quyet-dinh/<uuid:batch_id>/ten", methods=["GET", "POST"])
@needs("batch.compose", open_one)
def rename(opened: Opened) -> Any:
    """Another name; or the batch given up."""
    batch = opened.batch
    form = NameForm(data={"name": batch.name, "version": batch.version} if request.method == "GET" else None)
    if form.validate_on_submit():
        with form.catching():
            version = paging.read_number(form.version.data)
            actions.rename(writer(), batch.id, form.name.data, version=version or 0, actor=actor())
            return redirect(here(batch), 303)
    return render_template("batches/rename.html", batch=batch, form=form, here=here(batch)), form.status


@bp.post("/dot-quyet-dinh/<uuid:batch_id>/bo")
@needs("batch.compose", open_one)
def drop(opened: Opened) -> Any:
    """Give the batch up; its cases wait for another one."""
    actions.drop(writer(), opened.batch.id, actor=actor())
    flash(_("Đã bỏ đợt “%(name)s”. Các hồ sơ trong đợt trở lại danh sách chờ.", name=opened.batch.name), "yes")
    noi = opened.batch.province_code or opened.batch.ward_code
    return redirect(url_for("batches.overview", noi=noi if len(desk.desks()) > 1 else None), 303)


@bp.route("/dot-quyet-dinh/<uuid:batch_id>/ky", methods=["GET", "POST"])
@needs("decision.make", open_one)
def sign(opened: Opened) -> Any:
    """Enter the signed decision: all titles of the batch at once, or none. A big batch is done by a job."""
    batch = opened.batch
    if batch.decision_id is not None:
        return redirect(url_for("decisions.one", decision_id=batch.decision_id))
    everybody = lines_of(batch)
    able = [line for line in everybody if line.bar is None]
    words = letterheads.words_of(reader(), queries.place_code(batch))
    first = {"signatory": words.signatory, "job": str(new_id()), "seen": queries.seen(everybody)}
    form = SignForm(data=first if request.method == "GET" else None)
    if form.validate_on_submit() and form.decided_on.day:
        with form.catching():
            decision = actions.details_of(
                writer(), batch, form.number.data, form.decided_on.day, form.signatory.data.strip()
            )
            given: dict[str, Any] = {"actor": actor(), "today": clock.today(), "seen": form.seen.data or ""}
            if len(able) > IN_REQUEST:
                job_id = signing.ask_to_sign(
                    writer(),
                    batch,
                    decision,
                    **given,
                    title=_(
                        "Công nhận theo quyết định %(number)s: %(batch)s", number=decision.number, batch=batch.name
                    ),
                    count=len(able),
                    back=here(batch),
                    job_id=paging.read_id(form.job.data) or new_id(),
                )
                return redirect(url_for("jobs.one", job_id=job_id), 303)
            signed = actions.sign(writer(), batch.id, decision=decision, **given)
            flash(said(able, decision.number), "yes")
            return redirect(url_for("decisions.one", decision_id=signed.decision_id), 303)
    if form.status == 409:
        reader().rollback()  # the list shall show what changed
        everybody = lines_of(batch)
        form.seen.data = queries.seen(everybody)
        able = [line for line in everybody if line.bar is None]
    return render_template(
        "batches/sign.html",
        batch=batch,
        form=form,
        place=place_name(batch),
        here=here(batch),
        able=able,
        counts=counts_of(everybody),
        left=[line for line in everybody if line.bar not in {None, Bar.KIN}],
        kin=[line for line in everybody if line.bar is Bar.KIN],
        bars=BAR_LABELS,
        number_format=words.number_format.replace("{number}", "…").replace("{year}", str(clock.today().year)),
        by_job=len(able) > IN_REQUEST,
    ), form.status


@bp.get("/dot-quyet-dinh/<uuid:batch_id>/van-ban/<name>.<form>")
@needs("decision.view", open_paper)
def paper(asked: Asked) -> Any:
    """A draft of the batch as PDF or Word, or its list for Excel."""
    batch = asked.batch
    everybody = lines_of(batch)
    whole = asked.form == "xlsx"
    source = Source(
        words=letterheads.words_of(reader(), queries.place_code(batch)),
        name=batch.name,
        year=batch.year,
        lines=tuple(line for line in everybody if whole or line.printed),
        where=names_of(everybody),
        of_province=batch.province_code is not None,
        today=clock.today(),
    )
    if whole:
        return send(lists.xlsx(source), lists.XLSX, "danh-sach.xlsx")
    made = PAPERS[asked.name](source)
    return send(papers.write(made, asked.form), papers.TYPES[asked.form], f"{made.file_name}.{asked.form}")


def send(content: bytes, kind: str, name: str) -> Any:
    """A file that leaves."""
    return send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name)
