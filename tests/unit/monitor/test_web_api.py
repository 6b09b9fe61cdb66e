"""The API, the exports and the doors, asked as programs ask: over HTTP."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, func, insert, select
from starlette.testclient import TestClient

from edge.report.orders import PauseIntake, Role, verify
from ground.hours import day_start_ms
from monitor import access
from monitor.store.database import open_store
from monitor.store.schema import audit, command, day, log
from monitor.web.app import build
from tests.console_monitor.region_of_data import HOUR_MS, RegionOfData, write

NOW = day_start_ms(date(2026, 11, 22)) + 10 * HOUR_MS + HOUR_MS // 2
KEY = Ed25519PrivateKey.generate()
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('region') / 'region.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def made(engine: Engine) -> RegionOfData:
    made = write(engine, NOW, booths=136, days=6)
    for name, role, branch in (
        ("lan", Role.ADMINISTRATOR, ""),
        ("thanh", Role.OPERATOR, "vn/thanh-hoa"),
        ("man-hinh", Role.VIEWER, ""),
    ):
        access.add_account(engine, name, PASSWORD, role, branch, by="setup", now=NOW)
    return made


@pytest.fixture(scope="module")
def client(engine: Engine, made: RegionOfData) -> Iterator[TestClient]:
    app = build(engine, KEY, clock=lambda: NOW)
    with TestClient(app, follow_redirects=False) as client:
        until = time.monotonic() + 20
        while client.get("/api/v1/booths", headers=bearer(client, "lan")).status_code == 503:
            assert time.monotonic() < until
        yield client


def bearer(client: TestClient, name: str) -> dict[str, str]:
    answer = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def get(client: TestClient, path: str, name: str = "lan") -> Any:
    answer = client.get(path, headers=bearer(client, name))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_booths_are_told_worst_first(client: TestClient, made: RegionOfData) -> None:
    rows = get(client, "/api/v1/booths")
    assert len(rows) == len(made.booths)
    order = ["alarm", "offline", "idle", "behind", "fine", "closed"]
    ranks = [order.index(row["state"]) for row in rows]
    assert ranks == sorted(ranks)
    sealed = {row["code"]: row["sealed_today"] for row in rows}
    assert sealed == {b.code: b.sealed for b in made.booths}


@pytest.mark.parametrize(
    "table",
    [
        "booths",
        "places",
        "progress",
        "days",
        "alarms",
        "ledger",
        "availability",
        "commands",
        "audit",
        "facts?booth=TH0001",
    ],
)
def test_every_table_is_the_same_as_api_json_and_csv(client: TestClient, table: str) -> None:
    name, _, query = table.partition("?")
    signed_in = bearer(client, "lan")
    rows = client.get(f"/api/v1/{table}", headers=signed_in).json()
    as_json = client.get(f"/export/{name}.json?{query}", headers=signed_in)
    as_csv = client.get(f"/export/{name}.csv?{query}", headers=signed_in)
    assert as_json.json() == rows
    assert as_csv.text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(as_csv.text.removeprefix("\ufeff"))))
    assert len(lines) == len(rows) + 1
    if rows:
        assert lines[0] == list(rows[0])
    assert "attachment" in as_csv.headers["content-disposition"]


def test_a_branch_bounds_every_table(client: TestClient) -> None:
    for table in ("booths", "places", "alarms", "ledger", "availability", "progress"):
        text = json.dumps(get(client, f"/api/v1/{table}", "thanh"))
        assert "vn/thanh-hoa" in text or text == "[]", table
        assert "vn/ha-noi" not in text, table
        assert "vn/ca-mau" not in text, table


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/booths?branch=vn",
        "/api/v1/booths?branch=vn/ha-noi",
        "/api/v1/facts?booth=HN0001",
        "/api/v1/ledger?booth=XX9999",
        "/export/booths.csv?branch=vn",
        "/api/v1/audit",
    ],
)
def test_what_is_outside_the_branch_does_not_exist(client: TestClient, path: str) -> None:
    assert client.get(path, headers=bearer(client, "thanh")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/booths", 401),
        ("/export/booths.csv", 401),
        ("/live/wall", 401),
        ("/", 303),
        ("/booth/TH0001", 303),
        ("/api/v1/openapi.json", 401),
    ],
)
def test_nothing_is_told_to_strangers(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_command_by_program_is_signed_and_audited(client: TestClient, engine: Engine) -> None:
    signed_in = bearer(client, "lan")
    path = "/api/v1/booths/TH0001/commands"
    answer = client.post(path, json={"order": "pause_intake"}, headers=signed_in)
    assert answer.status_code == 201
    with engine.connect() as connection:
        row = connection.execute(select(command)).one()
        notes = connection.scalars(select(audit.c.note).where(audit.c.what == access.COMMANDED))
        assert list(notes) == [f"pause_intake {row.id}"]
    assert answer.json() == {"id": row.id}
    assert verify(row.wire, "TH0001", KEY.public_key()).order == PauseIntake()
    assert get(client, "/api/v1/commands", "thanh")[0]["id"] == row.id


@pytest.mark.parametrize(
    ("name", "code", "order"),
    [
        ("thanh", "HN0001", "locate"),  # outside the branch
        ("thanh", "TH0001", "pause_intake"),  # an administrator's
        ("man-hinh", "TH0001", "locate"),  # a viewer
        ("lan", "XX0001", "locate"),  # no such booth
    ],
)
def test_a_command_that_one_may_not_give_is_not_filed(
    client: TestClient, engine: Engine, name: str, code: str, order: str
) -> None:
    def filed() -> int | None:
        with engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(command))

    before = filed()
    path = f"/api/v1/booths/{code}/commands"
    answer = client.post(path, json={"order": order}, headers=bearer(client, name))
    assert answer.status_code == 403
    assert filed() == before


def test_an_alarm_is_taken_once_and_not_from_outside(client: TestClient) -> None:
    rows = get(client, "/api/v1/alarms")
    far = next(row for row in rows if row["place"].startswith("vn/ca-mau"))
    path = f"/api/v1/alarms/{far['id']}/acknowledge"
    note = {"note": "the cable is being mended"}
    assert client.post(path, json=note, headers=bearer(client, "thanh")).status_code == 403
    assert client.post(path, json=note, headers=bearer(client, "man-hinh")).status_code == 403
    assert client.post(path, json=note, headers=bearer(client, "lan")).status_code == 204
    again = client.post(path, json=note, headers=bearer(client, "lan"))
    assert (again.status_code, again.json()["detail"]) == (403, "lan has it already.")
    taken = next(r for r in get(client, "/api/v1/alarms") if r["id"] == far["id"])
    assert (taken["acknowledged_by"], taken["note"]) == ("lan", "the cable is being mended")


def test_another_site_s_page_cannot_act_for_somebody(client: TestClient) -> None:
    headers = {**bearer(client, "lan"), "Origin": "http://elsewhere.example"}
    path = "/api/v1/booths/TH0001/commands"
    assert client.post(path, json={"order": "locate"}, headers=headers).status_code == 403


def test_the_sign_in_leads_back_inside_only(client: TestClient) -> None:
    for target, leads in (
        ("/ledger", "/ledger"),
        ("//elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("/x\n/\\elsewhere.example", "/"),
    ):
        form = {"name": "lan", "password": PASSWORD, "next": target}
        answer = client.post("/signin", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, leads)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
    client.cookies.clear()


def test_pages_load_nothing_from_outside_and_cannot_be_framed(client: TestClient) -> None:
    headers = client.get("/signin").headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_description_names_the_types(client: TestClient) -> None:
    described = get(client, "/api/v1/openapi.json")
    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    assert {"BoothRow", "PlaceRow", "ProgressRow", "AlarmRow", "LedgerRow"} <= schemas.keys()
    assert "facts_missing" in schemas["BoothRow"]["properties"]


def test_prometheus_may_ask_with_a_token(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 401  # not this machine, not signed in
    text = client.get("/metrics", headers=bearer(client, "man-hinh")).text
    assert "tram_booth_online{" in text


def test_a_cell_is_never_a_formula(client: TestClient) -> None:
    path = f"/api/v1/alarms/{get(client, '/api/v1/alarms')[0]['id']}/acknowledge"
    client.post(path, json={"note": '=HYPERLINK("x")'}, headers=bearer(client, "lan"))
    text = client.get("/export/alarms.csv", headers=bearer(client, "lan")).text
    assert ",=HYPERLINK" not in text
    assert "'=HYPERLINK" in text


@pytest.fixture(scope="module")
def closed(engine: Engine, made: RegionOfData) -> str:
    """Two days of the first booth; in the newer one it counts one sealed dossier more than is
    held."""
    code = made.booths[0].code
    same = {
        "said_referred": 1,
        "said_refused": 0,
        "said_abandoned": 0,
        "held_referred": 1,
        "held_refused": 0,
        "held_abandoned": 0,
        "tickets": 9,
        "no_shows": 1,
        "rows": 70,
        "journal": bytes(16),
        "station": code,
        "epoch": "0a1b2c3d",
    }
    with engine.begin() as connection:
        for number, date_, held in ((30, 20261120, 8), (60, 20261121, 7)):
            connection.execute(
                insert(day).values(
                    number=number,
                    day=date_,
                    said_facts=29,
                    held_facts=29,
                    said_sealed=8,
                    held_sealed=held,
                    agrees=held == 8,
                    **same,
                )
            )
    return code


def test_closed_days_are_told_with_both_counts(client: TestClient, closed: str) -> None:
    newer, older = get(client, f"/api/v1/closings?booth={closed}")
    assert (newer["day"], newer["agrees"], newer["said_sealed"], newer["held_sealed"]) == (
        20261121,
        False,
        8,
        7,
    )
    assert (older["day"], older["agrees"], older["held_facts"]) == (20261120, True, 29)
    assert len(get(client, "/api/v1/closings")) == 2
    text = client.get("/export/closings.csv", headers=bearer(client, "lan")).text
    assert len(text.splitlines()) == 3


def test_the_ledger_names_the_day_that_differs(client: TestClient, closed: str) -> None:
    page = client.get("/ledger?lang=en", headers=bearer(client, "lan")).text
    assert "1 day does not agree" in page
    assert "sealed: 8 at the booth, 7 here" in page


@pytest.fixture(scope="module")
def logged(engine: Engine, made: RegionOfData) -> str:
    """A booth of Thanh Hoa that sent two logs."""
    code = next(b.code for b in made.booths if b.place.startswith("vn/thanh-hoa"))
    with engine.begin() as connection:
        for minute, line in enumerate(("started", "<printer> chậm")):
            body = gzip.compress(f"INFO tram {line}\n".encode())
            connection.execute(
                insert(log).values(station=code, at=NOW + minute * 60_000, body=body)
            )
    return code


def test_the_last_log_of_a_booth_is_read_and_all_are_saved(client: TestClient, logged: str) -> None:
    operator = bearer(client, "thanh")
    page = client.get(f"/booth/{logged}/logs?lang=en", headers=operator)
    assert page.status_code == 200
    assert "INFO tram &lt;printer&gt; chậm" in page.text
    files = sorted(set(re.findall(rf"/booth/{logged}/logs/\d+\.txt", page.text)))
    saved = [client.get(path, headers=operator) for path in files]
    assert [one.text for one in saved] == ["INFO tram started\n", "INFO tram <printer> chậm\n"]
    assert {one.headers["content-type"] for one in saved} == {"text/plain; charset=utf-8"}
    older = re.findall(rf"/booth/{logged}/logs\?id=\d+", page.text)[-1]
    assert "INFO tram started" in client.get(older, headers=operator).text


def test_logs_are_for_those_who_may_order_them_in_their_branch(
    client: TestClient, logged: str, made: RegionOfData
) -> None:
    path = f"/booth/{logged}/logs"
    elsewhere = next(b.code for b in made.booths if not b.place.startswith("vn/thanh-hoa"))
    operator, viewer = bearer(client, "thanh"), bearer(client, "man-hinh")
    assert client.get(path, headers=viewer).status_code == 403
    assert client.get(f"{path}/1.txt", headers=viewer).status_code == 403
    assert client.get(f"/booth/{elsewhere}/logs", headers=operator).status_code == 404
    assert client.get(f"{path}/999.txt", headers=operator).status_code == 404
    assert client.get(f"{path}?id=999", headers=operator).status_code == 404
    assert client.get(path).status_code == 303
    none = client.get(f"/booth/{elsewhere}/logs?lang=en", headers=bearer(client, "lan"))
    assert "No log is here yet" in none.text
