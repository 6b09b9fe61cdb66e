"""A bench without hardware: the card's own program at the twins, and a bench's paths of the rig."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from hw.bench.hand import CardHand, Unable
from hw.bench.loopback import bench, cable, witness
from hw.twins.control import Hand
from tests.hil.rig import Hands, LiveRig, Ports, Rig, RigBroken, load

TOP = Path(__file__).parents[3]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LiveRig]:
    with bench(tmp_path) as file:
        live = LiveRig(load(file), tmp_path / "unused")
        yield live
        live.close()


@pytest.fixture
def pico(rig: LiveRig, tmp_path: Path) -> Iterator[Hand]:
    """The side channel of the Pico's twin: what no bench has, to look behind the card."""
    hand = Hand(tmp_path / "dev" / "pico.ctl")
    yield hand
    hand.close()


def test_the_card_sees_the_lamps_that_the_firmware_has_on(rig: LiveRig, pico: Hand) -> None:
    seen = rig.hand("pico").do("lights")
    assert seen == pico.do("lights")
    assert seen["red"], "out of service: nobody has said hello"
    assert len(seen["ring"]) == 16


def test_a_lamp_goes_dark_when_the_card_cuts_the_power(rig: LiveRig, pico: Hand) -> None:
    hand = rig.hand("pico")
    boots = pico.do("state")["boots"]
    hand.do("power", on=False)
    assert not hand.do("lights")["red"]
    assert not Path(rig.rig.ports.pico).exists()
    hand.do("power", on=True)
    assert rig.port("pico")
    assert pico.do("state")["boots"] == boots + 1


def test_the_card_lets_go_between_tests(rig: LiveRig) -> None:
    hand = rig.hand("pico")
    hand.do("power", on=False)
    rig.settle()
    assert rig.port("pico")
    assert rig.broken is None


@pytest.mark.parametrize(
    ("op", "arguments"),
    [("fault", {"kind": "loss"}), ("reset", {"cause": "watchdog"}), ("supply", {"volts": 11.0})],
)
def test_what_wires_cannot_do_is_said(
    rig: LiveRig, op: str, arguments: dict[str, str | float]
) -> None:
    with pytest.raises(Unable, match=f"^{op}: a card of wires cannot do"):
        rig.hand("pico").do(op, **arguments)


def test_a_button_that_is_none_is_refused(rig: LiveRig) -> None:
    with pytest.raises(ValueError, match="no button coffee"):
        rig.hand("pico").do("press", button="coffee")


def test_a_line_of_garbage_does_not_end_the_card(rig: LiveRig) -> None:
    with serial.Serial(rig.rig.hands.pico, timeout=60) as line:
        for words in (b"garbage\n", b'{"op": 3}\n', b"[]\n", b'{"op": "press"}\n'):
            line.write(words)
            assert b'"ok": false' in line.readline()
    assert rig.hand("pico").do("hello") == {"card": 1}


def test_a_port_that_says_nothing_is_no_card(tmp_path: Path) -> None:
    _, slave = os.openpty()
    with pytest.raises(OSError, match="does not answer"):
        CardHand(os.ttyname(slave), answer_s=0.05)


def test_a_booths_pico_in_the_cards_place_is_no_card(rig: LiveRig) -> None:
    with pytest.raises(OSError, match=r"is no card|does not answer"):
        CardHand(rig.port("pico"), answer_s=0.2)


def test_a_card_that_is_away_breaks_the_rig_with_its_name(rig: LiveRig, tmp_path: Path) -> None:
    (tmp_path / "card").unlink()
    with pytest.raises(RigBroken, match="hand at the pico did not come up"):
        rig.hand("pico")
    with pytest.raises(RigBroken):
        rig.port("pico")
    (tmp_path / "card").symlink_to("/nowhere")  # the loopback takes its own link away


def test_a_hand_at_a_device_that_has_none_is_lacking(rig: LiveRig) -> None:
    assert rig.lacks("scanner", "hands") == ["hands at the scanner", "scanner"]
    assert rig.lacks("pico", "hands") == []
    with pytest.raises(Unable, match="no hand at the camera"):
        rig.hand("camera")


def test_a_port_that_is_none_breaks_the_rig(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ports = Ports(pico=str(tmp_path / "away"), scanner=str(tmp_path / "file"))
    rig = Rig("bench-1", "bench", frozenset({"pico", "scanner"}), ports)
    with pytest.raises(RigBroken, match=r"pico did not come up: .*No such file"):
        LiveRig(rig, tmp_path).port("pico")
    with pytest.raises(RigBroken, match=r"scanner did not come up: .* is not a serial port"):
        LiveRig(rig, tmp_path).port("scanner")


def test_a_camera_is_named_and_not_looked_for(tmp_path: Path) -> None:
    rig = Rig("bench-1", "bench", frozenset({"camera"}), Ports(camera="picamera2:"))
    assert LiveRig(rig, tmp_path).camera() == "picamera2:"


def test_nobody_pulls_a_benchs_plug(rig: LiveRig) -> None:
    with pytest.raises(Unable, match="nobody who pulls plugs"):
        rig.restart("pico")


def test_a_hand_that_is_gone_at_the_end_of_a_test_breaks_the_rig(tmp_path: Path) -> None:
    with cable() as (_, adapter):
        with witness(tmp_path / "witness", adapter) as printer:
            hands = Hands(printer=str(printer))
            rig = LiveRig(Rig("bench-1", "bench", frozenset({"printer"}), hands=hands), tmp_path)
            assert rig.hand("printer").do("state")["received"] == 0
            rig.settle()
            assert rig.broken is None
        rig.settle()
    assert rig.broken is not None
    assert rig.broken.startswith("a hand does not let go: ")
    with pytest.raises(RigBroken):
        rig.hand("printer")


def test_the_suite_runs_on_a_bench(tmp_path: Path) -> None:
    """Some of it: `make dry-bench` runs all that a bench can."""
    some = "echoes or garbage or three or scene or presses_come_once or lid_found or a_reset_is"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "hw.bench.loopback",
            sys.executable,
            "-m",
            "pytest",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--timeout",
            "300",
            "tests/hil/test_pico.py",
            "-k",
            some,
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests ran on: loopback-" in done.stdout
    assert "lacks: faults" in done.stdout
