"""The Pi's end of the Pico link, as a plain state machine: bytes and the time in, bytes out.

Stop-and-wait after ``firmware/wire.py``: one command is under way at a time and is repeated, with
the retransmission timer of RFC 6298 (without its one-second floor), until its answer comes. Who
answers at all, though late, is there: the link is lost when nothing is answered for a lease. The
machine itself says ``hello``, renews the lease, fetches events in their order and delivers
acknowledgements; heartbeats go before everything else. It knows each event by (boot, number), so
that one that comes again after a reset is not taken for a second press.

Nothing here reads a clock or does I/O: ``step`` is told the time in seconds, ``wake_at`` says when
it wants to be called again at the latest.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from controller.devices.peripherals.repl import NUDGE, Prompt
from firmware import wire

RENEW_EVERY_S = 1.0
"""A third of the lease: two renewals may be lost."""
ASK_AGAIN_S = 0.05
"""While the Pico does not know the printer's state yet."""
LOST_AFTER_S = wire.LEASE_MS / 1000
"""Without any answer, to whichever command: by then a Pico that hears nothing shows it, too."""
FIRST_TIMEOUT_S = 0.1
MIN_TIMEOUT_S = 0.02
MAX_TIMEOUT_S = 0.25
MAX_LATE_TIMEOUT_S = 0.5
TRACE_FRAMES = 100
EVENTS_REMEMBERED = 1024
_PRIVATE_OPS = ("begin", "print", "echo")

Item = int | str


class LinkLost(Exception):
    """The command was under way or waiting when the link went down; it may have acted or not."""


class CommandRefused(Exception):
    """The Pico answered ``no``; ``reason`` is one of ``wire.REFUSALS``."""

    def __init__(self, op: str, reason: str) -> None:
        super().__init__(f"{op} refused: {reason}")
        self.reason = reason


@dataclass(eq=False)
class Command:
    """One command of ours. ``answer`` or ``error`` is set when ``step`` returns it as ``Ended``."""

    op: str
    arguments: tuple[Item, ...] = ()
    answer: tuple[Item, ...] | None = field(default=None, repr=False)
    error: LinkLost | CommandRefused | None = None


@dataclass(frozen=True)
class Ended:
    command: Command


@dataclass(frozen=True)
class Up:
    """The Pico answered ``hello``. ``ours``: it runs the firmware we expect, a session is open.

    ``restarted``: it has booted since the last session.
    """

    boot: str
    firmware: str
    cause: str
    ours: bool
    restarted: bool


class Why(Enum):
    UNPLUGGED = auto()
    NO_ANSWER = auto()
    RESTARTED = auto()


@dataclass(frozen=True)
class Down:
    why: Why


@dataclass(frozen=True)
class Happened:
    """An event, in order, once per (boot, no)."""

    boot: str
    no: int
    kind: str
    age_ms: int


@dataclass(frozen=True)
class Renewed:
    """The Pico's answer to a heartbeat."""

    printer: str
    lid: str


Happening = Ended | Up | Down | Happened | Renewed


class _Phase(Enum):
    UNPLUGGED = auto()
    GREETING = auto()
    FOREIGN = auto()
    """Another firmware: left alone, its lights in their safe state, until it is replaced."""
    UP = auto()


