"""A live page: regions of markup that are sent again only when they differ.

``load`` reads (in a thread), each region draws markup from what was read; a page is looked at again
when the one look at the store (``live``) saw something that concerns it, not oftener than the page
wants. Parts of markup with ``data-do="x"`` call the page's handler ``x``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from nicegui import background_tasks, ui
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from monitor.access import AccessError
from monitor.web.house import House
from monitor.web.markup import Markup, tag
from monitor.web.sessions import token_of
from monitor.web.shell import HEAD, Visit, bar

log = logging.getLogger("tram.monitor.web")
M = TypeVar("M")


class Frame(Generic[M]):
    """One open page of one browser."""

    def __init__(
        self,
        house: House,
        request: Request,
        visit: Visit,
        load: Callable[[], M],
        model: M,
        *,
        about: frozenset[str] | None = None,
        every_s: float = 1.0,
    ) -> None:
        """``about``: booths that concern the page, None: all. ``every_s``: never oftener."""
        self.house, self.visit, self.model = house, visit, model
        self.reader, self.account = visit.reader, visit.account
        self._token = token_of(request)
        self._load, self._about, self._every_s = load, about, every_s
        self._regions: list[tuple[ui.html, Callable[[M], Markup], str]] = []
        self._looked = time.monotonic()
        self._looking = False
        self._again = False
        ui.add_head_html(HEAD)
        self.client = ui.context.client
        self.client.on_delete(lambda: house.live.discard(self))
        house.live.add(self)
        ui.html(bar(visit), sanitize=False)
        self.region(self._banner)

    def region(self, draw: Callable[[M], Markup], classes: str = "") -> None:
        """Show ``draw(model)`` here, and again whenever it differs."""
        markup = draw(self.model)
        element = ui.html(markup, sanitize=False).classes(classes)
        self._regions.append((element, draw, markup))

    def on(self, what: str, handler: Callable[[str], Awaitable[None]]) -> None:
        """Clicks on ``data-do=what`` call ``handler(data-with)``; refusals are shown."""

        async def clicked(event: Any) -> None:
            with self.client:
                try:
                    await handler(str(event.args))
                except AccessError as refused:
                    ui.notify(refused.told(self.reader.language), type="warning", timeout=8000)
                except SQLAlchemyError as error:
                    log.warning("%s: %s", what, type(error).__name__)
                    ui.notify(
                        self.reader.say(
                            "The region's database does not answer. Nothing was done; try again."
                        ),
                        type="negative",
                        timeout=8000,
                    )
            await self.refresh()

        ui.on(what, clicked)

    def poke(self, codes: frozenset[str] | None, alarms: bool) -> None:
        """Something changed: ``codes`` (None: time passed), or alarms."""
        concerned = codes is None or alarms or self._about is None or bool(self._about & codes)
        if concerned or self.house.live.away_since is not None:
            self._again = True
            if not self._looking:
                self._looking = True
                background_tasks.create(self._soon(), name="screen")

    async def _soon(self) -> None:
        try:
            while self._again:
                await asyncio.sleep(max(0.0, self._looked + self._every_s - time.monotonic()))
                await self.refresh()
        finally:
            self._looking = False

    async def refresh(self) -> None:
        """Look again and send what differs."""
        self._again = False
        self._looked = time.monotonic()
        if await self.house.sessions.who(self._token) is None:
            with self.client:
                ui.navigate.to("/signin")
            return
        if self.house.live.away_since is None:
            try:
                self.model = await asyncio.to_thread(self._load)
            except (SQLAlchemyError, LookupError) as error:  # away, or the booth was taken out
                log.warning("page: %s", type(error).__name__)
                return
        for index, (element, draw, markup) in enumerate(self._regions):
            drawn = draw(self.model)
            if drawn != markup:
                element.set_content(drawn)
                self._regions[index] = (element, draw, drawn)

    def _banner(self, _: M) -> Markup:
        since = self.house.live.away_since
        if since is None:
            return Markup("")
        said = self.reader.say(
            "The region's database does not answer. What you see is from {when}; it goes on by "
            "itself.",
            when=self.reader.clock(since),
        )
        return tag("p", said, class_="banner", role="status")

    async def confirm(
        self, question: str, yes: str, *, note: str = "", danger: bool = False
    ) -> str | None:
        """Ask first. ``note``: label of a line to fill in. Returns what was noted, None: no."""
        with self.client, ui.dialog() as dialog, ui.element("form").classes("ask") as form:
            ui.html(tag("p", question), sanitize=False)
            field = ui.input(note).props("autofocus outlined dark maxlength=500") if note else None
            with ui.element("div").classes("row"):
                look = "danger" if danger else "main"
                ui.html(tag("button", yes, type="submit", class_=f"button {look}"), sanitize=False)
                stop = ui.element("button").classes("button").props("type=button")
                with stop:
                    ui.label(self.reader.say("Cancel"))
                stop.on("click", lambda: dialog.submit(None))
            form.on("submit.prevent", lambda: dialog.submit(field.value if field else ""), [])
        answer = await dialog
        if not dialog.is_deleted:  # it is, when the page was closed meanwhile
            dialog.delete()
        return None if answer is None else str(answer).strip()
