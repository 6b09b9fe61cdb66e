"""A demo's data folder, as ``tram demo`` prepares it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from controller.roster.seal import unseal
from controller.vault import keys
from hw.twins.citizen import crowd_of
from tram.demo.booth import OPERATOR, Booth, prepare


def test_a_data_folder_keeps_its_day_and_its_people_lie_sealed(tmp_path: Path) -> None:
    (tmp_path / "demo.day").write_text("2026-10-01\n")  # it was begun then
    passphrase = prepare(Booth(tmp_path, 20, 10.0, 7))
    assert (tmp_path / "demo.day").read_text() == "2026-10-01\n"
    roster = unseal(tmp_path / "roster.age", keys.unlock(tmp_path, OPERATOR, passphrase).shift)
    crowd = crowd_of(20, 7, date(2026, 10, 1))
    assert len(roster) == len(crowd)
    for person in crowd:
        row = roster.by_number(person.person)
        assert row is not None
        assert row.name == person.row["name"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(person.row["name"].encode() in content for person in crowd), path.name
