"""``tram verify``: is a packet what its station sealed?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyrage
import typer
from pyrage import x25519

from controller.vault.report import Finding
from controller.vault.verify import verify as verify_packet
from tram.plain import said, say


def verify(
    packet: Annotated[Path, typer.Argument(help="Packet (.tram) to check.")],
    identity: Annotated[Path, typer.Option(help="File with the region's age identity.")],
    station_key: Annotated[
        Path | None,
        typer.Option(help="station.pub from a trusted place [default: beside the outbox]."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="Journal of the station [default: beside the outbox]."),
    ] = None,
) -> None:
    """Check a packet's seal, files, signature and journal link; exit 1 when anything is wrong."""
    try:
        identities = read_identities(identity)
    except ValueError as error:
        say("WRONG  identity file {file}: {why}", file=identity, why=error)
        raise typer.Exit(1) from None
    report = verify_packet(packet, identities, station_key=station_key, journal=journal)
    for finding in report.good:
        typer.echo("OK     " + told(finding))
    for finding in report.notes:
        typer.echo("NOTE   " + told(finding))
    for finding in report.problems:
        typer.echo("WRONG  " + told(finding))
    if report.passed:
        say("{packet}: good", packet=packet.name)
        return
    say(
        "{packet}: do not use it. Keep the file and ask the station for its packet.",
        packet=packet.name,
    )
    raise typer.Exit(1)


def told(finding: Finding) -> str:
    return said(finding.message, **finding.params)


def read_identities(path: Path) -> list[x25519.Identity]:
    """Identities in a file as ``age-keygen`` writes it. Raises ValueError saying what is wrong."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not a text file with an AGE-SECRET-KEY-1… line") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if text.startswith(("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE")):
        raise ValueError("is sealed by a passphrase; open it first: age -d -o region.key FILE")
    identities = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            identities.append(x25519.Identity.from_str(line.strip()))
        except pyrage.IdentityError:
            # The line is not quoted: it may be a secret with one wrong letter.
            raise ValueError(f"line {number} is not an age identity (AGE-SECRET-KEY-1…)") from None
    if not identities:
        raise ValueError("holds no AGE-SECRET-KEY-1… line")
    return identities
