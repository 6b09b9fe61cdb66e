"""What a camera, a fingerprint scanner, a document scanner and the peripherals are to the station.

One small protocol class per device. Adapters are on the rim: each imports its one library, runs
that library's blocking calls in one worker, and turns every failure into ``DeviceFault``. The
station never sees a library's exception, and never blocks longer than the deadline it gave.

Life of every adapter: ``start()`` returns at once and keeps (re)connecting for ever in the
background; ``status`` says how it is; ``close()`` ends its worker. A call on a device that is not
ready raises ``DeviceFault`` at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from controller.devices.live import Preview as Preview
from controller.devices.scenes import Light as Light
from controller.devices.scenes import Sound as Sound
from controller.papers.bitmap import Bitmap
from controller.portrait.judged import Assessment
from edge.journal.events import Device, FaultCode


class Health(StrEnum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class DeviceStatus:
    """``fault`` is set when ``health`` is FAILED; ``detail`` is technical (version, last error)."""

    device: Device
    health: Health
    fault: FaultCode | None = None
    detail: str = ""


class Adapter(Protocol):
    """What all devices share. ``on_status`` is called on the event loop at every change."""

    on_status: Callable[[DeviceStatus], None]

    @property
    def status(self) -> DeviceStatus: ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def self_test(self) -> str:
        """A live test for the technician page: one line of result, or DeviceFault."""
        ...


# ---- fingerprints --------------------------------------------------------------------------


@dataclass(frozen=True)
class FingerImage:
    """One grey image as the sensor gave it.

    ``pixels`` uint8, shape (height, width), 255 = background; ``dpi`` from the datasheet.
    """

    pixels: NDArray[np.uint8]
    dpi: int


class FingerprintScanner(Adapter, Protocol):
    """One finger at a time. A four-finger live scanner can stand behind a wider port later.

    The matcher's slots hold this dossier's accepted fingers (slot = ISO position code 1…10) so
    that the same finger presented twice is caught; ``wipe()`` empties them at the dossier's end.
    """

    capture_class: str
    """Goes into the packet, e.g. ``single-finger-192x192-508dpi-4bit``: not enrolment-grade."""

    async def wait_for_finger(self, deadline_s: float) -> bool:
        """True when a finger lies on the glass, False when the deadline passed without one."""
        ...

    async def read_image(self, deadline_s: float) -> FingerImage:
        """Image of the finger detected last, transferred from the sensor."""
        ...

    async def match(self) -> int | None:
        """Slot whose template matches the image read last, or None. The sensor does the work."""
        ...

    async def keep(self, slot: int) -> None:
        """Store the template of the image read last under ``slot``."""
        ...

    async def wait_for_removal(self, deadline_s: float) -> bool:
        """True when the glass is free again."""
        ...

    async def wipe(self) -> None:
        """Empty the sensor's template memory."""
        ...

    async def ring(self, colour: str) -> None:
        """The sensor's own light: "off", "blue" (put the finger), "green" (good), "red"."""
        ...


# ---- camera --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shot:
    """Best frame of a burst, cropped to 35x45 mm proportions.

    ``png`` is lossless RGB, 413x531 px (35x45 mm at 300 dpi). None when no face was found and
    the capture was not forced.
    """

    png: bytes | None
    assessment: Assessment
    frames: int
    software_s: float = 0.0
    """From the last frame's arrival to the answer: what the person waited on software."""


class Camera(Adapter, Protocol):
    """Frames and their checks come from a worker process that can be killed at its deadline."""

    async def preview(self) -> Preview:
        """Newest frame as JPEG (at most 640 px wide) with its assessment."""
        ...

    async def burst(self, frames: int, *, forced: bool = False) -> Shot:
        """Take ``frames`` frames, give the best. ``forced`` crops even when checks fail."""
        ...

    async def read_code(self, deadline_s: float) -> bytes | None:
        """Content of a QR code held before the camera (second path beside the scanner)."""
        ...


# ---- document scanner ----------------------------------------------------------------------


