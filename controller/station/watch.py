"""Watches devices and clock, and journals the news: failed, recovered, measured, set."""

from __future__ import annotations

from controller.advice import device_advice
from controller.devices.ports import Climate, DeviceStatus, Health
from controller.fault import DeviceFault
from controller.station.core import Core, log
from controller.station.devices import Devices
from controller.station.sensing import climate_news, firmware_news
from edge.journal import events as e
from edge.journal.error import JournalError


class Watch:
    """Told by the adapters; ``tick`` repeats what the journal refused, and looks at the clock."""

    def __init__(self, core: Core, devices: Devices) -> None:
        self._core = core
        self._devices = devices
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

    def tick(self) -> None:
        """Called by the supervision after every change."""
        self._say()
        self._look_at_clock()

    @property
    def trouble(self) -> bool:
        """A device has failed."""
        return bool(self._failed)

    # ---- what adapters tell ------------------------------------------------------------------

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

    def statuses(self) -> dict[e.Device, DeviceStatus]:
        return self._devices.statuses()

    def ready(self) -> set[e.Device]:
        return {
            device for device, status in self.statuses().items() if status.health is Health.READY
        }

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
