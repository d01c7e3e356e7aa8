"""A resident's phone on a weak network: what each page weighs; when it can be read and used, by the browser's clock.

The demonstration on a server of its own; a real Chromium at 360 x 740 whose processor is four times slower, behind
400 kbps and 400 ms. First visits begin with an empty cache.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.phone import HEIGHT, WIDTH, chromium, throttle
from tests.weighing import SPARING, scales

ROUNDS = 3
READABLE, USABLE, FIRST, NEXT = 2.0, 3.0, 60.0, 10.0  # seconds, seconds, kB, kB
INSTALL = """async () => {
  const manifest = await (await fetch(document.querySelector('[rel=manifest]').href)).json();
  for (const icon of manifest.icons.filter(one => one.sizes === '192x192')) await fetch(icon.src);
}"""
TIMES = """() => new Promise(done => new PerformanceObserver(list => {
  const [nav] = performance.getEntriesByType('navigation');
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  done({fcp: paint.startTime, lcp: list.getEntries().at(-1).startTime, interactive: nav.domInteractive,
    scripts: nav.domContentLoadedEventEnd, load: nav.loadEventEnd, bytes: nav.transferSize});
}).observe({type: 'largest-contentful-paint', buffered: true}))"""


class Times(NamedTuple):
    """Seconds of one page, the median of the rounds."""

    fcp: float
    lcp: float
    interactive: float
    scripts: float
    load: float


@contextmanager
def _demo(folder: Path) -> Iterator[dict[str, Any]]:
    """The demonstration as `xhht demo` serves it; its first line says where."""
    ready = folder / "ready.json"
    command = [
        sys.executable,
        "-m",
        "xhht_citizen.cli",
        "demo",
        "--data",
        str(folder / "demo"),
        "--port",
        "0",
        "--json",
    ]
    with ready.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
    try:
        while not ready.read_text().strip():
            assert process.poll() is None, "the demonstration did not start"
            time.sleep(0.2)
        yield json.loads(ready.read_text())
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def _context(browser: Browser, **how: Any) -> BrowserContext:
    size = {"width": WIDTH, "height": HEIGHT}
    return browser.new_context(viewport=size, has_touch=True, is_mobile=True, locale="vi-VN", **how)  # type: ignore[arg-type]


def _signed_in(browser: Browser, base: str, account: dict[str, str]) -> list[Any]:
    """The cookies of a phone that has just signed in."""
    context = _context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/dang-nhap")
    page.fill("main [name=login]", account["login"])
    page.fill("main [name=password]", account["password"])
    page.click("main button[type=submit]")
    cookies = context.cookies()
    context.close()
    return cookies


def _weigh(browser: Browser, port: int, path: str, cookies: list[Any]) -> tuple[float, float]:
    """kB of a first visit with all that belongs to it, and of what the worker fetches ahead a little later."""
    with scales(port) as wire:
        context = _context(browser)
        context.add_cookies(cookies)
        if cookies:
            context.add_init_script(f"if (!sessionStorage.ahead) {{ {SPARING} }}")
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{wire.port}{path}")
        page.evaluate(INSTALL)
        if cookies:
            page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.wait_for_load_state("networkidle")
        first, ahead = wire.taken(), 0
        if cookies:
            page.evaluate("navigator.serviceWorker.ready.then(one => one.active.postMessage({ warm: true }))")
            page.wait_for_timeout(3000)
            ahead = wire.taken()
        context.close()
    return first / 1000, ahead / 1000


def _times(browser: Browser, url: str, cookies: list[Any]) -> Times:
    rounds = []
    for _ in range(ROUNDS):
        context = _context(browser)
        context.add_cookies(cookies)
        page = context.new_page()
        throttle(context.new_cdp_session(page))
        page.goto(url, wait_until="load", timeout=120_000)
        said = page.evaluate(TIMES)
        rounds.append([said[name] / 1000 for name in Times._fields])
        context.close()
    return Times(*map(statistics.median, zip(*rounds, strict=True)))


def _screens(page: Page, base: str, *doors: str) -> dict[str, tuple[str, float]]:
    """Every screen one reaches by links, by its name: its address and the kB of its page alone."""
    waiting, seen, found = list(doors), set(), {}
    while waiting:
        path = waiting.pop(0)
        if (
            path in seen
            or path.startswith(("/tep/", "/tinh/"))
            or path.endswith((".pdf", ".xlsx", ".docx", ".json", "/du-lieu"))
        ):
            continue
        seen.add(path)
        answer = page.goto(base + path)
        screen = page.locator("body").get_attribute("data-screen") or ""
        if answer is None or answer.status >= 400 or not screen or screen in found:
            continue
        entry = "performance.getEntriesByType('navigation')[0].transferSize"
        found[screen] = (path, page.evaluate(entry) / 1000)
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
        waiting += [urljoin(path, one).partition("#")[0] for one in links if not urlsplit(one).netloc]
    return found


def _mark(value: float, limit: float) -> str:
    return "  " if value <= limit else " !"


def phone_pages(folder: Path) -> None:
    """Print the two tables."""
    with _demo(folder) as demo, chromium() as browser:
        base, account = demo["url"], demo["accounts"][0]
        port = int(base.rpartition(":")[2])
        cookies = _signed_in(browser, base, account)
        print(f"\nfirst visit, empty cache, everything that is fetched (limit {FIRST:.0f} kB)")
        for name, path, who in (("a visitor's front door", "/", []), ("a resident's year", "/nam-nay", cookies)):
            first, ahead = _weigh(browser, port, path, who)
            then = f"      and {ahead:.1f} kB of pages fetched ahead" if who else ""
            print(f"  {name:<34}{first:>7.1f} kB{_mark(first, FIRST)}{then}")

        print(f"\nslow 4G (400 kbps, 400 ms), processor / 4, empty cache; median of {ROUNDS}, seconds")
        print(f"  {'page':<24}{'painted':>10}  {'largest':>10}  {'interactive':>10}  {'scripts':>9}  {'loaded':>10}")
        print(f"  {'limits':<24}{READABLE:>10.2f}  {USABLE:>10.2f}  {USABLE:>10.2f}  {USABLE:>10.2f}")
        paths = ("/", "/dang-ky", "/dang-nhap", "/nhan-ho-so", "/kiem-tra")
        own = ("/nam-nay", "/minh-chung", "/minh-chung/moi", "/diem", "/diem/1.1", "/ho-so")
        for path in (*paths, *own):
            t = _times(browser, base + path, cookies if path in own else [])
            limited = ((t.fcp, READABLE), (t.lcp, USABLE), (t.interactive, USABLE), (t.scripts, USABLE))
            told = "".join(f"{value:>10.2f}{_mark(value, limit)}" for value, limit in limited)
            print(f"  {path:<24}{told}{t.load:>10.2f}")

        print(f"\nnext pages (limit {NEXT:.0f} kB each)")
        for who, jar, doors in (("visitor", [], ("/", "/dang-ky")), ("resident", cookies, ("/nam-nay", "/tai-khoan"))):
            context = _context(browser, service_workers="block")
            context.add_cookies(jar)
            for screen, (_path, size) in sorted(_screens(context.new_page(), base, *doors).items()):
                print(f"  {who:<10}{screen:<34}{size:>6.1f} kB{_mark(size, NEXT)}")
            context.close()
