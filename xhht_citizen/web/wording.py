"""Wording of the criteria and names of places: Vietnamese whatever the reader's language, and marked so on other pages.

Filters of every template: `official` for a text out of such data, `sentence` for a sentence of the score.
A screen reader reads what is marked with the voice of its language. Titles of windows and attributes cannot say it.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from xhht_citizen.criteria.rules import Sentence

WORDING = "vi"


def official(text: str) -> str:
    """A text of the criteria or a place's name; on a page of another language it is marked as Vietnamese."""
    if not text or text.isascii() or str(get_locale()).startswith(WORDING):
        return text
    return Markup('<span lang="{}">{}</span>').format(WORDING, text)


def sentence(said: Sentence | None) -> str:
    """A sentence of the score in the reader's language, with the official wording in it marked."""
    if said is None:
        return ""
    if not said.values:
        return str(_(said.text))
    values = {name: official(value) if isinstance(value, str) else value for name, value in said.values.items()}
    return escape(_(said.text)) % values


def install(app: Flask) -> None:
    """Hang the filters on the app."""
    app.jinja_env.filters.update(official=official, sentence=sentence)
