"""All measurements, or one alone: `python -m benchmarks [--postgresql URL] [--country|--decision|--phone|--roster]`."""

from __future__ import annotations

import argparse
import io
import itertools
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

from flask import Flask
from PIL import Image

from benchmarks.certificates import decision_of_many
from benchmarks.country import country_page, touch
from benchmarks.floor import bare_app
from benchmarks.phone import phone_pages
from benchmarks.roster import roster_import
from benchmarks.timing import compare, rate
from tests import factories
from tests.browser import Browser
from xhht_citizen import schema
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Facts, score
from xhht_citizen.database import Database

ROWS = 50


def scores() -> None:
    """The arithmetic alone, beside the plainest possible one: a sum and a minimum."""
    criteria = catalogue.get("citizen-324-residents")
    points = {line.code: 8 for line in criteria.lines}
    facts = Facts(points=points)
    ours = rate(lambda: score(criteria, facts))
    floor = rate(lambda: sum(points.values()) >= 80 and min(points.values()) >= 5)
    print(f"score, explained line by line     {ours:>10,.0f} a second   sum and minimum alone {floor:,.0f}")


def _ward(database: Database) -> tuple[factories.Ward, uuid.UUID]:
    with database.transaction() as db:
        ward = factories.make_ward(db, communities=1, community_step=False)
        factories.make_officer(db, ward, "ward_reviewer", "nguoi-xet")
        for _ in range(ROWS):
            factories.make_application(db, factories.make_resident(db, ward), "submitted")
        writer = factories.make_resident(db, ward, login="nguoi-ghi")
        return ward, writer.person.id


def _signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app)
    browser.get("/dang-nhap").submit(fields={"login": login, "password": factories.PASSWORD})
    return browser


def queue_page(app: Flask, bare: Flask) -> None:
    """The reviewer's queue of 50 cases: signed in, permitted, translated, with counts and filters."""
    ours, floor = _signed_in(app, "nguoi-xet").client, bare.test_client()
    page = ours.get("/xet-duyet")
    assert page.status_code == 200
    assert page.text.count("<tr>") > ROWS
    both = compare(lambda: ours.get("/xet-duyet"), lambda: floor.get("/queue"))
    print(
        f"queue page of {ROWS} rows            {both.ours * 1000:>7.2f} ms      bare Flask, one SELECT "
        f"{both.floor * 1000:.2f} ms      ratio {both.ratio:.2f} (aim 0.40)"
    )


def evidence_submission(app: Flask, bare: Flask) -> None:
    """One thing learned: signed in, CSRF checked, idempotent, tagged, audited in the ward's hash chain."""
    browser = _signed_in(app, "nguoi-ghi")
    browser.get("/minh-chung/moi")
    form = next(form for form in browser.forms() if "title" in form.names)
    numbers = itertools.count()
    fields = dict(form.fields.items())
    # One cookie for all: a person opens a page after each sending, which takes its "Đã lưu" out of the session again.
    cookie = {"Cookie": f"xhht={browser.client.get_cookie('xhht').value}"}  # type: ignore[union-attr]
    sending = app.test_client(use_cookies=False)

    def ours() -> None:
        fields.update(
            id=str(factories.new_id()), kind="reading", title=f"Sách số {next(numbers)}", note="Đã đọc xong.",
            learned_on=f"{factories.TODAY:%d/%m/%Y}", indicators="1.1",
        )  # fmt: skip
        assert sending.post("/minh-chung/moi", data=fields, headers=cookie).status_code == 303

    client = bare.test_client()
    both = compare(
        ours,
        lambda: client.post("/evidence", data={"title": f"Sách số {next(numbers)}", "note": "Đã đọc xong."}),
    )
    print(
        f"evidence submission               {both.ours * 1000:>7.2f} ms      bare insert and commit "
        f"{both.floor * 1000:.2f} ms      ratio {both.ratio:.2f} (aim 0.40)"
    )


def weights(app: Flask) -> None:
    """Compressed bytes a phone fetches: the first visit with style and mark, then one more page."""
    browser = Browser(app)
    accept = {"Accept-Encoding": "br"}

    def size(path: str) -> int:
        answer = browser.client.get(path, headers=accept)
        assert answer.status_code == 200, (path, answer.status_code)
        return len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers)

    with app.test_request_context():
        asset = app.jinja_env.globals["asset"]
        files = [asset(name) for name in ("app.css", "mark.svg")]  # type: ignore[operator]
    print(f"first visit, front door           {(size('/') + sum(map(size, files))) / 1000:>7.1f} kB   (aim 60)")
    print(f"next page, sign-up                {size('/dang-ky') / 1000:>7.1f} kB   (aim 10)")
    browser.get("/dang-nhap").submit(fields={"login": "nguoi-ghi", "password": factories.PASSWORD})
    for name, path in (
        ("my year", "/nam-nay"), ("new evidence", "/minh-chung/moi"), ("score", "/diem"), ("indicator", "/diem/1.1"),
    ):  # fmt: skip
        print(f"next page, {name:<22} {size(path) / 1000:>7.1f} kB   (aim 10)")
    browser.get("/dang-nhap")


def photo() -> None:
    """A 12-megapixel photo cleaned for the store, beside decoding it once."""
    from xhht_citizen.evidence.files import clean

    picture = Image.effect_noise((4000, 3000), 40).convert("RGB")
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=85)
    both = compare(
        lambda: clean(data.getvalue(), "anh.jpg"),
        lambda: Image.open(io.BytesIO(data.getvalue())).load(),
        rounds=3,
        calls=1,
    )
    print(
        f"12 MP photo, cleaned              {both.ours * 1000:>7.0f} ms      decoded once {both.floor * 1000:.0f} ms"
        f"      ratio {both.ratio:.2f}"
    )


def main() -> None:
    """Run them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--postgresql", metavar="URL", help="measure on this empty database instead of SQLite")
    parser.add_argument("--decision", action="store_true", help="a decision of 3,000 titles, and nothing else")
    parser.add_argument("--country", action="store_true", help="the page of the country's ratios, and nothing else")
    parser.add_argument("--phone", action="store_true", help="a resident's phone on slow 4G, and nothing else")
    parser.add_argument("--roster", action="store_true", help="a list of 30,000 residents, and nothing else")
    asked = parser.parse_args()
    url = asked.postgresql
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.phone:
            phone_pages(folder)
            return
        url = url or f"sqlite:///{folder / 'ward.sqlite3'}"
        database = Database(url)
        stack.callback(database.dispose)
        schema.upgrade(database)
        if asked.decision:
            decision_of_many(url, folder)
            return
        if asked.country:
            country_page(url, folder)
            return
        if asked.roster:
            roster_import(folder, asked.postgresql)
            return
        ward, person_id = _ward(database)
        app = factories.make_app(url, folder)
        app.testing = False
        bare = bare_app(database, ward.code, person_id)
        print(f"on {database.engine.dialect.name}; ratio = floor / ours, 1.00 would be as fast as bare")
        scores()
        queue_page(app, bare)
        weights(app)
        evidence_submission(app, bare)
        photo()
        touch(database, ward)
        decision_of_many(url, folder)
        roster_import(folder, asked.postgresql)
        if not asked.postgresql:  # which is not empty any more
            country = f"sqlite:///{folder / 'country.sqlite3'}"
            other = Database(country)
            stack.callback(other.dispose)
            schema.upgrade(other)
            country_page(country, folder)
        phone_pages(folder)


if __name__ == "__main__":
    main()
