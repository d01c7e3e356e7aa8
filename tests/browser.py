"""A browser without script, for tests: it opens pages, fills in their forms, follows links and redirects."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import Client, TestResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Fields = dict[str, Any]


@dataclass
class Form:
    """A form as a browser would send it: where to, how, and what stands in it before anybody types."""

    action: str
    method: str
    fields: MultiDict[str, Any]
    names: set[str]
    buttons: list[tuple[str, str, str]]  # name, value, text


class Browser:
    """`get` and `submit` lead to a page, which is parsed as strictly as HTML5 can be.

    `app` is the app itself, or serving.over_http(port): then every request goes to a server over the wire.
    """

    def __init__(self, app: Flask | WSGIApplication, address: str = "127.0.0.1") -> None:
        self.client = app.test_client() if isinstance(app, Flask) else Client(app)
        self.address = {"REMOTE_ADDR": address}
        self.path = "/"
        self.status = 0
        self.text = ""
        self.page: Element = Element("html")

    def get(self, path: str) -> Browser:
        """Open a page, following redirects."""
        return self._landed(self.client.get(path, follow_redirects=True, environ_overrides=self.address))

    def submit(self, action: str | None = None, fields: Fields | None = None, button: str | None = None) -> Browser:
        """Send the page's form with these fields; the others stay as the page has them.

        `action` is the end of the form's address, or None for the first form that holds all the fields; `button` is the
        text, or a part of it, of the button pressed. A file is a pair of name and bytes; a list is several values.
        """
        fields = fields or {}
        form = self._choose(action, set(fields), button)
        data: MultiDict[str, Any] = MultiDict(form.fields)
        pressed = next((one for one in form.buttons if button is None or button in one[2]), None)
        if pressed and pressed[0] and button is not None:
            data[pressed[0]] = pressed[1]
        for name, value in fields.items():
            data.setlist(name, [_sent(one) for one in (value if isinstance(value, list) else [value])])
        send = self.client.get if form.method == "get" else self.client.post
        how = {"query_string": data} if form.method == "get" else {"data": data}
        return self._landed(send(form.action, follow_redirects=True, environ_overrides=self.address, **how))

    def post(self, path: str, fields: Fields | None = None) -> Browser:
        """Send fields to an address that the page has no form for, with the token of this browser."""
        token = next((form.fields["csrf_token"] for form in self.forms() if "csrf_token" in form.fields), "")
        data = {"csrf_token": token, **(fields or {})}
        return self._landed(self.client.post(path, data=data, follow_redirects=True, environ_overrides=self.address))

    def forms(self) -> list[Form]:
        """The forms of the page."""
        return [self._form(node) for node in self.page.iter("form")]

    def heading(self) -> str:
        """The page's h1."""
        return words(next(self.page.iter("h1")))

    def words(self) -> str:
        """Everything one reads in the page's main part, on one line."""
        return words(next(node for node in self.page.iter("main")))

    def links(self) -> dict[str, str]:
        """Where the links of the main part lead, by their words."""
        return {words(node): node.get("href", "") for node in next(self.page.iter("main")).iter("a")}

    def screen(self) -> str:
        """Which screen this is: the endpoint."""
        return next(self.page.iter("body")).get("data-screen", "")

    def _choose(self, action: str | None, names: set[str], button: str | None) -> Form:
        for form in self.forms():
            fits = action is None or form.action.partition("?")[0].endswith(action)
            pressed = button is None or any(button in text for _, _, text in form.buttons)
            if fits and pressed and names <= form.names:
                return form
        raise AssertionError(f"{self.path} has no form to {action} with {sorted(names)} and {button!r}: {self.forms()}")

    def _form(self, node: Element) -> Form:
        fields: MultiDict[str, Any] = MultiDict()
        names: set[str] = set()
        buttons = []
        for part in node.iter():
            name, kind = part.get("name", ""), part.get("type", "text")
            if part.tag == "button":
                buttons.append((name, part.get("value", ""), words(part)))
            elif name:
                names.add(name)
                for value in _values(part, kind):
                    fields.add(name, value)
        return Form(node.get("action") or self.path, node.get("method", "get").lower(), fields, names, buttons)

    def _landed(self, response: TestResponse) -> Browser:
        self.path = response.request.full_path.rstrip("?")
        self.status, self.text = response.status_code, ""
        self.page = Element("html")
        if response.mimetype == "text/html":
            self.text = response.get_data(as_text=True)
            self.page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.text)
        self.response = response
        return self


def words(node: Element) -> str:
    """The text of an element, with single ordinary spaces."""
    return " ".join("".join(node.itertext()).replace("\u00a0", " ").split())


def _values(part: Element, kind: str) -> Iterator[str]:
    if part.tag == "textarea":
        yield part.text or ""
    elif part.tag == "select":
        options = list(part.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        for option in chosen:
            yield option.get("value", words(option))
    elif kind in {"checkbox", "radio"}:
        if part.get("checked") is not None:
            yield part.get("value", "on")
    elif part.tag == "input" and kind not in {"file", "submit"}:
        yield part.get("value", "")


def _sent(value: Any) -> Any:
    if isinstance(value, tuple):
        name, body = value
        return FileStorage(io.BytesIO(body), filename=name)
    return value
