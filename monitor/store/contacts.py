"""Whom to call about a booth: its own people, else those of the nearest place above it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from monitor.store.schema import contact

WHO = ("booth", "technician")


@dataclass(frozen=True)
class Contact:
    """``of``: the booth or the place whose contact it is; ``who``: one of ``WHO``."""

    of: str
    who: str
    name: str
    phone: str


def of_booth(connection: Connection, code: str, place: str) -> dict[str, Contact]:
    """By who: the booth's own, else the nearest place's."""
    parts = place.split("/") if place else []
    above = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    near = {of: rank for rank, of in enumerate([code, *above])}
    rows = connection.execute(select(contact).where(contact.c.of.in_(list(near))))
    found: dict[str, Contact] = {}
    for one in sorted((Contact(*row) for row in rows), key=lambda one: near[one.of]):
        found.setdefault(one.who, one)
    return found


def put(connection: Connection, new: Contact) -> None:
    """Write a contact; one without name and phone is taken out."""
    mine = (contact.c.of == new.of, contact.c.who == new.who)
    connection.execute(delete(contact).where(*mine))
    if new.name or new.phone:
        row = {"of": new.of, "who": new.who, "name": new.name[:120], "phone": new.phone[:40]}
        connection.execute(insert(contact).values(**row))
