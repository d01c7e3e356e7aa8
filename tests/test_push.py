"""Notices on one's own browser: agreed to there, sealed for it alone, once at most, and over with the session."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from click.testing import CliRunner
from factories import PASSWORD, Resident, make_app, make_helper, make_resident, make_ward
from flask import Flask
from pushed import CONTACT, KEY, Pushed, PushService, read
from py_vapid import Vapid02
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xhht_citizen import worker
from xhht_citizen.audit import AuditEntry
from xhht_citizen.cli import xhht
from xhht_citizen.config import ConfigError, Settings
from xhht_citizen.database import Database, now
from xhht_citizen.demo import start
from xhht_citizen.errors import Conflict, DomainError, Invalid
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices import actions, devices, outbox
from xhht_citizen.notices.keys import new_key, public_key
from xhht_citizen.notices.models import Delivery, PushSubscription
from xhht_citizen.notices.rules import MOST_DEVICES, SENDING_SECONDS, WAITS_SECONDS, is_push_service
from xhht_citizen.people import proving, sessions
from xhht_citizen.people.models import AccountSession, KeptForm

SAID = "Hồ sơ 19996-26-00001 năm 2026 được trả lại để bổ sung. Xin mở hồ sơ để xem chỗ cần sửa."


@pytest.fixture
def service() -> PushService:
    return PushService()


@pytest.fixture
def host(service: PushService) -> Iterator[str]:
    with service.open() as at:
        yield at


@pytest.fixture
def lan(database: Database) -> Resident:
    """Lan has an account; her neighbour Bảy has one as well."""
    with database.transaction() as db:
        ward = make_ward(db)
        make_resident(db, ward, login="bay")
        return make_resident(db, ward, login="lan")


@pytest.fixture
def shop(database: Database, tmp_path: Path, host: str) -> Workshop:
    settings = Settings(
        data_dir=tmp_path, database_url="", secret_key="", push_key=KEY, push_contact=CONTACT, push_hosts=(host,)
    )
    return Workshop(database, None, settings)  # type: ignore[arg-type]


def told(db: Session, person_id: Any, number: int = 1) -> None:
    values = {"receipt": f"19996-26-{number:05d}", "year": 2026}
    actions.tell(db, "case.returned", once=f"return:{number}:{person_id}", person_id=person_id, path="/ho-so", **values)


def agrees(db: Session, resident: Resident, *phones: Pushed, lang: str = "vi") -> list[AccountSession]:
    """Each of these browsers is signed in as them, and shows their notices."""
    assert resident.account is not None
    opened = [sessions.open_session(db, resident.account.id, phone.name) for phone in phones]
    for session, phone in zip(opened, phones, strict=True):
        devices.agree(db, resident.account.id, session.id, phone.given(), lang=lang, hosts=(phone.host,))
    return opened


def endpoints(database: Database) -> list[str]:
    with database.read() as db:
        return sorted(one.rpartition("/")[2] for one in db.scalars(select(PushSubscription.endpoint)))


def states(database: Database) -> list[tuple[str, int, str | None]]:
    with database.read() as db:
        return [(row.state, row.tries, row.trouble) for row in db.scalars(select(Delivery).order_by(Delivery.id))]


def later(database: Database, seconds: int) -> None:
    with database.transaction() as db:
        for row in db.scalars(select(Delivery)):
            row.not_before -= timedelta(seconds=seconds)
            if row.sending_at is not None:
                row.sending_at -= timedelta(seconds=seconds)


def test_what_is_pushed_reads_right_and_is_signed(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    phone = Pushed("lan", host)
    with database.transaction() as db:
        agrees(db, lan, phone)
        told(db, lan.id)
    assert [worker.send_notices(shop), worker.send_notices(shop)] == [1, 0]
    assert states(database) == [("sent", 1, None)]
    [(path, headers, body)] = service.seen
    with database.read() as db:
        number, notice = map(str, db.execute(select(Delivery.id, Delivery.notice_id)).one())
    assert phone.opens(body) == {
        "title": "Hồ sơ cần bổ sung",
        "body": SAID,
        "path": "/ho-so",
        "id": number,
        "notice": notice,
        "lang": "vi",
        "tag": "case-returned",
    }
    wanted = {"TTL": "259200", "Urgency": "normal", "Topic": "case-returned", "Content-Encoding": "aes128gcm"}
    assert (path, {name: headers[name] for name in wanted}) == ("/lan", wanted)
    assert Vapid02.verify(headers["Authorization"]) is True
    parts = dict(part.split("=", 1) for part in headers["Authorization"].removeprefix("vapid ").split(","))
    claims = json.loads(read(parts["t"].split(".")[1]))
    assert parts["k"] == public_key(KEY)
    assert (claims["aud"], claims["sub"]) == (f"http://{host}", CONTACT)
    assert 0 < claims["exp"] - time.time() <= 24 * 3600
    assert SAID.encode() not in body


def test_a_browser_read_in_english_is_told_in_english(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    phone = Pushed("lan", host)
    with database.transaction() as db:
        agrees(db, lan, phone, lang="en")
        told(db, lan.id)
    worker.send_notices(shop)
    said = phone.opens(service.seen[0][2])
    assert (said["title"], said["lang"]) == ("The application needs more", "en")


def test_a_third_person_is_named_in_the_inbox_only(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    phone = Pushed("lan", host)
    with database.transaction() as db:
        agrees(db, lan, phone)
        actions.tell(db, "helper.named", once="n", person_id=lan.id, name="Lê Thị Mẫu Mẫn", day="31/12/2026")
    worker.send_notices(shop)
    assert phone.opens(service.seen[0][2])["body"] == (
        "Có người được ghi là làm thay ông/bà đến hết ngày 31/12/2026. Nếu không đúng, xin cho thôi ngay."
    )


def test_every_own_browser_and_no_other(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    """Not the neighbour's, who acts for Lan; not one that went out, nor one whose session has run out."""
    with database.transaction() as db:
        bay = make_resident(db, lan.ward, login="chau")
        make_helper(db, lan, bay.account)
        agrees(db, bay, Pushed("neighbour", host))
        _one, _two, old = agrees(db, lan, *(Pushed(name, host) for name in ("one", "two", "old")))
        old.started_at = now() - timedelta(days=31)
        told(db, lan.id)
    assert worker.send_notices(shop) == 1
    assert service.paths() == ["/one", "/two"]


