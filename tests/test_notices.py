"""What people are told: once, to whom it concerns, and out by each channel at most once."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, Ward, make_officer, make_resident, make_ward
from flask import Flask
from gateway import SECRET, Gateway, Post
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen import worker
from xhht_citizen.access.rules import Role
from xhht_citizen.audit import AuditEntry
from xhht_citizen.config import ConfigError, Settings
from xhht_citizen.database import Database
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.notices import actions, channels, outbox, queries
from xhht_citizen.notices.models import Delivery, Notice
from xhht_citizen.notices.queries import Reader
from xhht_citizen.notices.rules import NOTICES, SENDING_SECONDS, WAITS_SECONDS, stays_here
from xhht_citizen.people import queries as people_queries


def told(db: Session, person_id: Any, number: int = 1, **more: Any) -> bool:
    return actions.tell(
        db,
        "case.returned",
        once=f"return:{number}:{person_id}",
        person_id=person_id,
        path="/ho-so",
        receipt=f"19996-26-{number:05d}",
        year=2026,
        **more,
    )


@pytest.fixture
def people(database: Database) -> list[Any]:
    """Lan has a phone, and an account with an address; Bảy has neither."""
    with database.transaction() as db:
        ward = make_ward(db)
        lan, bay = make_resident(db, ward, name="Trần Thị Mẫu Lan", login="lan"), make_resident(db, ward)
        lan.person.phone = "0912345678"
        assert lan.account is not None
        lan.account.email = "lan@thu.example"
        return [lan, bay]


@pytest.fixture
def shop(database: Database, tmp_path: Any) -> Callable[..., Workshop]:
    def open_shop(**channels: Any) -> Workshop:
        settings = Settings(
            data_dir=tmp_path,
            database_url="",
            secret_key="",
            public_url="https://hoc.example",
            mail_from="bao-tin@hoc.example",
            hook_secret=SECRET,
            **channels,
        )
        return Workshop(database, None, settings)  # type: ignore[arg-type]

    return open_shop


def states(database: Database) -> list[tuple[str, str, int, str | None]]:
    with database.read() as db:
        rows = db.scalars(select(Delivery).order_by(Delivery.channel, Delivery.id))
        return [(row.channel, row.state, row.tries, row.trouble) for row in rows]


def later(database: Database, seconds: int) -> None:
    """Let that much time pass for everything in the outbox."""
    with database.transaction() as db:
        for row in db.scalars(select(Delivery)):
            row.not_before -= timedelta(seconds=seconds)
            if row.sending_at is not None:
                row.sending_at -= timedelta(seconds=seconds)


def test_the_same_thing_is_told_once(database: Database, people: list[Any]) -> None:
    with database.transaction() as db:
        assert [told(db, people[0].id), told(db, people[0].id)] == [True, False]
        with pytest.raises(KeyError):
            actions.tell(db, "no.such", once="x", person_id=people[0].id)
    with database.read() as db:
        assert queries.unread(db, Reader(None, people[0].id)) == 1
        assert queries.unread(db, Reader(None, people[1].id)) == 0
        assert queries.unread(db, Reader(None, None)) == 0


def test_both_channels_take_it_once(database: Database, people: list[Any], shop: Callable[..., Workshop]) -> None:
    gateway, post = Gateway(), Post()
    with gateway.open() as hook_url, post.open() as smtp_url:
        with database.transaction() as db:
            for resident in people:
                told(db, resident.id)
        works = shop(hook_url=hook_url, smtp_url=smtp_url)
        assert [worker.send_notices(works), worker.send_notices(works)] == [2, 0]
    assert states(database) == [("email", "sent", 1, None), ("hook", "sent", 1, None)]
    text = "Hồ sơ 19996-26-00001 năm 2026 được trả lại để bổ sung. Xin mở hồ sơ để xem chỗ cần sửa."
    [(headers, said, body)] = gateway.seen
    assert {key: said[key] for key in ("phone", "text", "link")} == {
        "phone": "0912345678",
        "text": text,
        "link": "https://hoc.example/ho-so",
    }
    assert headers["Idempotency-Key"] == said["id"]
    assert headers["X-Xhht-Signature"] == f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    [raw] = post.letters
    letter = message_from_bytes(raw)
    assert str(make_header(decode_header(letter["Subject"]))) == "Hồ sơ cần bổ sung"
    assert (letter["To"], letter["From"]) == ("lan@thu.example", "bao-tin@hoc.example")
    content = letter.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == f"{text}\n\nhttps://hoc.example/ho-so\n"


def test_what_goes_out_names_nobody_else() -> None:
    """A family shares the phone: neither subject nor sentence has a place for a name."""
    for kind, said in NOTICES.items():
        names = set(re.findall(r"%\((\w+)\)", said.subject + (said.outside or said.text)))
        assert names <= {"receipt", "year", "day", "count", "until", "number"}, kind
        assert said.outside is None or set(re.findall(r"%\((\w+)\)", said.outside)) <= set(
            re.findall(r"%\((\w+)\)", said.text)
        ), kind


def test_the_inbox_says_who_and_the_phone_does_not(
    app: Flask, browser: Browser, database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    gateway, post = Gateway(), Post()
    values = {"name": "Lê Thị Mẫu Mẫn", "day": "31/12/2026"}
    with gateway.open() as hook_url, post.open() as smtp_url:
        with database.transaction() as db:
            actions.tell(db, "helper.named", once="named", person_id=people[0].id, **values)
        assert worker.send_notices(shop(hook_url=hook_url, smtp_url=smtp_url)) == 2
    text = "Có người được ghi là làm thay ông/bà đến hết ngày 31/12/2026. Nếu không đúng, xin cho thôi ngay."
    assert [said["text"] for _headers, said, _body in gateway.seen] == [text]
    content = message_from_bytes(post.letters[0]).get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().strip() == text
    assert "Lê Thị Mẫu Mẫn được ghi là người làm thay" in sign_in(browser).get("/thong-bao").words()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("128.0.0.1", False),
        ("fe80::1", False),
        ("mail.hoc.example", False),
        ("localhost.hoc.example", False),
        ("127.0.0.1.hoc.example", False),
    ],
)
def test_only_this_machine_is_spoken_to_in_clear(host: str, here: bool) -> None:
    assert stays_here(host) is here


def test_a_mail_server_elsewhere_without_tls_gets_nothing_and_is_tried_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop], monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    with post.open() as smtp_url:
        monkeypatch.setattr(channels, "stays_here", lambda host: False)  # as if the local server were another machine
        with database.transaction() as db:
            told(db, people[0].id)
        assert worker.send_notices(shop(smtp_url=smtp_url.replace("//", "//lan:mat-khau@"))) == 1
    assert states(database) == [("email", "waiting", 1, "no TLS")]
    assert post.letters == []


def test_without_channels_nothing_waits(database: Database, people: list[Any], shop: Callable[..., Workshop]) -> None:
    with database.transaction() as db:
        told(db, people[0].id)
    assert worker.send_notices(shop()) == 0
    assert states(database) == []


def test_a_refusal_is_tried_again_with_growing_waits_and_then_given_up(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    gateway = Gateway()
    gateway.answers = [500] * (len(WAITS_SECONDS) + 1)
    with gateway.open() as hook_url:
        with database.transaction() as db:
            told(db, people[0].id)
        works = shop(hook_url=hook_url)
        for number, seconds in enumerate(WAITS_SECONDS, 1):
            assert worker.send_notices(works) == 1
            assert states(database) == [("hook", "waiting", number, "HTTP 500")]
            later(database, seconds - 5)
            assert worker.send_notices(works) == 0
            later(database, 5)
        assert worker.send_notices(works) == 1
        assert states(database) == [("hook", "failed", len(WAITS_SECONDS) + 1, "HTTP 500")]
        later(database, 10**6)
        assert worker.send_notices(works) == 0
    assert len({said["id"] for _, said, _ in gateway.seen}) == 1


def test_a_line_that_breaks_after_the_letter_is_never_tried_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    gateway, post = Gateway(), Post()
    gateway.answers, post.data = [None], "cut"
    with gateway.open() as hook_url, post.open() as smtp_url:
        with database.transaction() as db:
            told(db, people[0].id)
        works = shop(hook_url=hook_url, smtp_url=smtp_url)
        assert worker.send_notices(works) == 2
        later(database, 10**6)
        assert worker.send_notices(works) == 0
    assert [(channel, state, tries) for channel, state, tries, _ in states(database)] == [
        ("email", "unsure", 1),
        ("hook", "unsure", 1),
    ]


@pytest.mark.parametrize(
    ("rcpt", "data", "trouble"),
    [("450 later", "250 ok", "SMTP [450]"), ("250 ok", "451 later", "SMTP 451")],
)
def test_a_mail_server_that_says_no_is_asked_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop], rcpt: str, data: str, trouble: str
) -> None:
    post = Post()
    post.rcpt, post.data = rcpt, data
    with post.open() as smtp_url:
        with database.transaction() as db:
            told(db, people[0].id)
        works = shop(smtp_url=smtp_url)
        assert worker.send_notices(works) == 1
        assert states(database) == [("email", "waiting", 1, trouble)]
        post.rcpt = post.data = "250 ok"
        later(database, WAITS_SECONDS[0])
        assert worker.send_notices(works) == 1
    assert states(database) == [("email", "sent", 2, None)]
    assert len(post.letters) == 1


@pytest.mark.parametrize(
    ("rcpt", "data", "trouble"),
    [("550 nobody", "250 ok", "SMTP [550]"), ("250 ok", "554 not this", "SMTP 554")],
)
def test_a_mail_server_that_says_no_for_good_is_not_asked_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop], rcpt: str, data: str, trouble: str
) -> None:
    post = Post()
    post.rcpt, post.data = rcpt, data
    with post.open() as smtp_url:
        with database.transaction() as db:
            told(db, people[0].id)
        works = shop(smtp_url=smtp_url)
        assert worker.send_notices(works) == 1
        post.rcpt = post.data = "250 ok"
        later(database, 10**6)
        assert worker.send_notices(works) == 0
    assert states(database) == [("email", "failed", 1, trouble)]
    assert post.letters == []


def test_a_sender_the_mail_server_does_not_know_is_ours_to_mend(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    post = Post()
    post.sender = "550 who are you"
    with post.open() as smtp_url:
        with database.transaction() as db:
            told(db, people[0].id)
        assert worker.send_notices(shop(smtp_url=smtp_url)) == 1
    assert states(database) == [("email", "waiting", 1, "SMTP 550")]


def test_an_address_the_mail_server_cannot_write_is_not_asked_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    with database.transaction() as db:
        told(db, people[0].id)
        people[0].account.email = "làn@thu.example"
        db.merge(people[0].account)
    with Post().open() as smtp_url:
        assert worker.send_notices(shop(smtp_url=smtp_url)) == 1
    assert states(database) == [("email", "failed", 1, "SMTPNotSupportedError")]


@pytest.mark.parametrize("address", ["b.:@[.vn", "_~@[á.vn", "(@):&.vn", "(+@[.vn"])
def test_an_address_the_library_trips_over_holds_up_nobody(
    database: Database, people: list[Any], shop: Callable[..., Workshop], address: str
) -> None:
    """As they were taken before they were looked at more closely; the others in the same hand go out."""
    with database.transaction() as db:
        people[0].account.email = address
        db.merge(people[0].account)
        ward = make_ward(db, "20014", "Phường Kim Trà")
        others = [make_resident(db, ward, login=f"nguoi{number}") for number in range(3)]
        for one in others:
            assert one.account is not None
            one.account.email = "nguoi@thu.example"
        for one in (people[0], *others):
            told(db, one.id)
    post = Post()
    with post.open() as smtp_url:
        assert worker.send_notices(shop(smtp_url=smtp_url)) == 4
    assert sorted(state for _, state, _, _ in states(database)) == ["failed", "sent", "sent", "sent"]
    assert len(post.letters) == 3


def test_what_breaks_off_leaves_the_others_waiting(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    """A mistake of ours in one letter: nobody knows of that one, the rest of the hand is as if never taken."""
    with database.transaction() as db:
        for number in (1, 2, 3):
            told(db, people[0].id, number)
    works = shop(hook_url="http://127.0.0.1:99999/")  # no such port: the settings would have refused it
    with pytest.raises(ValueError, match="Port"):
        worker.send_notices(works)
    assert sorted((state, tries) for _, state, tries, _ in states(database)) == [
        ("sending", 1), ("waiting", 0), ("waiting", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (302, "waiting"),
        (400, "failed"),
        (401, "waiting"),  # ours to mend: a key, an address
        (403, "waiting"),
        (404, "waiting"),
        (409, "failed"),
        (408, "waiting"),
        (425, "waiting"),
        (429, "waiting"),
        (500, "waiting"),
        (503, "waiting"),
    ],
)
def test_a_gateway_says_no_for_good_or_for_now(
    database: Database, people: list[Any], shop: Callable[..., Workshop], status: int, state: str
) -> None:
    gateway = Gateway()
    gateway.answers = [status]
    with gateway.open() as hook_url:
        with database.transaction() as db:
            told(db, people[0].id)
        works = shop(hook_url=hook_url)
        assert worker.send_notices(works) == 1
        assert states(database) == [("hook", state, 1, f"HTTP {status}")]
        later(database, WAITS_SECONDS[0])
        assert worker.send_notices(works) == (state == "waiting")
    assert [one for _, one, _, _ in states(database)] == ["sent" if state == "waiting" else "failed"]


def test_a_server_that_is_not_there_is_asked_again(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    with database.transaction() as db:
        told(db, people[0].id)
    works = shop(hook_url="http://127.0.0.1:9/", smtp_url="smtp://127.0.0.1:9")
    assert worker.send_notices(works) == 2
    assert [(state, tries) for _, state, tries, _ in states(database)] == [("waiting", 1), ("waiting", 1)]


def test_what_a_dead_worker_had_in_its_hand_is_unsure(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    gateway = Gateway()
    with gateway.open() as hook_url:
        with database.transaction() as db:
            told(db, people[0].id)
        outbox.spread(database, ["hook"])
        assert len(outbox.begin(database, ["hook"])) == 1  # and dies
        works = shop(hook_url=hook_url)
        assert worker.send_notices(works) == 0
        later(database, SENDING_SECONDS + 1)
        assert worker.send_notices(works) == 0
    assert [state for _, state, _, _ in states(database)] == ["unsure"]
    assert gateway.seen == []


def test_an_address_that_is_gone_gets_nothing(
    database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    with database.transaction() as db:
        told(db, people[0].id)
    outbox.spread(database, ["hook"])
    with database.transaction() as db:
        people[0].person.phone = None
        db.merge(people[0].person)
    assert worker.send_notices(shop(hook_url="http://127.0.0.1:9/")) == 0
    assert states(database) == [("hook", "failed", 0, outbox.GONE)]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"XHHT_SMTP_URL": "smtp://u:bi-mat@host"}, "XHHT_MAIL_FROM"),
        ({"XHHT_SMTP_URL": "http://u:bi-mat@host", "XHHT_MAIL_FROM": "a@b"}, "XHHT_SMTP_URL"),
        ({"XHHT_HOOK_URL": "https://bi-mat.example/x"}, "XHHT_HOOK_SECRET"),
        ({"XHHT_HOOK_URL": "bi-mat"}, "XHHT_HOOK_URL"),
        ({"XHHT_HOOK_URL": "http://bi-mat.example/x", "XHHT_HOOK_SECRET": "k" * 16}, "https"),
    ],
)
def test_settings_that_do_not_fit_are_named_and_not_repeated(env: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env({"XHHT_SECRET_KEY": "k" * 40, **env})
    assert said in str(error.value)
    assert "bi-mat" not in str(error.value)


def test_settings_shown_hold_no_secret() -> None:
    settings = Settings.from_env(
        {
            "XHHT_SECRET_KEY": "bi-mat-" * 6,
            "XHHT_DATABASE_URL": "postgresql://a:bi-mat@h/d",
            "XHHT_SMTP_URL": "smtps://a:bi-mat@h",
            "XHHT_MAIL_FROM": "a@b.example",
            "XHHT_HOOK_URL": "https://h/bi-mat",
            "XHHT_HOOK_SECRET": "bi-mat-" * 3,
        }
    )
    assert "bi-mat" not in repr(settings)


def make_town(db: Session) -> tuple[Ward, Any, Any]:
    ward = make_ward(db)
    return ward, make_resident(db, ward, login="lan"), make_resident(db, ward, login="bay")


def sign_in(browser: Browser) -> Browser:
    return browser.get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})


def test_an_inbox_is_its_readers_only(app: Flask, browser: Browser, database: Database) -> None:
    with database.transaction() as db:
        _, lan, bay = make_town(db)
        for number in range(1, 4):
            told(db, lan.id, number)
        told(db, bay.id)
    sign_in(browser).get("/thong-bao")
    assert browser.words().count("Hồ sơ 19996-26-") == 3
    with database.read() as db:
        [other] = db.scalars(select(Notice.id).where(Notice.person_id == bay.id))
        newest = db.scalars(select(Notice.id).where(Notice.person_id == lan.id).order_by(Notice.id.desc())).first()
    assert browser.post(f"/thong-bao/{other}").status == 403
    assert browser.post(f"/thong-bao/{newest}").path == "/ho-so"
    with database.read() as db:
        assert queries.unread(db, Reader(None, lan.id)) == 2
        assert queries.unread(db, Reader(None, bay.id)) == 1


def test_reading_all_leaves_what_came_after_the_page(app: Flask, browser: Browser, database: Database) -> None:
    with database.transaction() as db:
        _, lan, _ = make_town(db)
        told(db, lan.id, 1)
    sign_in(browser).get("/thong-bao")
    with database.transaction() as db:
        told(db, lan.id, 2)
    browser.submit(button="Đánh dấu tất cả là đã đọc")
    with database.read() as db:
        unread = db.scalars(select(Notice.once).where(Notice.read_at.is_(None)))
        assert unread.all() == [f"return:2:{lan.id}"]


@pytest.mark.parametrize(
    "address",
    [
        "lan",
        "lan@thu",
        "lan thu@x.vn",
        "lan@thu.vn\r\nBcc: a@b.vn",
        f"{'a' * 250}@x.vn",
        "lan@[thu.vn",
        "lan(nhà)@x.vn",
    ],
)
def test_what_is_no_address_is_refused_beside_its_field(
    app: Flask, browser: Browser, database: Database, address: str
) -> None:
    with database.transaction() as db:
        make_town(db)
    sign_in(browser).get("/tai-khoan/thu-dien-tu").submit(fields={"email": address})
    assert (browser.status, "Địa chỉ thư điện tử chưa đúng, ví dụ lan@thu.vn." in browser.text) == (422, True)


def test_an_address_is_given_and_taken_off(app: Flask, browser: Browser, database: Database) -> None:
    with database.transaction() as db:
        _, lan, _ = make_town(db)
    sign_in(browser)
    for given, kept in ((" lan@thu.vn ", "lan@thu.vn"), ("", None)):
        browser.get("/tai-khoan/thu-dien-tu").submit(fields={"email": given})
        with database.read() as db:
            assert (browser.path, people_queries.email_of(db, lan.account.id)) == ("/tai-khoan", kept)
    with database.read() as db:
        said = db.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "account.email").order_by(AuditEntry.seq)
        )
        assert said.all() == ['{"given":true}', '{"given":false}']


def test_an_administrator_sees_how_the_outbox_stands(
    app: Flask, browser: Browser, database: Database, people: list[Any], shop: Callable[..., Workshop]
) -> None:
    with database.transaction() as db:
        told(db, people[0].id)
        make_officer(db, people[0].ward, Role.ADMIN, "quan-tri")
    worker.send_notices(shop(hook_url="http://127.0.0.1:9/"))
    browser.get("/dang-nhap").submit(fields={"login": "quan-tri", "password": PASSWORD})
    browser.get("/quan-tri/tin-bao")
    assert (browser.status, browser.text.count("ConnectionRefusedError")) == (200, 1)
    assert "0912345678" not in browser.text


@contextmanager
def selects(engine: Any) -> Iterator[list[str]]:
    """The SELECTs of the block."""
    seen: list[str] = []

    def note(*given: Any) -> None:
        if given[2].startswith("SELECT"):
            seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_inbox_costs_the_same_for_one_and_for_thirty(app: Flask, browser: Browser, database: Database) -> None:
    with database.transaction() as db:
        _, lan, _ = make_town(db)
        told(db, lan.id, 1)
    sign_in(browser)
    engine = app.extensions["xhht_database"].engine
    costs = []
    for last in (1, 60):
        with database.transaction() as db:
            for number in range(2, last + 1):
                told(db, lan.id, number)
        with selects(engine) as seen:
            browser.get("/thong-bao")
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert browser.text.count("Mở xem") == 50
    [following] = re.findall(r'href="(/thong-bao[?]sau=[^"]+)"', browser.text)
    assert browser.get(following).text.count("Mở xem") == 10
