"""What crosses the wire to the Pico tells of nobody: papers go over it as pictures only.

The station is given a pty of the test's instead of the Pico's port; the test carries the bytes to
the twin and back and keeps a copy. Whoever taps the cable of a booth sees as much.
"""

from __future__ import annotations

import base64
import contextlib
import os
import select
import subprocess
import sys
import threading
import tty
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from firmware import wire
from hw.twins.booth import Booth
from hw.twins.population import people
from hw.twins.printer_escpos import Cut, Feed, Initialise, Parser, Raster
from tests.patience import CEILING_S
from tests.privacy.test_demo_leaks_nothing import leaks
from tram.demo.booth import OPERATOR, prepare
from tram.demo.booth import Booth as DemoBooth

LOST = "Nguyễn Văn Lạc"
"""Somebody's name in an address that the station does not know."""
CITIZENS, SEED, SPEED = 3, 4, 40.0


class Tap(threading.Thread):
    """Carries bytes between a pty of its own (``port``) and the Pico's, and keeps them."""

    def __init__(self, pico: str) -> None:
        super().__init__(daemon=True)
        self._station, self._shown = os.openpty()
        tty.setraw(self._shown)
        self._pico = os.open(pico, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._pico)
        self._ended, self._ender = os.pipe()
        self.port = os.ttyname(self._shown)
        self.down = b""
        self.up = b""

    def run(self) -> None:
        while True:
            ready, _, _ = select.select([self._station, self._pico, self._ended], [], [])
            if self._ended in ready:
                return
            if self._station in ready:
                data = os.read(self._station, 4096)
                self.down += data
                os.write(self._pico, data)
            if self._pico in ready:
                data = os.read(self._pico, 4096)
                self.up += data
                os.write(self._station, data)

    def end(self) -> None:
        os.write(self._ender, b".")
        self.join()
        for end in (self._station, self._shown, self._pico, self._ended, self._ender):
            os.close(end)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tap, str]]:
    """A crowd was served; what crossed the wire, and the station's log."""
    data = tmp_path_factory.mktemp("wire") / "data"
    data.mkdir()
    demo = DemoBooth(data, CITIZENS, SPEED, SEED)
    environment = os.environ | {"TRAM_PASSPHRASE": prepare(demo)}
    booth = Booth(data / "dev", SPEED, SEED)
    booth.start_all()
    tap = Tap(booth.port("pico"))
    tap.start()
    config = data / "station.toml"
    config.write_text(config.read_text().replace(str(data / "dev" / "pico"), tap.port))
    log = data / "station.log"
    with log.open("w") as stderr:
        station = subprocess.Popen(
            [sys.executable, "-m", "tram", "station", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment,
        )
    try:
        assert station.stdout
        address = station.stdout.readline().split()[1]
        for place in (f"/{quote(LOST)}", f"/api/v1/state?name={quote(LOST)}"):
            with contextlib.suppress(HTTPError):
                urlopen(address + place).read()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "hw.twins.crowd",
                "--api",
                address,
                "--folder",
                str(data / "dev"),
                "--citizens",
                str(CITIZENS),
                "--speed",
                str(SPEED),
                "--seed",
                str(SEED),
                "--operator",
                OPERATOR,
            ],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
            timeout=CEILING_S,
        )
        yield tap, log.read_text()
    finally:
        station.terminate()
        station.communicate(timeout=CEILING_S)
        tap.end()
        booth.end_all()


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, str]]:
    return list(people(CITIZENS, SEED, datetime.now(UTC).date()))


def frames(data: bytes) -> list[list[int | str]]:
    return [wire.decode(line) for line in wire.Lines().feed(data)]


def papers(data: bytes) -> list[bytes]:
    """The printer data of each job, repeats left out, in order."""
    jobs: dict[int, dict[int, bytes]] = {}
    for _, op, *arguments in frames(data):
        if op == "print":
            job, index, text = arguments
            packed = base64.b64decode(str(text))
            jobs.setdefault(int(job), {})[int(index)] = zlib.decompress(packed, -wire.DEFLATE_BITS)
    return [b"".join(chunks[i] for i in sorted(chunks)) for chunks in jobs.values()]


def test_no_byte_on_the_wire_tells_of_anybody(
    day: tuple[Tap, str], crowd: list[dict[str, str]]
) -> None:
    tap, _ = day
    assert leaks(tap.down, crowd) == []
    assert leaks(tap.up, crowd) == []
    assert len(papers(tap.down)) >= CITIZENS


def test_papers_cross_it_as_pictures_only(
    day: tuple[Tap, str], crowd: list[dict[str, str]]
) -> None:
    tap, _ = day
    for paper in papers(tap.down):
        assert leaks(paper, crowd) == []
        parser, left, commands = Parser(), bytearray(paper), []
        while command := parser.take(left):
            commands.append(command)
        assert parser.unknown == 0, "text or a command that is no picture"
        assert {type(command) for command in commands} <= {Initialise, Raster, Feed, Cut}
        assert any(isinstance(command, Raster) for command in commands)


def test_everything_else_on_it_is_a_known_word_or_a_number(day: tuple[Tap, str]) -> None:
    words = {*wire.SCENES, *wire.SOUNDS, *wire.EVENTS, *wire.PRINTER_STATES, *wire.CAUSES}
    tap, _ = day
    for _, op, *arguments in frames(tap.down):
        if op == "print":
            continue
        for argument in arguments:
            known = isinstance(argument, int) or argument in words
            assert known or all(c in "0123456789abcdef" for c in str(argument)), op


def test_the_stations_log_holds_no_addresses_that_were_asked_for(day: tuple[Tap, str]) -> None:
    _, log = day
    for sign in ("GET /", "POST /", "HTTP/1.1", "/api/v1/", LOST, quote(LOST)):
        assert sign not in log
