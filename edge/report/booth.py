"""The booth itself: program, operator, lid, devices, intake and target, as the journal has them."""

from __future__ import annotations

import msgspec

from edge.journal import events as e
from edge.journal.terms import (
    Count,
    Device,
    FaultCode,
    FirmwareDigest,
    MinuteOfDay,
    Tenths,
    Version,
)
from edge.report import facts as f


class Target(msgspec.Struct, array_like=True):
    per_day: Count
    opens: MinuteOfDay
    closes: MinuteOfDay


class Climate(msgspec.Struct, array_like=True):
    temperature_dc: Tenths
    supply_mv: Count


class Booth(msgspec.Struct, array_like=True):
    version: Version | None = None
    firmware: FirmwareDigest | None = None
    unlocked: bool = False
    lid_open: bool = False
    intake_open: bool = True
    target: Target | None = None
    failed: dict[Device, FaultCode] = msgspec.field(default_factory=dict)
    climate: Climate | None = None
    packets: int = 0
    """Sealed and without a receipt of the region."""

    def apply(self, body: e.Body) -> f.AnyFact | None:
        """Take a row; the fact that it is, if it is one."""
        match body:
            case e.StationStarted():
                # Keys and devices' states are in the program's memory: it tells them again.
                self.version, self.unlocked = body.version, False
                self.failed.clear()
                return f.StationStarted(body.version)
            case e.OperatorUnlocked():
                self.unlocked = True
                return f.OperatorChanged(body.operator)
            case e.OperatorLocked():
                self.unlocked = False
                return f.OperatorChanged(None)
            case e.UnlockFailed():
                return f.UnlockFailed(body.tries, body.locked_out_s)
            case e.DeviceFailed():
                self.failed[body.device] = body.fault
                return f.DeviceChanged(body.device, body.fault)
            case e.DeviceRecovered():
                self.failed.pop(body.device, None)
                return f.DeviceChanged(body.device, None)
            case e.LidChanged():
                self.lid_open = body.opened
                return f.LidChanged(body.opened)
            case e.CommandRun():
                return f.CommandAnswered(body.command, body.outcome)
            case e.Measured():
                self.climate = Climate(body.temperature_dc, body.supply_mv)
                return f.Measured(body.temperature_dc, body.supply_mv)
            case e.IntakeChanged():
                self.intake_open = body.open
            case e.TargetSet():
                self.target = Target(body.per_day, body.opens, body.closes)
            case e.FirmwareSeen():
                self.firmware = body.digest
            case e.Sealed():
                self.packets += 1
            case e.PacketReceipted():
                self.packets = max(0, self.packets - 1)
            case _:
                pass
        return None
