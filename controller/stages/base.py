"""``Stage``: what a stage may say of itself.

Everything has a default but what makes a stage a stage: its name, its device, the rows that it
writes, and when it is done.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from typing import Any

from controller.devices.live import Preview
from controller.devices.scenes import Light
from controller.dossier.actions import Action
from controller.dossier.data import Part
from controller.dossier.names import Kept
from controller.dossier.state import Dossier
from controller.papers.facts import CaptureFacts
from controller.policy import CapturePolicy, LinePolicy
from edge.journal.events import Body, Device, Event, FaultCode
from edge.report.stages import Told


class Stage(ABC):
    """One for the life of the program, without state of its own: the dossier holds that."""

    # ---- the line ------------------------------------------------------------------------------

    name: str
    """Small letters and ``_``: in ``station.toml``, on the shift page, in the packet."""
    device: Device
    """The device that it needs and that the person walks to."""

    @property
    def folder(self) -> str:
        """The package of its ``stage``, where its other parts are: ``run``, ``panel``."""
        return type(self).__module__.rpartition(".")[0]

    light: Light | None = None
    """What the tower and the ring show while somebody is at the device; None: nothing of its own.
    Where several stages serve somebody, a later one's light goes before an earlier one's."""
    paces: bool = False
    """It is the slowest: the line is fed for it, and nobody goes elsewhere whom it needs next."""

    @abstractmethod
    def assumed_s(self, policy: LinePolicy) -> float:
        """Seconds that one person takes at the device, until the station has measured it."""

    # ---- the dossier ---------------------------------------------------------------------------

    events: Set[type[Body]]
    """The rows that it writes: ``apply`` receives these."""

    @abstractmethod
    def apply(self, dossier: Dossier, event: Event) -> None:
        """Take a row of ``events`` into ``dossier``. A capture sets ``dossier.marks[name]``."""

    @abstractmethod
    def done(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        """Nothing is to be taken of this person any more."""

    def may_begin(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        """Of an identified person. False: not yet, something else comes first."""
        return True

    def allowed(self, dossier: Dossier, policy: CapturePolicy) -> Set[Action]:
        """Actions of its own that make sense while captures are taken."""
        return frozenset()

    # ---- a device that fails -------------------------------------------------------------------

    advice: Mapping[FaultCode, str] = {}
    """What the operator does about a fault of the device: message ids without fields."""
    advice_else: str
    """The same for every other fault."""

    # ---- the screens ---------------------------------------------------------------------------

    def quality(self, dossier: Dossier) -> int | None:
        """Of what was taken, where one number tells it."""
        return None

    def shows(
        self, dossier: Dossier, policy: CapturePolicy, preview: Preview | None
    ) -> dict[str, Any]:
        """Fields of ``views.DossierView`` that are this stage's own. ``preview``: the newest
        picture, while somebody is at the device."""
        return {}

    # ---- the papers ----------------------------------------------------------------------------

    def printed(self, dossier: Dossier) -> CaptureFacts | None:
        """What the citizen signs for on the intake form; None: nothing."""
        return None

    # ---- the region ----------------------------------------------------------------------------

    told: Told
    """What its rows tell the region: facts and figures."""

    # ---- the packet ----------------------------------------------------------------------------

    files: tuple[str, ...]
    """What it may put into a packet: lower-case names, at most one folder."""
    required: tuple[str, ...] = ()
    """Those of ``files`` that no packet is without, whatever a booth takes."""

    @abstractmethod
    def kept(self, dossier: Dossier) -> tuple[Kept, ...]:
        """What the vault holds of it for the packet."""

    part: type[Part]
    """The type of its keys in ``data.json``, by which a packet is checked and the schema written.
    A stage that is in every packet (``required``) has its keys in every ``data.json``."""

    @abstractmethod
    def data(self, dossier: Dossier) -> Part:
        """Its keys in ``data.json`` of this dossier, a ``part``."""
