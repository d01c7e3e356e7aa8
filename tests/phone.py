"""A phone of 360 x 740 in a real Chromium, which judges every screen it shows.

    chromium()                               a running browser; skips where there is none, unless XHHT_REQUIRE_BROWSER=1
    Phone(browser, base, shots="lan", script=True, slow=False)
        .open(path), .tap(words), .settle()  each lands on a screen, judges it and, where the environment's XHHT_SHOTS
                                             names a folder, saves a picture of all of it
        .unfold()                            opens what a form keeps folded
        .page                                Playwright's page, for filling in
    phone.close()                            asserts that nothing went to another host, from a page or from the service
                                             worker, that nothing broke the policy, and that the console stayed quiet

`slow` is a cheap phone on a weak network: a quarter of the processor, 400 kbps and 400 ms.

A screen is judged by what a thumb would notice: no sideways scroll, nothing to tap lower than 44 px (inline links in
text apart), no words cut off, no two tappable things on one another.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserType, CDPSession, ConsoleMessage, Error, Request, sync_playwright

WIDTH, HEIGHT, LOWEST = 360, 740, 44
CPU, LATENCY, BYTES_A_SECOND = 4, 400, 400_000 // 8
# In a picture of a whole page the bar at the bottom stands below, and hides nothing.
LAID = "position => document.querySelectorAll('.places').forEach(one => { one.style.position = position; })"
# Heard on every page from its first line on; the console is read in the end.
POLICY_BROKEN = """document.addEventListener('securitypolicyviolation', one =>
  console.error(`policy: ${one.effectiveDirective} ${one.blockedURI} ${one.sourceFile}:${one.lineNumber}`))"""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=vi",
)
# What is wrong with the screen as it stands, in words.
FAULTS = """lowest => {
  const found = [], seen = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    found.push(`sideways scroll: ${root.scrollWidth} px`);
    for (const one of document.body.querySelectorAll('*'))
      if (one.getBoundingClientRect().right > root.clientWidth + 1) { found.push(one.outerHTML.slice(0, 120)); break; }
  }
  const inText = one => getComputedStyle(one).display === 'inline' &&
    [...one.parentNode.childNodes].some(near => near.nodeType === 3 && near.textContent.trim());
  const box = one => {
    const label = one.matches('[type=radio], [type=checkbox], [type=file]') && one.closest('label, .upload');
    const after = getComputedStyle(one, '::after');
    const covers = after.position === 'absolute' && after.content !== 'none';
    return (label || (covers && one.offsetParent) || one).getBoundingClientRect();
  };
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
    if (one.type === 'hidden' || !one.checkVisibility()) continue;
    const {width, height, bottom, left, right, top} = box(one);
    if (!width || bottom <= 0) continue;
    if (height < lowest && !inText(one)) found.push(`${Math.round(height)} px high: ${one.outerHTML.slice(0, 120)}`);
    if (one.closest('.places, .bulk') || one.matches('.cover') || inText(one)) continue;
    for (const [other, rect] of seen)
      if (!other.contains(one) && rect.left < right - 1 && left < rect.right - 1 && rect.top < bottom - 1 &&
          top < rect.bottom - 1)
        found.push(`on one another: ${other.outerHTML.slice(0, 80)} and ${one.outerHTML.slice(0, 80)}`);
    seen.push([one, {left, right, top, bottom}]);
  }
  const words = [];
  for (const one of document.querySelectorAll('.tag, tbody td, tbody th, .places a, .figure, .num')) {
    const {width, left, right, top, bottom} = one.getBoundingClientRect();
    if (width < 2 || !one.checkVisibility()) continue;
    if (left < 0 || right > root.clientWidth + 1 || (one.scrollWidth > one.clientWidth + 1 && one.clientWidth))
      found.push(`words cut off: ${one.outerHTML.slice(0, 120)}`);
    if (!one.matches('.tag, .places a')) continue;
    for (const [other, rect] of words)
      if (rect.left < right - 1 && left < rect.right - 1 && rect.top < bottom - 1 && top < rect.bottom - 1)
        found.push(`words on one another: ${other.textContent.trim()} and ${one.textContent.trim()}`);
    if (one.matches('.tag')) words.push([one, {left, right, top, bottom}]);
  }
  return found;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of XHHT_CHROMIUM, of the system, or Playwright's own."""
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright.chromium)
        except Error as error:
            if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"no Chromium to look with (set XHHT_CHROMIUM to one): {str(error).splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()


def _launch(kind: BrowserType) -> Browser:
    wanted = os.environ.get("XHHT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return kind.launch(executable_path=wanted, args=list(FLAGS))


def another(browser: Browser) -> Browser:
    """A browser of one phone's own: 0.2 s more than a context of its own, and it can be closed for certain.

    Chromium was seen never to come back from closing a context whose service worker was at work; a browser that does
    not close is killed after half a minute.
    """
    return _launch(browser.browser_type)


def throttle(session: CDPSession) -> None:
    """A quarter of the processor and slow 4G, for one tab."""
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    session.send("Network.enable")
    speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY, **speed})


