"""What frames every page: templates, the bar on top, and pages that need nothing but themselves.

Documents are Jinja2 templates with autoescape: every value is escaped unless it is markup already
(https://jinja.palletsprojects.com/en/stable/templates/#html-escaping).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from edge.report.orders import Role
from ground.text import N_, P_
from ground.text.words import ROLES
from monitor.access import Account
from monitor.web.reader import Reader

NO_STORE = {"Cache-Control": "no-store"}
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals["P_"] = P_


@dataclass(frozen=True)
class Visit:
    """Who looks, in which language, and where they are: path, and what the address asks for."""

    account: Account
    reader: Reader
    path: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Path with query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def room(self) -> str:
        """The first part of the path, with its slash."""
        return "/" + self.path.strip("/").partition("/")[0]


ROOMS = (
    ("/", N_("Wall")),
    ("/tree", N_("Region")),
    ("/progress", N_("Progress")),
    ("/compare", N_("Comparison")),
    ("/report", N_("Report")),
    ("/alarms", N_("Alarms")),
    ("/ledger", N_("Ledger")),
    ("/history", N_("History")),
)
OF_ADMINISTRATORS = (("/accounts", N_("Accounts")),)


def render(template: str, reader: Reader, title: str, **context: object) -> str:
    return TEMPLATES.get_template(template).render(
        reader=reader, say=reader.say, title=title, **context
    )


def framed(template: str, visit: Visit, title: str, **context: object) -> str:
    """A page of somebody who is signed in: with the bar on top."""
    reader = visit.reader
    return render(
        template,
        reader,
        f"{title} · Trạm",
        visit=visit,
        rooms=[(path, reader.say(name)) for path, name in _rooms(visit.account)],
        room=visit.room,
        role=reader.say(ROLES[visit.account.role]),
        other=other_language(reader, visit.path, visit.query),
        **context,
    )


def _rooms(account: Account) -> Sequence[tuple[str, str]]:
    return (*ROOMS, *OF_ADMINISTRATORS) if account.role is Role.ADMINISTRATOR else ROOMS


def other_language(reader: Reader, path: str, query: Mapping[str, str]) -> dict[str, str]:
    """The same page in the other language."""
    language, name = ("en", "English") if reader.language == "vi" else ("vi", "Tiếng Việt")
    href = f"{path}?{urlencode({**query, 'lang': language})}"
    return {"href": href, "language": language, "name": name}


def fragment(template: str, reader: Reader, **context: object) -> Markup:
    """A part of a page from its template: markup already."""
    made = TEMPLATES.get_template(template).render(reader=reader, say=reader.say, **context)
    return Markup(made)


def answer(page: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status, NO_STORE)


def alone(
    reader: Reader,
    title: str,
    heading: str,
    *lines: str,
    links: Sequence[tuple[str, str]] = (),
    again_s: int = 0,
) -> str:
    """A page of a few words. ``again_s``: asks for itself again after so long."""
    return render(
        "alone.html", reader, title, heading=heading, lines=lines, links=links, again_s=again_s
    )


def away(reader: Reader) -> str:
    """Shown while the database does not answer; comes back by itself."""
    return alone(
        reader,
        reader.say("One moment"),
        reader.say("The region's database does not answer."),
        reader.say(
            "Booths go on working and keep what they did. This page tries again every few "
            "seconds; if the problem persists, call whoever runs the region's server."
        ),
        again_s=3,
    )


def not_here(reader: Reader) -> str:
    """Nothing there, or nothing that this account may see: the answer is the same."""
    return alone(
        reader,
        reader.say("Nothing here"),
        reader.say("This page is not available to you."),
        reader.say("It does not exist, or it is outside your branch of the region."),
        links=[("/", reader.say("To the wall"))],
    )


def refused(reader: Reader, said: str, back: str) -> str:
    """What was asked is not done, and why."""
    return alone(
        reader, reader.say("Not done"), said, links=[(back, reader.say("Back to the page"))]
    )


def sign_in(reader: Reader, path: str, message: str = "", name: str = "") -> str:
    """The sign-in page; ``path`` is where to go then."""
    return render(
        "signin.html",
        reader,
        reader.say("Sign in"),
        path=path,
        message=message,
        name=name,
        other=other_language(reader, "/signin", {}),
    )


@dataclass(frozen=True)
class Field:
    """A line to fill in. ``choices``: (value, text), then it is a list to choose from."""

    name: str
    label: str
    value: str = ""
    type: str = "text"
    required: bool = False
    maximum: int = 0
    complete: str = ""
    choices: Sequence[tuple[str, str]] = ()


def ask(
    visit: Visit,
    heading: str,
    yes: str,
    *,
    action: str,
    back: str,
    question: str = "",
    fields: Sequence[Field] = (),
    danger: bool = False,
    refused: str = "",
) -> str:
    """A question as a page of its own: nothing is done before it is sent, and what is typed is
    not lost to a live page that draws itself anew. ``refused``: why the last try was not taken."""
    return framed(
        "ask.html",
        visit,
        heading,
        heading=heading,
        question=question,
        fields=fields,
        yes=yes,
        action=action,
        back=back,
        danger=danger,
        refused=refused,
    )
