"""What hangs is started again: the station by systemd, systemd by the machine's watchdog."""

from __future__ import annotations

from pathlib import Path

from tests.vm.booth import Booth
from tests.vm.image import image
from tests.vm.machine import Machine

DEVICE = ("-device", "i6300esb", "-action", "watchdog=reset")


def test_a_station_that_hangs_is_started_again(booth: Booth) -> None:
    machine = booth.machine
    hung = machine.sh("systemctl show tram --property=MainPID --value").strip()
    machine.sh(f"kill -STOP {hung}")
    machine.until(
        lambda: (
            machine.sh("systemctl show tram --property=MainPID --value").strip() not in ("0", hung)
        ),
        "another one",
    )
    booth.console_answers()
    assert "Watchdog timeout" in machine.log("tram")


def test_a_machine_whose_systemd_hangs_is_reset_and_goes_on_by_itself(tmp_path: Path) -> None:
    """A crashed PID 1 stands still for ever (systemd(1), CrashAction=freeze): services run on,
    nothing is started any more, the evening's power-off never comes."""
    with Machine(image(), tmp_path, options=DEVICE, paced=True) as machine:
        machine.power_on()
        machine.wait_up()
        held = "readlink /proc/1/fd/* | grep -q ^/dev/watchdog"
        machine.until(
            lambda: machine.run("bash", "-c", held, check=False).returncode == 0,
            "systemd holds the watchdog, whose driver udev loads",
        )
        machine.sh("kill -SEGV 1")
        machine.event("WATCHDOG")
        machine.wait_off()
        # PID 1 speaks to the journal; the kernel says that it froze and let go of the watchdog.
        assert "watchdog did not stop" in machine.console()
        machine.power_on()
        machine.wait_up()
        Booth(machine).console_answers()
