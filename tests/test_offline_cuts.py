"""Three things learned with their photos and five answers, made without a network, arrive once: whatever is cut.

Each run is one resident with a plan of its own, drawn from a seed: how they write, which requests are cut and where,
when a tab closes and when the server's power fails. XHHT_OFFLINE_RUNS says how many runs (12), XHHT_OFFLINE_SEED the
first seed (0). A run that fails prints its plan.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cutting import CODES, CRITERIA, FORM, HOME, LIST, OUTBOX, SCORE, Asked, Cut, Fault, Pocket, Town, settled
from factories import TODAY
from PIL import Image
from playwright.sync_api import Error
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from xhht_citizen.applications.models import Application, ApplicationLine
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.phones.models import Arrival

pytestmark = pytest.mark.xdist_group("offline")
RUNS, FIRST = int(os.environ.get("XHHT_OFFLINE_RUNS", "12")), int(os.environ.get("XHHT_OFFLINE_SEED", "0"))
COLOURS = ((200, 30, 30), (30, 160, 30), (40, 40, 210), (220, 200, 30), (30, 190, 200), (190, 40, 190))
POINTS = {code: [rung.points for rung in line.ladder] for code, line in CRITERIA.by_code.items()}
ITEMS = "xhht.items().then(all => all.map(one => [one.title, one.state]))"
ACTS = ("close", "close while sending", "second tab", "retry twice", "blink", "crash", "look")


@dataclass(frozen=True)
class Thing:
    """One thing learned, as it is typed."""

    title: str
    kind: str
    photos: tuple[int, ...]
    twice: bool


@dataclass(frozen=True)
class Story:
    """What happens in one run."""

    seed: int
    network: str  # while writing: "none", "none and it looks as if there were" or "bad"
    things: tuple[Thing, ...]
    answers: dict[str, int]  # the rung by the indicator
    mode: str  # "each answer dropped once", or "cuts"
    acts: tuple[str, ...]
    note: str = field(default="")


def story(seed: int) -> Story:
    draw = Random(seed)
    colours = draw.sample(range(len(COLOURS)), len(COLOURS))
    shares = [draw.choice((1, 1, 2)) for _ in range(3)]
    things = []
    for number, share in enumerate(shares):
        photos, colours = tuple(colours[:share]), colours[share:]
        kind = draw.choice(("course", "reading", "helping"))
        things.append(Thing(f"Việc học {seed}-{number}", kind, photos, draw.random() < 0.5))
    return Story(
        seed,
        draw.choice(("none", "none", "none and it looks as if there were", "bad")),
        tuple(things),
        {code: draw.randrange(3) for code in draw.sample(CODES, 5)},
        draw.choice(("each answer dropped once", "cuts", "cuts")),
        tuple(draw.choices(ACTS, weights=(3, 3, 2, 2, 2, 0.5, 2), k=draw.randint(3, 8))),
        f"Kể lại {seed}",
    )


class Weather:
    """Which request is cut, and where: the same for a seed as long as requests come in the same order."""

    def __init__(self, told: Story) -> None:
        self.draw, self.told, self.left = Random(told.seed + 1_000_000), told, 14
        self.dropped: set[str] = set()

    def __call__(self, asked: Asked) -> Cut | None:
        sending = asked.path.startswith("/hop-gui/")
        if self.told.mode == "each answer dropped once":
            # A path stands for several requests with ids of their own, so each comes through at the second time only.
            if sending and self.left and f"{asked.path}{self.left % 2}" not in self.dropped:
                self.dropped.add(f"{asked.path}{self.left % 2}")
                self.left -= 1
                return Cut(Fault.DROP)
            return None
        if not self.left or self.draw.random() > (0.45 if sending else 0.05):
            return None
        self.left -= 1
        fault = self.draw.choice(tuple(Fault))
        return Cut(
            fault, self.draw.uniform(0.05, 0.6) if fault in {Fault.SLOW, Fault.LATE} else self.draw.randrange(40_000)
        )


def picture(told: Story, colour: int) -> bytes:
    """One colour with noise on it, another one for every run: the same picture of two people would raise a question."""
    noise = Image.effect_noise((320, 240), 40).convert("RGB")
    made = Image.blend(Image.new("RGB", (320, 240), COLOURS[colour]), noise, 0.2)
    made.putpixel((told.seed % 320, told.seed // 320), (255, 255, 255))
    body = io.BytesIO()
    made.save(body, "JPEG", quality=90)
    return body.getvalue()


def nearest(body: bytes) -> int:
    """Which colour it was."""
    mean = Image.open(io.BytesIO(body)).convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(mean, tuple)
    return min(range(len(COLOURS)), key=lambda at: sum((a - b) ** 2 for a, b in zip(mean, COLOURS[at], strict=True)))


def items(pocket: Pocket) -> dict[str, str]:
    """What the phone holds: each thing's state by its title."""
    found = pocket.page.evaluate(ITEMS)
    assert len(found) == len(dict(found)), found
    return dict(found)


