"""Commands that wait for their booth: published again, under the same id, until it answers.

A booth runs a command once however often it comes, so repeating is how nothing is lost over QoS 0.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, select

from monitor.host.outcomes import Now
from monitor.store.database import writing
from monitor.store.schema import command

LOOK_MS = 1_000
AGAIN_MS = 10_000
"""Between two publications of one command to a booth that is there."""


class Orders:
    """``publish(station, wire)`` is called for a command whose turn it is."""

    def __init__(self, engine: Engine, publish: Callable[[str, bytes], bool]) -> None:
        self._engine = engine
        self._publish = publish
        self._look_at = 0
        self._next: dict[str, int] = {}

    def born(self) -> None:
        """A booth came: what waits for it need not wait longer."""
        self._look_at = 0
        self._next.clear()

    def tick(self, now: Now) -> None:
        """Raises what the database raises."""
        if now.mono < self._look_at:
            return
        self._look_at = now.mono + LOOK_MS
        c = command.c
        with self._engine.connect() as connection:
            waiting = connection.execute(
                select(c.id, c.station, c.wire, c.sent_at).where(
                    c.answered_at.is_(None), c.expires_at > now.wall
                )
            ).all()
        self._next = {one.id: self._next.get(one.id, 0) for one in waiting}
        sent = []
        for one in waiting:
            if self._next[one.id] <= now.mono and self._publish(one.station, bytes(one.wire)):
                self._next[one.id] = now.mono + AGAIN_MS
                if one.sent_at is None:
                    sent.append(one.id)
        if sent:
            with writing(self._engine) as connection:
                connection.execute(
                    command.update()
                    .where(c.id.in_(sent), c.sent_at.is_(None))
                    .values(sent_at=now.wall)
                )
