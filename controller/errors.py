"""One tree of errors. Each message says what the operator does next.

``str(error)`` is for the log: technical, English, free of personal data. What the operator reads
is ``advice``: a gettext message id plus its parameters, translated where it is shown.
"""

from __future__ import annotations

from edge.journal.events import Device, FaultCode


class TramError(Exception):
    """Base of everything we raise on purpose.

    ``advice`` is an English message id of the catalogs (``controller/locale``); ``params`` fills
    its ``{name}`` fields. ``params`` may hold personal data and never goes to the log.
    """

    def __init__(self, log_text: str, advice: str | None = None, **params: object) -> None:
        super().__init__(log_text)
        self.advice = advice or log_text
        self.params = params


class DeviceFault(TramError):
    """A device did not do what it was asked; ``code`` is journaled and shown with its remedy."""

    def __init__(self, device: Device, code: FaultCode, detail: str = "") -> None:
        super().__init__(f"{device.value}: {code.value}" + (f" ({detail})" if detail else ""))
        self.device = device
        self.code = code
        self.detail = detail


class InputError(TramError):
    """Bad input from outside (file, scan, form): names the place."""


class NotAllowed(TramError):
    """The command makes no sense in the present state; nothing was changed."""


class Locked(TramError):
    """The vault is locked; an operator has to unlock it first."""


class NotRecorded(TramError):
    """The journal refused a step, so it has not happened; the advice is the journal's own."""


class NotStored(NotRecorded):
    """As above, because the disk is full, read-only or broken: a later try may be accepted."""
