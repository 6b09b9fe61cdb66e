"""Programs for arm64 on a machine that is none: known to the kernel there alone, or exit 77."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from tests.install.container import TOP

EMULATED = TOP / "setup" / "emulated"
REGISTERED = Path("/proc/sys/fs/binfmt_misc")
NO_MORE_NAMESPACES = "echo 0 >/proc/sys/user/max_user_namespaces"

pytestmark = pytest.mark.skipif(
    platform.machine() == "aarch64", reason="an arm64 machine emulates nothing"
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_commands_result_is_its_own() -> None:
    assert run(EMULATED, "sh", "-c", "exit 5").returncode == 5


def test_the_machine_knows_nothing_of_it() -> None:
    before = sorted(REGISTERED.iterdir())
    within = run(EMULATED, "ls", REGISTERED)
    assert within.stdout.split() == ["register", "status", "tram-arm64"]
    assert sorted(REGISTERED.iterdir()) == before


def test_a_machine_that_cannot_says_why_and_what_to_install() -> None:
    script = f"{NO_MORE_NAMESPACES}; exec {EMULATED} true"
    done = run("unshare", "--user", "--map-root-user", "bash", "-c", script)
    assert done.returncode == 77, done.stderr
    assert "SKIPPED: this machine cannot run programs for arm64" in done.stderr
    assert "apt-get install" in done.stderr
