"""People of the ward or community, for those who serve them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import audit, clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import NOTHING, Thing
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.rules import STATE_LABELS, UNSENT, State, open_year
from xhht_citizen.errors import N_
from xhht_citizen.helping import named as helping
from xhht_citizen.helping.rules import ACT_LABELS
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import GROUP_LABELS, PRIVACY_VERSION, SEX_LABELS, Group, Sex, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import Counts, percent
from xhht_citizen.roster import queries as rosters
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, desk, paging, tools
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.looks import look_words
from xhht_citizen.web.transactions import looked_at, reader

bp = Blueprint("residents", __name__)
LOST, DIED = "chua-ro", "qua-doi"
NOWHERE = {LOST: N_("Chưa rõ nơi ở"), DIED: N_("Đã qua đời")}  # of the ward once, and in no household now


@dataclass(frozen=True)
class Opened:
    """A person and where they live."""

    person: Any
    home: Any
    thing: Thing = NOTHING


def open_person(person_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A person of the roster; belongs to where they live now."""
    row = found(people.person(reader(), person_id), N_("Không tìm thấy người này."))
    home = people.home_of(reader(), person_id)
    thing = access.thing(
        reader(),
        ward_code=home.ward_code if home else row.ward_code,
        community_id=home.community_id if home else None,
        person_id=person_id,
    )
    return Opened(row, home, thing), thing


@bp.get("/dan-cu")
@needs("residents.view")
def roster() -> Any:
    """The people of this desk's place by name, and where their cases of the year stand."""
    at = desk.desk()
    text = request.args.get("tim", "").strip()[:100]
    to = request.args.get("to", "")
    page: dict[str, Any] = {
        "ward_code": at.ward_code,
        "text": text,
        "after": paging.read_name_key(request.args.get("sau", "")),
        "limit": paging.PAGE + 1,
    }
    if to in NOWHERE and not at.community_id:
        listed = people.without_home(reader(), died=to == DIED, **page)
    else:
        listed = people.residents(reader(), community_id=at.community_id or paging.read_id(to), **page)
    rows, more = paging.cut(listed)
    communities = [] if at.community_id else places.communities(reader(), at.ward_code)
    year = open_year(clock.today())
    tally = (
        ratios.community_counts(reader(), at.community_id, year)
        if at.community_id
        else ratios.ward_counts(reader(), at.ward_code, year)
    )
    registered = tally.counts if tally is not None else Counts()  # not counted yet: unknown
    noi = desk.noi(at)
    kept: dict[str, Any] = {"noi": noi, "tim": text or None, "to": to or None}
    last = rows[-1] if more else None
    return render_template(
        "residents/roster.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        rows=rows,
        states=applications.states_of(reader(), [row.person_id for row in rows], year),
        labels={state: _(label) for state, label in STATE_LABELS.items()},
        year=year,
        registered=registered,
        share=percent(registered.registered, registered.total),
        text=text,
        to=to,
        noi=noi,
        tools=tools.of("people", at),
        places_to=[
            ("", _("Cả phường, xã")),
            *((str(one.id), one.name) for one in communities),
            *((key, _(words)) for key, words in NOWHERE.items()),
        ],
        next_url=url_for("residents.roster", **kept, sau=paging.name_key(last.sort_key, last.person_id))
        if last
        else None,
        first_url=url_for("residents.roster", **kept) if request.args.get("sau") else None,
    )


@bp.get("/dan-cu/<uuid:person_id>")
@needs("person.view", open_person)
def person(opened: Opened) -> Any:
    """One person: home, titles, cases sent to where the officer serves, and who looked at the record."""
    row, home = opened.person, opened.home
    place = Thing(community_id=home.community_id if home else None, ward_code=home.ward_code if home else row.ward_code)
    if row.id != actor().person_id:
        looked_at(row.id, row.ward_code or home.ward_code, "residents.person")
    looks = audit.looks_at(reader(), row.id, limit=20)
    account = people.account_of(reader(), row.id)
    alive = row.died_on is None
    may_reset = account is not None and allowed("password.reset", access.thing_of_account(reader(), account))
    cases = [
        case
        for case in applications.own_applications(reader(), row.id)
        if allowed("application.view", desk.thing_of(case, submitted=State(case.state) not in UNSENT))
    ]
    return render_template(
        "residents/person.html",
        person=row,
        home=home,
        since=clock.local(home.since).date() if home else None,
        household_url=url_for("household.view", household_id=home.household_id) if home else None,
        sex=_(SEX_LABELS[Sex(row.sex)]) if row.sex else None,
        group=_(GROUP_LABELS[Group(row.learner_group)]),
        titles=[one for one in titles.titles_of(reader(), row.id) if allowed("title.view", desk.thing_of(one))],
        cases=cases,
        family=desk.is_family_person(row.id) or row.id in actor().helps,
        labels={state: _(label) for state, label in STATE_LABELS.items()},
        reset_url=url_for("account.reset", account_id=account.id) if account and may_reset else None,
        password_slip_url=url_for("slips.password", account_id=account.id) if account and may_reset else None,
        slip_url=url_for("slips.person", person_id=row.id) if alive and home and allowed("slip.make", place) else None,
        has_account=account is not None,
        consent_url=url_for(".paper_consent", person_id=row.id)
        if alive and not desk.is_family_person(row.id) and allowed("consent.record", place)
        else None,
        consent=people.consent_of(reader(), row.id, PRIVACY_VERSION),
        serves=allowed("group.found", place),
        links=account is None and row.died_on is None and not desk.is_family_person(row.id),
        revives=belonging.serves_ward(place.ward_code or ""),
        helpers=[one for one in helping.of_person(reader(), row.id, clock.today()) if one.open],
        act_words={act: _(label) for act, label in ACT_LABELS.items()},
        helpers_url=url_for("helping.on_paper", person_id=row.id) if allowed("helper.name_on_paper", place) else None,
        sheets=home is not None and row.died_on is None and is_adult(row.birth_year, open_year(clock.today())),
        may_enter=allowed("sheet.enter", opened.thing),
        listed=rosters.made_by_import(reader(), row.id),
        lists=allowed("roster.import", place),
        looks=looks,
        names=people.account_names(reader(), {look.account_id for look in looks}),
        screens=look_words(),
    )
