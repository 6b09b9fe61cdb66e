"""What a cut leaves of a disk, on a stream written by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.vm_cuts.disk import Platter
from tests.vm_cuts.stream import SECTOR, Cut, Malformed, boundaries, draw, requests, written_by

FLUSH, FUA = 1, 2


def logged(path: Path, *entries: tuple[int, int, bytes]) -> Path:
    """A log of (sector, flags, data)."""
    content = struct.pack("<QQQI", 0x6A736677736872, 1, len(entries), SECTOR).ljust(SECTOR, b"\0")
    for sector, flags, data in entries:
        entry = struct.pack("<QQQQ", sector, len(data) // SECTOR, flags, 0)
        content += entry.ljust(SECTOR, b"\0") + data
    path.write_bytes(content)
    return path


def sectors(letters: str) -> bytes:
    return b"".join(letter.encode() * SECTOR for letter in letters)


def line(path: Path) -> Path:
    """Two writes, a flush, three writes (the last is on the platter when it ends), a flush."""
    return logged(
        path,
        (0, 0, sectors("ab")),
        (4, 0, sectors("c")),
        (0, FLUSH, b""),
        (0, 0, sectors("AB")),
        (4, 0, sectors("CD")),
        (6, FUA, sectors("E")),
        (0, FLUSH, b""),
    )


def test_flushed_writes_are_there_and_of_the_others_what_was_chosen(tmp_path: Path) -> None:
    log = line(tmp_path / "log")
    (tmp_path / "image").write_bytes(sectors("........"))
    platter = Platter(tmp_path / "image", log, list(requests(log)))
    bare = platter.after(Cut(0, 3, 3), tmp_path / "copy").read_bytes()
    assert bare == sectors("ab..c...")
    torn = platter.after(Cut(1, 3, 5, ((3, 1, 1), (4, 0, 1))), tmp_path / "copy").read_bytes()
    assert torn == sectors("aB..C...")
    whole = platter.after(Cut(2, 7, 7), tmp_path / "copy").read_bytes()
    assert whole == sectors("AB..CDE.")
    platter.close()


def test_every_flush_is_a_cut_and_the_others_lie_between_two(tmp_path: Path) -> None:
    stream = list(requests(line(tmp_path / "log")))
    cuts = draw(stream, 0, 40, seed=3)
    assert cuts == draw(stream, 0, 40, seed=3) != draw(stream, 0, 40, seed=4)
    assert [cut.begun for cut in cuts if cut.kind == "flush"] == boundaries(stream) == [3, 7]
    between = [cut for cut in cuts if cut.kind != "flush"]
    assert len(between) == 40
    for cut in between:
        assert cut.flushed == 3 < cut.begun <= 6
        assert all(cut.flushed <= i < cut.begun for i, _, _ in cut.pieces)
        assert all(first + n <= stream[i].sectors for i, first, n in cut.pieces)
    assert {cut.kind for cut in between} == {"any", "torn", "but one", "one", "all", "none"}


def test_what_was_told_holds_at_every_cut_behind_the_request_before_it(tmp_path: Path) -> None:
    log = line(tmp_path / "log")
    stream = list(requests(log))
    assert [written_by(stream, request.at) for request in stream] == list(range(7))
    assert written_by(stream, stream[3].at + 1) == 4, "a request that is being written had come"
    assert written_by(stream, log.stat().st_size) == 7


def test_a_request_whose_recording_ended_within_it_never_came(tmp_path: Path) -> None:
    log = line(tmp_path / "log")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 2 * SECTOR - 1)
    assert len(list(requests(log))) == 5


def test_another_file_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(sectors("x"))
    with pytest.raises(Malformed):
        list(requests(tmp_path / "log"))


def test_before_the_first_flush_a_log_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(4096))
    assert list(requests(tmp_path / "log")) == []