def test_nothing_waits_for_who_has_no_browser(database: Database, lan: Resident, shop: Workshop) -> None:
    with database.transaction() as db:
        told(db, lan.id)
    assert (worker.send_notices(shop), states(database)) == (0, [])


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_its_service_knows_no_more_is_forgotten(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop, status: int
) -> None:
    service.answers["/gone"] = [status]
    with database.transaction() as db:
        agrees(db, lan, Pushed("gone", host), Pushed("here", host))
        told(db, lan.id)
    assert worker.send_notices(shop) == 1
    assert (endpoints(database), states(database)) == (["here"], [("sent", 1, f"HTTP {status}")])


def test_alone_and_gone_it_has_failed(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    service.answers["/gone"] = [410]
    with database.transaction() as db:
        agrees(db, lan, Pushed("gone", host))
        told(db, lan.id)
    worker.send_notices(shop)
    later(database, 10**6)
    assert worker.send_notices(shop) == 0
    assert (endpoints(database), states(database)) == ([], [("failed", 1, "HTTP 410")])


@pytest.mark.parametrize("status", [429, 500, 503, 302])
def test_only_the_browser_that_was_refused_for_now_is_tried_again(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop, status: int
) -> None:
    service.answers["/busy"] = [status, status]
    with database.transaction() as db:
        agrees(db, lan, Pushed("busy", host), Pushed("calm", host))
        told(db, lan.id)
    assert worker.send_notices(shop) == 1
    assert states(database) == [("waiting", 1, f"HTTP {status}")]
    assert worker.send_notices(shop) == 0
    later(database, WAITS_SECONDS[0])
    assert worker.send_notices(shop) == 1
    assert states(database) == [("waiting", 2, f"HTTP {status}")]
    later(database, WAITS_SECONDS[1])
    assert worker.send_notices(shop) == 1
    assert states(database) == [("sent", 3, None)]
    assert service.paths() == ["/busy", "/busy", "/busy", "/calm"]


def test_refused_too_often_it_is_given_up(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    service.answers["/busy"] = [503] * 9
    with database.transaction() as db:
        agrees(db, lan, Pushed("busy", host))
        told(db, lan.id)
    for seconds in (*WAITS_SECONDS, 10**6, 10**6):
        worker.send_notices(shop)
        later(database, seconds)
    assert states(database) == [("failed", len(WAITS_SECONDS) + 1, "HTTP 503")]
    assert len(service.seen) == len(WAITS_SECONDS) + 1


def test_a_refusal_for_good_and_a_cut_line_are_not_tried_again(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    service.answers = {"/never": [400], "/cut": [None]}
    with database.transaction() as db:
        agrees(db, lan, Pushed("never", host), Pushed("cut", host))
        told(db, lan.id)
    assert worker.send_notices(shop) == 1
    later(database, 10**6)
    assert worker.send_notices(shop) == 0
    assert [state for state, _tries, _trouble in states(database)] == ["unsure"]
    assert (service.paths(), endpoints(database)) == (["/cut", "/never"], ["cut", "never"])


def test_a_service_that_is_not_there_is_asked_again(database: Database, lan: Resident, shop: Workshop) -> None:
    settings = replace(shop.settings, push_hosts=("127.0.0.1:9",))
    with database.transaction() as db:
        agrees(db, lan, Pushed("lan"))
        told(db, lan.id)
    assert worker.send_notices(Workshop(database, None, settings)) == 1  # type: ignore[arg-type]
    assert states(database) == [("waiting", 1, "ConnectionRefusedError")]


def test_a_service_that_is_known_no_more_is_not_spoken_to(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    with database.transaction() as db:
        agrees(db, lan, Pushed("lan", host))
        told(db, lan.id)
    settings = replace(shop.settings, push_hosts=())
    worker.send_notices(Workshop(database, None, settings))  # type: ignore[arg-type]
    assert (service.seen, states(database)) == ([], [("failed", 1, "host")])


def test_what_a_dead_worker_had_in_its_hand_is_unsure(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    """It died after the first of two browsers: neither is sent it again, nor is the second one."""
    with database.transaction() as db:
        agrees(db, lan, Pushed("one", host), Pushed("two", host))
        told(db, lan.id)

    class Killed(BaseException):
        pass

    def speak(letter: outbox.Letter) -> None:
        worker.open_channels(shop.settings)["push"](letter)
        raise Killed

    outbox.spread(database, ["push"])
    [letter] = outbox.begin(database, ["push"])
    with pytest.raises(Killed):
        outbox.send(database, letter, speak)
    assert worker.send_notices(shop) == 0
    later(database, SENDING_SECONDS + 1)
    assert worker.send_notices(shop) == 0
    assert states(database) == [("unsure", 1, outbox.DIED)]
    assert len(service.seen) == 1


def test_what_a_slow_worker_has_not_spoken_of_is_not_unsure(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    """Half of the time is over: what is left in the hand waits again, with none of its tries used up."""
    with database.transaction() as db:
        agrees(db, lan, Pushed("lan", host))
        for number in range(3):
            told(db, lan.id, number)
    outbox.spread(database, ["push"])
    letters = outbox.begin(database, ["push"])
    outbox.put_back(database, letters[1:])
    assert states(database) == [("sending", 1, None), ("waiting", 0, None), ("waiting", 0, None)]
    later(database, SENDING_SECONDS + 1)
    assert worker.send_notices(shop, sending_seconds=0) == 2  # one in each hand
    assert states(database) == [("unsure", 1, outbox.DIED), ("sent", 1, None), ("sent", 1, None)]
    assert service.paths() == ["/lan"] * 2
    outbox.put_back(database, letters)  # what is over stays so
    assert [state for state, _tries, _trouble in states(database)] == ["unsure", "sent", "sent"]


def test_one_that_goes_out_between_two_tries_gets_nothing(
    database: Database, lan: Resident, service: PushService, host: str, shop: Workshop
) -> None:
    service.answers["/lan"] = [503]
    with database.transaction() as db:
        [session] = agrees(db, lan, Pushed("lan", host))
        told(db, lan.id)
    worker.send_notices(shop)
    with database.transaction() as db:
        sessions.sign_out(db, session.id)
    later(database, WAITS_SECONDS[0])
    assert worker.send_notices(shop) == 0
    assert (len(service.seen), [state for state, *_ in states(database)]) == (1, ["failed"])


def _sign_out(database: Database, lan: Resident, session: AccountSession) -> None:
    with database.transaction() as db:
        sessions.sign_out(db, session.id)


def _everywhere(database: Database, lan: Resident, session: AccountSession) -> None:
    with database.transaction() as db:
        sessions.sign_out_everywhere(db, session.account_id)


def _close(database: Database, lan: Resident, session: AccountSession) -> None:
    with database.transaction() as db:
        sessions.close_account(db, session.account_id, by=None)


def _password(database: Database, lan: Resident, session: AccountSession) -> None:
    sessions.change_password(database, session.account_id, old=PASSWORD, new="hoa-sen-moi-2026", keep=None)


def _reset(database: Database, lan: Resident, session: AccountSession) -> None:
    sessions.reset_password(database, session.account_id, by=None)


def _slip(database: Database, lan: Resident, session: AccountSession) -> None:
    with database.transaction() as db:
        account = db.merge(lan.account)
        assert account is not None
        proving.set_password(db, account, "hash", act="account.password")


@pytest.mark.parametrize("way", [_sign_out, _everywhere, _close, _password, _reset, _slip])
def test_the_end_of_the_session_is_the_end_of_it(
    database: Database, lan: Resident, way: Callable[[Database, Resident, AccountSession], None]
) -> None:
    with database.transaction() as db:
        [session] = agrees(db, lan, Pushed("lan"))
        agrees(db, make_resident(db, lan.ward, login="muoi"), Pushed("muoi"))
    way(database, lan, session)
    assert endpoints(database) == ["muoi"]


def test_a_new_password_leaves_the_device_it_was_chosen_on(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        here, _there = agrees(db, lan, Pushed("here"), Pushed("there"))
    sessions.change_password(database, here.account_id, old=PASSWORD, new="hoa-sen-moi-2026", keep=here.id)
    assert endpoints(database) == ["here"]


def test_what_ran_out_is_removed_and_goes_with_its_session(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        _new, old, older = agrees(db, lan, Pushed("new"), Pushed("old"), Pushed("older"))
        old.started_at = older.started_at = now() - timedelta(days=31)
        db.flush()
        db.execute(delete(AccountSession).where(AccountSession.id == older.id))
    assert endpoints(database) == ["new", "old"]
    assert devices.forget_dead(database, session_days=30) == 1
    assert endpoints(database) == ["new"]


def test_what_ran_out_is_removed_in_steps(database: Database, lan: Resident) -> None:
    """Each step ends where the next one begins, whatever of it was removed."""
    names = [f"{number}" for number in range(5)]
    for dead in ([0, 1, 4], [2], []):
        with database.transaction() as db:
            db.execute(delete(PushSubscription))
            opened = agrees(db, lan, *map(Pushed, names))
            for number in dead:
                opened[number].ended_at = now()
        assert devices.forget_dead(database, session_days=30, at_once=2) == len(dead)
        assert endpoints(database) == [name for name in names if int(name) not in dead]


def test_agreeing_twice_is_once_and_the_last_one_to_agree_has_it(database: Database, lan: Resident) -> None:
    phone = Pushed("shared")
    with database.transaction() as db:
        [session] = agrees(db, lan, phone)
        devices.agree(db, session.account_id, session.id, phone.given(), lang="vi", hosts=(phone.host,))
        assert len(db.scalars(select(PushSubscription)).all()) == 1
        [other] = agrees(db, make_resident(db, lan.ward, login="muoi"), phone)
        row = db.scalars(select(PushSubscription)).one()
        assert (row.session_id, row.account_id) == (other.id, other.account_id)
    with database.read() as db:
        said = db.scalars(select(AuditEntry.detail).where(AuditEntry.action == "account.push"))
        assert said.all() == ['{"given":true}'] * 3


def test_one_device_more_than_five_ends_the_oldest(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        agrees(db, lan, *(Pushed(str(number)) for number in range(MOST_DEVICES + 1)))
    assert endpoints(database) == [str(number) for number in range(1, MOST_DEVICES + 1)]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"endpoint": "https://10.0.0.1/x"}, Invalid),
        ({"endpoint": ""}, Invalid),
        ({"p256dh": ""}, Invalid),
        ({"p256dh": "Có"}, Invalid),
        ({"p256dh": "BA" + "A" * 85}, Invalid),  # 65 bytes, no point of the curve
        ({"auth": "AAAA"}, Invalid),
        ({"auth": "*" * 22}, Invalid),
        ({}, Conflict),  # the session has ended
    ],
)
def test_what_cannot_be_sent_to_is_not_kept(
    database: Database, lan: Resident, change: dict[str, str], error: type[DomainError]
) -> None:
    phone = Pushed("lan")
    with database.transaction() as db:
        assert lan.account is not None
        session = sessions.open_session(db, lan.account.id, "")
        if not change:
            sessions.sign_out(db, session.id)
        with pytest.raises(error):
            devices.agree(
                db, lan.account.id, session.id, replace(phone.given(), **change), lang="vi", hosts=(phone.host,)
            )
    assert endpoints(database) == []


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", True),
        ("https://fcm.googleapis.com:443/wp/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", True),
        ("https://updates-autopush.push.services.mozilla.com/x", True),
        ("https://web.push.apple.com/QAbc", True),
        ("https://api.push.apple.com/3", True),
        ("https://wns2-sg2p.notify.windows.com/w/?token=BQYAAA%3d", True),
        ("https://push.hoc.example/x", True),
        ("https://127.0.0.1:9000/x", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://push.hoc.example/x", False),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com.ke.example/x", False),
        ("https://notify.windows.com/x", False),
        ("https://xnotify.windows.com/x", False),
        ("https://fcm.googleapis.com@ke.example/x", False),
        ("https://ke.example\\@fcm.googleapis.com/x", False),
        ("https://ke.example#@fcm.googleapis.com/", False),
        ("http://127.0.0.1:9001/x", False),
        ("https://127.0.0.1/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://localhost/x", False),
        ("file:///etc/passwd", False),
        ("https://fcm.googleapis.com/a b", False),
        ("https://fcm.googleapis.com/a\r\nHost: x", False),
        ("https://fcm.googleapis.com/ế", False),
        ("https://fcm.googleapis.com:99999/x", False),
        ("https://fcm.googleapis.com/" + "x" * 2000, False),
        ("https:///x", False),
        ("", False),
    ],
)
def test_only_push_services_are_spoken_to(endpoint: str, known: bool) -> None:
    assert is_push_service(endpoint, ("push.hoc.example", "127.0.0.1:9000")) is known


# What one sees and taps.


@pytest.fixture
def web(database_url: str, tmp_path: Path, database: Database) -> Iterator[Flask]:
    """The app with a key."""
    app = make_app(database_url, tmp_path)
    app.config["XHHT"] = replace(app.config["XHHT"], push_key=KEY, push_contact=CONTACT, push_hosts=("127.0.0.1:9",))
    yield app
    app.extensions["xhht_database"].dispose()


def enter(app: Flask, login: str = "lan") -> Browser:
    return Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})


def test_without_a_key_nothing_is_offered(app: Flask, lan: Resident) -> None:
    browser = enter(app)
    assert ["Báo trên máy này" in browser.get(path).text for path in ("/thong-bao", "/tai-khoan")] == [False, False]


def test_a_browser_is_switched_on_and_off(web: Flask, lan: Resident, database: Database) -> None:
    browser, phone = enter(web), Pushed("lan")
    assert f'data-push-key="{public_key(KEY)}"' in browser.get("/thong-bao").text
    assert "Máy này chưa được báo" in browser.get("/tai-khoan").words()
    assert browser.get("/thong-bao").post("/thong-bao/may", phone.fields()).path == "/thong-bao"
    assert browser.words().count("Máy này đang được báo") == 1
    assert "data-push-without" not in browser.text
    assert phone.endpoint not in browser.text
    assert "Máy này đang được báo" in browser.get("/tai-khoan").words()
    other = enter(web)  # another device of Lan's, without script, takes it off
    assert "Muốn bật, xin mở trang này trên điện thoại" in other.get("/thong-bao").words()
    other.submit(button="Thôi báo")
    assert endpoints(database) == []
    with database.read() as db:
        said = db.scalars(select(AuditEntry.detail).where(AuditEntry.action == "account.push"))
        assert said.all() == ['{"given":true}', '{"given":false}']


def test_what_is_no_push_service_is_refused_in_words(web: Flask, lan: Resident, database: Database) -> None:
    browser = enter(web).get("/thong-bao")
    browser.post("/thong-bao/may", {**Pushed("lan").fields(), "endpoint": "https://10.0.0.1/x"})
    assert (browser.status, "Trình duyệt này không nhận được tin báo." in browser.words()) == (422, True)
    assert endpoints(database) == []


def test_nobody_takes_off_anothers(web: Flask, lan: Resident, database: Database) -> None:
    enter(web).get("/thong-bao").post("/thong-bao/may", Pushed("lan").fields())
    with database.read() as db:
        [one] = db.scalars(select(PushSubscription.id))
    bay = enter(web, "bay").get("/thong-bao")
    assert "Thôi báo" not in bay.words().replace("bấm Thôi báo", "")
    bay.post(f"/thong-bao/may/{one}/thoi")
    assert endpoints(database) == ["lan"]


def renews(browser: Browser, instead: Pushed, fields: dict[str, str]) -> int:
    """What the page's script hears when it tells of another address."""
    token = browser.get("/thong-bao").forms()[0].fields["csrf_token"]
    data = {"csrf_token": token, "instead": instead.endpoint, **fields}
    return int(browser.client.post("/thong-bao/may/doi", data=data).status_code)


def test_another_address_goes_on_with_what_was_agreed(web: Flask, lan: Resident, database: Database) -> None:
    browser, old, new = enter(web), Pushed("old"), Pushed("new")
    browser.get("/thong-bao").post("/thong-bao/may", old.fields())
    assert [renews(browser, old, new.fields()) for _twice in range(2)] == [204, 204]
    assert endpoints(database) == ["new"]
    assert renews(enter(web), new, Pushed("x").fields()) == 409  # the same person elsewhere agreed to nothing
    assert renews(browser, new, {**Pushed("x").fields(), "endpoint": "https://10.0.0.1/"}) == 422
    assert endpoints(database) == ["new"]


@pytest.mark.parametrize("path", ["/thong-bao/may", "/thong-bao/may/doi"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_nothing_of_a_browser_is_put_aside(
    web: Flask, lan: Resident, database: Database, path: str, signed_in: bool
) -> None:
    """Neither when the session had ended nor when the token had aged: that is for what people type."""
    browser = enter(web).get("/thong-bao")
    token = browser.forms()[0].fields["csrf_token"] if not signed_in else "old"
    if not signed_in:
        with database.transaction() as db:
            sessions.sign_out_everywhere(db, lan.account.id)  # type: ignore[union-attr]
    data = {"csrf_token": token, "instead": "https://old.example/", **Pushed("lan").fields()}
    answer = browser.client.post(path, data=data)
    script = path.endswith("doi")
    assert (answer.status_code, answer.is_json) == (400 if signed_in else 401 if script else 303, script)
    with database.read() as db:
        assert (db.scalars(select(KeptForm.id)).all(), endpoints(database)) == ([], [])


def test_signing_out_ends_it(web: Flask, lan: Resident, database: Database) -> None:
    browser = enter(web)
    browser.get("/thong-bao").post("/thong-bao/may", Pushed("lan").fields())
    browser.get("/tai-khoan").submit(button="Thoát")
    assert endpoints(database) == []


def test_the_copy_of_ones_data_names_the_devices_and_no_address(web: Flask, lan: Resident, database: Database) -> None:
    browser = enter(web)
    browser.get("/thong-bao").post("/thong-bao/may", Pushed("lan").fields())
    kept = json.loads(browser.get("/tai-khoan/du-lieu").response.get_data(as_text=True))
    assert [sorted(one) for one in kept["push"]] == [["device", "made_at"]]


# Settings and commands.


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"XHHT_PUSH_KEY": "bi-mat", "XHHT_PUSH_CONTACT": CONTACT}, "XHHT_PUSH_KEY"),
        ({"XHHT_PUSH_KEY": "A" * 43, "XHHT_PUSH_CONTACT": CONTACT}, "XHHT_PUSH_KEY"),
        ({"XHHT_PUSH_KEY": KEY}, "XHHT_PUSH_CONTACT"),
        ({"XHHT_PUSH_KEY": KEY, "XHHT_PUSH_CONTACT": "mailto:"}, "XHHT_PUSH_CONTACT"),
        ({"XHHT_PUSH_KEY": KEY, "XHHT_PUSH_CONTACT": "hoi@hoc.example"}, "XHHT_PUSH_CONTACT"),
        ({"XHHT_PUSH_HOSTS": "https://push.hoc.example"}, "XHHT_PUSH_HOSTS"),
    ],
)
def test_settings_that_do_not_fit_are_named_and_not_repeated(env: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env({"XHHT_SECRET_KEY": "k" * 40, **env})
    assert said in str(error.value)
    assert not any(value in str(error.value) for name, value in env.items() if name == "XHHT_PUSH_KEY")


def test_what_the_command_prints_is_what_the_settings_take() -> None:
    printed = CliRunner().invoke(xhht, ["push", "keys", "--contact", "hoi@hoc.example"]).output
    env = dict(line.split("=", 1) for line in printed.splitlines())
    assert sorted(env) == ["XHHT_PUSH_CONTACT", "XHHT_PUSH_KEY"]
    hosts = {"XHHT_PUSH_HOSTS": "Push.hoc.example, 127.0.0.1:9000"}
    settings = Settings.from_env({"XHHT_SECRET_KEY": "k" * 40, **env, **hosts})
    assert (settings.push_contact, settings.push_hosts) == (CONTACT, ("push.hoc.example", "127.0.0.1:9000"))
    assert env["XHHT_PUSH_KEY"] not in repr(settings)
    assert len(read(public_key(env["XHHT_PUSH_KEY"]))) == 65
    refused = CliRunner().invoke(xhht, ["push", "keys", "--contact", "hoi"])
    assert refused.exit_code == 2


def test_the_demonstration_keeps_its_key(tmp_path: Path) -> None:
    first = start._secret(tmp_path / "push.key", new_key)
    assert start._secret(tmp_path / "push.key", new_key) == first
    assert len(read(first)) == 32
    assert (tmp_path / "push.key").stat().st_mode & 0o777 == 0o600
