"""Going through a list of cases without going back to it: the next, the one before, and what stands beside a case."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import doubts, looks
from xhht_citizen.applications.rules import INNER, TRANSITIONS
from xhht_citizen.people import queries as people
from xhht_citizen.web import desk, sieve, waiting
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.guard import allowed
from xhht_citizen.web.judging import at_desk
from xhht_citizen.web.transactions import reader

NEXT = "next"  # the button that saves and goes on
ONWARD = "tiep"  # in the address and the form: a conclusion leads to the next case


def desk_of(case: Any, thing: Thing) -> Desk | None:
    """The actor's desk the case lies at."""
    decides = thing.province_code if thing.decided_by == "province" else None
    return next((one for one in desk.desks() if at_desk(one, case, decides)), None)


def kept() -> dict[str, Any]:
    """What a case's address carries of the list it stands in."""
    return {"noi": request.args.get("noi"), **sieve.read().arguments, ONWARD: request.values.get(ONWARD) or None}


def onward(case: Any, thing: Thing) -> str:
    """Where a saved form leads: to the case itself, or to the next one where that was asked for.

    Worked out before anything is written, while the case still stands in its list.
    """
    here, keeps = desk_of(case, thing), kept()
    moves = request.form.get("then") not in {"", None, NEXT} and request.form.get(ONWARD)
    if here is None or not (request.form.get("then") == NEXT or moves):
        return url_for(waiting.review_endpoint(case.kind), application_id=case.id, **keeps)
    keeps[ONWARD] = "1"
    row = sieve.read().beside(here, waiting.at_desk(here), case)
    if row is None:
        return url_for("review.queue", **{**keeps, ONWARD: None})
    return url_for(waiting.review_endpoint(row.kind), application_id=row.id, **keeps)


def beside(here: Desk | None, case: Any, thing: Thing) -> dict[str, Any]:
    """What a case's page shows beside the case: its neighbours in the list, whose desk, second looks, questions."""
    wanted = sieve.read()
    keeps: dict[str, Any] = {"noi": desk.noi(here) if here else None, **wanted.arguments}
    work = waiting.at_desk(here) if here else None
    officer = allowed("bench.view", thing)
    raised = []
    if officer:
        raised = [*doubts.of_cases(reader(), [case.id]).get(case.id, []), *doubts.around(reader(), case)]
    seen = looks.of_case(reader(), case.id) if officer else []
    names = people.account_names(reader(), [case.reviewer_id]) if case.reviewer_id else {}
    return {
        "noi": keeps["noi"],
        "kept": keeps,
        "onward": bool(request.values.get(ONWARD)),
        "following": wanted.beside(here, work, case) if here and work else None,
        "before": wanted.beside(here, work, case, backwards=True) if here and work else None,
        "endpoint": waiting.review_endpoint,
        "officer": officer,
        "holder": names.get(case.reviewer_id),
        "looks": seen,
        "waits_for_look": any(look.looked_at is None and look.closed_at is None for look, *_names in seen),
        "questions": question_words(raised),
    }


def question_words(raised: list[Any]) -> list[tuple[str, str]]:
    """Title and sentence of each question, in the reader's language."""
    return [(_(one.asked.title), _(one.asked.text, **one.values)) for one in raised]


def event_words() -> dict[str, str]:
    """What the steps in a case's history are called."""
    words = {name: _(one.done) for name, one in TRANSITIONS.items()}
    return words | {name: _(label) for name, label in INNER.items()} | {"revoke": _("Thu hồi danh hiệu")}
