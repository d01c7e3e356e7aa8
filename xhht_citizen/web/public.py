"""What anyone may open: the front door, help, privacy, the check of a certificate, the language, a sign of life."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.applications.rules import open_year
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import CriteriaSet
from xhht_citizen.database import now
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.people.rules import PRIVACY_VERSION, Group
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import ratio
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import shown_code
from xhht_citizen.vietnamese import mask_name
from xhht_citizen.web.context import TEXT_SIZES
from xhht_citizen.web.guard import public, safe_next
from xhht_citizen.web.transactions import reader

bp = Blueprint("public", __name__)
MASKED = {Kind.CITIZEN, Kind.HOUSEHOLD}


@bp.get("/")
@public
def landing() -> str:
    """The front door, with the country's counts where any were taken."""
    year = open_year(clock.today())
    rows = ratios.provinces(reader(), year)
    counts = ratios.total_of(rows)
    figures = []
    if counts.total:
        figures.append(
            {
                "label": _("Người lớn đạt Công dân học tập năm %(year)s", year=year),
                "numerator": counts.recognised,
                "denominator": counts.total,
                "percent": ratio(counts, "total"),
                "url": url_for("ratios.country"),
            }
        )
    taken = [row.taken_at for row in rows if row.taken_at is not None]
    as_of = clock.local(max(taken)).date() if taken else None
    return render_template("public/landing.html", figures=figures, as_of=as_of, criteria=_criteria())


@bp.get("/tro-giup")
@public
def help() -> str:
    """How the year runs, and who helps."""
    return render_template("public/help.html", criteria=_criteria())


def _criteria() -> CriteriaSet:
    """The set the pages for everybody speak of: marks and indicators are the same on the four forms in force."""
    return catalogue.get(Group.RESIDENTS.criteria_set)


@bp.get("/quyen-rieng-tu")
@public
def privacy() -> str:
    """The privacy text in force."""
    return render_template("public/privacy.html", version=PRIVACY_VERSION)


@bp.get("/kiem-tra")
@public
def verify() -> Any:
    """Ask for a certificate's code."""
    code = request.args.get("ma", "").strip()[:40]
    if code:
        return redirect(url_for(".verify_result", code=code))
    return render_template("public/verify.html")


@bp.get("/kiem-tra/<code>")
@public
def verify_result(code: str) -> str:
    """Valid, expired, revoked or unknown; a person's name is masked, a reason for the file stays in the file."""
    db = reader()
    known = titles.by_code(db, code[:40])
    shown: dict[str, Any] | None = None
    if known is not None:
        title, decision, later = known.title, known.title.decision, known.title.revoke_decision
        shown = {
            # A household goes by a person's name; what clans, communities and units are called is no secret.
            "name": mask_name(title.holder_name) if title.kind in MASKED else title.holder_name,
            "masked": title.kind in MASKED,
            "level": title.level,
            "valid_until": title.valid_until,
            "kind": _(KIND_LABELS[Kind(title.kind)]),
            "year": title.year,
            "place": ", ".join(name for name in (known.community, known.ward) if name),
            "decision": _("%(number)s ngày %(day)s", number=decision.number, day=f"{decision.decided_on:%d/%m/%Y}"),
            "granted": clock.local(title.granted_at).date(),
            "code": shown_code(title.public_code),
            "issuer": places.issuing_body(db, title.ward_code, decision.province_code),
            "revoked_by": _("%(number)s ngày %(day)s", number=later.number, day=f"{later.decided_on:%d/%m/%Y}")
            if later
            else None,
            "revoked_on": clock.local(title.revoked_at).date() if title.revoked_at else None,
        }
    state = "unknown" if known is None else str(titles.standing(known.title, clock.today()))
    return render_template("public/verify_result.html", state=state, code=code[:40], title=shown, checked_at=now())


@bp.post("/ngon-ngu")
@public
def language() -> Response:
    """Read on in another language."""
    chosen = request.form.get("lang", "")
    if chosen in {"vi", "en"}:
        session["lang"] = chosen
        session.permanent = True
    return redirect(safe_next(url_for(".landing")), 303)  # type: ignore[return-value]


@bp.post("/co-chu")
@public
def text_size() -> Response:
    """Read on in larger or smaller letters."""
    chosen = request.form.get("co", "")
    if chosen in TEXT_SIZES:
        session["size"] = chosen
        session.permanent = True
    return redirect(safe_next(url_for(".landing")), 303)  # type: ignore[return-value]


@bp.get("/suc-khoe")
@public
def health() -> Response:
    """A sign of life for whoever watches over the server: the database answers."""
    places.newest_list(reader())
    return Response("ok\n", content_type="text/plain; charset=utf-8")
