"""Every page there is, in a real browser, as everybody who may come: axe-core 0, at 200 %, still, in any colours.

Which pages there are is read from the app; a page no walk finds fails, unless it is named with where it is proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import walking
from judging import enlarged, judged, outlined, still
from phone import Phone, chromium
from playwright.sync_api import Browser
from serving import serving
from town import shots
from walking import LOGINS, WHO, WITHOUT, Ground, Stop

from xhht_citizen.app import create_app

pytestmark = pytest.mark.xdist_group("screens")
# Sent as they are: what is missing is said, and that page is a screen too.
EMPTY = {
    "account.password",
    "account.sign_in",
    "account.sign_up",
    "admin.new_account",
    "claim.start",
    "decisions.new",
    "evidence.new",
    "helping.own",
    "score.indicator",
    "switch.remember",
}


@dataclass
class Walk:
    """The demonstration on a server, the browser that looks at it, and where to look."""

    base: str
    browser: Browser
    ground: Ground
    stops: list[Stop]
    pages: set[str]

    def phone(self, who: str, **how: object) -> Phone:
        phone = Phone(self.browser, self.base, shots=f"all-{who}", **how)  # type: ignore[arg-type]
        if who != "visitor":
            login, password = LOGINS[who]
            phone.open("/dang-nhap").fill(login=login, password=password).tap("Đăng nhập")
            assert phone.screen != "account.sign_in", phone.words
        return phone

    def of(self, who: str) -> list[Stop]:
        return [stop for stop in self.stops if stop.who == who]

    def first(self, stop: Stop) -> bool:
        return next(one for one in self.stops if one.endpoint == stop.endpoint) == stop


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    shots()
    with chromium() as browser:
        home = tmp_path_factory.mktemp("screens") / "data"
        ground = walking.made(home)
        app = create_app(ground.settings)
        stops, pages = walking.plan(app, ground), walking.pages(app)
        app.extensions["xhht_database"].dispose()
        key = ground.settings.secret_key
        with serving(ground.settings.database_url, home, key=key) as server:
            yield Walk(f"http://127.0.0.1:{server.port}", browser, ground, stops, pages)


def test_no_page_is_left_out(walk: Walk) -> None:
    found = {stop.endpoint for stop in walk.stops}
    assert sorted(walk.pages - found) == sorted(WITHOUT)
    assert found <= walk.pages


@pytest.mark.parametrize("who", WHO)
def test_every_screen_is_for_everybody(walk: Walk, who: str) -> None:
    """No sideways scroll, nothing too small to tap, no fault of WCAG 2.2 AA; forms that were not right included.

    And from first to last: no other host, no policy broken, no complaint in the console, by page or service worker.
    """
    phone = walk.phone(who)
    wrong: list[str] = []
    for stop in walk.of(who):
        phone.open(stop.path)
        assert phone.screen == stop.endpoint, stop
        wrong += judged(phone)
        if walk.first(stop):
            wrong += enlarged(phone) + still(phone) + outlined(phone)
        if stop.endpoint in EMPTY:
            phone.send_empty()
            wrong += judged(phone)
    phone.close()
    assert wrong == []
