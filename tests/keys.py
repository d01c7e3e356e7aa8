"""A person who has a keyboard and nothing else: Tab, Enter, Space, arrows.

Keys(phone)
    .to(words)          Tab until what is focused says these words; on the way each stop must be seen to be focused,
                        and must not jump up the page against the order one reads
    .press("Enter")     and so on; .type(text)
    .choose(words)      a radio button, by its arrows
    .lands(screen)      the page that came is this one, and is judged
"""

from __future__ import annotations

from phone import Phone

# What the keyboard is at: its words, what is drawn around it, and where it stands.
FOCUSED = """() => {
  const one = document.activeElement, label = one.labels && one.labels[0];
  if (one === document.body || one === document.documentElement) return null;
  const near = label && label.querySelector('.choice-body');
  const rings = [getComputedStyle(one), getComputedStyle(one, '::after'), ...(near ? [getComputedStyle(near)] : []),
    ...(label ? [getComputedStyle(label)] : [])];
  const box = (label || one).getBoundingClientRect();
  return {
    words: (label || one).textContent.trim().replace(/\\s+/g, ' ') || one.getAttribute('aria-label') || '',
    type: one.type || '',
    tag: one.tagName.toLowerCase(),
    shown: rings.some(ring => ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2) &&
      box.bottom > 0 && box.top < innerHeight,
    covered: (() => { const bar = document.querySelector('.places'); if (!bar || bar.contains(one)) return false;
      const over = bar.getBoundingClientRect(), own = one.getBoundingClientRect();
      return getComputedStyle(bar).position === 'fixed' && own.top >= over.top && own.bottom <= over.bottom; })(),
    inMain: !!one.closest('main'),
    y: box.top + scrollY,
    x: box.left,
    html: one.outerHTML.slice(0, 120),
  };
}"""
MOST = 120  # stops on a page, before one says that it is a trap


class Keys:
    """One walk through the pages of a phone by keyboard."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.page = phone, phone.page

    def press(self, *keys: str) -> Keys:
        """Press keys."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text: str) -> Keys:
        """Type into what is focused."""
        self.page.keyboard.type(text)
        return self

    def to(self, words: str, kind: str = "") -> Keys:
        """Tab there; `kind` is a tag or the type of a field, where words alone could be another's."""
        before = None
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(FOCUSED)
            if here is None:  # between the end of the page and its beginning
                before = None
                continue
            where = f"on {self.phone.screen}: {here['html']}"
            assert here["shown"], f"nothing shows that one is {where}"
            assert not here["covered"], f"the bar hides that one is {where}"
            if before and before["inMain"] and here["inMain"]:
                assert here["y"] >= before["y"] - 8 or here["x"] > before["x"], (
                    f"jumps up from {before['html']} {where}"
                )
                assert here["html"] != before["html"] or here["y"] != before["y"], f"a trap {where}"
            before = here
            if words in here["words"] and kind in {"", here["type"], here["tag"]}:
                return self
        raise AssertionError(f"{self.phone.screen} has no {words!r} for the keyboard")

    def skip(self) -> Keys:
        """The first stop of a page leads past its head."""
        self.press("Tab")
        assert "Tới nội dung chính" in self.page.evaluate(FOCUSED)["words"]
        self.press("Enter")
        assert self.page.evaluate("document.activeElement.id") == "main"
        return self

    def choose(self, words: str) -> Keys:
        """Go through a group of radio buttons, of which one is focused, by the arrow."""
        for _ in range(30):
            if words in self.page.evaluate(FOCUSED)["words"]:
                if not self.page.evaluate("document.activeElement.checked"):
                    self.press("Space")
                return self
            self.press("ArrowDown")
        raise AssertionError(f"{self.phone.screen} has no choice {words!r}")

    def lands(self, screen: str) -> Keys:
        """Press Enter; the page that comes is judged."""
        before = self.page.evaluate("performance.timeOrigin")
        self.press("Enter")
        self.page.wait_for_function("before => performance.timeOrigin !== before", arg=before)
        self.phone.settle()
        assert self.phone.screen == screen, f"{self.phone.screen}: {self.phone.words[:300]}"
        return self
