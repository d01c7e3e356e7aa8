"""What a phone keeps: one's own pages and no other's, opened without a network, gone when another comes."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from cutting import AHEAD, FORM, HOME, LIST, OUTBOX, SCORE, Asked, Cut, Fault, Line, Pocket, Town, settled
from factories import PASSWORD, TODAY, make_application, make_evidence, make_helper
from PIL import Image
from test_offline_cuts import arrived, calm, items, story, write_one

from xhht_citizen.people.sessions import sign_out_everywhere
from xhht_citizen.web.security import POLICY

pytestmark = pytest.mark.xdist_group("offline")
NO_NETWORK = "Không có mạng"


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with settled(sqlite_template, tmp_path_factory.mktemp("offline")) as town:
        yield town


@pytest.fixture
def pocket(town: Town) -> Iterator[Pocket]:
    pocket = town.pocket()
    yield pocket
    pocket.close()


def enter(pocket: Pocket, login: str, password: str = PASSWORD) -> Pocket:
    pocket.open("/dang-nhap").page.fill("main [name=login]", login)
    pocket.page.fill("main [name=password]", password)
    return pocket.tap("Đăng nhập")


def written(pocket: Pocket) -> str:
    """All that is stored on this phone, as one text; what everybody gets alike left out."""
    kept = pocket.kept()
    pages = {name: pages for name, pages in kept["caches"].items() if name != "static"}
    return json.dumps([pages, kept["tables"]], ensure_ascii=False)


def test_what_was_seen_and_the_forms_open_without_a_network(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident("Lớp đan lát của Lan")
    pocket.carry(client)
    pocket.open(HOME).warm()
    assert pocket.pages() == AHEAD
    pocket.offline().reopen()
    for path, screen in (
        (HOME, "year.home"),
        (LIST, "evidence.mine"),
        (FORM, "evidence.new"),
        (f"{FORM}?chi-so=2.1", "evidence.new"),
        (SCORE, "score.explained"),
        (f"{SCORE}/1.1", "score.indicator"),
    ):
        pocket.open(path)
        assert (path, pocket.screen, NO_NETWORK in pocket.words) == (path, screen, True)
        assert pocket.page.locator("html").get_attribute("data-kept") is not None
        styled = pocket.page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")
        assert styled != "none"
    assert "Lớp đan lát của Lan" in pocket.open(LIST).words
    assert lan.name.split()[-1] in pocket.page.locator(".top-me").inner_text()
    pocket.offline(False).open(HOME)
    assert (pocket.page.locator("html").get_attribute("data-kept"), NO_NETWORK in pocket.words) == (None, False)


def test_the_indicators_are_fetched_ahead_only_while_they_may_be_answered_and_once(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident(None)
    pocket.carry(client)
    pocket.open(HOME).warm()
    lines = [path for path in AHEAD if path.startswith(f"{SCORE}/")]

    def fetched() -> list[str]:
        return sorted({one.path for one in town.line.asked if one.path in lines})

    again = "async () => (await navigator.serviceWorker.ready).active.postMessage({warm: 'vi.'})"
    until_kept = "async () => (await (await xhht.db()).get('meta', 'answers')) !== undefined"
    pocket.until(f"({until_kept})()")
    assert fetched() == sorted(lines)
    town.line.asked.clear()
    pocket.page.evaluate(again)
    pocket.page.wait_for_timeout(1500)
    assert fetched() == []
    with town.database.transaction() as db:
        make_application(db, lan)
    pocket.open(SCORE)
    pocket.page.evaluate("async () => (await xhht.db()).delete('meta', 'answers')")
    pocket.page.evaluate(again)
    pocket.page.wait_for_timeout(1500)
    assert fetched() == []


def test_a_page_never_seen_says_so_and_leads_on(town: Town, pocket: Pocket) -> None:
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm().offline()
    for path in ("/gia-dinh", "/lam-thay", "/tro-giup"):
        pocket.open(path)
        assert (pocket.screen, "This page is not kept" in pocket.words) == ("offline.without", True)
    pocket.tap("Mở năm học tập của tôi", "link")
    assert pocket.screen == "year.home"


def test_only_stamped_pages_are_kept(town: Town, pocket: Pocket) -> None:
    """The list, the household, help: seen, and not kept where no view says so."""
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm()
    for path in ("/tai-khoan", "/tro-giup", "/tai-khoan/thong-bao", "/lam-thay", "/gia-dinh", "/"):
        pocket.open(path)
    kept = pocket.kept()
    assert sorted(kept["caches"]) == ["pages", "static"]
    assert sorted(kept["caches"]["pages"]) == AHEAD
    static = {re.sub(r"/tinh/(loi/)?\w{12}/", "", path) for path in kept["caches"]["static"]}
    assert static == {"app.css", "core.bundle.js", "mark.svg", "phone.bundle.js", "vi.js", "/ngoai-tuyen"}
    assert "top-who" not in kept["caches"]["static"]["/ngoai-tuyen"]  # fetched as nobody


def test_the_frame_holds_on_kept_pages(town: Town, pocket: Pocket) -> None:
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm().offline().reopen()
    answer = pocket.page.goto(pocket.line.base + HOME)
    assert answer is not None
    assert (answer.from_service_worker, answer.headers["content-security-policy"]) == (True, POLICY)
    pocket.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'self.bad = 1'}))"
    )
    assert pocket.page.evaluate("self.bad") is None
    assert pocket.complaints != []
    pocket.complaints.clear()


@pytest.mark.parametrize(
    "fault",
    [Cut(Fault.GATEWAY), Cut(Fault.REFUSE), Cut(Fault.DROP), Cut(Fault.PART, 300), Cut(Fault.PART, 1800)],
    ids=["gateway", "refused", "dropped", "half of the headers", "half of the page"],
)
def test_a_server_that_is_away_gives_way_to_what_is_kept(town: Town, pocket: Pocket, fault: Cut) -> None:
    pocket.carry(town.resident("Lớp may vá")[1])
    pocket.open(HOME).warm()
    town.line.plan = lambda _asked: fault
    assert "Lớp may vá" in pocket.reopen().open(LIST).words
    assert "Mạng yếu nên đang xem bản lưu lúc" in pocket.words
    assert pocket.open("/gia-dinh").screen == "offline.without"


def test_the_server_killed_and_started_again(town: Town, pocket: Pocket) -> None:
    pocket.carry(town.resident("Lớp nấu ăn")[1])
    pocket.open(HOME).warm()
    town.line.crash()
    assert "Lớp nấu ăn" in pocket.reopen().open(LIST).words
    town.line.again()
    pocket.open(LIST)
    assert pocket.page.locator("html").get_attribute("data-kept") is None


def test_a_slow_network_shows_the_kept_copy_and_says_so(town: Town, pocket: Pocket) -> None:
    resident, client = town.resident("Lớp cắt tóc")
    pocket.carry(client)
    pocket.open(HOME).warm()
    with town.database.transaction() as db:
        make_evidence(db, resident, "Đọc sách về lúa", ("2.1",))
    town.line.plan = lambda asked: Cut(Fault.SLOW, 6) if asked.path == LIST else None
    pocket.open(LIST)
    assert ("Lớp cắt tóc" in pocket.words, "Đọc sách về lúa" in pocket.words) == (True, False)
    assert "Mạng yếu nên đang xem bản lưu lúc" in pocket.words
    pocket.page.wait_for_timeout(2500)  # the answer came too late for the eye, and is kept for the next time
    pocket.offline()
    assert "Đọc sách về lúa" in pocket.open(LIST).words


def noted(pocket: Pocket) -> str:
    """The line about the network."""
    note = pocket.page.locator("#note-network")
    return " ".join(note.inner_text().split()) if note.count() else ""


@pytest.mark.parametrize(
    ("lang", "weak", "back", "today"),
    [
        (
            "vi",
            "Mạng yếu nên đang xem bản lưu lúc {:%H:%M ngày %d/%m}.",
            "Đã có mạng. Đang xem bản lưu lúc {:%H:%M ngày %d/%m}.",
            "Xem bản mới",
        ),
        (
            "en",
            "The network is weak, so this is the copy kept at {:%H:%M on %d/%m}.",
            "The network is back. This is the copy kept at {:%H:%M on %d/%m}.",
            "Open today’s page",
        ),
    ],
)
def test_a_kept_page_says_of_when_it_is_and_leads_to_todays(
    town: Town, pocket: Pocket, lang: str, weak: str, back: str, today: str
) -> None:
    resident, client = town.resident("Lớp cắt tóc")
    pocket.carry(client)
    pocket.open(HOME).warm()
    if lang == "en":
        pocket.tap("English")
    pocket.open(LIST).offline().reopen().open(LIST)
    kept = datetime.fromisoformat(pocket.page.locator("html").get_attribute("data-kept") or "").astimezone()
    assert back.format(kept) not in noted(pocket)
    with town.database.transaction() as db:
        make_evidence(db, resident, "Đọc sách về lúa", ("2.1",))
    pocket.offline(False)
    pocket.until("words => document.getElementById('note-network').innerText.includes(words)", today)
    assert noted(pocket) == f"{back.format(kept)} {today}"
    assert pocket.page.get_by_role("link", name=today).evaluate("one => one.offsetHeight") >= 48
    pocket.page.wait_for_timeout(500)
    assert "Đọc sách về lúa" not in pocket.words  # nothing is loaded that nobody asked for
    pocket.tap(today, "link")
    assert (pocket.page.locator("html").get_attribute("data-kept"), noted(pocket)) == (None, "")
    assert "Đọc sách về lúa" in pocket.words
    pocket.context.set_offline(True)
    pocket.until("() => document.getElementById('note-network')")
    pocket.context.set_offline(False)
    pocket.until("() => !document.getElementById('note-network')")
    town.line.plan = lambda _asked: Fault.REFUSE
    pocket.open(LIST)
    kept = datetime.fromisoformat(pocket.page.locator("html").get_attribute("data-kept") or "").astimezone()
    assert noted(pocket) == f"{weak.format(kept)} {today}"


def test_a_kept_form_loses_nothing_when_the_network_is_back(town: Town, pocket: Pocket) -> None:
    """Words come along to today's page; where photos may be chosen nothing leads away from them."""
    pocket.carry(town.resident(None)[1])
    pocket.open(HOME).warm().offline().reopen().open(FORM)
    pocket.page.fill("main [name=title]", "Lớp trồng rau")
    pocket.offline(False)
    pocket.until("() => document.getElementById('note-network').innerText.startsWith('Đã có mạng.')")
    assert pocket.page.locator("#note-network a").count() == 0
    assert pocket.page.locator("main [name=title]").input_value() == "Lớp trồng rau"
    pocket.offline().open(f"{SCORE}/1.1").page.fill("main [name=note]", "Lời của tôi")
    pocket.offline(False)
    pocket.until("() => document.getElementById('note-network').innerText.startsWith('Đã có mạng.')")
    assert pocket.page.locator("main [name=note]").input_value() == "Lời của tôi"
    pocket.tap("Xem bản mới", "link")
    assert pocket.page.locator("html").get_attribute("data-kept") is None
    pocket.until("() => document.querySelector('main [name=note]').value === 'Lời của tôi'")


