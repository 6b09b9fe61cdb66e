"""``tram journal discard``: the journal of a trial goes, people's work never."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from edge.journal import events as e
from edge.journal.store import Journal, JournalError, read_rows
from edge.report.fold import Fold
from edge.uplink.db import EdgeDb, Watermark
from ground.clock import SteppedClock
from tram.cli import app

TRIAL, REAL = "TH0417", "QT0001"
DOSSIER = "TH0417-000001-5"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A booth that was tried: it started, and a device was missing."""
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "station.pub").write_text("kept")
    with opened(folder) as journal:
        journal.append(e.StationStarted("0.1.0"))
        journal.append(e.DeviceFailed(e.Device.SCANNER, e.FaultCode.NOT_FOUND))
    return folder


class opened:  # noqa: N801  (reads as a verb)
    def __init__(self, data: Path, code: str = TRIAL) -> None:
        self._journal = Journal(data / "journal.db", code, SteppedClock())

    def __enter__(self) -> Journal:
        return self._journal

    def __exit__(self, *_: object) -> None:
        self._journal.close()


def discard(data: Path, *options: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["journal", "discard", str(data), *options], input=answer)


def refused(data: Path, *options: str) -> str:
    told = discard(data, "--yes", *options)
    assert told.exit_code == 1
    assert (data / "journal.db").exists()
    return told.output


def test_a_booth_that_was_tried_begins_as_another_station(data: Path) -> None:
    with pytest.raises(JournalError, match=f"belongs to station {TRIAL}, not to {REAL}") as foreign:
        opened(data, REAL)
    assert "tram journal discard {path}" in foreign.value.advice
    told = discard(data, answer="y\n")
    assert told.exit_code == 0
    assert "1 × station_started\n" in told.output
    assert "1 × device_failed\n" in told.output
    with opened(data, REAL) as journal:
        assert journal.seq == 0
    assert (data / "keys" / "station.pub").exists()


def test_who_does_not_confirm_keeps_it(data: Path) -> None:
    assert discard(data, answer="n\n").exit_code == 1
    assert (data / "journal.db").exists()


@pytest.mark.parametrize(
    ("body", "dossier"),
    [
        (e.DossierOpened(1), DOSSIER),
        (
            e.TicketNumbered(1, 20_261_122, e.TicketKind.WALK_IN, e.TicketSource.CONSOLE, 0, 0),
            None,
        ),
    ],
)
def test_a_journal_of_people_is_never_discarded(
    data: Path, body: e.AnyBody, dossier: str | None
) -> None:
    with opened(data) as journal:
        journal.append(body, dossier=dossier)
    told = refused(data, "--unacknowledged")
    assert "It is never discarded" in told
    assert "Không bao giờ được bỏ" in told


@pytest.mark.parametrize("folder", ["vault", "outbox"])
def test_nor_one_whose_captures_lie_beside_it(data: Path, folder: str) -> None:
    (data / folder / DOSSIER).mkdir(parents=True)
    assert "captures and packets on the disk: 1)" in refused(data)


def uplink_with(data: Path, through: int) -> None:
    """An uplink that reported; the region has facts 1…``through``."""
    fold = Fold(TRIAL, ZoneInfo("Asia/Ho_Chi_Minh"))
    for row in read_rows(data / "journal.db"):
        fold.apply(row)
    assert fold.epoch is not None
    db = EdgeDb(data / "edge.db")
    db.next_bd_seq()
    if through:
        db.acknowledge(Watermark(fold.epoch, through, fold.snapshot()))
    db.close()


@pytest.mark.parametrize("through", [0, 2])
def test_facts_that_the_region_lacks_are_not_lost_unasked(data: Path, through: int) -> None:
    uplink_with(data, through)
    assert f"(it has {through} of 3)" in refused(data)
    assert discard(data, "--yes", "--unacknowledged").exit_code == 0


def test_what_the_region_has_can_go_and_the_uplinks_memory_with_it(data: Path) -> None:
    uplink_with(data, 3)
    assert discard(data, "--yes").exit_code == 0
    assert not (data / "edge.db").exists()


def test_an_uplink_that_never_went_to_the_region_is_no_reason(data: Path) -> None:
    EdgeDb(data / "edge.db").close()
    assert discard(data, "--yes").exit_code == 0


@pytest.fixture(params=["station", "uplink"])
def running(request: pytest.FixtureRequest, data: Path) -> Iterator[str]:
    program = opened(data)._journal if request.param == "station" else EdgeDb(data / "edge.db")
    yield request.param
    program.close()


def test_what_is_running_is_stopped_first(data: Path, running: str) -> None:
    assert "Stop it first." in refused(data)


def test_a_journal_that_somebody_changed_stays_where_it_is(data: Path) -> None:
    with sqlite3.connect(data / "journal.db") as db:
        db.execute("UPDATE event SET at = 0 WHERE seq = 1")
    db.close()
    assert "row 1 is bad" in refused(data)


def test_a_folder_without_a_journal_is_told_and_stays_empty(tmp_path: Path) -> None:
    told = discard(tmp_path, "--yes")
    assert told.exit_code == 1
    assert "There is no journal at" in told.output
    assert not list(tmp_path.iterdir())
