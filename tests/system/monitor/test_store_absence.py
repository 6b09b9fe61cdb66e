"""A store that refuses says why, in its own words and with what to do: real servers refuse."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from ground.text import catalog
from monitor.store import absence
from monitor.store.absence import REMIND_S, Absence, Reason, reason
from monitor.store.database import is_away, open_store, writing
from monitor.store.writing import StoreAway
from tests.patience import CEILING_S
from tests.postgres import Postgres, running
from tests.system.monitor.store_region import Region
from tests.unit.monitor.host_booth import Booth

NOBODY = 65_534


@dataclass(frozen=True)
class Server:
    """``ask``: one statement as its administrator; ``url``: of role ``region``'s own database."""

    postgres: Postgres
    database: str
    role: str

    @property
    def url(self) -> str:
        return self.as_(self.role)

    def as_(self, user: str, password: str | None = None, database: str | None = None) -> str:
        made = make_url(self.postgres.url(database or self.database))
        made = made.set(username=user, password=password)
        return made.render_as_string(hide_password=False)

    def ask(self, *statements: str) -> None:
        engine = create_engine(
            make_url(self.postgres.url(self.database)).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            connect_args={"options": "-c default_transaction_read_only=off"},
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def strict() -> Iterator[Postgres]:
    """A server that asks role ``region_*`` for a password."""
    with running() as postgres:
        rules = postgres.folder / "data" / "pg_hba.conf"
        rules.write_text(
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        postgres.stop()
        postgres.start()
        yield postgres


@pytest.fixture
def server(postgres: Postgres) -> Server:
    """A database of its own, owned by a role of its own that is no superuser."""
    name = f"region_{uuid.uuid4().hex[:12]}"
    postgres.create(name)
    made = Server(postgres, name, name)
    made.ask(
        f"CREATE ROLE {name} LOGIN",
        f"ALTER DATABASE {name} OWNER TO {name}",
        f"ALTER SCHEMA public OWNER TO {name}",
    )
    return made


def refusal(url: str) -> Reason:
    """Why ``url``'s store cannot be opened; it is an outage, and none of a booth's."""
    with pytest.raises(DBAPIError) as caught:
        open_store(url).dispose()
    assert is_away(caught.value)
    return reason(caught.value)


def births(count: int) -> list[Booth]:
    return [Booth(f"TH04{number}") for number in range(17, 17 + count)]


# ---- what the server says ----------------------------------------------------------------


def test_a_wrong_password_is_told_as_such(strict: Postgres) -> None:
    name = f"region_{uuid.uuid4().hex[:12]}"
    strict.create(name)
    server = Server(strict, name, name)
    server.ask(f"CREATE ROLE {name} LOGIN PASSWORD 'right'")
    why = refusal(server.as_(name, "wrong"))
    assert "password authentication failed for user" in why.said
    assert "wrong" not in str(why)
    assert why.advice == absence.NOT_LET_IN


def test_a_password_that_is_missing_is_told_as_such(strict: Postgres) -> None:
    why = refusal(strict.url().replace("postgres@", "nobody@"))
    assert why.advice == absence.NOT_LET_IN


def test_a_role_that_is_not_there_is_told_by_its_name(server: Server) -> None:
    why = refusal(server.as_("lan"))
    assert 'role "lan" does not exist' in why.said
    assert why.advice == absence.NOT_LET_IN


def test_a_role_that_may_not_log_in_is_told_as_such(server: Server) -> None:
    server.ask(f"ALTER ROLE {server.role} NOLOGIN")
    assert refusal(server.url).advice == absence.NOT_LET_IN


def test_a_database_that_is_missing_is_told_by_its_name(server: Server) -> None:
    why = refusal(server.as_(server.role, database="nowhere"))
    assert 'database "nowhere" does not exist' in why.said
    assert why.advice == absence.NO_DATABASE


def test_a_role_without_rights_is_told_as_such(server: Server) -> None:
    server.ask(
        "ALTER SCHEMA public OWNER TO postgres",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"ALTER DATABASE {server.database} OWNER TO postgres",
    )
    why = refusal(server.url)
    assert why.said
    assert why.advice == absence.NO_RIGHTS


def test_a_role_whose_connections_are_used_up_is_told_as_such(server: Server) -> None:
    server.ask(f"ALTER ROLE {server.role} CONNECTION LIMIT 0")
    why = refusal(server.url)
    assert "too many connections" in why.said
    assert why.advice == absence.CROWDED


def test_a_server_that_does_not_run_is_told_with_its_address() -> None:
    with running() as gone:
        url = gone.url()
    why = refusal(url)
    assert f"port {make_url(url).port}" in why.said
    assert why.advice == absence.NOT_REACHED


def test_a_socket_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    why = refusal(f"postgresql:///tram?host={tmp_path}")
    assert str(tmp_path) in why.said
    assert why.advice == absence.NOT_REACHED


def test_a_host_that_nobody_knows_is_told(server: Server) -> None:
    why = refusal("postgresql://region@database.invalid/tram")
    assert why.advice == absence.NOT_REACHED


# ---- what SQLite says --------------------------------------------------------------------


@contextmanager
def somebody_else() -> Iterator[None]:
    """Not root, whom no file refuses."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_of_somebody_else_s_is_told_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "of another"
    open_store(f"sqlite:///{tmp_path / 'region.db'}").dispose()
    folder.mkdir(mode=0o500)
    folder.chmod(0o500)
    with somebody_else():
        why = refusal(f"sqlite:///{folder / 'region.db'}")
    assert why.said == "unable to open database file"
    assert why.advice == absence.NOT_OWNED


def test_a_folder_that_is_missing_is_told_as_such(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/none/region.db").advice == absence.NOT_OWNED


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "region.db").write_bytes(b"no database\n" * 1000)
    assert refusal(f"sqlite:///{tmp_path / 'region.db'}").advice == absence.DAMAGED


def test_a_disk_that_is_full_is_told_as_such(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'region.db'}")
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DBAPIError) as caught:
            connection.exec_driver_sql("CREATE TABLE more AS SELECT randomblob(1000000)")
    engine.dispose()
    assert is_away(caught.value)
    assert reason(caught.value) == Reason("database or disk is full", absence.FULL)


def test_a_database_that_another_program_holds_is_told_as_such(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'region.db'}").dispose()
    holder = sqlite3.connect(tmp_path / "region.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    engine = create_engine(f"sqlite:///{tmp_path / 'region.db'}", connect_args={"timeout": 0})
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    holder.close()
    engine.dispose()
    assert reason(caught.value).advice == absence.BUSY


# ---- an outage is no booth's fault -------------------------------------------------------


def test_a_standby_that_only_reads_is_an_outage_and_refuses_no_booth(server: Server) -> None:
    """SQLSTATE 25006 is an InternalError: it was taken for bad data of every booth at once."""
    region = Region(open_store(server.url))
    booths = births(4)
    first = [message for booth in booths[:2] for message in booth.begin()]
    assert region.takes(*first).refused == []
    server.ask(f"ALTER DATABASE {server.database} SET default_transaction_read_only = on")
    region.engine.dispose()
    second = [message for booth in booths[2:] for message in booth.begin()]
    with pytest.raises(StoreAway) as caught:
        region.takes(*second)
    assert caught.value.why.advice == absence.READ_ONLY
    assert "read-only transaction" in caught.value.why.said
    server.ask(f"ALTER DATABASE {server.database} RESET default_transaction_read_only")
    # No dispose here: a connection to what has become a standby is given up by itself.
    done = region.takes(*booths[2].begin(), *booths[3].begin())
    assert done.refused == []
    assert len(done.acknowledgements) == 2
    region.engine.dispose()


@pytest.mark.parametrize(
    ("taken_away", "given_back", "advice"),
    [
        (
            "REVOKE INSERT ON station FROM {role}",
            "GRANT INSERT ON station TO {role}",
            absence.NO_RIGHTS,
        ),
        (
            "ALTER TABLE figure RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO figure",
            absence.UNKNOWN,
        ),
    ],
)
def test_what_an_administrator_took_away_is_an_outage(
    server: Server, taken_away: str, given_back: str, advice: str
) -> None:
    engine = open_store(server.url)
    region = Region(engine)
    server.ask(taken_away.format(role=server.role))
    messages = [message for booth in births(3) for message in booth.begin()]
    with pytest.raises(StoreAway) as caught:
        region.takes(*messages)
    assert caught.value.why.advice == advice
    server.ask(given_back.format(role=server.role))
    again = [message for booth in births(3) for message in booth.begin()]
    assert len(region.takes(*again).acknowledgements) == 3
    engine.dispose()


def test_connections_that_are_cut_are_an_outage_and_come_again(server: Server) -> None:
    engine = open_store(server.url)
    region = Region(engine)
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{server.role}'"
    with engine.connect() as held:
        server.ask(cut)
        with pytest.raises(DBAPIError) as caught:
            held.execute(text("SELECT 1"))
    assert is_away(caught.value)
    assert len(region.takes(*Booth("TH0417").begin()).acknowledgements) == 1
    engine.dispose()


# ---- once, and then rarely ---------------------------------------------------------------


def test_a_reason_is_told_once_then_rarely_and_its_end_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    told = Absence(logging.getLogger("of a test"), lambda: now)
    refused, standby = (
        Reason("refused", absence.NOT_REACHED),
        Reason("only reads", absence.READ_ONLY),
    )
    with caplog.at_level(logging.INFO):
        told.over()
        for _ in range(1, round(REMIND_S) * 2):
            told.note(refused)
            now += 1.0
        assert [record.getMessage().split(".")[0] for record in caplog.records] == [
            "the store is away: refused"
        ] * 2
        told.note(standby)
        told.note(standby)
        told.over()
        told.over()
    said = [record.getMessage() for record in caplog.records[2:]]
    assert len(said) == 2
    assert "only reads" in said[0]
    assert absence.READ_ONLY in said[0]
    assert catalog().texts[absence.READ_ONLY] in said[0]
    assert said[1] == f"the store answers again after {now:.0f} s"


def test_what_waits_for_a_store_asks_on_and_says_it_once(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The watch, as its process runs it: the server lets nobody in, and then does."""
    from monitor.watch.loop import run

    open_store(server.url).dispose()
    server.ask(f"ALTER ROLE {server.role} CONNECTION LIMIT 0")
    stop = threading.Event()
    with caplog.at_level(logging.INFO):
        watching = threading.Thread(target=run, args=(server.url, stop), kwargs={"every_s": 0.01})
        watching.start()
        assert _until(lambda: "too many connections" in caplog.text)
        server.ask(f"ALTER ROLE {server.role} CONNECTION LIMIT -1")
        assert _until(lambda: "the store answers again" in caplog.text)
        stop.set()
        watching.join()
    assert caplog.text.count("the store is away") == 1


def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + CEILING_S
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ---- whose the files are -----------------------------------------------------------------


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_the_store_s_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        engine: Engine = open_store(f"sqlite:///{tmp_path / 'region.db'}")
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE one (a)")
            assert modes(tmp_path) == {
                "region.db": 0o600,
                "region.db-wal": 0o600,
                "region.db-shm": 0o600,
            }
        engine.dispose()
    finally:
        os.umask(before)


def test_a_store_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'region.db'}"
    open_store(url).dispose()
    (tmp_path / "region.db").chmod(0o644)
    open_store(url).dispose()
    assert modes(tmp_path)["region.db"] == 0o600
