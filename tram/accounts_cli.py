"""``tram monitor account``: who may sign in to the region's pages, and for which branch."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.report.orders import Role
from ground.text import N_
from ground.text.words import ROLES
from tram.plain import parts_of, plain_errors, said, say

if TYPE_CHECKING:
    from sqlalchemy import Engine

EVERYWHERE = N_("all of the region")
account = typer.Typer(help="Accounts of the region's pages.", no_args_is_help=True)

CONFIG = Path("/etc/tram/monitor.toml")
Db = Annotated[
    str | None,
    typer.Option(
        envvar="TRAM_DB",
        help=f"sqlite:///path or postgresql://user@server/name; left out: as {CONFIG} has it",
    ),
]
Name = Annotated[str, typer.Argument(help="Small letters, digits, dots and dashes.")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True,
        confirmation_prompt=True,
        hide_input=True,
        envvar="TRAM_PASSWORD",
        help="At least 10 characters; asked for when not given.",
    ),
]


@contextmanager
def _store(db: str | None) -> Iterator[Engine]:
    """The store at ``db``, or the region's own; what is wrong is told in plain words."""
    with plain_errors(), parts_of("monitor", "sqlalchemy"):
        from sqlalchemy.exc import DBAPIError

        from ground.config import load_document
        from monitor.config import DEFAULT_DB
        from monitor.store.absence import StoreRefuses, reason
        from monitor.store.database import is_away, open_store

        try:
            engine = open_store(db or load_document(CONFIG).get("db") or DEFAULT_DB)
            try:
                yield engine
            finally:
                engine.dispose()
        except DBAPIError as error:
            if not is_away(error):
                raise
            raise StoreRefuses(reason(error)) from None


@account.command("add")
def add(
    name: Name,
    password: Password,
    db: Db = None,
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.VIEWER,
    branch: Annotated[
        str, typer.Option(help="Path of the region tree, as vn/thanh-hoa; left out: all of it.")
    ] = "",
) -> None:
    """Let one more person, or a wall screen, sign in."""
    with _store(db) as engine:
        from monitor import access
        from monitor.web.live import wall_clock

        by, now = getpass.getuser(), wall_clock()
        made = access.add_account(engine, name, password, role, branch, by=by, now=now)
        say(
            "{name} can sign in: {role}, {branch}",
            name=made.name,
            role=said(ROLES[made.role.value]),
            branch=made.branch or said(EVERYWHERE),
        )


@account.command("password")
def password(name: Name, password: Password, db: Db = None) -> None:
    """Give an account another password; its open sessions end."""
    with _store(db) as engine:
        from monitor import access
        from monitor.web.live import wall_clock

        access.set_password(engine, name, password, by=getpass.getuser(), now=wall_clock())
        say("{name} has another password", name=name)


@account.command("remove")
def remove(name: Name, db: Db = None) -> None:
    """Let an account in no more; its open sessions end."""
    with _store(db) as engine:
        from monitor import access
        from monitor.web.live import wall_clock

        access.remove_account(engine, name, by=getpass.getuser(), now=wall_clock())
        say("{name} is removed", name=name)


@account.command("list")
def list_(db: Db = None) -> None:
    """Who may sign in."""
    with _store(db) as engine:
        from monitor import access

        with engine.connect() as connection:
            for one in access.accounts(connection):
                typer.echo(f"{one.name}\t{one.role}\t{one.branch or '/'}")
