"""What ``tram fleet`` says to a wrong argument, and to a machine that is too small."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import CEILING_S
from tram.fleet.loop import descriptors_of


def fleet(
    *arguments: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tram", "fleet", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=CEILING_S, preexec_fn=before
    )


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--broker", "localhost"), "HOST:PORT"),
        (("--broker", "localhost:0"), "HOST:PORT"),
        (("--broker", "localhost:1", "--ca", "/nowhere.pem"), "/nowhere.pem is not there"),
        (("--broker", "localhost:1", "--stations", "10000"), "more --groups"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_is_right(
    arguments: tuple[str, ...], advice: str
) -> None:
    done = fleet(*arguments)
    assert done.returncode == 2
    assert advice in " ".join(done.stderr.replace("│", " ").split())


def test_too_few_open_files_are_said_before_anything_is_begun(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))

    done = fleet(
        "--broker",
        "127.0.0.1:1",
        "--stations",
        "800",
        "--processes",
        "1",
        "--data",
        str(tmp_path / "fleet"),
        before=limit,
    )
    assert done.returncode == 1
    assert f"{descriptors_of(800)} open files are needed" in done.stderr
    assert not (tmp_path / "fleet").exists()
