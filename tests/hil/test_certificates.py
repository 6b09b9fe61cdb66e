"""Certificates made as the page says, and as people make them elsewhere, at a real mosquitto."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep, time_ns

import pytest

from edge import standing
from edge.config import Uplink
from edge.journal import events as e
from edge.sparkplug.node import Message
from edge.uplink.mqtt import Connected, Ended, Session, peer
from ground.text import LANGUAGES, text
from hw.twins.broker import Broker, running
from monitor.config import Broker as RegionsBroker
from monitor.ingest.broker import BrokerAway, Link
from tests.hil.uplink_booth import CODE, GROUP, Booth
from tests.patience import CEILING_S
from tram.certificates.authority import Authority, Files

REPO = Path(__file__).parents[2]
PAGE = (REPO / "docs" / "certificates.md").read_text(encoding="utf-8")
WILL = Message("spBv1.0/g/NDEATH/n", b"", 1, False)
MTLS = ("require_certificate true", "use_identity_as_username true")


def commands(heading: str) -> str:
    """The page's commands under a heading, as a script; its address is this machine's."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    return re.sub(r"^\$ ", "", block, flags=re.MULTILINE).replace("10.0.0.5", "127.0.0.1")


def run(script: str, folder: Path) -> str:
    """By bash, that ends at the first command that fails."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=CEILING_S,
        env={"PATH": path, "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def broker_of(folder: Path, files: Files, lines: Sequence[str] = ()) -> Iterator[Broker]:
    """A mosquitto that shows ``files`` and asks for certificates of their CA."""
    with running(folder / "broker", tls=files, lines=(f"cafile {files.ca}", *lines)) as broker:
        yield broker


def booth_hears(broker: Broker, ca: Path, **more: object) -> Connected | Ended:
    """What becomes of a booth's session with ``broker``."""
    settings = Uplink(broker.host, broker.port, GROUP, ca=ca, **more)  # type: ignore[arg-type]
    try:
        session = Session(settings, CODE, "secret" if settings.username else None)
        session.open(lambda: WILL)
    except OSError as error:
        return Ended(peer(settings).refused(error))
    until = monotonic() + CEILING_S
    while monotonic() < until:
        session.wait(1.0)
        for event in session.events():
            assert isinstance(event, Connected | Ended)
            session.drop()
            return event
    raise AssertionError("the broker said nothing")


