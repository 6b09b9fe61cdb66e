"""``tram verify``: is a packet what its station sealed?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyrage
import typer
from pyrage import x25519

from controller.vault.report import Finding
from controller.vault.verify import verify as verify_packet
from ground.error import InputError
from ground.text import N_
from tram.plain import languages, said, say


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
    except NoIdentity as error:
        why = error.told(languages()[0])
        say("WRONG  identity file {file}: {why}", file=identity, why=why)
        raise typer.Exit(1) from None
    report = verify_packet(packet, identities, station_key=station_key, journal=journal)
    for finding in report.good:
        say("OK     {finding}", finding=told(finding))
    for finding in report.notes:
        say("NOTE   {finding}", finding=told(finding))
    for finding in report.problems:
        say("WRONG  {finding}", finding=told(finding))
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


class NoIdentity(InputError):
    """The advice says what the file is."""


def read_identities(path: Path) -> list[x25519.Identity]:
    """Identities in a file as ``age-keygen`` writes it. Raises NoIdentity."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise NoIdentity(
            "no text", N_("is not a text file with an AGE-SECRET-KEY-1… line")
        ) from None
    except OSError as error:
        why = error.strerror or ""
        raise NoIdentity(why, N_("cannot be read: {reason}"), reason=why) from None
    if text.startswith(("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE")):
        sealed = N_("is sealed by a passphrase; open it first: age -d -o region.key FILE")
        raise NoIdentity("sealed", sealed)
    identities = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            identities.append(x25519.Identity.from_str(line.strip()))
        except pyrage.IdentityError:
            # The line is not quoted: it may be a secret with one wrong letter.
            bad = N_("line {line} is not an age identity (AGE-SECRET-KEY-1…)")
            raise NoIdentity(f"line {number}", bad, line=number) from None
    if not identities:
        raise NoIdentity("empty", N_("holds no AGE-SECRET-KEY-1… line"))
    return identities
