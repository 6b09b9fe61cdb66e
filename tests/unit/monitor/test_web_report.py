"""The day's report by commune, as a page and as files, and places side by side."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, insert
from starlette.testclient import TestClient

from edge.report.orders import Role
from ground.hours import day_start_ms
from monitor import access
from monitor.store import days
from monitor.store.database import open_store
from monitor.store.days import PlaceDay
from monitor.store.schema import day, hour, place, station
from monitor.web.app import build
from tests.unit.monitor.test_web_api import PASSWORD, bearer

DAY = date(2026, 11, 20)
BEGINS = day_start_ms(DAY)
HOUR_MS = 3_600_000
NOW = BEGINS + 2 * 24 * HOUR_MS + 10 * HOUR_MS
PLACES = {
    "vn": "Việt Nam",
    "vn/hue": "Huế",
    "vn/hue/phu-xuan": "=Phú Xuân",
    "vn/hue/an-cuu": "An Cựu",
    "vn/ha-noi": "Hà Nội",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two booths in one commune, one in another, one in another province; a day of theirs."""
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('report') / 'region.db'}")
    ends = {"sealed": 40, "referred": 3, "refused": 2, "abandoned": 1}
    with engine.begin() as connection:
        connection.execute(insert(place), [{"path": p, "name": n} for p, n in PLACES.items()])
        for code, where in (
            ("HU0001", "vn/hue/phu-xuan"),
            ("HU0002", "vn/hue/phu-xuan"),
            ("HU0003", "vn/hue/an-cuu"),
            ("HN0001", "vn/ha-noi"),
        ):
            connection.execute(
                insert(station).values(station=code, group="g", name=code, place=where)
            )
            for at in (BEGINS - HOUR_MS, BEGINS, BEGINS + 23 * HOUR_MS, BEGINS + 24 * HOUR_MS):
                connection.execute(insert(hour).values(station=code, at=at, **ends))
        same = {
            f"{who}_{what}": 0
            for who in ("said", "held")
            for what in ("facts", "sealed", "referred", "refused", "abandoned")
        }
        connection.execute(
            insert(day).values(
                station="HU0001",
                epoch="0a",
                number=9,
                day=20261120,
                tickets=95,
                no_shows=4,
                rows=1,
                journal=bytes(16),
                agrees=True,
                **same,
            )
        )
    for name, role, branch in (("lan", Role.VIEWER, "vn/hue"), ("all", Role.VIEWER, "")):
        access.add_account(engine, name, PASSWORD, role, branch, by="setup", now=NOW)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(build(engine, None, clock=lambda: NOW), follow_redirects=False) as client:
        while client.get("/tree").status_code == 503:
            pass
        yield client


def page(client: TestClient, path: str, who: str = "lan") -> str:
    answer = client.get(path, headers=bearer(client, who))
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def test_a_day_is_summed_by_commune_and_no_other_day_is_in_it(engine: Engine) -> None:
    with engine.connect() as connection:
        found = days.reported(connection, "vn/hue", 20261120, BEGINS)
    assert found == [
        PlaceDay("vn/hue/an-cuu", 1, 0, 80, 6, 4, 2, 2, 0, 0),
        PlaceDay("vn/hue/phu-xuan", 2, 1, 160, 12, 8, 4, 4, 95, 4),
    ]
    assert [one.pace for one in found] == [40, 40]


def test_the_page_shows_it_with_its_sums(client: TestClient) -> None:
    text = page(client, "/report/vn/hue?day=2026-11-20&lang=en")
    assert "Report of 20/11/2026, Huế" in text
    assert "2 booths have not closed this day yet" in text
    foot = text[text.index("<tfoot>") :]
    assert [f'<td class="num">{n}</td>' in foot for n in (240, 18, 12, 6, 95)] == [True] * 5


def test_a_csv_opens_in_the_spreadsheet_of_its_reader(client: TestClient) -> None:
    path = "/report.csv?branch=vn/hue&day=2026-11-20"
    vietnamese = page(client, f"{path}&lang=vi")
    assert vietnamese.startswith("\ufeffĐịa bàn;")
    assert "An Cựu;1;;80;6;4;2;;40,0;0" in vietnamese
    english = page(client, f"{path}&lang=en")
    assert english.startswith("\ufeffPlace,Booths,Tickets,")
    assert "An Cựu,1,,80,6,4,2,,40.0,0" in english
    assert "'=Phú Xuân," in english  # never a formula


def test_a_workbook_holds_the_same(client: TestClient) -> None:
    path = "/report.xlsx?branch=vn/hue&day=2026-11-20&lang=vi"
    answer = client.get(path, headers=bearer(client, "lan"))
    assert "hue-2026-11-20.xlsx" in answer.headers["content-disposition"]
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    words = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    texts = [node.text for node in words.iter() if node.tag.endswith("}t")]
    assert "Báo cáo kết quả thu nhận hồ sơ ngày 20/11/2026, Huế" in texts
    assert {"Địa bàn", "Đã niêm phong", "Vắng mặt", "=Phú Xuân", "Người lập"} <= set(texts)
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    numbers = [node.text for node in sheet.iter() if node.tag.endswith("}v")]
    assert "240" in numbers
    assert not [node for node in sheet.iter() if node.tag.endswith("}f")]  # no formula


@pytest.mark.parametrize(
    "path",
    [
        "/report/vn/ha-noi",
        "/report.csv?branch=vn/ha-noi",
        "/report.xlsx?branch=vn",
        "/report/vn/hue/nowhere",
        "/compare/vn",
        "/compare/vn/hue/nowhere",
    ],
)
def test_what_is_outside_the_branch_is_not_reported(client: TestClient, path: str) -> None:
    assert client.get(path, headers=bearer(client, "lan")).status_code == 404


@pytest.mark.parametrize("asked", ["", "2026-13-40", "2999-01-01", "x' OR 1=1"])
def test_a_day_that_is_none_is_today(client: TestClient, asked: str) -> None:
    text = page(client, f"/report/vn/hue?lang=en&day={asked}")
    assert "Report of 22/11/2026" in text


def test_places_stand_side_by_side_over_days(client: TestClient) -> None:
    text = page(client, "/compare/vn/hue?lang=en")
    assert text.index("=Phú Xuân</a>") < text.index("An Cựu</a>")  # the quicker first
    two = page(client, "/compare/vn/hue?lang=en&a=vn/hue/an-cuu&b=vn/hue/phu-xuan")
    legend = two[two.index('class="legend"') :]
    assert legend.index("An Cựu") < legend.index("Phú Xuân")
    booths = page(client, "/compare/vn/hue/phu-xuan?lang=en")
    assert 'href="/booth/HU0001"' in booths
