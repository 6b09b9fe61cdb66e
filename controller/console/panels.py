"""What the screens show of a stage: ``panel.PANEL`` in its folder, and the words for its place.

``Panel`` has a default for everything but the words: a stage may show nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from controller import stages
from controller.console.desk import Desk
from controller.console.forms import ways_out
from controller.console.frame import Frame
from controller.console.parts import Tag
from controller.console.words import PLACES
from controller.views import DossierView, StationView
from ground.text.words import DEVICES


class Panel:
    """Words are message ids."""

    label: str
    """The stage, in the row of steps: "Portrait"."""
    place: str
    """Its place, on a chip: "Camera"."""
    go_to: str
    """What the board tells the person to do there."""
    span: str
    """Of the shift page's median times: "Until the portrait"."""
    device: str
    """What its device is called."""
    prompts: bool = False
    """It says itself, in large letters, what the operator says now."""

    # ---- at the desk: ``id`` is the dossier's, ``mode`` the form that is open ("": none) --------

    def draw(self, desk: Desk, id: str, mode: str) -> None:
        """While the person is at the device."""
        with Tag("div", classes="panel"):
            ways_out(desk, id, aside=True)

    def overview(self, desk: Desk, id: str) -> None:
        """How far it is, while the person waits and at the review."""

    def picture(self, desk: Desk, id: str) -> None:
        """Of what was taken, at the review."""

    def again(self, desk: Desk, id: str) -> None:
        """At the review: the button that has it taken again."""

    def form(self, desk: Desk, id: str, mode: str) -> bool:
        """A form of its own that is opened at the review. False: ``mode`` is none of its forms."""
        return False

    # ---- for the citizen -----------------------------------------------------------------------

    def sheet_picture(self, page: Frame[StationView], dossier: DossierView) -> None:
        """Beside the data that the person confirms."""

    def sheet(self, page: Frame[StationView], dossier: DossierView) -> list[tuple[str, str]]:
        """Lines of the data that the person confirms: what it is, and what was taken."""
        return []


@cache
def of(stage: stages.Stage) -> Panel:
    panel = import_module(f"{stage.folder}.panel").PANEL
    assert isinstance(panel, Panel)
    return panel


def at(place: str) -> Panel | None:
    """The panel of the stage whose device is ``place``."""
    return next((of(s) for s in stages.registered() if s.device.value == place), None)


def named(name: str) -> Panel | None:
    return next((of(s) for s in stages.registered() if s.name == name), None)


def taken(dossier: DossierView) -> list[Panel]:
    """Those of the stages that this booth takes, in order."""
    wanted = (capture.stage for capture in dossier.captures)
    return [of(stage) for stage in stages.named(tuple(wanted))]


def place_word(place: str) -> str:
    """Message id."""
    panel = at(place)
    return panel.place if panel else PLACES.get(place, place)


def device_word(device: str) -> str:
    """Message id."""
    if device in DEVICES:
        return DEVICES[device]
    panel = at(device)
    return panel.device if panel else device
