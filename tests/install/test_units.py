"""The units of a booth as docs/technician.md installs them: started, looked at, stopped.

Not to be seen here: device policies and memory limits, which a container has no say in. What the
lines of ``DeviceAllow=`` stand on is in tests/system/devices.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.install.container import CEILING_S, ROOTS, TOP, Container, machine_root
from tests.install.technician import CONSOLE as PAGES
from tests.install.technician import Technician, until

UNITS = TOP / "provisioning" / "units"
EXPOSURE = {"tram.service": 2.1, "tram-edge.service": 1.6}
"""systemd-analyze security: what is left open, of 10."""
FLAG = "/run/systemd/timesync/synchronized"
NEWEST = """
import sqlite3
db = sqlite3.connect("file:/var/lib/tram/journal.db?mode=ro", uri=True)
print(*db.execute("SELECT trusted, kind FROM event ORDER BY seq DESC LIMIT 1").fetchone())
"""
CONSOLE = f"""
import urllib.request
print(urllib.request.urlopen({PAGES!r}, timeout=30).status)
"""


def asked(machine: Container, script: str) -> str:
    return machine.run("python3", "-c", script, check=False).stdout.strip()


def shown(machine: Container, unit: str, *properties: str) -> list[str]:
    wanted = [f"--property={name}" for name in properties]
    return machine.run("systemctl", "show", unit, "--value", *wanted).stdout.split()


def uplink_tries(machine: Container) -> None:
    """The uplink starts anew and finds no broker."""
    tries = len(re.findall("Next try", machine.log("tram-edge")))
    machine.sh("systemctl restart tram-edge")
    until(lambda: len(re.findall("Next try", machine.log("tram-edge"))) > tries, "a try")


@pytest.fixture
def machine(booth: Technician) -> Container:
    """The booth runs, the clock is not set."""
    machine = booth.machine
    machine.sh(f"rm -f {FLAG}; systemctl start tram tram-edge")
    until(lambda: asked(machine, CONSOLE) == "200", machine.log("tram"))
    return machine


@contextmanager
def dropped_in(machine: Container, unit: str, line: str) -> Iterator[None]:
    """``line`` is added to the unit, by the hand of who hardens everything that he finds."""
    folder = f"/etc/systemd/system/{unit}.d"
    (machine.root / folder.lstrip("/")).mkdir()
    (machine.root / folder.lstrip("/") / "test.conf").write_text(f"[Service]\n{line}\n")
    machine.sh("systemctl daemon-reload")
    try:
        yield
    finally:
        machine.sh(f"rm -r {folder}; systemctl daemon-reload")


def test_the_station_starts_and_its_console_answers(machine: Container) -> None:
    assert machine.sh("systemctl is-active tram").strip() == "active"
    assert asked(machine, CONSOLE) == "200"


def test_the_newest_row_follows_the_time_service(machine: Container) -> None:
    """The same file at the same place as in the field, under the unit's own sandbox."""
    machine.sh(f"mkdir -p {Path(FLAG).parent}; touch {FLAG}")
    until(lambda: asked(machine, NEWEST) == "1 clock_changed", machine.log("tram"))
    machine.sh(f"rm {FLAG}")
    until(lambda: asked(machine, NEWEST) == "0 clock_changed", machine.log("tram"))
    said = machine.log("tram")
    assert "the clock is set" in said
    assert "nobody vouches for the clock any more" in said


@pytest.mark.parametrize("unit", ["tram", "tram-edge"])
def test_a_sandbox_that_hides_the_clock_ends_the_start_with_advice(
    machine: Container, unit: str
) -> None:
    with dropped_in(machine, f"{unit}.service", "ProtectClock=yes"):
        since = machine.sh("date '+%F %T'").strip()
        machine.sh(f"systemctl restart {unit} || true")

        def said() -> str:
            lines = ["--output=cat", "--no-pager", f"--since={since}"]
            return machine.run("journalctl", f"--unit={unit}", *lines).stdout

        until(lambda: "remove the line ProtectClock=yes" in said(), "advice in English")
        until(lambda: "bỏ dòng ProtectClock=yes" in said(), "advice in Vietnamese")
        assert "clock: adjtimex: Operation not permitted" in said()
        if unit == "tram":
            assert asked(machine, CONSOLE) != "200"
    machine.sh(f"systemctl restart {unit}")
    until(lambda: shown(machine, unit, "ActiveState") == ["active"], f"{unit} again")


