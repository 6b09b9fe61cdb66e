"""Chips in simulated time: booted once for all tests, and taken back to that instant for each.

A figure here is the chip's own; nothing depends on the machine or its load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from controller.devices.peripherals import firmware_hash
from hw.twins.rp2040.chip import Mark, Options
from hw.twins.rp2040.parts import NotSetUp, compiled, firmware_files
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


def compiled_release(folder: Path) -> dict[str, bytes]:
    """The firmware compiled in ``folder``, as it is on a booth's Pico; as sources beside a
    PICO_IMAGE of one's own, for which there is no compiler here.
    """
    try:
        files = compiled(firmware_files(), folder)
    except NotSetUp:
        return firmware_files()
    return files | {"firmware.hash": firmware_hash().encode()}


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return compiled_release(tmp_path_factory.mktemp("release"))


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
