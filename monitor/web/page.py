"""A live page: a document that is whole when it arrives, made of regions that are sent again, over
one stream of server-sent events, when they differ.

``load`` reads (in a thread), each region draws markup from what was read. A page is looked at again
when the one look at the store (``live``) saw something that concerns it, not oftener than the page
wants. Without scripts it is a page that is true when it is loaded.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from monitor.web import shell
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.markup import Markup
from monitor.web.reader import Reader
from monitor.web.sessions import Seat
from monitor.web.shell import Visit

log = logging.getLogger("tram.monitor.web")
M = TypeVar("M")
KEEPALIVE_S = 10.0
"""A comment line at least this often: proxies and phones close silent streams."""
RETRY = "retry: 2000\n\n"
SAID = "said"
"""Parameter of the address that brings a word back after something was done."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """``about``: booths that concern the page, None: all. ``every_s``: never oftener."""

    title: Callable[[M], str]
    load: Callable[[], M]
    regions: Mapping[str, Callable[[M], Markup]]
    template: str = "live.html"
    look: str = ""
    about: frozenset[str] | None = None
    every_s: float = 1.0


@dataclass(frozen=True)
class Drawn:
    """A region's markup and a mark that differs when it does."""

    markup: Markup
    mark: str


Room = Callable[[House, Visit, str], Page[Any]]
"""(house, visit, rest of the path) → page. Raises LookupError when there is nothing for them."""


def draw(page: Page[M], model: M) -> dict[str, Drawn]:
    drawn = {}
    for name, region in page.regions.items():
        markup = region(model)
        mark = hashlib.blake2b(markup.encode(), digest_size=6).hexdigest()
        drawn[name] = Drawn(markup, mark)
    return drawn


async def show(house: House, visit: Visit, room: Room, rest: str, said: str = "") -> Response:
    """The whole page."""

    def made() -> Response:
        try:
            page = room(house, visit, rest)
            model = page.load()
        except LookupError:
            return shell.answer(shell.not_here(visit.reader), 404)
        except SQLAlchemyError as error:
            log.warning("page: %s", type(error).__name__)
            return shell.answer(shell.away(visit.reader), 503)
        asked = {"at": visit.address, "lang": visit.reader.language}
        return shell.answer(
            shell.framed(
                page.template,
                visit,
                page.title(model),
                look=page.look,
                drawn=draw(page, model),
                said=said,
                stream=f"/live/page?{urlencode(asked)}",
                **banners(visit.reader),
            )
        )

    return await asyncio.to_thread(made)


def banners(reader: Reader) -> dict[str, str]:
    """What a page says while the database, or the region's server, is away."""
    return {
        "away": reader.say(
            "The region's database does not answer. What you see is from {when}; it goes on by "
            "itself.",
            when="{when}",
        ),
        "cut": reader.say(
            "No connection to the region's server since {when}. Trying again.", when="{when}"
        ),
    }


class Poked:
    """A screen that waits for what concerns it."""

    def __init__(self, live: Live, about: frozenset[str] | None) -> None:
        self._live, self._about = live, about
        self._happened = asyncio.Event()
        self._away = live.away_since

    def poke(self, codes: frozenset[str] | None, alarms: bool) -> None:
        """Something changed: ``codes`` (None: time passed), or alarms."""
        came_or_went = self._live.away_since != self._away
        self._away = self._live.away_since
        if codes is None or alarms or self._about is None or self._about & codes or came_or_went:
            self._happened.set()

    async def happened(self, timeout_s: float) -> bool:
        try:
            await asyncio.wait_for(self._happened.wait(), timeout_s)
        except TimeoutError:
            return False
        self._happened.clear()
        return True


async def stream(
    live: Live, reader: Reader, page: Page[Any], seat: Seat, have: Mapping[str, str]
) -> AsyncIterator[str]:
    """What differs from ``have`` (region → mark), and then from what was sent, until the session
    of ``seat`` ends."""
    sent, told_away = dict(have), None
    screen = Poked(live, page.about)
    live.add(screen)
    try:
        yield RETRY
        while seat.account is not None:
            began = time.monotonic()
            if live.away_since != told_away:
                told_away = live.away_since
                yield event("away", {"since": "" if told_away is None else reader.clock(told_away)})
            if told_away is None:
                fresh = await asyncio.to_thread(_differing, page, sent)
                if fresh:
                    yield event("regions", [[n, d.markup, d.mark] for n, d in fresh.items()])
                    sent |= {name: drawn.mark for name, drawn in fresh.items()}
            while seat.account is not None and not await screen.happened(KEEPALIVE_S):
                yield ": here\n\n"
            pause_s = began + page.every_s - time.monotonic()
            if pause_s > 0:
                await seat.ended(pause_s)
        yield event("over", {})
    finally:
        live.discard(screen)


def _differing(page: Page[Any], sent: Mapping[str, str]) -> dict[str, Drawn]:
    try:
        drawn = draw(page, page.load())
    except (SQLAlchemyError, LookupError) as error:  # away, or the booth was taken out
        log.warning("page: %s", type(error).__name__)
        return {}
    return {name: one for name, one in drawn.items() if sent.get(name) != one.mark}


def event(name: str, data: object, id: str = "") -> str:
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