class DocumentScanner(Adapter, Protocol):
    """A serial QR scanner that sends one line per scan."""

    def scans(self) -> AsyncIterator[bytes]:
        """Raw content of each scan, without line end, as it comes. One consumer."""
        ...


# ---- peripherals (the Pico) ----------------------------------------------------------------


class PicoEventKind(StrEnum):
    TICKET_BUTTON = "ticket"
    CONFIRM_BUTTON = "confirm"
    LID_OPENED = "lid_open"
    LID_CLOSED = "lid_closed"
    PAPER_OUT = "paper_out"
    PAPER_OK = "paper_ok"
    COVER_OPEN = "cover_open"
    COVER_CLOSED = "cover_closed"


@dataclass(frozen=True)
class PicoEvent:
    """Something happened at the Pico. Kept there until ``acknowledge`` is called.

    ``(boot, no)`` identifies it for ever; ``age_ms`` is how long ago it happened when received.
    """

    boot: str
    no: int
    kind: PicoEventKind
    age_ms: int


@dataclass(frozen=True)
class Climate:
    temperature_c: float
    supply_v: float


class Peripherals(Adapter, Protocol):
    """Buttons, lights, buzzer, sensors and the ticket printer behind the Pico.

    The printer has a status of its own (paper, cover): ``printer_status``, reported through
    ``on_status`` with ``Device.PRINTER``.
    """

    on_climate: Callable[[Climate, FaultCode | None], None]
    """Called about once a minute; the fault is OVERHEATED, LOW_VOLTAGE or None."""
    on_firmware: Callable[[str], None]
    """Called with the hash of the Pico's firmware whenever it greets, also when it is not ours."""

    @property
    def printer_status(self) -> DeviceStatus: ...

    def events(self) -> AsyncIterator[PicoEvent]:
        """Events in order, each until acknowledged; after a reconnect unacknowledged ones again."""
        ...

    async def acknowledge(self, event: PicoEvent) -> None:
        """The event is durable on our side; the Pico may forget it."""
        ...

    async def show(self, light: Light) -> None:
        """Set the scene. The adapter renews the lease until another scene is set."""
        ...

    async def play(self, sound: Sound) -> None: ...

    async def print(self, job: int, paper: Bitmap, key: bytes = b"") -> None:
        """Print ``paper`` exactly once and return when the printer said it is printed.

        ``job`` identifies it across reconnects, resets of the Pico and restarts of the station:
        calling again with the same job goes on where the Pico stopped, and returns at once when
        it was already printed. While paper is out or the cover open it waits (no deadline);
        cancelling the call leaves the job where it is. ``key`` (the same for the same job) keys
        the digest of the content that the Pico keeps.
        """
        ...

    async def half_printed(self) -> int:
        """The job that printing another one would tear now, 0 for none: whoever was here before
        (a station that was killed) left it half-way. Raises DeviceFault.
        """
        ...

    async def climate(self) -> Climate: ...


# ---- lines at the Pi's own pins --------------------------------------------------------------


class Power(StrEnum):
    """What the booth lives on."""

    MAINS = "mains"
    BATTERY = "battery"
    LOW = "low"
    """On the battery, and its end is near."""


class Press(StrEnum):
    """How long the service button was held."""

    SHORT = "short"
    LONG = "long"


class Lines(Adapter, Protocol):
    """Mains-fail and low battery of the UPS, the service button, the Pico's reset.

    On the battery the status is FAILED with ON_BATTERY or LOW_VOLTAGE: the lines work, the power
    supply does not.
    """

    on_power: Callable[[Power], None]
    """Called on the event loop when ``power`` changes."""
    on_press: Callable[[Press], None]
    """Called on the event loop for every press of the service button."""

    @property
    def power(self) -> Power:
        """As it was read last; MAINS where no line tells."""
        ...

    @property
    def can_reset_pico(self) -> bool: ...

    async def reset_pico(self) -> None:
        """Pull the Pico's RUN low for a tenth of a second, and let go. Raises DeviceFault."""
        ...


def no_listener(status: DeviceStatus) -> None:
    """Default of ``on_status``."""


Params = dict[str, Any]
