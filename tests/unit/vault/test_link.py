"""A packet and its station's journal vouch for each other."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from controller.vault import packet
from controller.vault.packet import JournalLink
from edge.journal.events import DossierClosed
from edge.journal.store import Journal
from ground.clock import SteppedClock

from .conftest import DOSSIER, STATION, Booth
from .forgery import Files, contents, forge, problems, resigned


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (JournalLink(1, "ab" * 32), "The hash of journal row 1 is not the one in the manifest."),
        (JournalLink(77, "ab" * 32), "The journal has no row 77 for the packet."),
    ],
)
def test_a_packet_tied_to_a_wrong_journal_row_is_named(
    sealed: Booth, link: JournalLink, said: str
) -> None:
    changed = resigned(sealed, contents(sealed), lambda m: msgspec.structs.replace(m, journal=link))
    forge(sealed, changed)
    assert said in problems(sealed)


def test_a_packet_the_journal_never_recorded_is_named(sealed: Booth, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other.db", STATION, SteppedClock())
    other.append(DossierClosed(software_ms=1), dossier=DOSSIER)
    assert problems(sealed, journal=other.path) == [
        "The hash of journal row 1 is not the one in the manifest.",
        f"The journal does not say that dossier {DOSSIER} was sealed.",
    ]
    other.close()


def test_an_old_packet_put_back_is_named(sealed: Booth, files: Files) -> None:
    path = packet.packet_path(sealed.data, DOSSIER)
    old = path.read_bytes()
    sealed.seal(files)
    path.write_bytes(old)
    assert problems(sealed) == [
        f"The journal recorded another packet of dossier {DOSSIER}: its digest differs.",
        "The journal recorded link row 3, the manifest names row 1.",
    ]


def test_the_journal_of_another_station_is_named(sealed: Booth, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other.db", "HN0001", SteppedClock())
    said = "The journal is of station HN0001, the packet of station TH0417."
    assert said in problems(sealed, journal=other.path)
    other.close()


def test_a_journal_that_was_changed_is_named_with_its_row(sealed: Booth) -> None:
    sealed.journal.close()
    with sqlite3.connect(sealed.data / "journal.db") as db:
        db.execute("UPDATE event SET at = at + 1 WHERE seq = 1")
    assert problems(sealed)[0].startswith("The journal itself is damaged at row 1")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "The journal cannot be checked"),
        (b"", "The journal cannot be checked"),
        (
            b"not a database, but long enough for its header",
            "The journal itself is damaged at row 1",
        ),
    ],
)
def test_an_unreadable_journal_is_a_problem_not_a_crash(
    sealed: Booth, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    assert problems(sealed, journal=path)[0].startswith(said)
