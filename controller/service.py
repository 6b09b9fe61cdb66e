"""What the console and the local API need of a station: commands in, views out.

``controller/station`` implements it; screens know only this.
"""

from __future__ import annotations

from typing import Protocol

from controller.commands import Command, Result
from controller.views import BoardView, PersonView, ShiftView, StationView
from ground.text import Language


class Service(Protocol):
    language: Language
    """The station's own language: default of its screens and papers."""

    async def do(self, command: Command, token: str | None = None, source: str = "") -> Result:
        """Run a command. Raises TramError (NotAllowed, InputError, Locked, DeviceFault) with
        advice; the session's ``token`` comes from ``Unlock`` and is void after lock or restart.
        ``source``: the machine that asks (``ground.serve.places.source_of``)."""
        ...

    def locked_out_s(self, operator: str, source: str) -> int:
        """Seconds until a passphrase of ``operator`` is looked at again when it comes from
        ``source``, 0 when at once."""
        ...

    def session_valid(self, token: str | None) -> bool: ...

    def view(self, token: str | None) -> StationView:
        """Everything a desk shows; without a valid token no personal data and no dossiers."""
        ...

    def board(self) -> BoardView: ...

    def shift(self, day: int | None = None) -> ShiftView: ...

    def search(self, token: str | None, name: str, birth: str) -> tuple[PersonView, ...]:
        """People of the roster by name (accents may lack) and birth date or year. Best first."""
        ...

    def preview(self, token: str | None) -> bytes | None:
        """Newest camera frame as JPEG while somebody is at the camera."""
        ...

    async def portrait(self, token: str | None, dossier: str) -> bytes | None:
        """The portrait taken, PNG, for the review."""
        ...

    async def changed(self, since: int, timeout_s: float) -> int:
        """The current version, as soon as it differs from ``since`` or the time is up."""
        ...