def write(pocket: Pocket, path: str, fill: Any, *, twice: bool, kept: int, leave: bool) -> None:
    """Fill in a form and save it; on as soon as the phone holds it, or when the page that says so is there."""
    pocket.open(path)
    fill()
    press = "(button, twice) => { button.click(); if (twice) button.click(); }"
    pocket.page.locator("main form[data-outbox] button[type=submit]").first.evaluate(press, twice)
    with suppress(Error):  # it may be on its way to another page
        pocket.until("async wanted => (await xhht.items()).length >= wanted", kept)
    if not leave:
        pocket.page.wait_for_url(f"**{OUTBOX}")


def write_one(pocket: Pocket, told: Story, thing: Thing, *, kept: int) -> None:
    """One thing learned with its photos."""
    page = pocket.page
    photos = [
        {"name": f"anh-{colour}.jpg", "mimeType": "image/jpeg", "buffer": picture(told, colour)}
        for colour in thing.photos
    ]

    def fill() -> None:
        page.locator(f"main [name=kind][value={thing.kind}]").check(force=True)
        page.fill("main [name=title]", thing.title)
        page.fill("main [name=learned_on]", f"{TODAY:%d/%m/%Y}")
        page.set_input_files("#files", photos)  # type: ignore[arg-type]

    write(pocket, FORM, fill, twice=thing.twice, kept=kept, leave=told.network == "bad")


def write_all(pocket: Pocket, told: Story) -> None:
    """All that the story has them write."""
    page, leave = pocket.page, told.network == "bad"
    for number, thing in enumerate(told.things, 1):
        write_one(pocket, told, thing, kept=number)
    for number, (code, rung) in enumerate(told.answers.items(), 4):

        def answer(rung: int = rung) -> None:
            page.locator("main [name=points]").nth(rung).check(force=True)
            page.fill("main [name=note]", told.note)

        write(pocket, f"{SCORE}/{code}", answer, twice=bool(number % 2), kept=number, leave=leave)


def storm(pocket: Pocket, town: Town, told: Story) -> None:
    """The network comes back, as badly as the story has it, and the phone is used as people use phones."""
    draw = Random(told.seed + 2_000_000)
    town.line.plan = Weather(told)
    pocket.offline(False)
    others = []
    for act in told.acts:
        with suppress(Error, AssertionError):  # a page that did not come, or went away while it was looked at
            if act in {"close", "look"}:
                if act == "close":
                    pocket.reopen()
                pocket.open(draw.choice((HOME, LIST, OUTBOX)))
            elif act == "close while sending":
                pocket.until("xhht.items().then(all => all.some(one => one.state === 'sending'))", seconds=0.8)
                pocket.reopen().open(HOME)
            elif act == "second tab":
                others.append(pocket.tab())
                others[-1].goto(town.line.base + OUTBOX, wait_until="commit")
            elif act == "retry twice":
                twice = "all => all.forEach(one => { one.click(); one.click(); })"
                pocket.open(OUTBOX).page.locator("[id^=retry-]").evaluate_all(twice)
            elif act == "blink":
                pocket.offline().page.wait_for_timeout(100)
                pocket.offline(False)
            elif act == "crash":
                town.line.crash()
                pocket.page.wait_for_timeout(100)
        if act == "crash":
            town.line.again()
        pocket.page.wait_for_timeout(draw.uniform(0, 300))
    town.line.plan = None
    for other in others[1:]:
        other.close()


