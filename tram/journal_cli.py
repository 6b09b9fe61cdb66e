"""``tram journal``: check the station's journal, and discard that of a trial."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.journal.store import held, read_rows, station_of
from edge.journal.verify import verify
from edge.report.fold import Fold
from ground.error import NotAllowed
from ground.text import N_, P_
from tram.plain import complain, plain_errors, said, say

journal = typer.Typer(help="The station's journal.", no_args_is_help=True)

_FILES = ("journal.db-wal", "journal.db-shm", "state.snapshot", "journal.db")
_OF_THE_UPLINK = ("edge.db-wal", "edge.db-shm", "edge.db")
"""It remembers of this journal what the region has."""
_FOLDERS = ("vault", "outbox")

PEOPLE = N_(
    "The journal of station {station} holds people's work (dossiers: {dossiers}, tickets: "
    "{tickets}, captures and packets on the disk: {packets}). It is never discarded. To use this "
    "booth elsewhere, put a new disk in, and hand this one to the region."
)
UNTOLD = N_(
    "The region lacks facts of this journal (it has {through} of {facts}); they would be lost to "
    "it. Let “tram edge” run until it has all of them. If this booth will never report as "
    "{station} again, add --unacknowledged."
)
DAMAGED = N_(
    "The journal is damaged, so nobody can say what would be lost: row {row} is bad. Call those "
    "who look after the program; do not delete the file."
)


@journal.command("verify")
def verify_(
    path: Annotated[Path, typer.Argument(help="journal.db, or the station's data folder.")],
) -> None:
    """Check chain and contiguity; name the first bad row."""
    with plain_errors():
        file = _file(path)
        verdict = verify(file)
        if verdict.bad_row is not None:
            complain(
                "{file}: row {row} is bad: {why}", file=file, row=verdict.bad_row, why=verdict.why
            )
        elif verdict.why:
            complain("Nothing to verify: {why}", why=verdict.why)
        else:
            say(P_("{file}: {n} row, whole", "{file}: {n} rows, whole"), file=file, n=verdict.rows)
            return
        raise typer.Exit(1)


@journal.command("discard")
def discard(
    path: Annotated[Path, typer.Argument(help="journal.db, or the station's data folder.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    unacknowledged: Annotated[
        bool,
        typer.Option("--unacknowledged", help="Also what the region has not acknowledged."),
    ] = False,
) -> None:
    """Discard the journal of a trial, so that the booth can begin as another station.

    Refused as long as a dossier or a ticket is in it, or facts that the region has not
    acknowledged. Keys and roster stay. Station and uplink have to be stopped.
    """
    with plain_errors():
        file = _file(path)
        with _nobody_else(file):
            _require_trial(file, unacknowledged)
            say("{file} of station {station} will be lost:", file=file, station=station_of(file))
            for kind, count in sorted(Counter(row[5] for row in read_rows(file)).items()):
                typer.echo(f"  {count} × {kind}")
            if not yes:
                typer.confirm(said(N_("Discard it?")), abort=True)
            for name in (*_OF_THE_UPLINK, *_FILES):
                (file.parent / name).unlink(missing_ok=True)
            say("discarded; the next station that starts here begins a journal of its own")


def _file(path: Path) -> Path:
    return path / "journal.db" if path.is_dir() else path


@contextmanager
def _nobody_else(file: Path) -> Iterator[None]:
    """Keeps station and uplink out. Raises JournalError, EdgeBusy when one is running."""
    from edge.uplink.db import EdgeDb

    station_of(file)  # raises JournalError where there is none: holding it would make one
    with held(file):
        if not (file.parent / "edge.db").exists():
            yield
            return
        uplink = EdgeDb(file.parent / "edge.db")
        try:
            yield
        finally:
            uplink.close()


def _require_trial(file: Path, unacknowledged: bool) -> None:
    """Raises NotAllowed when more than a trial would be lost."""
    verdict = verify(file)
    if verdict.bad_row is not None:
        raise NotAllowed(f"row {verdict.bad_row} is bad", DAMAGED, row=verdict.bad_row)
    station = station_of(file)
    rows = list(read_rows(file))
    dossiers = len({row[6] for row in rows if row[6] is not None})
    tickets = sum(row[5] == "ticket_numbered" for row in rows)
    packets = sum(1 for name in _FOLDERS for _ in file.parent.glob(f"{name}/*"))
    if dossiers or tickets or packets:
        raise NotAllowed(
            "people's work",
            PEOPLE,
            station=station,
            dossiers=dossiers,
            tickets=tickets,
            packets=packets,
        )
    fold = Fold(station, ZoneInfo("Asia/Ho_Chi_Minh"))
    for row in rows:
        fold.apply(row)
    through = _acknowledged(file.parent / "edge.db", fold.epoch)
    if through is not None and through < fold.number and not unacknowledged:
        raise NotAllowed(
            "unacknowledged", UNTOLD, station=station, through=through, facts=fold.number
        )


def _acknowledged(db: Path, epoch: str | None) -> int | None:
    """Facts of this journal that the region has; None where no uplink ever went to it."""
    if not db.exists():
        return None
    connection = sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True)
    try:
        if connection.execute("SELECT count(*) FROM session").fetchone()[0] == 0:
            return None
        row = connection.execute("SELECT epoch, through FROM watermark").fetchone()
    finally:
        connection.close()
    return int(row[1]) if row is not None and row[0] == epoch else 0
