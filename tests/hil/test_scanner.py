"""The document scanner on the rig's port, and the cutting of its bytes into scans."""

from __future__ import annotations

import asyncio
import errno
import termios
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.devices.ports import Health
from controller.devices.scanner import UNREAD_SCANS, ScanLines, SerialScanner
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from tests.hil.rig import LiveRig
from tests.patience import CEILING_S

CARD = "001201012345|123456789|Nguyễn Văn Đức|01012001|Nam|Thôn Đoài, Hà Nội|01012021"


async def until(true: Callable[[], object], what: str) -> None:
    """Wait for a condition; the test fails when it does not come."""
    deadline = time.monotonic() + CEILING_S
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def ready(port: str) -> AsyncIterator[SerialScanner]:
    scanner = SerialScanner(port)
    await scanner.start()
    try:
        await until(lambda: scanner.status.health is Health.READY, "scanner ready")
        yield scanner
    finally:
        await scanner.close()


async def next_scan(scanner: SerialScanner) -> bytes:
    async with asyncio.timeout(CEILING_S):
        return await anext(scanner.scans())


# ---- on the rig ----------------------------------------------------------------------------


@pytest.mark.needs("scanner")
async def test_the_port_opens(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        assert rig.port("scanner") in scanner.status.detail


@pytest.mark.needs("scanner", "hands")
async def test_scans_that_nobody_reads_are_lost_and_the_scanner_goes_on(rig: LiveRig) -> None:
    hand = rig.hand("scanner")
    for _ in range(8):
        await asyncio.to_thread(hand.do, "scan", text="x" * 4000)
    async with ready(rig.port("scanner")) as scanner:
        await asyncio.to_thread(hand.do, "scan", text=CARD)
        async with asyncio.timeout(CEILING_S):
            while CARD.encode() not in await anext(scanner.scans()):
                pass


@pytest.mark.needs("scanner", "hands")
@pytest.mark.parametrize("end", ["cr", "lf", "crlf", "none"])
async def test_a_scan_comes_byte_for_byte_whatever_the_line_end(rig: LiveRig, end: str) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("scan", text=CARD, end=end)
        assert await next_scan(scanner) == CARD.encode()
        rig.hand("scanner").do("scan", text="second", end=end)
        assert await next_scan(scanner) == b"second"


@pytest.mark.needs("scanner", "hands")
async def test_mojibake_goes_out_as_it_came(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("scan", text=CARD, mojibake="shift_jis")
        scan = await next_scan(scanner)
    assert scan != CARD.encode()
    assert scan == CARD.encode().decode("shift_jis", "replace").encode()


@pytest.mark.needs("scanner", "faults")
async def test_half_a_scan_is_given_and_does_not_stick_to_the_next(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("fault", kind="partial")
        rig.hand("scanner").do("scan", text=CARD)
        half = await next_scan(scanner)
        assert half == CARD.encode()[: len(CARD.encode()) // 2]
        rig.hand("scanner").do("scan", text=CARD)
        assert await next_scan(scanner) == CARD.encode()


@pytest.mark.needs("scanner", "faults")
async def test_an_unplugged_scanner_is_said_and_found_again(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("fault", kind="disconnect")
        await until(lambda: scanner.status.fault is FaultCode.DISCONNECTED, "unplugged")
        with pytest.raises(DeviceFault) as caught:
            await scanner.self_test()
        assert caught.value.code is FaultCode.DISCONNECTED
        rig.hand("scanner").do("heal")
        await until(lambda: scanner.status.health is Health.READY, "scanner back")
        rig.hand("scanner").do("scan", text=CARD)
        assert await next_scan(scanner) == CARD.encode()


@pytest.mark.needs("scanner")
async def test_a_line_pulled_while_it_is_being_opened_is_found_again(
    rig: LiveRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyserial then lets the kernel's answer through as ``termios.error``, which is no OSError."""
    flush = termios.tcflush

    def pulled(descriptor: int, queue: int) -> None:
        monkeypatch.setattr(termios, "tcflush", flush)
        raise termios.error(errno.EIO, "Input/output error")

    port = rig.port("scanner")
    monkeypatch.setattr(termios, "tcflush", pulled)
    async with ready(port):
        assert termios.tcflush is flush


@pytest.mark.needs("scanner", "faults")
async def test_a_corrupted_scan_and_a_lost_one_leave_the_line_in_step(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("fault", kind="corrupt")
        rig.hand("scanner").do("scan", text="A" * 40)
        damaged = await next_scan(scanner)
        assert len(damaged) == 40
        assert damaged != b"A" * 40
        rig.hand("scanner").do("fault", kind="silence")
        rig.hand("scanner").do("scan", text="lost")
        rig.hand("scanner").do("scan", text="heard")
        assert await next_scan(scanner) == b"heard"


@pytest.mark.needs("scanner", "hands")
async def test_the_technicians_scan_goes_to_nobody_else(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        test = asyncio.create_task(scanner.self_test())
        await asyncio.sleep(0)
        rig.hand("scanner").do("scan", text="12345")
        assert "5 bytes" in await test
        rig.hand("scanner").do("scan", text="for the desk")
        assert await next_scan(scanner) == b"for the desk"


@pytest.mark.needs("scanner", "hands")
async def test_scans_that_nobody_reads_do_not_pile_up(rig: LiveRig) -> None:
    async with ready(rig.port("scanner")) as scanner:
        rig.hand("scanner").do("scan", text="old", repeat=UNREAD_SCANS + 5)
        rig.hand("scanner").do("scan", text="new")
        scans = [await next_scan(scanner)]
        while scans[-1] != b"new":
            scans.append(await next_scan(scanner))
    assert len(scans) <= UNREAD_SCANS


async def test_a_scanner_that_was_never_there_is_not_found(tmp_path: object) -> None:
    scanner = SerialScanner(f"{tmp_path}/no-such-port")
    await scanner.start()
    try:
        await until(lambda: scanner.status.health is Health.FAILED, "failed")
        assert scanner.status.fault is FaultCode.NOT_FOUND
    finally:
        await scanner.close()


# ---- framing -------------------------------------------------------------------------------

contents = st.lists(
    st.binary(min_size=1, max_size=60).filter(lambda b: not set(b) & set(b"\r\n")), max_size=8
)
ends = st.sampled_from([b"\r", b"\n", b"\r\n"])


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(contents, ends, st.lists(st.integers(0, 1000), max_size=20))
def test_scans_come_out_whole_however_the_bytes_come_in(
    sent: list[bytes], end: bytes, cuts: list[int]
) -> None:
    lines = ScanLines()
    data = b"".join(content + end for content in sent)
    got = [scan for piece in in_pieces(data, cuts) for scan in lines.feed(piece)]
    assert got == sent
    assert lines.idle() == [], "nothing is left over"


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=20))
def test_noise_never_becomes_an_empty_oversize_or_two_line_scan(
    noise: bytes, cuts: list[int]
) -> None:
    lines = ScanLines(longest=20)
    scans = [scan for piece in in_pieces(noise, cuts) for scan in lines.feed(piece)]
    scans += lines.idle()
    for scan in scans:
        assert 0 < len(scan) <= 20
        assert not set(scan) & set(b"\r\n")


@given(
    st.binary(min_size=21, max_size=200).filter(lambda b: not set(b) & set(b"\r\n")),
    ends,
    st.lists(st.integers(0, 1000), max_size=10),
)
def test_an_oversize_line_is_dropped_whole_and_the_next_is_heard(
    oversize: bytes, end: bytes, cuts: list[int]
) -> None:
    lines = ScanLines(longest=20)
    data = oversize + end + b"next" + end
    assert [s for piece in in_pieces(data, cuts) for s in lines.feed(piece)] == [b"next"]


@given(st.binary(min_size=1, max_size=60).filter(lambda b: not set(b) & set(b"\r\n")))
def test_silence_ends_a_scan_without_line_end(content: bytes) -> None:
    lines = ScanLines()
    assert lines.feed(content) == []
    assert lines.idle() == [content]
    assert lines.idle() == []
