"""A bad network between a browser and a real server, and a phone whose tabs come and go.

    with cut_off(url, folder) as line:          line.base is where the browser goes; line.server what answers behind it
        line.plan = lambda asked: Fault.DROP    for each request what happens to it; None lets it pass
        line.down() / line.up()                 nobody answers at the port, as with no network at all
        line.crash() / line.again()             kill -9 of the server's processes; the same port and database once more
    Pocket(browser, line)                       one phone: .open(path), .reopen() closes the tab and takes a new one,
                                                .offline() as the browser sees it too, .kept() what is stored, by name

One request is one connection, so that a cut hits one request and the browser cannot send it again by itself.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from factories import Resident, Ward, make_evidence, make_officer, make_resident, make_ward
from phone import HEIGHT, WIDTH, another, chromium
from playwright.sync_api import Browser, Error, Page
from serving import RUN, Client, Server, serving, signed_in

from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.people.models import Account
from xhht_citizen.server import free_port

NUMBERS = count(1)

CRITERIA = catalogue.get("citizen-324-residents")
CODES = [line.code for line in CRITERIA.lines]
HOME, LIST, FORM, SCORE, OUTBOX = "/nam-nay", "/minh-chung", "/minh-chung/moi", "/diem", "/hop-gui"
AHEAD = sorted([HOME, LIST, FORM, SCORE, OUTBOX, "/tai-khoan", *(f"{SCORE}/{code}" for code in CODES)])
OTHER_VERSION = """
from xhht_citizen.web import assets
lean = assets._lean
assets._lean = lambda path: lean(path) + {"app.css": b":root{--other:1}", "phone.js": b";"}.get(path.name, b"")
"""
KEPT = """async () => {
  const found = {caches: {}, tables: {}, owner: null};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name), pages = {};
    for (const request of await cache.keys()) {
      const response = await cache.match(request, {ignoreVary: true});
      const readable = /text|json|javascript/.test(response.headers.get('Content-Type') || '');
      pages[new URL(request.url).pathname + new URL(request.url).search] = readable ? await response.text() : '';
    }
    found.caches[name] = pages;
  }
  for (const {name, version} of await indexedDB.databases()) {
    const base = await new Promise((done, failed) => {
      const asked = indexedDB.open(name, version);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    for (const table of base.objectStoreNames) {
      const asked = base.transaction(table).objectStore(table);
      const [keys, rows] = await Promise.all([asked.getAllKeys(), asked.getAll()].map(one =>
        new Promise(done => { one.onsuccess = () => done(one.result); })));
      found.tables[`${name}.${table}`] = rows.map((row, at) => [String(keys[at]), JSON.stringify(row)]);
    }
    base.close();
  }
  found.owner = ((found.tables['xhht.meta'] || []).find(([key]) => key === 'owner') || [])[1] || null;
  return found;
}"""


# Whether the page has a worker, asked to fetch ahead; the page waits for it no longer than this.
STANDS = """() => Promise.race([new Promise(go => setTimeout(go, 6000, false)), (async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller)
    await new Promise(done => navigator.serviceWorker.addEventListener('controllerchange', done, {once: true}));
  active.postMessage({warm: `${document.documentElement.lang}.${document.documentElement.className}`});
  return true;
})()])"""


class Fault(StrEnum):
    """What happens to one request."""

    REFUSE = "refuse"  # nothing of it is read
    CUT = "cut"  # the server gets a part of it
    DROP = "drop"  # the server does what it asks, and its answer never comes
    PART = "part"  # its answer comes in part
    SLOW = "slow"  # it waits first
    LATE = "late"  # the server does it at once, and its answer waits
    GATEWAY = "gateway"  # somebody in between answers 502


@dataclass(frozen=True)
class Asked:
    """One request, as its first line says, with its place among all."""

    number: int
    method: str
    path: str

    @property
    def sends(self) -> bool:
        return self.method == "POST"


@dataclass(frozen=True)
class Cut:
    """A fault with its measure: bytes until the cut, or seconds of waiting."""

    fault: Fault
    at: float = 0


Plan = Callable[[Asked], Cut | Fault | None]


@dataclass
class Line:
    """The network: a listener of its own in front of the server's port."""

    url: str
    folder: Path
    port: int
    stack: ExitStack
    env: dict[str, str] = field(default_factory=dict)
    server: Server | None = None
    server_port: int = 0
    plan: Plan | None = None
    asked: list[Asked] = field(default_factory=list)
    done: list[tuple[Asked, Cut]] = field(default_factory=list)
    listener: socket.socket | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def again(self, run: str = RUN, **env: str) -> None:
        """The server starts: on the port it had, on the database it had."""
        self.env |= env
        manager = serving(self.url, self.folder, workers=1, port=self.server_port or None, env=self.env, run=run)
        self.server = self.stack.enter_context(manager)
        self.server_port = self.server.port

    def other_version(self) -> None:
        """The server goes on as after an update that brought another style and another script."""
        self.crash()
        self.again(run=OTHER_VERSION + RUN)

    def crash(self) -> None:
        """As a power cut; whoever waits for an answer gets none."""
        assert self.server is not None
        if self.server.process.poll() is None:
            self.server.kill()

    def up(self) -> None:
        """The port answers."""
        if self.listener is None:
            made = socket.socket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("127.0.0.1", self.port))
            made.listen(64)
            self.listener = made
            threading.Thread(target=self._take, args=(made,), daemon=True).start()

    def down(self) -> None:
        """The port refuses."""
        if self.listener is not None:
            listener, self.listener = self.listener, None
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.settimeout(60)
            self._one(client)
        with contextlib.suppress(OSError):
            client.close()

    def _one(self, client: socket.socket) -> None:
        head = _until(client, b"\r\n\r\n")
        if not head:
            return None
        head, _, body = head.partition(b"\r\n\r\n")
        method, path, _version = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        with self.lock:
            one = Asked(len(self.asked), method, path.partition("?")[0])
            self.asked.append(one)
            planned = self.plan(one) if self.plan else None
            cut = Cut(planned) if isinstance(planned, Fault) else planned
            if cut is not None:
                self.done.append((one, cut))
        fault = cut.fault if cut else None
        if fault is Fault.REFUSE:
            return _reset(client)
        length = int((re.search(rb"(?im)^content-length: *(\d+)", head) or [b"", b"0"])[1])
        head = (
            re.sub(rb"(?im)^(connection|keep-alive): [^\r\n]*\r\n", b"", head + b"\r\n") + b"Connection: close\r\n\r\n"
        )
        if fault is Fault.CUT:
            assert cut is not None
            most = min(int(cut.at), length - 1)
            body = _more(client, body, max(0, most))[: max(0, most)]
            _hand_on(self.server_port, head + body if length else head[: int(cut.at) % len(head)], wait=False)
            return _reset(client)
        body = _more(client, body, length)
        if fault is Fault.SLOW:
            assert cut is not None
            time.sleep(cut.at)
        if fault is Fault.GATEWAY:
            page = b"<!doctype html><title>502 Bad Gateway</title>"
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n")
            return client.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(page), page))
        answer = _hand_on(self.server_port, head + body)
        if fault is Fault.LATE:
            assert cut is not None
            time.sleep(cut.at)
        if not answer or fault is Fault.DROP:
            return _reset(client)
        if fault is Fault.PART:
            assert cut is not None
            client.sendall(answer[: int(cut.at) % len(answer)])
            return _reset(client)
        return client.sendall(re.sub(rb"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", answer, count=1))


