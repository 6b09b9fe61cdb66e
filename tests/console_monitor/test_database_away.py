"""PostgreSQL stops and starts again: every page says so, and comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console_monitor.conftest import Site, site, windows
from tests.postgres import Postgres, running


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running() as postgres:
        yield postgres


@pytest.fixture
def small(server: Postgres, tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, server.create("region"), booths=68, days=6) as running_site:
        yield running_site


def test_pages_say_so_and_recover(browser: Browser, server: Postgres, small: Site) -> None:
    with windows(browser, small.url) as opened:
        wall = opened("/", language="en")
        booth = opened("/booth/TH0001", language="en")
        late = opened("/", language="en")
        expect(booth.locator("h1")).to_contain_text("TH0001")
        server.stop()
        expect(wall.locator("#banner")).to_contain_text("database does not answer")
        expect(booth.locator("#banner")).to_contain_text("database does not answer")
        late.goto(f"{small.url}/ledger")
        expect(late.locator("h1")).to_contain_text("database does not answer")
        server.start()
        expect(wall.locator("#banner")).to_be_hidden()
        expect(booth.locator("#banner")).to_be_hidden()
        expect(late.locator("h1")).to_have_text("Ledger")
        assert wall.locator(".t").count() == 68
