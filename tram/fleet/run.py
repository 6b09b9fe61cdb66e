"""The fleet's processes: each drives its share of the stations, this one tells how they are."""

from __future__ import annotations

import logging
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable
from ctypes import c_longlong
from dataclasses import astuple
from multiprocessing.sharedctypes import RawArray
from multiprocessing.synchronize import Event
from typing import Any

from ground.clock import SystemClock
from hw.twins.booth import die_with_parent
from tram.fleet.loop import Loop, Tally, descriptors_of
from tram.fleet.station import Plan, Station

STATUS_S = 0.3
PER_PROCESS = 900
END_S = 60.0
_COLUMNS = len(astuple(Tally()))


class TooFewDescriptors(Exception):
    """This machine lets a process open ``allowed`` files, ``wanted`` are needed."""

    def __init__(self, wanted: int, allowed: int) -> None:
        self.wanted, self.allowed = wanted, allowed
        super().__init__(f"{wanted} open files are needed, {allowed} are allowed")


def run(plan: Plan, processes: int, say: Callable[[str], None]) -> int:
    """Until SIGINT or SIGTERM; ``say`` gets a status line whenever it changed. The exit code: 1
    when a process failed (its log, ``fleet.log`` in the data folder, says why).

    Raises ``TooFewDescriptors``; ``OSError`` when the data folder refuses.
    """
    _raise_limit(descriptors_of(-(-plan.stations // processes)))
    plan.data.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    tallies = RawArray(c_longlong, processes * _COLUMNS)
    children = [
        context.Process(target=_share, args=(plan, number, processes, tallies, stop))
        for number in range(processes)
    ]
    for child in children:
        child.start()
    ended = False

    def end(_number: int, _frame: Any) -> None:
        nonlocal ended
        ended = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    said = ""
    while not ended and all(child.is_alive() for child in children):
        time.sleep(STATUS_S)
        if (line := _line(plan, tallies)) != said:
            said = line
            say(line)
    stop.set()
    for child in children:
        child.join(END_S)
        if child.is_alive():
            child.kill()
            child.join()
    say(f"ended: {_line(plan, tallies)}")
    return int(any(child.exitcode for child in children))


def _line(plan: Plan, tallies: Any) -> str:
    connected, born, facts, acknowledged = (
        sum(tallies[column::_COLUMNS]) for column in range(_COLUMNS)
    )
    return (
        f"stations={plan.stations} connected={connected} born={born} "
        f"facts={facts} acknowledged={acknowledged}"
    )


def _share(plan: Plan, number: int, processes: int, tallies: Any, stop: Event) -> None:
    """A process: every station whose index is ``number`` modulo ``processes``."""
    die_with_parent()
    terminated = False

    def end(_number: int, _frame: Any) -> None:
        nonlocal terminated
        terminated = True

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the parent ends us
    signal.signal(signal.SIGTERM, end)
    logging.basicConfig(
        filename=plan.data / "fleet.log",
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(process)d %(name)s %(message)s",
        force=True,
    )
    try:
        clock = SystemClock()
        stations = []
        for index in range(number, plan.stations, processes):
            if terminated or stop.is_set():
                return
            stations.append(Station(plan, index, clock))

        def tell(tally: Tally) -> None:
            begin = number * _COLUMNS
            tallies[begin : begin + _COLUMNS] = astuple(tally)

        Loop(stations, clock).run(lambda: terminated or stop.is_set(), tell)
    except Exception:
        logging.getLogger("tram.fleet").exception("this part of the fleet has failed")
        raise SystemExit(1) from None


def _raise_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewDescriptors(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
