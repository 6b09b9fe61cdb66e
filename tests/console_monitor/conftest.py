"""A region of 3,321 booths behind its real pages, and Debian's Chromium looking at it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import Engine

from edge.report.orders import Role
from ground.hours import day_start_ms
from monitor import access
from monitor.store.database import open_store
from monitor.web.live import wall_clock
from tests.console_monitor.region_of_data import BOOTHS, HOUR_MS, RegionOfData, write
from tests.patience import CEILING_MS, CEILING_S

WALL: ViewportSize = {"width": 1920, "height": 1080}
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PASSWORD = "correct horse"
ACCOUNTS = (
    ("lan", Role.ADMINISTRATOR, ""),
    ("thanh", Role.OPERATOR, "vn/thanh-hoa"),
    ("man-hinh", Role.VIEWER, ""),
)
expect.set_options(timeout=CEILING_MS)
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True)
class Site:
    """A region with its pages. ``now``: what its clock says; ``pid``: of the pages' process."""

    url: str
    engine: Engine
    key: Ed25519PrivateKey
    made: RegionOfData
    shift: int
    pid: int

    def now(self) -> int:
        return wall_clock() + self.shift


@contextmanager
def site(folder: Path, store_url: str, *, booths: int, days: int) -> Iterator[Site]:
    """Pages on a store filled as of half past ten this morning, ended by their own pid."""
    engine = open_store(store_url)
    now = day_start_ms(date(2026, 11, 22)) + 10 * HOUR_MS + HOUR_MS // 2
    made = write(engine, now, booths=booths, days=days)
    for name, role, branch in ACCOUNTS:
        access.add_account(engine, name, PASSWORD, role, branch, by="setup", now=now)
    key = Ed25519PrivateKey.generate()
    pem = folder / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    shift = now - wall_clock()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.console_monitor.serve", store_url, str(pem), str(shift)],
        stdout=subprocess.PIPE,
        stderr=(folder / "pages.log").open("wb"),
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, (folder / "pages.log").read_text()
        until_ready(url)
        yield Site(url, engine, key, made, shift, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(CEILING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        engine.dispose()
    assert "Traceback" not in (folder / "pages.log").read_text()


def until_ready(url: str) -> None:
    """Wait for the first look at the store: until then every page says that it is away."""
    end = time.monotonic() + CEILING_S
    while time.monotonic() < end:
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(url) as answer:
            if answer.url.startswith(f"{url}/signin"):
                return
        time.sleep(0.1)
    raise AssertionError("the pages do not get ready")


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("region")
    with site(folder, f"sqlite:///{folder / 'region.db'}", booths=BOOTHS, days=10) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


Opened = Callable[..., Page]


@pytest.fixture
def opened(region: Site, browser: Browser) -> Iterator[Opened]:
    """``opened(path, who, size)``: a page of the region in a browser of its own, signed in."""
    with windows(browser, region.url) as window:
        yield window


@contextmanager
def windows(browser: Browser, url: str) -> Iterator[Opened]:
    contexts = []

    def window(
        path: str = "/", who: str = "lan", size: ViewportSize = DESK, language: str = "vi"
    ) -> Page:
        small = size["width"] < 500
        context = browser.new_context(viewport=size, is_mobile=small, has_touch=small)
        contexts.append(context)
        context.add_cookies([{"name": "tram-language", "value": language, "url": url}])
        page = watched(context.new_page(), url)
        if who:
            page.goto(f"{url}/signin?next={path}")
            page.fill("[name=name]", who)
            page.fill("[name=password]", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url(lambda at: "/signin" not in at)
        else:
            page.goto(f"{url}{path}")
        return page

    yield window
    for context in contexts:
        context.close()


def watched(page: Page, url: str) -> Page:
    """Every page of every test: no script errors, and nothing from outside."""
    page.set_default_timeout(CEILING_MS)

    def broken(error: object) -> None:
        raise AssertionError(f"script error on the page: {error}")

    def requested(request: object) -> None:
        asked: str = request.url  # type: ignore[attr-defined]
        if not asked.startswith((url, "blob:", "data:", url.replace("http", "ws", 1))):
            raise AssertionError(f"the page asked {asked}")

    page.on("pageerror", broken)
    page.on("request", requested)
    return page
