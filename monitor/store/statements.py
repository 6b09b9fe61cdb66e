"""Statements made once per database, run with rows as plain tuples.

An ingest worker writes tens of thousands of rows a second; SQLAlchemy builds the statement for
either database, and the driver's executemany takes the tuples as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Update,
    bindparam,
    case,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.dml import Insert

from monitor.store.schema import command, day, fact, figure, hour, ledger, log, spell, station

DAY_COLUMNS = tuple(column.name for column in day.columns)
HOUR_SUMS = tuple(column.name for column in hour.columns if not column.primary_key)


class Prepared:
    """``run`` takes rows in the order of ``parameters``."""

    def __init__(self, statement: Insert | Update, dialect: Dialect, *parameters: str) -> None:
        compiled = statement.compile(dialect=dialect)
        assert tuple(compiled.positiontup or ()) == parameters, compiled.positiontup
        self._sql = str(compiled)

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            connection.exec_driver_sql(self._sql, list(rows))


class Statements:
    """Those that a batch is written with. ``dialect``: of the engine in use."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect
        self._insert: Any = sqlite.insert
        if dialect.name == "postgresql":
            self._dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
            self._insert = postgresql.insert
        self.born = self._upsert(
            station,
            (
                "station",
                "group",
                "name",
                "place",
                "online",
                "bd_seq",
                "born_at",
                "heard_at",
                "changed_at",
            ),
            keep_if_empty=("name", "place"),
        )
        self.died = self._update(station, ("online", "died_at", "changed_at"), ("station",))
        self.heard = self._update(station, ("heard_at", "changed_at"), ("station",))
        self.figure = self._upsert(
            figure, ("station", "device", "name", "number", "text", "at", "stale")
        )
        self.withered = self._update(figure, ("stale",), ("station", "device"))
        self.withered_all = self._update(figure, ("stale",), ("station",))
        self.spell = self._upsert(spell, ("station", "device", "since", "until", "up"))
        self.fact = self._upsert(
            fact,
            (
                "station",
                "epoch",
                "number",
                "first",
                "last",
                "kind",
                "at",
                "boot",
                "mono",
                "trusted",
                "dated",
                "received_at",
                "entry",
            ),
            first_stays=True,
        )
        self.dated = self._update(fact, ("dated",), ("station", "epoch", "number"))
        self.new_ledger = self._upsert(
            ledger,
            ("station", "epoch", "through", "chain", "rows", "total", "newest", "since", "quarrel"),
            first_stays=True,
        )
        self.ledger = self._update(
            ledger,
            ("through", "chain", "rows", "total", "newest", "quarrel"),
            ("station", "epoch"),
        )
        self.hour = self._upsert(hour, ("station", "at", *HOUR_SUMS), add=HOUR_SUMS)
        self.day = self._upsert(day, DAY_COLUMNS, first_stays=True)
        self.log = self._insert_only(log, ("station", "at", "body"))
        self.answered = self._update(
            command,
            ("answered_at", "outcome"),
            ("id", "station"),
            command.c.answered_at.is_(None),
        )

    def _upsert(
        self,
        table: Table,
        columns: tuple[str, ...],
        *,
        first_stays: bool = False,
        add: tuple[str, ...] = (),
        keep_if_empty: tuple[str, ...] = (),
    ) -> Prepared:
        statement = self._insert(table).values({name: bindparam(name) for name in columns})
        keys = [column.name for column in table.primary_key]
        if first_stays:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        else:
            new: dict[str, ColumnElement[Any]] = {}
            for name in columns:
                there, here = table.c[name], statement.excluded[name]
                if name in add:
                    new[name] = there + here
                elif name in keep_if_empty:
                    new[name] = case((here == literal_column("''"), there), else_=here)
                elif name not in keys:
                    new[name] = here
            statement = statement.on_conflict_do_update(index_elements=keys, set_=new)
        return Prepared(statement, self._dialect, *columns)

    def _insert_only(self, table: Table, columns: tuple[str, ...]) -> Prepared:
        statement = self._insert(table).values({name: bindparam(name) for name in columns})
        return Prepared(statement, self._dialect, *columns)

    def _update(
        self,
        table: Table,
        columns: tuple[str, ...],
        keys: tuple[str, ...],
        *where: ColumnElement[bool],
    ) -> Prepared:
        statement = (
            table.update()
            .values({name: bindparam(name) for name in columns})
            .where(*(table.c[name] == bindparam(f"its_{name}") for name in keys), *where)
        )
        return Prepared(statement, self._dialect, *columns, *(f"its_{name}" for name in keys))
