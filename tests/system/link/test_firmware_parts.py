"""Parts of the firmware alone, on the interpreter they are written for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from controller.devices.peripherals import firmware_hash
from controller.devices.ports import Light, PicoEventKind, Sound
from firmware import wire
from tests.system.link.interpreters import FIRMWARE, HERE, run


@pytest.fixture
def flash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ring(step: str) -> list[str]:
    return run("micropython", HERE / "remembering.py", str(FIRMWARE), step)


def test_the_watchdog_is_fed_only_while_every_task_beats() -> None:
    alive, stuck = map(int, run("micropython", HERE / "feeding.py", str(FIRMWARE)))
    assert alive >= 5
    assert stuck == 0


def test_an_opened_lid_is_in_flash_at_once_with_what_came_before_it(flash: Path) -> None:
    assert ring("lid") == ["lid 1 ticket", "lid 2 lid_open"]
    assert ring("after") == ["lid 1 ticket", "lid 2 lid_open"]


def test_a_crowd_of_presses_never_pushes_out_the_lid(flash: Path) -> None:
    ring("lid")
    held = ring("crowd")
    assert len(held) == 64
    assert held[0] == "lid 2 lid_open"
    assert held[-1] == "crowd 201 lid_closed"


def test_a_vandal_at_the_lid_still_leaves_openings(flash: Path) -> None:
    held = ring("vandal")
    assert len(held) == 64
    assert sum(line.endswith("lid_open") for line in held) >= 32


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, b"[1,"])
def test_a_torn_flash_file_costs_only_the_torn_lines(flash: Path, damage: bytes) -> None:
    ring("lid")
    file = flash / "events.txt"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(damage + b"\n" + lines[1][:10] + b"\n" + lines[1])
    assert ring("after") == ["lid 2 lid_open"]


def test_a_flash_that_cannot_be_written_does_not_stop_the_service(flash: Path) -> None:
    os.mkdir(flash / "events.txt.new")  # the name is taken: the file cannot be opened
    held = [line for line in ring("lid") if not line.startswith("flash:")]
    assert held == ["lid 1 ticket", "lid 2 lid_open"]


def printing(case: str) -> list[str]:
    return run("micropython", HERE / "proving.py", str(FIRMWARE), case)


def test_a_proof_lost_on_the_line_delays_its_own_job_only(flash: Path) -> None:
    asked = printing("lost proof")
    assert asked == ["2", "1", "1"]


def test_a_printer_that_takes_nothing_from_the_start_is_told_as_an_error(flash: Path) -> None:
    """Switched off, or full since before the Pico was reset: it cannot even be asked."""
    assert printing("stuck") == ["error", "1", "1", "1"]


def test_the_contract_names_what_the_station_names() -> None:
    assert tuple(light.value for light in Light) == wire.SCENES
    assert tuple(sound.value for sound in Sound) == wire.SOUNDS
    assert tuple(kind.value for kind in PicoEventKind) == wire.EVENTS


def test_every_source_is_part_of_the_firmware_hash(tmp_path: Path) -> None:
    for source in sorted(FIRMWARE.glob("*.py")):
        if source.name == "__init__.py":
            continue
        changed = tmp_path / source.stem
        shutil.copytree(FIRMWARE, changed)
        with (changed / source.name).open("a") as file:
            file.write("\n")
        assert firmware_hash(changed) != firmware_hash()


def test_only_pins_py_holds_pin_numbers() -> None:
    for source in FIRMWARE.glob("*.py"):
        for line in source.read_text().splitlines():
            if "machine.Pin(" in line and source.name != "pins.py":
                argument = line.split("machine.Pin(")[1].lstrip()
                assert not argument[:1].isdigit(), f"{source.name}: {line}"
