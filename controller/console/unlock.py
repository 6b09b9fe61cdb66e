"""The form that opens a locked station, with the countdown after wrong tries."""

from __future__ import annotations

from nicegui import ui

from controller import commands as c
from controller.console.frame import Frame
from controller.console.parts import Tag
from controller.vault.lockout import WAIT
from controller.views import StationView


def unlock_form(page: Frame[StationView]) -> None:
    with Tag("div", classes="centre form"):
        Tag("h1", page.say("The station is locked"))
        operator = ui.input(page.say("Operator, such as OP1")).props("outlined data-focus")
        phrase = ui.input(page.say("Passphrase"), password=True).props("outlined")

        def number() -> str:
            return str(operator.value).strip().upper()

        async def unlock() -> None:
            command = c.Unlock(number(), phrase.value)
            phrase.value = ""
            session = await page.do(command)
            assert isinstance(session, c.Session)
            page.browser.token = session.token

        def build(seconds: int) -> None:
            if seconds:
                Tag("p", page.say(WAIT, n=seconds))
                return
            page.button(page.say("Unlock"), unlock, look="main", next=True).props["data-submit"] = 1

        def wait(_: StationView) -> int:
            return page.service.locked_out_s(number(), page.source)

        page.region(wait, build)
        operator.on_value_change(page.refresh)
