"""What every page has: parts that follow the view, buttons with keys, advice, language, session.

A touch that meets a button while it is drawn anew is lost: the browser gives it to no element, or
the station to one that is gone. So whatever can be touched is drawn anew only when it is another
thing (``controller.console.parts``), and typed text, focus and a pressed button survive everything
that happens elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from controller.advice import UNEXPECTED, advice_of
from controller.commands import Command, Result
from controller.console.live import Pulse
from controller.console.parts import Following, Part, Region, Rows, Tag
from controller.console.sessions import Sessions
from controller.service import Service
from controller.traces import trace
from controller.views import Message
from controller.wording import rendered
from ground.error import TramError
from ground.serve.places import source_of
from ground.text import Language, text

log = logging.getLogger("tram.console")

V = TypeVar("V")
Action = Callable[[], Awaitable[object] | None]


@dataclass(frozen=True)
class Console:
    """What all pages share."""

    service: Service
    sessions: Sessions
    pulse: Pulse


class Frame(Generic[V]):
    """One open page of one browser. ``look`` gives the view it shows."""

    def __init__(self, console: Console, request: Request, look: Callable[[str | None], V]) -> None:
        self.console = console
        self.service = console.service
        self.browser = console.sessions.of(request)
        self.path = request.url.path
        self.source = source_of(request.client.host if request.client else None)
        self.desk = _desk(request.query_params.get("desk", ""))
        self.dossier = request.query_params.get("dossier", "")
        self.advice: Message | None = None
        self._look = look
        self._parts: list[Part] = []
        self._building = self._parts
        self._running: set[int] = set()
        self.view = look(self.token)
        ui.add_head_html(HEAD)
        self.client = ui.context.client
        self.client.page = copy(self.client.page)  # of this browser alone: it says its language
        self.client.page.language = HTML_LANGUAGE[self.language]
        self.client.on_connect(lambda: self.client.run_javascript("stationGreets()"))
        self.client.on_delete(lambda: console.pulse.discard(self))
        console.pulse.add(self)

    # ---- who and in which language -----------------------------------------------------------

    @property
    def token(self) -> str | None:
        return self.console.sessions.token(self.browser)

    @property
    def language(self) -> Language:
        return self.browser.language or self.service.language

    def say(self, message: str, **params: object) -> str:
        """``message`` (a literal: extraction reads these calls) in the page's language."""
        return text(self.language, message, **params)

    def tell(self, message: Message) -> str:
        return rendered(self.language, message)

    # ---- drawing -----------------------------------------------------------------------------

    def region(
        self, select: Callable[[V], object], build: Callable[[Any], None], classes: str = ""
    ) -> None:
        """Draw ``build(select(view))`` here, and again whenever ``select(view)`` differs."""
        self._begin(Region(select, build, Tag("div", classes=classes)))

    def rows(
        self,
        select: Callable[[V], Iterable[Hashable]],
        build: Callable[[Any], None],
        classes: str = "",
    ) -> None:
        """Draw ``build(item)`` for each of ``select(view)``, all different, in their order. What
        was drawn of an item stays as long as the item is among them."""
        self._begin(Rows(select, build, Tag("div", classes=classes)))

    def follow(self, select: Callable[[V], object], apply: Callable[[Any], object]) -> None:
        """``apply(select(view))`` now, and whenever it differs: changes what was drawn already."""
        self._begin(Following(select, apply))

    def changing(self, tag: str, select: Callable[[V], str]) -> None:
        """An element here whose text follows the view."""
        self.follow(select, Tag(tag).set_text)

    def _begin(self, part: Part) -> None:
        self._building.append(part)
        part.update(self)

    def refresh(self) -> None:
        """Look at the station again and redraw what differs."""
        self.view = self._look(self.token)
        self.settle()
        for part in self._parts:
            part.update(self)

    def settle(self) -> None:
        """Adapt what the page itself remembers to the new view."""

    def draw(self, element: Tag, build: Callable[[], None]) -> list[Part]:
        """Run ``build`` inside ``element``; the parts that it began."""
        around, self._building = self._building, []
        try:
            with element:
                build()
            return self._building
        finally:
            self._building = around

    # ---- doing -------------------------------------------------------------------------------

    def button(
        self,
        label: str | Callable[[V], str],
        action: Action,
        *,
        look: str = "",
        key: str = "",
        next: bool = False,
    ) -> Tag:
        """A big button; its label may follow the view. ``key`` is its F-key; ``next`` makes it what
        Enter does.

        ``look``: "" plain, "main" the obvious step, "go" green, "danger", "quiet".
        """
        made = Tag("button", classes=f"button {look}")
        made.props["type"] = "button"
        with made:
            if isinstance(label, str):
                Tag("span", label)
            else:
                self.changing("span", label)
            if key or next:
                Tag("kbd", key or "Enter")
        if key:
            made.props["data-key"] = key
        if next:
            made.props["data-next"] = "1"

        async def clicked() -> None:
            if made.id in self._running:
                return  # a second touch while the first still works
            self._running.add(made.id)
            made.classes(add="busy")
            try:
                await self.run(action)
            finally:
                self._running.discard(made.id)
                made.classes(remove="busy")

        made.on("click", clicked, [])
        return made

    async def run(self, action: Action) -> None:
        """Run ``action``; what goes wrong becomes advice on the page."""
        self.advice = None
        try:
            result = action()
            if isinstance(result, Awaitable):
                await result
        except TramError as error:
            log.info("refused: %s", type(error).__name__)
            self.advice = advice_of(error)
        except Exception as error:
            log.error("unexpected: %s", trace(error))
            self.advice = Message(UNEXPECTED)
        self.refresh()

    async def do(self, command: Command) -> Result:
        """Run a command of the station in this browser's session. Raises TramError."""
        return await self.service.do(command, self.token, self.source)

    def doing(self, command: Command) -> Action:
        """An action for ``button`` that runs ``command``."""
        return lambda: self.do(command)

    def show_advice(self) -> None:
        """Where advice appears; stays until the next action or until it is put away."""

        def build(advice: Message | None) -> None:
            if advice is None:
                return
            box = Tag("div", classes="advice")
            box.props["role"] = "alert"
            with box:
                Tag("p", self.tell(advice))
                self.button(self.say("Understood"), lambda: None, look="quiet")

        self.region(lambda _: self.advice, build, "advice-place")

    def address(self, path: str, **query: object) -> str:
        """A page of this console, at the same desk."""
        return f"{path}?{urlencode({'desk': self.desk, **query})}"

    def link(self, label: str, address: str, key: str = "") -> None:
        made = Tag("a", classes="link")
        made.props["href"] = address
        with made:
            Tag("span", label)
            if key:
                Tag("kbd", key)
        if key:
            made.props["data-key"] = key

    def language_switch(self) -> None:
        other, name = ("en", "English") if self.language == "vi" else ("vi", "Tiếng Việt")
        query = {"dossier": self.dossier} if self.dossier else {}
        self.link(name, self.address(self.path, lang=other, **query), "F9")


def _desk(given: str) -> int:
    return int(given) if given.isdecimal() and 1 <= int(given) <= 8 else 1


HTML_LANGUAGE: dict[Language, Literal["vi", "en-US"]] = {"vi": "vi", "en": "en-US"}
"""As NiceGUI and Quasar call them."""
HEAD = """
<link rel="stylesheet" href="/console/static/console.css">
<script defer src="/console/static/console.js"></script>
"""
