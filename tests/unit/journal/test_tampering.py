"""Whatever is done to the file, verify names the first bad row and never raises."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from edge.journal import events as e
from edge.journal.store import Journal, genesis, read_rows, row_hash
from edge.journal.verify import Verdict, verify
from ground.clock import SteppedClock
from tests.unit.journal.journal_rows import STATION
from tram.cli import app


def change(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def rechain(path: Path) -> None:
    """What somebody with the program at hand would do: compute every hash anew."""
    db = sqlite3.connect(path)
    chain = genesis(STATION)
    for row in db.execute("SELECT * FROM event ORDER BY seq").fetchall():
        chain = row_hash(chain, row)
        db.execute("UPDATE event SET hash = ? WHERE seq = ?", (chain, row[0]))
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("statements", "bad_row"),
    [
        (["UPDATE event SET body = replace(body, '\"OP1\"', '\"OP2\"') WHERE seq = 2"], 2),
        (["UPDATE event SET body = body || ' ' WHERE seq = 7"], 7),
        (["UPDATE event SET at = at + 1 WHERE seq = 3"], 3),
        (["UPDATE event SET at = 'soon' WHERE seq = 3"], 3),
        (["UPDATE event SET mono = mono - 1 WHERE seq = 3"], 3),
        (["UPDATE event SET boot = '00000002' WHERE seq = 5"], 5),
        (["UPDATE event SET trusted = 0 WHERE seq = 6"], 6),
        (["UPDATE event SET trusted = 7 WHERE seq = 6"], 6),
        (["UPDATE event SET dossier = NULL WHERE seq = 3"], 3),
        (["UPDATE event SET dossier = 'TH0417-000002-6' WHERE seq = 3"], 3),
        (["UPDATE event SET kind = 'ticket_issued' WHERE seq = 3"], 3),
        (["UPDATE event SET hash = zeroblob(32) WHERE seq = 4"], 4),
        (["UPDATE event SET hash = 'text' WHERE seq = 4"], 4),
        (["UPDATE event SET body = x'ff00ff' WHERE seq = 4"], 4),
        (["UPDATE event SET body = CAST(x'ff00ff' AS TEXT) WHERE seq = 4"], 4),
        (["DELETE FROM event WHERE seq = 1"], 1),
        (["DELETE FROM event WHERE seq = 5"], 5),
        (["DELETE FROM event WHERE seq BETWEEN 5 AND 8"], 5),
        (
            [
                "INSERT INTO event SELECT 0, at, mono, boot, trusted, kind, dossier, body, hash"
                " FROM event WHERE seq = 2"
            ],
            1,
        ),
        (
            [
                "UPDATE event SET seq = -seq WHERE seq > 5",
                "UPDATE event SET seq = 1 - seq WHERE seq < 0",
                "INSERT INTO event SELECT 6, at, mono, boot, trusted, kind, dossier,"
                " body, hash FROM event WHERE seq = 5",
            ],
            6,
        ),
        (
            [
                "INSERT INTO event SELECT 11, at, mono, boot, trusted, kind, dossier, body, hash"
                " FROM event WHERE seq = 10"
            ],
            11,
        ),
        (
            [
                "INSERT INTO event SELECT 99, at, mono, boot, trusted, kind, dossier, body, hash"
                " FROM event WHERE seq = 10"
            ],
            11,
        ),
        (
            [
                "UPDATE event SET seq = 99 WHERE seq = 4",
                "UPDATE event SET seq = 4 WHERE seq = 8",
                "UPDATE event SET seq = 8 WHERE seq = 99",
            ],
            4,
        ),
        (["UPDATE event SET seq = -seq", "UPDATE event SET seq = 11 + seq"], 1),
        (["UPDATE station SET code = 'HN0001'"], 1),
        (["DELETE FROM station"], 1),
        (["INSERT INTO station VALUES ('HN0001')"], 1),
        (["UPDATE station SET code = x'00'"], 1),
        (["DROP TABLE event"], 1),
        (["DROP TABLE station"], 1),
        (["ALTER TABLE event DROP COLUMN mono"], 1),
    ],
)
def test_it_names_the_first_bad_row(written: Path, statements: list[str], bad_row: int) -> None:
    assert verify(written).bad_row is None
    change(written, *statements)
    verdict = verify(written)
    assert verdict.bad_row == bad_row
    assert verdict.why
    assert verdict.rows == bad_row - 1


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE event SET body = \'{"kind":"operator_unlocked","operator":"Nguyễn Văn An"}\'',
        'UPDATE event SET body = \'{"kind":"made_up"}\'',
        "UPDATE event SET body = 'null'",
        "UPDATE event SET body = x'00'",
        "UPDATE event SET kind = 'operator_locked'",
        "UPDATE event SET dossier = 'Nguyễn Văn An'",
        "UPDATE event SET boot = '012345678901'",
    ],
)
def test_a_row_outside_the_vocabulary_is_bad_even_with_a_right_hash(
    written: Path, statement: str
) -> None:
    change(written, statement + " WHERE seq = 2")
    rechain(written)
    assert verify(written).bad_row == 2


def test_rows_cut_off_at_the_end_show_only_against_what_is_kept_elsewhere(written: Path) -> None:
    change(written, "DELETE FROM event WHERE seq > 8")
    verdict = verify(written)
    assert (verdict.rows, verdict.bad_row) == (8, None)  # as the module says


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "journal.db"
    journal = Journal(path, STATION, SteppedClock())
    journal.append(*[e.DeviceTaken(e.Device.CAMERA)] * 400)
    journal.close()
    return path


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_bytes_never_end_in_a_traceback(
    tmp_path: Path, long_journal: Path, data: st.DataObject
) -> None:
    """The file cut short, or some of its bytes overwritten."""
    path = tmp_path / "journal.db"
    file = bytearray(long_journal.read_bytes())
    if data.draw(st.booleans(), label="cut"):
        del file[data.draw(st.integers(0, len(file)), label="size") :]
    else:
        for _ in range(data.draw(st.integers(1, 20), label="places")):
            at = data.draw(st.integers(0, len(file) - 9), label="at")
            file[at : at + 8] = data.draw(st.binary(min_size=8, max_size=8), label="with")
    for leftover in tmp_path.glob("journal.db*"):
        leftover.unlink()
    path.write_bytes(file)
    verdict = verify(path)
    assert 0 <= verdict.rows <= 400
    if verdict.bad_row is None and verdict.rows == 400:
        # The damage hit nothing that is a row: what is read is what was written.
        assert all(row[7] == '{"kind":"device_taken","device":"camera"}' for row in read_rows(path))
    elif verdict.bad_row is not None:
        assert verdict.bad_row == verdict.rows + 1


def test_of_a_journal_that_is_not_there_no_row_is_bad(tmp_path: Path) -> None:
    for path in (tmp_path / "journal.db", tmp_path):
        verdict = verify(path)
        assert verdict.bad_row is None
        assert "does not exist" in verdict.why
    said = CliRunner().invoke(app, ["journal", "verify", str(tmp_path)])
    assert said.exit_code == 1
    assert "Nothing to verify" in said.output


@pytest.mark.parametrize("tables", range(3))
def test_a_journal_whose_station_was_killed_before_its_first_row_has_no_bad_one(
    tmp_path: Path, tables: int
) -> None:
    """Nothing but the file, one table, both: however far it came, the next start goes on."""
    Journal(tmp_path / "whole.db", STATION, SteppedClock()).close()
    whole = sqlite3.connect(tmp_path / "whole.db")
    schema = [row[0] for row in whole.execute("SELECT sql FROM sqlite_master WHERE type='table'")]
    whole.close()
    assert len(schema) == 2
    path = tmp_path / "journal.db"
    path.touch()
    if tables:
        change(path, "PRAGMA journal_mode=WAL", *schema[:tables])
    verdict = verify(path)
    assert verdict.bad_row is None
    assert "no row yet" in verdict.why
    journal = Journal(path, STATION, SteppedClock())
    journal.append(e.DeviceTaken(e.Device.CAMERA))
    journal.close()
    assert verify(path) == Verdict(1)


@pytest.mark.parametrize("content", [b"\x00" * 5000, b"hello"])
def test_a_file_that_is_no_journal_gets_a_verdict(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    verdict = verify(path)
    assert verdict.bad_row == 1
    assert "cannot be read" in verdict.why


def test_the_command_names_the_row_and_exits_with_1(written: Path) -> None:
    whole = CliRunner().invoke(app, ["journal", "verify", str(written.parent)])
    assert whole.exit_code == 0
    assert "10 rows, whole" in whole.output
    change(written, "UPDATE event SET at = 0 WHERE seq = 6")
    broken = CliRunner().invoke(app, ["journal", "verify", str(written)])
    assert broken.exit_code == 1
    assert "row 6 is bad" in broken.output
    assert "Traceback" not in broken.output


def test_the_canonical_row_is_what_the_module_says(written: Path) -> None:
    """Anybody can check the chain with SHA-256 and a JSON encoder."""
    import hashlib
    import json

    chain = hashlib.sha256(b"tram journal 1 TH0417").digest()
    for seq, at, mono, boot, trusted, kind, dossier, body, digest in read_rows(written):
        canonical = json.dumps(
            [seq, at, mono, boot, bool(trusted), kind, dossier, body],
            separators=(",", ":"),
            ensure_ascii=False,
        )
        chain = hashlib.sha256(chain + canonical.encode()).digest()
        assert chain == digest
        assert msgspec.json.decode(body)["kind"] == kind
