"""The link joined to a Pico through cables that hurt, in simulated time.

The Pico here is the smallest that keeps the contract: ``wire.Lines``, ``wire.Repeats`` and a list
of events. (The real firmware is at the other end in ``tests/hil/test_pico.py``.)
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from controller.devices.peripherals.link import (
    Command,
    CommandRefused,
    Down,
    Ended,
    Happened,
    Happening,
    Link,
    LinkLost,
    Up,
)
from firmware import wire


@dataclass(frozen=True)
class Cable:
    """What happens to each frame on its way, in either direction. Rates are probabilities."""

    loss: float = 0.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    garbage: float = 0.0
    oversize: float = 0.0
    late: float = 0.0
    """Held back by up to 100 ms: overtaken by what comes after."""
    one_byte: bool = False
    delay_s: float = 0.001

    def deliveries(self, frame: bytes, rng: random.Random) -> list[tuple[float, bytes]]:
        """(delay, bytes) of each arrival."""
        if rng.random() < self.loss:
            return []
        if rng.random() < self.corrupt:
            place = rng.randrange(len(frame))
            frame = frame[:place] + bytes([frame[place] ^ 0x55]) + frame[place + 1 :]
        if rng.random() < self.garbage:
            frame = rng.randbytes(rng.randrange(1, 40)) + b"\n" + frame
        if rng.random() < self.oversize:
            frame = b"#" * rng.randrange(wire.LINE_MAX, 3 * wire.LINE_MAX) + b"\n" + frame
        copies = 2 if rng.random() < self.duplicate else 1
        arrivals = []
        for copy in range(copies):
            held = rng.uniform(0, 0.1) if rng.random() < self.late else copy * 0.01
            if self.one_byte:
                step = 0.00001
                arrivals += [
                    (self.delay_s + held + n * step, frame[n : n + 1]) for n in range(len(frame))
                ]
            else:
                arrivals.append((self.delay_s + held, frame))
        return arrivals


class SmallPico:
    """Counts how often each command acted; ``reset`` forgets all but the saved events."""

    def __init__(self) -> None:
        self.acted: dict[str, int] = {}
        self.shown: list[float] = []
        self.events: list[tuple[str, int, str, int]] = []
        self._boots = 0
        self.reset()

    def reset(self) -> None:
        self._boots += 1
        self.boot = f"{self._boots:08x}"
        self._no = 0
        self._lines = wire.Lines()
        self._repeats = wire.Repeats()

    def press(self) -> tuple[str, int]:
        self._no += 1
        self.events.append((self.boot, self._no, "ticket", 0))
        return self.boot, self._no

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """The frames it answers."""
        frames = []
        for line in self._lines.feed(data):
            try:
                message = wire.decode(line)
            except ValueError:
                continue
            verdict = self._repeats.verdict(message)
            if verdict == wire.Repeats.ACT:
                self._repeats.answer = wire.encode(self._act(message, now))
            if verdict == wire.Repeats.STRANGER:
                frames.append(wire.encode([message[0], "no", "hello"]))
            elif verdict != wire.Repeats.IGNORE:
                frames.append(self._repeats.answer)
        return frames

    def _act(self, message: list[int | str], now: float) -> list[int | str]:
        seq, op, arguments = message[0], message[1], message[2:]
        if op == "hello":
            return [seq, "ok", self.boot, "0" * 16, wire.contract_hash(), "power"]
        if op == "show":
            self.shown.append(now)
            return [seq, "ok", "ok", "closed"]
        if op == "next":
            keys = [(boot, no) for boot, no, _, _ in self.events]
            cursor = (str(arguments[0]), int(arguments[1]))
            place = keys.index(cursor) + 1 if cursor in keys else 0
            return [seq, "ok", *self.events[place]] if place < len(keys) else [seq, "ok"]
        if op == "ack":
            self.events = [e for e in self.events if [e[0], e[1]] != arguments]
            return [seq, "ok"]
        if op == "echo":
            name = str(arguments[0])
            self.acted[name] = self.acted.get(name, 0) + 1
            return [seq, "ok", name]
        return [seq, "no", "op"]


class Joined:
    """Runs both ends. ``at(time, action)`` schedules what the world does."""

    def __init__(self, cable: Cable, seed: int) -> None:
        self.cable = cable
        self.pico = SmallPico()
        self.link = Link(rng=random.Random(seed))
        self.now = 0.0
        self.answered: list[str] = []
        self.lost: list[str] = []
        self.refused: list[str] = []
        self.happened: list[tuple[str, int]] = []
        self.ups: list[Up] = []
        self.downs: list[Down] = []
        self.acknowledge = True
        self._rng = random.Random(seed)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._wake: float | None = None
        self.serves_s = 0.0
        """What each frame takes the Pico, one after the other."""
        self._free_at = 0.0

    def at(self, time: float, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (time, self._count, action))

    def plug(self) -> None:
        self.link.plugged(self.now)
        self._step()

    def unplug(self) -> None:
        self.link.unplugged()
        self._step()

    def command(self, name: str) -> None:
        """Submit one command that may act once."""
        try:
            self.link.submit(Command("echo", (name,)))
        except LinkLost:
            self.lost.append(name)
        self._step()

    def press(self) -> None:
        self.pico.press()
        self.ring()

    def ring(self) -> None:
        """The Pico's notice, while it keeps events."""
        if self.pico.events:
            self._to_link([wire.encode([0, "events"])])

    def reset(self) -> None:
        self.pico.reset()
        self._to_link([wire.encode([0, "boot", self.pico.boot])])

    def run_until(self, end: float) -> None:
        while self._queue and self._queue[0][0] <= end:
            time, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, time)
            action()
        self.now = end

    def _step(self, data: bytes = b"") -> None:
        out, happenings = self.link.step(self.now, data)
        for happening in happenings:
            self._note(happening)
        for line in out.splitlines(keepends=True):
            for delay, piece in self.cable.deliveries(line, self._rng):
                self.at(self.now + delay, lambda piece=piece: self._to_pico(piece))  # type: ignore[misc]
        wake = self.link.wake_at()
        if wake is not None and wake != self._wake:
            self._wake = wake
            self.at(max(wake, self.now), self._step)

    def _to_pico(self, data: bytes) -> None:
        self._free_at = max(self._free_at, self.now) + self.serves_s
        self.at(self._free_at, lambda: self._to_link(self.pico.receive(data, self.now)))

    def _to_link(self, frames: list[bytes]) -> None:
        for frame in frames:
            for delay, piece in self.cable.deliveries(frame, self._rng):
                self.at(self.now + delay, lambda piece=piece: self._step(piece))  # type: ignore[misc]

    def _note(self, happening: Happening) -> None:
        match happening:
            case Ended(command):
                name = str(command.arguments[0])
                if command.answer is not None:
                    self.answered.append(name)
                elif isinstance(command.error, CommandRefused):
                    self.refused.append(name)
                else:
                    self.lost.append(name)
            case Happened(boot, no):
                self.happened.append((boot, no))
                if self.acknowledge:
                    self.link.acknowledge(boot, no)
            case Up():
                self.ups.append(happening)
            case Down():
                self.downs.append(happening)
