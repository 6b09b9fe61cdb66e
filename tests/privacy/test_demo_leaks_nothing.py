"""A demo runs; afterwards its people are looked for everywhere that is not sealed.

Searched: every file of the data folder (the journal's pages and write-ahead log included), every
log, what each twin said, command lines of every process, what crossed the wires of the Pico and
the sensor, and what the board and a stranger's state show. Forms: as written, without accents,
decomposed (NFD), UTF-16, upper and lower case; numbers with and without separators.
"""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from hw.twins.population import people
from tests.patience import CEILING_S

CITIZENS, SEED = 3, 4
SEALED = ("age-encryption.org/v1",)
TOO_SHORT = 6
"""Bytes of a form that could be anywhere by chance."""


def forms(text: str) -> set[bytes]:
    """What ``text`` may look like in a file."""
    bare = (
        "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        .replace("đ", "d")
        .replace("Đ", "D")
    )
    texts = {text, unicodedata.normalize("NFD", text), bare}
    texts |= {t.upper() for t in texts} | {t.lower() for t in texts}
    texts |= {ascii(text)[1:-1], text.replace(" ", "+"), text.replace(" ", "%20")}
    found = {t.encode() for t in texts} | {text.encode("utf-16-le")}
    return {form for form in found if len(form) >= TOO_SHORT}


def secrets_of(row: dict[str, str]) -> dict[str, set[bytes]]:
    """Every form of everything that tells about a person, by what it is."""
    day, month, year = (["", "", *row["birth"].split("/")])[-3:]
    births = {row["birth"], f"{year}-{month}-{day}", f"{day}{month}{year}", f"{year}{month}{day}"}
    told = {
        "name": forms(row["name"]),
        "residence": forms(row["residence"]),
        "hamlet": forms(row["hamlet"]),
    }
    for what in ("number", "old_number"):
        if number := row[what]:
            spaced = " ".join(number[i : i + 3] for i in range(0, len(number), 3))
            told[what] = forms(number) | forms(spaced)
    if day:
        told["birth"] = {birth.encode() for birth in births}
    return told


def leaks(content: bytes, rows: list[dict[str, str]]) -> list[str]:
    """What of the people is in ``content``: "name of 2" and the like, never the thing itself."""
    return [
        f"{what} of {index}"
        for index, row in enumerate(rows)
        for what, every in secrets_of(row).items()
        if any(form in content for form in every)
    ]


def is_sealed(content: bytes) -> bool:
    return content.startswith(tuple(s.encode() for s in SEALED))


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, str]]:
    return list(people(CITIZENS, SEED, datetime.now(UTC).date()))


class Watched:
    """What could be seen from outside while the demo ran."""

    def __init__(self) -> None:
        self.commands: set[str] = set()
        self.board = b""
        self.stranger = b""
        self.out = ""
        self.err = ""


RAN = "foreign code ran"


def foreign(folder: Path) -> Path:
    """A working directory with packages of our names, as the folder above a clone has one."""
    place = folder / "elsewhere"
    for package in ("tram", "hw", "ground", "edge", "controller", "monitor", "plan", "firmware"):
        (place / package).mkdir(parents=True)
        (place / package / "__init__.py").write_text(
            f"open({str(place / RAN)!r}, 'a').write(__name__)\nraise ImportError(__name__)\n"
        )
    return place


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Watched]]:
    """A demo that has run to its end, watched all the time."""
    data = tmp_path_factory.mktemp("privacy") / "demo"
    seen = Watched()
    options = ("--citizens", str(CITIZENS), "--speed", "40", "--seed", str(SEED), "--exit")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tram", "demo", *options, "--headless", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=foreign(data.parent),
    )
    assert process.stderr
    address = ""
    try:
        while not address:
            line = process.stderr.readline()
            assert line, "the demo told no address"
            seen.err += line
            if "operator console" in line:
                address = next(word for word in line.split() if word.startswith("http://"))
        deadline = time.monotonic() + CEILING_S
        own = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() < deadline:
            for child in own.children(recursive=True):
                try:
                    seen.commands.add(" ".join(child.cmdline()))
                except psutil.Error:
                    continue  # it ended meanwhile
            try:
                seen.board += urlopen(f"{address}/api/v1/board").read()
                seen.stranger += urlopen(f"{address}/api/v1/state").read()
            except OSError:
                continue  # not up yet, or over
            time.sleep(0.05)  # between looks; the demo needs the processor
        seen.out, rest = process.communicate(timeout=CEILING_S)
        seen.err += rest
        assert process.returncode == 0, seen.err
        yield data, seen
    finally:
        process.kill()
        process.wait()


def test_the_search_would_find_them(crowd: list[dict[str, str]]) -> None:
    row = crowd[0]
    day, month, year = row["birth"].split("/")
    for planted in (
        row["name"],
        unicodedata.normalize("NFD", row["name"]).lower(),
        row["number"],
        row["residence"].upper(),
        f"{year}-{month}-{day}",
        row["name"].replace(" ", "%20"),
    ):
        assert leaks(b"\0\1" + planted.encode() + b"|", crowd), ascii(planted)
    assert leaks(row["name"].encode("utf-16-le"), crowd)


def test_no_unsealed_file_holds_anybody(
    demo: tuple[Path, Watched], crowd: list[dict[str, str]]
) -> None:
    data, _ = demo
    looked_at = 0
    for path in sorted(data.rglob("*")):
        if not path.is_file() or path.is_socket():
            continue
        content = path.read_bytes()
        if is_sealed(content):
            continue
        looked_at += 1
        assert leaks(content, crowd) == [], path.relative_to(data)
    assert looked_at > 10
    names = {path.name for path in data.rglob("*")}
    assert {"journal.db", "station.log", "crowd.log", "twins.log"} <= names
    assert all(is_sealed(p.read_bytes()) for p in data.rglob("*.tram"))
    assert all(is_sealed(p.read_bytes()) for p in data.rglob("*.age"))


def test_no_file_name_tells_of_anybody(
    demo: tuple[Path, Watched], crowd: list[dict[str, str]]
) -> None:
    data, _ = demo
    names = "\n".join(str(path.relative_to(data)) for path in data.rglob("*"))
    assert leaks(names.encode(), crowd) == []


def test_nothing_seen_from_outside_tells_of_anybody(
    demo: tuple[Path, Watched], crowd: list[dict[str, str]]
) -> None:
    data, seen = demo
    passphrase = (data / "demo.passphrase").read_text().strip()
    assert any("tram station" in command for command in seen.commands), "processes were watched"
    assert seen.board
    assert seen.stranger
    for what, text in (
        ("command lines", "\n".join(seen.commands).encode()),
        ("the public board", seen.board),
        ("a stranger's state", seen.stranger),
        ("standard output", seen.out.encode()),
        ("standard error", seen.err.encode()),
    ):
        assert leaks(text, crowd) == [], what
    assert passphrase not in "\n".join(seen.commands), "anybody can list command lines"


def test_no_part_of_it_runs_what_lies_in_its_working_directory(
    demo: tuple[Path, Watched],
) -> None:
    data, _ = demo
    assert not (data.parent / "elsewhere" / RAN).exists()
