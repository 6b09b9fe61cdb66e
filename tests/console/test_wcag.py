"""Every page of the booth, in every state of the desk, by axe-core's rules for WCAG 2.2 A and AA.

One clerk works; two screens of the desk show it, one in Vietnamese, one in English. A page is
loaded once, and its window is resized: a phone, the booth's own, a desk, a wall. Each page is
looked at in every size and language; a state of the desk in every size, half of them in each
language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, ViewportSize, expect

from ground.text import LANGUAGES, Language, text
from tests.axe import broken_at_any_width, size_of
from tests.console.conftest import SMALL, watched
from tests.console.operator import House, Operator

SIZES: tuple[ViewportSize, ...] = (size_of(390), SMALL, size_of(1280), size_of(1920))
CLOSED = ("/", "/review", "/board", "/technician")


class Screen:
    """A screen of desk 1, and what was found on it so far."""

    def __init__(self, page: Page, language: Language, found: list[str]) -> None:
        self.page, self.language, self.found = page, language, found

    def open(self, house: House, path: str) -> Screen:
        self.page.goto(f"{house.url}{path}?lang={self.language}")
        return self

    def button(self, message: str, **params: object) -> Locator:
        label = self.page.get_by_text(text(self.language, message, **params), exact=True)
        return self.page.locator("button", has=label).first

    def look(self, state: str, shows: str, *, wholly: bool = False) -> None:
        """When ``shows`` can be seen: whatever breaks a rule, at any size of the window.

        ``wholly``: at those, too, that are the other language's.
        """
        mine = SIZES if wholly else SIZES[LANGUAGES.index(self.language) :: len(LANGUAGES)]
        expect(self.page.locator(shows).first).to_be_visible()
        language = self.page.locator("html").get_attribute("lang") or ""
        if language.partition("-")[0] != self.language:
            self.found.append(f"{state}: a page in {self.language} says that it is in {language}")
        self.found += broken_at_any_width(self.page, f"{state} ({self.language})", mine)

    def look_into(self, form: str, shows: str = ".work h2") -> None:
        """A form that opens over the work, and is closed again."""
        self.button(form).click()
        self.look(form, shows)
        self.page.keyboard.press("F6")
        expect(self.button(form)).to_be_visible()


@pytest.fixture(scope="module")
def reader(house: House, browser: Browser) -> Iterator[StorageState]:
    """Another browser's session, which may read another language."""
    context = browser.new_context(viewport=SMALL)
    Operator(house, watched(context.new_page(), house)).sign_in()
    yield context.storage_state()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_a_booth_that_is_locked(
    passer_by: Page, house: House, language: Language
) -> None:
    found: list[str] = []
    for path in CLOSED:
        screen = Screen(passer_by, language, found).open(house, path)
        screen.look(path, "main.page :is(h1, h2, b)", wholly=True)
    assert not found, "\n".join(found)


def test_no_state_of_the_desk(
    house: House, browser: Browser, cookie: StorageState, reader: StorageState
) -> None:
    found: list[str] = []
    with screens(house, browser, (cookie, reader), found) as both:
        operator = Operator(house, both[0].page)
        tickets_and_queue(operator, both)
        identification(operator, both)
        stages(operator, both)
        review_and_papers(operator, both)
        other_pages(operator, both)
    assert not found, "\n".join(found)


@contextmanager
def screens(
    house: House, browser: Browser, sessions: tuple[StorageState, ...], found: list[str]
) -> Iterator[tuple[Screen, Screen]]:
    """The desk in Vietnamese, whose operator works, and in English."""
    contexts = [browser.new_context(viewport=SMALL, storage_state=one) for one in sessions]
    clerk, other = (
        Screen(watched(context.new_page(), house), language, found).open(house, "/")
        for context, language in zip(contexts, LANGUAGES, strict=True)
    )
    yield clerk, other
    for context in contexts:
        context.close()


def look(both: tuple[Screen, ...], state: str, shows: str, *, wholly: bool = False) -> None:
    for screen in both:
        screen.look(state, shows, wholly=wholly)


def look_into(both: tuple[Screen, ...], *forms: str, shows: str = ".work h2") -> None:
    for screen in both:
        for form in forms:
            screen.look_into(form, shows)


def tickets_and_queue(operator: Operator, both: tuple[Screen, Screen]) -> None:
    clerk, other = both
    operator.house.hands["pico"].do("lid", open=True)
    look(both, "nobody is there, and a notice", ".notice li")
    operator.house.hands["pico"].do("lid", open=False)
    for screen in both:
        screen.page.locator(".notice button").click()
        expect(screen.page.locator(".notice")).to_have_count(0)
        Operator(operator.house, screen.page).scan_text("123456789012|nonsense|")
    look(both, "advice", ".advice")
    for screen in both:
        screen.button("Understood").click()
    if clerk.button("Open desk {number}", number=1).count():
        clerk.button("Open desk {number}", number=1).click()
    for screen in both:
        screen.page.keyboard.press("F8")
    for kind in ("Walk-in", "Walk-in", "Priority"):
        clerk.button(kind).click()
    operator.called_number()
    clerk.button("Not here").click()
    for shown in ("Take back", "Reprint", "Is here"):  # one is gone, one waits, one is called
        expect(clerk.button(shown)).to_be_visible()
    look(both, "the queue in full", ".called .number b")
    other.open(operator.house, "/board").look("a number is called", ".call em")
    other.open(operator.house, "/")


