"""Places: the official list, loaded again and again; search; communities; a ward's policy."""

import uuid
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xhht_citizen.database import new_id
from xhht_citizen.errors import Conflict, Invalid, NotFound
from xhht_citizen.places import actions, queries
from xhht_citizen.places.models import Commune, Community, FormerCommune, PlaceChange, PlaceList, Province, Succession
from xhht_citizen.places.rules import CommunityKind, LoadReport, WardPolicy, search_key

HEADER = "province_code\tprovince_name\tcommune_code\tcommune_name\tcommune_type\tlat\tlon\tarea_km2"
FIRST = [
    "01\tThành phố Hà Nội\t00004\tPhường Ba Đình\tPhường\t21.0386\t105.838\t2.97",
    "75\tTỉnh Đồng Nai\t25993\tXã Trảng Bom\tXã\t10.95\t107.0\t",
    "75\tTỉnh Đồng Nai\t26068\tXã Thống Nhất\tXã\t10.9\t107.1\t30",
]
LATER = [
    "01\tThành phố Hà Nội\t00004\tPhường Ba Đình\tPhường\t21.0386\t105.838\t2.97",
    "75\tThành phố Đồng Nai\t25993\tPhường Trảng Bom\tPhường\t10.95\t107.0\t",
    "75\tThành phố Đồng Nai\t26070\tPhường Mới\tPhường\t10.9\t107.1\t30",
]
OLD, NEW = date(2025, 7, 1), date(2026, 4, 30)


