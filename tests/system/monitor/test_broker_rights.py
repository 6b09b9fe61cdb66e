"""The region's broker under the very files that docs/region.md installs: who may do what on it.

A real mosquitto; certificates as `tram monitor ca` makes them: a booth's common name is its code.
"""

from __future__ import annotations

import getpass
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hw.twins.broker import free_port
from monitor.config import read
from monitor.host import state
from monitor.rights import rights
from tests.patience import CEILING_S
from tram.certificates.authority import Authority

REPO = Path(__file__).parents[3]
CONFIGURATION = REPO / "provisioning" / "region" / "mosquitto.conf"
PASSWORD = "of the region alone"
SETTINGS = read({"workers": [["vn-thanh-hoa"], ["vn-quang-tri"]]})
HOME = "spBv1.0/vn-thanh-hoa"


# ---- the broker --------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    authority: Authority
    tls_port: int
    own_port: int
    log: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """mosquitto as Debian starts it, with our file in its conf.d: only paths and ports differ."""
    folder = tmp_path_factory.mktemp("broker")
    authority = Authority(folder / "authority")
    tls_port, own_port = free_port(), free_port()
    tram, conf_d = folder / "tram", folder / "conf.d"
    tram.mkdir()
    conf_d.mkdir()
    shutil.copy(authority.ca, tram / "ca.pem")
    files = authority.server("broker", ["127.0.0.1"])
    shutil.copy(files.cert, tram / "broker.pem")
    shutil.copy(files.key, tram / "broker.key")
    (tram / "rights").write_text(rights(SETTINGS))
    (tram / "passwords").write_text(f"region:{PASSWORD}\n")
    subprocess.run(["mosquitto_passwd", "-U", tram / "passwords"], check=True)
    for secret in tram.iterdir():
        secret.chmod(0o600)
    ours = CONFIGURATION.read_text().replace("/etc/mosquitto/tram", str(tram))
    ours = ours.replace("listener 8883", f"listener {tls_port}")
    ours = ours.replace("listener 1883", f"listener {own_port}")
    (conf_d / "tram.conf").write_text(ours)
    log = folder / "log"
    debian = [  # /etc/mosquitto/mosquitto.conf of Debian's package
        "persistence true",
        f"persistence_location {folder}/",
        f"include_dir {conf_d}",
        f"user {getpass.getuser()}",
        "log_dest stderr",
    ]
    (folder / "mosquitto.conf").write_text("\n".join(debian) + "\n")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin") or "mosquitto"
    with log.open("wb") as file:
        broker = subprocess.Popen([program, "-c", folder / "mosquitto.conf"], stderr=file)
    made = Site(authority, tls_port, own_port, log)
    try:
        until(lambda: _answers(tls_port) and _answers(own_port), log.read_text)
        yield made
    finally:
        broker.terminate()
        broker.wait(CEILING_S)
    assert not (folder / "mosquitto.db").exists()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def until(true: Any, told: Any = str) -> None:
    deadline = time.monotonic() + CEILING_S
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


class Guest:
    """A client and what it was told; ``topics`` are listened to from the start."""

    def __init__(self, client: Client, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.codes: list[str] = []
        self.ended = threading.Event()
        self._published: set[int] = set()
        self._subscribed = threading.Event()
        self.client = client
        client.on_connect = lambda _c, _u, _f, code, _p: self.codes.append(str(code))
        client.on_disconnect = lambda *_: self.ended.set()
        client.on_message = self._hear
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_publish = lambda _c, _u, mid, _r, _p: self._published.add(mid)
        client.connect("127.0.0.1", port, keepalive=30)
        client.loop_start()
        until(lambda: self.codes or self.ended.is_set())

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))

    def listen(self, *topics: str) -> None:
        self._subscribed.clear()
        self.client.subscribe([(topic, 1) for topic in topics])
        assert self._subscribed.wait(CEILING_S)

    def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Until the broker has answered: it answers what it throws away, too."""
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        until(lambda: mid in self._published or self.ended.is_set())

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def client(name: str, will: str | None = None) -> Client:
    made = Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        clean_session=True,
        protocol=MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    if will is not None:
        made.will_set(will, b"dead", qos=1)
    return made


@contextmanager
def booth(
    site: Site,
    code: str,
    *,
    calls_itself: str | None = None,
    will: str | None = None,
    authority: Authority | None = None,
) -> Iterator[Guest]:
    made = client(calls_itself or code, will)
    files = (authority or site.authority).client(code)
    context = ssl.create_default_context(cafile=site.authority.ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(files.cert, files.key)
    made.tls_set_context(context)
    guest = Guest(made, site.tls_port)
    try:
        yield guest
    finally:
        guest.close()


@pytest.fixture
def host(site: Site) -> Iterator[Guest]:
    """The region's worker: hears everything that it may hear."""
    made = client("tram-tram-0")
    made.username_pw_set("region", PASSWORD)
    guest = Guest(made, site.own_port)
    assert guest.codes == ["Success"]
    guest.listen("#")
    yield guest
    guest.close()


