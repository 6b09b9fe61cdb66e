"""``tram roster``: import the population extract, and tell who is still missing."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from controller.identity.names import fold
from controller.identity.person import Person
from controller.identity.rules import IdentityPolicy
from controller.roster.load import read, read_file
from controller.roster.outstanding import enrolled_in, of_age, outstanding
from controller.roster.seal import seal, unseal
from controller.vault import keys
from edge.journal.store import JournalError, read_events
from ground.error import InputError
from ground.rows import written
from ground.text import N_, P_
from tram.memory import keep_to_itself
from tram.plain import plain_errors, said, say, tell

NO_HAMLET = N_("no hamlet given")
roster = typer.Typer(
    help="The population extract a station works with.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold people
)


@roster.callback()
def _guarded() -> None:
    keep_to_itself()  # passphrases and people are in memory from here on


Data = Annotated[Path, typer.Option("--data", help="The station's folder.")]


@roster.command("import")
def import_(
    people: Annotated[
        Path,
        typer.Argument(help="CSV with a header row (UTF-8); “-”: standard input.", allow_dash=True),
    ],
    data: Data,
) -> None:
    """Read PEOPLE.csv and seal it as the station's roster; replaces the one before.

    From standard input, nobody's data lies on the booth's disk in clear.

    Every bad row is listed, and then nothing is imported. A running station takes the new
    roster at its next unlock.
    """
    with _plain_errors():
        recipient = keys.shift_recipient(data)
        from_input = str(people) == "-"
        extract = read(sys.stdin.buffer.read()) if from_input else read_file(people)
        seal(extract.roster, data / "roster.age", [recipient])
        say(
            P_("{n} person imported into {file}", "{n} people imported into {file}"),
            n=f"{len(extract.roster):,}",
            file=data / "roster.age",
        )
        for told in extract.said():
            tell(told)


@roster.command("outstanding")
def outstanding_(
    data: Data,
    operator: Annotated[str, typer.Option(prompt=True, help="Operator number, as OP1.")],
    passphrase: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            envvar="TRAM_PASSPHRASE",
            help="The operator's passphrase; asked for when not given.",
        ),
    ],
    hamlet: Annotated[str | None, typer.Option(help="Only this hamlet; accents do not matter.")] = (
        None
    ),
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")] = False,
    minimum_age: Annotated[
        int, typer.Option(help="Younger people are not due yet.", min=0)
    ] = IdentityPolicy().minimum_age,
) -> None:
    """List who has no chip card and is not sealed at this station, hamlet by hamlet."""
    with _plain_errors():
        opened = keys.unlock(data, operator, passphrase)
        extract = unseal(data / "roster.age", opened.shift)
        journal = data / "journal.db"
        enrolled = enrolled_in(read_events(journal)) if journal.exists() else set()
        missing = outstanding(
            extract, enrolled, opened.person_digest, of_age(minimum_age, date.today())
        )
        if hamlet is not None:
            known = {fold(name) for name in extract.hamlets}
            if fold(hamlet) not in known:
                raise InputError(
                    "hamlet not on the roster",
                    N_("The roster has no hamlet {hamlet}. Leave --hamlet out to see all of them."),
                    hamlet=hamlet,
                )
            missing = {name: who for name, who in missing.items() if fold(name) == fold(hamlet)}
        (_write_csv if as_csv else _write_lists)(missing)


def _write_lists(missing: dict[str, list[Person]]) -> None:
    for hamlet, people in missing.items():
        typer.echo(f"{hamlet or said(NO_HAMLET)}: {len(people)}")
        for person in people:
            known = (person.name, person.birth.text(), person.residence)
            typer.echo("  " + ", ".join(filter(None, known)))
    count = sum(map(len, missing.values()))
    where = said(P_("{n} hamlet", "{n} hamlets"), n=len(missing))
    say(
        P_("{n} person missing in {hamlets}", "{n} people missing in {hamlets}"),
        n=f"{count:,}",
        hamlets=where,
    )


def _write_csv(missing: dict[str, list[Person]]) -> None:
    columns = ("hamlet", "name", "birth", "sex", "number", "residence")
    rows = (
        (hamlet, one.name, one.birth.text(), one.sex or "", one.number, one.residence)
        for hamlet, people in missing.items()
        for one in people
    )
    for page in written(columns, rows):
        sys.stdout.write(page)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Print what went wrong and where, and end with exit code 1."""
    with plain_errors():
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(f"cannot be read: {type(error).__name__}") from error
