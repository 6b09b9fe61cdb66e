"""What the maker makes, the strictest verifier takes; its keys are their owner's alone."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.trust import STRICT, UnusableFile, client_context
from ground.error import InputError
from ground.text import text
from tests.unit.certificates.shaking import serving, shaken
from tram.certificates import make
from tram.certificates.authority import Authority, for_broker


@pytest.mark.parametrize("host", ["broker.region.example", "10.0.0.5", "fd00::1", "127.0.0.1"])
def test_a_broker_s_certificate_is_taken_under_each_of_its_names(tmp_path: Path, host: str) -> None:
    names = ("Broker.region.example", "10.0.0.5", "fd00::1", "127.0.0.1")
    files = Authority(tmp_path).server("broker", names)
    shaken(client_context(files.ca), serving(files.cert, files.key), host)


def test_a_booth_shows_its_certificate_and_a_strict_broker_takes_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    broker, booth = authority.server("broker", ["127.0.0.1"]), authority.client("TH0417")
    ours = client_context(booth.ca, booth.cert, booth.key)
    shaken(ours, serving(broker.cert, broker.key, clients_of=broker.ca), "127.0.0.1")


def test_each_certificate_has_what_rfc_5280_wants_of_it(tmp_path: Path) -> None:
    authority = make.authority("CA")
    ends = [make.server(["b.example"], authority), make.client("TH0417", authority)]
    for pair in (authority, *ends, make.server(["booth.local"])):
        extensions = pair.certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        signs = pair is authority
        assert constraints.critical
        assert constraints.value.ca is signs
        assert usage.critical
        assert (usage.value.key_cert_sign, usage.value.digital_signature) == (signs, not signs)
        assert not extensions.get_extension_for_class(x509.SubjectKeyIdentifier).critical
        assert not extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).critical
    for end in ends:
        end.certificate.verify_directly_issued_by(authority.certificate)


def test_every_client_s_context_is_as_strict_as_python_3_13_is_by_itself(tmp_path: Path) -> None:
    files = for_broker(tmp_path)
    for context in (client_context(), client_context(files.ca, files.cert, files.key)):
        assert context.verify_flags & STRICT == STRICT
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.check_hostname


def test_a_ca_is_kept_and_what_it_signed_is_made_anew(tmp_path: Path) -> None:
    first = for_broker(tmp_path)
    before = [path.read_bytes() for path in (first.ca, first.cert)]
    again = for_broker(tmp_path)
    assert again.ca.read_bytes() == before[0]
    assert again.cert.read_bytes() != before[1]
    shaken(client_context(first.ca), serving(again.cert, again.key), "127.0.0.1")


def test_keys_are_their_owner_s_alone_and_certificates_everybody_s(tmp_path: Path) -> None:
    for_broker(tmp_path / "ca")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "ca").iterdir()}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "broker.pem": 0o644, "broker.key": 0o600}


def test_nothing_outlives_the_ca(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = make.authority("CA", now - make.CA_VALID + timedelta(days=30))
    end = make.server(["b.example"], authority, now)
    assert end.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc


def _expired(folder: Path) -> None:
    Authority(folder, datetime.now(UTC) - make.CA_VALID - timedelta(days=2))


def _without_key(folder: Path) -> None:
    for_broker(folder)
    (folder / "ca.key").unlink()


def _of_another(folder: Path) -> None:
    for_broker(folder)
    make.authority("CA").write(folder / "other.pem", folder / "ca.key")


def _damaged(folder: Path) -> None:
    for_broker(folder)
    (folder / "ca.pem").write_text("no certificate")


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (_expired, "has expired"),
        (_without_key, "there is no ca.key"),
        (_of_another, "no pair"),
        (_damaged, "are damaged"),
    ],
)
def test_a_folder_without_a_ca_that_can_be_used_is_refused_and_left_as_it_is(
    tmp_path: Path, harm: object, word: str
) -> None:
    assert callable(harm)
    harm(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError) as refused:
        for_broker(tmp_path)
    said = [text(one, refused.value.advice, **refused.value.params) for one in ("en", "vi")]
    assert word in said[0]
    assert word not in said[1].replace("ca.key", "")
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["", "../TH0417", "a/b", ".hidden", "x" * 65, "tên"])
def test_a_name_that_cannot_be_a_file_s_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Authority(tmp_path).client(name)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    files, other = for_broker(tmp_path / "a"), for_broker(tmp_path / "b")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for arguments, named in (
        ((tmp_path / "no.pem",), "no.pem"),
        ((empty,), "empty.pem"),
        ((files.ca, files.cert, other.key), "broker.key"),
        ((files.ca, empty, files.key), "empty.pem"),
    ):
        with pytest.raises(UnusableFile) as raised:
            client_context(*arguments)
        assert Path(str(raised.value.filename)).name == named
        assert named in str(raised.value)
