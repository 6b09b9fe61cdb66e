"""A USB cable inside the machine: what a twin offers as a pty is plugged in as a USB device.

    cable.py NAME UDC KIND PORT [SERIAL]

The kernel's ``dummy_hcd`` is a USB controller whose other end is a gadget of the same kernel, so
everything between is real: enumeration, udev's names, the serial driver, hang-ups. While the pty
PORT is there, the device is plugged in; when its twin takes it away, it is pulled out.

KIND: ``pico`` is MicroPython on a Pico (CDC ACM); ``adapter`` a cheap USB serial adapter
(``usbserial``'s generic driver), which has no serial number where none is given.
https://docs.kernel.org/usb/gadget_configfs.html, gadget-testing.rst there (acm, gser).
"""

from __future__ import annotations

import functools
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path

GADGETS = Path("/sys/kernel/config/usb_gadget")
LANGUAGE = "0x409"
LOOK_AGAIN_S = 0.02
READ_MAX = 4096
# Vendor and product of MicroPython on rp2 (its mpconfigport.h); 0525:a4a6 is the kernel's own
# serial gadget, which no driver but the generic one asks for.
KINDS = {
    "pico": ("acm", "0x2e8a", "0x0005", "MicroPython", "Board in FS mode"),
    "adapter": ("gser", "0x0525", "0xa4a6", "1a86", "USB Serial"),
}


class Gadget:
    """A described USB device, not plugged in yet."""

    def __init__(self, name: str, udc: str, kind: str, serial: str) -> None:
        function, vendor, product, maker, title = KINDS[kind]
        self._udc = udc
        self._folder = GADGETS / name
        self._folder.mkdir(exist_ok=True)
        strings = self._folder / "strings" / LANGUAGE
        strings.mkdir(exist_ok=True)  # one that was described before, in this boot
        self.pull()
        self._set("idVendor", vendor)
        self._set("idProduct", product)
        (strings / "manufacturer").write_text(maker)
        (strings / "product").write_text(title)
        if serial:
            (strings / "serialnumber").write_text(serial)
        (self._folder / "configs" / "c.1").mkdir(exist_ok=True)
        made = self._folder / "functions" / f"{function}.{name}"
        made.mkdir(exist_ok=True)
        link = self._folder / "configs" / "c.1" / made.name
        if not link.is_symlink():
            link.symlink_to(made)
        self.tty = f"/dev/ttyGS{(made / 'port_num').read_text().strip()}"

    def plug(self) -> None:
        self._set("UDC", self._udc)

    def pull(self) -> None:
        if (self._folder / "UDC").read_text().strip():
            self._set("UDC", "\n")

    def _set(self, name: str, value: str) -> None:
        (self._folder / name).write_text(value)


def carry(ends: tuple[int, int], retune: Callable[[], None]) -> None:
    """Bytes both ways until the first of them, the twin's, hangs up. What one end does not take
    is not read from the other. ``retune`` is called before the twin gets what was sent."""
    waiting = {end: b"" for end in ends}
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    while True:
        reads = [end for end in ends if not waiting[other[end]]]
        writes = [end for end in ends if waiting[end]]
        readable, writable, _ = select.select(reads, writes, [])
        try:
            for end in writable:
                waiting[end] = waiting[end][os.write(end, waiting[end]) :]
            for end in readable:
                data = os.read(end, READ_MAX)
                if not data and end == ends[0]:
                    return
                if end == ends[1]:
                    retune()
                waiting[other[end]] += data
        except BlockingIOError:
            continue
        except OSError:
            return


def copy_rate(udc: str, twin: int) -> None:
    """An adapter sends at the rate that its port is set to, and a twin looks at its pty's rate.

    The gadget is not told, so the port itself, at the other end of the cable, is asked.
    """
    host = Path("/sys/devices/platform") / udc.replace("udc", "hcd")
    for port in host.glob("usb*/*/*/ttyUSB*"):
        seen = os.open(f"/dev/{port.name}", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            speeds = termios.tcgetattr(seen)[4:6]
        finally:
            os.close(seen)
        mode = termios.tcgetattr(twin)
        mode[4:6] = speeds
        termios.tcsetattr(twin, termios.TCSANOW, mode)


def opened(path: str) -> int:
    end = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(end)
    return end


def main(name: str, udc: str, kind: str, port: str, serial: str = "") -> None:
    gadget = Gadget(name, udc, kind, serial)
    while True:
        try:
            twin = opened(port)
        except OSError:
            time.sleep(LOOK_AGAIN_S)
            continue
        inside = opened(gadget.tty)
        gadget.plug()
        carry((twin, inside), functools.partial(copy_rate, udc, twin))
        gadget.pull()  # before it is closed: a gadget that is plugged in waits for its host to read
        os.close(inside)
        os.close(twin)


if __name__ == "__main__":
    main(*sys.argv[1:])
