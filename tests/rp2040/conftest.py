"""Chips in simulated time: booted once for all tests, and taken back to that instant for each.

A figure here is the chip's own; nothing depends on the machine or its load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from controller.devices.peripherals.release import release as released
from hw.twins.rp2040.chip import Mark, Options
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import ReceiptPrinter

Fresh = Callable[..., Pico]


def with_printer(pico: Pico) -> Pico:
    """Power it on, its printer attached; wait until it has booted and knows the printer's state."""
    pico.peer = ReceiptPrinter()
    pico.power_on()
    pico.booted()
    pico.hello()
    pico.until(lambda: pico.say("show", "ready")[1] == "ok", within_ms=1000)
    return pico


@pytest.fixture(scope="session")
def release() -> dict[str, bytes]:
    """The flash of a booth's Pico, by path: the chooser, and the compiled firmware in ``/a``."""
    return released().files()


@pytest.fixture(scope="session")
def booted(release: dict[str, bytes]) -> Iterator[tuple[Pico, Mark]]:
    with Pico(release) as pico:
        with_printer(pico)
        yield pico, pico.mark()


@pytest.fixture
def pico(booted: tuple[Pico, Mark]) -> Pico:
    """Booted, a session open, its printer ready, the scene "ready"."""
    pico, mark = booted
    pico.rewind(mark)
    return pico


@pytest.fixture
def printer(pico: Pico) -> ReceiptPrinter:
    assert isinstance(pico.peer, ReceiptPrinter)
    return pico.peer


@pytest.fixture
def fresh(release: dict[str, bytes]) -> Iterator[Fresh]:
    """Makes a chip of a test's own, without power."""
    with ExitStack() as chips:

        def make(files: Mapping[str, bytes] | None = None, options: Options | None = None) -> Pico:
            return chips.enter_context(Pico(files or release, options))

        yield make
