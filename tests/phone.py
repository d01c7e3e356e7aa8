"""A phone of 360 x 740 in a real Chromium, which judges every screen it shows.

    chromium()                               a running browser; skips where there is none, unless XHHT_REQUIRE_BROWSER=1
    Phone(browser, base, shots="lan", script=True)
        .open(path), .tap(words), .settle()  each lands on a screen, judges it and, where the environment's XHHT_SHOTS
                                             names a folder, saves a picture of all of it
        .page                                Playwright's page, for filling in
    phone.close()                            asserts that nothing went to another host and the console stayed quiet

A screen is judged by what a thumb would notice: no sideways scroll, nothing to tap lower than 44 px (inline links in
text apart), no words cut off, no two tappable things on one another.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Request, sync_playwright

WIDTH, HEIGHT, LOWEST = 360, 740, 44
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
    wanted = os.environ.get("XHHT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=wanted, args=list(FLAGS))
        except Error as error:
            if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"no Chromium to look with (set XHHT_CHROMIUM to one): {str(error).splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()


class Phone:
    """One person's phone: a tab with its own cookies."""

    def __init__(self, browser: Browser, base: str, *, shots: str, script: bool = True) -> None:
        self.base, self.shots, self.taken = base, shots, 0
        self.context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            has_touch=True,
            is_mobile=True,
            java_script_enabled=script,
            locale="vi-VN",
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
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

    def fill(self, **fields: str) -> Phone:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").first.fill(value)
        return self

    def settle(self) -> Phone:
        """Judge the screen, and keep a picture of it."""
        self.page.wait_for_load_state()
        self.taken += 1
        if folder := os.environ.get("XHHT_SHOTS"):
            name = f"{self.shots}-{self.taken:02}-{self.screen.replace('.', '-')}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)
        faults = self.page.evaluate(FAULTS, LOWEST)
        assert faults == [], f"{self.screen} at {self.page.url}: {faults}"
        return self

    def close(self) -> None:
        """Put it away; it must have spoken to nobody else."""
        self.context.close()
        assert self.elsewhere == []
        assert self.complaints == [], self.complaints
