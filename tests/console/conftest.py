"""A real station on twins, and Debian's Chromium looking at it. All traffic on loopback."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import IO

import pytest
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect, sync_playwright

from hw.twins.booth import DEVICES, Booth, die_with_parent
from hw.twins.control import Hand
from hw.twins.population import people
from tests.console.operator import SPEED, WITHOUT_NUMBER, House, Operator
from tests.hil.premises import OWN_PORT, Keyring, configuration_text
from tests.patience import CEILING_MS, CEILING_S

expect.set_options(timeout=CEILING_MS)
SMALL: ViewportSize = {"width": 800, "height": 480}
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


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Twins and station as programs of their own; ended by their own pids."""
    folder = tmp_path_factory.mktemp("house")
    data, rows = folder / "data", [*people(60, seed=2), WITHOUT_NUMBER]
    Keyring.cut(folder / "keyring").furnish(data, rows)
    booth = Booth(folder / "dev", SPEED, seed=2)
    with contextlib.ExitStack() as stack:
        stack.callback(booth.end_all)
        booth.start_all()
        ports = {name: booth.port(name) for name in ("pico", "fingerprint", "scanner")}
        ports["camera"] = f"twin:{booth.port('camera')}"
        config = folder / "station.toml"
        config.write_text(configuration_text(data, ports, SPEED, OWN_PORT))
        log = folder / "station.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "tram", "station", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=log.open("wb"),
            text=True,
            preexec_fn=die_with_parent,
        )
        stack.callback(_end, process)
        lines: Queue[str | None] = Queue()
        assert process.stdout is not None
        threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
        url = _until(lines, "console", log).split()[1]
        _until(lines, "ready", log)
        hands = {name: Hand(booth.control(name)) for name in DEVICES}
        yield House(url, data, tuple(rows), hands)
    _nothing_unseemly(log.read_text(), rows)


def _nothing_unseemly(log: str, rows: Iterable[Mapping[str, str]]) -> None:
    """After all tests: the station met nothing unforeseen, and its log tells of nobody."""
    assert "Traceback" not in log
    assert "unexpected:" not in log
    for row in rows:
        assert row["name"] not in log
        assert not row["number"] or row["number"] not in log


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(CEILING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _pump(stream: IO[str], lines: Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _until(lines: Queue[str | None], word: str, log: Path) -> str:
    while True:
        try:
            line = lines.get(timeout=CEILING_S)
        except Empty:
            raise AssertionError(f"it did not say {word!r}:\n{log.read_text()}") from None
        assert line is not None, f"it ended before it said {word!r}:\n{log.read_text()}"
        if line.startswith(word):
            return line


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def cookie(house: House, browser: Browser) -> StorageState:
    """An operator's session: signing in costs a scrypt, so once is enough."""
    context = browser.new_context(viewport=SMALL)
    Operator(house, watched(context.new_page(), house)).sign_in()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def operator(house: House, browser: Browser, cookie: StorageState) -> Iterator[Operator]:
    """An operator at desk 1 with a keyboard, on the booth's small screen."""
    context = browser.new_context(viewport=SMALL, storage_state=cookie)
    yield Operator(house, watched(context.new_page(), house)).at_desk()
    context.close()


@pytest.fixture
def touching(house: House, browser: Browser, cookie: StorageState) -> Iterator[Operator]:
    """The same with a touch screen and no keyboard."""
    context = browser.new_context(viewport=SMALL, storage_state=cookie, has_touch=True)
    yield Operator(house, watched(context.new_page(), house)).at_desk()
    context.close()


@pytest.fixture
def passer_by(house: House, browser: Browser) -> Iterator[Page]:
    """Somebody's browser that never signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield watched(context.new_page(), house)
    context.close()


def watched(page: Page, house: House) -> Page:
    """Every page of every test: no script errors, and nothing from outside this machine."""
    page.set_default_timeout(CEILING_MS)

    def broken(error: object) -> None:
        raise AssertionError(f"script error on the page: {error}")

    def requested(request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined]
        if not url.startswith((house.url, "blob:", "data:", house.url.replace("http", "ws", 1))):
            raise AssertionError(f"the page asked {url}")

    page.on("pageerror", broken)
    page.on("request", requested)
    return page
