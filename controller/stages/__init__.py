"""Stages: what is taken of a person between identification and review, one folder each.

A stage is everything that the station knows of one capture. ``stage.py`` in its folder says what it
is, and is pure; ``run.py`` has ``Work``, which serves the person at the device; ``panel.py`` has
``PANEL``, what screens show; ``advice.py`` says what to do when the device fails. Two are known to
every booth, ``portrait`` and ``fingers``; ``policy.capture.stages`` in ``station.toml`` names those
that a booth takes, in order. ``Stage`` (``base.py``) is all that a stage may say, with defaults for
most of it:

========== ===================================== ===================================================
of         what a stage says                     who loops over the stages for it
========== ===================================== ===================================================
the line   ``device``, ``paces``, ``assumed_s``  ``line``: who goes where next, and whom it spares
           ``light``                             ``station.signals``: what tower and ring show
a dossier  ``events``, ``apply``, ``may_begin``, ``state``: folds; ``rules``: needs, what is
           ``done``, ``allowed``                 allowed, whether all is captured
the work   ``run.Work`` → ``Serving``            ``station.serving``: sends, serves, steps aside;
                                                 ``station.station``: commands
the packet ``files``, ``required``, ``kept``,    ``vault.packet``, ``vault.verify``: which files
           ``data``, ``part``                    belong; ``vault.schema``: what ``data.json`` is;
                                                 ``station.closing``: reads them, and what is taken
                                                 again when one is lost
a fault    ``advice``, ``advice_else``           ``advice``: what the operator does
papers     ``printed``                           ``station.printing``: the intake form
the        ``quality``, ``shows``                ``station.screens``: fields of ``DossierView``
screens    ``panel.PANEL`` → ``Panel``           ``console``: desk, review, board, shift page
the region ``told`` → ``Told``                   ``edge.report``: facts, figures, idle machines
========== ===================================== ===================================================

``register`` makes a stage known, and with it the kinds of journal rows and the device that it
brings: the one line that a new stage needs outside its folder stands at the end of this file.
``tests/system/stages`` has a stage that no product file knows, and what it is judged by. Uplink and
region are programs of their own, without the controller: a stage of the product puts its ``Told``
into ``edge/report/stages.py`` and its device into ``edge/journal/terms.py``, where they know it.

What stages share lies below them: ``dossier.state`` (``Dossier`` and what it holds of each; a new
stage has ``captures``), ``dossier.actions``, ``names`` and ``data``, ``policy``, ``views``.
``rules``, ``state`` and ``line`` lie above. ``run`` and ``panel`` are loaded when they are needed,
so that who only folds a journal loads neither a device's library nor the console's.

Some things name the two stages and do not loop:

- ``commands``, ``api`` and ``service`` have what an operator does at them (``TakePortrait``,
  ``MarkFingerMissing``, the portrait's picture), and ``views`` has their fields: the published
  OpenAPI document is made of these types. A stage whose operator does more than step aside and test
  the device adds its commands there; what else screens need of it is in ``captures``.
- ``devices.ports``, ``station.devices`` and ``[devices]`` in ``station.toml`` name each adapter by
  what it can do: no two are opened or driven alike. A further one is an item of ``Devices.others``.
- ``policy`` has their limits as fields, so that a mistake in ``station.toml`` is told by its key.
- ``state`` and the shift page count forced portraits and missing fingers; of a further stage the
  page has the times.
- Sentences for the clerk speak of portrait and fingers: ``station.closing``, ``station.storage``,
  ``console.finish``. A list put together from names would not read as a sentence in Vietnamese.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from controller.dossier.data import Data, Part
from controller.dossier.state import Dossier
from controller.papers.facts import CaptureFacts
from controller.stages.base import Stage
from controller.stages.fingers.stage import FINGERS
from controller.stages.portrait.stage import PORTRAIT
from edge.journal import kinds
from edge.journal.events import Body, Device, Event
from edge.report import stages as told

__all__ = ["Stage", "apply", "at", "named", "names", "pacing", "printed", "register", "registered"]

_registered: dict[str, Stage] = {}
_of_body: dict[type[Body], Stage] = {}


def register(stage: Stage) -> None:
    """Make ``stage`` known to this program. Again: nothing changes.

    Raises ValueError when its name, its device or a key of its part of ``data.json`` is another's,
    or when a kind of row that it brings could hold personal data.
    """
    known = _registered.get(stage.name)
    if known is stage:
        return
    if known is not None or at(stage.device) is not None:
        raise ValueError(f"there is a stage {stage.name} or one at the {stage.device.value}")
    parts: list[type[Part]] = [Data, *(other.part for other in registered())]
    keys = {key for part in parts for key in part.__struct_fields__}
    if not keys.isdisjoint(stage.part.__struct_fields__):
        raise ValueError(f"data.json has a key of the stage {stage.name} already")
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


def printed(dossier: Dossier, taken: Iterable[Stage]) -> tuple[CaptureFacts, ...]:
    """What the intake form says of each stage ``taken``."""
    return tuple(filter(None, (stage.printed(dossier) for stage in taken)))


def pacing(stages: Iterable[Stage]) -> Stage:
    """The slowest: the line is fed for it. Raises ValueError when there is no stage."""
    every = list(stages)
    return next((stage for stage in every if stage.paces), every[-1])


register(PORTRAIT)
register(FINGERS)
