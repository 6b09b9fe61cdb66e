"""Stages: what is taken of a person between identification and review, one folder each.

A stage is everything that the station knows of one capture; ``stage.py`` in its folder says what
it is, and is pure. The two that every booth knows are ``portrait`` and ``fingers``;
``policy.capture.stages`` in ``station.toml`` names those that a booth takes, in order. ``Stage``
(in ``base.py``) has what a stage may say, with defaults for the rest:

========== ===================================== ===================================================
of         what a stage says                     who loops over the stages for it
========== ===================================== ===================================================
the line   ``device``, ``paces``, ``assumed_s``  ``line``: who goes where next, and whom it spares
a dossier  ``events``, ``apply``, ``may_begin``, ``state``: folds; ``dossier.rules``: needs, what is
           ``done``, ``allowed``                 allowed, whether all is captured
========== ===================================== ===================================================

``register`` makes a stage known: the one line that a new stage needs outside its folder stands at
the end of this file.

What stages share lies below them: ``dossier.state`` (``Dossier`` and what it holds of each),
``dossier.actions``, ``policy``. ``dossier.rules``, ``state`` and ``line`` lie above.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from controller.dossier.state import Dossier
from controller.stages.base import Stage
from controller.stages.fingers.stage import FINGERS
from controller.stages.portrait.stage import PORTRAIT
from edge.journal import kinds
from edge.journal.events import Body, Device, Event
from edge.report import stages as told

__all__ = ["Stage", "apply", "at", "named", "names", "pacing", "register", "registered"]

_registered: dict[str, Stage] = {}
_of_body: dict[type[Body], Stage] = {}


def register(stage: Stage) -> None:
    """Make ``stage`` known to this program. Again: nothing changes.

    Raises ValueError when its name or its device is another stage's, or when a kind of row that it
    brings could hold personal data.
    """
    known = _registered.get(stage.name)
    if known is stage:
        return
    if known is not None or at(stage.device) is not None:
        raise ValueError(f"there is a stage {stage.name} or one at the {stage.device.value}")
    kinds.bring(*stage.events)
    told.bring(stage.told)
    _registered[stage.name] = stage
    _of_body.update(dict.fromkeys(stage.events, stage))
    named.cache_clear()


def registered() -> tuple[Stage, ...]:
    """Every stage that this program knows, in the order of registration."""
    return tuple(_registered.values())


def names() -> tuple[str, ...]:
    return tuple(_registered)


@cache
def named(wanted: tuple[str, ...]) -> tuple[Stage, ...]:
    """The stages of these names, in this order. Raises KeyError for one that is not known."""
    return tuple(_registered[name] for name in wanted)


def at(device: Device) -> Stage | None:
    """The stage that is taken at ``device``."""
    return next((stage for stage in _registered.values() if stage.device is device), None)


def apply(dossier: Dossier, event: Event) -> None:
    """Let the stage whose row it is take ``event`` into ``dossier``."""
    stage = _of_body.get(type(event.body))
    if stage is not None:
        stage.apply(dossier, event)


def pacing(stages: Iterable[Stage]) -> Stage:
    """The slowest: the line is fed for it. Raises ValueError when there is no stage."""
    every = list(stages)
    return next((stage for stage in every if stage.paces), every[-1])


register(PORTRAIT)
register(FINGERS)
