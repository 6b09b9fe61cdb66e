"""Who is served where: people are sent to the free devices of the stages, one task for each.

The work at a device is the stage's (``run.py`` in its folder): ``serving_of`` finds it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from controller import commands as c
from controller import stages
from controller.devices.ports import Preview
from controller.fault import DeviceFault
from controller.line import assign
from controller.station.core import log
from controller.station.devices import Devices
from controller.station.means import Means
from controller.station.watch import Watch
from edge.journal import events as e

Handler = Callable[[Any], Awaitable[c.Result]]
Commands = dict[type[Any], Handler]


class Serving(ABC):
    """A stage at work. Its folder's ``run.Work(adapter, means)`` makes one for each booth whose
    stage has its device."""

    preview: Preview | None = None
    """The newest live picture, while somebody is there."""

    @abstractmethod
    async def run(self, dossier_id: str, previous: str | None) -> None:
        """From DeviceTaken until the person is done; ends when the device fails or is released.

        ``previous`` is the dossier that took the device before.
        """

    def commands(self) -> Commands:
        """What operators can ask of it."""
        return {}

    def tidying(self) -> Callable[[], Awaitable[None]] | None:
        """What the device is to do while nobody is there. It may raise DeviceFault."""
        return None


def serving_of(devices: Devices, means: Means) -> dict[e.Device, Serving]:
    """The stages that the configuration names, by their devices, as far as the booth has these."""
    found: dict[e.Device, Serving] = {}
    for stage in stages.named(means.core.policy.capture.stages):
        adapter = devices.at(stage.device)
        if adapter is not None:
            found[stage.device] = import_module(f"{stage.folder}.run").Work(adapter, means)
    return found


class Places:
    """The devices that people walk to."""

    def __init__(self, means: Means, watch: Watch, serving: Mapping[e.Device, Serving]) -> None:
        self._core = means.core
        self._start = means.tasks.start
        self._watch = watch
        self._serving = serving
        self._at: dict[e.Device, tuple[str | None, asyncio.Task[None]]] = {}
        """Who is served at which device (None: it is tidied), and the task that does it."""

    def assign(self) -> None:
        """Send people to free devices. One that is still being left by somebody is not free."""
        core = self._core
        free = {d for d in self._watch.ready() - self._at.keys() if core.state.holder(d) is None}
        now_ms = core.clock.now_ms()
        for device, dossier_id in assign(core.state, free, now_ms, core.policy.line, core.aside):
            previous = core.state.last_at.get(device)
            core.record(e.DeviceTaken(device), dossier=dossier_id)
            if (serving := self._serving.get(device)) is not None:
                task = self._start(serving.run(dossier_id, previous))
                self._at[device] = (dossier_id, task)

    def tend(self) -> None:
        """One task for each held device and none for a free one, whatever went wrong before."""
        core = self._core
        for device, (dossier_id, task) in list(self._at.items()):
            dossier = core.state.dossiers.get(dossier_id or "")
            holds = dossier is not None and device in dossier.holding
            if task.done():
                if holds:  # it failed: the person waits for a turn again
                    core.record(e.DeviceReleased(device), dossier=dossier_id)
                del self._at[device]
                core.touch()
            elif dossier_id is not None and not holds:
                task.cancel()
        self._tidy()

    def step_aside(self, dossier_id: str) -> None:
        """Take the person out of the line until they are back in it."""
        core = self._core
        dossier = core.dossier(dossier_id)
        core.aside.add(dossier.id)
        line = {stage.device for stage in stages.named(core.policy.capture.stages)}
        released = [e.DeviceReleased(device) for device in dossier.holding if device in line]
        if released:
            core.record(*released, dossier=dossier.id)
        core.touch()

    def _tidy(self) -> None:
        ready = self._watch.ready()
        for device, serving in self._serving.items():
            if device not in self._at and device in ready and (work := serving.tidying()):
                self._at[device] = (None, self._start(_quietly(work)))


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except DeviceFault as fault:
        log.warning("%s", fault)
