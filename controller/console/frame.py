"""What every page has: regions that redraw alone, buttons with keys, advice, language, session.

A region shows a part of the view that ``select`` picks; it is drawn again only when that part
differs. So typed text, focus and a pressed button survive everything that happens elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from starlette.requests import Request

from controller.advice import UNEXPECTED, advice_of
from controller.commands import Command, Result
from controller.console.live import Pulse
from controller.console.sessions import Sessions
from controller.console.words import rendered
from controller.errors import TramError
from controller.service import Service
from controller.texts import Language, text
from controller.traces import trace
from controller.views import Message

log = logging.getLogger("tram.console")

V = TypeVar("V")
Action = Callable[[], Awaitable[object] | None]


@dataclass(frozen=True)
class Console:
    """What all pages share."""

    service: Service
    sessions: Sessions
    pulse: Pulse


class Tag(TextElement):
    """A plain HTML element with text."""

    def __init__(self, tag: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        if classes:
            self.classes(classes)


@dataclass
class _Region:
    select: Callable[[Any], object]
    build: Callable[[Any], None]
    element: Tag
    drawn: bool = False
    value: object = None
    children: list[_Region] = field(default_factory=list)


class Frame(Generic[V]):
    """One open page of one browser. ``look`` gives the view it shows."""

    def __init__(self, console: Console, request: Request, look: Callable[[str | None], V]) -> None:
        self.console = console
        self.service = console.service
        self.browser = console.sessions.of(request)
        self.path = request.url.path
        self.desk = _desk(request.query_params.get("desk", ""))
        self.dossier = request.query_params.get("dossier", "")
        self.advice: Message | None = None
        self._look = look
        self._regions: list[_Region] = []
        self._building: list[_Region] = []
        self._running: set[int] = set()
        self.view = look(self.token)
        ui.add_head_html(HEAD)
        self.client = ui.context.client
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
        region = _Region(select, build, Tag("div", classes=classes))
        siblings = self._building[-1].children if self._building else self._regions
        siblings.append(region)
        self._update(region)

    def refresh(self) -> None:
        """Look at the station again and redraw what differs."""
        self.view = self._look(self.token)
        self.settle()
        for region in self._regions:
            self._update(region)

    def settle(self) -> None:
        """Adapt what the page itself remembers to the new view."""

    def _update(self, region: _Region) -> None:
        value = region.select(self.view)
        if region.drawn and value == region.value:
            for child in region.children:
                self._update(child)
            return
        region.drawn, region.value, region.children = True, value, []
        region.element.clear()
        self._building.append(region)
        try:
            with region.element:
                region.build(value)
        finally:
            self._building.pop()

    # ---- doing -------------------------------------------------------------------------------

    def button(
        self, label: str, action: Action, *, look: str = "", key: str = "", next: bool = False
    ) -> Tag:
        """A big button. ``key`` is its F-key; ``next`` makes it what Enter does.

        ``look``: "" plain, "main" the obvious step, "go" green, "danger", "quiet".
        """
        made = Tag("button", classes=f"button {look}")
        made.props["type"] = "button"
        with made:
            Tag("span", label)
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
        return await self.service.do(command, self.token)

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


HEAD = """
<link rel="stylesheet" href="/console/static/console.css">
<script defer src="/console/static/console.js"></script>
"""
