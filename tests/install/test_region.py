"""docs/region.md on a blank machine, line by line as it is written, on both Debians; then a booth.

The lines of the page's blocks are run as they stand, by root; only what a person answers is given:
a password. What the network would tell, the broker's name, is in /etc/hosts.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.install.container import ROOTS, TOP, Container, booted, machine_root, put_tree
from tests.install.page import Page
from tests.patience import CEILING_S

PAGE = Page(TOP / "docs" / "region.md")
SETTING_UP = "## Setting it up"
BROKER, CODE, GROUP = "mqtt.vn-thanh-hoa.example", "TH0417", "vn-thanh-hoa"
PASSWORD = "correct horse battery"
STATION = f"""
[station]
code = "{CODE}"
name = "Bỉm Sơn"
address = "12 Trần Phú"
region = "vn/thanh-hoa/bim-son"
[devices]
camera = "picamera2:"
[paths]
data = "/var/lib/booth"
"""
JOURNAL = f"""
from ground.clock import SystemClock
from edge.journal.events import StationStarted
from edge.journal.store import Journal
from pathlib import Path
journal = Journal(Path("/var/lib/booth/journal.db"), "{CODE}", SystemClock())
journal.append(StationStarted("0.1.0"))
journal.close()
"""
LOOK = f"""
import http.cookiejar, json, sys, urllib.parse, urllib.request
region = "http://127.0.0.1:8081"
who = {{"name": "lan", "password": "{PASSWORD}"}}
cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
browser = urllib.request.build_opener(cookies)
browser.open(region + "/signin", urllib.parse.urlencode(who | {{"next": "/"}}).encode(), 30)
if sys.argv[1] == "wall":
    print(browser.open(region + "/?lang=en", timeout=30).read().decode())
else:
    print(browser.open(region + "/api/v1/booths", timeout=30).read().decode())
