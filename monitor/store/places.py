"""The region tree in the store: replaced as a whole by the file that the region edits."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, delete, insert

from ground.day import number_of
from monitor.store.database import writing
from monitor.store.schema import place
from monitor.tree import Place


def put_tree(engine: Engine, places: Iterable[Place]) -> int:
    """Make ``places`` the whole tree, in one transaction; how many there are."""
    rows = [
        {
            "path": one.path,
            "name": one.name,
            "population": one.population,
            "due": one.due and number_of(one.due),
            "started": one.started and number_of(one.started),
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
