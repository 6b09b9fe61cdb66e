"""Virtual R503 fingerprint sensor: real packets over a pty, at the pace of the real wire.

    python -m hw.twins.r503 --port DIR/dev/finger --control DIR/dev/finger.ctl --speed 1 --seed 1

Side channel (``hw.twins.control``):

``put``    person, position [, quality 0…1, condition dry|wet|worn, offset [x mm, y mm]]
``lift``   take the finger off the glass
``state``  finger, templates (slots), led, baud, packet_bytes, images,
           transferring, collisions, plugged, faults
``power_cycle``  RAM is lost, the handshake byte 0x55 comes; factory=true: back to 57600 baud,
           128-byte packets and no templates, as a sensor fresh from its box
``fault``  kind [, count (commands it hits; none = until healed), command (only that code)]:
           ``silence`` no answer; ``nak`` answers with ``code``; ``corrupt`` one byte of a data
           packet (of the acknowledgement with ``where="ack"``); ``hang`` stops half-way through
           its next answer and is deaf from then on; ``slow`` everything takes ``factor`` (10)
           times as long; ``disconnect`` the port is gone
``heal``   all faults end; a disconnected sensor is plugged in again

A light command that meets a transfer cuts the transfer off and leaves the sensor deaf for a
second, which is what the real one is known for; ``collisions`` counts them.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hw.twins import control
from hw.twins.finger import packets, sensor
from hw.twins.finger.line import Line
from hw.twins.finger.sensor import Sensor
from hw.twins.finger.skin import CONDITIONS, POSITIONS, Touch

KINDS = ("silence", "nak", "corrupt", "hang", "slow", "disconnect")
DEAF_AFTER_COLLISION_S = 1.0


@dataclass
class Fault:
    count: int | None = None
    command: int | None = None
    code: int = sensor.PACKET_ERROR
    where: str = "data"
    factor: float = 10.0


class Twin:
    def __init__(self, port: Path, speed: float, seed: int) -> None:
        self.sensor = Sensor()
        self._line = Line(port, speed, self._received)
        self._random = np.random.default_rng(seed)
        self._touches = seed * 1_000_003
        self._heard = asyncio.Event()
        self._buffer = bytearray()
        self._faults: dict[str, Fault] = {}
        self._transferring = False
        self._deaf = False
        self._collisions = 0
        self._obeying: asyncio.Task[None] | None = None

    # ---- the line ------------------------------------------------------------------------

    def plug_in(self) -> None:
        self._drop_what_is_under_way()
        self.sensor.power_cycle()
        self._line.open()
        self._obeying = asyncio.get_running_loop().create_task(self._obey_for_ever())

    def unplug(self) -> None:
        if self._obeying:
            self._obeying.cancel()
        self._line.close()

    def _received(self, data: bytes) -> None:
        if self._line.host_baud() == self.sensor.baud:
            self._buffer += data
            self._heard.set()

    async def _obey_for_ever(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            while (command := packets.next_command(self._buffer)) is not None:
                await self._obey(command)

    async def _obey(self, command: bytes) -> None:
        code = command[0] if command else 0
        if self._deaf or self._hit("silence", code):
            return
        slow = self._hit("slow", code)
        pace = slow.factor if slow else 1.0
        baud = self.sensor.baud / pace
        self._line.start_clock()
        await self._line.pass_time((len(command) + 11) * 10 / baud)
        nak = self._hit("nak", code)
        reply = sensor.Answer(bytes([nak.code])) if nak else self.sensor.answer(command)
        await self._line.pass_time((reply.work_s or sensor.QUICK_S) * pace)
        ack = bytearray(packets.encoded(packets.ACK, reply.ack))
        stream = bytearray(b"".join(reply.data))
        self._corrupt(ack, stream, code)
        whole = bytes(ack + stream)
        if self._hit("hang", code):
            await self._line.send(whole[: len(whole) // 2], baud)
            self._deaf = True
            return
        await self._line.send(bytes(ack), baud)
        if stream:
            await self._transfer(bytes(stream), baud)
        if reply.baud:
            self.sensor.baud = reply.baud

    async def _transfer(self, stream: bytes, baud: float) -> None:
        self._transferring = True
        await self._line.send(stream, baud, self._no_collision)
        self._transferring = False
        if self._deaf:
            await self._line.pass_time(DEAF_AFTER_COLLISION_S)
            self._buffer.clear()
            self._deaf = "hang" in self._faults

    def _no_collision(self) -> bool:
        """Commands that come during a transfer are lost; one for the light breaks it."""
        while (command := packets.next_command(self._buffer)) is not None:
            if command and command[0] == sensor.AURA:
                self._collisions += 1
                self._deaf = True
        return not self._deaf

    # ---- faults --------------------------------------------------------------------------

    def _hit(self, kind: str, code: int) -> Fault | None:
        fault = self._faults.get(kind)
        if fault is None or fault.command not in (None, code):
            return None
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[kind]
        return fault

    def _corrupt(self, ack: bytearray, stream: bytearray, code: int) -> None:
        waiting = self._faults.get("corrupt")
        if waiting is None:
            return
        hit = ack if waiting.where == "ack" else stream
        if hit and self._hit("corrupt", code):
            hit[int(self._random.integers(len(hit)))] ^= int(self._random.integers(1, 256))

    # ---- the side channel ----------------------------------------------------------------

    async def handle(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request.pop("op")
        match op:
            case "put":
                self.sensor.touch = self._touch(**request)
            case "lift":
                self.sensor.touch = None
            case "state":
                return self._state()
            case "power_cycle":
                await self._power_cycle(bool(request.get("factory")))
            case "fault":
                self._fault(**request)
            case "heal":
                self._heal()
            case _:
                raise ValueError(f"unknown op {op!r}")
        return None

    def _touch(
        self,
        person: object,
        position: str,
        quality: float = 1.0,
        condition: str = "dry",
        offset: tuple[float, float] = (0.0, 0.0),
    ) -> Touch:
        if position not in POSITIONS:
            raise ValueError(f"position {position!r} is none of {', '.join(POSITIONS)}")
        if condition not in CONDITIONS:
            raise ValueError(f"condition {condition!r} is none of {', '.join(CONDITIONS)}")
        self._touches += 1
        x, y = offset
        place = (float(x), float(y))
        return Touch(str(person), position, float(quality), condition, place, self._touches)

    def _state(self) -> dict[str, Any]:
        touch = self.sensor.touch
        return {
            "finger": touch is not None,
            "templates": sorted(self.sensor.flash),
            "led": self.sensor.led,
            "baud": self.sensor.baud,
            "packet_bytes": self.sensor.packet_bytes,
            "images": self.sensor.images,
            "transferring": self._transferring,
            "collisions": self._collisions,
            "plugged": self._line.is_open,
            "faults": sorted(self._faults),
        }

    async def _power_cycle(self, factory: bool) -> None:
        self._drop_what_is_under_way()
        if factory:
            self.sensor.baud, self.sensor.packet_bytes = 57600, 128
            self.sensor.flash.clear()
        self.sensor.power_cycle()
        if self._line.is_open:
            self._line.start_clock()
            await self._line.send(sensor.HANDSHAKE, self.sensor.baud)
            self._obeying = asyncio.get_running_loop().create_task(self._obey_for_ever())

    def _heal(self) -> None:
        was_slow = self._faults.pop("slow", None) is not None
        self._faults.clear()
        self._deaf = False
        if not self._line.is_open:
            self.plug_in()
        elif was_slow:
            self._drop_what_is_under_way()
            self._obeying = asyncio.get_running_loop().create_task(self._obey_for_ever())

    def _drop_what_is_under_way(self) -> None:
        if self._obeying:
            self._obeying.cancel()
        self._buffer.clear()
        self._transferring = self._deaf = False

    def _fault(self, kind: str, **details: Any) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is none of {', '.join(KINDS)}")
        if kind == "disconnect":
            self.unplug()
        else:
            self._faults[kind] = Fault(**details)


async def serve(port: Path, side: Path, speed: float, seed: int) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    twin = Twin(port, speed, seed)
    twin.plug_in()
    server = await control.serve(side, twin.handle)
    await stop.wait()
    server.close()
    twin.unplug()


def main() -> None:
    parser = argparse.ArgumentParser(description="Virtual R503 fingerprint sensor")
    parser.add_argument("--port", type=Path, required=True, help="path where its pty appears")
    parser.add_argument(
        "--control", type=Path, required=True, help="Unix socket of the side channel"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="times faster than the real one")
    parser.add_argument("--seed", type=int, default=0, help="seed of shifts, pressure and noise")
    given = parser.parse_args()
    given.port.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(given.port, given.control, given.speed, given.seed))
    given.control.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
