"""``tram edge``: the booth's way to the region, a process of its own; reading what it sends."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from ground.text import N_
from tram.plain import complain, parts_of, plain_errors, said

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
    from edge.config import load
    from edge.uplink.run import Uplink
    from ground.clock import SystemClock

    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    loaded = load(path)
    clock = SystemClock(kept=loaded.clock_kept, flag=loaded.clock_flag)
    Uplink(loaded, clock).run(stop)


@edge.command()
def decode(
    file: Annotated[
        Path | None,
        typer.Argument(help="A captured payload; “-”: standard input.", allow_dash=True),
    ] = None,
    topic: Annotated[
        str, typer.Option(help="The payload's topic; with --broker: the topics to follow.")
    ] = "",
    broker: Annotated[
        str, typer.Option(help="Follow live: HOST or HOST:PORT (8883 with --ca, else 1883).")
    ] = "",
    ca: Annotated[Path | None, typer.Option(help="CA of the broker's certificate: TLS.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Client certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
) -> None:
    """Turn a captured payload, or live topics, into text for technicians."""
    with plain_errors(), parts_of("uplink", "paho.mqtt", "google.protobuf"):
        if broker:
            _follow(broker, topic or "spBv1.0/#", ca, cert, key)
        elif file is not None:
            from edge.decode import describe

            data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
            typer.echo(describe(topic or None, data))
        else:
            complain("Name a file with a payload, “-”, or a --broker to follow.")
            raise typer.Exit(2)


def _follow(broker: str, topic: str, ca: Path | None, cert: Path | None, key: Path | None) -> None:
    """Print what comes until Ctrl-C."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    from edge.decode import Listener
    from edge.refused import Peer
    from edge.trust import client_context

    host, _, port = broker.partition(":")
    listener = Listener()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    if ca is not None:
        client.tls_set_context(client_context(ca, cert, key))
    client.on_connect = lambda client, *_: client.subscribe(topic)
    client.on_message = lambda _client, _data, message: typer.echo(
        listener.told(message.topic, bytes(message.payload))
    )
    if port and not port.isdigit():
        raise typer.BadParameter(said(N_("the port is not a number")), param_hint="--broker")
    at = int(port) if port else (8883 if ca else 1883)
    try:
        client.connect(host, at)
    except OSError as error:
        refused = Peer(host, at, "--broker").refused(error)
        complain(f"{refused.problem} {refused.remedy}", **refused.params)
        raise typer.Exit(1) from None
    try:
        client.loop_forever()
    except KeyboardInterrupt:
        client.disconnect()
