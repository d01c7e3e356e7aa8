"""Vietnamese or English, as the reader chose: every page one may reach speaks one language; what people wrote stays."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import pytest
import test_pages
from browser import Browser
from flask import Flask, render_template_string, session
from test_pages import WHO, crawl, endpoint, enter, town  # noqa: F401 (a fixture)
from test_translations import PACKAGE, VIETNAMESE, english
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from xhht_citizen import schema
from xhht_citizen.database import Database
from xhht_citizen.places.rules import default_issuing_body
from xhht_citizen.vietnamese import mask_name
from xhht_citizen.web.forms import Form

ENGLISH_WORDS = re.compile(r"\b(the|this|is|are|not|of|your|you|please|field|valid|required)\b", re.IGNORECASE)
# Vietnamese that the English text holds on purpose: official terms in brackets, numbers of documents, examples to type.
QUOTED = re.compile(r"(?<=\()[^()]+(?=\))|QĐ-\w+|NĐ-CP|Trần Thị Lan|Tổ dân phố 4")
PER_SCREEN = {"vi": 2, "en": 5}  # every page was looked at in Vietnamese already
READ_OUT = ("aria-label", "placeholder", "title", "alt")
NOT_SENT = {"account.sign_out", "account.sign_out_everywhere", "account.withdraw_consent", "public.language"}


def strings(value: object) -> Iterator[str]:
    """All texts in rows, or in a criteria set."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in strings(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in strings(one))


def written(database: Database) -> list[str]:
    """What is data, in no catalogue: rows, official wording, terms the English itself quotes; the longest first."""
    known: set[str] = set()
    with database.read() as db:
        for table in schema.metadata.sorted_tables:
            known.update(text for row in db.execute(table.select()) for text in strings(tuple(row)))
    known |= {
        change(text) for text in known if len(text) < 60 for change in (mask_name, str.upper, default_issuing_body)
    }
    known |= {word for text in known if len(text) < 60 for word in text.split() if word[0].isupper()}
    for path in Path(PACKAGE / "criteria" / "sets").glob("*.toml"):
        known.update(strings(tomllib.loads(path.read_text("utf-8"))))
    for entry in english():
        for text in strings(entry.string) if entry.id else ():
            known.update(QUOTED.findall(text))
    known = {" ".join(text.split()) for text in known}
    # Official wording goes on within a sentence without its capital and its full stop.
    known |= {text.rstrip(".") for text in known}
    known |= {text[:1].lower() + text[1:] for text in known}
    return sorted((one for one in known if VIETNAMESE.search(one) and len(one) > 1), key=len, reverse=True)


def said(node: Element, language: str) -> Iterator[str]:
    """The texts of a page in its own language: what says that it is in another one is left out."""
    if node.get("lang", language) == language and node.tag not in {"style", "script"}:
        yield from (node.get(name) or "" for name in READ_OUT)
        yield node.text or ""
        for child in node:
            yield from said(child, language)
            yield child.tail or ""


