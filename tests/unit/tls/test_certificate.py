"""The certificate a technician makes: for the right names, comparable, its key nobody else's."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ground.error import InputError
from ground.text import text
from tram.certificates.pages import make

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_it_is_for_the_names_given_and_the_machine_itself(tmp_path: Path) -> None:
    made = make(tmp_path / "keys", "console", ["Booth.local", "192.168.4.1", "fd00::1"], NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["booth.local", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ip_address(address) for address in ("192.168.4.1", "fd00::1", "127.0.0.1")
    ]


def test_it_lasts_as_long_as_apple_s_devices_take_and_is_valid_on_a_slow_clock(
    tmp_path: Path,
) -> None:
    made = make(tmp_path, "console", ["booth.local"], NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert start == NOW - timedelta(days=1)
    assert end == made.until
    assert end - start + timedelta(seconds=1) == timedelta(days=825)  # both ends count


def test_the_key_is_its_owner_s_alone_also_when_it_replaces_one_that_was_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "console.key").write_text("old")
    (tmp_path / "console.key").chmod(0o644)
    made = make(tmp_path, "console", ["booth.local"], NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    key = load_pem_private_key(made.key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert key.public_key() == certificate.public_key()


def test_the_fingerprint_is_that_of_what_a_browser_is_sent(tmp_path: Path) -> None:
    made = make(tmp_path, "console", ["booth.local"], NOW)
    sent = ssl.PEM_cert_to_DER_cert(made.certificate.read_text())
    assert made.fingerprint.replace(":", "").lower() == sha256(sent).hexdigest()
    assert len(made.fingerprint.split(":")) == 32


@pytest.mark.parametrize(
    "name", ["", "0.0.0.0", "::", "booth_1", "https://booth.local", "192.168.4", "bìm-sơn.local"]
)
def test_what_no_browser_opens_is_refused_in_both_languages(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as refused:
        make(tmp_path, "console", ["booth.local", name], NOW)
    said = {text(language, refused.value.advice, name=name) for language in ("vi", "en")}
    assert len(said) == 2
    assert list(tmp_path.iterdir()) == []
