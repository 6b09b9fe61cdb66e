"""A busy booth around the machine: what it needs inside comes up by itself after each power cut.

Inside are the station and its uplink as the technician installed them. The devices' twins, the
papers on the table and the crowd are outside and keep their power, so what they have seen is a
witness. Pico, sensor and scanner are on the machine's USB bus as serial adapters, which the units
allow to the station as they do in the field; the camera's twin and the operators' console are
reached through the machine's own network, which goes nowhere else.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pyrage import x25519

from controller.vault import keys
from hw.twins.booth import Booth, die_with_parent
from tests.patience import CEILING_S
from tests.vm.machine import Machine
from tram.demo.booth import DESKS, OPERATOR

CODE = "QT0001"
DATA = "/var/lib/tram/line"
CITIZENS, SEED = 400, 11
SPEED = 20.0
"""Of people; the station's own times are those of real life."""
TWINS_SPEED = 1.0
"""A quicker Pico's watchdog is quicker, too: a busy host would reset it."""
SERIAL = ("pico", "fingerprint", "scanner")
HERE, CAMERA_AT, CONSOLE_AT = "10.0.2.15", "10.0.2.100:5000", 8081
UPLINK = '\n[uplink]\nhost = "127.0.0.1"\nport = 1\ntls = false\n'
"""A broker that is not there: the uplink tries for ever, and writes what it would report."""
PATIENCE_S = 4 * CEILING_S
_PYTHON = "/opt/tram/.venv/bin/python"
_PROXY = "/usr/lib/systemd/systemd-socket-proxyd"

_PREPARE = f"""\
from pathlib import Path
from tram.demo.booth import Booth, prepare
prepare(Booth(Path({DATA!r}), {CITIZENS}, 1.0, {SEED}, port=8080, code={CODE!r},
              uplink={UPLINK!r}))
"""
"""In the machine itself: how hard scrypt is made is measured where the passphrase is made."""

_FILES = {
    "network/10-line.network": f"[Match]\nType=ether\n[Network]\nAddress={HERE}/24\n",
    "system/line-clock.service": """\
[Service]
Type=oneshot
ExecStart=/bin/mkdir -p /run/line
ExecStart=/bin/touch /run/line/synchronized
[Install]
WantedBy=multi-user.target
""",
    "system/line-camera.socket": """\
[Socket]
ListenStream=/run/line-camera
[Install]
WantedBy=sockets.target
""",
    "system/line-camera.service": f"[Service]\nExecStart={_PROXY} {CAMERA_AT}\n",
    "system/line-console.socket": f"""\
[Socket]
ListenStream={HERE}:{CONSOLE_AT}
FreeBind=yes
[Install]
WantedBy=sockets.target
""",
    "system/line-console.service": f"[Service]\nExecStart={_PROXY} 127.0.0.1:8080\n",
}


def furnish(machine: Machine) -> None:
    """Set the line up in a machine that is up. It begins at the next start."""
    by_id = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_"
    links = {name: f"{by_id}{name}-if00-port0" for name in SERIAL}
    links |= {"camera": "/run/line-camera", "time": "/run/line"}
    link = "; ".join(f"ln -sfn {target} {DATA}/dev/{name}" for name, target in links.items())
    machine.sh(
        "systemctl stop tram tram-edge; "
        f"install -d -o tram -g tram {DATA} {DATA}/dev /run/line; {link}"
    )
    machine.run(_PYTHON, "-c", _PREPARE, user="tram", folder="/opt/tram")
    machine.sh(f"install -m 644 {DATA}/station.toml /etc/tram/station.toml")
    for name, text in _FILES.items():
        machine.put(f"/etc/systemd/{name}", text)
    machine.sh(
        "systemctl daemon-reload; "
        "systemctl enable -q systemd-networkd line-clock line-camera.socket line-console.socket; "
        "sync"
    )


def wiring(twins: Booth) -> list[str]:
    """QEMU's options for what is plugged into the machine."""
    relay = f"{sys.executable} {Path(__file__).with_name('relay.py')} {twins.port('camera')}"
    words = [
        *("-device", "qemu-xhci,id=usb"),
        *("-device", "virtio-net-pci,netdev=outside,romfile="),
        "-netdev",
        f"user,id=outside,restrict=on,hostfwd=tcp:127.0.0.1:0-{HERE}:{CONSOLE_AT},"
        f"guestfwd=tcp:{CAMERA_AT}-cmd:{relay}",
    ]
    for name in SERIAL:
        terminal = Path(twins.port(name)).resolve()
        words += ["-chardev", f"serial,id={name},path={terminal}"]
        words += ["-device", f"usb-serial,chardev={name},serial={name},bus=usb.0"]
    return words


def console(machine: Machine) -> str:
    """Where the operators' console is reached from outside."""
    listed = machine.qmp("human-monitor-command", **{"command-line": "info usernet"})
    (port,) = re.findall(
        rf"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+.*\b{CONSOLE_AT}\b", listed
    )
    return f"http://127.0.0.1:{port}"


def usable(address: str) -> bool:
    """Whether somebody at the console gets its page."""
    try:
        return httpx.get(address, timeout=10.0).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def crowd(
    machine: Machine, twins: Booth, data: Path, told: Path, *, last: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Operators and people, from when the console is there. ``last``: nobody comes in any more,
    and it ends when everybody inside was served. ``data`` is a copy of what people know."""
    address = console(machine)
    machine.until(lambda: usable(address), "the operators' console", PATIENCE_S)
    command = [
        *(sys.executable, str(Path(__file__).with_name("crowd.py")), "--api", address),
        *("--folder", str(twins.folder), "--told", str(told)),
        *("--citizens", str(CITIZENS), "--speed", str(SPEED), "--seed", str(SEED)),
        *("--today", (data / "demo.day").read_text().strip(), "--desks", str(DESKS)),
        *("--operator", OPERATOR, *(["--last"] if last else [])),
    ]
    with told.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env={"TRAM_PASSPHRASE": passphrase(data), "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(CEILING_S)


def passphrase(data: Path) -> str:
    return (data / "demo.passphrase").read_text().strip()


def unlocked(data: Path) -> keys.Keys:
    """What the operator's passphrase opens."""
    return keys.unlock(data, OPERATOR, passphrase(data))


def region(data: Path) -> x25519.Identity:
    """What the region opens its packets with; the demo's lies beside its keys."""
    lines = (data / "region.key").read_text().splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    return x25519.Identity.from_str(line)


def told(file: Path) -> list[dict[str, object]]:
    """What the screen showed so far, oldest first; a line that the cut went through is none."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines]
