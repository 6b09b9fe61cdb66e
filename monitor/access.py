"""Who may see and do what in the region: accounts, roles, branches, tries, and the audit.

An account sees and commands one branch of the region tree, never what is outside it. Passwords are
kept as scrypt digests (RFC 7914; parameters of OWASP's password storage cheat sheet). After
``TRIES`` wrong ones in a row an account is locked, for the source they came from alone, for a while
that doubles; the tries are counted in the audit itself, so that a restart forgives nothing. Tries
wait for one another in a bounded queue with a thread of its own.
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from edge.report.orders import MAY, Order, Role
from ground.error import TramError
from ground.serve.places import Places
from ground.text import N_, text
from monitor.store.database import writing
from monitor.store.reading import within
from monitor.store.schema import account, audit, place, session

N, R, P = 2**15, 8, 1
SALT_BYTES = 16
PASSWORD_MIN = 10
"""Characters. NIST SP 800-63B asks for length, not for kinds of characters."""
TRIES = 5
LOCK_MS, LOCK_MAX_MS = 60_000, 3_600_000
_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,39}\Z")

SIGNED_IN, REFUSED, LOCKED = "signed in", "sign-in refused", "sign-in while locked"
SIGNED_OUT = "signed out"
ADDED, CHANGED, REMOVED = "account added", "account changed", "account removed"
ACKNOWLEDGED, COMMANDED = "alarm acknowledged", "command"
CONTACT = "contact changed"


class AccessError(TramError):
    """What was asked is not allowed or not possible; the advice says what to do."""

    def __init__(self, advice: str, **params: object) -> None:
        super().__init__(text("en", advice, **params), advice, **params)


@dataclass(frozen=True)
class Account:
    """``branch``: path of the region tree, "" for all of it."""

    name: str
    role: Role
    branch: str

    def sees(self, path: str) -> bool:
        return within(self.branch, path)

    def may(self, order: type[Order]) -> bool:
        return self.role in MAY[order]

    @property
    def acknowledges(self) -> bool:
        return self.role in (Role.OPERATOR, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Refused:
    """``locked_s``: no try counts before this many seconds are over; 0: just wrong."""

    locked_s: int = 0


def digest(password: str, salt: bytes | None = None) -> bytes:
    """Salt and scrypt digest, as kept. About 60 ms and 32 MB."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key = hashlib.scrypt(password.encode(), salt=salt, n=N, r=R, p=P, maxmem=64 << 20)
    return salt + key


_NOBODY = digest(secrets.token_hex())
"""Compared with when there is no such account, so that a guess takes as long as a miss."""


_ONE_TRY = threading.Lock()
_places = Places(whole=32, of_one=8, kept=8)
"""An office behind one address may send eight; all of them are through in three seconds."""
_thread = ThreadPoolExecutor(1, "sign-in")


def record(
    connection: Connection, now: int, who: str, what: str, target: str, note: str = ""
) -> None:
    """One row of the audit, in the same transaction as the change it records."""
    connection.execute(
        insert(audit).values(at=now, who=who[:64], what=what, target=target[:200], note=note[:2000])
    )


def add_account(
    engine: Engine, name: str, password: str, role: Role, branch: str, *, by: str, now: int
) -> Account:
    """A new account. Raises AccessError when the name is taken or unfit, the password too short, or
    the tree has no such branch."""
    if not _NAME.match(name):
        raise AccessError(
            N_(
                "An account's name has 1 to 40 small letters, digits, dots or dashes. "
                "Choose another."
            )
        )
    _check_password(password)
    branch = branch.strip("/")
    with writing(engine) as connection:
        if connection.scalar(select(account.c.name).where(account.c.name == name)) is not None:
            raise AccessError(
                N_("There is an account {name} already. Choose another name."), name=name
            )
        _check_branch(connection, branch)
        connection.execute(
            insert(account).values(name=name, secret=digest(password), role=role, branch=branch)
        )
        record(connection, now, by, ADDED, name, f"{role} {branch or '/'}")
    return Account(name, role, branch)


def set_password(engine: Engine, name: str, password: str, *, by: str, now: int) -> None:
    """Raises AccessError when there is no such account or the password is too short."""
    _check_password(password)
    with writing(engine) as connection:
        query = update(account).where(account.c.name == name).values(secret=digest(password))
        if connection.execute(query).rowcount == 0:
            raise AccessError(N_("There is no account {name}. Check the name."), name=name)
        connection.execute(delete(session).where(session.c.account == name))
        record(connection, now, by, CHANGED, name, "password")


