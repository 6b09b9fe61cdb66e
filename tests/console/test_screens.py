"""Every page fits its screens, in both languages, shows nobody's data to strangers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.console.operator import Operator

PAGES = ("/", "/review", "/board", "/shift", "/technician")
SIZES = {"booth": (800, 480), "phone": (390, 844)}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOO_SMALL = """
() => [...document.querySelectorAll('button, a.link')]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 36)
  .map(e => e.innerText)
"""
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


def resize(page: Page, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_is_wider_than_the_screen(
    path: str, size: str, language: str, operator: Operator
) -> None:
    page = operator.page
    resize(page, size)
    page.goto(f"{operator.house.url}{path}?lang={language}")
    expect(page.locator("main.page :is(h1, h2, header)").first).to_be_visible()
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(TOO_SMALL) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_desks_forms_fit_too(size: str, operator: Operator) -> None:
    page = operator.page
    resize(page, size)
    operator.open_without_ticket()
    for form in ("Tìm theo tên", "Gõ theo giấy tờ", "Dừng, không thu nhận"):
        operator.button(form).click()
        expect(operator.button("Quay lại")).to_be_visible()
        assert page.evaluate(WIDER) <= 0, form
        operator.button("Quay lại").click()
        expect(operator.button("Tra số")).to_be_visible()
    operator.end_dossier()
    page.locator(".button.queue").click()
    expect(page.get_by_text("Cấp số mới")).to_be_visible()
    assert page.evaluate(WIDER) <= 0


def test_the_language_switches_on_each_page_and_stays(operator: Operator) -> None:
    page = operator.page
    page.keyboard.press("F9")
    expect(page.get_by_text("Nobody is at the desk")).to_be_visible()
    page.get_by_role("link", name="Shift").click()
    expect(page.get_by_text("The books balance: nothing is lost.")).to_be_visible()
    expect(page.locator(".balance p")).to_have_count(2)
    expect(page.locator(".balance .bad")).to_have_count(0)
    page.keyboard.press("F9")
    expect(page.get_by_text("Sổ sách khớp: không mất hồ sơ nào.")).to_be_visible()


def test_the_focus_can_be_seen_when_tabbing(operator: Operator) -> None:
    page = operator.page
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") in ("A", "BUTTON")
    assert page.evaluate(OUTLINE) == "solid"


def test_the_board_tells_both_languages_and_needs_no_sign_in(
    passer_by: Page, operator: Operator
) -> None:
    passer_by.goto(f"{operator.house.url}/board")
    expect(passer_by.locator("footer")).to_contain_text("Đang chờ · Waiting")
    assert passer_by.locator("main input").count() == 0


def test_a_stranger_sees_no_dossier_on_any_page(passer_by: Page, operator: Operator) -> None:
    house = operator.house
    dossier = operator.open_without_ticket()
    for path in ("/", f"/review?dossier={dossier}", "/technician", "/shift"):
        passer_by.goto(f"{house.url}{path}")
        expect(passer_by.locator("main.page")).to_be_visible()
        assert dossier not in passer_by.locator("main.page").inner_text()
    operator.end_dossier()


def test_typed_text_survives_what_happens_elsewhere(operator: Operator) -> None:
    """A form must not be drawn again under somebody's fingers."""
    page, house = operator.page, operator.house
    operator.open_without_ticket()
    operator.button("Tìm theo tên").click()
    page.get_by_label("Họ và tên, có dấu hoặc không dấu").fill("nguyen van")
    waiting = house.board_numbers()
    house.hands["pico"].do("press", button="ticket")
    expect(page.locator(".button.queue")).not_to_contain_text(f"{waiting} người chờ")
    name = page.get_by_label("Họ và tên, có dấu hoặc không dấu")
    expect(name).to_have_value("nguyen van")
    expect(name).to_be_focused()
    page.keyboard.press("F6")
    operator.end_dossier()
