"""One decision that was entered: its titles, its papers again, the certificates of everybody it names."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.batches import letterheads, queries
from xhht_citizen.batches.queries import Line
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.exports import certificates as printing
from xhht_citizen.exports import lists
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports.batch_papers import PAPERS, Source
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import kinds, paging
from xhht_citizen.web.batches import names_of, page_of, send
from xhht_citizen.web.decisions import bp
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.register import public_base
from xhht_citizen.web.transactions import reader, writer


@dataclass(frozen=True)
class Asked:
    """A paper of a decision that is asked for."""

    decision: Any
    name: str
    form: str


def open_decision(decision_id: uuid.UUID) -> tuple[Any, Thing]:
    """One decision, of the body that took it."""
    row = found(titles.decision(reader(), decision_id), N_("Không tìm thấy quyết định này."))
    if row.province_code is not None:
        return row, Thing(province_code=row.province_code, decided_by="province")
    return row, access.thing(reader(), ward_code=row.ward_code)


def open_paper(decision_id: uuid.UUID, name: str, form: str) -> tuple[Asked, Thing]:
    """A paper of a decision: known by name and form."""
    row, thing = open_decision(decision_id)
    if (name, form) != ("danh-sach", "xlsx") and (name not in PAPERS or form not in papers.TYPES):
        raise NotFound(N_("Không có văn bản này."))
    return Asked(row, name, form), thing


@bp.get("/quyet-dinh/<uuid:decision_id>")
@needs("decision.view", open_decision)
def one(decision: Any) -> Any:
    """What the decision says, whom it names, what can be printed of it."""
    lines = queries.decided_lines(reader(), decision.id)
    page, next_key = page_of(lines, request.args.get("sau", ""))
    valid = titles.count_valid(reader(), decision.id)
    words = kinds.kind_words()
    return render_template(
        "decisions/one.html",
        decision=decision,
        place=body_name(decision),
        lines=page,
        where=names_of(page),
        kinds=words,
        counts=[
            (words[kind], sum(line.kind == kind for line in lines))
            for kind in dict.fromkeys(line.kind for line in lines)
        ],
        total=len(lines),
        valid=valid,
        revokes=titles.revoked_by(reader(), decision.id),
        job=new_id(),
        next_url=url_for("decisions.one", decision_id=decision.id, sau=next_key) if next_key else None,
        first_url=url_for("decisions.one", decision_id=decision.id) if request.args.get("sau") else None,
    )


def body_name(decision: Any) -> str:
    """The ward or province that took it."""
    if decision.province_code:
        return places.province(reader(), decision.province_code).name
    return places.commune(reader(), decision.ward_code).name


def source_of(decision: Any, lines: list[Line]) -> Source:
    """What a decision's papers are made from."""
    batch = queries.batch_of_decision(reader(), decision.id)
    return Source(
        words=letterheads.words_of(reader(), decision.province_code or decision.ward_code),
        name=batch.name if batch else decision.number,
        year=lines[0].year if lines else decision.decided_year,
        lines=tuple(lines),
        where=names_of(lines),
        of_province=decision.province_code is not None,
        number=decision.number,
        decided_on=decision.decided_on,
        signatory=decision.signatory,
        today=decision.decided_on,  # its submission and minutes are of that year, whenever they are printed again
    )


@bp.get("/quyet-dinh/<uuid:decision_id>/van-ban/<name>.<form>")
@needs("decision.view", open_paper)
def paper(asked: Asked) -> Any:
    """The decision with its list, or what led to it, as PDF or Word; or the list for Excel."""
    source = source_of(asked.decision, queries.decided_lines(reader(), asked.decision.id))
    if asked.form == "xlsx":
        return send(lists.xlsx(source), lists.XLSX, "danh-sach.xlsx")
    made = PAPERS[asked.name](source)
    return send(papers.write(made, asked.form), papers.TYPES[asked.form], f"{made.file_name}.{asked.form}")


@bp.post("/quyet-dinh/<uuid:decision_id>/in-giay")
@needs("decision.view", open_decision)
def certificates(decision: Any) -> Any:
    """Print the certificates of everybody the decision names: long work, with a page of its own."""
    job_id = printing.ask_to_print(
        writer(),
        decision,
        title=_("In giấy công nhận: Quyết định %(number)s", number=decision.number),
        base=public_base(),
        back=url_for("decisions.one", decision_id=decision.id),
        account_id=actor().account_id,
        count=titles.count_valid(reader(), decision.id),
        job_id=paging.read_id(request.form.get("id")) or new_id(),
    )
    return redirect(url_for("jobs.one", job_id=job_id), 303)
