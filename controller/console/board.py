"""The public board: which number goes where, readable from eight metres, in both languages.

Numbers and places only; nobody signs in. Letters at eight metres want about 30 mm: a tenth of the
height of a 32-inch screen, so sizes are fractions of the screen.
"""

from __future__ import annotations

from starlette.requests import Request

from controller.console import panels
from controller.console.frame import Console, Frame
from controller.console.parts import Tag
from controller.console.region import hours
from controller.views import BoardEntry, BoardView
from ground.day import short
from ground.text import LANGUAGES, N_, text

GO_TO = {
    "desk": N_("Desk {number}"),
    "review": N_("Check your data, desk {number}"),
    "papers": N_("Take your papers"),
}
ROWS = 6
WELCOME = N_("Welcome. Please take a number.")
PAUSED = N_("No new numbers for the moment. If you have a number, you will be served.")


def board_page(console: Console, request: Request) -> None:
    page: Frame[BoardView] = Frame(console, request, lambda _: console.service.board())
    with Tag("main", classes="page board"):
        page.region(lambda v: (v.name, v.in_service, v.intake_open), lambda shown: _head(*shown))
        page.region(lambda v: (v.entries, v.intake_open), lambda shown: _entries(*shown), "fill")
        page.region(
            lambda v: (v.waiting, v.next_numbers, _minutes(v), v.hours),
            lambda shown: _foot(*shown),
        )


def _both(message: str, **params: object) -> str:
    return " · ".join(dict.fromkeys(text(language, message, **params) for language in LANGUAGES))


def _minutes(view: BoardView) -> int:
    """Rounded up to five: an estimate should not pretend to be more."""
    return -(-view.wait_s // 300) * 5


def _head(name: str, in_service: bool, intake_open: bool) -> None:
    with Tag("header"):
        Tag("h1", name)
        if not in_service:
            Tag("p", _both(N_("Closed for the moment. Please wait.")), "closed")
        elif not intake_open:
            Tag("p", _both(N_("No new numbers for the moment")), "closed")


def _entries(entries: tuple[BoardEntry, ...], intake_open: bool) -> None:
    if not entries:
        with Tag("div", classes="centre"):
            for language in LANGUAGES:
                said = text(language, WELCOME if intake_open else PAUSED)
                Tag("p", said, f"welcome {language}").props["lang"] = language
        return
    newest_first = sorted(entries, key=lambda e: not e.fresh)
    with Tag("div", classes="calls"):
        for entry in newest_first[:ROWS]:
            with Tag("div", classes="call fresh" if entry.fresh else "call"):
                with Tag("b", str(entry.ticket)):
                    if entry.day is not None:
                        Tag("small", short(entry.day))
                Tag("i", "→")
                with Tag("span"):
                    for language in LANGUAGES:
                        said = text(language, _go_to(entry), number=entry.desk)
                        Tag("em", said, language).props["lang"] = language


def _go_to(entry: BoardEntry) -> str:
    panel = panels.at(entry.place)
    return panel.go_to if panel else GO_TO.get(entry.place, GO_TO["desk"])


def _foot(
    waiting: int, next_numbers: tuple[int, ...], minutes: int, open: tuple[int, int] | None
) -> None:
    with Tag("footer"):
        if next_numbers:
            with Tag("div"):
                Tag("small", _both(N_("Next")))
                Tag("b", " ".join(str(number) for number in next_numbers[:5]), "numbers")
        with Tag("div"):
            Tag("small", _both(N_("Waiting")))
            Tag("b", str(waiting))
        with Tag("div"):
            Tag("small", _both(N_("Wait, about")))
            Tag("b", _both(N_("{minutes} min"), minutes=minutes))
        if open is not None:
            with Tag("div"):
                Tag("small", _both(N_("Open")))
                Tag("b", hours(*open))
