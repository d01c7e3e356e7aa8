"""Notices on a phone in a real Chromium: offered, agreed to by a tap, shown by the service worker, over with the owner.

Chromium's own push service is another host's, so the page is given one of the test's own: what the browser would get
from there (an address and two keys) is stood in for, everything before and after it is real.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from factories import PASSWORD, Resident, make_resident, make_ward
from phone import Phone, chromium
from playwright.sync_api import Browser, CDPSession
from pushed import CONTACT, KEY, Pushed, PushService
from serving import serving
from sqlalchemy import select

from xhht_citizen import worker
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices import actions
from xhht_citizen.notices.keys import public_key
from xhht_citizen.notices.models import Notice, PushSubscription

pytestmark = pytest.mark.xdist_group("push")
# A browser's push service: it remembers across pages, as a browser does, and takes only our key.
STAND_IN = """([key, first]) => {
  const KEPT = 'stand-in';
  const written = raw => btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/[+]/g, '-').replace(/[/]/g, '_')
    .replace(/=/g, '');
  const given = kept => kept && {
    endpoint: kept.endpoint,
    toJSON: () => ({endpoint: kept.endpoint, keys: {p256dh: kept.p256dh, auth: kept.auth}}),
    unsubscribe: async () => { localStorage.removeItem(KEPT); return true; },
  };
  const kept = () => JSON.parse(localStorage.getItem(KEPT) || 'null');
  PushManager.prototype.getSubscription = async () => given(kept());
  PushManager.prototype.subscribe = async options => {
    if (!options.userVisibleOnly || written(options.applicationServerKey) !== key) throw new Error('not our key');
    if (!kept()) localStorage.setItem(KEPT, JSON.stringify(first));
    return given(kept());
  };
}"""

# Taps on notifications with these paths: which pages open. A window opens for a finger only, so none does here.
CLICKED = """async paths => {
  const opened = [];
  self.clients.matchAll = async () => [];
  self.clients.openWindow = async url => { opened.push(url); };
  for (const path of paths) {
    await self.registration.showNotification('x', {tag: 'x', data: {path}});
    const [notification] = await self.registration.getNotifications({tag: 'x'});
    const event = new NotificationEvent('notificationclick', {notification});
    const works = [];
    event.waitUntil = work => works.push(work);
    self.dispatchEvent(event);
    await Promise.all(works);
  }
  return opened;
}"""

# A tap on the notification of a notice, as soon as it stands.
TAPPED = """async notice => {
  self.clients.matchAll = async () => [];
  self.clients.openWindow = async () => {};
  let notification;
  for (let turn = 0; turn < 100 && !notification; turn++) {
    notification = (await self.registration.getNotifications()).find(one => one.data.notice === notice);
    await new Promise(done => setTimeout(done, 100));
  }
  const event = new NotificationEvent('notificationclick', {notification});
  const works = [];
  event.waitUntil = work => works.push(work);
  self.dispatchEvent(event);
  await Promise.all(works);
  return works.length;
}"""


@dataclass
class Street:
    """A server that pushes, its push service, and the browser that visits."""

    base: str
    host: str
    service: PushService
    browser: Browser
    database: Database
    lan: Resident
    bay: Resident
    shop: Workshop

    def phone(self, allowed: bool | None, pushed: Pushed) -> Phone:
        phone = Phone(self.browser, self.base, shots="push")
        if allowed is not None:
            phone.context.grant_permissions(["notifications"] if allowed else [], origin=self.base)
        given = json.dumps([public_key(KEY), pushed.fields()])
        phone.context.add_init_script(f"({STAND_IN})({given})")
        return phone

    def rows(self) -> list[str]:
        with self.database.read() as db:
            return list(db.scalars(select(PushSubscription.endpoint)))


@pytest.fixture
def street(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    with database.transaction() as db:
        ward = make_ward(db)
        lan = make_resident(db, ward, login="lan")
        bay = make_resident(db, ward, login="bay")
    service = PushService()
    with service.open() as host, chromium() as browser:
        env = {"XHHT_PUSH_KEY": KEY, "XHHT_PUSH_CONTACT": CONTACT, "XHHT_PUSH_HOSTS": host}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with serving(database_url, tmp_path, workers=1) as server:
            settings = Settings.from_env({"XHHT_SECRET_KEY": "k" * 40, **env})
            shop = Workshop(database, None, settings)  # type: ignore[arg-type]
            yield Street(f"http://127.0.0.1:{server.port}", host, service, browser, database, lan, bay, shop)


def enters(phone: Phone, login: str = "lan") -> Phone:
    phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
    phone.open("/thong-bao")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    return phone


def agrees(phone: Phone) -> Phone:
    with phone.page.expect_navigation():
        phone.page.locator("[data-push] button").click()
    return phone.settle()


def delivers(phone: Phone, cdp: CDPSession, data: str) -> list[dict[str, Any]]:
    """Hand the service worker what a push service brought it; returns the notifications that stand then."""
    seen: list[Any] = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda said: seen.extend(said["registrations"]))
    cdp.send("ServiceWorker.enable")
    phone.page.wait_for_timeout(300)
    registration = next(one["registrationId"] for one in seen if one["scopeURL"].startswith(phone.base))
    cdp.send("ServiceWorker.deliverPushMessage", {"origin": phone.base, "registrationId": registration, "data": data})
    look = """async () => {
      const registration = await navigator.serviceWorker.ready;
      for (let turn = 0; turn < 50 && !(await registration.getNotifications()).length; turn++)
        await new Promise(done => setTimeout(done, 100));
      return (await registration.getNotifications()).map(({title, body, tag, lang, data}) =>
        ({title, body, tag, lang, path: data.path}));
    }"""
    shown: list[dict[str, Any]] = phone.page.evaluate(look)
    return shown


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_step_is_shown_on_the_phone_that_agreed(street: Street) -> None:
    pushed = Pushed("lan", street.host)
    phone = enters(street.phone(True, pushed))
    assert street.rows() == []  # nothing before the tap
    agrees(phone)
    assert (street.rows(), "Máy này đang được báo" in phone.words) == ([pushed.endpoint], True)
    with street.database.transaction() as db:
        values = {"receipt": "19996-26-00001", "year": 2026}
        actions.tell(db, "case.returned", once="r", person_id=street.lan.id, path="/ho-so", **values)
    assert worker.send_notices(street.shop) == 1
    [(_path, _headers, body)] = street.service.seen
    said = pushed.opens(body)
    cdp = phone.context.new_cdp_session(phone.page)
    wanted = {name: said[name] for name in ("title", "body", "tag", "lang", "path")}
    assert delivers(phone, cdp, json.dumps(said)) == [wanted]
    [service_worker] = phone.context.service_workers
    inbox = f"{street.base}/thong-bao"
    paths = ["/ho-so", None, "https://ke.example/x", "//ke.example/x"]
    assert service_worker.evaluate(CLICKED, paths) == [f"{street.base}/ho-so", inbox, inbox, inbox]
    phone.open("/tai-khoan").tap("Thoát")
    assert street.rows() == []
    phone.page.wait_for_function("localStorage.getItem('stand-in') === null")  # the browser hears nothing any more
    phone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_notification_that_was_tapped_is_read_by_its_reader_only(street: Street) -> None:
    phone = agrees(enters(street.phone(True, Pushed("lan", street.host))))
    with street.database.transaction() as db:
        values = {"receipt": "19996-26-00001", "year": 2026}
        for whose in (street.lan, street.bay):
            actions.tell(db, "case.returned", once=f"r{whose.id}", person_id=whose.id, path="/ho-so", **values)
    worker.send_notices(street.shop)
    with street.database.read() as db:
        notices = {one.person_id: one.id for one in db.scalars(select(Notice))}
    [service_worker] = phone.context.service_workers
    read = []
    for whose in (street.bay, street.lan):
        notice = str(notices[whose.id])
        said = {"title": "x", "body": "x", "tag": notice, "lang": "vi", "notice": notice}
        delivers(phone, phone.context.new_cdp_session(phone.page), json.dumps(said))
        assert service_worker.evaluate(TAPPED, notice) == 2
        with street.database.read() as db:
            read.append(list(db.scalars(select(Notice.person_id).where(Notice.read_at.is_not(None)))))
    assert read == [[], [street.lan.id]]
    assert "1 thông báo mới" not in phone.open("/nam-nay").words
    phone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_another_address_is_told_by_the_next_page(street: Street) -> None:
    first, second = Pushed("first", street.host), Pushed("second", street.host)
    phone = agrees(enters(street.phone(True, first)))
    phone.page.evaluate("given => localStorage.setItem('stand-in', JSON.stringify(given))", second.fields())
    with phone.page.expect_response("**/thong-bao/may/doi") as told:
        phone.open("/minh-chung")
    assert (told.value.status, street.rows()) == (204, [second.endpoint])
    # Taken off from the list: the browser is told as well, by the page that says so.
    phone.open("/thong-bao").tap("Thôi báo")
    phone.page.wait_for_function("localStorage.getItem('stand-in') === null")
    assert street.rows() == []
    phone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_somebody_else_on_the_phone_ends_it(street: Street) -> None:
    """Lan's cookie is lost, not signed out; Bảy comes in on the same phone."""
    phone = agrees(enters(street.phone(True, Pushed("lan", street.host))))
    phone.context.clear_cookies()
    enters(phone, "bay")
    phone.page.wait_for_function("localStorage.getItem('stand-in') === null")
    assert "Máy này đang được báo" not in phone.words
    phone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_phone_that_blocks_says_how_to_mend_it(street: Street) -> None:
    phone = street.phone(None, Pushed("lan", street.host))
    phone.context.add_init_script("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})")
    enters(phone)
    assert "Máy đang chặn thông báo của trang này." in phone.words
    assert phone.page.locator("[data-push]").is_visible() is False
    phone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_without_script_or_the_browsers_push_it_says_what_is_needed(street: Street) -> None:
    plain = Phone(street.browser, street.base, shots="push", script=False)
    plain.open("/dang-nhap").fill(login="lan", password=PASSWORD).tap("Đăng nhập")
    old = street.phone(None, Pushed("lan", street.host))
    old.context.add_init_script("delete self.PushManager")
    for phone in (plain.open("/thong-bao"), enters(old)):
        assert "Muốn bật, xin mở trang này trên điện thoại bằng Chrome, Cốc Cốc hoặc Safari." in phone.words
        assert phone.page.locator("[data-push]").is_visible() is False
        phone.close()
