"""The camera's worker process: ``python -m controller.devices.camera.worker --source S --fd N``.

Speaks ``framing`` on the inherited socket N. It ends itself when the station's end closes, also
when the station was killed, and it dies on any fault of the source after having said which: the
station starts a fresh one, which is the only reset that libcamera knows. Started without ``--fd``
it tries the camera once and says how that went.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import zxingcpp
from PIL import Image

from controller.devices.camera.framing import PREFIX, Reply, Request, lengths, pack
from controller.devices.camera.sources import Frame, Source, open_source
from controller.fault import DeviceFault
from controller.portrait.assess import Sighting, examine
from controller.portrait.crop import crop
from controller.portrait.faces import prepare
from controller.portrait.judged import Assessment
from controller.portrait.limits import PortraitLimits
from controller.portrait.pixels import grey
from ground.decode import Malformed, from_json

_request = from_json(Request)
PREVIEW_WIDTH_PX = 640
PREVIEW_QUALITY = 80
QR = zxingcpp.barcode_formats_from_str("QRCode")


class Work:
    """The four things a station asks for. Each raises DeviceFault when the source fails."""

    def __init__(self, source: Source, limits: PortraitLimits) -> None:
        self.source = source
        self.limits = limits
        self._next = ThreadPoolExecutor(1, "frames")

    def answer(self, request: Request) -> tuple[Reply, bytes]:
        if request.op == "preview":
            return self.preview(request)
        if request.op == "burst":
            return self.burst(request)
        if request.op == "code":
            return self.code(request)
        self.source.frame()
        return Reply(request.number, detail=self.source.detail), b""

    def preview(self, request: Request) -> tuple[Reply, bytes]:
        frame = self.source.frame()
        assessment, _ = examine(frame, self.limits)
        height, width = frame.shape[:2]
        scale = min(PREVIEW_WIDTH_PX / width, 1.0)
        small, jpeg = Image.fromarray(frame), BytesIO()
        if scale < 1:
            size = round(width * scale), round(height * scale)
            small = small.resize(size, Image.Resampling.BOX, reducing_gap=1.0)
        small.save(jpeg, "JPEG", quality=PREVIEW_QUALITY)
        if assessment.face:
            x, y, w, h = (round(v * scale) for v in assessment.face)
            assessment = replace(assessment, face=(x, y, w, h))
        return Reply(request.number, assessment=assessment, found=True), jpeg.getvalue()

    def burst(self, request: Request) -> tuple[Reply, bytes]:
        """Each frame is examined while the next one is taken; only the last one's examination
        and the crop come after the last frame. What is not the source's own time is software's."""
        began, taking_s = time.perf_counter(), 0.0
        best: tuple[Assessment, Sighting | None, Frame] | None = None
        seen: Sighting | None = None
        coming = self._next.submit(self._timed_frame)
        for number in range(request.frames):
            frame, took_s = coming.result()
            taking_s += took_s
            if number + 1 < request.frames:
                coming = self._next.submit(self._timed_frame)
            assessment, seen = examine(frame, self.limits, seen)
            if best is None or _rank(assessment) > _rank(best[0]):
                best = assessment, seen, frame
        assert best is not None
        assessment, seen, frame = best
        png = crop(frame, seen.face if seen else None) if seen or request.forced else b""
        software_s = max(0.0, time.perf_counter() - began - taking_s)
        reply = Reply(request.number, assessment=assessment, found=bool(png), software_s=software_s)
        return reply, png

    def _timed_frame(self) -> tuple[Frame, float]:
        began = time.perf_counter()
        return self.source.frame(), time.perf_counter() - began

    def code(self, request: Request) -> tuple[Reply, bytes]:
        codes = zxingcpp.read_barcodes(grey(self.source.frame()), formats=QR)
        for code in codes:
            if code.valid:
                return Reply(request.number, found=True), code.bytes
        return Reply(request.number), b""


def _rank(assessment: Assessment) -> tuple[bool, int]:
    """Best of a burst: one that passes before one that does not, then by quality."""
    return assessment.passed, assessment.quality


def _requests(channel: socket.socket, waiting: queue.Queue[Request]) -> None:
    """Read for ever; when the station's end is gone, end the process at once, hung or not."""
    with contextlib.suppress(OSError, ValueError, Malformed):
        stream = channel.makefile("rb")
        while len(prefix := stream.read(PREFIX.size)) == PREFIX.size:
            head, _ = lengths(prefix)
            waiting.put(_request(stream.read(head)))
    os._exit(0)


def serve(channel: socket.socket, source_name: str, limits: PortraitLimits) -> int:
    """Answer requests until the source fails (1) or the station is gone (0)."""
    waiting: queue.Queue[Request] = queue.Queue()
    threading.Thread(target=_requests, args=(channel, waiting), daemon=True).start()
    number = 0
    try:
        prepare()
        work = Work(open_source(source_name), limits)
        work.source.frame()  # ready means that frames come
        channel.sendall(pack(Reply(0, detail=work.source.detail)))
        while True:
            request = waiting.get()
            number = request.number
            channel.sendall(pack(*work.answer(request)))
    except DeviceFault as fault:
        channel.sendall(pack(Reply(number, fault=fault.code, detail=fault.detail)))
        return 1


def try_once(source_name: str, limits: PortraitLimits) -> int:
    """A technician's look at the camera alone: one frame, its checks and how long it took."""
    try:
        source = open_source(source_name)
        began = time.monotonic()
        frame = source.frame()
        taken = time.monotonic()
        assessment, _ = examine(frame, limits)
    except DeviceFault as fault:
        print(fault)
        return 1
    done = time.monotonic()
    for check in assessment.checks:
        print(f"{'+' if check.passed else '-'} {check.name} {check.value} {check.advice}")
    detail, quality = source.detail, assessment.quality
    picture, checks = 1000 * (taken - began), 1000 * (done - taken)
    print(f"{detail}, frame {picture:.0f} ms, checks {checks:.0f} ms, quality {quality}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="The camera's worker process")
    parser.add_argument("--source", required=True, help="picamera2: or twin:PATH")
    parser.add_argument("--fd", type=int, help="inherited socket to the station; none: try it")
    parser.add_argument("--limits", default="{}", help="PortraitLimits as JSON")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the station's to handle
    limits = from_json(PortraitLimits)(arguments.limits.encode())
    if arguments.fd is None:
        return try_once(arguments.source, limits)
    channel = socket.socket(fileno=arguments.fd)
    status = 1
    with contextlib.suppress(OSError):
        status = serve(channel, arguments.source, limits)
        channel.shutdown(socket.SHUT_WR)
    os._exit(status)  # a frame thread that hangs in the driver must not hold the process


if __name__ == "__main__":
    sys.exit(main())