def write(folder: Path, lines: list[str], name: str = "list.tsv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def everything(db: Session) -> list[list[tuple[object, ...]]]:
    tables = (Province, Commune, PlaceChange, PlaceList, FormerCommune, Succession)
    return [
        [tuple(row) for row in db.execute(select(*t.__table__.c).order_by(*t.__table__.primary_key))] for t in tables
    ]


def successors(db: Session, former_code: str) -> list[tuple[str, str]]:
    """Where a former commune went: codes with "whole" or "part"."""
    asked = select(Succession.commune_code, Succession.extent).where(Succession.former_code == former_code)
    return [(code, extent) for code, extent in db.execute(asked.order_by(Succession.commune_code))]


def name_on(db: Session, code: str, on: date) -> str | None:
    """What a place was called on a day, by the history and what stands now; None when there was none."""
    asked = select(PlaceChange.name).where(PlaceChange.code == code, PlaceChange.valid_from <= on)
    past = db.scalar(asked.where(PlaceChange.valid_to > on))
    if past is not None:
        return past
    model = {2: Province, 5: Commune}.get(len(code), Community)
    row = db.get(model, uuid.UUID(code) if model is Community else code)
    in_force = row is not None and row.valid_from <= on and (row.valid_to is None or on < row.valid_to)
    return row.name if row is not None and in_force else None


def test_official_list_whole_and_twice(db: Session) -> None:
    first = actions.load(db)
    assert first == LoadReport(provinces=34, communes=3321, added=3355, former=10040, links=10602)
    kinds = dict(map(tuple, db.execute(select(Commune.kind, func.count()).group_by(Commune.kind))))
    assert kinds == {"xa": 2621, "phuong": 687, "dac-khu": 13}
    assert db.scalar(select(func.count()).select_from(Succession).where(Succession.extent == "part")) == 1033
    assert queries.commune(db, "00004").name == "Phường Ba Đình"
    assert queries.commune(db, "19996").province.name == "Thành phố Huế"
    assert queries.commune(db, "19147").area_km2 is None
    assert queries.commune(db, "10543").kind == "phuong"  # its type column says Xã
    newest = queries.newest_list(db)
    assert newest is not None
    assert (newest.valid_on, newest.act) == (OLD, "Quyết định 19/2025/QĐ-TTg")

    stored = everything(db)
    second = actions.load(db)
    assert second == LoadReport(provinces=34, communes=3321, former=10040, links=10602)
    assert everything(db) == stored

    names = [hit.name for hit in queries.search_communes(db, "huong tra")]
    assert names[:2] == ["Phường Hương Trà", "Phường Hương Trà"]
    hits = queries.search_communes(db, "Hương Trà")
    assert [(hit.code, [f"{f.name}, {f.district_name}" for f in hit.former]) for hit in hits[:4]] == [
        ("19996", []),
        ("20350", []),
        ("18550", ["Xã Hương Trà, Huyện Hương Khê"]),
        ("21157", ["Xã Hương Trà, Huyện Trà Bồng"]),
    ]
    for asked in ("huong tra, hue", "HƯƠNG TRÀ HUẾ", "phường hương trà, thành phố huế", "huong tra tp hue"):
        assert [hit.code for hit in queries.search_communes(db, asked)] == ["19996"]
    assert [hit.name for hit in queries.search_communes(db, "ea hleo", 1)] == ["Xã Ea H'Leo"]
    assert [(hit.code, hit.former) for hit in queries.search_communes(db, "bach long vi")] == [("11948", ())]
    assert queries.search_communes(db, "hòa") == queries.search_communes(db, "Hoà")
    assert len(queries.search_communes(db, "hoa", 7)) == 7
    assert queries.search_communes(db, " %_' ") == []
    assert [p.name for p in queries.provinces(db)][:4] == [
        "Tỉnh An Giang",
        "Tỉnh Bắc Ninh",
        "Tỉnh Cà Mau",
        "Tỉnh Cao Bằng",
    ]
    assert [c.name for c in queries.communes(db, "46")][:6:5] == ["Xã A Lưới 1", "Phường An Cựu"]
    assert successors(db, "00007") == [("00008", "part"), ("00025", "part")]


def test_later_list_keeps_the_past(db: Session, tmp_path: Path) -> None:
    first = write(tmp_path, FIRST)
    actions.load(db, first, act="Văn bản 1", on=OLD)
    report = actions.load(db, write(tmp_path, LATER, "later.tsv"), act="Văn bản 2", on=NEW, closes=1)
    assert report == LoadReport(provinces=2, communes=3, added=1, changed=2, closed=1)

    assert queries.province(db, "75").kind == "thanh-pho"
    trang_bom = queries.commune(db, "25993")
    assert (trang_bom.name, trang_bom.kind, trang_bom.search_key) == ("Phường Trảng Bom", "phuong", "phuong trang bom")
    assert (trang_bom.valid_from, trang_bom.act) == (NEW, "Văn bản 2")
    past = db.scalars(select(PlaceChange).order_by(PlaceChange.code)).all()
    assert [(p.level, p.code, p.name, p.kind, p.valid_from, p.valid_to, p.act) for p in past] == [
        ("commune", "25993", "Xã Trảng Bom", "xa", OLD, NEW, "Văn bản 1"),
        ("province", "75", "Tỉnh Đồng Nai", "tinh", OLD, NEW, "Văn bản 1"),
    ]
    assert name_on(db, "25993", date(2026, 4, 29)) == "Xã Trảng Bom"
    assert name_on(db, "25993", NEW) == "Phường Trảng Bom"
    assert name_on(db, "75", OLD) == "Tỉnh Đồng Nai"

    assert queries.commune(db, "26068").valid_to == NEW
    assert name_on(db, "26068", date(2026, 4, 29)) == "Xã Thống Nhất"
    assert name_on(db, "26068", NEW) is None
    assert [c.code for c in queries.communes(db, "75")] == ["26070", "25993"]
    assert queries.search_communes(db, "thong nhat") == []
    assert queries.commune(db, "00004").valid_from == OLD

    stored = everything(db)
    again = actions.load(db, tmp_path / "later.tsv", act="Văn bản 2", on=NEW)
    older = actions.load(db, first, act="Văn bản 1", on=OLD)
    assert (again.newer_list, older.newer_list) == (None, NEW)
    assert (again.added, again.changed, again.closed) == (older.added, older.changed, older.closed) == (0, 0, 0)
    assert everything(db) == stored


def test_partial_list_closes_nothing_and_may_come_first(db: Session, tmp_path: Path) -> None:
    partial = write(tmp_path, LATER[1:2], "partial.tsv")
    assert actions.load(db, partial, act="Nghị quyết", on=NEW, complete=False).closed == 0
    report = actions.load(db, write(tmp_path, FIRST), act="Văn bản 1", on=OLD)
    assert (report.added, report.changed, report.closed) == (3, 0, 0)
    assert queries.commune(db, "25993").name == "Phường Trảng Bom"
    assert queries.province(db, "75").name == "Thành phố Đồng Nai"


def test_correction_of_the_same_day_leaves_no_history(db: Session, tmp_path: Path) -> None:
    actions.load(db, write(tmp_path, FIRST), act="Văn bản 1", on=OLD)
    fixed = [FIRST[0].replace("2.97", ""), FIRST[1].replace("107.0", "107.5"), FIRST[2].replace("Thống", "Thông")]
    report = actions.load(db, write(tmp_path, fixed), act="Văn bản 1", on=OLD)
    assert (report.added, report.changed, report.closed) == (0, 2, 0)
    assert queries.commune(db, "00004").area_km2 == 2.97  # a list that does not know does not erase
    assert queries.commune(db, "25993").lon == 107.5
    assert queries.commune(db, "26068").name == "Xã Thông Nhất"
    assert db.scalar(select(func.count()).select_from(PlaceChange)) == 0


def test_a_piece_of_a_list_closes_nothing_unasked(db: Session, tmp_path: Path) -> None:
    """Up to a tenth of the communes may close; more, or a whole province, only when somebody said so."""
    line = "75\tTỉnh Đồng Nai\t{}\tXã Số {}\tXã\t\t\t"
    twenty = [FIRST[0], *(line.format(f"{25900 + n}", n) for n in range(19))]
    actions.load(db, write(tmp_path, twenty), act="1", on=OLD)
    stored = everything(db)

    def shorter(lines: list[str], closes: int | None = None) -> LoadReport:
        return actions.load(db, write(tmp_path, lines, "shorter.tsv"), act="2", on=NEW, closes=closes)

    for lines, closes, numbers in (
        (twenty[:-3], None, (3, 20, 0)),
        (twenty[1:], None, (1, 20, 1)),  # one commune only, but all of its province
        (twenty[:1], None, (19, 20, 1)),
        (twenty[:-3], 2, (3, 20, 0)),
        (twenty[:-1], 0, (1, 20, 0)),
    ):
        with pytest.raises(Invalid) as error:
            shorter(lines, closes)
        assert error.value.field == "closes"
        assert tuple(error.value.values[name] for name in ("closed", "in_force", "provinces")) == numbers
        assert everything(db) == stored
    assert shorter(twenty[:-2]).closed == 2
    assert shorter(twenty[:1], 17).closed == 18  # the province too
    assert shorter(twenty[:1], 0).closed == 0


def test_closed_by_mistake_and_listed_again(db: Session, tmp_path: Path) -> None:
    actions.load(db, write(tmp_path, FIRST), act="1", on=OLD)
    actions.load(db, write(tmp_path, FIRST[:2]), act="2", on=NEW, closes=1)
    report = actions.load(db, write(tmp_path, FIRST), act="3", on=date(2026, 7, 1))
    assert (report.added, report.changed, report.closed) == (0, 1, 0)
    assert queries.commune(db, "26068").valid_to is None
    assert name_on(db, "26068", date(2026, 4, 29)) == "Xã Thống Nhất"
    assert name_on(db, "26068", date(2026, 5, 1)) is None


def test_act_and_date_from_the_file_beside(db: Session, tmp_path: Path) -> None:
    path = write(tmp_path, FIRST)
    for act, on in ((None, OLD), ("Văn bản 1", None)):
        with pytest.raises(Invalid):
            actions.load(db, path, act=act, on=on)
    path.with_suffix(".toml").write_text('act = "Văn bản 9"\ndate = 2025-08-01\nsource = "Công báo"\n', "utf-8")
    actions.load(db, path)
    newest = queries.newest_list(db)
    assert newest is not None
    assert (newest.act, newest.valid_on, newest.source, newest.complete) == (
        "Văn bản 9",
        date(2025, 8, 1),
        "Công báo",
        True,
    )
    path.with_suffix(".toml").write_text("act = ", "utf-8")
    with pytest.raises(Invalid):
        actions.load(db, path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("01\tThành phố Hà Nội\t4\tPhường Ba Đình\tPhường\t\t\t", "“4”"),
        ("1\tThành phố Hà Nội\t00009\tPhường Ba Đình\tPhường\t\t\t", "“1”"),
        ("01\tThành phố Hà Nội\t٠٠٠٠٩\tPhường Ba Đình\tPhường\t\t\t", "5 chữ số"),
        ("01\tThành phố Hà Nội\t00004\tPhường Ba Đình\tPhường\t\t\t", "00004"),
        ("01\tTỉnh Hà Nội\t00009\tPhường Ba Đình\tPhường\t\t\t", "tên tỉnh"),
        ("01\tThành phố Hà Nội\t00009\tBa Đình\tQuận\t\t\t", "Ba Đình"),
        ("01\tThành phố Hà Nội\t00009\t\tPhường\t\t\t", "loại đơn vị"),
        ("01\tThành phố Hà Nội\t00009\tPhường Ba Đình\tPhường\t95\t\t", "95"),
        ("01\tThành phố Hà Nội\t00009\tPhường Ba Đình\tPhường\tnan\t\t", "nan"),
        ("01\tThành phố Hà Nội\t00009", "3 cột"),
    ],
)
def test_bad_line_is_named_and_nothing_loaded(db: Session, tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(Invalid) as error:
        actions.load(db, write(tmp_path, [FIRST[0], line]), act="Văn bản", on=OLD)
    assert str(error.value).startswith("Dòng 3: ")
    assert why in str(error.value)
    assert everything(db) == [[]] * 6


@pytest.mark.parametrize(
    "content", [b"", HEADER.encode(), b"province_code\tx\n", b"\xff\xfe\x00", HEADER.encode() + b"\n\xc3\n"]
)
def test_file_that_is_no_list(db: Session, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.tsv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="Dòng"):
        actions.load(db, path, act="Văn bản", on=OLD)
    for no_file in (tmp_path / "missing.tsv", tmp_path, Path(), Path("/"), path / "below.tsv"):
        with pytest.raises(Invalid):
            actions.load(db, no_file, act="Văn bản", on=OLD)


def test_list_as_a_spreadsheet_saves_it(db: Session, tmp_path: Path) -> None:
    path = tmp_path / "list.tsv"
    lines = ["\ufeffcommune_code\tcommune_name\tcommune_type\tprovince_code\tprovince_name"]
    lines += ["19996\tHương Trà \tPhường\t46\tThành phố Huế", "", "\t\t\t\t"]
    path.write_bytes("\r\n".join(lines).encode())
    actions.load(db, path, act="Văn bản", on=OLD)
    assert queries.commune(db, "19996").name == "Phường Hương Trà"


def test_successor_of_an_unknown_commune_is_refused(db: Session, tmp_path: Path) -> None:
    header = (
        "old_commune_code\told_province_code\told_province_name\told_district_code\told_district_name\told_commune_name"
        "\tnew_commune_code\textent"
    )
    line = "00001\t01\tThành phố Hà Nội\t001\tQuận Ba Đình\tPhường Phúc Xá\t{}\t{}"
    path = write(tmp_path, FIRST)
    path.with_suffix(".toml").write_text('act = "1"\ndate = 2025-07-01\nsuccessors = "links.tsv"\n', "utf-8")
    for code, extent in (("00097", "whole"), ("00004", "half")):
        write(tmp_path, [line.format(code, extent)], "links.tsv", header)
        with pytest.raises(Invalid, match=r"Dòng 2"):
            actions.load(db, path)
    for extent in ("whole", "part"):
        write(tmp_path, [line.format("00004", extent)], "links.tsv", header)
        assert actions.load(db, path).links == 1
        assert [e for _, e in successors(db, "00001")] == [extent]


@pytest.fixture
def ward(db: Session, tmp_path: Path) -> str:
    actions.load(db, write(tmp_path, FIRST), act="Văn bản 1", on=OLD)
    return "00004"


def test_communities_open_are_renamed_and_close(db: Session, ward: str) -> None:
    made = [actions.add_community(db, ward, f"Tổ dân phố {n}", CommunityKind.TO, on=OLD) for n in (1, 2, 10)]
    assert [(c.name, c.position) for c in queries.communities(db, ward)] == [
        ("Tổ dân phố 1", 1),
        ("Tổ dân phố 2", 2),
        ("Tổ dân phố 10", 3),
    ]
    actions.rename_community(db, made[0], "Tổ dân phố  Hoà", on=NEW, act="Nghị quyết 5")
    assert (made[0].name, made[0].search_key, made[0].valid_from) == ("Tổ dân phố Hoà", "to dan pho hoa", NEW)
    assert name_on(db, str(made[0].id), OLD) == "Tổ dân phố 1"
    assert name_on(db, str(made[0].id), NEW) == "Tổ dân phố Hoà"

    with pytest.raises(Invalid) as error:
        actions.add_community(db, ward, "Tổ dân phố Hòa", CommunityKind.TO)
    assert error.value.field == "name"
    with pytest.raises(Invalid):
        actions.rename_community(db, made[1], "TỔ DÂN PHỐ HÒA", on=NEW)
    assert (made[1].name, db.scalar(select(func.count()).select_from(PlaceChange))) == ("Tổ dân phố 2", 1)

    actions.close_community(db, made[0], on=NEW)
    assert [c.name for c in queries.communities(db, ward)] == ["Tổ dân phố 2", "Tổ dân phố 10"]
    assert len(queries.communities(db, ward, closed=True)) == 3
    with pytest.raises(Conflict):
        actions.close_community(db, made[0], on=NEW)
    reopened = actions.add_community(db, ward, "Tổ dân phố Hòa", CommunityKind.TO)
    assert queries.community(db, reopened.id).position == 4


def test_community_needs_a_name_and_a_ward_in_force(db: Session, ward: str, tmp_path: Path) -> None:
    for name in ("", "  ", "...", "x" * 101):
        with pytest.raises(Invalid) as error:
            actions.add_community(db, ward, name, CommunityKind.THON)
        assert error.value.field == "name"
    with pytest.raises(NotFound):
        actions.add_community(db, "99999", "Thôn 1", CommunityKind.THON)
    actions.load(db, write(tmp_path, FIRST[1:]), act="Văn bản 2", on=NEW, closes=1)
    with pytest.raises(NotFound):
        actions.add_community(db, ward, "Thôn 1", CommunityKind.THON)
    with pytest.raises(NotFound):
        queries.community(db, uuid.UUID(int=0))


def test_ward_has_a_policy_before_it_sets_one(db: Session, ward: str) -> None:
    default = queries.ward_settings(db, ward)
    assert default == WardPolicy(ward, issuing_body="Ủy ban nhân dân phường Ba Đình")
    wanted = WardPolicy(
        ward, community_step=False, disadvantaged=True, submit_by=NEW, review_days=20, issuing_body="Hội Khuyến học"
    )
    actions.save_ward_settings(db, wanted)
    assert queries.ward_settings(db, ward) == wanted
    actions.save_ward_settings(db, WardPolicy(ward))
    assert queries.ward_settings(db, ward) == default
    with pytest.raises(Invalid) as error:
        actions.save_ward_settings(db, WardPolicy(ward, review_days=0))
    assert error.value.field == "review_days"
    for call in (queries.ward_settings, lambda db, code: actions.save_ward_settings(db, WardPolicy(code))):
        with pytest.raises(NotFound):
            call(db, "99999")


def test_database_itself_refuses_what_makes_no_sense(db: Session, ward: str) -> None:
    db.commit()
    common = {"ward_code": ward, "position": 1, "valid_from": NEW, "valid_to": None, "name": "A", "search_key": "a"}
    for wrong in ({"kind": "planet"}, {"kind": "to", "valid_to": OLD}, {"kind": "to", "ward_code": "99999"}):
        db.add(Community(id=new_id(), **{**common, **wrong}))
        with pytest.raises(IntegrityError):
            db.flush()
        db.rollback()
    db.add_all([Community(kind="to", **common), Community(kind="to", **{**common, "name": "À"})])
    with pytest.raises(IntegrityError):
        db.flush()
    db.rollback()
    assert db.scalar(text("SELECT count(*) FROM community")) == 0


def test_search_key_of_places() -> None:
    assert search_key("Xã Ea H'Leo") == search_key("xã Ea H’leo") == "xa ea hleo"
    assert search_key("Chân Mây - Lăng Cô") == "chan may lang co"
    assert search_key("P. Thuỷ Xuân,Huế") == "p thuy xuan hue"
