"""The store's engine: SQLite in a file for a region on one machine, PostgreSQL for larger ones.

SQLite: WAL, so that pages read while an ingest worker writes; synchronous FULL, because what is
acknowledged to a booth must survive a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from ground.error import TramError
from ground.text import N_
from monitor.store.schema import tables

BUSY_MS = 30_000
"""How long a SQLite writer waits for another one: a worker, the alarms, a page's button."""
_WRITES = "tram_writes"
ADDRESS = N_(
    "This is not the address of a database. Write it as sqlite:///path or "
    "postgresql://user@server/name."
)
_ONE_MAKER = 0x7472616D
"""Lock of whoever makes the tables, so that workers that start together do not meet."""


class BadStoreUrl(TramError):
    """Neither ``sqlite:///…`` nor ``postgresql://…``."""

    about = "db"

    def __init__(self, log_text: str = "sqlite:///path or postgresql://user@server/name") -> None:
        super().__init__(log_text, ADDRESS)


def open_store(url: str, *, create: bool = True) -> Engine:
    """The engine for ``sqlite:///path`` or ``postgresql://…``; tables are made where missing.

    A new file of SQLite is its owner's alone, and so is one that was not: it holds accounts.
    Raises ``BadStoreUrl``, and ``sqlalchemy.exc.DBAPIError`` while the server is away.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadStoreUrl("not the address of a database") from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c synchronous_commit=on"},
        )
        event.listen(engine, "handle_error", _leave_standby)
    elif parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database:
        if create:
            _keep_private(parsed.database)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        raise BadStoreUrl
    if create:
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_ONE_MAKER)))
            tables.create_all(connection)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads and then writes what it read, committed at the end.

    On SQLite it takes the write lock at once: a transaction that first reads and then finds
    another writer before it can only fail.
    """
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


def is_away(error: DBAPIError) -> bool:
    """Whether the store as a whole does not take anything, so that trying again later may help: no
    server, a lock, a full disk, a standby that only reads, a right or a table that is missing.

    Only a value that the database refuses is not: that is the fault of whoever sent it.
    """
    return error.connection_invalidated or not isinstance(error, DataError | IntegrityError)


def _leave_standby(context: ExceptionContext) -> None:
    """A server that has become a standby (25006) stays one for this connection's life: the next
    one may find the new primary.

    https://www.postgresql.org/docs/current/warm-standby-failover.html
    """
    if getattr(context.original_exception, "sqlstate", None) == "25006":
        context.is_disconnect = True


def _keep_private(database: str) -> None:
    """SQLite gives its WAL and index the rights of the file, so it is made here before them.

    What goes wrong is left to SQLite, which says it when it opens the file.
    """
    if database == ":memory:" or database.startswith("file:"):
        return
    path = Path(database)
    with suppress(OSError):
        path.touch(0o600)
        if path.stat().st_mode & 0o077:
            for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
                with suppress(FileNotFoundError):
                    os.chmod(file, 0o600)


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, below
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")
