"""A certificate that is not accepted is named with what it lacks and how it is made anew."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.refused import Peer, Refused
from edge.trust import client_context
from ground.text import LANGUAGES, text
from tests.unit.certificates.shaking import serving, shaken
from tram.certificates.make import Pair, authority, client, server

HOST = "127.0.0.1"
PEER = Peer(HOST, 8883, "uplink")
NOW = datetime.now(UTC).replace(microsecond=0)
KEY_OF_CA = ec.generate_private_key(ec.SECP256R1())
CA_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ordinary CA")])
CA_TRUE, CA_FALSE = (x509.BasicConstraints(one, None) for one in (True, False))
SKI = x509.SubjectKeyIdentifier.from_public_key(KEY_OF_CA.public_key())
AKI = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY_OF_CA.public_key())
NAMES = (
    server([HOST]).certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
)


def usage(signs: bool) -> x509.KeyUsage:
    pair = authority("CA") if signs else server([HOST])
    return pair.certificate.extensions.get_extension_for_class(x509.KeyUsage).value


def signed(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: tuple[x509.ExtensionType, bool]
) -> Pair:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(CA_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Pair(builder.sign(KEY_OF_CA, hashes.SHA256()), key)


def a_ca(*extensions: tuple[x509.ExtensionType, bool]) -> Pair:
    return signed(CA_NAME, KEY_OF_CA, *extensions)


def an_end(*extensions: tuple[x509.ExtensionType, bool]) -> Pair:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    key = ec.generate_private_key(ec.SECP256R1())
    return signed(name, key, (NAMES, False), *extensions)


GOOD_CA = a_ca((SKI, False), (CA_TRUE, True), (usage(signs=True), True))


def without_authority_key_identifier() -> tuple[Pair, Pair]:
    return GOOD_CA, an_end()


def of_a_ca_without_key_usage() -> tuple[Pair, Pair]:
    return a_ca((SKI, False), (CA_TRUE, True)), an_end((AKI, False))


def of_a_ca_without_subject_key_identifier() -> tuple[Pair, Pair]:
    return a_ca((CA_TRUE, True), (usage(signs=True), True)), an_end((AKI, False))


def of_a_ca_that_may_not_sign() -> tuple[Pair, Pair]:
    return a_ca((SKI, False), (CA_TRUE, True), (usage(signs=False), True)), an_end((AKI, False))


def of_one_that_is_no_ca() -> tuple[Pair, Pair]:
    return a_ca((SKI, False), (CA_FALSE, True)), an_end((AKI, False))


def of_a_ca_whose_constraints_are_not_critical() -> tuple[Pair, Pair]:
    ca = a_ca((SKI, False), (CA_TRUE, False), (usage(signs=True), True))
    return ca, an_end((AKI, False))


def for_clients() -> tuple[Pair, Pair]:
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return GOOD_CA, an_end((AKI, False), (purpose, False))


def for_another_address() -> tuple[Pair, Pair]:
    ca = authority("CA")
    return ca, server(["10.0.0.5"], ca)


def expired() -> tuple[Pair, Pair]:
    ca = authority("CA", NOW - timedelta(days=1000))
    return ca, server([HOST], ca, NOW - timedelta(days=900))


def not_valid_yet() -> tuple[Pair, Pair]:
    ca = authority("CA")
    return ca, server([HOST], ca, NOW + timedelta(days=3))


def of_an_unknown_ca() -> tuple[Pair, Pair]:
    return authority("CA"), server([HOST], authority("another CA"))


def of_a_ca_made_anew() -> tuple[Pair, Pair]:
    return authority("CA"), server([HOST], authority("CA"))


def self_signed() -> tuple[Pair, Pair]:
    return authority("CA"), server([HOST])


CASES: dict[Callable[[], tuple[Pair, Pair]], tuple[str, str]] = {
    without_authority_key_identifier: ("no authority key identifier", "tram monitor ca"),
    of_a_ca_without_key_usage: ("no key usage", "gives the new ca.pem to every booth"),
    of_a_ca_without_subject_key_identifier: ("no subject key identifier", "new ca.pem"),
    of_a_ca_that_may_not_sign: ("lacks CA:TRUE or keyCertSign", "new ca.pem"),
    of_one_that_is_no_ca: ("lacks CA:TRUE or keyCertSign", "new ca.pem"),
    of_a_ca_whose_constraints_are_not_critical: ("not critical", "new ca.pem"),
    for_clients: ("not made for a server", "tram monitor ca"),
    for_another_address: ("made for other names", "Set uplink.host to a name"),
    expired: ("has expired", "whether the clock of this machine is right: it says 20"),
    not_valid_yet: ("is not valid yet", "whether the clock of this machine is right: it says 20"),
    of_an_unknown_ca: ("of a CA that is not trusted here", "set uplink.ca to it"),
    of_a_ca_made_anew: ("of a CA that is not trusted here", "set uplink.ca to it"),
    self_signed: ("vouches for itself", "set uplink.ca to it"),
}


@pytest.mark.parametrize("made", CASES, ids=lambda made: made.__name__)
def test_a_broker_whose_certificate_is(
    tmp_path: Path, made: Callable[[], tuple[Pair, Pair]]
) -> None:
    ca, end = made()
    ca.write(tmp_path / "ca.pem", tmp_path / "ca.key")
    end.write(tmp_path / "cert.pem", tmp_path / "key.pem")
    serves = serving(tmp_path / "cert.pem", tmp_path / "key.pem")
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        shaken(client_context(tmp_path / "ca.pem"), serves, HOST)
    lacks, remedy = CASES[made]
    told = PEER.refused(refused.value)
    assert lacks in told.problem.format(**told.params)
    assert remedy in told.remedy.format(**told.params)
    assert_in_both_languages(told)


def assert_in_both_languages(told: Refused) -> None:
    for message in (told.problem, told.remedy):
        said = {text(language, message, **told.params) for language in LANGUAGES}
        assert len(said) == len(LANGUAGES)


class Ends:
    """A broker that wants certificates of its CA, and its booths."""

    def __init__(self, folder: Path) -> None:
        self.ca = authority("CA")
        self.folder = folder
        self.ca.write(folder / "ca.pem", folder / "ca.key")
        server([HOST], self.ca).write(folder / "cert.pem", folder / "key.pem")
        self.serves = serving(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")

    def refused(self, booth: Pair | None) -> Refused:
        cert = key = None
        if booth is not None:
            cert, key = self.folder / "booth.pem", self.folder / "booth.key"
            booth.write(cert, key)
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = client_context(self.folder / "ca.pem", cert, key)
        ours = context.wrap_bio(to_client, to_server, server_hostname=HOST)
        theirs = self.serves.wrap_bio(to_server, to_client, server_side=True)
        for turn in (ours.do_handshake, theirs.do_handshake, ours.do_handshake):
            with suppress(ssl.SSLWantReadError):
                turn()
        with pytest.raises(ssl.SSLError):
            theirs.do_handshake()
        with pytest.raises(ssl.SSLError) as raised:
            ours.read()
        return PEER.refused(raised.value)


@pytest.mark.parametrize(
    ("booth", "problem"),
    [
        (lambda _: None, "wants a certificate of this machine, and it shows none"),
        (lambda _: client("TH0417", authority("another")), "does not accept the certificate of"),
        (lambda ca: server(["booth.local"], ca), "does not accept the certificate of"),
        (
            lambda ca: client("TH0417", ca, NOW - timedelta(days=900)),
            "does not accept the certificate of",
        ),
    ],
    ids=["none", "of another CA", "for servers", "expired"],
)
def test_a_booth_s_own_certificate_that_the_broker_refuses(
    tmp_path: Path, booth: Callable[[Pair], Pair | None], problem: str
) -> None:
    ends = Ends(tmp_path)
    told = ends.refused(booth(ends.ca))
    assert problem in told.problem
    assert "set uplink.cert and uplink.key" in str(told)
    assert_in_both_languages(told)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "is not known"),
        (TimeoutError("timed out"), "no answer in time"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/etc/tram/ca.pem"), "/etc/tram/ca.pem"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "the broker closed it"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset"), "the broker closed it"),
        (ValueError("odd"), "odd"),
    ],
)
def test_what_is_no_certificate_s_fault_is_told_as_what_it_is(error: Exception, word: str) -> None:
    told = PEER.refused(error)
    assert word in str(told)
    assert "certificate of" not in str(told)
    assert_in_both_languages(told)


@pytest.mark.parametrize("told", [PEER.not_let_in("Not authorized"), PEER.ended("no answer")])
def test_what_the_broker_says_is_told(told: Refused) -> None:
    assert told.params["reason"] in str(told)
    assert_in_both_languages(told)


def test_a_port_without_tls_is_told(tmp_path: Path) -> None:
    server([HOST]).write(tmp_path / "cert.pem", tmp_path / "key.pem")
    came, gone = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client_context(tmp_path / "cert.pem").wrap_bio(came, gone, server_hostname=HOST)
    came.write(b"\x20\x02\x00\x05")  # a CONNACK of MQTT in clear
    came.write(b"\x00" * 20)
    with pytest.raises(ssl.SSLError) as raised:
        ours.do_handshake()
    told = PEER.refused(raised.value)
    assert "speaks no TLS on port 8883" in str(told)
    assert_in_both_languages(told)
