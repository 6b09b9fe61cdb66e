"""Who does not know the passphrase is told so, then made to wait. Runs last: the wait stays."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console.operator import House

WAIT = re.compile(r"chờ (\d+) giây")


def say(page: Page, passphrase: str) -> None:
    page.locator("input").first.fill("OP1")
    page.locator("input[type=password]").fill(passphrase)
    page.keyboard.press("Enter")


def test_wrong_passphrases_are_told_and_from_the_fourth_on_cost_a_wait(
    passer_by: Page, house: House
) -> None:
    page = passer_by
    page.goto(house.url)
    wait = page.get_by_text(WAIT)
    say(page, "sai rồi")
    expect(page.get_by_role("alert")).to_contain_text("Sai mã cán bộ hoặc cụm mật khẩu")
    expect(page.locator("input[type=password]")).to_have_value("")
    for _ in range(3):
        assert wait.count() == 0
        page.get_by_text("Đã hiểu").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        say(page, "vẫn sai")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(wait).to_be_visible()
    expect(page.get_by_text("Mở khoá", exact=True)).to_have_count(0)
    shown = wait.inner_text()
    expect(wait).not_to_have_text(shown)  # it counts down
    assert 0 < seconds(wait.inner_text()) < seconds(shown) <= 30


def seconds(told: str) -> int:
    found = WAIT.search(told)
    assert found is not None
    return int(found[1])
