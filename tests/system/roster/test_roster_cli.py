"""``tram roster`` as the region's staff runs it, on a station with real keys and a real journal."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import pyrage
import pytest
from typer.testing import CliRunner, Result

from controller.roster.seal import unseal
from controller.vault import keys
from edge.journal.events import Identified, IdentitySource, RosterOutcome, Sealed
from edge.journal.store import Journal
from ground.clock import SystemClock
from hw.twins import population
from tram.roster_cli import roster

PASSPHRASE = "bốn con trâu trắng"
DOSSIER = "TH0417-000001-1"
DIGEST = "0" * 64
HEADER = "number,name,birth,sex,hamlet\n"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys cost seconds (scrypt means to), so they are made once and copied."""
    data = tmp_path_factory.mktemp("station")
    region = pyrage.x25519.Identity.generate()
    keys.create(data, str(region.to_public()), "OP1", PASSPHRASE)
    return data


@pytest.fixture(scope="module")
def opened(station: Path) -> keys.Keys:
    return keys.unlock(station, "OP1", PASSPHRASE)


@pytest.fixture
def data(station: Path, tmp_path: Path) -> Path:
    shutil.copytree(station, tmp_path / "data")
    return tmp_path / "data"


def run(*arguments: object) -> Result:
    env = {"TRAM_PASSPHRASE": PASSPHRASE}
    result = CliRunner().invoke(roster, [str(a) for a in arguments], env=env)
    assert "Traceback" not in result.output
    return result


def import_people(data: Path, content: str) -> Result:
    path = data.parent / "people.csv"
    path.write_text(content)
    return run("import", path, "--data", data)


def test_people_come_from_standard_input_and_lie_nowhere_in_clear(
    data: Path, opened: keys.Keys
) -> None:
    row = "026190000101,Nguyễn Thị Hồng Hạnh,12/03/1990,nữ,Đồng Tâm\n"
    told = CliRunner().invoke(roster, ["import", "-", "--data", str(data)], input=HEADER + row)
    assert told.exit_code == 0, told.output
    (person,) = unseal(data / "roster.age", opened.shift).search("hong hanh", None)
    assert person.number == "026190000101"
    clear = [
        path for path in data.rglob("*") if path.is_file() and b"026190000101" in path.read_bytes()
    ]
    assert clear == []


def test_bad_rows_of_standard_input_are_named_and_nothing_is_imported(data: Path) -> None:
    told = CliRunner().invoke(roster, ["import", "-", "--data", str(data)], input=HEADER + "x\n")
    assert told.exit_code == 1
    assert "line 2" in told.output
    assert not (data / "roster.age").exists()


def missing(data: Path, *options: str) -> Result:
    return run("outstanding", "--data", data, "--operator", "OP1", *options)


def test_a_good_file_becomes_the_sealed_roster(data: Path) -> None:
    population.write_csv(data.parent / "people.csv", 200, seed=4)
    result = run("import", data.parent / "people.csv", "--data", data)
    assert result.exit_code == 0, result.output
    imported, columns, *counts = result.output.splitlines()
    assert imported.startswith("200 people imported into ")
    assert columns.startswith("Columns read: number = “number”, ")
    assert [line.split(maxsplit=1)[1] for line in counts] == [
        "people without a whole birth date",
        "people with a chip card already",
    ]
    assert (data / "roster.age").read_bytes().startswith(b"age-encryption.org/v1")


def test_every_bad_row_is_told_with_its_line_and_the_old_roster_stays(data: Path) -> None:
    import_people(data, HEADER + "026190004321,Lê Thị Hòa,1990,nữ,An\n")
    before = (data / "roster.age").read_bytes()
    result = import_people(
        data, HEADER + "26190004322,Lê A,1990,nam,An\n,Lê B,1990,nam,An\n026190004323,,x,nam,\n"
    )
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [
        "line 2, number",
        "line 4, name",
        "line 4, birth",
    ]
    assert "026190004322" in lines[0]
    assert lines[3].startswith("Nothing was imported")
    assert lines[-1].startswith("Chưa nhập dòng nào")
    assert (data / "roster.age").read_bytes() == before


@pytest.mark.parametrize("missing_file", ["people.csv", "keys/shift.pub"])
def test_a_missing_file_is_named(data: Path, missing_file: str) -> None:
    (data.parent / "people.csv").write_text(HEADER)
    for folder in (data, data.parent):
        (folder / missing_file).unlink(missing_ok=True)
    result = run("import", data.parent / "people.csv", "--data", data)
    assert result.exit_code == 1
    assert Path(missing_file).name in result.output


def test_the_missing_are_listed_without_those_sealed_here(data: Path, opened: keys.Keys) -> None:
    import_people(
        data,
        HEADER
        + "026190004321,Lê Thị Hòa,01/02/1990,nữ,Đông\n"
        + "026190004322,Lê Thị Lan,1960,nữ,Đông\n"
        + "026090004323,Đỗ Văn An,01/02/1990,nam,An\n"
        + f"026220004324,Đỗ Thị Bé,01/02/{date.today().year - 3},nữ,Đông\n",
    )
    journal = Journal(data / "journal.db", "TH0417", SystemClock())
    journal.append(
        Identified(
            RosterOutcome.UNCHANGED,
            IdentitySource.TYPED,
            opened.person_digest("026190004321"),
            DIGEST,
        ),
        Sealed(DIGEST, 1, 1),
        dossier=DOSSIER,
    )
    journal.close()

    everybody = missing(data)
    assert everybody.exit_code == 0, everybody.output
    assert everybody.output.splitlines() == [
        "An: 1",
        "  Đỗ Văn An, 01/02/1990",
        "Đông: 1",
        "  Lê Thị Lan, 1960",
        "2 people missing in 2 hamlets",
    ]
    as_csv = missing(data, "--hamlet", "dong", "--csv", "--minimum-age", "0")
    table = list(csv.DictReader(io.StringIO(as_csv.output)))
    assert [row["number"] for row in table] == ["026220004324", "026190004322"]

    nowhere = missing(data, "--hamlet", "Tây")
    assert nowhere.exit_code == 1
    assert "no hamlet Tây" in nowhere.output


def test_without_a_roster_it_says_how_to_get_one(data: Path) -> None:
    result = missing(data)
    assert result.exit_code == 1
    assert "tram roster import" in result.output


def test_a_wrong_passphrase_and_a_damaged_journal_are_told_plainly(data: Path) -> None:
    import_people(data, HEADER + "026190004321,Lê Thị Hòa,1990,nữ,An\n")
    wrong = CliRunner().invoke(
        roster,
        ["outstanding", "--data", str(data), "--operator", "OP1"],
        env={"TRAM_PASSPHRASE": "something else"},
    )
    assert wrong.exit_code == 1
    assert "passphrase is wrong" in wrong.output
    (data / "journal.db").write_bytes(b"no journal" * 100)
    damaged = missing(data)
    assert damaged.exit_code == 1
    assert "tram journal verify" in damaged.output