def region_hears(broker: Broker, ca: Path, **more: object) -> str:
    """Why the region is not let in; "" when it is."""
    settings = RegionsBroker(broker.host, broker.port, ca=ca, **more)  # type: ignore[arg-type]
    try:
        link = Link(settings, "tram-0", [GROUP], lambda *_: None, lambda: time_ns() // 1_000_000)
    except BrokerAway as error:
        return str(error)
    link.close()
    return ""


# ---- as the page says --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["With tram", "With openssl"])
def test_what_the_page_says_is_taken_by_openssl_booth_and_region(tmp_path: Path, way: str) -> None:
    run(commands(way), tmp_path)
    assert run(commands("Look before they are handed out"), tmp_path).count(": OK\n") == 4
    ca = tmp_path / "ca"
    files = Files(ca / "ca.pem", ca / "broker.pem", ca / "broker.key")
    with broker_of(tmp_path, files, MTLS) as broker:
        own = {"cert": ca / f"{CODE}.pem", "key": ca / f"{CODE}.key"}
        assert booth_hears(broker, files.ca, **own) == Connected()
        regions = {"cert": ca / "region.pem", "key": ca / "region.key"}
        assert region_hears(broker, files.ca, **regions) == ""
        assert "u'TH0417'" in broker.log()
        assert "u'region'" in broker.log()
        for _ in range(20):  # the broker's words come behind the handshake and are not lost
            without = booth_hears(broker, files.ca)
            assert isinstance(without, Ended)
            assert "wants a certificate of this machine, and it shows none" in str(without.why)
            assert "shows none" in region_hears(broker, files.ca)


def test_the_page_tells_of_every_refusal_that_has_words_of_its_own() -> None:
    for words in (
        "no key usage",
        "no authority key identifier",
        "lacks CA:TRUE or keyCertSign",
        "made for other names",
        "has expired",
        "not valid yet",
        "a CA that is not trusted here",
        "vouches for itself",
        "not made for a server",
    ):
        assert words in PAGE.split("## When one is refused")[1]


# ---- as people make them elsewhere -------------------------------------------------------------

MOSQUITTO_TLS_7 = """
openssl req -new -x509 -days 30 -extensions v3_ca -noenc -subj '/CN=CA' -keyout ca.key -out ca.pem
openssl genrsa -out broker.key 2048
openssl req -out broker.csr -key broker.key -new -subj '/CN=127.0.0.1'
openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out broker.pem -days 30
"""
REQ_X509 = """
openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj '/CN=127.0.0.1' \\
  -addext 'subjectAltName=IP:127.0.0.1' -keyout broker.key -out broker.pem
openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj '/CN=CA' -keyout ca.key -out ca.pem
"""
X509_REQ_WITHOUT_EXTENSIONS = """
openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj '/CN=CA' -keyout ca.key -out ca.pem \\
  -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -new -newkey rsa:2048 -noenc -subj '/CN=127.0.0.1' -keyout broker.key -out broker.csr
openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -days 30 -out broker.pem
"""
SIGNED_BY_NO_CA = """
openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj '/CN=CA' -keyout ca.key -out ca.pem \\
  -config /dev/stdin -extensions end <<END
[req]
distinguished_name = dn
[dn]
[end]
subjectKeyIdentifier = hash
basicConstraints = critical, CA:FALSE
END
openssl req -new -newkey rsa:2048 -noenc -subj '/CN=127.0.0.1' -keyout broker.key -out broker.csr
openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -days 30 -out broker.pem -extfile - <<END
authorityKeyIdentifier = keyid
subjectAltName = IP:127.0.0.1
END
"""


@pytest.mark.parametrize(
    ("made", "lacks", "remedy"),
    [
        (MOSQUITTO_TLS_7, ["has no key usage"], "the new ca.pem to every booth"),
        (REQ_X509, ["vouches for itself"], "Copy ca.pem of the region's CA"),
        # OpenSSL from 3.2 on adds the identifiers by itself; a common name is a name no more.
        (
            X509_REQ_WITHOUT_EXTENSIONS,
            ["has no authority key identifier", "made for other names"],
            "docs/certificates.md",
        ),
        (SIGNED_BY_NO_CA, ["lacks CA:TRUE or keyCertSign"], "the new ca.pem to every booth"),
    ],
    ids=["mosquitto-tls(7)", "req -x509", "x509 -req", "no CA"],
)
def test_an_ordinary_certificate_is_refused_by_booth_and_region_in_the_right_words(
    tmp_path: Path, made: str, lacks: list[str], remedy: str
) -> None:
    run(made, tmp_path)
    files = Files(*(tmp_path / name for name in ("ca.pem", "broker.pem", "broker.key")))
    with broker_of(tmp_path, files) as broker:
        booth, region = booth_hears(broker, files.ca), region_hears(broker, files.ca)
    assert isinstance(booth, Ended)
    for said in (str(booth.why), region):
        assert any(words in said for words in lacks), said
        assert remedy in said


def test_a_self_signed_certificate_that_is_named_itself_is_trusted(tmp_path: Path) -> None:
    """As by Python 3.13: nobody signed it, so nobody's right to sign is looked at."""
    run(REQ_X509, tmp_path)
    itself = tmp_path / "broker.pem"
    with broker_of(tmp_path, Files(itself, itself, tmp_path / "broker.key")) as broker:
        assert booth_hears(broker, itself) == Connected()
        assert region_hears(broker, itself) == ""


# ---- who the broker lets in --------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def uplink(files: Files) -> str:
    return f'cert = "{files.cert}"\nkey = "{files.key}"'


def until(condition: Callable[[], object]) -> None:
    deadline = monotonic() + CEILING_S
    while not condition():
        assert monotonic() < deadline
        sleep(0.05)


def state(booth: Booth) -> standing.Standing | None:
    return standing.read(booth.data / "edge.db")


def test_a_booth_with_its_certificate_is_born_and_one_of_another_ca_is_told_why(
    tmp_path: Path, authority: Authority
) -> None:
    """``tram edge`` by itself: its log, and what it leaves for the station's console."""
    with broker_of(tmp_path, authority.server("broker", ["127.0.0.1"]), MTLS) as broker:
        stranger = Authority(tmp_path / "other").client(CODE)
        booth = Booth(tmp_path / "booth", broker, uplink=uplink(stranger))
        booth.open()
        booth.record(e.StationStarted("0.1.0"))
        try:
            booth.start()
            until(lambda: "does not accept the certificate of this machine" in booth.log())
            until(lambda: state(booth) is not None)
            told = state(booth)
            assert told is not None
            assert not told.connected
            for message in (told.state, told.remedy):
                assert len({text(one, message, **told.params) for one in LANGUAGES}) == 2
            assert booth.end() == 0
            told = state(booth)
            assert told is not None
            assert told.state == standing.STOPPED

            whole = booth.config.read_text().replace(
                uplink(stranger), uplink(authority.client(CODE))
            )
            booth.config.write_text(whole)
            booth.start()
            until(lambda: "born with" in booth.log())
            until(lambda: (now := state(booth)) is not None and now.connected)
            assert f"u'{CODE}'" in broker.log()
        finally:
            booth.close()


def test_a_password_opens_and_a_wrong_one_is_told(tmp_path: Path, authority: Authority) -> None:
    passwords = tmp_path / "passwords"
    for name, mode in ((CODE, "-c -b"), ("region", "-b")):
        run(f"/usr/bin/mosquitto_passwd {mode} {passwords} {name} secret", tmp_path)
    passwords.chmod(0o644)
    files = authority.server("broker", ["127.0.0.1"])
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("secret\n")
    wrong.write_text("another\n")
    lines = (f"password_file {passwords}", "allow_anonymous false")
    with broker_of(tmp_path, files, lines) as broker:
        assert booth_hears(broker, files.ca, username=CODE) == Connected()
        assert region_hears(broker, files.ca, user="region", password_file=secret) == ""
        said = region_hears(broker, files.ca, user="region", password_file=wrong)
        assert "does not let this machine in" in said
        assert "correct broker" in said
        nobody = booth_hears(broker, files.ca, username="TH9999")
        assert isinstance(nobody, Ended)
        assert "does not let this machine in" in str(nobody.why)
        assert "correct uplink" in str(nobody.why)
