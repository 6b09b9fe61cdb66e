"""Rules that a region may set, as data. Defaults are the law's or the field's.

Sources: Circular 60/2021 Art. 5 (order of capture), the 2021 campaign's practice (minimum age 14,
the old, the ill and the disabled first, about three minutes a dossier).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from controller.identity.rules import IdentityPolicy
from controller.portrait.limits import PortraitLimits
from edge.journal.events import Position
from ground.config import Rule
from ground.text import N_

LEGAL_FINGER_ORDER = (
    Position.RIGHT_INDEX,
    Position.RIGHT_MIDDLE,
    Position.RIGHT_RING,
    Position.RIGHT_LITTLE,
    Position.LEFT_INDEX,
    Position.LEFT_MIDDLE,
    Position.LEFT_RING,
    Position.LEFT_LITTLE,
    Position.RIGHT_THUMB,
    Position.LEFT_THUMB,
)
"""Four right, four left, two thumbs: Circular 60/2021 Art. 5."""


StageName = Annotated[
    str,
    Rule(pattern=r"[a-z][a-z_]{0,31}", says=N_('a name of small letters, such as "portrait"')),
]


@dataclass(frozen=True)
class CapturePolicy:
    """``stages`` is what is taken of a person, in order (``controller/stages``).
    ``finger_quality_min`` is our own ridge measure, 0…100; the best try is kept."""

    stages: Annotated[tuple[StageName, ...], Rule(least=1, once=True)] = ("portrait", "fingers")
    finger_order: Annotated[tuple[Position, ...], Rule(least=1, once=True)] = LEGAL_FINGER_ORDER
    finger_tries: Annotated[int, Rule(least=1, most=9)] = 3
    finger_quality_min: Annotated[int, Rule(most=100)] = 45
    portrait_frames: Annotated[int, Rule(least=1, most=30)] = 4
    portrait_automatic: bool = True
    """Take the portrait as soon as every check passes; the operator can always take it himself."""


@dataclass(frozen=True)
class QueuePolicy:
    """``priority_run`` priority tickets in a row, then one other, so that nobody starves."""

    priority_run: int = 3
    double_press_s: float = 2.0
    seconds_per_dossier: Annotated[int, Rule(least=1, most=86_400)] = 180
    """Pace assumed until the station has one of its own (the field's record: 3 minutes)."""
    pace_dossiers: Annotated[int, Rule(least=1, most=1_000)] = 10
    """How many of the latest dossiers the station's own pace is taken from."""


@dataclass(frozen=True)
class LinePolicy:
    """When to call the next person, so that the bottleneck device never waits for one."""

    arrival_s: float = 45.0
    """From the call until the person is identified, assumed until measured."""
    device_s: float = 75.0
    """One person at the fingerprint scanner, assumed until measured."""
    spare_s: float = 45.0
    """Buffer of work kept before the bottleneck beyond the arrival time."""
    camera_s: float = 20.0
    """One person at the camera, assumed until measured."""
    in_flight_max: Annotated[int, Rule(least=1, most=100)] = 8
    """Dossiers open at a time: a village hall has so many chairs."""


@dataclass(frozen=True)
class PaperPolicy:
    appointment_days: Annotated[int, Rule(most=365)] = 15
    """Days until collection, counted from capture."""
    intake_form: bool = True


@dataclass(frozen=True)
class Policy:
    """All of it; the ``policy`` section of the configuration."""

    identity: IdentityPolicy = field(default_factory=IdentityPolicy)
    portrait: PortraitLimits = field(default_factory=PortraitLimits)
    capture: CapturePolicy = field(default_factory=CapturePolicy)
    queue: QueuePolicy = field(default_factory=QueuePolicy)
    line: LinePolicy = field(default_factory=LinePolicy)
    papers: PaperPolicy = field(default_factory=PaperPolicy)
