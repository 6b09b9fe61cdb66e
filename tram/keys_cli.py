"""``tram keys``: make a station's keys, let operators in, and make the console's certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.vault import keys as vault
from tram.certificates import pages as tls
from tram.memory import keep_to_itself
from tram.plain import plain_errors, say

keys = typer.Typer(help="Keys of the station and its operators.", no_args_is_help=True)


@keys.callback()
def _guarded() -> None:
    keep_to_itself()  # passphrases and people are in memory from here on


Data = Annotated[Path, typer.Option("--data", help="The station's folder.")]
Operator = Annotated[str, typer.Option(help="Operator number, as OP1.")]
Passphrase = Annotated[
    str,
    typer.Option(
        prompt=True,
        confirmation_prompt=True,
        hide_input=True,
        envvar="TRAM_PASSPHRASE",
        help="At least 8 characters; asked for when not given.",
    ),
]


@keys.command("create")
def create(
    region: Annotated[str, typer.Option(help="The region's age recipient (age1…).")],
    data: Data,
    passphrase: Passphrase,
    operator: Operator = "OP1",
) -> None:
    """Make the station's keys and let the first operator in. Once for each booth."""
    with plain_errors():
        vault.create(data, region, operator, passphrase)
        say("keys made in {folder}; {operator} can unlock", folder=data / "keys", operator=operator)
        public = (data / "keys" / "station.pub").read_text()
        say("station key for the region: {key}", key=public)


@keys.command("add-operator")
def add_operator(
    data: Data,
    by: Annotated[str, typer.Option(help="An operator who can unlock already.")],
    by_passphrase: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            envvar="TRAM_BY_PASSPHRASE",
            help="Of the operator who can unlock already; asked for when not given.",
        ),
    ],
    operator: Operator,
    passphrase: Passphrase,
) -> None:
    """Let one more operator in, or change an operator's passphrase."""
    with plain_errors():
        opened = vault.unlock(data, by, by_passphrase)
        vault.add_operator(data, opened, operator, passphrase)
        say("{operator} can unlock", operator=operator)


@keys.command("certificate")
def certificate(
    data: Data,
    name: Annotated[
        list[str],
        typer.Option(help="Name or address that other screens open; again for another one."),
    ],
) -> None:
    """Make the console's certificate, for screens on other machines. Again when it has expired."""
    with plain_errors():
        made = tls.make(data / "keys", "console", name)
        typer.echo("\n".join(tls.lines(made, "console", "0.0.0.0")))
