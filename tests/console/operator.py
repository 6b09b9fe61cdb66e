"""What an operator's eyes and a citizen's hands do in console tests: both know only the screen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, TimeoutError, expect

from ground.text import text
from ground.text.words import POSITIONS
from hw.twins.control import Hand
from hw.twins.population import card_text
from tests.hil.premises import OPERATOR, PASSPHRASE

SPEED = 10.0
TOLD = "document.querySelector('.panel.fingers .beside > div')?.innerText ?? ''"
LIFT = text("vi", "Good. Lift the finger.")
WITHOUT_NUMBER = {
    "number": "",
    "old_number": "",
    "name": "Giàng Thị Mỷ",
    "birth": "05/04/1995",
    "sex": "female",
    "residence": "Bản Lũng Lợi, Yên Thạch, Sông Lô, Vĩnh Phúc",
    "hamlet": "Lũng Lợi, Yên Thạch",
    "enrolled_on": "",
}
"""Some rows of a roster know name and birth only."""
POSITION_OF = {text("vi", name): position for position, name in POSITIONS.items()}


@dataclass
class House:
    url: str
    data: Path
    rows: tuple[Mapping[str, str], ...]
    hands: Mapping[str, Hand]
    served: int = 0

    def next_person(self) -> Mapping[str, str]:
        """Somebody whose data are in order and who was not here yet."""
        while True:
            row = self.rows[self.served]
            self.served += 1
            born = row["birth"].split("/")
            if len(row["number"]) == 12 and not row["enrolled_on"] and len(born) == 3:
                year = int(born[2])
                century = int(row["number"][3])
                fits = century % 2 == (row["sex"] in ("female", "nữ")) and year % 100 == int(
                    row["number"][4:6]
                )
                if year < 2008 and fits and born[0] not in ("30", "31", "29"):
                    return row

    def sealed(self) -> int:
        return len(list((self.data / "outbox").glob("*.tram")))

    def board_numbers(self) -> int:
        waiting: int = httpx.get(f"{self.url}/api/v1/board").json()["waiting"]
        return waiting

    def today(self) -> str:
        """The station's day, as 2026-11-22."""
        day = httpx.get(f"{self.url}/api/v1/state").json()["day"]
        return f"{day // 10_000}-{day // 100 % 100:02d}-{day % 100:02d}"

    def shift(self) -> dict[str, int]:
        figures: dict[str, int] = httpx.get(f"{self.url}/api/v1/shift").json()
        return figures


class Operator:
    def __init__(self, house: House, page: Page) -> None:
        self.house = house
        self.page = page

    def sign_in(self) -> Operator:
        page = self.page
        page.goto(self.house.url)
        page.locator("input").first.fill(OPERATOR)
        page.locator("input[type=password]").fill(PASSPHRASE)
        page.keyboard.press("Enter")
        expect(page.locator(".desk")).to_be_visible()
        return self

    def at_desk(self) -> Operator:
        self.page.goto(f"{self.house.url}/?lang=vi")
        expect(self.page.locator(".desk")).to_be_visible()
        return self

    def open_without_ticket(self) -> str:
        """A dossier of somebody the operator brought; its id."""
        self.page.locator(".button.queue").click()
        self.button("Không cần số: mở hồ sơ").click()
        expect(self.button("Tra số")).to_be_visible()
        dossier: str = self.page.locator(".who small").inner_text().split(" ")[0]
        return dossier

    def end_dossier(self) -> None:
        """The selected dossier was opened by mistake."""
        shown = self.page.locator(".who small").inner_text()
        self.button("Dừng, không thu nhận").click()
        self.button("Mở nhầm").click()
        expect(self.page.locator(".who small", has_text=shown)).to_have_count(0)

    def identify(self, row: Mapping[str, str]) -> None:
        """The person of ``row`` is at the desk: number, and accepted where something differs."""
        self.page.get_by_label("Số thẻ (CCCD hoặc CMND)").fill(row["number"])
        self.button("Tra số").click()
        self.accept(row)

    def accept(self, row: Mapping[str, str]) -> None:
        accept = self.button("Chấp nhận và tiếp tục")
        name = self.page.locator(".who strong", has_text=row["name"])
        expect(accept.or_(name).first).to_be_visible()
        if accept.count():
            accept.click()
        expect(name).to_be_visible()

    def button(self, label: str) -> Locator:
        return self.page.locator("button", has=self.page.get_by_text(label, exact=True)).first

    def chip(self, ticket: int) -> Locator:
        return self.page.locator(".chip", has=self.page.get_by_text(str(ticket), exact=True))

    def called_number(self) -> int:
        """Waits until somebody is called to this desk."""
        number = self.page.locator(".called .number b").first
        expect(number).to_be_visible()
        return int(number.inner_text())

    # ---- the citizen, who reads the same screen --------------------------------------------------

    def citizen_sits_and_gives_fingers(self, row: Mapping[str, str]) -> None:
        """Whatever the screen asks for, until the review is offered."""
        for place in self.places():
            if place == "portrait":
                self.sit(row)
                expect(self.page.locator(".panel.portrait")).to_have_count(0)
                self.house.hands["camera"].do("leave")
            else:
                self.give_finger(row)

    def places(self) -> Iterator[str]:
        """Where the person is asked to be, again and again: "portrait" or "fingers"."""
        page = self.page
        stations = page.locator(".panel.portrait, .panel.fingers, .review-data").first
        while True:
            expect(stations).to_be_visible()
            if page.locator(".review-data").count():
                return
            yield "portrait" if page.locator(".panel.portrait").count() else "fingers"

    def citizen_presses_green(self) -> None:
        """Again when nothing happens, as people do: a press right after the page came is too early
        to count as consent."""
        desk = self.page.locator(".desk")
        for _ in range(5):
            self.house.hands["pico"].do("press", button="confirm")
            with contextlib.suppress(TimeoutError, AssertionError):
                expect(desk).to_be_visible(timeout=5000)
                return
        expect(desk).to_be_visible()

    def sit(self, row: Mapping[str, str], **how: object) -> None:
        self.house.hands["camera"].do("sit", person=int(row["number"]) % 1000, **how)

    def give_finger(self, row: Mapping[str, str]) -> None:
        """One presentation of the finger asked for; again by the loop, as people do."""
        lift = self.page.locator(".prompt", has_text=LIFT)
        expect(lift).to_have_count(0)
        before = self._told()
        position = POSITION_OF.get(before.partition("\n")[0])
        if position is None:
            return
        glass = self.house.hands["fingerprint"]
        glass.do("put", person=row["number"], position=position)
        with contextlib.suppress(TimeoutError):  # put down too soon after the last: lift it again
            self.page.wait_for_function(f"before => ({TOLD}) !== before", arg=before, timeout=5000)
        glass.do("lift")

    def _told(self) -> str:
        """Which finger, how many are done, and how the last try was."""
        told: str = self.page.evaluate(TOLD)
        return told

    def scan_with_wedge(self, row: Mapping[str, str]) -> None:
        """A keyboard-wedge scanner: characters fast, then Enter, wherever the focus is."""
        self.scan_text(card_text(dict(row)))

    def scan_text(self, content: str) -> None:
        self.page.keyboard.type(content)
        self.page.keyboard.press("Enter")
