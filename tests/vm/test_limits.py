"""Memory at its end: each part has its limit, nothing of people is swapped, the booth goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vm.booth import Booth

UNITS = "/sys/fs/cgroup/system.slice"
EDGE_MAX = 96 << 20
KILLED = 137
"""128 + SIGKILL: what a shell says of a program that the kernel has killed."""
EAT = "import sys; kept = [b'x' * (1 << 20) for _ in range(int(sys.argv[1]))]"
"""Takes memory bit by bit: more than there is, in one piece, is refused at once."""


def eat(booth: Booth, mb: int, cgroup: str = "") -> int:
    """A program in a cgroup takes so much memory and writes to all of it. Its exit code.

    Not among the guest agent's own: systemd ends a service that lost a process in this way.
    """
    move = f"echo $BASHPID >{UNITS}/{cgroup}/cgroup.procs; " if cgroup else ""
    script = f'( {move}exec python3 -I -S -c "$1" {mb} ); echo $?'
    run = ("systemd-run", "--quiet", "--pipe", "--wait", "--property=OOMPolicy=continue")
    return int(booth.machine.run(*run, "bash", "-c", script, "eat", EAT).stdout)


def main_pid(booth: Booth, unit: str) -> str:
    return booth.machine.sh(f"systemctl show {unit} --property=MainPID --value").strip()


def test_an_uplink_at_its_limit_is_cut_and_comes_back_and_the_station_does_not_notice(
    booth: Booth,
) -> None:
    machine = booth.machine
    station = main_pid(booth, "tram")
    assert int(machine.sh(f"cat {UNITS}/tram-edge.service/memory.max")) == EDGE_MAX
    ends = int(machine.sh(f"grep -w oom_kill {UNITS}/tram-edge.service/memory.events").split()[1])
    assert eat(booth, 300, "tram-edge.service") == KILLED
    machine.until(lambda: "oom-kill" in machine.log("tram-edge"), "systemd has noticed")
    machine.until(
        lambda: (
            machine.run("systemctl", "is-active", "tram-edge", check=False).stdout == "active\n"
        ),
        "the uplink again",
    )
    assert ends == 0
    assert main_pid(booth, "tram") == station
    assert booth.answers()


def test_a_machine_without_memory_ends_what_took_it_and_not_the_station(booth: Booth) -> None:
    station = main_pid(booth, "tram")
    assert eat(booth, 4000) == KILLED
    assert main_pid(booth, "tram") == station
    assert booth.answers()


@pytest.fixture
def swap(booth: Booth) -> Iterator[None]:
    """A swap file, as a system brings one that nobody has looked at."""
    make = "dd if=/dev/zero of=/swap bs=1M count=64 status=none; chmod 600 /swap; mkswap -q /swap"
    booth.machine.sh(f"{make}; swapon /swap")
    yield
    booth.machine.sh("swapoff /swap; rm /swap")


def test_not_a_page_of_the_station_is_swapped_though_others_are(booth: Booth, swap: None) -> None:
    def swapped_of(unit: str) -> int:
        folder = f"{UNITS}/{unit}"
        # Whether all of it could be reclaimed is another question, and the answer is no.
        booth.machine.sh(f"echo 24M >{folder}/memory.reclaim || true")
        return int(booth.machine.sh(f"cat {folder}/memory.swap.current"))

    assert swapped_of("tram-edge.service") > 0, "this kernel swaps"
    assert booth.machine.sh(f"cat {UNITS}/tram.service/memory.swap.max").strip() == "0"
    assert swapped_of("tram.service") == 0
    assert booth.answers()
