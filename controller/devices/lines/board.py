"""The pins themselves: gpiozero with one of its pin factories, and what each needs around it.

``lgpio`` speaks to the kernel's ``/dev/gpiochipN`` (every Pi), ``pigpio`` to the daemon ``pigpiod``
over TCP (Pi 4 and older; there is none for a Pi 5), ``mock`` to nothing (trials). gpiozero's pins
are used without its devices above them: those would debounce and time in their own way.
https://gpiozero.readthedocs.io/en/stable/api_pins.html

What the libraries do not tell or do themselves (gpiozero 2.0.1, lgpio 0.2.2, pigpio 1.78):

* lgpio says "can not open gpiochip" whatever the reason, so the chip's file is opened here first.
* lgpio is not on a PC with Python 3.13, which has no wheel of it, and no pins.
* lgpio makes a pipe in the working directory when it is imported, which a service has none of.
* A pigpiod that is silent keeps the client waiting for ever, one that has ended makes its thread
  spin, and one that was never there is told on standard output.
* The pigpio client misses the first edge of a pin that was pulled after it had connected.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

from controller.devices.lines.judging import Line, Wire, Wiring
from controller.devices.opening import refusal
from edge.journal.events import FaultCode

PULSE_S = 0.1
"""RUN low. The RP2040 needs a few clock cycles (datasheet 2.12.1); this outlasts a capacitor."""
ANSWER_S = 2.0
"""A pigpiod that says nothing for this long hangs."""
_WORDS = struct.Struct("<IIII")
_TICK = (16, 0, 0, 0)
_MODES, _PUD = 0, 2
"""pigpiod's commands: time, mode and pull of a pin. https://abyz.me.uk/rpi/pigpio/sif.html"""
_PULLS = {"floating": 0, "down": 1, "up": 2}
Pulls = Mapping[int, str]
"""GPIO number → "up" or "down"."""
_LIKE_ANY_PI = 0xA02082
"""Revision of a Pi 3B: what gpiozero takes a board for that is no Pi. All have GPIO 4 to 27 alike,
and GPIO n is line n of the chip."""


class Refused(Exception):
    """The board does not open, or is not there any more: ``fault`` and technical words."""

    def __init__(self, fault: FaultCode, words: str) -> None:
        super().__init__(words)
        self.fault = fault


class Pins(Protocol):
    """A pin factory of gpiozero."""

    def pin(self, name: str) -> Any: ...

    def ticks(self) -> Any: ...

    def close(self) -> None: ...


class Source(Protocol):
    """Where the pins are."""

    name: str

    def open(self, pulls: Pulls) -> Pins:
        """``pulls`` are those that the inputs will have. Raises Refused."""
        ...

    def judged(self, error: Exception) -> Refused:
        """What an error of the pins means."""
        ...

    def close(self, pins: Pins) -> None:
        """Give everything back, also of a board that is gone. Never raises."""
        ...


