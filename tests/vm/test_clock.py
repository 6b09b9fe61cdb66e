"""A clock that nobody vouches for, as a Pi's is at every start, and the network that sets it."""

from __future__ import annotations

import time

from tests.vm.booth import Booth

AHEAD_S = 3 * 86400
FLAG = "/run/systemd/timesync/synchronized"
OURS = "/run/systemd/timesyncd.conf.d/test.conf"
NEWEST = """
import sqlite3
db = sqlite3.connect("file:/var/lib/tram/journal.db?mode=ro", uri=True)
print(*db.execute("SELECT trusted, kind, at FROM event ORDER BY seq DESC LIMIT 1").fetchone())
"""


def test_the_network_sets_the_clock_and_the_station_says_so(booth: Booth) -> None:
    """Debian's systemd-timesyncd, unchanged, asks a time server and steps the clock."""
    machine = booth.machine
    assert not booth.state()["clock_trusted"]
    assert "the clock is not set yet" in machine.log("tram")
    assert machine.run("test", "-e", FLAG, check=False).returncode == 1
    before = int(machine.sh("date +%s"))
    booth.run_on(
        "time-server", "/usr/bin/python3", "-I", booth.place("time_server.py"), str(AHEAD_S)
    )
    machine.put(OURS, "[Time]\nNTP=127.0.0.1\n")
    machine.sh("systemctl restart systemd-timesyncd")
    machine.until(lambda: booth.state()["clock_trusted"], f"{machine.log('systemd-timesyncd')}")
    assert machine.sh(f"stat --format=%U {FLAG}").strip() == "systemd-timesync"
    assert int(machine.sh("date +%s")) - before >= AHEAD_S
    assert "the clock is set" in machine.log("tram")
    trusted, kind, at = machine.run("python3", "-c", NEWEST).stdout.split()
    assert (trusted, kind) == ("1", "clock_changed")
    assert int(at) / 1000 - time.time() > AHEAD_S / 2, "dated by the clock that was set"
