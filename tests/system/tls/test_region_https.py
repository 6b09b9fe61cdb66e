"""The region's pages for other machines: over TLS, ours or that of a web server before them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.report.orders import Role
from monitor import access
from monitor.store.database import open_store
from monitor.web.proxied import BehindProxy
from tests.patience import CEILING_S
from tests.system.tls.served import Served, running, trusting_client
from tram.certificates.pages import Made, make

FORM = {"name": "lan", "password": "correct horse", "next": "/"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A region's database with one account."""
    url = f"sqlite:///{tmp_path_factory.mktemp('region') / 'region.db'}"
    engine = open_store(url)
    access.add_account(
        engine,
        FORM["name"],
        FORM["password"],
        Role.VIEWER,
        "",
        by="setup",
        now=time.time_ns() // 1_000_000,
    )
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("tls"), "web", ["region.example"])


def pages(store: str, web: dict[str, object]) -> str:
    """Settings as ``tram monitor`` gives them to its process of the pages."""
    raw = {"db": store, "workers": [["vn-thanh-hoa"]], "web": {"host": "0.0.0.0", "port": 0} | web}
    return json.dumps(raw) + "\n"


@pytest.fixture(scope="module")
def served(store: str, made: Made) -> Iterator[Served]:
    web: dict[str, object] = {"certificate": str(made.certificate), "key": str(made.key)}
    with running(["tram.monitor", "web"], pages(store, web)) as served:
        yield served


@pytest.fixture(scope="module")
def proxied(store: str) -> Iterator[Served]:
    with running(["tram.monitor", "web"], pages(store, {"behind_proxy": True})) as served:
        yield served


def flags(answer: httpx.Response) -> set[str]:
    return {flag.strip() for flag in answer.headers["set-cookie"].lower().split(";")[1:]}


def test_somebody_signs_in_over_tls_with_a_cookie_that_stays_there(
    served: Served, made: Made
) -> None:
    assert served.said == f"https://0.0.0.0:{served.port}"
    with trusting_client(served, made) as client:
        signed_in = client.post("/signin", data=FORM)
        assert signed_in.status_code == 303
        assert {"secure", "httponly", "samesite=strict"} <= flags(signed_in)
        assert client.get("/api/v1/booths").status_code in (200, 503)  # 503: not looked yet
        assert "secure" in flags(client.get("/signin?lang=en"))


def test_plain_http_gets_no_answer(served: Served) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{served.port}/signin", timeout=CEILING_S)


def test_a_web_server_before_it_says_that_the_visitor_came_over_tls(proxied: Served) -> None:
    passed_on = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"}
    with httpx.Client(base_url=proxied.url, timeout=CEILING_S) as client:
        signed_in = client.post("/signin", data=FORM, headers=passed_on)
        assert signed_in.status_code == 303
        assert "secure" in flags(signed_in)
        in_clear = passed_on | {"X-Forwarded-Proto": "http"}
        assert client.post("/signin", data=FORM, headers=in_clear).status_code == 403
        assert client.get("/metrics").status_code == 200, "this machine's Prometheus"
        assert client.get("/metrics", headers=passed_on).status_code == 401


# ---- what came past the web server -----------------------------------------------------------


async def scheme(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.scheme)


async def socket_scheme(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.url.scheme)


ROUTES = [Route("/", scheme), WebSocketRoute("/socket", socket_scheme)]
APP = BehindProxy(Starlette(routes=ROUTES))
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def elsewhere() -> TestClient:
    """A client on another machine, in clear."""
    return TestClient(APP, base_url="http://region", client=("10.0.0.9", 50_000))


def test_another_machine_in_clear_is_told_in_both_languages_where_to_go(
    elsewhere: TestClient,
) -> None:
    for headers in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": ""}):
        answer = elsewhere.get("/", headers=headers)
        assert answer.status_code == 403
        vietnamese, english = answer.text.split("\n")
        assert "https" in vietnamese
        assert "Open the region's https address." in english
    with pytest.raises(WebSocketDisconnect), elsewhere.websocket_connect("/socket"):
        pass


def test_pages_know_that_the_visitor_is_on_https(elsewhere: TestClient) -> None:
    assert elsewhere.get("/", headers=HTTPS).text == "https"
    with elsewhere.websocket_connect("/socket", headers=HTTPS) as socket:
        assert socket.receive_text() == "wss"


def test_tls_of_our_own_needs_no_word_of_a_web_server() -> None:
    own = TestClient(APP, base_url="https://region", client=("10.0.0.9", 50_000))
    assert own.get("/").text == "https"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_programs_on_this_machine_ask_directly(address: str) -> None:
    near = TestClient(APP, base_url="http://region", client=(address, 50_000))
    assert near.get("/").text == "http"
    assert near.get("/", headers={"X-Forwarded-Proto": "http"}).status_code == 403
