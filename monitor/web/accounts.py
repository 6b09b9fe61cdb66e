"""Accounts: who may see and do what. Administrators manage those of their own branch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy import Connection, Engine, func, select
from starlette.requests import Request
from starlette.responses import Response

from edge.report.orders import Role
from ground.text import N_
from ground.text.words import ROLES
from monitor import access
from monitor.access import AccessError, Account
from monitor.store.reading import within
from monitor.store.schema import session
from monitor.web import shell
from monitor.web.cards import name_of
from monitor.web.form import Form, done, form_of, visit_of
from monitor.web.house import House
from monitor.web.markup import Markup
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Field, Visit

BACK = "/accounts"
INDENT = "\u2003"
NOT_YOURS = N_("There is no such account in your branch of the region.")


@dataclass(frozen=True)
class Accounts:
    """``sessions``: how many of each account last."""

    all: Sequence[Account]
    sessions: dict[str, int]


def read(engine: Engine, branch: str, now: int) -> Accounts:
    with engine.connect() as connection:
        mine = [one for one in access.accounts(connection) if within(branch, one.branch)]
        return Accounts(mine, _sessions(connection, now))


def _sessions(connection: Connection, now: int) -> dict[str, int]:
    query = select(session.c.account, func.count()).where(session.c.ends_at > now)
    return {name: int(count) for name, count in connection.execute(query.group_by("account"))}


def page(house: House, visit: Visit, path: str) -> Page[Accounts]:
    if path or visit.account.role is not Role.ADMINISTRATOR:
        raise LookupError(path)
    return Page(
        lambda _: visit.reader.say("Accounts"),
        lambda: read(house.engine, visit.account.branch, house.clock()),
        {"accounts": functools.partial(drawn, house, visit)},
        about=frozenset(),
        every_s=5.0,
    )


def drawn(house: House, visit: Visit, model: Accounts) -> Markup:
    reader = visit.reader
    rows = [
        {
            "name": one.name,
            "role": reader.say(ROLES[one.role]),
            "branch": name_of(house.live, one.branch) if one.branch else reader.say("all places"),
            "sessions": reader.count(model.sessions.get(one.name, 0)),
            "own": one.name == visit.account.name,
        }
        for one in model.all
    ]
    return shell.fragment("accounts.html", reader, rows=rows)


def mount(app: FastAPI, house: House) -> None:
    """Add the questions about accounts, and what they do, to ``app``."""

    @app.get("/accounts/new", include_in_schema=False)
    def ask_new(request: Request) -> Response:
        visit = visit_of(request)
        return _turned_away(visit) or _new(house, visit, {})

    @app.post("/accounts/new", include_in_schema=False)
    async def new(request: Request) -> Response:
        visit, form = visit_of(request), await form_of(request)
        if (away := _turned_away(visit)) is not None:
            return away

        def add() -> None:
            role, branch = _asked(visit.account, form)
            access.add_account(
                house.engine,
                form.get("name", "").strip(),
                form.get("password", ""),
                role,
                branch,
                by=visit.account.name,
                now=house.clock(),
            )

        return await done(visit, BACK, lambda said: _new(house, visit, form, said), add)

    @app.get("/accounts/{name}/{what}", include_in_schema=False)
    def ask(request: Request, name: str, what: str) -> Response:
        visit = visit_of(request)
        return _turned_away(visit, what) or _question(house, visit, name, what, {})

    @app.post("/accounts/{name}/{what}", include_in_schema=False)
    async def change(request: Request, name: str, what: str) -> Response:
        visit, form = visit_of(request), await form_of(request)
        if (away := _turned_away(visit, what)) is not None:
            return away

        def do() -> None:
            _of_branch(house.engine, visit.account, name)
            DOES[what](house, visit.account, name, form)

        def again(said: str) -> Response:
            return _question(house, visit, name, what, form, said)

        return await done(visit, BACK, again, do)


def _turned_away(visit: Visit, what: str | None = None) -> Response | None:
    if visit.account.role is not Role.ADMINISTRATOR or (what is not None and what not in DOES):
        return shell.answer(shell.not_here(visit.reader), 404)
    return None


def _of_branch(engine: Engine, account: Account, name: str) -> Account:
    """Raises AccessError when there is no such account in the administrator's branch."""
    with engine.connect() as connection:
        found = access.account_of(connection, name)
    if found is None or not within(account.branch, found[0].branch):
        raise AccessError(NOT_YOURS)
    return found[0]


