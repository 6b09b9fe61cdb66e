"""A copy of the region's store, taken while it is written, brings the very same region back.

The files of provisioning/region, on a SQLite file and on a real PostgreSQL server.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, select

from edge.report.orders import Role
from monitor import access
from monitor.store.database import open_store
from monitor.store.schema import account, fact, ledger, station, tables
from tests.patience import CEILING_S
from tests.postgres import Postgres, programs, running
from tests.system.monitor.store_region import Region
from tests.unit.monitor.host_booth import Booth

PROVISIONING = Path(__file__).parents[3] / "provisioning" / "region"
USER = "tram-monitor"
BOOTHS = 3
FACTS = 40


class Place(ABC):
    """Where the store is. ``url``: as ``db`` of the configuration has it."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.url = url
        self._environment = os.environ | environment

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """One of the files under test."""
        return subprocess.run(
            [PROVISIONING / program, *words],
            capture_output=True,
            text=True,
            check=False,
            env=self._environment,
        )

    @abstractmethod
    def lose(self) -> None: ...


class File(Place):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"sqlite:///{folder / 'region.db'}", {})
        self.file = folder / "region.db"

    def lose(self) -> None:
        for file in self.file.parent.glob("region.db*"):
            file.unlink()


class Server(Place):
    """Set up by postgresql.sql, as often as wanted."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.set_up()
        url = make_url(server.url("tram")).set(username=USER).render_as_string()
        super().__init__(url, {"PATH": f"{programs()}:{os.environ['PATH']}"})

    def ask(self, *words: str) -> str:
        command = [str(programs() / "psql"), "-X", "-q", "-h", "127.0.0.1", "-U", "postgres"]
        command += ["-p", str(self._server.port), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout

    def set_up(self) -> None:
        self.ask("-f", str(PROVISIONING / "postgresql.sql"))

    def lose(self) -> None:
        self.ask("-c", "DROP DATABASE tram WITH (FORCE)")
        self.set_up()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One of this module's own: the database has the name that the page gives it."""
    with running() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield File(tmp_path)
        return
    made = Server(request.getfixturevalue("server"))
    yield made
    made.ask("-c", "DROP DATABASE tram WITH (FORCE)")


def fill(engine: Engine) -> None:
    region = Region(engine)
    for number in range(BOOTHS):
        booth = Booth(f"TH04{17 + number}")
        booth.dossiers(FACTS)
        region.takes(*booth.begin(), booth.tell(1, FACTS))
    access.add_account(engine, "lan", "correct horse", Role.OPERATOR, "", by="test", now=1)