class Chip:
    """``/dev/gpiochipN`` through lgpio."""

    def __init__(self, path: str) -> None:
        """Imports lgpio: before there are threads, for it needs another working directory."""
        self.name = path
        self._factory: Callable[..., Pins] | None = None
        self._busy = ""
        with tempfile.TemporaryDirectory(prefix="tram-lgpio-") as pipes, contextlib.chdir(pipes):
            try:
                import lgpio
                from gpiozero.exc import PinUnknownPi
                from gpiozero.pins.lgpio import LGPIOFactory
            except ImportError:  # a PC with Python 3.13
                return

        class AnyBoard(LGPIOFactory):  # type: ignore[misc]
            """Of the kernel's simulated chips, too."""

            def _get_revision(self) -> int:
                try:
                    return int(super()._get_revision())
                except PinUnknownPi:
                    return _LIKE_ANY_PI

        self._factory = AnyBoard
        self._busy = lgpio.error_text(lgpio.GPIO_BUSY)

    def open(self, pulls: Pulls) -> Pins:
        if self._factory is None:
            raise Refused(FaultCode.NOT_FOUND, "lgpio is not installed")
        try:
            os.close(os.open(self.name, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            raise Refused(*refusal(error)) from None
        try:
            pins = self._factory(chip=int(self.name.removeprefix("/dev/gpiochip")))
        except Exception as error:
            raise self.judged(error) from None
        return pins

    def judged(self, error: Exception) -> Refused:
        """lgpio's errors are words and nothing else."""
        busy = str(error) == self._busy
        return Refused(FaultCode.TAKEN if busy else FaultCode.DISCONNECTED, _words(error))

    def close(self, pins: Pins) -> None:
        _close(pins)


class Daemon:
    """pigpiod at ``host:port``."""

    def __init__(self, address: str) -> None:
        import pigpio
        from gpiozero.pins.pigpio import PiGPIOFactory

        self.name = f"pigpiod at {address}"
        host, _, port = address.rpartition(":")
        self._at = host, int(port)
        self._factory = PiGPIOFactory
        self._error = pigpio.error

    def open(self, pulls: Pulls) -> Pins:
        try:
            self._ask(pulls)
            pins: Any = self._factory(*self._at)
            pins.connection.sl.s.settimeout(ANSWER_S)
        except Exception as error:
            raise self.judged(error) from None
        opened: Pins = pins
        return opened

    def _ask(self, pulls: Pulls) -> None:
        """Whether somebody answers there who speaks as pigpiod does; then pull the pins.

        That before the client connects: it reads all levels once and tells an edge by what differs
        from then, so a pin that is pulled up later has its first press swallowed."""
        with socket.create_connection(self._at, ANSWER_S) as line:
            if _asked(line, _TICK)[0] != _TICK[0]:
                raise Refused(FaultCode.BAD_DATA, "no pigpiod")
            for gpio, pull in pulls.items():
                _asked(line, (_MODES, gpio, 0, 0))
                _asked(line, (_PUD, gpio, _PULLS[pull], 0))  # refusals: told when it is claimed

    def judged(self, error: Exception) -> Refused:
        match error:
            case Refused():
                return error
            case TimeoutError():
                return Refused(FaultCode.NO_ANSWER, f"silent for {ANSWER_S:g} s")
            case ConnectionRefusedError() | socket.gaierror():
                return Refused(*refusal(error))
            case ValueError() | self._error():  # gpiozero makes a ValueError of some of pigpio's
                return Refused(FaultCode.REFUSED, _words(error))  # pigpiod -x: "no permission …"
        return Refused(FaultCode.DISCONNECTED, _words(error))

    def close(self, pins: Pins) -> None:
        """``stop`` fails half way when the daemon is gone, and goes on where it failed."""
        connection = pins.connection  # type: ignore[attr-defined]
        _close(pins)
        for _ in range(2):
            with contextlib.suppress(Exception):
                connection.stop()


class Nothing:
    """gpiozero's own double: levels that nothing drives."""

    name = "mock pins"

    def __init__(self) -> None:
        from gpiozero.pins.mock import MockFactory

        self._factory = MockFactory

    def open(self, pulls: Pulls) -> Pins:
        pins: Pins = self._factory()
        return pins

    def judged(self, error: Exception) -> Refused:
        return Refused(FaultCode.DISCONNECTED, _words(error))

    def close(self, pins: Pins) -> None:
        _close(pins)


def source(place: str) -> Source:
    """The one that the configuration's ``devices.lines`` names."""
    kind, _, where = place.partition(":")
    match kind:
        case "lgpio":
            return Chip(where)
        case "pigpio":
            return Daemon(where)
    return Nothing()


class Board:
    """The lines of ``wiring``, open. Every method raises Refused when they are lost.

    ``changed(line, active)`` is called at every edge, on a thread of the library.
    """

    def __init__(
        self, source: Source, wiring: Wiring, changed: Callable[[Line, bool], None]
    ) -> None:
        self._source = source
        self._pins = source.open({wire.gpio: _pull(wire) for _, wire in wiring.inputs()})
        self._inputs: dict[Line, tuple[Any, Wire]] = {}
        self._heard: list[Callable[[object, object], None]] = []  # gpiozero holds them weakly
        self._run: Any = None
        with ExitStack() as undo:
            undo.callback(self.close)
            with self._judging():
                self._claim(wiring, changed)
            undo.pop_all()

    def _claim(self, wiring: Wiring, changed: Callable[[Line, bool], None]) -> None:
        for line, wire in wiring.inputs():
            pin = self._pins.pin(f"GPIO{wire.gpio}")
            pin.input_with_pull(_pull(wire))
            self._inputs[line] = pin, wire
        if wiring.pico_run is not None:
            self._run = self._pins.pin(f"GPIO{wiring.pico_run}")
            self._let_go()
        for line, (pin, wire) in self._inputs.items():
            heard = _hearing(line, wire, changed)
            self._heard.append(heard)
            pin.edges = "both"
            pin.when_changed = heard

    def levels(self) -> dict[Line, bool]:
        """Every line that is read, now: whether it is active."""
        with self._judging():
            if not self._inputs:
                self._pins.ticks()  # somebody is there
            return {
                line: bool(pin.state) is wire.active_high
                for line, (pin, wire) in self._inputs.items()
            }

    def pulse_run(self) -> None:
        """RUN low for ``PULSE_S``, then let go: never driven high, the Pico pulls it up itself."""
        with self._judging():
            try:
                self._run.output_with_state(False)
                time.sleep(PULSE_S)
            finally:
                self._let_go()

    def _let_go(self) -> None:
        """Said even where a line that is given back would stay as it was driven: the kernel's
        driver of a Pi keeps outputs (pinctrl-bcm2835, ``persist_gpio_outputs``)."""
        self._run.input_with_pull("floating")

    def close(self) -> None:
        self._source.close(self._pins)

    @contextlib.contextmanager
    def _judging(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # the libraries have no one kind of error between them
            raise self._source.judged(error) from error


def _pull(wire: Wire) -> str:
    """To what means no: a wire that has come off shuts no booth down."""
    return "down" if wire.active_high else "up"


def _asked(line: socket.socket, request: tuple[int, int, int, int]) -> tuple[int, ...]:
    line.sendall(_WORDS.pack(*request))
    answer = b""
    while len(answer) < _WORDS.size:
        if not (part := line.recv(_WORDS.size - len(answer))):
            raise ConnectionResetError(errno.ECONNRESET, "closed the line")
        answer += part
    return _WORDS.unpack(answer)


def _hearing(
    line: Line, wire: Wire, changed: Callable[[Line, bool], None]
) -> Callable[[object, object], None]:
    def heard(ticks: object, state: object) -> None:
        changed(line, bool(state) is wire.active_high)

    return heard


def _close(pins: Any) -> None:
    """Pins are given back one by one; one that fails keeps the others from it."""
    with contextlib.suppress(Exception):
        pins.close()
    with contextlib.suppress(Exception):
        pins.pins.clear()
        pins.close()


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removeprefix("error: ")
