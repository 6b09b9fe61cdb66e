"""Set-up that is interrupted at any instant: run again, it ends as one that never was.

Set-up is the real one, in a copy of its scripts. The programs that it starts are stand-ins, first
on its PATH, which write what the real ones write, file after file. Before each of their steps, and
before each of the small programs between, one may strike: it ends the set-up by a signal.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.patience import CEILING_S

REPO = Path(__file__).parents[2]
ROOMS = ("ground", "monitor", "plan", "controller", "firmware", "hw", "tram")
BETWEEN = (
    "awk",
    "cat",
    "cut",
    "find",
    "flock",
    "mkdir",
    "mktemp",
    "rm",
    "sha256sum",
    "sort",
    "tar",
    "xargs",
)
"""Programs that set-up takes as they are."""
POLICY = Path("/usr/sbin/policy-rc.d")

STEP = """#!/bin/bash
# Counts the steps of a run; before the one that STRIKE_AT names, SIGNAL hits the set-up: a Ctrl-C
# (INT) all of its processes, as a terminal does, the others its shell alone.
step() {
    local n=1
    set -C # a step's file is made once, also where two programs of a pipe take steps at a time
    until { : >"$STEPS/$n"; } 2>/dev/null; do n=$((n + 1)); done
    set +C
    [ "$n" = "${STRIKE_AT:-}" ] || return 0
    [ "$SIGNAL" != INT ] || kill -s INT -- "-$(/bin/cat "$SETUP")"
    kill -s "$SIGNAL" "$(/bin/cat "$SETUP")"
}
name=${0##*/}
"""
JUST_RUN = """step
exec "$(PATH=$REAL_PATH command -v "$name")" "$@"
"""
AS = {
    "sudo": 'step; exec "$@"',
    "id": "echo 1000",
    "dpkg": "echo amd64",
    "dpkg-query": 'for p; do :; done; /bin/grep -qx "$p" "$INSTALLED" && printf installed',
    # Packages one after another, each starting its service as a maintainer's script does.
    "apt-get": """step
    for option; do case $option in DPkg::Path=*) export PATH=${option#*=}:$PATH ;; esac; done
    while [ $# -gt 0 ] && [ "$1" != install ]; do shift; done
    for package in "${@:2}"; do
        step; deb-systemd-invoke start "$package"; step; echo "$package" >>"$INSTALLED"
    done""",
    "deb-systemd-invoke": 'echo "$2" >>"$STARTED"',
    "python3.13": """[ "$1" = --version ] && echo Python 3.13.5
    [ "$1 $2" = "-m venv" ] || exit 0
    /bin/rm -rf .venv; step
    /bin/mkdir -p .venv/bin .venv/lib; step
    /bin/cp "$STAND_INS/python-of-venv" .venv/bin/python; step""",
    # pip, which takes a package whose metadata is there for a whole one: as the real one does.
    "python-of-venv": """while [ $# -gt 0 ]; do case $1 in
    install) for part in metadata code script; do
            for file in "${@: -1}"; do
                at=.venv/lib/${file##*/}
                [ $part != metadata ] || [ ! -e "$at" ] || exit 0
                step; /bin/mkdir -p "$at"; echo $part >"$at/$part"
            done
        done; exit ;;
    wheel) step; while [ "$1" != --wheel-dir ]; do shift; done; echo whl >"$2/tram-1.whl"; exit ;;
    uninstall) step; exit ;;
    *) shift ;; esac; done""",
}


class Machine:
    """A copy of the set-up, and the stand-ins of a machine that has nothing yet."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tram"
        self.tree.mkdir(parents=True)
        for part in ("setup", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
            copy = shutil.copytree if (REPO / part).is_dir() else shutil.copy
            copy(REPO / part, self.tree / part)
        for room in (*ROOMS, "edge/sparkplug"):
            (self.tree / room).mkdir(parents=True)
        shutil.copy(REPO / "edge" / "sparkplug" / "sparkplug_b.proto", self.tree / "edge/sparkplug")
        self.stand_ins = folder / "bin"
        self.stand_ins.mkdir()
        for name, does in {**AS, **dict.fromkeys(BETWEEN, JUST_RUN)}.items():
            (self.stand_ins / name).write_text(f"{STEP}{does}\n")
            (self.stand_ins / name).chmod(0o755)
        self.folder = folder

    def set_up(
        self, strike_at: int | None = None, sent: signal.Signals = signal.SIGKILL
    ) -> tuple[int, str]:
        """Run it; its exit code (negative: the signal that ended it) and what it said."""
        shutil.rmtree(self.folder / "steps", ignore_errors=True)
        (self.folder / "steps").mkdir()
        environment = {
            "PATH": f"{self.stand_ins}:/usr/sbin:/usr/bin:/sbin:/bin",
            "REAL_PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "STAND_INS": str(self.stand_ins),
            "STEPS": str(self.folder / "steps"),
            "SETUP": str(self.folder / "setup.pid"),
            "INSTALLED": str(self.folder / "installed"),
            "STARTED": str(self.folder / "started"),
            "STRIKE_AT": str(strike_at or ""),
            "SIGNAL": sent.name.removeprefix("SIG"),
        }
        (self.folder / "installed").touch()
        done = subprocess.run(
            ["bash", "-c", f'echo $$ >"$SETUP"; exec {self.tree}/setup/install booth'],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CEILING_S,
            start_new_session=True,
        )
        return done.returncode, done.stderr

    def steps(self) -> int:
        """How many steps the last run took."""
        return len(list((self.folder / "steps").iterdir()))

    def content(self) -> dict[str, str]:
        """Every file of the tree, and the packages of the machine."""
        files = {
            str(path.relative_to(self.tree)): path.read_text() if path.is_file() else ""
            for path in self.tree.rglob("*")
            if path.name != ".made-from"  # speaks of the folder itself, too
        }
        return {**files, "installed": " ".join(sorted(set(self.installed())))}

    def installed(self) -> list[str]:
        return (self.folder / "installed").read_text().split()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("undisturbed"))
    code, said = machine.set_up()
    assert code == 0, said
    return machine


