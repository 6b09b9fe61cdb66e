"""The region's broker: a real mosquitto with its own configuration, ended by its pid.

Its port is one that the system gives. It can be killed and started again on the same port. With
``tls`` it has a CA of its own.
https://mosquitto.org/man/mosquitto-conf-5.html
"""

from __future__ import annotations

import datetime
import getpass
import ipaddress
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hw.twins.booth import die_with_parent

UP_S = 20.0


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Authority:
    """PEM files: the CA's certificate, and a certificate of 127.0.0.1 with its key."""

    ca: Path
    cert: Path
    key: Path

    @classmethod
    def found(cls, folder: Path) -> Authority:
        """Make a CA and a server's certificate in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tram demo CA")])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        ca = (
            _certificate(ca_name, ca_name, ca_key)
            .add_extension(issuer, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        cert = (
            _certificate(name, ca_name, key)
            .add_extension(issuer, critical=False)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        made = cls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
        made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        made.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return made


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    """RFC 5280 section 4.2.1.3: a CA signs certificates, a server signs its handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs, crl_sign=signs,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


class Broker:
    """``start`` and ``kill`` as often as wanted; ``lines`` are more of its configuration."""

    def __init__(self, folder: Path, *, tls: bool = False, lines: tuple[str, ...] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.host, self.port = "127.0.0.1", free_port()
        self.authority = Authority.found(folder / "tls") if tls else None
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        config = [
            f"listener {self.port} {self.host}",
            f"user {getpass.getuser()}",  # started by root, it would drop to a user of its own
            "allow_anonymous true",
            "persistence false",
            "max_queued_messages 0",
            "log_dest stderr",
            *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
            *lines,
        ]
        if self.authority:
            config += [f"certfile {self.authority.cert}", f"keyfile {self.authority.key}"]
        self._config.write_text("\n".join(config) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run until the port answers. Raises ``RuntimeError`` with the log when it does not."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
        if program is None:
            raise RuntimeError("mosquitto is not installed: setup/apt.txt names the packages")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self._config)],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        until = time.monotonic() + UP_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection((self.host, self.port), 1.0).close()
                return
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{self.log()[-2000:]}")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by its pid, SIGKILL by default, and wait."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace")


@contextmanager
def running(folder: Path, *, tls: bool = False, lines: tuple[str, ...] = ()) -> Iterator[Broker]:
    """A started broker, ended afterwards."""
    broker = Broker(folder, tls=tls, lines=lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