class Phone:
    """One person's phone: a tab of a browser of its own."""

    def __init__(
        self, browser: Browser, base: str, *, shots: str, script: bool = True, slow: bool = False, **how: Any
    ) -> None:
        self.base, self.shots, self.taken = base, shots, 0
        self.browser = another(browser)
        self.context = self.browser.new_context(
            **{
                "viewport": {"width": WIDTH, "height": HEIGHT},
                "has_touch": True,
                "is_mobile": True,
                "java_script_enabled": script,
                "locale": "vi-VN",
                **how,
            }
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000 if slow else 15_000)
        self.elsewhere: list[str] = []
        self.by_worker: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", self._asked)  # the service worker's as well
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        if script:
            self.context.add_init_script(POLICY_BROKEN)
        if slow:
            throttle(self.context.new_cdp_session(self.page))

    def _asked(self, request: Request) -> None:
        if request.service_worker:
            self.by_worker.append(request.url)
        address = urlsplit(request.url)
        # What a browser opens inside itself, such as its reader of PDF, is no other host.
        over_the_net = address.scheme in {"http", "https", "ws", "wss", "ftp"}
        if over_the_net and f"{address.scheme}://{address.netloc}" != self.base:
            self.elsewhere.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        expected = re.search(r"status of 4\d\d", message.text)  # a form that was not right answers 422
        if message.type in {"error", "warning"} and not expected:
            self.complaints.append(message.text)

    @property
    def screen(self) -> str:
        """Which screen this is: the endpoint."""
        return self.page.locator("body").get_attribute("data-screen") or ""

    @property
    def words(self) -> str:
        """What one reads on it."""
        return " ".join(self.page.locator("main").inner_text().split())

    def open(self, path: str) -> Phone:
        """Go to an address."""
        self.page.goto(self.base + path)
        return self.settle()

    def tap(self, words: str, kind: str = "button") -> Phone:
        """Tap the first button (or "link") with these words and look at where it leads."""
        with self.page.expect_navigation():
            self.page.get_by_role(kind, name=words).first.click()  # type: ignore[arg-type]
        return self.settle()

    def send(self, words: str) -> Phone:
        """Tap a form's button; the page changes, whether the browser sends the form or a script does it for it."""
        before = self.page.evaluate("performance.timeOrigin")
        self.page.get_by_role("button", name=words).first.click()
        self.page.wait_for_function("before => performance.timeOrigin !== before", arg=before)
        return self.settle()

    def send_empty(self) -> Phone:
        """Send the page's form as it stands, past what the browser itself would ask for; the next page says what is
        missing, or a script on this one.
        """
        form = self.page.locator("main form[method=post]:has(button[type=submit].btn)").first
        form.evaluate("form => { form.noValidate = true; form.closest('details')?.setAttribute('open', ''); }")
        before = self.page.evaluate("performance.timeOrigin")
        form.locator("button[type=submit].btn").first.click()
        said = "before => performance.timeOrigin !== before || document.activeElement?.matches('.errors')"
        self.page.wait_for_function(said, arg=before)
        return self.settle()

    def until(self, path: str, holds: Callable[[], bool], seconds: float = 20) -> Phone:
        """Open a page again and again until something holds there: what a phone sends in its own time arrives."""
        end = time.monotonic() + seconds
        self.open(path)
        while not holds():
            assert time.monotonic() < end, f"not on {path}: {self.words}"
            self.page.wait_for_timeout(300)
            self.page.goto(self.base + path)
        return self

    def fill(self, **fields: str) -> Phone:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").first.fill(value)
        return self

    def unfold(self) -> Phone:
        """Open what the page's forms keep folded, but for the explanations."""
        folded = "main form details:not([open]):not(.explained) > summary"
        while (summary := self.page.locator(folded)).count():
            summary.first.click()
        return self

    def settle(self) -> Phone:
        """Judge the screen, and keep a picture of it."""
        self.page.wait_for_load_state()
        self.taken += 1
        if folder := os.environ.get("XHHT_SHOTS"):
            name = f"{self.shots}-{self.taken:02}-{self.screen.replace('.', '-')}.png"
            self.page.evaluate(LAID, "static")
            self.page.screenshot(path=Path(folder) / name, full_page=True)
            self.page.evaluate(LAID, "")
        faults = self.page.evaluate(FAULTS, LOWEST)
        assert faults == [], f"{self.screen} at {self.page.url}: {faults}"
        return self

    def close(self) -> None:
        """Put it away; it must have spoken to nobody else."""
        self.browser.close()
        assert self.elsewhere == []
        assert self.complaints == [], self.complaints
