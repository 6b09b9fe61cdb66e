"""Where frames come from: the real camera through picamera2, or its twin over a Unix socket.

Both are one function, ``frame()``, that blocks until the next frame and gives RGB uint8
(h, w, 3). A source that hangs hangs the worker: its station kills it.

How a technician tests the real one, on the Pi, with the station stopped:

    rpicam-hello --list-cameras          # is the sensor seen? if not: ribbon cable, reboot
    python -m controller.devices.camera.worker --source picamera2:

The last line prints the picture's size, the checks of one frame and the time each step took.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from controller.devices.opening import kept_from, refusal
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode

Frame = NDArray[np.uint8]


class Source(Protocol):
    detail: str
    """What it is, for the technician page: model and picture size."""

    def frame(self) -> Frame: ...


def fault(code: FaultCode, detail: str) -> DeviceFault:
    return DeviceFault(Device.CAMERA, code, detail)


def open_source(name: str) -> Source:
    """``picamera2:`` or ``picamera2:1`` (the second one), ``twin:PATH``. Raises DeviceFault."""
    kind, _, where = name.partition(":")
    if kind == "picamera2":
        return PiCamera(int(where or 0))
    if kind == "twin":
        return TwinCamera(where)
    raise fault(FaultCode.NOT_FOUND, f"camera source {kind!r}: picamera2: or twin:PATH")


def camera_nodes(dev: Path = Path("/dev")) -> list[Path]:
    """What libcamera opens: media and video nodes, and the heaps that frames lie in."""
    return [node for pattern in ("media*", "video*", "dma_heap/*") for node in dev.glob(pattern)]


def unseen(number: int, seen: int, nodes: Iterable[Path]) -> DeviceFault:
    """Camera ``number`` is none of the ``seen`` ones: libcamera does not say whether the system
    keeps us from its nodes or nothing is plugged in."""
    if refused := kept_from(nodes):
        return fault(*_told(refused))
    if seen:
        return fault(FaultCode.NOT_FOUND, f"camera {number} of {seen}: they count from 0")
    return fault(FaultCode.NOT_FOUND, "libcamera sees no camera: check the ribbon cable")


def _told(error: OSError) -> tuple[FaultCode, str]:
    code, words = refusal(error)
    return code, f"{error.filename}: {words}"


def rgb_of_nv12(frame: Frame) -> Frame:
    """uint8 (3h/2, w), h rows of Y and below them pairs of Cb and Cr for two by two pixels, as RGB
    uint8 (h, w, 3). Full range, as in JPEG (JFIF 1.02)."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    colour = frame[height:].reshape(height // 2, width // 2, 2).repeat(2, axis=0).repeat(2, axis=1)
    seen = Image.fromarray(np.dstack([frame[:height], colour]), "YCbCr")
    return np.asarray(seen.convert("RGB"), dtype=np.uint8)


READ: dict[str, Callable[[Frame], Frame]] = {"BGR888": lambda frame: frame, "NV12": rgb_of_nv12}
"""What libcamera may give for what is asked of it: it "adjusts" a format that a camera has not."""


class PiCamera:
    """A Raspberry Pi camera through picamera2 (apt: python3-picamera2).

    Manual: https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf. One still-like video
    stream at 1280x960 (4.2 "Configurations"): a 35x45 mm picture at 300 dpi needs 413x531 of it.
    """

    SIZE_PX = (1280, 960)
    SETTLE_FRAMES = 8
    """Frames until automatic exposure and white balance have settled after the start."""

    def __init__(self, number: int = 0) -> None:
        try:
            from picamera2 import (  # type: ignore[import-not-found, unused-ignore]
                Picamera2,
            )
        except ImportError as error:
            raise fault(
                FaultCode.NOT_FOUND,
                f"picamera2 is not installed ({error.name}): apt install python3-picamera2, "
                "and make the venv with --system-site-packages",
            ) from error
        if len(seen := Picamera2.global_camera_info()) <= number:
            raise unseen(number, len(seen), camera_nodes())
        try:
            self._camera = Picamera2(number)
            # "BGR888" is libcamera's name for R, G, B in memory order (manual, appendix A).
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": self.SIZE_PX, "format": "BGR888"},
                    buffer_count=4,
                    controls={"FrameRate": 30},
                )
            )
            if "AfMode" in self._camera.camera_controls:
                from libcamera import (  # type: ignore[import-not-found, unused-ignore]
                    controls,
                )

                self._camera.set_controls({"AfMode": controls.AfModeEnum.Continuous})
            given = self._camera.camera_configuration()["main"]["format"]
            if given not in READ:
                raise fault(FaultCode.REFUSED, f"the camera gives {given}, which is not read here")
            self._read = READ[given]
            self._camera.start()
            for _ in range(self.SETTLE_FRAMES):
                self._camera.capture_array("main")
        except (RuntimeError, IndexError, OSError) as error:
            if error_at_door := kept_from(camera_nodes()):
                raise fault(*_told(error_at_door)) from error
            busy = "busy" in str(error).lower()
            code = FaultCode.TAKEN if busy else FaultCode.REFUSED
            raise fault(code, f"camera in use or not startable: {error}") from error
        model = self._camera.camera_properties.get("Model", "camera")
        self.detail = f"{model} {self.SIZE_PX[0]}x{self.SIZE_PX[1]}"

    def frame(self) -> Frame:
        """The next completed frame. libcamera may never deliver it: the caller has a deadline."""
        try:
            return self._read(cast("Frame", self._camera.capture_array("main")))
        except RuntimeError as error:
            raise fault(FaultCode.DISCONNECTED, f"camera stopped: {error}") from error


class TwinCamera:
    """``hw/twins/camera.py``: length-prefixed requests and JPEG answers."""

    BAD_FRAMES = 3
    """Broken frames in a row that are passed over; one more is a fault."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
        except OSError as error:
            code, words = refusal(error)
            raise fault(code, f"no camera at {path}: {words}") from error
        info: dict[str, Any] = json.loads(self._ask(b"info"))
        self.detail = f"twin {info['width']}x{info['height']}"

    def frame(self) -> Frame:
        for _ in range(self.BAD_FRAMES + 1):
            jpeg = BytesIO(self._ask(b"frame"))
            with suppress(OSError):  # Pillow's word for no picture and for half of one
                return np.asarray(Image.open(jpeg, formats=["JPEG"]).convert("RGB"), dtype=np.uint8)
        raise fault(FaultCode.BAD_DATA, "frames are not readable as JPEG")

    def _ask(self, request: bytes) -> bytes:
        try:
            self._socket.sendall(struct.pack(">I", len(request)) + request)
            (length,) = struct.unpack(">I", self._exactly(4))
            return self._exactly(length)
        except OSError as error:
            raise fault(FaultCode.DISCONNECTED, str(error.strerror)) from error

    def _exactly(self, count: int) -> bytes:
        data = bytearray(count)
        view = memoryview(data)
        while view:
            got = self._socket.recv_into(view)
            if not got:
                raise ConnectionResetError(0, "camera unplugged")
            view = view[got:]
        return bytes(data)
