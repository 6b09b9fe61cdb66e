"""The console on the hall's network: over TLS with the booth's certificate, or not at all."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from controller.config import Console, load
from controller.server import InClear, serve
from controller.station.station import Station
from ground.text import LANGUAGES, text
from tests.hil.premises import OPERATOR, PASSPHRASE, Keyring
from tests.patience import CEILING_S
from tests.system.tls.served import (
    REPO,
    Served,
    handshake,
    running,
    trusting,
    trusting_client,
)
from tram.certificates.pages import Made, make
from tram.station import devices_of

NAME = "booth-7.example"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station's folder with keys."""
    folder = tmp_path_factory.mktemp("booth")
    Keyring.cut(folder / "keyring").furnish(folder / "data", [])
    return folder / "data"


@pytest.fixture(scope="module")
def made(data: Path) -> Made:
    return make(data / "keys", "console", [NAME])


def configured(data: Path, console: str) -> Path:
    file = data.with_name("station.toml")
    file.write_text(
        '[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "Thanh Hoá"\n'
        f'region = "vn/thanh-hoa/bim-son"\n[paths]\ndata = "{data}"\n[console]\nport = 0\n{console}'
    )
    return file


@pytest.fixture(scope="module")
def served(data: Path, made: Made) -> Iterator[Served]:
    console = f'host = "0.0.0.0"\ncertificate = "{made.certificate}"\nkey = "{made.key}"\n'
    with running(["tram", "station", "--config", str(configured(data, console))]) as served:
        yield served


@pytest.fixture
def client(served: Served, made: Made) -> Iterator[httpx.Client]:
    with trusting_client(served, made) as client:
        yield client


def test_the_address_printed_is_https(served: Served) -> None:
    assert served.said == f"https://0.0.0.0:{served.port}"


def test_an_operator_unlocks_over_tls(client: httpx.Client) -> None:
    body = {"operator": OPERATOR, "passphrase": PASSPHRASE}
    token = client.post("/api/v1/unlock", json=body).raise_for_status().json()["token"]
    seen = client.get("/api/v1/state", headers={"Authorization": f"Bearer {token}"})
    assert seen.status_code == 200


def test_the_cookie_of_a_desk_never_travels_in_clear(client: httpx.Client) -> None:
    cookie = client.get("/").raise_for_status().headers["set-cookie"].lower()
    assert cookie.startswith("tram=")
    flags = {flag.strip() for flag in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=strict"} <= flags


def test_plain_http_gets_no_answer(served: Served) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{served.port}/api/v1/health", timeout=CEILING_S)


def test_a_browser_that_was_not_told_to_trust_it_warns(served: Served) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{served.url}/api/v1/health", timeout=CEILING_S)


def test_old_protocols_and_weak_ciphers_are_refused(served: Served, made: Made) -> None:
    assert handshake(served, trusting(made))[0] == "TLSv1.3"
    older = trusting(made)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    protocol, cipher = handshake(served, older)
    assert protocol == "TLSv1.2"
    assert cipher.startswith("ECDHE-")
    older.set_ciphers("ECDHE+AES:!AESGCM:!AESCCM")  # CBC only
    with pytest.raises(ssl.SSLError):
        handshake(served, older)


def test_the_names_of_the_certificate_are_the_console_s_own(client: httpx.Client) -> None:
    own = {"Host": NAME, "Origin": f"https://{NAME}"}
    assert client.get("/api/v1/health", headers=own).status_code == 200
    for foreign in ({"Host": "evil.example"}, own | {"Origin": "https://evil.example"}):
        assert client.get("/api/v1/health", headers=foreign).status_code == 403


def test_a_screen_s_socket_opens_over_tls(client: httpx.Client) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": str(client.base_url),
    }
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    with client.stream("GET", path, headers=upgrade) as answer:
        assert answer.status_code == 101


def test_a_station_without_a_certificate_does_not_start_on_the_network(data: Path) -> None:
    file = configured(data, 'host = "0.0.0.0"\n')
    done = subprocess.run(
        [sys.executable, "-m", "tram", "station", "--config", str(file)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    for words in ("has errors", "có lỗi", "console.host", "tram keys certificate"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_server_itself_refuses_whatever_a_configuration_says(
    data: Path, tmp_path: Path
) -> None:
    """A name may be another machine's address to the system than to us."""
    shutil.copytree(data / "keys", tmp_path / "data" / "keys")
    config = load(configured(tmp_path / "data", ""))
    station = Station(config, devices_of(config))
    await station.start()
    open_to_all = Console(host="0.0.0.0", port=0)
    try:
        with pytest.raises(InClear) as refused:
            await serve(station, open_to_all, ready=lambda _: pytest.fail("served"))
    finally:
        await station.stop()
    said = {text(lang, refused.value.advice, **refused.value.params) for lang in LANGUAGES}
    assert len(said) == 2
    assert all("0.0.0.0" in words for words in said)
