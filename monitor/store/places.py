"""The region tree in the store: replaced as a whole by the file that the region edits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Engine, delete, insert

from monitor.store.database import writing
from monitor.store.schema import place
from monitor.watch.tree import Place


def put_tree(engine: Engine, places: Iterable[Place]) -> int:
    """Make ``places`` the whole tree, in one transaction; how many there are."""
    rows = [
        {
            "path": one.path,
            "name": one.name,
            "population": one.population,
            "due": _day(one.due),
            "started": _day(one.started),
            "sets": one.sets,
            "hours": one.hours,
        }
        for one in places
    ]
    with writing(engine) as connection:
        connection.execute(delete(place))
        if rows:
            connection.execute(insert(place), rows)
    return len(rows)


def _day(day: date | None) -> int | None:
    """yyyymmdd, as the table keeps days."""
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day
