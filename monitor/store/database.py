"""The store's engine: SQLite in a file for a region on one machine, PostgreSQL for larger ones.

SQLite: WAL, so that pages read while an ingest worker writes; synchronous FULL, because what is
acknowledged to a booth must survive a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from monitor.store.schema import tables

BUSY_MS = 30_000
"""How long a SQLite writer waits for another one: a worker, the alarms, a page's button."""
_WRITES = "tram_writes"
_ONE_MAKER = 0x7472616D
"""Lock of whoever makes the tables, so that workers that start together do not meet."""


class BadStoreUrl(Exception):
    """Neither ``sqlite:///…`` nor ``postgresql://…``."""


def open_store(url: str, *, create: bool = True) -> Engine:
    """The engine for ``sqlite:///path`` or ``postgresql://…``; tables are made where missing.

    Raises ``BadStoreUrl``, and ``sqlalchemy.exc.OperationalError`` while the server is away.
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
    elif parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database:
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        raise BadStoreUrl("sqlite:///path or postgresql://user@server/name")
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
    """Whether trying again later may help: no server, a lock, a full disk."""
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, below
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")
