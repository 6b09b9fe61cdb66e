"""The rig itself: devices come up when asked for, end by their pid, and come up again."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.hil.rig import DEVICES, LiveRig
from tests.patience import CEILING_S


@pytest.mark.needs("camera", "fingerprint", "hands")
def test_a_device_comes_up_when_its_port_is_asked_for_and_no_other_does(rig: LiveRig) -> None:
    rig.close()
    assert Path(rig.port("camera")).is_socket()
    assert rig.twins.runs("camera")
    assert not rig.twins.runs("fingerprint")


@pytest.mark.needs("pico", "printer", "hands", "faults")
def test_the_printer_comes_up_with_the_pico_it_hangs_on(rig: LiveRig) -> None:
    rig.close()
    rig.port("pico")
    assert rig.twins.runs("printer")


@pytest.mark.needs("hands")
@pytest.mark.parametrize("device", DEVICES)
def test_a_hand_reaches_every_device_and_heals_it(rig: LiveRig, device: str) -> None:
    assert Path(rig.port(device)).exists()
    rig.hand(device).do("heal")


@pytest.mark.needs("hands", "faults")
@pytest.mark.parametrize("device", DEVICES)
def test_a_device_whose_plug_was_pulled_leaves_nothing_running_and_comes_up_anew(
    rig: LiveRig, device: str
) -> None:
    rig.port(device)
    first = psutil.Process(rig.twins.pid(device))
    family = [first, *first.children(recursive=True)]
    rig.unplug(device)
    _, alive = psutil.wait_procs(family, timeout=CEILING_S)
    assert not alive
    rig.port(device)
    assert rig.twins.pid(device) != first.pid
    rig.hand(device).do("heal")