def _until(client: socket.socket, mark: bytes) -> bytes:
    got = b""
    while mark not in got:
        piece = client.recv(65536)
        if not piece:
            return b""
        got += piece
    return got


def _more(client: socket.socket, got: bytes, wanted: int) -> bytes:
    while len(got) < wanted:
        piece = client.recv(min(65536, wanted - len(got)))
        if not piece:
            raise OSError("the browser went away")
        got += piece
    return got


def _hand_on(port: int, request: bytes, *, wait: bool = True) -> bytes:
    """The whole answer, b"" where there is none; without waiting, the connection is cut after the last byte."""
    got = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as server:
        server.sendall(request)
        if not wait:
            _reset(server)
            return b""
        while piece := server.recv(65536):
            got += piece
    return got


def _reset(client: socket.socket) -> None:
    """Cut: what was not sent is lost."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@contextmanager
def cut_off(url: str, folder: Path, **env: str) -> Iterator[Line]:
    """A server behind a bad network, until the block ends."""
    with ExitStack() as stack:
        line = Line(url, folder, free_port("127.0.0.1"), stack, env=dict(env))
        line.again()
        line.up()
        stack.callback(line.down)
        yield line


class Pocket:
    """One person's phone: its cookies and what it stores outlive its tabs."""

    def __init__(self, browser: Browser, line: Line, client: Client | None = None) -> None:
        self.line = line
        self.browser = another(browser)
        self.context = self.browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True, locale="vi-VN"
        )
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        if client is not None:
            self.carry(client)
        self.page = self.tab()

    def carry(self, client: Client | None) -> None:
        """The cookie of a device that signed in elsewhere; None: none at all."""
        self.context.clear_cookies()
        if client is not None:
            self.context.add_cookies([{"name": "xhht", "value": client.cookie, "url": self.line.base}])

    def carry_shared(self) -> None:
        """Nobody is signed in; the name of this phone stays."""
        stays = [one for one in self.context.cookies() if one["name"] != "xhht"]
        self.context.clear_cookies()
        self.context.add_cookies(stays)  # type: ignore[arg-type]

    def tab(self) -> Page:
        """A new tab, which complains here."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._said(said.text))
        page.on("request", lambda asked: self._asked(asked.url))
        return page

    def _said(self, text: str) -> None:
        if "Security Policy" in text:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.line.base, "data:", "blob:")):
            self.elsewhere.append(url)

    def reopen(self) -> Pocket:
        """Close the tab and take a new one."""
        self.page.close()
        self.page = self.tab()
        return self

    def open(self, path: str) -> Pocket:
        """Go to an address and wait until it is settled whose phone this is; a page on its own way is overtaken."""
        for left in reversed(range(8)):
            try:
                self.page.goto(self.line.base + path)
                self.page.evaluate("async () => { if (self.xhht && xhht.ready) await xhht.ready; }")
                if urlsplit(self.page.url).path == urlsplit(path).path or not left:
                    break
            except Error as error:
                if not left or not re.search("ERR_ABORTED|interrupted by another|context was destroyed", str(error)):
                    raise
                time.sleep(0.2)  # the other way is not over yet
        return self

    def tap(self, words: str, kind: str = "button") -> Pocket:
        """Tap the first thing with these words and go where it leads."""
        with self.page.expect_navigation():
            self.page.get_by_role(kind, name=words).first.click()  # type: ignore[arg-type]
        self.page.evaluate("async () => { if (self.xhht && xhht.ready) await xhht.ready; }")
        return self

    def warm(self) -> Pocket:
        """Wait until the worker stands and has fetched ahead what it wants.

        A page that opened just as the worker came is not always taken over by it: the next one is.
        """
        for left in reversed(range(5)):
            if self.page.evaluate(STANDS):
                break
            assert left, "no service worker"
            self.page.reload()
        until = time.monotonic() + 30
        while not set(AHEAD) <= set(self.pages()):
            assert time.monotonic() < until, self.pages()
            self.page.wait_for_timeout(50)
        return self

    def until(self, check: str, arg: Any = None, *, seconds: float = 15) -> Pocket:
        """Until the page says so; Playwright's own waiting takes a promise for a yes."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(check, arg):
            assert time.monotonic() < end, check
            self.page.wait_for_timeout(30)
        return self

    def offline(self, gone: bool = True) -> Pocket:
        """No network, as the browser knows it and as the wire has it."""
        (self.line.down if gone else self.line.up)()
        self.context.set_offline(gone)
        return self

    @property
    def screen(self) -> str:
        return self.page.locator("body").get_attribute("data-screen") or ""

    @property
    def words(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())

    def kept(self) -> dict[str, Any]:
        """Everything stored: caches and tables by name, and whose phone it is."""
        found: dict[str, Any] = self.page.evaluate(KEPT)
        return found

    def pages(self) -> list[str]:
        """The addresses of the kept pages."""
        names = "caches.open('pages').then(cache => cache.keys()).then(all => all.map(one => one.url))"
        return sorted(url.removeprefix(self.line.base) for url in self.page.evaluate(names))

    def close(self) -> None:
        """Put it away; it must have spoken to nobody else and broken no rule."""
        self.browser.close()
        self.line.up()
        self.line.plan = None
        assert self.elsewhere == []
        assert self.complaints == []


