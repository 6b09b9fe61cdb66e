"""The demo says why nothing is acknowledged, once a reason, and only when somebody complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tram.demo.silence import QUIET_S, Silence


class Scene:
    def __init__(self, folder: Path) -> None:
        self.now, self.held = 0.0, 0
        self.edge, self.region = folder / "edge.log", folder / "monitor.log"
        self.edge.write_text("2026-11-29 07:00:00,000 WARNING tram.edge of yesterday\n")
        self.silence = Silence(
            lambda: self.held, {"TH0417": self.edge, "region": self.region}, lambda: self.now
        )

    def complains(self, log: Path, words: str, level: str = "WARNING") -> None:
        with log.open("a") as file:
            file.write(f"2026-11-29 08:00:00,000 {level} some.logger {words}\n")

    def after(self, seconds: float) -> str | None:
        self.now += seconds
        return self.silence.look()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_reason_is_told_once_when_it_has_been_silent_for_a_while(scene: Scene) -> None:
    scene.complains(scene.edge, "no key usage.")
    assert scene.after(QUIET_S - 1) is None
    assert scene.after(1) == "Nothing has been acknowledged for 5 s. TH0417: no key usage."
    assert scene.after(60) is None
    scene.complains(scene.edge, "no key usage.")
    assert scene.after(60) is None
    scene.complains(scene.edge, "has expired.", "ERROR")
    assert scene.after(1) == "Nothing has been acknowledged for 126 s. TH0417: has expired."


def test_the_region_is_asked_when_no_booth_complains(scene: Scene) -> None:
    scene.complains(scene.region, "the store is away")
    assert (
        scene.after(QUIET_S) == "Nothing has been acknowledged for 5 s. region: the store is away"
    )
    assert scene.silence.reason == "region: the store is away"


def progress(scene: Scene) -> None:
    scene.complains(scene.edge, "broken")
    scene.held += 1


def quiet(scene: Scene) -> None:
    scene.complains(scene.edge, "born", "INFO")


@pytest.mark.parametrize("happened", [progress, quiet])
def test_without_a_complaint_since_the_last_acknowledgement_nothing_is_said(
    scene: Scene, happened: Callable[[Scene], None]
) -> None:
    happened(scene)
    assert scene.after(0) is None
    assert scene.after(10 * QUIET_S) is None
    assert scene.silence.reason == ""
