"""A server on a ward as it looks in November, and the browser that visits it, for journeys and proofs of screens.

from town import Town, a_town    # noqa: F401 (the fixture `town`, made once a file)
town.phone("lan", login, slow=True)    somebody's phone, signed in when a log-in is given
town.visit(), town.enter(login)        the same without script, by plain HTTP
town.work()                            the worker does what waits, as `xhht work` would
town.slip(person_id)                   the code on the slip an officer prints for a person, read from its QR
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser import Browser as Plain
from factories import KEY, PASSWORD, YEAR, Ward, make_application, make_evidence, make_officer, make_resident, make_ward
from phone import Phone, chromium
from PIL import Image
from playwright.sync_api import Browser
from serving import over_http, serving
from sqlalchemy.orm import Session
from test_slips import codes_of

from xhht_citizen import worker
from xhht_citizen.access.rules import Role
from xhht_citizen.applications.rules import State
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.ratios.actions import recount_ward

LOGINS = {role: str(role).replace("_", "-") for role in Role}
STATES = [str(state) for state in State]


@dataclass
class Town:
    """A server on a ward with a case in every state, and the browser that visits it."""

    base: str
    browser: Browser
    database: Database
    ward: Ward
    settings: Settings

    def phone(self, shots: str, login: str | None = None, **how: Any) -> Phone:
        phone = Phone(self.browser, self.base, shots=shots, **how)
        if login:
            phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
            assert phone.screen != "account.sign_in", phone.words
        return phone

    def visit(self) -> Plain:
        return Plain(over_http(int(self.base.rpartition(":")[2])))

    def enter(self, login: str, password: str = PASSWORD) -> Plain:
        browser = self.visit().get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": password})
        assert browser.screen() != "account.sign_in", browser.words()
        return browser

    def work(self) -> None:
        shop = worker.open_workshop(self.settings)
        worker.run_waiting(shop)
        shop.database.dispose()

    def slip(self, person_id: uuid.UUID) -> str:
        officer = self.enter(LOGINS[Role.WARD_REVIEWER]).get(f"/dan-cu/{person_id}/phieu")
        officer.submit(button="In phiếu nhận hồ sơ")
        assert officer.screen() == "jobs.one", officer.words()
        job_id = officer.path.rpartition("/")[2]
        self.work()
        officer.get(f"/phieu-nhan/in/{job_id}").submit("/tai")
        (code,) = codes_of(officer.response.get_data())
        return code


def settle(db: Session) -> Ward:
    """A ward as it looks in November: long names, long communities, every state, an officer of every role."""
    ward = make_ward(db, communities=2)
    for community, name in zip(ward.communities, ("Tổ dân phố Vườn Chè", "Tổ dân phố 18"), strict=True):
        community.name = name
    for number, state in enumerate(STATES * 2):
        login = f"dan-{state}" if number < len(STATES) else None
        resident = make_resident(db, ward, community=number % 2, birth_year=1940 + number * 3, login=login)
        make_evidence(db, resident, "Chỉ các bác trong tổ đặt lịch khám bệnh trên điện thoại", ("1.4", "3.2"))
        make_application(db, resident, state, answers={"1.1": 10, "1.2": 10, "2.4": 5})
    child = make_resident(db, ward, login="gia-dinh")
    make_resident(db, ward, household=child.household, birth_year=2012)
    for role in Role:
        make_officer(db, ward, role, LOGINS[role], name="Nguyễn Thị Mẫu Cán Bộ")
    make_officer(db, ward, Role.COMMUNITY_HEAD, "to-18", community=1)
    recount_ward(db, ward.code, YEAR)
    return ward


def shots() -> None:
    """The folder for pictures, when the environment's XHHT_SHOTS names one."""
    if folder := os.environ.get("XHHT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="module", name="town")
def a_town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    shots()
    with chromium() as browser:
        home = tmp_path_factory.mktemp("phones")
        path = home / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        url = f"sqlite:///{path}"
        database = Database(url)
        with database.transaction() as db:
            ward = settle(db)
        settings = Settings(data_dir=home, database_url=url, secret_key=KEY, secure_cookies=False)
        with serving(url, home) as server:
            yield Town(f"http://127.0.0.1:{server.port}", browser, database, ward, settings)
        database.dispose()


def photo(turned: int, width: int = 1200, height: int = 900) -> bytes:
    """A picture; another one for each who sends it, because the same one of two people raises a question."""
    made = io.BytesIO()
    Image.linear_gradient("L").rotate(90 * turned).resize((width, height)).save(made, "JPEG")
    return made.getvalue()


def big_photo(seed: int) -> bytes:
    """What a phone's camera takes of a paper: twelve megapixels, more than a megabyte."""
    made = io.BytesIO()
    grain = Image.effect_noise((2000, 1500), 12 + seed).resize((4000, 3000))
    shade = Image.linear_gradient("L").rotate(90 * seed).resize((4000, 3000))
    Image.merge("RGB", (grain, grain, shade)).save(made, "JPEG", quality=55)
    return made.getvalue()
