"""The local API of a running station: commands, views, errors, and who may ask."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, get_args

import httpx
import pytest

from controller.api import MAX_POLL_S, Shield, slug, status_of
from controller.commands import RESULTS, Command, Done
from controller.fault import DeviceFault
from controller.vault.durable import StorageFailed
from edge.journal.error import DiskRefuses
from edge.journal.events import Device, FaultCode
from ground.error import InputError, Locked, NotAllowed, TramError
from hw.twins.population import card_text
from tests.system.api.conftest import Served

COMMANDS = get_args(Command)


def opened(client: httpx.Client) -> str:
    dossier: str = (
        client.post("/open-dossier", json={"desk": 1}).raise_for_status().json()["dossier"]
    )
    return dossier


# ---- the description -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openapi(served: Served) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{served.url}/api/openapi.json").raise_for_status().json()
    return document


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [r for value in node.values() for r in references(value)]
    if isinstance(node, list):
        return [r for value in node for r in references(value)]
    return []


def test_every_command_is_described_with_its_result(openapi: dict[str, Any]) -> None:
    for command in COMMANDS:
        operation = openapi["paths"][f"/api/v1/{slug(command.__name__)}"]["post"]
        assert len(operation["summary"]) > 3
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith(RESULTS.get(command, Done).__name__)


def test_the_description_is_sound(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"].startswith("3.")
    for reference in references(openapi):
        node: Any = openapi
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    operations = [o for path in openapi["paths"].values() for o in path.values()]
    ids = [o["operationId"] for o in operations]
    assert len(ids) == len(set(ids))
    assert all(path.startswith("/api/v1/") for path in openapi["paths"])


def test_summaries_are_the_first_sentence_of_the_commands_own_text(
    openapi: dict[str, Any],
) -> None:
    paths = openapi["paths"]
    assert paths["/api/v1/issue-ticket"]["post"]["summary"] == "Number and print a ticket"
    assert paths["/api/v1/no-show"]["post"]["summary"] == "No show"


# ---- who may ask -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.__name__ == "Lock"])
def test_without_a_session_commands_are_refused(command: type[Any], stranger: httpx.Client) -> None:
    answer = stranger.post(f"/{slug(command.__name__)}", json={})
    assert answer.status_code == 401
    advice = answer.json()["advice"]
    assert advice["vi"] != advice["en"]


def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(stranger: httpx.Client) -> None:
    body = {"operator": "OP9", "passphrase": "không phải"}
    answer = stranger.post("/unlock", json=body)
    assert answer.status_code == 401
    assert "không phải" not in answer.text


def test_strangers_see_no_dossiers_and_no_people(
    signed_in: httpx.Client, stranger: httpx.Client, served: Served
) -> None:
    dossier = opened(signed_in)
    row = next(r for r in served.rows if len(r["number"]) == 12)
    signed_in.post("/read-card", json={"dossier": dossier, "text": card_text(row)})
    seen = signed_in.get("/state").json()
    assert dossier in [d["id"] for d in seen["dossiers"]]
    for path in ("/state", "/board", "/shift", "/health"):
        answer = stranger.get(path)
        assert answer.status_code == 200
        assert row["number"] not in answer.text
        assert dossier not in answer.text
    assert stranger.get("/preview.jpg").status_code == 401
    assert stranger.post("/search", json={"name": "nguyen"}).status_code == 401


def test_other_sites_pages_and_rebound_names_are_refused(served: Served) -> None:
    health = f"{served.url}/api/v1/health"
    assert httpx.get(health).status_code == 200
    assert httpx.get(health, headers={"Origin": served.url}).status_code == 200
    assert httpx.get(health, headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.get(health, headers={"Host": "evil.example"}).status_code == 403
    assert "access-control-allow-origin" not in httpx.get(health).headers


def test_a_screens_socket_is_closed_to_other_sites(served: Served) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": "http://evil.example",
    }
    url = f"{served.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert httpx.get(url, headers=upgrade).status_code == 403


# ---- commands and views ----------------------------------------------------------------------


def test_a_ticket_is_numbered_and_handed_over(signed_in: httpx.Client) -> None:
    ticket = signed_in.post("/issue-ticket").raise_for_status().json()
    assert ticket["ticket"] >= 1
    assert signed_in.post("/hand-over-ticket", json=ticket).json() == {}
    waiting = signed_in.get("/state").json()["waiting"]
    assert ticket["ticket"] in [t["number"] for t in waiting]


def test_a_poll_answers_as_soon_as_something_changed(signed_in: httpx.Client) -> None:
    version = signed_in.get("/state").json()["version"]
    timer = threading.Timer(0.2, lambda: opened(signed_in))
    timer.start()
    began = time.monotonic()
    changed = signed_in.get("/state", params={"since": version, "timeout": MAX_POLL_S}).json()
    timer.join()
    assert changed["version"] > version
    assert time.monotonic() - began < MAX_POLL_S


def test_a_poll_ends_when_its_time_is_up(stranger: httpx.Client) -> None:
    version = stranger.get("/state").json()["version"]
    answer = stranger.get("/state", params={"since": version, "timeout": 0.1})
    assert answer.status_code == 200


def test_people_are_found_by_a_body_never_by_an_address(
    signed_in: httpx.Client, served: Served
) -> None:
    row = served.rows[0]
    found = signed_in.post("/search", json={"name": row["name"], "birth": ""}).json()
    assert row["name"] in [person["name"] for person in found]


def test_what_was_asked_at_a_wrong_address_is_not_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/api/v1/search", "/api/v2/anything", "/persons"):
        answer = httpx.get(f"{served.url}{path}", params={"name": "BiMat"})
        assert answer.status_code == 404
    own = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert not any("BiMat" in record.getMessage() for record in own)


def test_a_picture_that_does_not_exist_yet_is_no_content(signed_in: httpx.Client) -> None:
    assert signed_in.get("/preview.jpg").status_code == 204
    assert signed_in.get(f"/dossiers/{opened(signed_in)}/portrait.png").status_code == 204


# ---- what can go wrong -----------------------------------------------------------------------


def test_what_makes_no_sense_now_is_a_conflict_with_advice(signed_in: httpx.Client) -> None:
    answer = signed_in.post("/no-show", json={"day": 20260101, "ticket": 999})
    assert answer.status_code == 409
    advice = answer.json()["advice"]
    assert advice["params"] == {"number": 999}
    assert advice["en"].startswith("There is no ticket 999. Choose")
    assert "999" in advice["vi"]


def test_bad_input_is_named_in_both_languages(signed_in: httpx.Client) -> None:
    body = {"dossier": opened(signed_in), "text": "https://example.com"}
    answer = signed_in.post("/read-card", json=body)
    assert answer.status_code == 422
    assert "thẻ căn cước" in answer.json()["advice"]["vi"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"desk": "one"}, "desk"),
        ({"desk": 1, "tiket": 4}, "tiket"),
        ({}, "desk"),
        ([1], "body"),
    ],
)
def test_a_malformed_body_names_the_place(
    body: object, place: str, signed_in: httpx.Client
) -> None:
    answer = signed_in.post("/open-dossier", json=body)
    assert answer.status_code == 422
    assert answer.json()["advice"]["params"]["place"] == place


def test_a_body_that_is_not_json_is_refused_in_words(signed_in: httpx.Client) -> None:
    answer = signed_in.post(
        "/open-dossier", content=b"{desk", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert "advice" in answer.json()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Locked("locked"), 401),
        (NotAllowed("no"), 409),
        (InputError("bad"), 422),
        (DeviceFault(Device.CAMERA, FaultCode.HUNG), 503),
        (DiskRefuses("the journal's disk is full"), 507),
        (StorageFailed("the vault's disk is full"), 507),
        (TramError("anything else"), 500),
    ],
)
def test_each_kind_of_error_has_its_status(error: TramError, status: int) -> None:
    assert status_of(error) == status


async def test_an_unexpected_error_is_a_plain_sentence_and_logs_nobodys_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        int("Nguyễn Thị Bí Mật")

    transport = httpx.ASGITransport(Shield(broken))
    with caplog.at_level(logging.DEBUG, logger="tram"):
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as client:
            answer = await client.get("/")
    assert answer.status_code == 500
    assert "technician" in answer.json()["advice"]["en"]
    assert "Traceback" not in answer.text
    assert "ValueError" in caplog.text
    assert "test_local_api.py" in caplog.text
    assert "Bí Mật" not in answer.text + caplog.text


def test_names_and_numbers_asked_for_are_in_no_log(
    signed_in: httpx.Client, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    row = next(r for r in served.rows if len(r["number"]) == 12)
    with caplog.at_level(logging.DEBUG):
        signed_in.post("/search", json={"name": row["name"], "birth": row["birth"]})
        dossier = opened(signed_in)
        signed_in.post("/enter-person", json={"dossier": dossier, "number": row["number"]})
        signed_in.post("/enter-person", json={"dossier": dossier, "number": "12345", "name": "?"})
    own = [r for r in caplog.records if r.name.startswith(("tram", "uvicorn", "nicegui"))]
    text = "\n".join(record.getMessage() for record in own)
    assert row["name"] not in text
    assert row["number"] not in text
