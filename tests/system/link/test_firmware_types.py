"""The firmware is typed against the stubs of the port it runs on."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.system.link.firmware_types import ROOT, check


def test_the_firmware_fits_the_rp2_port() -> None:
    result = check()
    assert result.returncode == 0, result.stdout


def test_a_call_that_the_rp2_port_lacks_is_found(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware"
    shutil.copytree(ROOT / "firmware", firmware)
    lights = firmware / "lights.py"
    lights.write_text(lights.read_text().replace("machine.Pin.OUT", "machine.Pin.OUTPUT"))
    result = check(firmware)
    assert result.returncode == 1
    assert 'has no attribute "OUTPUT"' in result.stdout