# ---- what a booth may --------------------------------------------------------------------


def test_a_booth_speaks_under_its_own_name_and_hears_its_commands(site: Site, host: Guest) -> None:
    with booth(site, "TH0417") as one:
        one.listen(f"{HOME}/NCMD/TH0417", f"{HOME}/DCMD/TH0417/camera", "spBv1.0/STATE/tram-0")
        one.say(f"{HOME}/NBIRTH/TH0417")
        one.say(f"{HOME}/DDATA/TH0417/camera")
        until(lambda: len(host.heard) == 2)
        assert host.topics() == [f"{HOME}/NBIRTH/TH0417", f"{HOME}/DDATA/TH0417/camera"]
        host.say(f"{HOME}/NCMD/TH0417", b"rebirth")
        host.say(state.topic("tram-0"), state.birth(1))
        until(lambda: len(one.heard) == 2)
        assert one.topics() == [f"{HOME}/NCMD/TH0417", state.topic("tram-0")]


def test_a_booth_that_is_cut_off_is_told_dead_by_the_broker(site: Site, host: Guest) -> None:
    with booth(site, "TH0417", will=f"{HOME}/NDEATH/TH0417") as one:
        assert one.codes == ["Success"]
        _cut(one)
        until(lambda: (f"{HOME}/NDEATH/TH0417", b"dead") in host.heard)


def test_a_region_on_another_machine_comes_in_by_its_certificate(site: Site) -> None:
    with booth(site, "region", calls_itself="tram-tram-0") as host, booth(site, "TH0417") as one:
        host.listen("#")
        one.listen(f"{HOME}/NCMD/TH0417")
        one.say(f"{HOME}/NBIRTH/TH0417")
        until(lambda: host.topics() == [f"{HOME}/NBIRTH/TH0417"])
        host.say(f"{HOME}/NCMD/TH0417")
        until(lambda: one.topics() == [f"{HOME}/NCMD/TH0417"])


# ---- and what not ------------------------------------------------------------------------


def test_what_a_booth_says_under_another_name_reaches_nobody(site: Site, host: Guest) -> None:
    with booth(site, "TH0417") as one:
        for topic in (
            f"{HOME}/NBIRTH/TH0418",
            f"{HOME}/DDATA/TH0418/camera",
            f"{HOME}/NDEATH/TH0418",
            "spBv1.0/vn-ha-noi/NBIRTH/TH0417",
            "spBv1.0/STATE/tram-0",
            f"{HOME}/NCMD/TH0418",
            f"{HOME}/NCMD/TH0417",
            "elsewhere",
        ):
            one.say(topic, b"forged")
        one.say(f"{HOME}/NDATA/TH0417", b"own")
        until(lambda: host.heard)
        assert host.heard == [(f"{HOME}/NDATA/TH0417", b"own")]


def test_a_booth_hears_nothing_of_others(site: Site, host: Guest) -> None:
    with booth(site, "TH0417") as curious, booth(site, "TH0418") as other:
        curious.listen("#", "spBv1.0/#", f"{HOME}/NCMD/TH0418", f"{HOME}/NBIRTH/+", "$SYS/#")
        other.say(f"{HOME}/NBIRTH/TH0418", b"of the other")
        host.say(f"{HOME}/NCMD/TH0418", b"for the other")
        host.say(f"{HOME}/NCMD/TH0417", b"for it")
        until(lambda: curious.heard)
        assert set(curious.heard) == {(f"{HOME}/NCMD/TH0417", b"for it")}


