"""The station: builds the parts, runs the endless tasks, and dispatches commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from controller import commands as c
from controller.config import Config
from controller.devices.ports import Health
from controller.fault import DeviceFault
from controller.identity.birth import parse_birth
from controller.stages.portrait.stage import portrait_name
from controller.station.access import Access
from controller.station.buttons import Buttons
from controller.station.closing import Closing
from controller.station.core import Core, log
from controller.station.devices import Devices
from controller.station.identification import Identification
from controller.station.means import Means
from controller.station.printing import Printing
from controller.station.queueing import Queueing
from controller.station.region import Region
from controller.station.scanning import Scanning
from controller.station.screens import (
    Board,
    Equipment,
    People,
    Screens,
    Shift,
    Tickets,
    person_view,
)
from controller.station.serving import Places, serving_of
from controller.station.signals import Signals
from controller.station.storage import Storage
from controller.station.supervision import Supervision
from controller.station.supply import Supply
from controller.station.tasks import Tasks
from controller.station.watch import Watch
from controller.vault.artefacts import ArtefactUnreadable
from controller.vault.durable import StorageFailed
from controller.views import BoardView, PersonView, ShiftView, StationView
from controller.voice import Voice
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from ground.clock import Clock, SystemClock
from ground.error import InputError, Locked, NotAllowed
from ground.text import N_, Language

POWERED = (e.FaultCode.ON_BATTERY, e.FaultCode.LOW_VOLTAGE)
"""Faults of the supply, whose lines are read well."""
Handler = Callable[[Any], Awaitable[c.Result]]


class Station:
    """Implements ``controller.service.Service``."""

    def __init__(
        self,
        config: Config,
        devices: Devices,
        clock: Clock | None = None,
        *,
        switch_off: Callable[[], bool] = bool,
    ) -> None:
        """Opens journal and vault; touches no device yet. ``switch_off`` shuts the machine down;
        False: nothing does. Raises ClockRefused, JournalError, KeysUnusable."""
        table = config.station
        core = self.core = Core(
            config, clock or SystemClock(kept=table.clock_kept, flag=table.clock_flag)
        )
        self.language: Language = config.station.language
        self._devices = devices
        self._voice = Voice(config.voice.enabled)
        self.tasks = Tasks(core)
        self._storage = Storage(core)
        self._signals = Signals(core, devices.peripherals, self.tasks)
        self.access = Access(core)
        self.queueing = Queueing(core, self._announce)
        self.identification = Identification(core, self.queueing)
        means = Means(core, self.tasks, self._storage, self._signals, self.identification)
        self.closing = Closing(means, capture_class(devices))
        self._watch = Watch(core, devices)
        self._serving = serving_of(devices, means)
        self._places = Places(means, self._watch, self._serving)
        self._buttons = Buttons(means, self.queueing, self.closing)
        self._scanning = Scanning(means)
        self.supervision = Supervision(core, self._steps())
        self._printing = Printing(core, devices.peripherals)
        self._supply = (
            Supply(core, devices.lines, devices.peripherals, self._signals, switch_off)
            if devices.lines
            else None
        )
        self._region = Region(core, self._signals.locate)
        self._people = People(core, self.closing, self._serving)
        self._board = Board(core, self.queueing, self._people)
        self._shift = Shift(core, self._region)
        self._screens = Screens(
            core,
            self.access,
            Tickets(core, self.queueing),
            self._people,
            Equipment(core, self._watch, self._printing),
            self._region,
        )
        self._screens.voice = config.voice.enabled
        self._handlers = self._table()

    def _steps(self) -> tuple[Callable[[], None], ...]:
        """What is looked at after every change, in this order."""
        return (
            self._watch.tick,
            lambda: self.access.lock_when_idle(time.monotonic()),
            self.queueing.turn_the_day,
            self.closing.tick,
            self._send,
            self.closing.offer_green_button,
            self._places.tend,
            lambda: self._signals.tick(trouble=self._watch.trouble),
        )

    def _send(self) -> None:
        """People to devices and desks, unless nothing that is captured or read could be kept."""
        if self.core.keys is not None and not self._storage.refuses:
            self._places.assign()
            self.queueing.call_to_free_desks()

    # ---- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start devices and the endless tasks. Returns at once; devices come up by themselves."""
        self.core.record(e.StationStarted(version("tram")))
        if not self._watch.clock_trusted:
            log.warning("the clock is not set yet: rows are dated when the time service has set it")
        self.closing.sweep()
        devices = self._devices
        for adapter in devices.adapters:
            await adapter.start()
        self.tasks.forever("supervision", self.supervision.watch)
        self.tasks.forever("storage", self._storage.run)
        self.tasks.forever("commands of the region", self._region.run)
        if self._supply is not None:
            self.tasks.forever("power", self._supply.run)
        if (scanner := devices.scanner) is not None:
            self.tasks.forever("document scanner", lambda: self._scanning.run(scanner))
        if (pico := devices.peripherals) is not None:
            self.tasks.forever("buttons", lambda: self._buttons.run(pico))
            self.tasks.forever("printing", self._printing.run)

    async def stop(self) -> None:
        await self.tasks.stop()
        await asyncio.gather(
            *(adapter.close() for adapter in self._devices.adapters), return_exceptions=True
        )
        self.core.journal.close()

    def devices_ready(self) -> bool:
        """Every device that the configuration names is ready; on a battery, too."""
        statuses = self._devices.statuses().values()
        return all(s.health is Health.READY or s.fault in POWERED for s in statuses)

    # ---- Service ---------------------------------------------------------------------------------

    async def do(self, command: c.Command, token: str | None = None, source: str = "") -> c.Result:
        if type(command) not in c.PUBLIC:
            self._signed_in(token)
            self.access.last_used_s = time.monotonic()
        try:
            if isinstance(command, c.Unlock):
                return await self.access.unlock(command, source)
            return await self._handlers[type(command)](command)
        except (StorageFailed, DiskRefuses) as error:
            self._storage.failed(error)
            raise

    def session_valid(self, token: str | None) -> bool:
        return self.access.valid(token)

    def locked_out_s(self, operator: str, source: str) -> int:
        return self.access.locked_out_s(operator, source)

    def view(self, token: str | None) -> StationView:
        return self._screens.view(token)

    def board(self) -> BoardView:
        return self._board.view()

    def shift(self, day: int | None = None) -> ShiftView:
        return self._shift.view(day)

    def search(self, token: str | None, name: str, birth: str) -> tuple[PersonView, ...]:
        self._signed_in(token)
        if self.core.roster is None:
            raise NotAllowed("no roster", N_("There is no roster on this station. Scan the card."))
        born = parse_birth(birth) if birth.strip() else None
        return tuple(person_view(person) for person in self.core.roster.search(name, born))

    def preview(self, token: str | None) -> bytes | None:
        self._signed_in(token)
        seen = (serving.preview for serving in self._serving.values())
        return next((preview.jpeg for preview in seen if preview), None)

    async def portrait(self, token: str | None, dossier: str) -> bytes | None:
        self._signed_in(token)
        found = self.core.dossier(dossier)
        if found.portrait is None:
            return None
        try:
            return await asyncio.to_thread(
                self.core.artefacts.get,
                dossier,
                portrait_name(found.portrait_no),
                self.core.open_keys(),
                found.portrait.sealed,
            )
        except ArtefactUnreadable:
            self.core.notice(N_("The portrait cannot be read. Take it again."))
            return None

    async def changed(self, since: int, timeout_s: float) -> int:
        return await self.core.changed(since, timeout_s)

    def _signed_in(self, token: str | None) -> None:
        if not self.access.valid(token):
            raise Locked("no valid session", N_("Sign in with your passphrase to go on."))

    # ---- commands --------------------------------------------------------------------------------

    def _table(self) -> dict[type[c.Command], Handler]:
        table: dict[type[c.Command], Handler] = {
            c.Lock: self.access.lock,
            c.IssueTicket: self.queueing.issue,
            c.HandOverTicket: self.queueing.hand_over,
            c.CancelTicket: self.queueing.cancel,
            c.ReprintTicket: self.queueing.reprint,
            c.SetDesk: self.queueing.set_desk,
            c.CallNext: self.queueing.call_next,
            c.CallTicket: self.queueing.call_ticket,
            c.NoShow: self.queueing.no_show,
            c.Requeue: self.queueing.requeue,
            c.ImportGroups: self.queueing.import_groups,
            c.OpenDossier: self.identification.open,
            c.ReadCard: self.identification.read_card,
            c.EnterPerson: self.identification.enter_person,
            c.AcceptIdentity: self.identification.accept,
            c.ForgetIdentity: self.identification.forget,
            c.Refer: self.identification.refer,
            c.Abandon: self.identification.abandon,
            c.CorrectIdentity: self.identification.correct,
            c.SetDelivery: self.identification.set_delivery,
            c.StepAside: self._step_aside,
            c.StepBack: self._step_back,
            c.StartReview: self.closing.start_review,
            c.Confirm: self.closing.confirm,
            c.DropPrint: self._printing.drop,
            c.ReprintPaper: self._printing.reprint,
            c.TestPrint: self._printing.print_test_page,
            c.TestDevice: self._test_device,
            c.SetVoice: self._set_voice,
        }
        for serving in self._serving.values():
            table |= serving.commands()
        for command in c.Command.__args__:
            table.setdefault(command, _no_device)
        return table

    async def _step_aside(self, command: c.StepAside) -> c.Done:
        self._places.step_aside(command.dossier)
        return c.Done()

    async def _step_back(self, command: c.StepBack) -> c.Done:
        self.core.aside.discard(self.core.dossier(command.dossier).id)
        self.core.touch()
        return c.Done()

    async def _test_device(self, command: c.TestDevice) -> c.TestResult:
        """Live test; a device held by a dossier is not disturbed."""
        device = command.device
        if self.core.state.holder(device) is not None:
            raise NotAllowed(
                "device is held", N_("Somebody is at this device. Test it afterwards.")
            )
        owner = e.Device.PERIPHERALS if device is e.Device.PRINTER else device
        for adapter in self._devices.adapters:
            if adapter.status.device is owner:
                try:
                    return c.TestResult(True, await adapter.self_test())
                except DeviceFault as fault:
                    return c.TestResult(False, str(fault))
        raise InputError("device absent", N_("This booth has no such device."))

    async def _set_voice(self, command: c.SetVoice) -> c.Done:
        self._voice.enabled = self._screens.voice = command.enabled
        self.core.touch()
        return c.Done()

    def _announce(self, number: int, desk: int) -> None:
        self._signals.called()
        self.tasks.start(self._speak(number, desk))

    async def _speak(self, number: int, desk: int) -> None:
        if fault := await self._voice.say(number, desk):
            self.core.notice(fault)


async def _no_device(_: object) -> c.Result:
    raise NotAllowed("device absent", N_("This booth has no such device."))


def capture_class(devices: Devices) -> str:
    """What the finger images are good for; goes into every packet."""
    return devices.fingerprint.capture_class if devices.fingerprint else "none"
