"""``tram fleet`` on the command line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ground.text import N_
from tram.plain import complain, parts_of, plain_errors, said


def fleet(
    broker: Annotated[str, typer.Option(help="HOST:PORT of the region's broker.")],
    stations: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    ca: Annotated[
        Path | None, typer.Option(help="Who vouches for the broker (PEM): with it, TLS.")
    ] = None,
    groups: Annotated[int, typer.Option(min=1, max=34, help="Over so many provinces.")] = 1,
    dossiers: Annotated[
        int, typer.Option(min=0, help="In each station's journal at the start.")
    ] = 20,
    pace: Annotated[
        float, typer.Option(min=0.0, max=600.0, help="New dossiers an hour and station.")
    ] = 0.0,
    data: Annotated[
        Path | None, typer.Option(help="Stations' folders; default: for the while, in /tmp.")
    ] = None,
    processes: Annotated[int, typer.Option(min=0, help="0: as many as the machine can use.")] = 0,
    poll: Annotated[float, typer.Option(min=0.1, help="Seconds between looks at a journal.")] = 5.0,
) -> None:
    """Run stations without booths against a broker: made-up journals, the real uplink.

    For load tests. Ends at SIGINT or SIGTERM, every station with its death.
    """
    host, colon, port = broker.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65_536):
        raise typer.BadParameter(said(N_("--broker must be HOST:PORT, such as 127.0.0.1:8883")))
    if -(-stations // groups) > 9_999:
        raise typer.BadParameter(said(N_("a group has 9,999 codes at most: take more --groups")))
    if ca is not None and not ca.is_file():
        raise typer.BadParameter(
            said(N_("{ca} is not there: give the CA's certificate as PEM"), ca=ca)
        )
    with plain_errors(), parts_of("uplink", "paho.mqtt", "google.protobuf"):
        from tram.fleet.run import PER_PROCESS, TooFewDescriptors, run
        from tram.fleet.station import Plan

        least = -(-stations // PER_PROCESS)
        share = processes or max(least, min(os.cpu_count() or 1, -(-stations // 100)))
        with tempfile.TemporaryDirectory(prefix="tram-fleet-") as folder:
            where = (data or Path(folder)).resolve()
            plan = Plan(
                stations,
                host.strip("[]"),
                int(port),
                where,
                ca and ca.resolve(),
                groups,
                dossiers,
                pace,
                poll,
            )
            try:
                code = run(plan, min(stations, max(least, share)), typer.echo)
            except TooFewDescriptors as error:
                complain(
                    N_(
                        "{wanted} open files are needed for each process, the system allows "
                        "{allowed}. Raise the limit (ulimit -Hn), or take more --processes."
                    ),
                    wanted=error.wanted,
                    allowed=error.allowed,
                )
                raise typer.Exit(1) from None
            if code:
                last = (where / "fleet.log").read_text("utf-8").splitlines()[-1:]
                complain("A part of the fleet has failed: {last}", last=" ".join(last))
                complain("Start it again with --data DIR: DIR/fleet.log says more.")
        raise typer.Exit(code)
