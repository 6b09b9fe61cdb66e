"""The booth that setup/test-on-arm64 set up from a folder: a technician's first steps at it.

The program is the installed one; the devices are twins, started by the tests' own Python.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from hw.twins.booth import Booth

TRAM = Path(os.environ.get("TRAM_INSTALLED", "/opt/tram/.venv/bin/tram"))
PASSPHRASE = {"TRAM_PASSPHRASE": "giấy bút mực thước"}
PEOPLE = """\
Số CCCD;Họ và tên;Ngày sinh;Giới tính;Thôn
026190000101;Nguyễn Thị Hồng Hạnh;12/03/1990;nữ;Đồng Tâm
;Đỗ Văn Toàn;1985;nam;Gò Đình
"""

pytestmark = pytest.mark.skipif(
    platform.machine() != "aarch64" or not TRAM.exists(),
    reason="no booth is set up on an arm64 machine here: make test-arm64 does both",
)


def tram(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRAM, *arguments],
        input=said,
        env=os.environ | PASSPHRASE,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A booth's folder with keys and roster."""
    folder = tmp_path_factory.mktemp("booth")
    region = str(pyrage.x25519.Identity.generate().to_public())
    made = tram("keys", "create", "--data", str(folder), "--region", region, "--operator", "OP1")
    assert "OP1 can unlock" in made.stdout, made.stderr
    return folder


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    booth = Booth(tmp_path_factory.mktemp("dev"), speed=1.0, seed=1)
    try:
        booth.start_all()
        yield booth
    finally:
        booth.end_all()


def test_a_roster_is_imported(data: Path) -> None:
    done = tram("roster", "import", "-", "--data", str(data), said=PEOPLE)
    assert done.returncode == 0, done.stderr
    assert (data / "roster.age").read_bytes().startswith(b"age-encryption.org/")
    assert "2" in done.stdout


def test_every_device_is_found(data: Path, devices: Booth, tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    where = {name: devices.port(name) for name in ("pico", "fingerprint", "scanner", "camera")}
    where["camera"] = f"twin:{where['camera']}"
    ports = "\n".join(f'{name} = "{port}"' for name, port in where.items())
    config.write_text(
        f'[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "Thanh Hoá"\n'
        f'region = "vn/thanh-hoa/bim-son"\n[devices]\n{ports}\n[paths]\ndata = "{data}"\n',
        encoding="utf-8",
    )
    done = tram("station", "--check", "--config", str(config))
    assert done.returncode == 0, done.stdout + done.stderr