def identification(operator: Operator, both: tuple[Screen, Screen]) -> None:
    clerk, _ = both
    clerk.button("Is here").click()
    look(both, "identify", ".work .form", wholly=True)
    look_into(both, "Type from papers", shows=".work .q-btn-toggle")
    look_into(both, "Refer for correction", "End without capture")
    for screen in both:
        screen.button("Search by name").click()
        name = text(screen.language, "Name, with or without accents")
        screen.page.get_by_label(name).fill("nguyen")
        screen.button("Search").click()
        screen.look("people found", ".button.person")
        screen.page.keyboard.press("F6")
    enrolled = next(row for row in operator.house.rows if row["enrolled_on"] and row["number"])
    number = clerk.page.get_by_label(text("vi", "Number of the card (CCCD or CMND)"))
    number.fill(enrolled["number"])
    clerk.button("Look up number").click()
    look(both, "finding", ".compare")
    clerk.button("Wrong card or person").click()
    expect(number).to_be_visible()


def stages(operator: Operator, both: tuple[Screen, Screen]) -> None:
    """The station leads a person to whatever is free; each place is looked at once."""
    clerk, _ = both
    row, seen = operator.house.next_person(), set[str]()
    operator.identify(row)
    for place in operator.places():
        if place == "portrait":
            if place not in seen:
                portrait(operator, both, row)
            operator.sit(row)
            expect(clerk.page.locator(".panel.portrait")).to_have_count(0)
            operator.house.hands["camera"].do("leave")
        else:
            if place not in seen:
                fingers(both)
            operator.give_finger(row)
            if "taken" not in seen and clerk.page.locator(".finger.captured").count():
                seen.add("taken")
                look(both, "a finger missing, one taken", ".finger.captured")
                look_into(both, "Take a finger again")
        seen.add(place)
    assert seen == {"portrait", "fingers", "taken"}


def portrait(operator: Operator, both: tuple[Screen, Screen], row: Mapping[str, str]) -> None:
    look(both, "portrait", ".panel.portrait .preview")
    look_into(both, "Take it all the same")
    operator.sit(row, eyes="closed")
    look(both, "eyes closed", ".advise.mend")


def fingers(both: tuple[Screen, Screen]) -> None:
    clerk, _ = both
    look(both, "fingers", ".panel.fingers .finger.next")
    look_into(both, "This finger is missing")
    clerk.button("Step aside").click()
    look(both, "stepped aside", ".waits")
    clerk.button("Back into the line").click()
    clerk.button("This finger is missing").click()
    clerk.button("Bandaged or injured").click()
    expect(clerk.page.locator(".finger.missing")).to_have_count(1)


def review_and_papers(operator: Operator, both: tuple[Screen, Screen]) -> None:
    clerk, other = both
    house, printer = operator.house, operator.house.hands["printer"]
    look(both, "review at the desk", ".review-data .portrait-taken")
    look_into(both, "Correct data", "By post", shows=".work .form")
    other.open(house, "/review")
    clerk.button("Show to the citizen").click()
    look(both, "the citizen's sheet", ".sheet dd.name", wholly=True)
    for screen in both:
        screen.button("Something is wrong").click()
        screen.look("something is wrong", ".centre .huge")
        screen.button("Show it again").click()
    printer.do("paper", state="out")
    try:
        clerk.button("Everything is right").click()
        other.open(house, "/")
        look(both, "no paper", ".trouble")
        for screen in both:
            screen.page.locator(".trouble button").first.click()
        look(both, "papers that wait", ".trouble + .trouble button")
    finally:
        printer.do("paper", state="in")
    expect(clerk.page.locator(".chip")).to_have_count(0)


def other_pages(operator: Operator, both: tuple[Screen, Screen]) -> None:
    """And the desk is closed, as it was found."""
    for screen in both:
        screen.open(operator.house, "/shift").look("shift", ".bars", wholly=True)
        screen.open(operator.house, "/technician")
        fingerprint = screen.page.locator(".device").nth(1)
        fingerprint.locator("button").click()
        screen.look("technician", ".device .good", wholly=True)
        with screen.page.expect_file_chooser():
            screen.button("Choose the file").click()
        screen.open(operator.house, "/")
    clerk, _ = both
    clerk.page.keyboard.press("F8")
    clerk.button("Close desk {number}", number=1).click()
    expect(clerk.button("Open desk {number}", number=1)).to_be_visible()
    clerk.button("Not here").click()  # who was called last went home, and nobody is called any more
    expect(clerk.page.locator(".called")).to_have_count(0)