def test_set_up_does_all_of_it_and_the_second_time_nothing(undisturbed: Machine) -> None:
    assert "espeak-ng" in undisturbed.installed()
    assert "chromium" not in undisturbed.installed()
    content = undisturbed.content()
    assert content[".venv/lib/booth.txt/script"] == content[".venv/lib/tram-1.whl/script"]
    assert undisturbed.set_up() == (0, "")
    assert undisturbed.content() == content


def test_no_package_starts_its_service(undisturbed: Machine) -> None:
    assert undisturbed.installed()
    assert not (undisturbed.folder / "started").exists()


@pytest.mark.parametrize(
    ("sent", "every"), [(signal.SIGKILL, 1), (signal.SIGTERM, 3), (signal.SIGINT, 3)]
)
def test_interrupted_before_any_step_it_is_put_right_by_the_next_run(
    undisturbed: Machine, tmp_path: Path, sent: signal.Signals, every: int
) -> None:
    policy = POLICY.read_bytes() if POLICY.exists() else None
    fresh = Machine(tmp_path / "all")
    assert fresh.set_up()[0] == 0
    for strike_at in range(1, fresh.steps() + 1, every):
        machine = Machine(tmp_path / str(strike_at))
        code, said = machine.set_up(strike_at, sent)
        assert code != 0, f"step {strike_at}: {said}"
        assert (POLICY.read_bytes() if POLICY.exists() else None) == policy
        code, said = machine.set_up()
        assert code == 0, f"after step {strike_at}: {said}"
        assert machine.content() == undisturbed.content(), f"after step {strike_at}"
        assert not (machine.folder / "started").exists()
        shutil.rmtree(machine.folder)