def nothing_of(pocket: Pocket, *secrets: str) -> None:
    """Neither stored nor shown, at any address that ever was kept."""
    text = written(pocket)
    assert [secret for secret in secrets if secret in text] == []
    pocket.offline().reopen()
    for path in [*AHEAD, f"{FORM}?chi-so=2.1", "/ho-so", "/"]:
        pocket.open(path)
        page = pocket.page.content()
        assert (path, [secret for secret in secrets if secret in page]) == (path, [])
    pocket.offline(False)


def test_after_signing_out_nothing_is_left(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident("Bí mật của Lan")
    pocket.carry(client)
    pocket.open(HOME).warm()
    assert "Bí mật của Lan" in written(pocket)
    pocket.open("/tai-khoan").page.on("dialog", lambda asked: asked.accept())
    with pocket.page.expect_navigation():
        pocket.page.locator("form[action='/dang-xuat'] button").first.click()
    pocket.page.evaluate("xhht.ready")
    assert pocket.kept()["caches"].get("pages", {}) == {}
    assert pocket.kept()["owner"] is None
    nothing_of(pocket, lan.name, "Bí mật của Lan")
    nam, _client = town.resident("Việc của Nam")
    assert nam.login is not None
    enter(pocket, nam.login).open(LIST)
    nothing_of(pocket, lan.name, "Bí mật của Lan")


def test_another_comes_without_the_first_signing_out(town: Town, pocket: Pocket) -> None:
    """Both ways, and back: what each sees offline is their own."""
    lan, client = town.resident("Bí mật của Lan")
    nam, _client = town.resident("Bí mật của Nam")
    assert nam.login is not None
    assert lan.login is not None
    pocket.carry(client)
    pocket.open(HOME).warm()
    pocket.carry(None)  # a session that ended: nobody is signed in, what is kept stays for its owner
    enter(pocket, nam.login).warm()
    assert "Bí mật của Nam" in written(pocket)
    nothing_of(pocket, lan.name, "Bí mật của Lan")
    pocket.carry(None)
    enter(pocket, lan.login).warm()
    assert "Bí mật của Lan" in written(pocket)
    nothing_of(pocket, nam.name, "Bí mật của Nam")


def test_an_officer_comes_to_a_residents_phone(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident("Bí mật của Lan")
    officer, _client = town.officer()
    pocket.carry(client)
    pocket.open(HOME).warm()
    pocket.carry(None)
    enter(pocket, officer.login)
    assert pocket.screen == "review.queue"
    nothing_of(pocket, lan.name, "Bí mật của Lan")


def test_officers_screens_pass_the_worker_by(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident("Bí mật của Lan")
    officer, work = town.officer()
    pocket.carry(client)
    pocket.open(HOME).warm()
    pocket.carry(None)
    enter(pocket, officer.login)
    before = pocket.kept()["caches"]["static"].keys()
    for path in ("/viec-cho", "/dan-cu", "/ty-le", "/van-ban", f"/dan-cu/{lan.id}"):
        answer = pocket.page.goto(pocket.line.base + path)
        assert answer is not None
        assert (path, answer.from_service_worker) == (path, False)
        kept = pocket.kept()
        assert (kept["caches"].get("pages", {}), kept["caches"]["static"].keys()) == ({}, before)
        assert lan.name not in written(pocket)
    pocket.offline()
    with pytest.raises(Exception, match="ERR_"):
        pocket.page.goto(pocket.line.base + "/dan-cu")
    assert work.cookie


def test_a_pin_changes_whose_phone_it_is(town: Town, pocket: Pocket) -> None:
    pair = [town.resident(f"Bí mật của người {number}")[0] for number in (1, 2)]
    for one, pin in zip(pair, ("4791", "830264"), strict=True):
        assert one.login is not None
        pocket.carry_shared()
        enter(pocket, one.login).open("/tai-khoan/may-nay")
        for name, value in (("password", PASSWORD), ("pin", pin), ("again", pin)):
            pocket.page.fill(f"main [name={name}]", value)
        with pocket.page.expect_navigation():
            pocket.page.locator("main form button[type=submit]").first.click()
    pocket.open(HOME).warm()
    assert "Bí mật của người 2" in written(pocket)
    assert pair[0].account is not None
    pocket.open(f"/doi-nguoi/{pair[0].account.id}").page.fill("main [name=pin]", "4791")
    with pocket.page.expect_navigation():
        pocket.page.locator("main form button[type=submit]").first.click()
    pocket.warm()
    assert (pocket.screen, "Bí mật của người 1" in written(pocket)) == ("year.home", True)
    nothing_of(pocket, pair[1].name, "Bí mật của người 2")


def test_who_acts_for_somebody_keeps_nothing(town: Town, pocket: Pocket) -> None:
    """Neither theirs, nor one's own shown as if it were theirs."""
    mother, _client = town.resident("Bí mật của mẹ")
    daughter, client = town.resident("Bí mật của con")
    with town.database.transaction() as db:
        assert daughter.account is not None
        make_helper(db, mother, daughter.account)
    pocket.carry(client)
    pocket.open(HOME).warm().open("/lam-thay")
    with pocket.page.expect_navigation():
        pocket.page.locator("main form[action^='/lam-thay/'] button").first.click()
    for path in AHEAD:
        pocket.open(path)
    assert "Bí mật của mẹ" in pocket.open(LIST).words
    nothing_of(pocket, mother.name, "Bí mật của mẹ", "Bí mật của con")
    pocket.open(HOME).tap("Thôi làm thay").open(HOME).warm()
    assert "Bí mật của con" in written(pocket)
    nothing_of(pocket, mother.name, "Bí mật của mẹ")


def test_an_answer_that_comes_after_signing_out_is_not_believed(town: Town, pocket: Pocket) -> None:
    """Fetched ahead while one leaves: it neither comes back into the phone nor says whose it is."""
    lan, client = town.resident("Bí mật của Lan")
    pocket.carry(client)
    pocket.open(HOME).page.evaluate("navigator.serviceWorker.ready")
    town.line.plan = lambda asked: Cut(Fault.LATE, 6) if asked.path == LIST else None
    pocket.open("/tai-khoan").page.evaluate(
        "async () => (await navigator.serviceWorker.ready).active.postMessage({warm: 'vi.'})"
    )
    until_asked(town.line, LIST)
    with pocket.page.expect_navigation():
        pocket.page.locator("form[action='/dang-xuat'] button").first.click()
    pocket.page.evaluate("xhht.ready")
    pocket.page.wait_for_timeout(7000)
    assert (pocket.kept()["owner"], pocket.kept()["caches"].get("pages", {})) == (None, {})
    nothing_of(pocket, lan.name, "Bí mật của Lan")


def test_what_one_has_not_sent_waits_for_them_and_is_nobody_elses(town: Town, pocket: Pocket) -> None:
    (lan, client), (nam, _client) = town.resident(None), town.resident(None)
    assert lan.login is not None
    assert nam.login is not None
    pocket.carry(client)
    pocket.open(HOME).warm().offline()
    told = story(1)
    write_one(pocket, told, told.things[0], kept=1)
    pocket.carry(None)
    pocket.offline(False)
    enter(pocket, nam.login).open(OUTBOX)
    pocket.page.wait_for_timeout(1000)
    assert (items(pocket), told.things[0].title in pocket.page.content()) == ({}, False)
    with town.database.read() as db:
        assert [arrived(db, town, one.id)["things"] for one in (lan, nam)] == [[], []]
    pocket.carry(None)
    enter(pocket, lan.login)
    calm(pocket)
    with town.database.read() as db:
        found = [[title for title, *_rest in arrived(db, town, one.id)["things"]] for one in (lan, nam)]
    assert found == [[told.things[0].title], []]


def test_who_leaves_while_a_photo_is_on_its_way_leaves_nothing(town: Town, pocket: Pocket) -> None:
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm().offline()
    told = story(0)
    write_one(pocket, told, told.things[0], kept=1)
    town.line.plan = lambda asked: Cut(Fault.SLOW, 1.5) if asked.path.endswith("/tep") else None
    pocket.offline(False).open(HOME)
    until_asked(town.line, "/tep")
    pocket.page.evaluate("xhht.wipe(true)")
    pocket.page.wait_for_timeout(3000)
    tables = pocket.kept()["tables"]
    assert (tables["xhht.items"], tables["xhht.photos"]) == ([], [])


def until_asked(line: Line, path: str) -> None:
    for _ in range(200):
        if any(one.path.endswith(path) for one in line.asked[-5:]):
            return
        time.sleep(0.05)
    raise AssertionError(path)


def impatient(pocket: Pocket, milliseconds: int) -> None:
    """The page and the worker wait no longer than this for something to move."""
    said = "ms => { xhht.patience = ms; }"
    pocket.page.evaluate(said, milliseconds)
    for worker in pocket.context.service_workers:
        worker.evaluate(said, milliseconds)


def test_a_photo_that_does_not_get_through_lets_the_others_go_on(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident(None)
    pocket.carry(client)
    pocket.open(HOME).warm().offline()
    told = story(1)
    for number, thing in enumerate(told.things[:2], 1):
        write_one(pocket, told, thing, kept=number)
    stuck: list[str] = []

    def plan(asked: Asked) -> Cut | None:
        if asked.path.endswith("/tep") and not stuck:
            stuck.append(asked.path)
        return Cut(Fault.LATE, 6) if asked.path in stuck else None

    town.line.plan = plan
    pocket.open(OUTBOX)
    impatient(pocket, 1500)
    pocket.offline(False)
    pocket.until("xhht.items().then(all => all.some(one => one.state === 'received'))", seconds=20)
    first, second = (one.title for one in told.things[:2])
    assert (items(pocket)[first] != "received", items(pocket)[second], len(stuck)) == (True, "received", 1)
    town.line.plan = None
    calm(pocket)
    with town.database.read() as db:
        assert [title for title, *_rest in arrived(db, town, lan.id)["things"]] == [first, second]


def test_a_slow_line_is_waited_for_as_long_as_something_moves(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident(None)
    pocket.carry(client)
    pocket.open(HOME).warm().open(FORM)
    noise = io.BytesIO()
    Image.effect_noise((1200, 900), 90).convert("RGB").save(noise, "JPEG", quality=95)
    page = pocket.page
    page.locator("main [name=kind][value=course]").check(force=True)
    page.fill("main [name=title]", "Ảnh lớn")
    page.fill("main [name=learned_on]", f"{TODAY:%d/%m/%Y}")
    page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": noise.getvalue()})
    impatient(pocket, 2500)
    session = pocket.context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"downloadThroughput": 50_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 50, **speed})
    began = time.monotonic()
    with page.expect_navigation(timeout=60_000):
        page.locator("main form[data-outbox] button[type=submit]").first.click()
    session.detach()
    assert time.monotonic() - began > 3.5
    assert items(pocket) == {"Ảnh lớn": "received"}
    with town.database.read() as db:
        assert [title for title, *_rest in arrived(db, town, lan.id)["things"]] == ["Ảnh lớn"]


def test_a_gateway_that_lets_no_large_file_through_is_said(town: Town, pocket: Pocket) -> None:
    _lan, client = town.resident(None)
    pocket.carry(client)
    pocket.open(HOME).warm().offline()
    told = story(1)
    write_one(pocket, told, told.things[0], kept=1)
    page = "<!doctype html><title>413 Request Entity Too Large</title>"
    pocket.context.route("**/tep", lambda route: route.fulfill(status=413, body=page, content_type="text/html"))
    pocket.offline(False).open(OUTBOX)
    pocket.until("xhht.items().then(all => all.every(one => one.state === 'care'))", seconds=20)
    pocket.page.get_by_text("Tệp này lớn quá nên đường truyền không nhận").first.wait_for()
    with pocket.page.expect_navigation():
        pocket.page.get_by_role("link", name="Sửa").first.click()
    pocket.page.get_by_text("Tệp này lớn quá nên đường truyền không nhận").first.wait_for()


def test_a_session_ended_elsewhere_takes_the_kept_pages_and_leaves_what_waits(town: Town, pocket: Pocket) -> None:
    lan, client = town.resident("Bí mật của Lan")
    assert lan.account is not None
    pocket.carry(client)
    pocket.open(HOME).warm().offline()
    told = story(0)
    write_one(pocket, told, told.things[0], kept=1)
    with town.database.transaction() as db:
        sign_out_everywhere(db, lan.account.id)
    pocket.offline(False).open(HOME)
    assert pocket.screen == "account.sign_in"
    pocket.offline().open(HOME)
    assert (NO_NETWORK in pocket.words, pocket.kept()["caches"].get("pages", {})) == (True, {})
    tables = pocket.kept()["tables"]
    assert (len(tables["xhht.items"]), pocket.kept()["owner"] is not None) == (1, True)
    pocket.offline(False)
    assert lan.login is not None
    enter(pocket, lan.login)
    calm(pocket)


def test_another_version_takes_over_at_the_next_visit(town: Town, pocket: Pocket) -> None:
    """The old style goes, the new one is there; a page kept before still finds its style by its old name."""
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm()
    old = {path.split("/")[-1]: path for path in pocket.kept()["caches"]["static"]}
    try:
        town.line.other_version()
        pocket.reopen().open("/tro-giup")
        until = 100
        while (names := pocket.kept()["caches"]["static"].keys()) & {old["app.css"], old["phone.bundle.js"]} and until:
            pocket.page.wait_for_timeout(100)
            until -= 1
        new = {path.split("/")[-1]: path for path in names}
        assert new.keys() == old.keys()
        assert {name for name in new if new[name] != old[name]} == {"app.css", "phone.bundle.js"}
        pocket.context.new_cdp_session(pocket.page).send("Network.clearBrowserCache")
        pocket.offline().reopen().open(LIST)
        assert pocket.page.locator("link[rel=stylesheet]").get_attribute("href") == old["app.css"]
        assert (
            pocket.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--other').trim()") == "1"
        )
        assert NO_NETWORK in pocket.words
    finally:
        pocket.offline(False)
        town.line.crash()
        town.line.again()


def test_another_language_comes_to_what_is_kept_and_until_then_its_words_serve(town: Town, pocket: Pocket) -> None:
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm()
    pocket.open("/tai-khoan").page.click("button[name=lang][value=en]")
    english = (
        "() => caches.open('static').then(all => all.keys()).then(all => all.some(one => one.url.endsWith('/en.js')))"
    )
    pocket.until(f"({english})()")
    pocket.context.new_cdp_session(pocket.page).send("Network.clearBrowserCache")
    pocket.offline().open(FORM)
    page = pocket.page
    assert page.evaluate("() => [document.documentElement.lang, xhht.say('draft_drop')]") == ["vi", "Drop the draft"]
    page.locator("main [name=kind][value=course]").check(force=True)
    page.fill("main [name=title]", "Lớp hai thứ tiếng")
    page.fill("main [name=learned_on]", f"{TODAY:%d/%m/%Y}")
    page.evaluate("() => document.querySelector('form[data-outbox]').requestSubmit()")
    page.wait_for_url(f"**{OUTBOX}")
    pocket.until("(async () => (await xhht.items()).length === 1)()")
    pocket.offline(False).open(HOME)
    kept = 'caches.match(path).then(page => page.text()).then(text => /<html [^>]*lang="en"/.test(text))'
    for path in AHEAD:
        pocket.until(f"path => {kept}", path, seconds=30)
    pocket.offline().open(FORM)
    assert pocket.page.locator("html").get_attribute("lang") == "en"


def test_switched_off_it_takes_itself_away_and_leaves_what_waits(town: Town, pocket: Pocket) -> None:
    """By the page of a resident at once; where a page has no script, by the browser, which asks for /sw.js."""
    other = town.pocket(town.resident()[1])
    other.open(HOME).warm()
    pocket.carry(town.resident()[1])
    pocket.open(HOME).warm()
    item = "xhht.db().then(made => made.put('items', {id: '1', owner: 'x', kind: 'answer', state: 'phone'}))"
    pocket.page.evaluate(item)
    town.line.crash()
    town.line.again(XHHT_OFFLINE="0")
    try:
        pocket.reopen().open(HOME)
        other.reopen().page.goto(town.line.base + "/suc-khoe")
        for phone in (pocket, other):
            phone.until("async () => !(await navigator.serviceWorker.getRegistrations()).length")
            phone.until("async () => !(await caches.keys()).length")
        other.close()
        pocket.reopen().open(HOME)
        assert pocket.page.evaluate("navigator.serviceWorker.controller") is None
        assert [key for key, _row in pocket.kept()["tables"]["xhht.items"]] == ["1"]
        assert pocket.page.evaluate("caches.keys()") == []
    finally:
        town.line.crash()
        town.line.again(XHHT_OFFLINE="1")
    pocket.reopen().open(HOME).warm()
    assert pocket.pages() == AHEAD