def test_a_will_in_another_s_name_reaches_nobody(site: Site, host: Guest) -> None:
    with (
        booth(site, "TH0419") as witness,
        booth(site, "TH0417", will=f"{HOME}/NDEATH/TH0418") as liar,
    ):
        _cut(liar)
        until(lambda: _is_gone(site, "TH0417"))
        witness.say(f"{HOME}/NDATA/TH0419", b"afterwards")
        until(lambda: host.heard)
    assert host.heard == [(f"{HOME}/NDATA/TH0419", b"afterwards")]


def _cut(guest: Guest) -> None:
    """No DISCONNECT: the broker has to speak its will."""
    held = guest.client.socket()
    assert isinstance(held, socket.socket)
    held.shutdown(socket.SHUT_RDWR)


def _is_gone(site: Site, name: str) -> bool:
    """Whether the broker has noticed, by its log's last word of ``name``."""
    said = [line for line in site.log.read_text().splitlines() if f" {name} " in f"{line} "]
    return "closed its connection" in said[-1] or "disconnected" in said[-1]


def test_a_booth_cannot_throw_out_another_one_by_its_client_id(site: Site, host: Guest) -> None:
    with (
        booth(site, "TH0418") as honest,
        booth(site, "TH0417", calls_itself="TH0418") as one,
        booth(site, "TH0419", calls_itself="tram-tram-0") as two,
    ):
        one.say(f"{HOME}/NDATA/TH0417")
        two.say(f"{HOME}/NDATA/TH0419")
        honest.say(f"{HOME}/NDATA/TH0418")
        until(lambda: len(host.heard) == 3)
        assert not honest.ended.is_set()
        assert not host.ended.is_set()


def test_without_a_certificate_nobody_comes_in(site: Site) -> None:
    made = client("TH0417")
    made.tls_set_context(ssl.create_default_context(cafile=site.authority.ca))
    with suppress(OSError):  # TLS 1.3 tells it with the first answer, or the connection is cut
        guest = Guest(made, site.tls_port)
        assert guest.ended.is_set()
        assert guest.codes in ([], ["Unspecified error"])
        guest.close()


def test_a_certificate_of_another_authority_does_not_come_in(site: Site, tmp_path: Path) -> None:
    with suppress(OSError), booth(site, "TH0417", authority=Authority(tmp_path / "other")) as guest:
        assert guest.ended.is_set()
        assert "Success" not in guest.codes


@pytest.mark.parametrize("credentials", [None, ("region", "guessed"), ("TH0417", PASSWORD)])
def test_the_region_s_own_listener_wants_its_password(
    site: Site, credentials: tuple[str, str] | None
) -> None:
    made = client("tram-tram-0")
    if credentials is not None:
        made.username_pw_set(*credentials)
    guest = Guest(made, site.own_port)
    assert guest.codes == ["Not authorized"]
    guest.close()


def test_the_region_s_own_listener_is_this_machine_s_alone(site: Site) -> None:
    with socket.socket() as other:  # not taken on any other address
        other.bind(("127.0.0.2", site.own_port))


def test_a_message_beyond_the_limit_reaches_nobody(site: Site, host: Guest) -> None:
    with booth(site, "TH0417") as one:
        one.say(f"{HOME}/NDATA/TH0417", bytes(200_000))
        until(lambda: host.heard)
        one.say(f"{HOME}/NDATA/TH0417", bytes(300_000))
        until(one.ended.is_set)
    with booth(site, "TH0417") as again:
        again.say(f"{HOME}/NDATA/TH0417", b"last")
        until(lambda: len(host.heard) == 2)
    assert [len(payload) for _, payload in host.heard] == [200_000, 4]


def test_mosquitto_warns_of_nothing_but_of_what_is_meant(site: Site) -> None:
    warned = [line for line in site.log.read_text().splitlines() if "Warning" in line]
    as_root = "should not be run as root"  # by this test, not by Debian's unit
    assert [line.partition("Warning: ")[2] for line in warned if as_root not in line] == [
        "ACL pattern 'spBv1.0/STATE/+' does not contain '%c' or '%u'."
    ]
