"""The Pico's image: an own one is taken as it is, and one that is not there is named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

REPO = Path(__file__).parents[2]


def pico_image(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REPO / "setup" / "pico-image"],
        env=os.environ | {"PICO_IMAGE": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_image_of_ones_own_is_taken(tmp_path: Path) -> None:
    image = tmp_path / "firmware.bin"
    image.write_bytes(b"\x00" * 256)
    done = pico_image(image)
    assert (done.returncode, done.stdout) == (0, f"{image}\n")


def test_an_image_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = pico_image(tmp_path / "away.bin")
    assert done.returncode == 1
    assert str(tmp_path / "away.bin") in done.stderr
    assert done.stdout == ""