def held(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the store holds."""
    engine = open_store(url)
    with engine.connect() as connection:
        rows = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return rows


def test_what_was_lost_is_back_to_the_last_fact(place: Place, tmp_path: Path) -> None:
    engine = open_store(place.url)
    fill(engine)
    engine.dispose()
    before = held(place.url)
    assert len(before[fact.name]) == BOOTHS * FACTS
    assert len(before[account.name]) == 1

    taken = place.run("back-up", str(tmp_path / "copies"), place.url)
    assert taken.returncode == 0, taken.stderr
    copy = Path(taken.stdout.strip())
    assert re.fullmatch(r"region-\d{8}T\d{6}Z\.(db|dump)", copy.name)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert list(copy.parent.iterdir()) == [copy]

    place.lose()
    brought = place.run("restore", str(copy), place.url)
    assert brought.returncode == 0, brought.stderr
    assert held(place.url) == before


def test_a_region_that_goes_on_is_copied_whole(place: Place, tmp_path: Path) -> None:
    """A copy is of one instant: what its ledger says it holds, it holds."""
    engine = open_store(place.url)
    region = Region(engine)
    booth = Booth("TH0417")
    booth.dossiers(1)
    region.takes(*booth.begin(), booth.tell(1, 1))
    stop = threading.Event()
    through = 1

    def work() -> None:
        nonlocal through
        while not stop.is_set():
            booth.dossiers(5)
            region.takes(booth.tell(through + 1, through + 5))
            through += 5

    working = threading.Thread(target=work)
    working.start()
    copies = []
    try:
        for _ in range(3):
            so_far = through
            taken = place.run("back-up", str(tmp_path / "copies"), place.url)
            assert taken.returncode == 0, taken.stderr
            copies.append((so_far, Path(taken.stdout.strip())))
            deadline = time.monotonic() + CEILING_S
            while through == so_far and time.monotonic() < deadline:
                stop.wait(0.01)
    finally:
        stop.set()
        working.join()
        engine.dispose()
    for so_far, copy in copies:
        place.lose()
        assert place.run("restore", str(copy), place.url).returncode == 0
        rows = held(place.url)
        (of_booth,) = rows[ledger.name]
        said = dict(zip((column.name for column in ledger.c), of_booth, strict=True))["through"]
        assert said >= so_far
        assert [row[2] for row in sorted(rows[fact.name], key=lambda row: row[2])] == [
            *range(1, said + 1)
        ]


def test_a_store_that_is_there_is_not_written_over(place: Place, tmp_path: Path) -> None:
    engine = open_store(place.url)
    fill(engine)
    taken = place.run("back-up", str(tmp_path / "copies"), place.url)
    engine.dispose()
    before = held(place.url)
    refused = place.run("restore", taken.stdout.strip(), place.url)
    assert refused.returncode == 1
    assert refused.stderr
    assert held(place.url) == before


def test_a_copy_that_cannot_be_taken_leaves_none(place: Place, tmp_path: Path) -> None:
    elsewhere = re.sub(r"(region\.db|tram)$", "nowhere", place.url)
    refused = place.run("back-up", str(tmp_path / "copies"), elsewhere)
    assert refused.returncode != 0
    assert refused.stderr
    assert list((tmp_path / "copies").iterdir()) == []


def test_old_copies_go_and_other_files_stay(tmp_path: Path) -> None:
    place = File(tmp_path)
    open_store(place.url).dispose()
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("region-20200101T000000Z.db", "region-20200101T000000Z.dump", "of the province"):
        (copies / name).touch()
        os.utime(copies / name, (0, 0))
    recent = copies / "region-20260101T000000Z.db"
    recent.touch()
    taken = place.run("back-up", str(copies), place.url)
    assert {file.name for file in copies.iterdir()} == {
        "of the province",
        recent.name,
        Path(taken.stdout.strip()).name,
    }


@pytest.mark.parametrize("words", [(), ("copies", "mysql://x/y"), ("a", "sqlite:///b", "c")])
def test_a_wrong_number_of_words_or_another_database_is_told(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    for program in ("back-up", "restore"):
        given = [str(tmp_path / word) if word == "copies" else word for word in words]
        refused = File(tmp_path).run(program, *given)
        assert refused.returncode == 2
        assert "DB" in refused.stderr or "sqlite:///path" in refused.stderr


def test_nobody_else_comes_into_the_database(server: Postgres) -> None:
    made = Server(server)
    try:
        made.ask("-c", "CREATE ROLE somebody LOGIN")
        refused = subprocess.run(
            [
                programs() / "psql",
                "-X",
                "-h",
                "127.0.0.1",
                "-p",
                str(server.port),
                "-U",
                "somebody",
                "-d",
                "tram",
                "-c",
                "SELECT 1",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "permission denied for database" in refused.stderr
        assert (
            made.ask("-At", "-c", f"SELECT rolsuper FROM pg_roles WHERE rolname = '{USER}'")
            == "f\n"
        )
    finally:
        made.ask("-c", "DROP ROLE somebody", "-c", "DROP DATABASE tram WITH (FORCE)")


def test_what_booths_told_since_the_copy_they_tell_again(place: Place, tmp_path: Path) -> None:
    """An older watermark is acknowledged: the booth's journal has everything after it."""
    engine = open_store(place.url)
    region = Region(engine)
    booth = Booth("TH0417")
    booth.dossiers(6)
    region.takes(*booth.begin(), booth.tell(1, 3))
    taken = place.run("back-up", str(tmp_path / "copies"), place.url)
    region.takes(booth.tell(4, 6))
    engine.dispose()
    place.lose()
    assert place.run("restore", taken.stdout.strip(), place.url).returncode == 0
    again = Region(open_store(place.url))
    answered = again.takes(*booth.begin())
    assert [a.through for _, a in answered.acknowledgements] == [3]
    assert again.one(station.c.station) == "TH0417"
    assert [a.through for _, a in again.takes(booth.tell(4, 6)).acknowledgements] == [6]
    again.engine.dispose()
