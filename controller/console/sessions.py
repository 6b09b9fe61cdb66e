"""Which browser unlocked, and which language it reads: in memory only.

A browser is known by a random id in its signed cookie. The session's token itself never leaves
this process.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.requests import Request

from controller.service import Service
from controller.views import Message
from ground.text import LANGUAGES, Language

BROWSERS_MAX = 200
"""More than that: forget those that never unlocked (they lose their choice of language)."""


@dataclass
class Browser:
    """``language`` None: the station's own. ``read``: the notices that were put away."""

    token: str | None = None
    language: Language | None = None
    read: tuple[Message, ...] = ()


class Sessions:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._browsers: dict[str, Browser] = {}

    def of(self, request: Request) -> Browser:
        """The browser that sent ``request``; a new one gets its id in the cookie."""
        known = request.session.setdefault("id", secrets.token_urlsafe(16))
        if known not in self._browsers and len(self._browsers) >= BROWSERS_MAX:
            self._browsers = {id: b for id, b in self._browsers.items() if b.token}
        browser = self._browsers.setdefault(known, Browser())
        wanted = request.query_params.get("lang")
        for language in LANGUAGES:
            if wanted == language:
                browser.language = language
        return browser

    def knows(self, id: str | None) -> bool:
        """Whether the browser of this id has a session that is valid."""
        browser = self._browsers.get(id or "")
        return browser is not None and self.token(browser) is not None

    def token(self, browser: Browser) -> str | None:
        """Its session's token while that is valid."""
        if browser.token is not None and not self._service.session_valid(browser.token):
            browser.token = None
        return browser.token
