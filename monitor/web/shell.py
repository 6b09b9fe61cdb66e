"""What frames every page: the head, the bar on top, and pages that need nothing but themselves."""

from __future__ import annotations

from dataclasses import dataclass

from ground.text import N_
from monitor.access import Account
from monitor.web.markup import Markup, join, tag
from monitor.web.reader import Reader

STATIC = "/static"
HEAD = Markup(
    f'<link rel="stylesheet" href="{STATIC}/region.css">'
    f'<link rel="icon" href="{STATIC}/tram.svg">'
    f'<script defer src="{STATIC}/region.js"></script>'
)


@dataclass(frozen=True)
class Visit:
    """Who looks, in which language, and where they are (path with query)."""

    account: Account
    reader: Reader
    path: str


ROOMS = (
    ("/", N_("Wall")),
    ("/tree", N_("Region")),
    ("/progress", N_("Progress")),
    ("/alarms", N_("Alarms")),
    ("/ledger", N_("Ledger")),
    ("/history", N_("History")),
)


def bar(visit: Visit) -> Markup:
    """The bar on top: where to go, who is signed in, the other language."""
    reader = visit.reader
    first = "/" + visit.path.strip("/").partition("/")[0].partition("?")[0]
    links = join(
        *(
            tag("a", reader.say(name), href=path, aria_current="page" if path == first else None)
            for path, name in ROOMS
        )
    )
    leave = tag(
        "form",
        tag("button", reader.say("Sign out"), type="submit", class_="plain"),
        method="post",
        action="/signout",
    )
    return tag(
        "header",
        tag("a", tag("strong", "Trạm"), href="/", class_="brand"),
        tag("nav", links),
        tag("span", visit.account.name, class_="who", title=visit.account.role.value),
        switch(reader, visit.path),
        leave,
        class_="bar",
    )


def switch(reader: Reader, path: str) -> Markup:
    """A link to the same page in the other language."""
    other, name = ("en", "English") if reader.language == "vi" else ("vi", "Tiếng Việt")
    return tag("a", name, href=f"{path}{'&' if '?' in path else '?'}lang={other}", lang=other)


def document(reader: Reader, title: str, body: Markup, *, head: Markup = HEAD) -> str:
    """A whole page that is ready when it arrives."""
    return (
        f'<!doctype html><html lang="{reader.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{tag('title', title)}{head}</head><body>{body}</body></html>"
    )


def away(reader: Reader) -> str:
    """Shown while the database does not answer; comes back by itself."""
    body = tag(
        "main",
        tag("h1", reader.say("The region's database does not answer.")),
        tag(
            "p",
            reader.say(
                "Booths go on working and keep what they did. This page tries again every few "
                "seconds; if it stays so, call whoever runs the region's server."
            ),
        ),
        class_="alone",
    )
    head = join(HEAD, tag("meta", http_equiv="refresh", content="3"))
    return document(reader, reader.say("One moment"), body, head=head)


def not_here(reader: Reader) -> str:
    """Nothing there, or nothing that this account may see: the answer is the same."""
    body = tag(
        "main",
        tag("h1", reader.say("There is nothing here for you.")),
        tag("p", reader.say("It does not exist, or it is outside your branch of the region.")),
        tag("p", tag("a", reader.say("To the wall"), href="/")),
        class_="alone",
    )
    return document(reader, reader.say("Nothing here"), body)


def sign_in(reader: Reader, path: str, message: str = "", name: str = "") -> str:
    """The sign-in page; ``path`` is where to go then."""
    form = tag(
        "form",
        tag("h1", "Trạm"),
        tag("p", reader.say("The region's monitor"), class_="soft"),
        tag("p", message, class_="advice", role="alert") if message else None,
        tag("label", reader.say("Name"), tag("input", name="name", value=name, required=True,
            autocomplete="username", autocapitalize="none", autofocus=not name)),
        tag("label", reader.say("Password"), tag("input", name="password", type="password",
            required=True, autocomplete="current-password", autofocus=bool(name))),
        tag("input", type="hidden", name="next", value=path),
        tag("button", reader.say("Sign in"), type="submit", class_="main"),
        tag("p", switch(reader, "/signin"), class_="soft"),
        method="post",
        action="/signin",
        class_="signin",
    )  # fmt: skip
    return document(reader, reader.say("Sign in"), tag("main", form, class_="alone"))
