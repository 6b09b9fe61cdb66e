"""A demo whose region nobody believes says so on the screen, and ends with the reason."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.patience import CEILING_S
from tram.certificates.make import Pair

DEMO = """
import sys; from pathlib import Path; from tram.demo.run import Demo, run
data = Path(sys.argv[1])
sys.exit(run(Demo(1, 60.0, 5, exit=True, headless=True, data=data, patience_s=8.0)))
"""


def ca_without_key_usage(folder: Path) -> None:
    """As mosquitto-tls(7) makes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    Pair(builder.sign(key, hashes.SHA256()), key).write(folder / "ca.pem", folder / "ca.key")


@pytest.mark.timeout(180)
def test_a_demo_whose_ca_lacks_something_says_so_and_ends_with_it(tmp_path: Path) -> None:
    ca_without_key_usage(tmp_path / "region" / "tls")
    done = subprocess.run(
        [sys.executable, "-c", DEMO, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CEILING_S,
    )
    assert done.returncode == 1, done.stderr
    assert "acknowledged=0 missing=" in done.stdout
    screen = " ".join(done.stderr.split())
    why = "TH0417: The CA certificate of 127.0.0.1 has no key usage"
    assert f"s. {why}" in screen.split("missing because:")[0]
    assert f"missing because: {why}" in screen
