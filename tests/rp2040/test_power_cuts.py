"""The power goes within any flash operation of any saving: the Pico comes back with old or new.

Every erase and every program of a saving is cut once before it does anything and once half-way.
What is then in the flash is mounted here by the same littlefs, for all of them; the chip itself is
started from those flashes that differ most: the cut erases, and the first and last program.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

import pytest

from firmware import wire
from hw.twins.pico_board import BUTTONS, LID
from hw.twins.rp2040.chip import ChipFailed, Mark
from tests.rp2040 import judged
from tests.rp2040.pico import Pico
from tests.rp2040.station import Station

TORN = (0.0, 0.5)
SETTLED_MS = 700.0
BOOT_MS = 2500.0
Record = tuple[int | str, ...]


def press_with_nobody_there(pico: Pico) -> None:
    pico.press(BUTTONS["ticket"], 60, after_ms=10)


def open_the_lid(pico: Pico) -> None:
    pico.level(LID, 1, after_ms=10)


def acknowledge_what_was_saved(pico: Pico) -> None:
    event = pico.say("next", "", 0)
    pico.say("ack", str(event[1]), int(event[2]))


def prove_a_paper(pico: Pico) -> None:
    Station(pico).print(1, judged.strip(height_px=4), within_ms=SETTLED_MS)


KINDS: dict[str, tuple[Callable[[Pico], None] | None, Callable[[Pico], None]]] = {
    "press": (None, press_with_nobody_there),
    "press beside others": (press_with_nobody_there, press_with_nobody_there),
    "lid": (press_with_nobody_there, open_the_lid),
    "acknowledge": (press_with_nobody_there, acknowledge_what_was_saved),
    "paper": (None, prove_a_paper),
}
"""What happened before, and what is saved."""


@pytest.fixture(scope="module")
def worn(booted: tuple[Pico, Mark]) -> Iterator[dict[str, Mark]]:
    """The instant before each kind of saving."""
    pico, instant = booted
    marks = {}
    for kind, (before, _) in KINDS.items():
        pico.rewind(instant)
        if before:
            before(pico)
            pico.advance(SETTLED_MS)
        marks[kind] = pico.mark()
    yield marks
    for mark in marks.values():
        pico.forget(mark)


def records(files: Mapping[str, bytes], release: Mapping[str, bytes]) -> set[Record]:
    """All that the firmware remembers; a torn line is none."""
    found = set()
    for name in files.keys() - release.keys():
        for line in files[name].splitlines():
            with contextlib.suppress(ValueError):
                found.add(tuple(wire.decode(line)[:3]))
    return found


def cut(pico: Pico, kind: str, before: Mark, operation: int, torn: float) -> None:
    """Go back, do it again, and lose the power in that flash operation."""
    pico.rewind(before)
    pico.cut_in_flash_operation(operation, torn)
    with contextlib.suppress(ChipFailed, TimeoutError):  # a chip without power answers nothing
        KINDS[kind][1](pico)
    pico.until(lambda: "power" in pico.resets, SETTLED_MS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_power_cut_in_any_flash_operation_leaves_old_or_new_and_a_firmware_that_starts(
    booted: tuple[Pico, Mark], worn: dict[str, Mark], release: dict[str, bytes], kind: str
) -> None:
    pico, before = booted[0], worn[kind]
    pico.rewind(before)
    old = records(pico.files(), release)
    KINDS[kind][1](pico)
    pico.advance(SETTLED_MS)
    new = records(pico.files(), release)
    assert new != old, "nothing was saved"
    done = [event["flash"] for event in pico.events if "flash" in event]
    count = len(done) - len([event for event in before.seen["events"] if "flash" in event])
    done = done[-count:]
    telling = {1, count} | {n for n in range(1, count + 1) if done[n - 1] == "erase"}
    for operation in range(1, count + 1):
        for torn in TORN:
            cut(pico, kind, before, operation, torn)
            where = f"cut in {done[operation - 1]} {operation} of {count}, {torn:.0%} done"
            files = pico.files()
            assert {name: files.get(name) for name in release} == release, where
            assert old & new <= records(files, release) <= old | new, where
            if torn and operation in telling:
                goes_on(pico, kind, where)


def goes_on(pico: Pico, kind: str, where: str) -> None:
    """The chip itself starts from that flash, knows what it knew, and works."""
    pico.power_on()
    pico.booted(BOOT_MS)
    pico.hello(session=7000)
    first = pico.say("next", "", 0)[1:]
    if KINDS[kind][0] and kind != "acknowledge":
        assert first[2] == "ticket", f"{where}: a press that was saved before is gone"
    pico.press(BUTTONS["confirm"], 60)
    pico.advance(200)
    assert pico.say("show", "ready")[0] == "ok", where
