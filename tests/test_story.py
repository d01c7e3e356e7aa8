"""The whole story by plain HTTP, without script, against a real server: from a course to a title and back.

Nothing is put into the database by hand: commands and screens only, as in a ward that begins today.
"""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import openpyxl
import pytest
from browser import Browser, words
from factories import KEY, TODAY, YEAR
from PIL import Image
from serving import over_http, serving

WARD, PROVINCE = "19996", "46"
DAY = f"{TODAY:%d/%m/%Y}"
RECOGNISED = "Đạt danh hiệu"
OFFICERS = {
    "community_head": ("chi-hoi", ["--place", WARD, "--community", "to 2"]),
    "ward_reviewer": ("nguoi-xet", ["--place", WARD]),
    "ward_signer": ("nguoi-ky", ["--place", WARD]),
    "admin": ("quan-tri", []),
}
PASSWORD = "hoa-sen-trang-26"


@dataclass
class Town:
    """A server on an installation that has the official list of places, and its officers."""

    port: int
    xhht: Callable[..., str]
    at_work: dict[str, Browser] = field(default_factory=dict)

    def visit(self) -> Browser:
        return Browser(over_http(self.port))

    def enter(self, login: str) -> Browser:
        browser = self.visit().get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
        assert browser.screen() != "account.sign_in", browser.words()
        return browser

    def officer(self, role: str) -> Browser:
        if role not in self.at_work:
            self.at_work[role] = self.enter(OFFICERS[role][0])
        return self.at_work[role]

    def appoint(self, role: str) -> None:
        login, where = OFFICERS[role]
        self.xhht("account", "create", "--role", role, *where, "--login", login, "--password-stdin", said=PASSWORD)


def photo() -> bytes:
    """What a phone would take of a certificate, with the place it was taken at."""
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Hang-may-anh"
    Image.effect_noise((1600, 1200), 40).convert("RGB").save(made, "JPEG", exif=exif)
    return made.getvalue()


def sign_up(town: Town, name: str, login: str) -> Browser:
    """A new resident who has agreed to the privacy text and has no home yet."""
    browser = town.visit().get("/dang-ky")
    assert "consent" not in next(form for form in browser.forms() if "consent" in form.names).fields
    fields = {"name": name, "birth": "05/03/1992", "sex": "female", "learner_group": "residents"}
    browser.submit("/dang-ky", {**fields, "login": login, "password": PASSWORD, "consent": "y"})
    assert (browser.status, browser.screen()) == (200, "account.residence")
    return browser


def counts(page: Browser) -> dict[str, str]:
    """The numbers of a page by their names, as a reader sees them."""
    facts: list[Element] = [node for node in page.page.iter("div") if node.find("dt") is not None]
    return {words(fact.find("dt")): words(fact.find("dd")) for fact in facts}  # type: ignore[arg-type]


def recognised(town: Town, community: str) -> dict[str, int]:
    """How many hold the year's title: in Lan's household, her community, ward and province, and in the country."""
    visitor, found = town.visit(), {}
    paths = {"community": community, "ward": f"/ty-le/xa/{WARD}", "province": f"/ty-le/tinh/{PROVINCE}"}
    for area, path in {**paths, "country": "/ty-le"}.items():
        found[area] = int(counts(visitor.get(path))[RECOGNISED].replace(".", ""))
    officer = town.officer("ward_reviewer").get(community)
    officer.get(officer.links()["Hộ Nguyễn Thị Mẫu Hoa"])
    figure = next(node for node in officer.page.iter("p") if node.get("class") == "figure")
    holders, adults = re.match(r"(\d+)/(\d+)", words(figure)).groups()  # type: ignore[union-attr]
    assert adults == "2"
    return {**found, "household": int(holders)}