def test_the_uplink_tries_for_ever_where_no_broker_is(machine: Container) -> None:
    uplink_tries(machine)
    (process,) = shown(machine, "tram-edge", "MainPID")
    assert "The broker 127.0.0.1" in machine.log("tram-edge")
    assert shown(machine, "tram-edge", "MainPID", "ActiveState") == [process, "active"]


def test_the_uplinks_sandbox_lets_it_see_what_it_tells(machine: Container) -> None:
    """A figure that a sandbox hides would look like one that the machine does not have."""
    look = (
        "from pathlib import Path; from edge.uplink import host; data = Path('/var/lib/tram'); "
        "print('sees', host.station_runs(data / 'journal.db'), host.memory_free_mb(), "
        "host.disk_free_mb(data), host.clock_offset_ms())"
    )
    program = f'ExecStart=\nExecStart=/opt/tram/.venv/bin/python -c "{look}"\nRestart=no'
    with dropped_in(machine, "tram-edge.service", program):
        machine.sh("systemctl restart tram-edge")
        until(lambda: "sees" in machine.log("tram-edge"), "its look")
        (seen,) = re.findall(r"(?m)^sees (.*)$", machine.log("tram-edge"))
    runs, *figures = seen.split()
    assert runs == "True"
    assert all(figure.lstrip("-").isdigit() for figure in figures), seen


def test_both_end_in_order_when_they_are_told_to(machine: Container) -> None:
    uplink_tries(machine)
    machine.sh("systemctl stop tram tram-edge")
    for unit in ("tram", "tram-edge"):
        assert shown(machine, unit, "ExecMainStatus", "Result") == ["success", "0"], unit
    assert machine.run("pgrep", "--uid", "tram", check=False).stdout == "", "nobody is left"


def test_a_station_that_is_killed_is_back_at_once_and_for_ever(machine: Container) -> None:
    """Ten times in a few seconds: more than systemd lets a unit fail by default."""
    for _ in range(10):
        before = shown(machine, "tram", "MainPID")
        machine.sh("systemctl kill --signal=SIGKILL tram")
        until(lambda: shown(machine, "tram", "MainPID") not in ([], ["0"], before), "another one")  # noqa: B023
    until(lambda: asked(machine, CONSOLE) == "200", "the console")


def test_logs_outlive_the_evening(machine: Container) -> None:
    """Though the system's own file, as Raspberry Pi OS has one, keeps them in memory."""
    machine.sh("journalctl --sync")
    kept = machine.sh("journalctl --no-pager --output=cat --unit=tram --directory=/var/log/journal")
    assert "console http://127.0.0.1:8080" in kept


def test_drivers_are_wanted_before_the_station_and_ports_named_by_number(
    machine: Container,
) -> None:
    after = machine.sh("systemctl show tram --property=After --value").split()
    assert {"modprobe@cdc_acm.service", "modprobe@usbserial.service"} <= set(after)
    allowed = machine.sh("systemctl show tram --property=DeviceAllow --value")
    numbers = Path("/proc/devices").read_text()
    for number, name in ((166, "ttyACM"), (188, "ttyUSB")):
        assert f"char-{number} rw" in allowed
        known = re.search(rf"(?m)^ *(\d+) {name}$", numbers)
        assert known is None or int(known[1]) == number


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def debian(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A root of either Debian: systemd 252 and 257 judge differently."""
    folder = ROOTS / f"units.{request.param}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        root = machine_root(request.param, folder)
        for program in ("opt/tram/.venv/bin/tram", "usr/bin/cage"):
            (root / program).parent.mkdir(parents=True, exist_ok=True)
            (root / program).symlink_to("/bin/true")
        for unit in UNITS.glob("tram*.service"):
            shutil.copy(unit, root / "etc" / "systemd" / "system")
        yield root
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def analyzed(root: Path, *words: str) -> str:
    plain = ["env", "SYSTEMD_COLORS=0", "SYSTEMD_URLIFY=0", "systemd-analyze", "--no-pager"]
    done = subprocess.run(
        [TOP / "setup" / "in-root", root, *plain, *words],
        capture_output=True,
        text=True,
        timeout=CEILING_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", sorted(EXPOSURE))
def test_a_unit_leaves_no_more_open_than_it_needs(debian: Path, unit: str) -> None:
    path = f"/etc/systemd/system/{unit}"
    said = analyzed(debian, "security", "--offline=true", path)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert found is not None
    assert float(found[1]) <= EXPOSURE[unit]


@pytest.mark.parametrize("unit", [*sorted(EXPOSURE), "tram-screen.service"])
def test_systemd_finds_nothing_to_say_about_a_unit(debian: Path, unit: str) -> None:
    assert analyzed(debian, "verify", f"/etc/systemd/system/{unit}") == ""
