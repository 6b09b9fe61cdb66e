"""``tram edge``: the booth's way to the region, a process of its own; and the technician's reader."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from controller.errors import TramError
from tram.plain import parts_of, plain_errors

edge = typer.Typer(
    help="Report this booth to its region.", invoke_without_command=True, no_args_is_help=False
)


@edge.callback()
def run(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="The station's configuration.")] = Path(
        "/etc/tram/station.toml"
    ),
) -> None:
    """Report this booth to its region, until SIGINT or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    with plain_errors(), parts_of("uplink", "paho.mqtt", "google.protobuf"):
        _run(config)


def _run(path: Path) -> None:
    from edge.clock import SystemClock
    from edge.config import ConfigWrong, load
    from edge.uplink.db import EdgeBusy
    from edge.uplink.run import Uplink

    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        Uplink(load(path), SystemClock()).run(stop)
    except (ConfigWrong, EdgeBusy) as error:
        raise TramError(str(error), error.advice, **error.params) from None