def exported(town: Town, folder: Path | None = None) -> list[tuple[str, ...]]:
    """The ward's numbers from every way out, which agree: two files of the screen and, given a folder, of the command.

    For her community and in all: adults, registered, assessed, recognised.
    """
    officer, found = town.officer("ward_signer"), []
    for kind in ("xlsx", "csv"):
        officer.get("/so-lieu").submit("/so-lieu/danh-hieu", {"nam": str(YEAR), "noi": WARD, "dang": kind})
        assert (officer.status, f".{kind}" in officer.response.headers["Content-Disposition"]) == (200, True)
        files = [officer.response.get_data()]
        if folder:
            out = folder / f"titles.{kind}"
            town.xhht("export", "titles", "--year", str(YEAR), "--place", WARD, "--format", kind, "--out", str(out))
            files.append(out.read_bytes())
        for data in files:
            if kind == "csv":
                rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
            else:
                rows = [
                    ["" if cell is None else str(cell) for cell in row]
                    for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
                ]
            known = [row for row in rows if len(row) > 6 and row[2] == "Công dân học tập"]
            lines = [tuple(row[1:2] + row[3:7]) for row in known if row[1] in {"Tổ 2", "Tổng cộng"}]
            found.append(lines)
    assert all(lines == found[0] for lines in found), found
    return found[0]


