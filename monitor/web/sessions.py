"""Who is signed in: a random token in a cookie or an Authorization header, its digest in the store.

A viewer's session lasts a month, since a wall screen has nobody who signs it in every morning and
can do nothing; others end after a shift. A session is over as soon as its account's password, role
or branch is another one, or the account is gone: every request looks it up, and pages that are
open are looked after together, once every ``LOOK_S``.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from edge.report.orders import Role
from ground.text import LANGUAGES, Language
from monitor import access
from monitor.access import Account
from monitor.store.database import writing
from monitor.store.schema import account, session
from monitor.web.live import Clock

log = logging.getLogger("tram.monitor.web")

COOKIE = "tram-region"
LANGUAGE_COOKIE = "tram-language"
SHIFT_MS = 12 * 3_600_000
VIEWER_MS = 30 * 24 * 3_600_000
LOOK_S = 0.5
OF_ACCOUNT_MAX = 1000
"""Sessions of one account: a program that signs in every minute must not fill the store."""
KNOWN_MAX = 5000
_PORTION = 500


class Seat:
    """An open page. ``account``: whose it is; None from the moment its session is over."""

    __slots__ = ("_over", "account", "key")

    def __init__(self, key: str, account: Account) -> None:
        self.key = key
        self.account: Account | None = account
        self._over = asyncio.Event()

    def end(self) -> None:
        self.account = None
        self._over.set()

    async def ended(self, timeout_s: float) -> bool:
        """Wait so long, or until the session is over."""
        try:
            await asyncio.wait_for(self._over.wait(), timeout_s)
        except TimeoutError:
            return False
        return True


class Sessions:
    """``over`` is called when sessions of open pages have ended."""

    def __init__(
        self, engine: Engine, clock: Clock, over: Callable[[], None] = lambda: None
    ) -> None:
        self._engine, self._clock, self._over = engine, clock, over
        self._seats: set[Seat] = set()
        self._known: dict[str, Account] = {}
        """For as long as the store is away: nobody is signed out by that."""

    def open(self, whose: Account) -> tuple[str, int]:
        """A new session: its token, and how many seconds it lasts."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        lasts = VIEWER_MS if whose.role is Role.VIEWER else SHIFT_MS
        with writing(self._engine) as connection:
            found = access.account_of(connection, whose.name)
            mine = select(session.c.key).where(session.c.account == whose.name)
            newest = mine.order_by(session.c.opened_at.desc(), session.c.key)
            old = list(connection.scalars(newest.offset(OF_ACCOUNT_MAX - 1)))
            gone = (session.c.ends_at <= now) | session.c.key.in_(old[:_PORTION])
            connection.execute(delete(session).where(gone))
            connection.execute(
                insert(session).values(
                    key=_key(token),
                    account=whose.name,
                    mark="" if found is None else found[1],
                    opened_at=now,
                    ends_at=now + lasts,
                )
            )
        return token, lasts // 1000

    def close(self, token: str) -> Account | None:
        """Sign out. Returns who it was."""
        found = self._look([_key(token)]).get(_key(token))
        with writing(self._engine) as connection:
            connection.execute(delete(session).where(session.c.key == _key(token)))
        self._known.pop(_key(token), None)
        return found

    async def who(self, token: str | None) -> Account | None:
        """``account``, without holding the loop."""
        return await asyncio.to_thread(self.account, token) if token else None

    def account(self, token: str | None) -> Account | None:
        """Who this is, while the session lasts. Asks the store, so: not on the loop.

        While the store is away nobody is signed out: who is known stays who they are.
        """
        if not token:
            return None
        key = _key(token)
        try:
            found = self._look([key]).get(key)
        except SQLAlchemyError:
            return self._known.get(key)
        if found is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= KNOWN_MAX:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = found
        return found

    @contextmanager
    def seat(self, token: str | None, whose: Account) -> Iterator[Seat]:
        """An open page's place among those that ``run`` looks after."""
        seat = Seat(_key(token or ""), whose)
        self._seats.add(seat)
        try:
            yield seat
        finally:
            self._seats.discard(seat)

    async def run(self) -> None:
        """Look after open pages until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            keys = {seat.key for seat in self._seats}
            if not keys:
                continue
            try:
                found = await asyncio.to_thread(self._look, keys)
            except (SQLAlchemyError, OSError):
                continue  # away: ``Live`` says so
            except Exception as error:  # one bad row must not keep a dismissed one's page open
                log.exception("sessions: %s", type(error).__name__)
                continue
            ended = [s for s in self._seats if s.key in keys and found.get(s.key) != s.account]
            for seat in ended:
                seat.end()
            if ended:
                self._over()

    def _look(self, keys: Iterable[str]) -> dict[str, Account]:
        """Whose sessions ``keys`` are, of those that last."""
        now, wanted, found = self._clock(), sorted(keys), {}
        query = select(session.c.key, session.c.mark, account).join(
            account, account.c.name == session.c.account
        )
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _PORTION):
                mine = session.c.key.in_(wanted[start : start + _PORTION])
                for row in connection.execute(query.where(mine, session.c.ends_at > now)):
                    if access.mark_of(row) == row.mark:
                        found[row.key] = Account(row.name, Role(row.role), row.branch)
        return found


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(request: HTTPConnection) -> str | None:
    """From ``Authorization: Bearer`` (programs), or the cookie (browsers)."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given:
        return given
    return request.cookies.get(COOKIE)


def language_of(request: HTTPConnection, default: Language = "vi") -> Language:
    """As asked for in the address, else as chosen before."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if wanted == language:
                return language
    return default