class RoundTrip:
    """Retransmission timer: RFC 6298 with Karn's rule, in seconds."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._spread = 0.0
        self.timeout_s = FIRST_TIMEOUT_S

    def measured(self, trip_s: float) -> None:
        """A command that was sent once was answered after ``trip_s``."""
        if self._mean is None:
            self._mean, self._spread = trip_s, trip_s / 2
        else:
            self._spread += (abs(trip_s - self._mean) - self._spread) / 4
            self._mean += (trip_s - self._mean) / 8
        wanted = self._mean + 4 * self._spread
        self.timeout_s = min(max(wanted, MIN_TIMEOUT_S), MAX_TIMEOUT_S)

    def late(self) -> None:
        """An answer to what was answered already: it was no loss, and repeating it was too early.

        What a slow peer is told twice it answers twice before it comes to the next command.
        """
        self.timeout_s = min(self.timeout_s * 2, MAX_LATE_TIMEOUT_S)


class Link:
    """``firmware`` is the only hash accepted, None any that keeps the contract.

    ``rng`` draws the sessions' first seqs; two runs of the station must not draw the same.
    """

    def __init__(self, firmware: str | None = None, rng: random.Random | None = None) -> None:
        self._firmware = firmware
        self._random = rng or random.SystemRandom()
        self._phase = _Phase.UNPLUGGED
        self._seq = 0
        self._mute = False  # nobody answered ``hello`` for long, and we have said so
        self._nudge_at = 0.0
        self._boot: str | None = None
        self._lines = wire.Lines()
        self._trip = RoundTrip()
        self._prompt = Prompt()
        # the command under way
        self._current: Command | None = None
        self._frame = b""
        self._first_sent = self._last_sent = self._resend_at = 0.0
        self._sent_times = 0
        self._timeout_s = FIRST_TIMEOUT_S
        self._answered_at = 0.0
        # what waits
        self._waiting: deque[Command] = deque()
        self._scene = wire.SCENES[0]
        self._renew_at = 0.0
        self._acks: deque[tuple[str, int]] = deque()
        self._fetch = False
        self._cursor: tuple[str, int] = ("", 0)
        self._seen: dict[tuple[str, int], bool] = {}
        # what comes out
        self._out = bytearray()
        self._happenings: list[Happening] = []
        self.trace: deque[str] = deque(maxlen=TRACE_FRAMES)
        """The last frames both ways with their time, free of printed content; for the log."""

    @property
    def up(self) -> bool:
        return self._phase is _Phase.UP

    # ---- from the adapter ------------------------------------------------------------------

    def plugged(self, now: float) -> None:
        """The port is open: greet whoever is there. What was under way on another is lost."""
        self.unplugged()
        self._lines = wire.Lines()
        self._prompt.heard(b"\n")
        self._trip = RoundTrip()
        self._greet(now)

    def unplugged(self) -> None:
        """The port is gone. Commands end with LinkLost at the next ``step``."""
        self._fall(Why.UNPLUGGED)
        self._phase = _Phase.UNPLUGGED

    def submit(self, command: Command) -> None:
        """Queue a command. LinkLost when the link is not up, ValueError when it fits no frame."""
        if not self.up:
            raise LinkLost(command.op)
        wire.encode([wire.INT_MAX, command.op, *command.arguments])
        self._waiting.append(command)

    def show(self, scene: str) -> None:
        """The scene whose lease is renewed from now on."""
        self._scene = scene
        self._renew_at = 0.0

    def renew(self) -> None:
        """Heartbeat now: its answer tells the printer's state."""
        self._renew_at = 0.0

    def acknowledge(self, boot: str, no: int) -> None:
        """The event is durable here. Delivered as soon as the link is up."""
        self._seen[boot, no] = True
        self._acks.append((boot, no))

    def step(self, now: float, data: bytes = b"") -> tuple[bytes, list[Happening]]:
        """Take what was received, give what to send and what came of it."""
        self._prompt.heard(data)
        for line in self._lines.feed(data):
            self._take(line, now)
        self._retransmit(now)
        if self.up and self._current is None:
            self._start_next(now)
        out, self._out = bytes(self._out), bytearray()
        happenings, self._happenings = self._happenings, []
        return out, happenings

    def wake_at(self) -> float | None:
        """When to call ``step`` next at the latest; None when only data can wake it."""
        if self._current is not None:
            return self._resend_at
        return self._renew_at if self.up else None

    # ---- sending ---------------------------------------------------------------------------

    def _greet(self, now: float) -> None:
        self._phase = _Phase.GREETING
        self._mute = False
        self._seq = self._random.randrange(wire.SESSION_MAX)
        self._send(Command("hello"), now)

    def _start_next(self, now: float) -> None:
        """Heartbeats first, so that a long print never lets the lights go out of service."""
        if now >= self._renew_at:
            self._send(Command("show", (self._scene,)), now)
        elif self._acks:
            self._send(Command("ack", self._acks[0]), now)
        elif self._fetch:
            self._send(Command("next", self._cursor), now)
        elif self._waiting:
            self._send(self._waiting.popleft(), now)

    def _send(self, command: Command, now: float) -> None:
        self._seq += 1
        self._current = command
        self._timeout_s = self._trip.timeout_s
        self._frame = wire.encode([self._seq, command.op, *command.arguments])
        self._first_sent = now
        self._sent_times = 0
        self._transmit(now)

    def _transmit(self, now: float) -> None:
        assert self._current
        self._out += self._frame
        self._sent_times += 1
        self._last_sent = now
        hold_s = wire.PRINT_HOLD_MS / 1000 if self._current.op == "print" else 0.0
        self._resend_at = now + self._timeout_s + hold_s
        self._note(now, ">", [self._seq, self._current.op, *self._current.arguments])

    def _retransmit(self, now: float) -> None:
        if self._current is None or now < self._resend_at:
            return
        if way_out := self._prompt.way_out(now):
            self._out += way_out
            self.trace.append(f"{now:.4f} > the Pico is at MicroPython's prompt: reset")
            if self.up:
                self._fall(Why.NO_ANSWER)
                self._greet(now)
                return
        if now - max(self._first_sent, self._answered_at) >= LOST_AFTER_S:
            if self.up:
                self._fall(Why.NO_ANSWER)
                self._greet(now)
                return
            if now >= self._nudge_at:  # again and again: a bad line loses it, or what it brings
                self._nudge_at = now + LOST_AFTER_S
                self._out += NUDGE
            if not self._mute:
                self._mute = True
                self._happenings.append(Down(Why.NO_ANSWER))
        self._timeout_s = min(self._timeout_s * 2, max(MAX_TIMEOUT_S, self._trip.timeout_s))
        self._transmit(now)

    # ---- receiving -------------------------------------------------------------------------

    def _take(self, line: bytes, now: float) -> None:
        try:
            message = wire.decode(line)
        except ValueError as error:
            self.trace.append(f"{now:.4f} < {len(line)} bytes: {error}")
            return
        self._note(now, "<", message)
        seq, op, arguments = message[0], message[1], tuple(message[2:])
        if op in ("ok", "no"):
            self._answered_at = now
            if seq != self._seq or self._current is None:
                self._trip.late()
        if op in ("ok", "no", "boot"):
            self._prompt.answered()
        news = self._phase in (_Phase.UP, _Phase.FOREIGN) and arguments[:1] != (self._boot,)
        if seq == 0 and op == "boot" and news:
            self._fall(Why.RESTARTED)
            self._greet(now)
        elif seq == 0 and op == "events":
            self._fetch = True
        elif seq == self._seq and self._current is not None and op in ("ok", "no"):
            self._answered(self._current, str(op), arguments, now)

    def _answered(self, command: Command, op: str, items: tuple[Item, ...], now: float) -> None:
        if op == "no" and items == ("hello",):
            self._fall(Why.RESTARTED)
            self._greet(now)
            return
        if self._sent_times == 1:
            self._trip.measured(now - self._last_sent)
        self._current = None
        match command.op, items:
            case "hello", (str(boot), str(firmware), str(contract), str(cause)):
                self._greeted(boot, firmware, contract, cause)
            case "hello", _:
                self._greeted("", "", "", "")
            case "show", _:
                self._renewed(items, now)
            case "next", (str(boot), int(no), str(kind), int(age_ms)):
                self._fetched(Happened(boot, no, kind, age_ms))
            case "next", _:
                self._fetch = False
            case "ack", _:
                self._acks.popleft()
            case _:
                self._finish(command, op, items)

    def _greeted(self, boot: str, firmware: str, contract: str, cause: str) -> None:
        ours = contract == wire.contract_hash() and self._firmware in (None, firmware)
        restarted = self._boot not in (None, boot)
        self._phase = _Phase.UP if ours else _Phase.FOREIGN
        self._boot = boot
        self._cursor = ("", 0)
        self._fetch = True
        self._renew_at = 0.0
        self._happenings.append(Up(boot, firmware, cause, ours, restarted))

    def _renewed(self, items: tuple[Item, ...], now: float) -> None:
        match items:
            case (str(printer), str(lid)):
                again_s = ASK_AGAIN_S if printer == "unknown" else RENEW_EVERY_S
                self._renew_at = now + again_s
                self._happenings.append(Renewed(printer, lid))
            case _:
                self._renew_at = now + RENEW_EVERY_S

    def _fetched(self, event: Happened) -> None:
        self._cursor = key = (event.boot, event.no)
        acknowledged = self._seen.get(key)
        if acknowledged is None:
            self._seen[key] = False
            while len(self._seen) > EVENTS_REMEMBERED:
                del self._seen[next(iter(self._seen))]
            self._happenings.append(event)
        elif acknowledged and key not in self._acks:
            self._acks.append(key)  # the Pico was reset before it could forget it

    def _finish(self, command: Command, op: str, items: tuple[Item, ...]) -> None:
        if op == "ok":
            command.answer = items
        else:
            command.error = CommandRefused(command.op, str(items[0]) if items else "")
        self._happenings.append(Ended(command))

    def _fall(self, why: Why) -> None:
        ours = [self._current] if self._current else []
        self._current = None
        for command in (*ours, *self._waiting):
            if command.op not in ("hello", "show", "ack", "next"):
                command.error = LinkLost(command.op)
                self._happenings.append(Ended(command))
        self._waiting.clear()
        if self.up:
            self._happenings.append(Down(why))
        self._phase = _Phase.GREETING

    def _note(self, now: float, direction: str, message: list[Item]) -> None:
        private = message[1] in _PRIVATE_OPS
        shown = [f"<{len(i)}>" if private and isinstance(i, str) else i for i in message[2:]]
        self.trace.append(f"{now:.4f} {direction} {[*message[:2], *shown]}")