def foreign(browser: Browser, language: str, data: list[str]) -> list[str]:
    """What a page says in the other language."""
    assert browser.page.get("lang") == language, browser.path
    pattern = VIETNAMESE if language == "en" else ENGLISH_WORDS
    found = []
    for text in {" ".join(text.replace("\u00a0", " ").split()) for text in said(browser.page, language)}:
        rest = text
        if pattern.search(rest) and len(text) > 1:
            for one in data:
                rest = rest.replace(one, "")
            if pattern.search(rest):
                found.append(f"{browser.path}: {text}")
    return found


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("who", WHO)
def test_pages_speak_one_language(
    app: Flask, database: Database, who: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_pages, "PER_SCREEN", PER_SCREEN[language])
    browser = enter(app, who)
    browser.post("/ngon-ngu", {"lang": language})
    data = written(database)
    wrong: list[str] = []
    forms: dict[str, tuple[str, str]] = {}
    for page in crawl(app, browser):
        wrong += foreign(page, language, data)
        for form in page.forms():
            if form.method == "post":
                forms.setdefault(endpoint(app, urljoin(page.path, form.action), "POST"), (page.path, form.action))
    for screen in forms.keys() - NOT_SENT:
        path, action = forms[screen]
        sent = browser.get(path).post(urljoin(path, action))
        if sent.text:
            wrong += foreign(sent, language, data)
    for path in ("/khong-co-trang-nay", "/kiem-tra/KHONGCOMA1", "/xet-duyet", "/quan-tri", "/ho-so/gui"):
        wrong += foreign(browser.get(path), language, data)
    assert sorted(set(wrong)) == []


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_switch_leaves_one_where_one_is(app: Flask) -> None:
    browser = enter(app, "ward_signer").get("/danh-hieu?nam=2025&tim=lan")
    assert (browser.page.get("lang"), browser.heading()) == ("vi", "Sổ danh hiệu")
    browser.submit("/ngon-ngu", button="English")
    assert (browser.path, browser.page.get("lang")) == ("/danh-hieu?nam=2025&tim=lan", "en")
    assert browser.heading() == "Register of titles"
    assert browser.get("/tro-giup").page.get("lang") == "en"
    browser.submit("/ngon-ngu", button="Tiếng Việt")
    assert (browser.path, browser.page.get("lang"), browser.heading()) == ("/tro-giup", "vi", "Trợ giúp")
    assert browser.post("/ngon-ngu", {"lang": "xx", "next": "//another.host/"}).path == "/"
    assert browser.page.get("lang") == "vi"


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_choice_outlives_signing_in_and_out(app: Flask) -> None:
    browser = Browser(app).get("/dang-nhap").submit("/ngon-ngu", button="English")
    browser.submit("/dang-nhap", fields={"login": "citizen", "password": "?"})
    assert (browser.status, browser.heading()) == (422, "Sign in")
    assert "The login or the password is not right." in browser.words()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("language", "one_day", "three_days"), [("en", "1 day", "3 days"), ("vi", "1 ngày", "3 ngày")], ids=["en", "vi"]
)
def test_one_and_many(app: Flask, language: str, one_day: str, three_days: str) -> None:
    template = "{% for n in (1, 3) %}{{ ngettext('%(count)s ngày', '%(count)s ngày', n, count=n) }};{% endfor %}"
    with app.test_request_context("/"):
        session["lang"] = language
        assert render_template_string(template) == f"{one_day};{three_days};"


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "vi",
            [
                "Xin chọn một mục trong danh sách.",
                "Xin chọn một mục trong danh sách.",
                "Xin ghi một số nguyên, ví dụ 30.",
                "Dài quá 3 chữ, xin viết ngắn hơn.",
                "Xin ghi vào chỗ này.",
                "Xin xem lại chỗ này.",
            ],
        ),
        (
            "en",
            [
                "Please choose one from the list.",
                "Please choose one from the list.",
                "Please write a whole number, for example 30.",
                "Longer than 3 characters; please shorten it.",
                "Please fill this in.",
                "Please check this.",
            ],
        ),
    ],
    ids=["vi", "en"],
)
def test_the_form_librarys_own_words_are_the_readers(app: Flask, language: str, expected: list[str]) -> None:
    class Everything(Form):
        one = SelectField(choices=["a"])
        many = SelectMultipleField(choices=["a"])
        number = IntegerField()
        short = StringField(validators=[Length(max=3)])
        empty = StringField(validators=[InputRequired()])
        shape = StringField(validators=[Regexp("a")])

    with app.test_request_context("/"):
        session["lang"] = language
        form = Everything(
            MultiDict({"one": "x", "many": "x", "number": "x", "short": "four", "shape": "b"}), meta={"csrf": False}
        )
        assert not form.validate()
        assert [str(error) for errors in form.errors.values() for error in errors] == expected
