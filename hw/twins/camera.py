"""The camera's twin: serves frames of a person on a chair over a Unix socket.

A camera on CSI has no byte line that could be imitated, so the seam is the adapter: where the
real one asks libcamera for an array, the twin's asks this socket. One message is a 4-byte
big-endian length and that many bytes. A request is ``info`` (answer: JSON with ``width``,
``height``, ``fps``) or ``frame`` (answer: the next frame as JPEG, when its time has come: 30 a
second, times ``--speed``). Requests of one connection are answered in order.

Side channel (``hw/twins/control.py``): ``sit`` (fields of ``camera_picture.Sitting``; no code is
held up yet), ``leave``, ``show_code`` (``text``, empty to put it away), ``state``, ``fault`` and
``heal``. Kinds of fault:

* ``hang``: frames stop for ever on the connections that are open now, as libcamera's "Camera
  frontend has timed out" stops them in a process: only a new connection gets frames again;
* ``silence``: frames stop until ``heal`` and then go on;
* ``slow``: ``seconds`` (1.0) more for each frame, ``count`` frames (0 = until healed);
* ``corrupt``: ``count`` (1) frames with broken JPEG data, 0 = until healed;
* ``disconnect``: connections end and none are accepted until ``heal``, as a cable pulled out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import struct
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2

from hw.twins import camera_picture, control
from hw.twins.camera_picture import HEIGHT_PX, WIDTH_PX, Sitting

FPS = 30
NOISES = 3
"""Different frames of one sitting that are drawn; they are served in turn."""
FAULTS = ("hang", "silence", "slow", "corrupt", "disconnect")


@lru_cache(maxsize=2 * NOISES)
def drawn(sitting: Sitting | None, code: str | None, noise: int) -> bytes:
    return camera_picture.jpeg(camera_picture.picture(sitting, code, noise))


class CameraTwin:
    def __init__(self, port: Path, speed: float, seed: int) -> None:
        self.port = port
        self.interval_s = 1 / FPS / speed
        self.seed = seed
        self.sitting: Sitting | None = None
        self.code: str | None = None
        self.served = 0
        self.fault: str | None = None
        self.fault_count = 0
        self.slow_s = 1.0
        self._healed = asyncio.Event()
        self._healed.set()
        self._due = 0.0
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._hung: set[asyncio.StreamWriter] = set()
        self._drawing = asyncio.Lock()

    # ---- the camera's side -----------------------------------------------------------------

    async def plug_in(self) -> None:
        self.port.parent.mkdir(parents=True, exist_ok=True)
        self.port.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._client, str(self.port))

    async def pull_out(self) -> None:
        if self._server:
            self._server.close()
        self.port.unlink(missing_ok=True)
        for writer in list(self._clients):
            writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                (length,) = struct.unpack(">I", await reader.readexactly(4))
                request = await reader.readexactly(length)
                if request == b"frame":
                    if writer in self._hung:
                        await asyncio.Event().wait()
                    answer = await self._frame()
                elif request == b"info":
                    info = {"width": WIDTH_PX, "height": HEIGHT_PX, "fps": FPS}
                    answer = json.dumps(info).encode()
                else:
                    break
                writer.write(struct.pack(">I", len(answer)) + answer)
                await writer.drain()
        self._clients.discard(writer)
        self._hung.discard(writer)
        writer.close()

    async def _frame(self) -> bytes:
        await self._healed.wait()
        loop = asyncio.get_running_loop()
        self._due = max(self._due + self.interval_s, loop.time())
        await asyncio.sleep(self._due - loop.time())
        if self.fault == "slow":
            self._count_fault()
            await asyncio.sleep(self.slow_s)
        number = self.served
        self.served += 1
        sitting, noise = self.sitting, number % NOISES
        if sitting and sitting.blink_every and number % sitting.blink_every == 0:
            sitting = replace(sitting, eyes="closed")
            noise = 0
        async with self._drawing:
            data = await asyncio.to_thread(drawn, sitting, self.code, noise)
        if self.fault == "corrupt":
            self._count_fault()
            data = bytes(byte ^ 0x5A for byte in data[: len(data) // 2])
        return data

    def _count_fault(self) -> None:
        if self.fault_count == 1:
            self.fault = None
        self.fault_count = max(self.fault_count - 1, 0)

    async def prepare(self) -> None:
        """Cut the sitter out, a second of work, before anybody sits down."""
        async with self._drawing:
            await asyncio.to_thread(camera_picture.cut_out)

    # ---- the side channel ------------------------------------------------------------------

    async def hand(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request["op"]
        if op == "sit":
            sitting = camera_picture.sitting(request)
            await self._draw(replace(sitting, person=sitting.person + self.seed), None)
        elif op == "leave":
            await self._draw(None, None)
        elif op == "show_code":
            await self._draw(self.sitting, request["text"] or None)
        elif op == "fault":
            await self._break(request)
        elif op == "heal":
            if self.fault == "disconnect":
                await self.plug_in()
            self.fault = None
            self._healed.set()
        elif op != "state":
            raise ValueError(f"unknown op {op}")
        return {
            "sitting": asdict(self.sitting) if self.sitting else None,
            "code": self.code,
            "fault": self.fault,
            "served": self.served,
        }

    async def _draw(self, sitting: Sitting | None, code: str | None) -> None:
        """The change is visible when this returns: drawn first, then put before the camera."""
        async with self._drawing:
            await asyncio.to_thread(drawn, sitting, code, 0)
        self.sitting, self.code = sitting, code

    async def _break(self, request: dict[str, Any]) -> None:
        kind = request["kind"]
        if kind not in FAULTS:
            raise ValueError(f"fault: one of {', '.join(FAULTS)}")
        if kind == "hang":
            self._hung |= self._clients
            return
        self.fault = kind
        self.fault_count = int(request.get("count", 1 if kind == "corrupt" else 0))
        self.slow_s = float(request.get("seconds", 1.0))
        if kind == "silence":
            self._healed.clear()
        elif kind == "disconnect":
            await self.pull_out()


async def run(arguments: argparse.Namespace) -> None:
    twin = CameraTwin(arguments.port, arguments.speed, arguments.seed)
    await twin.plug_in()
    server = await control.serve(arguments.control, twin.hand)
    await twin.prepare()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--control", type=Path, required=True, help="socket of the side channel")
    parser.add_argument("--port", type=Path, required=True, help="socket that serves frames")
    parser.add_argument("--speed", type=float, default=1.0, help="times human pace")
    parser.add_argument("--seed", type=int, default=0, help="added to every person's number")
    cv2.setNumThreads(1)  # the machine under test needs its cores
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