def _asked(account: Account, form: Form) -> tuple[Role, str]:
    """Role and branch of a form: nobody gives more than they have."""
    branch = form.get("branch", "").strip("/")
    try:
        role = Role(form.get("role", ""))
    except ValueError:
        raise AccessError(N_("Choose a role.")) from None
    if not within(account.branch, branch):
        raise AccessError(N_("That branch is outside your own. Choose one that is in it."))
    return role, branch


def _password(house: House, account: Account, name: str, form: Form) -> None:
    password = form.get("password", "")
    access.set_password(house.engine, name, password, by=account.name, now=house.clock())


def _change(house: House, account: Account, name: str, form: Form) -> None:
    _not_own(account, name)
    role, branch = _asked(account, form)
    access.change_account(house.engine, name, role, branch, by=account.name, now=house.clock())


def _remove(house: House, account: Account, name: str, _: Form) -> None:
    _not_own(account, name)
    access.remove_account(house.engine, name, by=account.name, now=house.clock())


def _not_own(account: Account, name: str) -> None:
    if name == account.name:
        raise AccessError(
            N_("You cannot change or remove your own account: ask another administrator.")
        )


DOES: dict[str, Callable[[House, Account, str, Form], None]] = {
    "password": _password,
    "change": _change,
    "remove": _remove,
}


def _new(house: House, visit: Visit, form: Form, refused: str = "") -> Response:
    say = visit.reader.say
    fields = [
        Field("name", say("Name"), form.get("name", ""), required=True, maximum=40, complete="off"),
        _new_password(visit.reader),
        *_rights(
            house, visit, form.get("role", Role.VIEWER), form.get("branch", visit.account.branch)
        ),
    ]
    question = say(
        "A viewer sees, an operator acknowledges and gives simple commands, an "
        "administrator does everything within the branch."
    )
    made = shell.ask(
        visit,
        say("New account"),
        say("Add"),
        question=question,
        action="/accounts/new",
        back=BACK,
        fields=fields,
        refused=refused,
    )
    return shell.answer(made, 422 if refused else 200)


def _new_password(reader: Reader) -> Field:
    return Field(
        "password",
        reader.say("Password, {n} characters or more", n=access.PASSWORD_MIN),
        "",
        "password",
        True,
        complete="new-password",
    )


def _rights(house: House, visit: Visit, role: str, branch: str) -> list[Field]:
    """What an administrator may give: every role, and their branch or a part of it."""
    say, live = visit.reader.say, house.live
    places = [
        (path, INDENT * path.count("/") + live.places[path].name)
        for path in sorted(live.places)
        if visit.account.sees(path)
    ]
    if not visit.account.branch:
        places.insert(0, ("", say("all places")))
    roles = [(one.value, say(ROLES[one])) for one in Role]
    return [
        Field("role", say("Role"), role, choices=roles),
        Field("branch", say("Branch"), branch, choices=places),
    ]


def _question(
    house: House, visit: Visit, name: str, what: str, form: Form, refused: str = ""
) -> Response:
    say = visit.reader.say
    try:
        found = _of_branch(house.engine, visit.account, name)
    except AccessError:
        return shell.answer(shell.not_here(visit.reader), 404)
    fields: list[Field] = []
    if what == "password":
        heading, question = say("New password of {name}", name=name), ""
        fields = [_new_password(visit.reader)]
    elif what == "change":
        heading, question = say("Role and branch of {name}", name=name), ""
        role, branch = form.get("role", found.role), form.get("branch", found.branch)
        fields = _rights(house, visit, role, branch)
    else:
        heading = say("Remove {name}", name=name)
        question = say("The account is gone at once, and its open pages end.")
    made = shell.ask(
        visit,
        heading,
        heading,
        question=question,
        action=f"/accounts/{name}/{what}",
        back=BACK,
        fields=fields,
        danger=what == "remove",
        refused=refused,
    )
    return shell.answer(made, 422 if refused else 200)
