"""The rig itself: devices come up when asked for, end by their pid, and come up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hil.rig import LiveRig


@pytest.mark.needs("camera", "hands")
def test_a_device_comes_up_when_its_port_is_asked_for_and_no_other_does(rig: LiveRig) -> None:
    rig.close()
    assert Path(rig.port("camera")).is_socket()
    assert rig.twins.runs("camera")
    assert not rig.twins.runs("fingerprint")


@pytest.mark.needs("camera", "hands")
def test_a_hand_reaches_the_twin(rig: LiveRig) -> None:
    assert isinstance(rig.hand("camera").do("state"), dict)


@pytest.mark.needs("camera", "hands")
def test_a_device_whose_plug_was_pulled_comes_up_anew(rig: LiveRig) -> None:
    rig.port("camera")
    first = rig.twins.pid("camera")
    rig.unplug("camera")
    assert not rig.twins.runs("camera")
    rig.port("camera")
    assert rig.twins.pid("camera") != first
    rig.hand("camera").do("state")
