"""Devices, and papers that wait for the printer."""

from __future__ import annotations

from controller import views as v
from controller.advice import device_advice
from controller.devices.ports import Health
from controller.state import Job
from controller.station.core import Core
from controller.station.printing import Printing
from controller.station.watch import Watch
from edge.journal import events as e
from ground.text import N_

NO_PRINTER = N_("This booth has no printer. Write the slip by hand, then choose “do not print”.")
UNPRINTABLE = N_("The data of this paper cannot be read. Write it by hand, then “do not print”.")


class Equipment:
    def __init__(self, core: Core, watch: Watch, printing: Printing) -> None:
        self._core = core
        self._watch = watch
        self._printing = printing

    @property
    def clock_trusted(self) -> bool:
        return self._watch.clock_trusted

    def devices(self, open_to: bool) -> tuple[v.DeviceView, ...]:
        return tuple(self._device(device, open_to) for device in e.devices())

    def jobs(self) -> tuple[v.JobView, ...]:
        return tuple(map(self._job, self._core.state.jobs.values()))

    def _device(self, device: e.Device, open_to: bool = True) -> v.DeviceView:
        """``open_to``: a signed-in operator looks; strangers see states only."""
        status = self._watch.statuses().get(device)
        holder = self._core.state.holder(device)
        held_by = holder.id if holder and open_to else None
        if status is None:
            return v.DeviceView(device.value, "absent", None, None, "", "", held_by)
        failed = status.health is Health.FAILED and status.fault is not None
        return v.DeviceView(
            device=device.value,
            health=status.health.value,
            fault=status.fault.value if status.fault else None,
            advice=v.Message(device_advice(device, status.fault))
            if failed and status.fault
            else None,
            detail=status.detail if open_to else "",
            last_error=self._watch.last_error.get(device, "") if open_to else "",
            held_by=held_by,
        )

    def _job(self, job: Job) -> v.JobView:
        return v.JobView(job.id, job.paper.value, job.dossier, job.ticket, self._trouble_of(job))

    def _trouble_of(self, job: Job) -> v.Message | None:
        """Why a paper does not come out, and what to do."""
        if job.id in self._printing.unprintable:
            return v.Message(UNPRINTABLE)
        printer = self._device(e.Device.PRINTER)
        if printer.health == "absent":
            return v.Message(NO_PRINTER)
        return printer.advice or self._device(e.Device.PERIPHERALS).advice