def change_account(
    engine: Engine, name: str, role: Role, branch: str, *, by: str, now: int
) -> None:
    """Another role or branch; its sessions end. Raises AccessError when there is no such account
    or branch."""
    branch = branch.strip("/")
    with writing(engine) as connection:
        _check_branch(connection, branch)
        query = update(account).where(account.c.name == name).values(role=role, branch=branch)
        if connection.execute(query).rowcount == 0:
            raise AccessError(N_("There is no account {name}. Check the name."), name=name)
        connection.execute(delete(session).where(session.c.account == name))
        record(connection, now, by, CHANGED, name, f"{role} {branch or '/'}")


def remove_account(engine: Engine, name: str, *, by: str, now: int) -> None:
    """Its sessions end with it. Raises AccessError when there is no such account."""
    with writing(engine) as connection:
        if connection.execute(delete(account).where(account.c.name == name)).rowcount == 0:
            raise AccessError(N_("There is no account {name}. Check the name."), name=name)
        connection.execute(delete(session).where(session.c.account == name))
        record(connection, now, by, REMOVED, name)


def accounts(connection: Connection) -> list[Account]:
    query = select(account.c.name, account.c.role, account.c.branch).order_by(account.c.name)
    return [Account(name, Role(role), branch) for name, role, branch in connection.execute(query)]


def account_of(connection: Connection, name: str) -> tuple[Account, str] | None:
    """The account with a mark that changes with its password, role or branch: a session that was
    opened under another mark is over."""
    row = connection.execute(select(account).where(account.c.name == name)).first()
    if row is None:
        return None
    return Account(row.name, Role(row.role), row.branch), mark_of(row)


def mark_of(row: Row[Any]) -> str:
    """Of a row with the columns of ``account``."""
    return hashlib.sha256(row.secret + f"{row.role} {row.branch}".encode()).hexdigest()


async def sign_in(
    engine: Engine, name: str, password: str, now: int, source: str
) -> Account | Refused:
    """``check``, after whoever came before. Raises Busy at once when the queue is full."""
    with _places.of(source):
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(_thread, check, engine, name, password, now, source)
    if isinstance(found, Account):
        _places.knows(source)
    return found


def check(
    engine: Engine, name: str, password: str, now: int, source: str = ""
) -> Account | Refused:
    """The account, if this is its password and it is not locked for ``source`` (what
    ``ground.serve.places.source_of`` says). Audited either way.

    One at a time: guesses sent together must not all pass before the first of them counts.
    """
    with _ONE_TRY:
        return _check(engine, name.strip().lower()[:64], password, now, source)


def _check(engine: Engine, name: str, password: str, now: int, source: str) -> Account | Refused:
    with writing(engine) as connection:
        locked_ms = _locked_ms(connection, name, source, now)
        if locked_ms > 0:
            return Refused(-(-locked_ms // 1000))
        row = connection.execute(select(account).where(account.c.name == name)).first()
    kept: bytes = _NOBODY if row is None else row.secret
    right = hmac.compare_digest(digest(password, kept[:SALT_BYTES]), kept)
    with writing(engine) as connection:
        if row is None or not right:
            record(connection, now, name, REFUSED, name, source)
            return Refused(-(-_locked_ms(connection, name, source, now) // 1000))
        record(connection, now, name, SIGNED_IN, name, source)
    return Account(row.name, Role(row.role), row.branch)


def _locked_ms(connection: Connection, name: str, source: str, now: int) -> int:
    """How long the account stays locked for ``source``: from its fifth wrong try on, doubling each
    time. A new password frees it everywhere."""
    of_name = (audit.c.target == name) & (audit.c.at > now - 24 * LOCK_MAX_MS)
    of_source = audit.c.note == source
    freed = (audit.c.what == CHANGED) | ((audit.c.what == SIGNED_IN) & of_source)
    good = connection.scalar(select(func.max(audit.c.id)).where(of_name, freed))
    wrong, last = connection.execute(
        select(func.count(), func.max(audit.c.at)).where(
            of_name, of_source, audit.c.what == REFUSED, audit.c.id > (good or 0)
        )
    ).one()
    if wrong < TRIES:
        return 0
    lock = min(LOCK_MAX_MS, LOCK_MS << min(wrong - TRIES, 10))
    until: int = int(last or 0) + lock
    return max(0, until - now)


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_MIN:
        raise AccessError(
            N_("A password needs {least} characters or more. Choose a longer one."),
            least=PASSWORD_MIN,
        )


def _check_branch(connection: Connection, branch: str) -> None:
    if branch and connection.scalar(select(place.c.path).where(place.c.path == branch)) is None:
        raise AccessError(
            N_("The region tree has no {branch}. Check the path, or import it first."),
            branch=branch,
        )
