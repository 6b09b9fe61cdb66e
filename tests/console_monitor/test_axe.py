"""Every page of the region by axe-core's rules for WCAG 2.2 A and AA: nothing is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.axe import WIDTHS, broken_at_any_width, size_of
from tests.console_monitor.conftest import PASSWORD, Site, site, watched

PAGES = (
    "/",
    "/tree",
    "/tree/vn/thanh-hoa",
    "/progress/vn/thanh-hoa",
    "/alarms",
    "/ledger",
    "/history/vn/thanh-hoa",
    "/booth/TH0001",
    "/booth/TH0001/logs",
    "/report/vn/thanh-hoa",
    "/compare/vn/thanh-hoa",
    "/compare/vn/thanh-hoa/bim-son",
    "/booth/TH0001/order/set_target",
    "/booth/TH0001/order/pause_intake",
    "/booth/TH0001/contacts",
    "/accounts",
    "/accounts/new",
    "/accounts/thanh/change",
    "/tree/vn/nowhere",
)
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Few booths, in every state: rules are about kinds of things, not about how many."""
    folder = tmp_path_factory.mktemp("axe")
    with site(folder, f"sqlite:///{folder / 'region.db'}", booths=204, days=6) as running:
        yield running


@pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])
def test_no_page_breaks_a_rule(
    browser: Browser, small: Site, language: str, scheme: Scheme
) -> None:
    """One sign-in, and one load of each page: its window is resized, as a reader's is."""
    context = browser.new_context(viewport=size_of(WIDTHS[0]), color_scheme=scheme)
    try:
        page = watched(context.new_page(), small.url)
        page.goto(f"{small.url}/signin?lang={language}")
        found = broken_at_any_width(page, "/signin")
        page.fill("[name=name]", "lan")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda at: "/signin" not in at)
        for path in PAGES:
            page.goto(f"{small.url}{path}")
            assert page.locator("html").get_attribute("lang") == language
            found += broken_at_any_width(page, path)
    finally:
        context.close()
    assert not found, "\n".join(found)


def test_a_page_that_breaks_a_rule_is_found(browser: Browser, small: Site) -> None:
    context = browser.new_context()
    try:
        page = watched(context.new_page(), small.url)
        page.goto(f"{small.url}/signin")
        page.evaluate(
            "document.querySelector('[name=name]').closest('label').replaceWith("
            "document.querySelector('[name=name]'))"
        )
        assert broken_at_any_width(page, "/signin")[0].startswith("/signin at 390: label")
    finally:
        context.close()
