"""A device that did not do its work: which, and why, in the journal's words."""

from __future__ import annotations

from edge.journal.events import Device, FaultCode
from ground.error import TramError


class DeviceFault(TramError):
    """A device did not do what it was asked; ``code`` is journaled and shown with its remedy."""

    def __init__(self, device: Device, code: FaultCode, detail: str = "") -> None:
        super().__init__(f"{device.value}: {code.value}" + (f" ({detail})" if detail else ""))
        self.device = device
        self.code = code
        self.detail = detail
