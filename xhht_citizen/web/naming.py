"""Naming somebody of a group to head it or to act for it: who is found, and how much of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from wtforms import SelectChoice

from xhht_citizen.access.rules import Thing
from xhht_citizen.groups import members
from xhht_citizen.groups.members import GroupPerson
from xhht_citizen.groups.rules import Kind
from xhht_citizen.vietnamese import fold
from xhht_citizen.web import belonging, desk
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.guard import actor, allowed
from xhht_citizen.web.transactions import looked_at, reader

LETTERS = 2  # of a name, before anybody is listed: who names somebody knows what they are called
SHOWN = 20  # who finds more types more letters


@dataclass(frozen=True)
class Found:
    """Adults of a group to choose from; `asked` says that enough was typed, `more` that more letters would help."""

    text: str
    asked: bool
    choices: list[SelectChoice]
    more: bool


def find(it: Opened, screen: str) -> Found:
    """The adults whose name was typed; those of a household, who know each other, at once.

    Each of them can read that somebody looked, but for oneself and the own household.
    """
    text = request.args.get("tim", "").strip()[:100]
    asked = it.kind is Kind.HOUSEHOLD or sum(char.isalpha() for char in fold(text)) >= LETTERS
    rows = members.adults(reader(), it.group, belonging.year(), text=text, limit=SHOWN + 1) if asked else []
    for row in rows[:SHOWN]:
        if not desk.is_family_person(row.id):
            looked_at(row.id, it.group.ward_code, screen)
    return Found(text, asked, [SelectChoice(str(row.id), _words(it, row)) for row in rows[:SHOWN]], len(rows) > SHOWN)


def _words(it: Opened, row: GroupPerson) -> str:
    """The name; of who lives where one lives or serves, what tells two of a name apart as well."""
    here = actor().community_id is not None and actor().community_id == row.community_id
    home = Thing(community_id=row.community_id, ward_code=row.ward_code)
    if not (here or desk.is_family_person(row.id) or allowed("person.view", home)):
        return row.name
    if it.kind is Kind.HOUSEHOLD or row.household is None:
        return f"{row.name}, {row.birth_year}"
    return str(_("%(name)s, %(year)s (hộ %(household)s)", name=row.name, year=row.birth_year, household=row.household))