@dataclass
class Town:
    """A server behind a bad network, on a ward of its own."""

    line: Line
    browser: Browser
    database: Database
    ward: Ward

    def resident(self, title: str | None = "Lớp học năm nay") -> tuple[Resident, Client]:
        """Somebody new, with one thing learned or none, and the cookie of a device that has signed in."""
        with self.database.transaction() as db:
            login = f"dan-{next(NUMBERS)}"
            resident = make_resident(db, self.ward, login=login)
            if title:
                make_evidence(db, resident, title, ("2.1",))
            assert resident.account is not None
            return resident, signed_in(db, resident.account, self.line.server_port)

    def content(self, key: str) -> bytes:
        """A file of evidence, as the server keeps it."""
        return (self.line.folder / "files" / key).read_bytes()

    def officer(self) -> tuple[Account, Client]:
        with self.database.transaction() as db:
            officer = make_officer(db, self.ward, "ward_reviewer", f"xet-{next(NUMBERS)}")
            return officer.account, signed_in(db, officer.account, self.line.server_port)

    def pocket(self, client: Client | None = None) -> Pocket:
        return Pocket(self.browser, self.line, client)


@contextmanager
def settled(template: Path, home: Path) -> Iterator[Town]:
    """A town of its own, until the block ends."""
    with chromium() as browser:
        path = home / "xhht.sqlite3"
        path.write_bytes(template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with database.transaction() as db:
            ward = make_ward(db)
        with cut_off(f"sqlite:///{path}", home) as line:
            yield Town(line, browser, database, ward)
        database.dispose()
