"""The wall of 3,321 booths: how soon it is painted, and how soon a fact is on it.

Everything is real: a journal that is appended to, ``tram edge``, mosquitto, ``tram monitor`` over
SQLite, Chromium. A fact's time runs from the journal's append to the change of its booth's tile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from edge.journal import events as e
from edge.journal.store import Journal
from edge.report.orders import Role
from ground.clock import SystemClock
from hw.twins.booth import die_with_parent
from hw.twins.broker import Broker, running
from hw.twins.time_service import TimeService
from monitor import access
from monitor.store.database import open_store
from tests.console_monitor.conftest import CHROMIUM, FLAGS, PASSWORD, WALL
from tests.console_monitor.region_of_data import BOOTHS, write
from tram.certificates.authority import for_broker

CODE, PLACE = "ZZ0001", "vn/thanh-hoa/bim-son"
PAINTS, FACTS = 7, 40
PATIENCE_MS = 60_000.0
WATCH = """code => {
  const tile = () => document.getElementById(code);
  window.changes = [];
  let before = tile() ? tile().textContent : "";
  new MutationObserver(() => {
    const now = tile() ? tile().textContent : "";
    if (now === before) return;
    before = now;
    window.changes.push(Date.now());
    window.told?.();
  }).observe(document.getElementById("wall"),
             {subtree: true, childList: true, characterData: true});
}"""
CHANGED = """appended => new Promise(done => {
  window.told = () => window.changes.at(-1) >= appended && done(window.changes.at(-1));
  window.told();
})"""
PAINTED = """() => new Promise(done => new PerformanceObserver(list => list.getEntries()
  .filter(entry => entry.name === "first-contentful-paint").forEach(entry => done(entry.startTime)))
  .observe({type: "paint", buffered: true}))"""
"""Promises: the region's pages let no script be made of text, so nothing can poll in them."""


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        broker = stack.enter_context(running(folder / "broker", tls=for_broker(folder / "tls")))
        url = stack.enter_context(_region(folder, broker))
        journal = stack.enter_context(_booth(folder, broker))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        page = _signed_in(browser, url)
        paints = sorted(_paint(page, url) for _ in range(PAINTS))
        page.wait_for_selector(f"#{CODE}", timeout=PATIENCE_MS)
        delays = sorted(_delays(page, journal))
    p95 = quantiles(delays, n=20)[-1]
    yield {
        "name": "monitor.page_ms",
        "value": round(median(paints)),
        "unit": "ms",
        "limit": 250,
        "note": f"first contentful paint of {BOOTHS + 1} booths, min {paints[0]:.0f}, "
        f"max {paints[-1]:.0f}, {PAINTS} loads",
    }
    yield {
        "name": "monitor.fact_to_screen_s",
        "value": round(p95 / 1000, 2),
        "unit": "s",
        "limit": 1.0,
        "note": f"95th percentile of {FACTS} facts; min {delays[0] / 1000:.2f}, "
        f"median {median(delays) / 1000:.2f}, max {delays[-1] / 1000:.2f}",
    }


@contextmanager
def _program(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tram", *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=die_with_parent,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _region(folder: Path, broker: Broker) -> Iterator[str]:
    """``tram monitor`` over a region that has been at work for a week; the address of its pages."""
    store = f"sqlite:///{folder / 'region.db'}"
    engine = open_store(store)
    now = time.time_ns() // 1_000_000
    write(engine, now, days=7)
    access.add_account(engine, "wall", PASSWORD, Role.VIEWER, "", by="bench", now=now)
    engine.dispose()
    config = folder / "monitor.toml"
    assert broker.authority is not None
    config.write_text(
        f'db = "{store}"\nworkers = [["vn-thanh-hoa"]]\n[web]\nport = 0\n'
        f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\nca = "{broker.authority.ca}"\n'
    )
    with _program(["monitor", "--config", str(config)], folder / "monitor.log") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("web "):
                yield line.split()[1]
                return
        raise RuntimeError((folder / "monitor.log").read_text()[-2000:])


@contextmanager
def _booth(folder: Path, broker: Broker) -> Iterator[Journal]:
    """A station's journal with ``tram edge`` behind it."""
    data = folder / "data"
    data.mkdir()
    assert broker.authority is not None
    flag = TimeService(folder / "time").synchronise()
    config = folder / "station.toml"
    config.write_text(
        f'[station]\ncode = "{CODE}"\nname = "Bỉm Sơn"\naddress = "x"\nregion = "{PLACE}"\n'
        f'clock_flag = "{flag}"\n[paths]\ndata = "{data}"\n'
        f'[uplink]\nhost = "{broker.host}"\nport = {broker.port}\nca = "{broker.authority.ca}"\n'
    )
    journal = Journal(data / "journal.db", CODE, SystemClock(flag=flag))
    journal.append(e.StationStarted("0.1.0"), e.OperatorUnlocked("OP1"))
    with _program(["edge", "--config", str(config)], folder / "edge.log"):
        yield journal
    journal.close()


def _signed_in(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport=WALL).new_page()
    page.goto(f"{url}/signin")
    page.fill("[name=name]", "wall")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#wall", timeout=PATIENCE_MS)
    return page


def _paint(page: Page, url: str) -> float:
    page.goto(url)
    return float(page.evaluate(PAINTED))


def _delays(page: Page, journal: Journal) -> Iterator[float]:
    """Ms from the append of each dossier's last row to the change of the booth's tile."""
    page.evaluate(WATCH, CODE)
    digest = "0" * 64
    for number in range(1, FACTS + 1):
        id = f"{CODE}-{number:06}-0"
        journal.append(
            e.DossierOpened(1),
            e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.IN_PERSON),
            e.Sealed(digest, 500_000, 1),
            e.DossierClosed(100),
            dossier=id,
        )
        appended_ms = time.time_ns() / 1_000_000
        yield float(page.evaluate(CHANGED, int(appended_ms))) - appended_ms
