"""The firmware comes onto a Pico and is replaced there: never a mixture, whatever is cut (F4)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from controller.devices.peripherals.installing import InstallFailed, install
from controller.devices.peripherals.release import HASH_FILE, Release, release
from hw.twins.pico_board import ROOT
from hw.twins.rp2040.chip import Options
from hw.twins.rp2040.parts import firmware_files
from tests.rp2040.conftest import Fresh
from tests.rp2040.installing import ChipPort, RecordingPort
from tests.rp2040.pico import Pico

USB_UP_MS = 3000.0
WATCHDOG_MS = 8000.0
OFF_MS = 20_000.0
OLDER = b"\nOLDER = 1\n"
SLOW_FLASH = Options(erase_ms=400, program_ms=3)
"""The limits of the flash chip (W25Q16JV)."""


@pytest.fixture(scope="module")
def new() -> Release:
    return release()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The firmware as it was before: another line in one file."""
    return changed(tmp_path_factory.mktemp("old"), "pins.py", OLDER.decode())


def changed(folder: Path, name: str, lines: str) -> Release:
    """A release whose file ``name`` has ``lines`` more."""
    shutil.copytree(ROOT / "firmware", folder / "firmware")
    with (folder / "firmware" / name).open("a") as file:
        file.write(lines)
    return release(folder / "firmware")


def powered(pico: Pico) -> Pico:
    pico.power_on()
    pico.until(lambda: any("usb_up" in event for event in pico.events), USB_UP_MS)
    return pico


def put(pico: Pico, wanted: Release) -> list[str]:
    told: list[str] = []
    install(ChipPort(pico), wanted, lambda step: told.append(str(step)))
    return told


BEFORE: dict[str, Callable[[Release], Mapping[str, bytes]]] = {
    "bare": lambda old: {"readme.txt": b"MicroPython, and nothing of ours"},
    "sources": lambda old: firmware_files() | {"pins.py": firmware_files()["pins.py"] + OLDER},
    "slots": lambda old: old.files(),
    "second": lambda old: old.files("b") | {f"a/{n}": data for n, data in old.slot.items()},
}
"""What is on it: nothing of ours, sources in its root as before there were folders, a release, or
two of them, as ever after the first update.
"""
UPDATES = ("slots", "second")


@pytest.mark.parametrize("before", BEFORE)
def test_the_firmware_comes_onto_whatever_pico_and_runs(
    fresh: Fresh, old: Release, new: Release, before: str
) -> None:
    pico = powered(fresh(BEFORE[before](old)))
    pico.advance(1500)
    put(pico, new)
    assert pico.hello(session=7000)[1] == new.firmware
    files = pico.files()
    slot = files["slot"].decode()[0]
    kept = {"readme.txt": files["readme.txt"]} if before == "bare" else {}
    other = {name for name in files if name[:2] in ("a/", "b/") and name[0] != slot}
    assert files == new.files(slot) | kept | {name: files[name] for name in other}
    assert pico.resets == ["reset"] * (2 if before in UPDATES else 1), "no watchdog bit meanwhile"


def test_a_flash_at_its_limits_takes_an_update_without_the_watchdog(
    fresh: Fresh, old: Release, new: Release
) -> None:
    pico = powered(fresh(old.files(), SLOW_FLASH))
    pico.advance(1500)
    began = pico.now_ms
    put(pico, new)
    assert pico.now_ms - began > WATCHDOG_MS, "so a watchdog that runs on would have bitten"
    assert "watchdog" not in pico.resets
    assert pico.hello(session=7000)[1] == new.firmware


@pytest.mark.parametrize(
    ("file", "lines"),
    [("main.py", "\nraise ValueError\n"), ("wire.py", "\nimport time\ntime.sleep(3600)\n")],
    ids=["raises", "hangs"],
)
def test_an_update_that_does_not_start_is_refused_and_the_pico_goes_back(
    fresh: Fresh, new: Release, tmp_path: Path, file: str, lines: str
) -> None:
    pico = powered(fresh(new.files()))
    pico.advance(500)
    with pytest.raises(InstallFailed) as failed:
        put(pico, changed(tmp_path, file, lines))
    assert failed.value.advice == InstallFailed.NOT_STARTED
    pico.advance(1000)
    assert pico.hello(session=7000)[1] == new.firmware


@pytest.mark.parametrize("before", ["slots", "second", "sources"])
def test_a_power_cut_in_any_flash_operation_of_it_leaves_a_whole_firmware(
    fresh: Fresh, old: Release, new: Release, before: str
) -> None:
    """Judged by what lies in the flash after each cut. The chip itself is started after those in
    the switching, and is installed anew after one amid the writing. The writing of the folder,
    which is the same in all, is cut in its first file only but once."""
    there = BEFORE[before](old)
    pico = powered(fresh(there))
    pico.advance(1500)
    port = RecordingPort(pico)
    install(port, new, lambda step: None)
    port.close_step()
    switch = next(n for n, step in enumerate(port.steps) if HASH_FILE.encode() in step.sent)
    steps = port.steps if before == "slots" else port.steps[:5] + port.steps[switch:]
    cuts = [(step, n) for step in steps for n in range(1, step.operations + 1)]
    assert len(cuts) > (100 if before == "slots" else 20)
    for number, (step, n) in enumerate(cuts):
        pico.rewind(step.before)
        pico.cut_in_flash_operation(n, torn=0.5)
        pico.usb_write(step.sent)
        pico.until(lambda: not pico.on, OFF_MS, ("reset",))
        where = f"cut {number}, in operation {n} of {step.sent[:60]!r}"
        startable = firmwares(pico.files(), there, old, new)
        assert startable in ({"old"}, {"new"}, {"old", "new"}), f"{where}: {startable}"
        if n == step.operations and (b"remember" in step.sent or b"rename" in step.sent):
            starts(pico, startable, old, new, where)
        if number == len(cuts) // 2:
            starts(pico, startable, old, new, where)
            put(pico, new)
            assert pico.hello(session=9000)[1] == new.firmware, where


def firmwares(
    files: Mapping[str, bytes], there: Mapping[str, bytes], old: Release, new: Release
) -> set[str]:
    """What this flash would start: "old", "new", or "mixture"."""
    if files["main.py"] != new.chooser:
        return {"old" if {name: files.get(name) for name in there} == dict(there) else "mixture"}
    good, trial, _ = files["slot"].decode().split()
    found = set()
    for slot in (good, trial):
        if slot == "-":
            continue
        lies = {n[2:]: data for n, data in files.items() if n.startswith(f"{slot}/")}
        found.add("new" if lies == new.slot else "old" if lies == old.slot else "mixture")
    return found


def starts(pico: Pico, startable: set[str], old: Release, new: Release, where: str) -> None:
    """The chip itself starts one of those."""
    powered(pico)
    pico.advance(1500)
    hashes = {"new": new.firmware, "old": old.firmware}
    assert pico.hello(session=8000)[1] in {hashes[name] for name in startable}, where
