"""Who is signed in, in memory only: a random token in a cookie or an Authorization header.

A viewer's session lasts a month, since a wall screen has nobody who signs it in every morning and
can do nothing; others end after a shift. A session also ends when its account is changed or
removed, which is looked up at most every ``CHECK_S``.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from edge.report.orders import Role
from ground.text import LANGUAGES, Language
from monitor import access
from monitor.access import Account
from monitor.web.live import Clock

COOKIE = "tram-region"
LANGUAGE_COOKIE = "tram-language"
SHIFT_MS = 12 * 3_600_000
VIEWER_MS = 30 * 24 * 3_600_000
CHECK_S = 5.0
SESSIONS_MAX = 5000


@dataclass
class Session:
    account: Account
    mark: str
    ends_at: int
    checked: float


class Sessions:
    def __init__(self, engine: Engine, clock: Clock, check_s: float = CHECK_S) -> None:
        self._engine, self._clock, self._check_s = engine, clock, check_s
        self._open: dict[str, Session] = {}

    def open(self, account: Account) -> tuple[str, int]:
        """A new session: its token, and how many seconds it lasts."""
        with self._engine.connect() as connection:
            found = access.account_of(connection, account.name)
        now = self._clock()
        self._open = {t: s for t, s in self._open.items() if s.ends_at > now}
        while len(self._open) >= SESSIONS_MAX:
            self._open.pop(next(iter(self._open)))
        lasts = VIEWER_MS if account.role is Role.VIEWER else SHIFT_MS
        token = secrets.token_urlsafe(32)
        self._open[_key(token)] = Session(
            account, "" if found is None else found[1], now + lasts, time.monotonic()
        )
        return token, lasts // 1000

    def close(self, token: str) -> Account | None:
        """Sign out. Returns who it was."""
        session = self._open.pop(_key(token), None)
        return None if session is None else session.account

    async def who(self, token: str | None) -> Account | None:
        """``account``, without holding the loop."""
        return await asyncio.to_thread(self.account, token)

    def account(self, token: str | None) -> Account | None:
        """Who this is, while the session lasts. Asks the store now and then, so: not on the loop.

        While the store is away nobody is signed out: it is asked when it is back.
        """
        session = self._open.get(_key(token)) if token else None
        if token is None or session is None:
            return None
        if session.ends_at <= self._clock():
            self.close(token)
            return None
        if time.monotonic() - session.checked >= self._check_s:
            try:
                with self._engine.connect() as connection:
                    found = access.account_of(connection, session.account.name)
            except SQLAlchemyError:
                return session.account
            if found is None or found[1] != session.mark:
                self.close(token)
                return None
            session.checked = time.monotonic()
        return session.account


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