"""


class Region:
    """The machine on which the page is followed."""

    def __init__(self, machine: Container) -> None:
        self.machine = machine
        self.said: dict[str, str] = {}
        """What each line has printed."""

    def follow(self, heading: str, typed: Callable[[str], str] = str) -> None:
        """Type the section's lines, each as ``typed``; every one of them has to work."""
        lines = [typed(line) for line in PAGE.commands(heading)]
        assert lines, f"{heading} has no line to type"
        for line in lines:
            began = time.monotonic()
            done = self.machine.run(
                "bash", "-c", line, folder="/root", input=f"{PASSWORD}\n{PASSWORD}\n", check=False
            )
            took = time.monotonic() - began
            print(f"{done.returncode}  {took:6.1f} s  # {line}")  # pytest -rP shows it
            self.said[line] = done.stdout
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    def waits_for(self, true: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + CEILING_S
        while not true():
            log = self.machine.log("tram-monitor")[-3000:]
            assert time.monotonic() < until, f"waited in vain for {what}:\n{log}"
            time.sleep(0.2)

    def looks(self, at: str) -> str:
        """What lan sees; "" while there is nothing to see."""
        return self.machine.run("python3", "-c", LOOK, at, check=False).stdout

    def active(self, unit: str = "tram-monitor") -> bool:
        return self.machine.sh(f"systemctl is-active {unit} || true").strip() == "active"

    def modes(self, folder: str) -> dict[str, str]:
        said = self.machine.sh(f"stat -c '%n %a %U' {folder} {folder}/*")
        return {name: f"{mode} {owner}" for name, mode, owner in map(str.split, said.splitlines())}


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def region(request: pytest.FixtureRequest) -> Iterator[Region]:
    """Set up as the page says, from a blank machine; its booth has begun to report."""
    root = machine_root(request.param, ROOTS / f"test_region.{request.param}")
    put_tree(root, "/opt/tram")
    with (root / "etc" / "hosts").open("a") as hosts:
        hosts.write(f"127.0.0.1 localhost {BROKER}\n")
    try:
        with booted(root, network=True) as machine:
            made = Region(machine)
            for heading in ("The program", "Its configuration and its key", "The broker", "Start"):
                made.follow(f"### {heading}")
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_every_section_of_the_page_is_followed() -> None:
    followed = [
        "The program",
        "Its configuration and its key",
        "The broker",
        "Start",
        "A booth",
        "Copies",
        "PostgreSQL",
    ]
    typed = [one for one in PAGE.sections(SETTING_UP) if PAGE.commands(one)]
    assert typed == [f"### {heading}" for heading in followed]


def test_the_region_runs_as_its_own_user_and_keeps_everything_to_itself(region: Region) -> None:
    region.waits_for(region.active, "the unit")
    region.waits_for(lambda: "[]" in region.looks("booths"), "pages")
    owner = region.machine.sh("stat -c %U /proc/$(systemctl show -P MainPID tram-monitor)")
    assert owner.strip() == "tram-monitor"
    modes = region.modes("/var/lib/tram-monitor")
    assert modes.pop("/var/lib/tram-monitor") == "700 tram-monitor"
    assert "/var/lib/tram-monitor/region.db-wal" in modes
    assert set(modes.values()) == {"600 tram-monitor"}
    secrets = {**region.modes("/etc/tram"), **region.modes("/etc/mosquitto/tram")}
    others = [
        name
        for name, mode in secrets.items()
        if name.count("/") > 2 and not mode.split()[0].endswith("0")
    ]
    assert others == []


def test_the_unit_is_right_and_closed(region: Region) -> None:
    for unit in ("tram-monitor.service", "tram-back-up.service"):
        folder = "units" if unit == "tram-monitor.service" else "region"
        file = f"/opt/tram/provisioning/{folder}/{unit}"
        said = region.machine.sh(f"systemd-analyze verify {file} 2>&1")
        assert said == ""
        told = region.machine.sh(f"systemd-analyze security --offline=true {file} || true")
        exposure = re.search(r"exposure level for \S+: ([0-9.]+)", told)
        assert exposure is not None
        assert float(exposure[1]) <= 1.6


def test_a_booth_with_its_certificate_is_a_tile_on_the_wall(region: Region) -> None:
    region.follow("### A booth")
    public = next(said for line, said in region.said.items() if line.startswith("tram monitor key"))
    key = re.search(r'command_key = "([0-9a-f]{64})"', public)
    assert key is not None
    (uplink,) = PAGE.blocks("### A booth", "toml")
    booth = region.machine.root / "etc" / "tram" / "booth"
    booth.mkdir()
    of_page = uplink.replace("…", key[1]).replace("/etc/tram/", "/etc/tram/booth/")
    (booth / "station.toml").write_text(STATION + of_page)
    for file, named in (
        (f"{CODE}.pem", "station.pem"),
        (f"{CODE}.key", "station.key"),
        ("ca.pem", "ca.pem"),
    ):
        shutil.copy(region.machine.root / "root" / "tram-ca" / file, booth / named)
    region.machine.sh("mkdir -p /var/lib/booth")
    region.machine.run("/opt/tram/.venv/bin/python", "-c", JOURNAL)
    region.machine.sh(
        "systemd-run --quiet --unit=booth tram edge --config /etc/tram/booth/station.toml"
    )
    region.waits_for(lambda: f'"{CODE}"' in region.looks("booths"), "the booth's birth")
    region.waits_for(lambda: CODE in region.looks("wall"), "its tile")
    broker = region.machine.sh("journalctl --no-pager -u mosquitto; cat /var/log/mosquitto/*.log")
    assert f"as {CODE} (" in broker
    assert "u'region'" in broker
    assert " ended (" not in region.machine.log("tram-monitor")  # every part of it runs


def test_whatever_of_it_is_killed_runs_again(region: Region) -> None:
    def main_process() -> str:
        return region.machine.sh("systemctl show -P MainPID tram-monitor").strip()

    def is_another(before: str) -> bool:
        return main_process() not in ("0", before)

    for _ in range(6):  # more often than systemd's limit, were there one
        before = main_process()
        region.machine.sh("systemctl kill --signal=KILL tram-monitor")
        region.waits_for(partial(is_another, before), "another main process")
    region.waits_for(lambda: CODE in region.looks("wall"), "the wall again")


def test_a_copy_is_taken_and_brought_back_as_the_page_says(region: Region) -> None:
    region.follow("### Copies")
    copies = region.modes("/var/backups/tram")
    assert copies.pop("/var/backups/tram") == "700 tram-monitor"
    assert copies
    assert set(copies.values()) == {"600 tram-monitor"}
    region.waits_for(lambda: CODE in region.looks("wall"), "the booth in what was brought back")
    timers = region.machine.sh("systemctl list-timers --all --no-pager")
    assert "tram-back-up.timer" in timers


def test_the_region_moves_to_postgresql_as_the_page_says(region: Region) -> None:
    region.follow("### PostgreSQL")
    region.waits_for(lambda: f'"{CODE}"' in region.looks("booths"), "the booth in PostgreSQL")
    assert "dump" in " ".join(region.modes("/var/backups/tram"))
    log = region.machine.log("tram-monitor")
    assert "Traceback" not in log
    assert "unforeseen" not in log


def test_a_store_that_is_gone_is_told_once_with_the_server_s_words(region: Region) -> None:
    region.machine.sh("systemctl stop postgresql")
    region.waits_for(
        lambda: "the store is away" in region.machine.log("tram-monitor"), "the reason"
    )
    region.machine.sh("systemctl start postgresql")
    region.waits_for(
        lambda: "the store answers again" in region.machine.log("tram-monitor"), "its end"
    )
    log = region.machine.log("tram-monitor").splitlines()
    said = [line for line in log if "the store is away" in line]
    # Three programs tell it, at each change of the reason: ending, gone, starting.
    assert len(said) <= 3 * 4
    words = ("/var/run/postgresql/.s.PGSQL.5432", "terminating connection", "server closed")
    assert [line for line in said if not any(word in line for word in words)] == []
