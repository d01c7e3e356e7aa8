"""Every page there is speaks the reader's language: as everybody who may come, in Vietnamese and in English.

So do the answers to forms sent empty, error pages, the sentences of scripts, and an app's name on a phone. Wording of
the criteria stays Vietnamese on an English page, and says so to whoever has it read aloud.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
import walking
from browser import Browser
from flask import Flask, render_template_string, session
from rosters import HEADINGS
from rosters import made as list_of
from test_languages import ENGLISH_WORDS, NOT_SENT, said, written
from test_pages import endpoint
from test_translations import VIETNAMESE
from walking import WHO, Ground, Stop

from xhht_citizen.app import create_app
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Sentence
from xhht_citizen.web import offline
from xhht_citizen.web.assets import FOLDER
from xhht_citizen.web.context import LANGUAGES
from xhht_citizen.web.phone_words import WORDS

pytestmark = pytest.mark.xdist_group("screens")
KEY = re.compile(r"""\bsay\(\s*["'`](\w+)["'`]""")
# Left out when forms are sent empty: what signs out or ends what the others of the walk stand on.
KEPT = NOT_SENT | {"helping.stop", "helping.give_up", "claim.leave", "jobs.stop"}
PATHS = ("/khong-co-trang-nay", "/kiem-tra/KHONGCOMA1", "/xet-duyet", "/quan-tri", "/ho-so/gui", "/tinh/x/khong-co.js")


def wording() -> list[str]:
    """What the criteria sets say: as it stands, and as it goes on within a sentence; the longest first."""
    texts: set[str] = set()
    for one in catalogue.all_sets().values():
        rules = [*one.marks, *one.bands, *one.levels, *([one.floor] if one.floor else [])]
        steps = [rung for line in one.lines for rung in line.ladder]
        cites = [cite for part in (*rules, *one.lines) for cite in part.cites]
        texts |= {text for line in one.lines for text in (line.text, line.short, line.asks)}
        texts |= {rule.text for rule in rules} | {part.title for part in one.competencies}
        texts |= {text for step in steps for text in (step.text, step.asks, step.text[:1].lower() + step.text[1:])}
        texts |= {text for cite in cites for text in (cite.document, cite.note or "")}
    texts = {" ".join(text.split()).rstrip(".") for text in texts}
    return sorted((text for text in texts if len(text) > 9 and VIETNAMESE.search(text)), key=len, reverse=True)


WORDING = wording()


@dataclass
class Words:
    """The ward, where to look, and what in it is data."""

    app: Flask
    ground: Ground
    stops: list[Stop]
    data: list[str]
    known: frozenset[str]

    def unmarked(self, browser: Browser) -> list[str]:
        """Wording of the criteria that an English page does not call Vietnamese; a mark that is read as text."""
        texts = {" ".join(text.split()) for text in said(next(browser.page.iter("body")), "en")}
        told = [text for text in sorted(texts) if any(one in text for one in WORDING) or "<span" in text]
        return [f"{browser.path}: not marked: {text}" for text in told]

    def foreign(self, browser: Browser, language: str) -> list[str]:
        """What a page says in the other language."""
        assert browser.page.get("lang") == language, browser.path
        pattern = VIETNAMESE if language == "en" else ENGLISH_WORDS
        found = []
        for text in {" ".join(text.replace("\u00a0", " ").split()) for text in said(browser.page, language)}:
            if len(text) < 2 or text in self.known or not pattern.search(text):
                continue
            rest = text
            for one in self.data:
                if one in rest:
                    rest = rest.replace(one, "")
                    if not pattern.search(rest):
                        break
            if pattern.search(rest):
                found.append(f"{browser.path}: {text}")
        return found


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ground, list[Stop], list[str]]:
    """The ward, where to look, and what in it is data: found once."""
    ground = walking.made(tmp_path_factory.mktemp("screens") / "data")
    app = create_app(walking.copied(ground, tmp_path_factory.mktemp("plan")).settings)
    app.testing = True
    database = app.extensions["xhht_database"]
    # An uploaded list is read back as it came: its headings and cells stand in no table yet.
    rows = (HEADINGS, *list_of(12, 4), *list_of(12, 4, first=400))
    listed = {cell for row in rows for cell in row if VIETNAMESE.search(cell)}
    data = sorted({*written(database), *listed}, key=len, reverse=True)
    stops = walking.plan(app, ground)
    database.dispose()
    return ground, stops, data


@pytest.fixture
def words(planned: tuple[Ground, list[Stop], list[str]], tmp_path: Path) -> Iterator[Words]:
    """A ward of one's own: forms sent empty change it."""
    ground, stops, data = planned
    ground = walking.copied(ground, tmp_path)
    app = create_app(ground.settings)
    app.testing = True
    yield Words(app, ground, stops, data, frozenset(data))
    app.extensions["xhht_database"].dispose()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", WHO)
def test_every_page_and_every_answer_speaks_one_language(words: Words, who: str, language: str) -> None:
    browser = words.ground.enter(words.app, who)
    browser.post("/ngon-ngu", {"lang": language})
    wrong: list[str] = []
    forms: dict[str, tuple[str, str]] = {}
    for stop in words.stops:
        if stop.who != who:
            continue
        browser.get(stop.path)
        assert browser.screen() == stop.endpoint, (stop, browser.words()[:200])
        wrong += words.foreign(browser, language)
        wrong += words.unmarked(browser) if language == "en" else []
        for form in browser.forms():
            if form.method == "post":
                sent = endpoint(words.app, urljoin(browser.path, form.action), "POST")
                forms.setdefault(sent, (browser.path, form.action))
    for screen in sorted(forms.keys() - KEPT):
        path, action = forms[screen]
        answer = browser.get(path).post(urljoin(path, action))
        if answer.text:
            wrong += words.foreign(answer, language)
            wrong += words.unmarked(answer) if language == "en" else []
    for path in PATHS:
        if browser.get(path).text:
            wrong += words.foreign(browser, language)
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_scripts_speak_the_readers_language(words: Words, language: str) -> None:
    with words.app.test_request_context():
        address = offline.words_url(language)
    text = words.app.test_client().get(address).get_data(as_text=True)
    said_there = json.loads(text[text.index("words = ") + 8 :].rstrip().rstrip(";"))
    assert said_there.keys() == WORDS.keys()
    if language == "vi":
        assert said_there == WORDS
        assert [one for one in said_there.values() if ENGLISH_WORDS.search(one)] == []
    else:
        assert {key: one for key, one in said_there.items() if not one.strip() or VIETNAMESE.search(one)} == {}
    for key, sentence in said_there.items():  # what is filled in has the same names in both
        assert sorted(re.findall(r"%\((\w+)\)s", sentence)) == sorted(re.findall(r"%\((\w+)\)s", WORDS[key])), key


def test_what_scripts_say_is_among_the_sentences() -> None:
    """And nothing Vietnamese stands in a script itself, where no reader could get it in English."""
    asked = set()
    for path in sorted(FOLDER.glob("*.js")):
        source = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
        asked |= set(KEY.findall(source))
        assert [line for line in source.splitlines() if VIETNAMESE.search(line)] == [], path.name
    assert sorted(asked - WORDS.keys()) == []


def test_an_app_is_called_by_its_name_in_either_language(words: Words) -> None:
    browser = Browser(words.app).get("/dang-nhap")
    for language, pattern in (("vi", ENGLISH_WORDS), ("en", VIETNAMESE)):
        browser.get("/dang-nhap").post("/ngon-ngu", {"lang": language})
        manifest = browser.client.get("/manifest.webmanifest").get_json()
        texts = [manifest["name"], manifest["short_name"], manifest["description"]]
        texts += [one["name"] for one in manifest["shortcuts"]]
        assert manifest["lang"] == language
        assert [one for one in texts if pattern.search(one)] == []


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("vi", "Kế tiếp: dự 3 buổi &amp; hơn để được 8 điểm.; Dự 3 buổi &amp; hơn; 1.3"),
        (
            "en",
            'Next: <span lang="vi">dự 3 buổi &amp; hơn</span>, for 8 points.; '
            '<span lang="vi">Dự 3 buổi &amp; hơn</span>; 1.3',
        ),
    ],
)
def test_wording_says_its_language_where_the_page_speaks_another(app: Flask, language: str, marked: str) -> None:
    step = Sentence("Kế tiếp: %(does)s để được %(points)s điểm.", {"does": "dự 3 buổi & hơn", "points": 8})
    template = "{{ step|sentence }}; {{ 'Dự 3 buổi & hơn'|official }}; {{ '1.3'|official }}"
    with app.test_request_context("/"):
        session["lang"] = language
        assert render_template_string(template, step=step) == marked
