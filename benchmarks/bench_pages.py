"""The region's pages for a country of booths and a room full of screens.

A wall of 11,000 tiles on real pages in Chromium: how soon it is painted, how large it is on the
way, and how long the browser is held up while 2 % of the tiles change each second. And what one
more open page costs the server: memory of its process, per stream.
"""

from __future__ import annotations

import gc
import http.client
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import update

from benchmarks.bench_wall import PAINTED
from monitor.store.schema import hour, station
from tests.console_monitor.conftest import CHROMIUM, FLAGS, PASSWORD, WALL, Site, site

TILES, LOADS, SECONDS = 11_000, 5, 10
VIEWERS = 200
PATIENCE_MS = 120_000.0
ON_THE_WAY = "performance.getEntriesByType('navigation')[0].encodedBodySize"
WATCH = """() => {
  window.tasks = [];
  new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(e => e.duration)))
    .observe({type: "longtask"});
}"""
DONE = """() => Object.fromEntries([...document.querySelectorAll(".t")]
  .map(tile => [tile.id, tile.querySelector("i").textContent]))"""
BUSY = "() => { const end = performance.now() + 80; while (performance.now() < end); }"
"""A task that is too long, to see that such are seen."""


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        url = f"sqlite:///{folder / 'region.db'}"
        region = stack.enter_context(site(folder, url, booths=TILES, days=2))
        yield _viewers(region)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        page = browser.new_context(viewport=WALL).new_page()
        page.set_default_timeout(PATIENCE_MS)
        _sign_in(page, region.url)
        paints = sorted(_paint(page, region.url) for _ in range(LOADS))
        size_kb = page.evaluate(ON_THE_WAY) / 1000
        yield _figure(
            "monitor.wall11k_ms",
            median(paints),
            "ms",
            1000,
            f"first contentful paint of {TILES} tiles, min {paints[0]:.0f}, max "
            f"{paints[-1]:.0f}, {LOADS} loads",
        )
        yield _figure("monitor.wall11k_kb", size_kb, "kB", 300, "the page as it travels")
        tasks = _changing(page, region)
        yield _figure(
            "monitor.wall11k_task_ms",
            max(tasks, default=0),
            "ms",
            50,
            f"longest task of the browser in {SECONDS} s with {TILES // 50} tiles "
            f"changing each second; {len(tasks)} over 50 ms",
        )


def _figure(name: str, value: float, unit: str, limit: float, note: str) -> dict[str, Any]:
    return {"name": name, "value": round(value), "unit": unit, "limit": limit, "note": note}


def _sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/signin")
    page.fill("[name=name]", "man-hinh")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#wall", state="attached")


def _paint(page: Page, url: str) -> float:
    page.goto(url)
    count = page.evaluate("document.querySelectorAll('.t').length")
    if count != TILES:
        raise RuntimeError(f"{count} tiles")
    return float(page.evaluate(PAINTED))


def _changing(page: Page, region: Site) -> list[float]:
    """Durations of the browser's long tasks while tiles change; those of the load are not in it."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(2000)
    before = page.evaluate(DONE)
    page.evaluate(WATCH)
    page.evaluate(f"setTimeout({BUSY}, 0)")
    page.wait_for_timeout(500)
    if not page.evaluate("window.tasks.splice(0).length"):
        raise RuntimeError("the browser does not tell of long tasks")
    codes = [booth.code for booth in region.made.booths]
    for second in range(SECONDS):
        began = time.monotonic()
        some = codes[second * TILES // 50 : (second + 1) * TILES // 50]
        with region.engine.begin() as connection:
            for part in range(0, len(some), 100):
                mine = some[part : part + 100]
                connection.execute(
                    update(hour)
                    .where(hour.c.station.in_(mine), hour.c.at >= region.made.midnight)
                    .values(sealed=hour.c.sealed + 1)
                )
                connection.execute(
                    update(station)
                    .where(station.c.station.in_(mine))
                    .values(changed_at=region.now())
                )
        page.wait_for_timeout(max(0.0, 1000 * (began + 1 - time.monotonic())))
    found: list[float] = []
    ends = time.monotonic() + PATIENCE_MS / 1000
    while True:
        page.wait_for_timeout(2000)
        found += page.evaluate("window.tasks.splice(0)")
        after = page.evaluate(DONE)  # a long task itself: not counted
        changed = sum(before[code] != after[code] for code in after)
        if changed == SECONDS * (TILES // 50):
            return found
        if time.monotonic() > ends:
            raise RuntimeError(f"{changed} tiles changed on the page")
        page.wait_for_timeout(500)
        page.evaluate("window.tasks.splice(0)")


def _viewers(region: Site) -> dict[str, Any]:
    """Memory of the pages' process before and after ``VIEWERS`` open a booth's page."""
    address = urlsplit(region.url)
    at = (str(address.hostname), int(address.port or 80))
    token = _token(at)
    process = psutil.Process(region.pid)
    streams = [_stream(at, token) for _ in range(10)]  # what the first ones cost is everybody's
    time.sleep(5)
    before = process.memory_full_info().uss
    streams += [_stream(at, token) for _ in range(VIEWERS)]
    time.sleep(10)
    after = process.memory_full_info().uss
    for stream in streams:
        stream.close()
    gc.collect()
    return _figure(
        "monitor.viewer_kb",
        (after - before) / VIEWERS / 1000,
        "kB",
        200,
        f"memory for each of {VIEWERS} open pages of a booth",
    )


def _token(at: tuple[str, int]) -> str:
    connection = http.client.HTTPConnection(*at)
    form = urlencode({"name": "man-hinh", "password": PASSWORD})
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/signin", form, head)
    answer = connection.getresponse()
    cookie = answer.getheader("set-cookie") or ""
    connection.close()
    return cookie.partition(";")[0]


def _stream(at: tuple[str, int], cookie: str) -> socket.socket:
    """A browser's event stream, open, its first regions read."""
    stream = socket.create_connection(at, timeout=60)
    path = "/live/page?" + urlencode({"at": "/booth/TH0001", "lang": "vi"})
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {at[0]}\r\nCookie: {cookie}\r\n\r\n".encode())
    heard = b""
    while b"event: regions" not in heard:
        some = stream.recv(65_536)
        if not some:
            raise RuntimeError(heard.decode("utf-8", "replace")[:300])
        heard += some
    return stream
