"""Keeps the booth going: devices' states, the Pico's events, the line, the lights.

``tick`` looks at the state and starts whatever it asks for. It runs after every change, so that
nothing depends on a step having been remembered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from controller.advice import device_advice
from controller.devices.fault import DeviceFault
from controller.devices.ports import (
    Camera,
    Climate,
    DeviceStatus,
    DocumentScanner,
    FingerprintScanner,
    Health,
    Lines,
    Peripherals,
    PicoEvent,
    PicoEventKind,
    Sound,
)
from controller.line import assign
from controller.station.access import Access
from controller.station.closing import Closing
from controller.station.core import Core, log
from controller.station.fingerprints import Fingerprints
from controller.station.identification import Identification
from controller.station.portraits import Portraits
from controller.station.queueing import Queueing
from controller.station.sensing import climate_news, firmware_news
from controller.station.signals import Signals
from controller.station.storage import Storage
from controller.station.tasks import Tasks
from controller.vault.durable import StorageFailed
from edge.journal import events as e
from edge.journal.error import DiskRefuses, JournalError
from ground.error import TramError
from ground.text import N_

TICK_S = 1.0
"""At least this often, for what depends on time alone."""


class Devices:
    """The booth's devices. ``adapters`` are those that exist; a missing one is None."""

    def __init__(
        self,
        peripherals: Peripherals | None,
        fingerprint: FingerprintScanner | None,
        camera: Camera | None,
        scanner: DocumentScanner | None,
        lines: Lines | None = None,
    ) -> None:
        self.peripherals = peripherals
        self.fingerprint = fingerprint
        self.camera = camera
        self.scanner = scanner
        self.lines = lines

    @property
    def adapters(self) -> list[Any]:
        every = (self.peripherals, self.fingerprint, self.camera, self.scanner, self.lines)
        return [adapter for adapter in every if adapter is not None]

    def statuses(self) -> dict[e.Device, DeviceStatus]:
        found = {a.status.device: a.status for a in self.adapters}
        if self.peripherals is not None:
            found[e.Device.PRINTER] = self.peripherals.printer_status
        return found


