"""What a phone fetches, weighed on the wire: the first visit within 60 kB, scripts, icons and service worker included.

Seconds depend on the machine and are measured in `benchmarks/`; bytes do not, so they are held here.
"""

from __future__ import annotations

import brotli
import pytest
from factories import PASSWORD
from flask import Flask
from phone import Phone
from town import Town, a_town  # noqa: F401 (a fixture)
from weighing import SPARING, Scales, scales

from xhht_citizen.web.offline import words_url

pytestmark = pytest.mark.xdist_group("phones")
FIRST, NEXT = 60_000, 10_000
YEAR = "public, max-age=31536000, immutable"
INSTALL = """async () => {
  const manifest = await (await fetch(document.querySelector('[rel=manifest]').href)).json();
  for (const icon of manifest.icons.filter(one => one.sizes === '192x192')) await fetch(icon.src);
  await fetch(document.querySelector('[rel=icon]').href);
}"""
UPDATE = "navigator.serviceWorker.ready.then(one => one.update()).then(() => null)"


def weighed(phone: Phone, wire: Scales, path: str, *, worker: bool) -> int:
    """Bytes of a page with all that belongs to it; what a phone's browser asks for to install it is asked for."""
    wire.taken()
    phone.open(path)
    phone.page.evaluate(INSTALL)
    if worker:
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        phone.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    phone.page.wait_for_load_state("networkidle")
    return wire.taken()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_scripts_made_by_the_server_are_compressed_as_far_as_files_are(app: Flask) -> None:
    with app.test_request_context():
        addresses = {"/sw.js": "no-cache", words_url("vi"): YEAR, words_url("en"): YEAR}
    for address, kept in addresses.items():
        plain, small = (app.test_client().get(address, headers={"Accept-Encoding": how}) for how in ("identity", "br"))
        assert (small.headers["Content-Encoding"], small.headers["Cache-Control"]) == ("br", kept)
        assert (brotli.decompress(small.data), len(small.data)) == (plain.data, len(brotli.compress(plain.data)))


def test_a_visitors_first_visit(town: Town) -> None:
    with scales(int(town.base.rpartition(":")[2])) as wire:
        phone = Phone(town.browser, f"http://127.0.0.1:{wire.port}", shots="nang-cua")
        first = weighed(phone, wire, "/", worker=False)
        phone.close()
    assert 5_000 < first <= FIRST


def test_a_residents_first_visit_and_the_pages_after_it(town: Town) -> None:
    with scales(int(town.base.rpartition(":")[2])) as wire:
        base = f"http://127.0.0.1:{wire.port}"
        signing = Phone(town.browser, base, shots="nang-vao")
        signing.open("/dang-nhap").fill(login="dan-draft", password=PASSWORD).tap("Đăng nhập")
        cookies = signing.context.cookies()
        signing.close()
        phone = Phone(town.browser, base, shots="nang-nam")  # which has never been here
        phone.context.add_cookies(cookies)  # type: ignore[arg-type]
        phone.context.add_init_script(SPARING)
        first = weighed(phone, wire, "/nam-nay", worker=True)
        after = {}
        for path in ("/minh-chung", "/minh-chung/moi", "/diem", "/diem/1.1", "/ho-so", "/thong-bao", "/tai-khoan"):
            wire.taken()
            phone.open(path).page.wait_for_load_state("networkidle")
            phone.page.evaluate(UPDATE)  # which browsers do a while after each page
            after[path] = wire.taken()
        phone.close()
    assert 10_000 < first <= FIRST
    assert {path: size for path, size in after.items() if size > NEXT} == {}