@pytest.fixture
def xhht(database_url: str, tmp_path: Path) -> Callable[..., str]:
    """The command, on the test's installation; it must end well."""
    env = {**os.environ, "XHHT_DATABASE_URL": database_url, "XHHT_DATA_DIR": str(tmp_path), "XHHT_SECRET_KEY": KEY}

    def run(*arguments: str, said: str = "") -> str:
        command = [sys.executable, "-m", "xhht_citizen.cli", *arguments]
        done = subprocess.run(command, input=said, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_from_a_course_to_a_title_and_back(database_url: str, tmp_path: Path, xhht: Callable[..., str]) -> None:
    xhht("places", "load")
    with serving(database_url, tmp_path, workers=3) as server:
        town = Town(server.port, xhht)
        # The ward: the administrator writes down its communities, then its officers get their accounts.
        town.appoint("admin")
        admin = town.officer("admin").get(f"/quan-tri/dia-ban/{WARD}")
        for name in ("Tổ 1", "Tổ 2"):
            admin.get(admin.links()["Thêm thôn, tổ dân phố"]).submit(None, {"kind": "to", "name": name}, button="Thêm")
            assert (admin.status, admin.screen()) == (200, "admin.ward"), admin.words()
        for role in ("community_head", "ward_reviewer", "ward_signer"):
            town.appoint(role)

        # A mother founds her household, and reads its code to her daughter.
        mother = sign_up(town, "Nguyễn Thị Mẫu Hoa", "hoa1965").submit(None, {"tim": "huong tra"})
        found = [row for row in mother.page.iter("li") if row.find(".//a[@href]") is not None]
        (here,) = [row for row in found if "Phường Hương Trà" in words(row) and "Thành phố Huế" in words(row)]
        mother.get(here.find(".//a").get("href", ""))  # type: ignore[union-attr]
        assert (mother.path, mother.heading()) == (f"/noi-o/{WARD}", "Phường Hương Trà")
        select = next(node for node in mother.page.iter("select") if node.get("name") == "community_id")
        communities = {words(option): option.get("value", "") for option in select.iter("option")}
        mother.submit(f"/{WARD}", {"community_id": communities["Tổ 2"], "address": "12 Kiệt Mẫu"})
        assert mother.screen() == "year.home"
        code = re.search(r"[0-9A-Z]{4} [0-9A-Z]{4}", mother.get("/gia-dinh").words()).group()  # type: ignore[union-attr]
        lan = sign_up(town, "Trần Thị Mẫu Lan", "0912 345 678").submit("/noi-o", {"code": code, "relation": "child"})
        assert (lan.status, lan.screen()) == (200, "year.home")
        assert "Nguyễn Thị Mẫu Hoa" in lan.get("/gia-dinh").words()
        community = f"/ty-le/to/{communities['Tổ 2']}"
        before = recognised(town, community)
        assert before == {"community": 0, "ward": 0, "province": 0, "country": 0, "household": 0}
        assert exported(town) == [("Tổ 2", "2", "0", "0", "0"), ("Tổng cộng", "2", "0", "0", "0")]

        # Evidence with a photo; ten indicators; check; send.
        course = {"kind": "course", "title": "Kỹ năng số cho gia đình", "learned_on": DAY, "hours": "1,5"}
        lan.get("/minh-chung/moi").submit(
            None, {**course, "indicators": ["2.3"], "files": ("giấy.jpg", photo())}, button="Lưu việc này"
        )
        assert (lan.status, lan.links().get("Kỹ năng số cho gia đình", "")[:12]) == (200, "/minh-chung/"), lan.words()
        evidence = lan.links()["Kỹ năng số cho gia đình"]
        picture = lan.get(evidence).links()["giấy.jpg"]
        kept = lan.get(picture).response
        assert (kept.status_code, kept.mimetype, b"Hang-may-anh" in kept.get_data()) == (200, "image/webp", False)
        lan.get("/diem/1.1")
        for number in range(10):
            assert lan.screen() == "score.indicator"
            button = "Lưu, sang" if number < 9 else "Lưu, về"
            lan.submit(None, {"points": "8", "note": "Cả tổ đều biết."}, button=button)
        assert (lan.screen(), "80/100" in lan.words()) == ("score.explained", True)
        lan.get("/ho-so/gui").submit("/ho-so/gui", {"true": "y", "consent": "y"})
        assert (lan.status, lan.screen()) == (200, "application.status")
        receipt = f"{WARD}-{YEAR % 100}-00001"
        assert receipt in lan.words()
        assert counts(town.visit().get(community))["Đã đăng ký học tập"] == "1"

        # The head of her community, the reviewer, the signer.
        head = town.officer("community_head").get("/xet-duyet")
        head.get(head.links()["Trần Thị Mẫu Lan"]).submit("/endorse", {"reason": "Cả tổ nhất trí."})
        assert (head.status, "Cả tổ nhất trí." in head.words()) == (200, True)
        reviewer = town.officer("ward_reviewer").get("/xet-duyet")
        reviewer.get(reviewer.links()["Trần Thị Mẫu Lan"]).submit("/take")
        case = reviewer.path
        assert town.visit().get(picture).screen() == "account.sign_in"
        assert reviewer.get(picture).response.get_data() == kept.get_data()
        reviewer.get(case).submit(case, {"verdict-2.3": "confirm"}, "Lưu ý kiến")
        reviewer.submit(case, {"rest": "y"}, "Đề nghị công nhận")
        assert (reviewer.status, "Đề nghị công nhận" in reviewer.words()) == (200, True)
        assert recognised(town, community) == before
        signer = town.officer("ward_signer").get("/quyet-dinh?chon=ca-trang")
        signer.submit("/quyet-dinh/moi", {}, "Ghi quyết định")
        signer.submit("/quyet-dinh/moi", {"number": "128/QĐ-UBND", "decided_on": DAY, "signatory": "Nguyễn Mẫu Ký"})
        assert "Đã công nhận 1 người theo quyết định 128/QĐ-UBND." in signer.words()

        # Every number is one more, every file says so, and anybody can ask about the certificate.
        assert recognised(town, community) == {area: number + 1 for area, number in before.items()}
        assert exported(town, tmp_path) == [("Tổ 2", "2", "1", "1", "1"), ("Tổng cộng", "2", "1", "1", "1")]
        certificate = lan.get("/ho-so").links()["Xem giấy công nhận"]
        public = lan.links()["Trang kiểm tra công khai"]
        anybody = town.visit().get("/kiem-tra").submit(None, {"ma": public.rpartition("/")[2].lower()})
        assert (anybody.path.lower(), anybody.screen()) == (public.lower(), "public.verify_result")
        assert "Giấy công nhận còn hiệu lực" in anybody.words()
        assert "128/QĐ-UBND" in anybody.words()
        assert counts(anybody)["Họ và tên (che bớt)"] == "Trần T. M. L***"
        assert "Trần Thị Mẫu Lan" not in anybody.text
        assert town.visit().get("/kiem-tra/AAAAAAAAAA").words().count("Không có giấy công nhận mang mã này") == 1

        # Taken back, everything says so too; the household's other rows and her evidence stay.
        signer.get(certificate)
        signer.get(signer.links()["Thu hồi danh hiệu"]).submit(
            "/thu-hoi", {"reason": "Ghi nhầm người.", "number": "205/QĐ-UBND", "decided_on": DAY}
        )
        assert signer.status == 200
        assert "Giấy công nhận đã bị thu hồi" in town.visit().get(public).words()
        assert recognised(town, community) == before
        assert exported(town)[0][4] == "0"
        assert "Danh hiệu đã bị thu hồi" in lan.get("/ho-so").words()
        assert receipt in lan.words()
        assert lan.get(evidence).status == 200
        assert re.fullmatch(r"\d+ chains, \d+ rows: every link holds\n", xhht("audit", "verify"))
        assert "0 tallies were wrong" in xhht("ratios", "recount")
