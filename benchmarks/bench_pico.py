"""The Pico's own figures, from the emulated RP2040 in simulated time: the same on any machine.

The unchanged firmware, compiled as on a booth, on MicroPython's rp2 port; papers go through the
booth's own link and printing code (tests/rp2040/station.py), and the printer burns as fast as the
line can carry. A real Pico is somewhat slower: the emulator has no XIP cache.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from controller.devices.peripherals.release import release as released
from controller.papers import escpos
from firmware import wire
from hw.twins.pico_board import BUTTONS
from tests.rp2040.conftest import with_printer
from tests.rp2040.events import acknowledge, kept
from tests.rp2040.papers import PAPERS
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import wire_ms
from tests.rp2040.station import Station
from tests.rp2040.test_budgets import WATCHER, free_bytes

PRINTS = 3
TRIPS = 200
DOSSIER_S = 60.0
"""A booth's pace at its best; each dossier has all of ``PAPERS``."""
PRESSES, AT_ONCE = 1000, 50
"""The Pico keeps 64 events: they are fetched now and then."""
PRESS_MS, EVERY_MS = 60.0, 130.0


def run() -> Iterator[dict[str, Any]]:
    release = released().files()
    with Pico(release) as pico:
        pico.power_on()
        pico.booted()
        yield _figure("pico.boot_ms", round(pico.now_ms), "ms", 300, "power to boot notice")
    yield _figure("pico.ram_free_kb", _free(release) // 1000, "kB", "≥ 190", "after a collection")
    with Pico(release) as pico:
        with_printer(pico)
        yield _round_trips(pico)
        yield from _prints(pico)
    with Pico(release) as pico:
        yield _presses(pico)


def _free(release: Mapping[str, bytes]) -> int:
    with Pico({**release, "boot.py": WATCHER}) as pico:
        return free_bytes(pico)


def _round_trips(pico: Pico) -> dict[str, Any]:
    """A ``nop`` from the host's write to its answer, the USB's time in it, the host's not."""
    trips = []
    for _ in range(TRIPS):
        began = pico.now_ms
        pico.say("nop")
        trips.append(pico.now_ms - began)
    note = f"min {min(trips):.1f}, max {max(trips):.1f} of {TRIPS}"
    return _figure("pico.rtt_ms", round(statistics.median(trips), 2), "ms", 6, note)


def _prints(pico: Pico) -> Iterator[dict[str, Any]]:
    """The worst paper's median, begun to proven, against what its bytes take on the wire; and how
    much of a dossier's time all its papers take.
    """
    station = Station(pico)
    took_ms = {
        name: [station.print(PRINTS * place + number + 1, paper) for number in range(PRINTS)]
        for place, (name, paper) in enumerate(PAPERS.items())
    }
    ratios = {
        name: [ms / wire_ms(b"".join(escpos.commands(PAPERS[name], wire.CHUNK_MAX))) for ms in all_]
        for name, all_ in took_ms.items()
    }
    worst = max(statistics.median(found) for found in ratios.values())
    note = "; ".join(
        f"{name} {min(found):.2f}/{statistics.median(found):.2f}/{max(found):.2f}"
        for name, found in ratios.items()
    )
    note = f"{note} (min/median/max of {PRINTS})"
    yield _figure("print.wire_ratio", round(worst, 3), "ratio", 1.15, note)
    dossier_s = sum(max(found) for found in took_ms.values()) / 1000
    note = f"{', '.join(PAPERS)}: {dossier_s:.1f} s of a dossier's {DOSSIER_S:g}"
    yield _figure("print.line_busy", round(dossier_s / DOSSIER_S, 3), "of the time", 0.5, note)


def _presses(pico: Pico) -> dict[str, Any]:
    """Presses with nobody there, so that every one is saved while others come."""
    pico.power_on()
    pico.booted()
    came = 0
    for round_ in range(PRESSES // AT_ONCE):
        for press in range(AT_ONCE):
            pico.press(BUTTONS["ticket"], PRESS_MS, after_ms=press * EVERY_MS)
        pico.advance(AT_ONCE * EVERY_MS + 1000)
        pico.hello(session=10_000 * (round_ + 1))
        events = kept(pico)
        came += len(events)
        acknowledge(pico, events)
    note = f"of {PRESSES}, {PRESS_MS:g} ms each, every {EVERY_MS:g} ms"
    return _figure("pico.press_loss", PRESSES - came, "presses", 0, note)


def _figure(
    name: str, value: float, unit: str, limit: float | str | None, note: str
) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "limit": limit, "note": note}
