"""No configuration serves other machines in clear, and what is wrong is said with its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from controller.config import parse
from ground.config import ConfigErrors
from ground.serve.tls import is_loopback
from monitor.config import read
from tram.certificates.pages import Made, make

STATION = """
[station]
code = "TH0417"
name = "Bỉm Sơn"
address = "Nhà văn hoá"
region = "vn/thanh-hoa/bim-son"
[console]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("tls"), "console", ["booth.local"])


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("other"), "console", ["booth.local"])


def booth(**console: object) -> list[str]:
    """What the station says of ``[console]``."""
    lines = "".join(f'{key} = "{value}"\n' for key, value in console.items())
    try:
        parse((STATION + lines).encode())
    except ConfigErrors as error:
        return list(error.lines)
    return []


def region(**web: object) -> list[str]:
    """What the region says of ``[web]``."""
    raw: dict[str, Any] = {k: v if isinstance(v, bool) else str(v) for k, v in web.items()}
    try:
        read({"workers": [["a"]], "web": raw})
    except ConfigErrors as error:
        return list(error.lines)
    return []


both = pytest.mark.parametrize("said", [booth, region])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert booth(host=host) == region(host=host) == []


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.4.1", "fe80::1", "booth.local", "127.1", "localhost.evil"]
)
def test_any_other_host_needs_a_certificate(host: str, made: Made) -> None:
    assert not is_loopback(host)
    (at_the_booth,) = booth(host=host)
    assert at_the_booth.startswith(f'console.host: "{host}" is reached by other machines')
    for what_to_do in ("console.certificate", "tram keys certificate", '"127.0.0.1"'):
        assert what_to_do in at_the_booth
    (at_the_region,) = region(host=host)
    assert at_the_region.startswith(f'web.host: "{host}" is reached by other machines')
    for what_to_do in ("web.certificate", "tram monitor certificate", "behind_proxy = true"):
        assert what_to_do in at_the_region
    pair = {"certificate": made.certificate, "key": made.key}
    assert booth(host=host, **pair) == region(host=host, **pair) == []


@both
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_one_file_without_the_other_is_told(said: Any, made: Made, host: str) -> None:
    (line,) = said(host=host, certificate=made.certificate)
    assert ".key: is missing" in line
    (line,) = said(host=host, key=made.key)
    assert ".certificate: is missing" in line


@both
def test_every_file_that_cannot_be_read_is_told_at_once(said: Any, tmp_path: Path) -> None:
    first, second = said(host="0.0.0.0", certificate=tmp_path / "none", key=tmp_path)
    assert f".certificate: {tmp_path}/none cannot be read (No such file" in first
    assert f".key: {tmp_path} cannot be read (Is a directory)" in second


@both
def test_files_that_are_no_pair_are_told(said: Any, made: Made, other: Made) -> None:
    (line,) = said(certificate=made.certificate, key=other.key)
    assert f".key: {other.key} is the key of another certificate" in line
    (line,) = said(certificate=made.key, key=made.key)
    assert f".certificate: {made.key} holds no PEM certificate" in line
    (line,) = said(certificate=made.certificate, key=made.certificate)
    assert f".key: {made.certificate} holds no PEM private key" in line


@both
def test_a_key_with_a_passphrase_is_told_and_no_terminal_is_asked(
    said: Any, made: Made, tmp_path: Path
) -> None:
    key = load_pem_private_key(made.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    (line,) = said(certificate=made.certificate, key=locked)
    assert "without a passphrase" in line


def test_a_path_of_the_booth_is_absolute() -> None:
    (line,) = booth(host="0.0.0.0", certificate="console.pem", key="/console.key")
    assert line == (
        'console.certificate: must be the absolute path of a PEM file, or "" when there is none '
        '(was "console.pem")'
    )


def test_it_is_told_with_all_other_mistakes() -> None:
    lines = booth(host="0.0.0.0", prot=1)
    assert [line.split(":")[0] for line in lines] == ["console.prot", "console.host"]


def test_a_web_server_before_the_region_s_pages_is_enough() -> None:
    assert region(host="0.0.0.0", behind_proxy=True) == []
    assert region(host="0.0.0.0", behind_proxy=False) != []
    assert region(host="0.0.0.0", behind_proxy="yes") == [
        'web.behind_proxy: must be true or false (was "yes")'
    ]