class Supervision:
    def __init__(
        self,
        core: Core,
        devices: Devices,
        access: Access,
        queueing: Queueing,
        identification: Identification,
        portraits: Portraits | None,
        fingerprints: Fingerprints | None,
        closing: Closing,
        storage: Storage,
        tasks: Tasks,
        signals: Signals,
    ) -> None:
        self._core = core
        self._signals = signals
        self._start = tasks.start
        self._devices = devices
        self._access = access
        self._queueing = queueing
        self._identification = identification
        self._portraits = portraits
        self._fingerprints = fingerprints
        self._closing = closing
        self._storage = storage
        self._at: dict[e.Device, tuple[str | None, asyncio.Task[None]]] = {}
        """Who is served at which device (None: the sensor is wiped), and the task that does it."""
        self._unsaid: list[e.DeviceFailed | e.DeviceRecovered | e.FirmwareSeen] = []
        """News of devices that the journal refused; tried again at the next tick."""
        self._failed: dict[e.Device, e.FaultCode] = {}
        """Journaled as failed and not recovered yet."""
        self.last_error: dict[e.Device, str] = {}
        for adapter in devices.adapters:
            adapter.on_status = self._status
        self.clock_trusted = core.clock.trusted()
        """As the newest row has it."""
        self._climate_fault: e.FaultCode | None = None
        if devices.peripherals is not None:
            devices.peripherals.on_climate = self._climate
            devices.peripherals.on_firmware = self._firmware

    # ---- devices -----------------------------------------------------------------------------

    def _status(self, status: DeviceStatus) -> None:
        """Journal and log failures and recoveries, each once however often it is tried again (not
        the first search at the start). Never raises: it is called from within the adapters."""
        if status.health is Health.FAILED and status.fault is not None:
            if self._failed.get(status.device) is not status.fault:
                self._failed[status.device] = status.fault
                self.last_error[status.device] = status.detail or status.fault.value
                log.warning("%s", DeviceFault(status.device, status.fault, status.detail))
                self._unsaid.append(e.DeviceFailed(status.device, status.fault))
        elif status.health is Health.READY and status.device in self._failed:
            del self._failed[status.device]
            log.info("%s: works again", status.device.value)
            self._unsaid.append(e.DeviceRecovered(status.device))
        self._say()
        self._core.touch()

    def _climate(self, climate: Climate, fault: e.FaultCode | None) -> None:
        """The booth gets too hot, or its supply sags: said once, before something gives up."""
        self._measured(climate)
        if fault is self._climate_fault:
            return
        self._climate_fault = fault
        if fault is None:
            log.info("climate: good again")
            self._unsaid.append(e.DeviceRecovered(e.Device.PERIPHERALS))
        else:
            log.warning("climate: %s", fault.value)
            self._unsaid.append(e.DeviceFailed(e.Device.PERIPHERALS, fault))
            self._core.notice(device_advice(e.Device.PERIPHERALS, fault))
        self._say()

    def _measured(self, climate: Climate) -> None:
        """A reading that the journal refuses is not kept: the next one comes in a minute."""
        core = self._core
        news = climate_news(climate, core.state.measured, core.clock.boot, core.clock.mono_ms())
        if news is not None:
            try:
                core.record(news)
            except JournalError as error:
                log.error("climate: %s", error)

    def _firmware(self, firmware: str) -> None:
        """The Pico greets; it may have been replaced or flashed anew."""
        if news := firmware_news(firmware, self._core.state):
            self._unsaid.append(news)
            self._say()

    def _say(self) -> None:
        try:
            while self._unsaid:
                self._core.record(self._unsaid[0])
                self._unsaid.pop(0)
        except JournalError as error:
            log.error("device news: %s", error)

    def ready(self) -> set[e.Device]:
        return {
            device
            for device, status in self._devices.statuses().items()
            if status.health is Health.READY
        }

    # ---- endless tasks -------------------------------------------------------------------------

    async def watch(self) -> None:
        """For ever: tick after every change, and once a second."""
        told = ""
        while True:
            version = self._core.version
            try:
                self.tick()
                told = ""
            except TramError as error:
                if error.advice != told:
                    log.error("tick: %s", error)
                    self._core.notice(error.advice, **error.params)
                told = error.advice
                await asyncio.sleep(TICK_S)
            await self._core.changed(version, TICK_S)

    async def scans(self, scanner: DocumentScanner) -> None:
        """For ever: every scan goes to the dossier that holds the scanner."""
        async for scan in scanner.scans():
            holder = self._core.state.holder(e.Device.SCANNER)
            if holder is None:
                self._core.notice(N_("A card was scanned, but nobody is being identified."))
                continue
            try:
                self._identification.scanned(holder.id, scan, e.IdentitySource.QR_SCANNER)
            except TramError as error:
                log.info("scan for %s: %s", holder.id, error)
                self._core.prompt(holder.id, error.advice, **error.params)
                if isinstance(error, StorageFailed | DiskRefuses):
                    self._storage.failed(error)

    async def pico_events(self, peripherals: Peripherals) -> None:
        """For ever: durable first, then acknowledged."""
        async for event in peripherals.events():
            came_at_s = time.monotonic()
            while True:
                waited_ms = round((time.monotonic() - came_at_s) * 1000)
                try:
                    self._pico_event(replace(event, age_ms=event.age_ms + waited_ms))
                    break
                except DiskRefuses as error:  # the Pico keeps it until it is durable here
                    self._storage.failed(error)
                    await self._storage.returns()
            await peripherals.acknowledge(event)

    def _pico_event(self, event: PicoEvent) -> None:
        match event.kind:
            case PicoEventKind.TICKET_BUTTON:
                state = self._core.state
                if not (state.intake_open or (event.boot, event.no) in state.queue.presses):
                    self._signals.refused()
                elif self._queueing.press(event.boot, event.no, event.age_ms):
                    self._signals.play(Sound.CLICK)
            case PicoEventKind.CONFIRM_BUTTON:
                self._closing.green_button(event.age_ms)
            case PicoEventKind.LID_OPENED | PicoEventKind.LID_CLOSED:
                if (event.boot, event.no) not in self._core.state.lid_events:
                    opened = event.kind is PicoEventKind.LID_OPENED
                    self._core.record(e.LidChanged(opened, event.boot, event.no))
                    if opened:
                        self._core.notice(N_("The booth's lid was opened."))
            case _:  # paper and cover: the printer's status tells
                pass

    # ---- what the state asks for ---------------------------------------------------------------

    def tick(self) -> None:
        core = self._core
        self._say()
        self._look_at_clock()
        self._access.lock_when_idle(time.monotonic())
        self._queueing.turn_the_day()
        for dossier in list(core.state.dossiers.values()):
            if work := self._closing.step(dossier):
                self._start(work)
        if core.keys is not None:
            if not self._storage.refuses:  # else nothing that is read or captured could be kept
                self._assign()
                self._queueing.call_to_free_desks()
            self._offer_green_button()
        self._tend()
        self._signals.tick(trouble=bool(self._failed))

    def _look_at_clock(self) -> None:
        """The clock was set, or its word is taken back: journaled at once (``ClockChanged``)."""
        if self._core.clock.trusted() is self.clock_trusted:
            return
        (row,) = self._core.record(e.ClockChanged())
        self.clock_trusted = row.trusted
        if row.trusted:
            log.info("the clock is set")
        else:
            log.warning("nobody vouches for the clock any more: is the time service running?")

    def _assign(self) -> None:
        """Send people to free devices. One that is still being left by somebody is not free."""
        core = self._core
        free = {d for d in self.ready() - self._at.keys() if core.state.holder(d) is None}
        now_ms = core.clock.now_ms()
        for device, dossier_id in assign(core.state, free, now_ms, core.policy.line, core.aside):
            previous = core.state.last_at.get(device)
            core.record(e.DeviceTaken(device), dossier=dossier_id)
            work: Coroutine[Any, Any, None] | None = None
            if device is e.Device.CAMERA and self._portraits is not None:
                work = self._portraits.run(dossier_id)
            elif device is e.Device.FINGERPRINT and self._fingerprints is not None:
                work = self._fingerprints.run(dossier_id, previous)
            if work is not None:
                self._at[device] = (dossier_id, self._start(work))

    def _tend(self) -> None:
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
        self._wipe_sensor()

    def _wipe_sensor(self) -> None:
        """The templates of a dossier that has ended must not stay in the sensor."""
        fingerprints, device = self._fingerprints, e.Device.FINGERPRINT
        if fingerprints is None or device in self._at or device not in self.ready():
            return
        if owner := fingerprints.to_wipe():
            self._at[device] = (None, self._start(self._wiped(fingerprints, owner)))

    def _offer_green_button(self) -> None:
        """The oldest complete dossier gets the free button."""
        core = self._core
        if core.state.holder(e.Device.PERIPHERALS) is not None:
            return
        for dossier in core.state.dossiers.values():
            if not dossier.holding and self._closing.reviewable(dossier):
                self._closing.offer_button(dossier)
                return

    async def _wiped(self, fingerprints: Fingerprints, owner: str) -> None:
        try:
            await fingerprints.wipe(owner)
        except DeviceFault as fault:
            log.warning("%s", fault)
