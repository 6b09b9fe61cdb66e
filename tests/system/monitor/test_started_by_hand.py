"""``tram monitor`` started by hand, from wherever its user happens to be."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from hw.twins.broker import free_port
from tests.patience import CEILING_S


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder in which modules of our names lie: a parent folder of a clone, or a trap."""
    folder = tmp_path / "elsewhere"
    for package in ("tram", "monitor", "edge", "ground", "msgspec"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text(
            f'raise SystemExit("the {package} of the working directory was run")\n'
        )
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "new" / "region.db"


@pytest.fixture
def said(tmp_path: Path, elsewhere: Path, store: Path) -> Iterator[Path]:
    """Its log, once its pages answer; under the loosest of masks."""
    port, log = free_port(), tmp_path / "log"
    command = [
        sys.executable,
        "-P",
        "-m",
        "tram",
        "monitor",
        "--db",
        f"sqlite:///{store}",
        "--groups",
        "vn-thanh-hoa",
        "--broker",
        f"127.0.0.1:{free_port()}",
        "--port",
        str(port),
    ]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=elsewhere, umask=0, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        deadline = time.monotonic() + CEILING_S
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield log
    finally:
        process.terminate()
        process.wait(CEILING_S)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/signin", timeout=CEILING_S):
            return True
    except OSError:
        return False


def test_no_module_of_the_working_directory_is_run_and_its_files_are_its_user_s_alone(
    said: Path, store: Path
) -> None:
    assert "of the working directory" not in said.read_text()
    modes = {
        file.name: file.stat().st_mode & 0o777 for file in (store.parent, *store.parent.iterdir())
    }
    assert modes.pop("new") == 0o700
    assert "region.db-wal" in modes
    assert set(modes.values()) == {0o600}
