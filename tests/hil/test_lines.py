"""The Pi's own lines through pigpiod: gpiozero on the real ``pigpio`` client, on a twin."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pigpio
import pytest

from controller.devices.lines import GpioLines, Wire, Wiring
from controller.devices.lines.board import Board, source
from controller.devices.ports import DeviceStatus, Health, Power, Press
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from tests.hil.pigpio_daemon import BUTTON, LOW, MAINS, RUN, Daemon
from tests.patience import CEILING_S

WIRING = Wiring(Wire(MAINS, True), Wire(LOW, False), Wire(BUTTON, False), RUN)


@asynccontextmanager
async def opened(
    daemon: Daemon, wiring: Wiring = WIRING, *, ready: bool = True
) -> AsyncIterator[GpioLines]:
    lines = GpioLines(f"pigpio:{daemon.address}", wiring)
    await lines.start()
    try:
        if ready:
            await until(lambda: lines.status.health is Health.READY, "lines ready")
        yield lines
    finally:
        await lines.close()


async def until(true: Callable[[], object], what: str) -> None:
    deadline = asyncio.get_running_loop().time() + CEILING_S
    while not true():
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain for: {what}"
        await asyncio.sleep(0.01)


async def failed(lines: GpioLines, fault: FaultCode) -> None:
    await until(lambda: lines.status.fault is fault, f"{fault} (is {lines.status})")


# ---- the twin, as the daemon's own client sees it ------------------------------------------


async def test_the_pigpio_client_reads_writes_and_hears_edges(daemon: Daemon) -> None:
    host, _, port = daemon.address.partition(":")
    client = pigpio.pi(host, int(port))
    try:
        assert client.connected
        assert client.get_pigpio_version() == 79
        client.set_mode(BUTTON, pigpio.INPUT)
        client.set_pull_up_down(BUTTON, pigpio.PUD_UP)
        assert client.read(BUTTON) == 1
        edges: list[tuple[int, int]] = []
        heard = client.callback(
            BUTTON, pigpio.EITHER_EDGE, lambda g, level, _: edges.append((g, level))
        )
        for level in (0, 1, 0, 1):
            daemon.drive(BUTTON, level)
            daemon.drive(LOW, level)  # nobody listens to this one
        await until(lambda: len(edges) == 3, "the edges")
        # It was pulled up after the client had read it as low: to the client, it never fell.
        assert edges == [(BUTTON, 1), (BUTTON, 0), (BUTTON, 1)]
        heard.cancel()
        client.write(RUN, 1)
        assert client.get_mode(RUN) == pigpio.OUTPUT
        assert daemon.do("pin", gpio=RUN)["level"] == 1
    finally:
        client.stop()


async def test_the_pigpio_client_is_told_what_it_may_not(daemon: Daemon) -> None:
    host, _, port = daemon.address.partition(":")
    client = pigpio.pi(host, int(port))
    daemon.do("fault", kind="forbid", gpio=RUN)
    try:
        refused: tuple[tuple[Callable[[], object], str], ...] = (
            (lambda: client.read(28), "GPIO not 0-53"),
            (lambda: client.write(LOW, 2), "level not 0-1"),
            (lambda: client.set_pull_up_down(LOW, 3), "pud not 0-2"),
            (lambda: client.write(RUN, 0), "no permission to update GPIO"),
            (lambda: client.wave_clear(), "unknown command"),
        )
        for wrong, words in refused:
            with pytest.raises(pigpio.error, match=words):
                wrong()
    finally:
        client.stop()


# ---- what the lines say --------------------------------------------------------------------


async def test_the_mains_fail_the_battery_runs_low_and_the_mains_come_back(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        heard: list[Power] = []
        lines.on_power = heard.append
        daemon.drive(MAINS, 1)
        await failed(lines, FaultCode.ON_BATTERY)
        daemon.drive(LOW, 0)
        await failed(lines, FaultCode.LOW_VOLTAGE)
        daemon.drive(LOW, 1)
        await failed(lines, FaultCode.ON_BATTERY)
        daemon.drive(MAINS, 0)
        await until(lambda: lines.status.health is Health.READY, "mains again")
        assert heard == [Power.BATTERY, Power.LOW, Power.BATTERY, Power.MAINS]


async def test_a_wire_that_has_come_off_reads_as_no(daemon: Daemon) -> None:
    daemon.drive(MAINS, 1)
    async with opened(daemon, ready=False) as lines:
        await failed(lines, FaultCode.ON_BATTERY)
        daemon.drive(MAINS, None)
        await until(lambda: lines.power is Power.MAINS, "mains by the pull resistor")
        pulls = [daemon.do("pin", gpio=gpio)["pull"] for gpio in (MAINS, LOW, BUTTON, RUN)]
        assert pulls == ["down", "up", "up", "floating"]


async def test_presses_are_told_by_their_length(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        presses: list[Press] = []
        lines.on_press = presses.append
        daemon.drive(BUTTON, 0)
        await asyncio.sleep(0.1)  # the finger stays: the time is what is tested
        daemon.drive(BUTTON, 1)
        await until(lambda: presses, "a press")
        daemon.drive(BUTTON, 0)
        await until(lambda: len(presses) == 2, "a long press, still held")
        daemon.drive(BUTTON, 1)
        assert presses == [Press.SHORT, Press.LONG]


async def test_a_press_between_two_readings_is_heard_by_its_edges(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        presses: list[Press] = []
        lines.on_press = presses.append
        for n in range(10):
            daemon.drive(BUTTON, 0)
            await asyncio.sleep(0.06)  # a tenth of a second apart, the levels are read every 0.25 s
            daemon.drive(BUTTON, 1)
            await until(lambda: len(presses) > n, f"press {n + 1}")  # noqa: B023  (waited for)


async def test_the_first_press_is_heard_by_both_its_edges(daemon: Daemon) -> None:
    """Of a button alone: no edge of another line wakes a reading of this one."""
    wiring = Wiring(service=Wire(BUTTON, False))
    edges: list[bool] = []
    board = Board(source(f"pigpio:{daemon.address}"), wiring, lambda _, down: edges.append(down))
    try:
        daemon.drive(BUTTON, 0)
        daemon.drive(BUTTON, 1)
        await until(lambda: False in edges, "the button up")
        assert edges == [True, False]
    finally:
        board.close()


# ---- the Pico's RUN ------------------------------------------------------------------------


async def test_run_is_low_for_a_tenth_of_a_second_and_an_input_again(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        await lines.reset_pico()
        run = daemon.do("pin", gpio=RUN)
        (low_ms,) = run["lows"]
        assert low_ms >= 100
        assert (run["mode"], run["pull"]) == ("input", "floating")


async def test_a_run_that_somebody_left_low_is_let_go_at_the_start(daemon: Daemon) -> None:
    """A station that was killed in the middle of the pulse: its pin stays as it was driven."""
    host, _, port = daemon.address.partition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(struct.pack("<IIII", 4, RUN, 0, 0))
        line.recv(16)
    assert daemon.do("pin", gpio=RUN)["mode"] == "output"
    async with opened(daemon):
        assert daemon.do("pin", gpio=RUN)["mode"] == "input"


async def test_a_reset_that_is_asked_of_a_daemon_that_has_gone_is_refused(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        daemon.end()
        with pytest.raises(DeviceFault):
            await lines.reset_pico()
        assert daemon.do("pin", gpio=RUN)["lows"] == []  # nor done to the next one


async def test_pins_that_the_daemon_keeps_from_us_are_refused(daemon: Daemon) -> None:
    daemon.do("fault", kind="forbid", gpio=MAINS)
    async with opened(daemon, ready=False) as lines:
        await failed(lines, FaultCode.REFUSED)
        assert "no permission" in lines.status.detail
        daemon.do("heal")
        await until(lambda: lines.status.health is Health.READY, "lines ready")


# ---- the daemon goes and comes -------------------------------------------------------------


async def test_no_daemon_is_not_found_and_one_that_comes_is_taken(daemon: Daemon) -> None:
    daemon.end()
    async with opened(daemon, ready=False) as lines:
        await failed(lines, FaultCode.NOT_FOUND)
        assert daemon.address in lines.status.detail
        daemon.do("state")
        await until(lambda: lines.status.health is Health.READY, "lines ready")


async def test_killed_and_restarted_and_what_changed_meanwhile_is_read(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        for level, power in ((1, Power.BATTERY), (0, Power.MAINS)):
            daemon.end()
            await failed(lines, FaultCode.DISCONNECTED)
            daemon.drive(MAINS, level)
            await until(lambda: lines.power is power, power)  # noqa: B023  (waited for)


async def test_the_battery_is_not_forgotten_while_nobody_can_say(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        daemon.drive(MAINS, 1)
        await failed(lines, FaultCode.ON_BATTERY)
        daemon.end()
        await failed(lines, FaultCode.DISCONNECTED)
        assert lines.power is Power.BATTERY


async def test_a_daemon_that_hangs_does_not_hang_the_station(daemon: Daemon) -> None:
    async with opened(daemon) as lines:
        daemon.do("fault", kind="silence")
        await failed(lines, FaultCode.NO_ANSWER)
        daemon.do("heal")
        await until(lambda: lines.status.health is Health.READY, "lines ready")
        assert lines.power is Power.MAINS


async def test_a_daemon_that_hangs_from_the_start_is_found_out(daemon: Daemon) -> None:
    daemon.do("fault", kind="silence")
    async with opened(daemon, ready=False) as lines:
        await failed(lines, FaultCode.NO_ANSWER)


async def test_nothing_is_left_of_a_daemon_that_went(daemon: Daemon) -> None:
    """pigpio's thread spins when its line is closed; nine losses leave no thread and no socket."""
    async with opened(daemon) as lines:
        threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
        for _ in range(9):
            daemon.do("fault", kind="disconnect")
            await failed(lines, FaultCode.DISCONNECTED)
            daemon.do("heal")
            await until(lambda: lines.status.health is Health.READY, "lines ready")
        await until(lambda: threading.active_count() <= threads, "threads end")
        assert len(os.listdir("/proc/self/fd")) <= files + 1


async def test_somebody_else_at_the_port_is_told_from_pigpiod() -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lines = GpioLines(f"pigpio:127.0.0.1:{port}", WIRING)
    heard: list[DeviceStatus] = []
    lines.on_status = heard.append
    await lines.start()
    try:
        await failed(lines, FaultCode.BAD_DATA)
    finally:
        await lines.close()
        server.close()
