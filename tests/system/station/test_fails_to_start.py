"""A station that cannot serve its console ends: a unit starts it again, a person reads why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.hil.premises import OWN_PORT, Keyring, configuration_text
from tests.patience import CEILING_S

REPO = Path(__file__).parents[3]


def test_a_station_whose_console_is_damaged_ends_instead_of_standing_there(tmp_path: Path) -> None:
    data, damaged = tmp_path / "data", tmp_path / "damaged" / "nicegui"
    Keyring.cut(tmp_path / "keyring").furnish(data, [])
    config = tmp_path / "station.toml"
    config.write_text(configuration_text(data, {}, 1.0, OWN_PORT))
    damaged.mkdir(parents=True)
    (damaged / "__init__.py").write_text("")  # as a set-up that was cut off may leave it

    done = subprocess.run(
        [sys.executable, "-m", "tram", "station", "--config", str(config)],
        env=os.environ | {"PYTHONPATH": f"{damaged.parent}:{REPO}"},
        cwd=REPO,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CEILING_S,
        check=False,
    )

    assert done.returncode != 0
    assert "console" not in done.stdout
    assert "unforeseen: ImportError" in done.stderr
    assert "starts again" not in done.stderr