def calm(pocket: Pocket) -> None:
    """A good network, and the app opened once more: everything goes."""
    until = time.monotonic() + 60
    pocket.reopen().open(OUTBOX)
    while set(items(pocket).values()) != {"received"}:
        assert time.monotonic() < until, items(pocket)
        with suppress(Error, AssertionError):
            pocket.until("xhht.items().then(all => all.every(one => one.state === 'received'))", seconds=8)
            continue
        pocket.reopen().open(OUTBOX)


def arrived(db: Session, town: Town, person_id: Any) -> dict[str, Any]:
    """What the database holds of this person."""
    rows = db.scalars(
        select(Evidence).where(Evidence.person_id == person_id).options(selectinload(Evidence.files))
    ).all()
    lines = db.scalars(
        select(ApplicationLine)
        .join(Application, Application.id == ApplicationLine.application_id)
        .where(Application.person_id == person_id, ApplicationLine.claimed_points.is_not(None))
    ).all()
    counted = (
        select(Arrival.kind, func.count().label("number")).where(Arrival.person_id == person_id).group_by(Arrival.kind)
    )
    return {
        "things": sorted(
            (
                row.title,
                row.kind,
                sorted((file.original_name, nearest(town.content(file.storage_key))) for file in row.files),
            )
            for row in rows
        ),
        "answers": sorted((line.code, line.claimed_points, line.note) for line in lines),
        "arrivals": {row.kind: row.number for row in db.execute(counted)},
        "cases": db.scalar(select(func.count()).select_from(Application).where(Application.person_id == person_id)),
    }


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with settled(sqlite_template, tmp_path_factory.mktemp("cuts")) as town:
        yield town


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_everything_arrives_once(town: Town, seed: int) -> None:
    told = story(seed)
    resident, client = town.resident(None)
    pocket = Pocket(town.browser, town.line, client)
    try:
        run(town, told, pocket, resident.id)
    except BaseException as error:
        cuts = [(one.method, one.path, str(cut.fault), cut.at) for one, cut in town.line.done]
        print(f"\nseed {seed}: {told}\ncuts: {cuts}\n{str(error)[:2000]}", flush=True)
        raise
    finally:
        town.line.done.clear()
        town.line.asked.clear()
        if town.line.server is None or town.line.server.process.poll() is not None:
            town.line.again()
        pocket.close()


def run(town: Town, told: Story, pocket: Pocket, person_id: Any) -> None:
    pocket.open(HOME).warm()
    if told.network == "bad":
        town.line.plan = Weather(told)
    elif told.network == "none":
        pocket.offline()
    else:
        town.line.down()
    write_all(pocket, told)
    town.line.plan = None
    pocket.offline().reopen().open(OUTBOX)
    titles = {thing.title for thing in told.things}
    held = items(pocket)
    assert (len(held), titles <= held.keys()) == (8, True)
    pocket.until("document.querySelectorAll('.outbox-item').length === 8")
    if told.network != "bad":  # a try may still be under way, where it looks as if there were a network
        pocket.until("xhht.items().then(all => all.every(one => one.state === 'phone'))")
        pocket.until("document.querySelector('main').innerText.split('Trên máy').length > 8")
    storm(pocket, town, told)
    calm(pocket)
    pocket.until("document.querySelectorAll('.outbox-item .tag-yes').length === 8")
    assert pocket.page.locator(".outbox-item .tag-yes").all_inner_texts() == ["Đã nhận"] * 8
    with town.database.read() as db:
        assert arrived(db, town, person_id) == {
            "things": sorted(
                (one.title, one.kind, sorted((f"anh-{colour}.jpg", colour) for colour in one.photos))
                for one in told.things
            ),
            "answers": sorted((code, POINTS[code][rung], told.note) for code, rung in told.answers.items()),
            "arrivals": {"evidence": 3, "file": sum(len(one.photos) for one in told.things), "answer": 5},
            "cases": 1,
        }
