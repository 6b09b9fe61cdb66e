"""``tram monitor ca``: a region's CA, and what it signs for the broker and its clients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tram.plain import plain_errors, say


def ca(
    folder: Annotated[Path, typer.Argument(help="Of the CA; made in it when it has none.")],
    broker: Annotated[
        list[str] | None,
        typer.Option(help="Name or address by which booths reach the broker; again for another."),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option(help="Code of a booth, or name of a part of the region; again for another."),
    ] = None,
) -> None:
    """Make a CA for the region's broker, and certificates that it signs. Again when they expire."""
    with plain_errors():
        from tram.certificates.authority import Authority

        authority = Authority(folder)
        found = {"ca": authority.ca, "until": f"{authority.until:%Y-%m-%d}"}
        if authority.made:
            say("CA made: {ca}, valid until {until}.", **found)
        else:
            say("CA kept: {ca}, valid until {until}.", **found)
        say("ca.pem goes to every booth; ca.key stays here and goes nowhere.")
        if broker:
            files = authority.server("broker", broker)
            say("For the broker, known as {names} (mosquitto.conf):", names=", ".join(broker))
            typer.echo(f"cafile {files.ca}\ncertfile {files.cert}\nkeyfile {files.key}")
        for name in client or ():
            files = authority.client(name)
            say(
                "For {name}: {cert} and {key}, with ca.pem.",
                name=name,
                cert=files.cert,
                key=files.key,
            )
