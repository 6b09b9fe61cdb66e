"""The region's commands: taken from the mailbox, run once, in order, answered in the journal.

The uplink puts each command that the region signed into ``edge.db`` and never takes one back; the
station reads there and answers in its journal, which the uplink reports. What a command changes
and its answer are one transaction of the journal, so a station that is killed has run it or has
not. Lights and buzzer begin before their answer: killed in between, they begin once more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from controller import views as v
from controller.state import State, Target
from controller.station.core import Core, log
from edge import mailbox
from edge.journal import events as e
from edge.journal.error import JournalError
from edge.report import orders as o
from edge.standing import Standing
from edge.standing import read as read_standing
from ground.text import N_, P_

MAILBOX = "edge.db"
POLL_S = 0.5
KEPT = 8
"""Commands that the technician's page lists."""

PAUSED = N_(
    "The region has paused the intake: no new numbers from now on. Serve the people who have one."
)
RESUMED = N_("The region has resumed the intake: tickets are issued again.")
RETARGETED = N_(
    "The region has set target and hours of this place. They stand on the page “Shift”."
)
LOCATING = P_(
    "The region is looking for this booth: its lights blink for {n} second.",
    "The region is looking for this booth: its lights blink for {n} seconds.",
)
_TOLD: dict[type[o.Order], str] = {
    o.PauseIntake: PAUSED,
    o.ResumeIntake: RESUMED,
    o.SetTarget: RETARGETED,
    o.Locate: LOCATING,
}
"""What the operator is told, once it is done."""


def outcome(command: o.Command, now_ms: int, trusted: bool) -> e.CommandOutcome:
    """DONE when ``command`` is to be run, or why it is not. A clock that nobody has set cannot say
    that it has expired."""
    if reason := mailbox.verdict(command, now_ms if trusted else 0):
        return reason
    match command.order:
        case o.SetTarget(opens=opens, closes=closes) if opens == closes:
            return e.CommandOutcome.FAILED  # no hours at all: that is a pause, or a mistake
    return e.CommandOutcome.DONE


def change(order: o.Order, state: State) -> tuple[e.AnyBody, ...]:
    """What ``order`` changes at the station: nothing when it is so already, or when it is not the
    station that does it (reports and logs are the uplink's)."""
    match order:
        case o.PauseIntake() if state.intake_open:
            return (e.IntakeChanged(False),)
        case o.ResumeIntake() if not state.intake_open:
            return (e.IntakeChanged(True),)
        case o.SetTarget(per_day, opens, closes):
            wanted = Target(per_day, opens, closes)
            return (e.TargetSet(per_day, opens, closes),) if wanted != state.target else ()
    return ()


def _told_of(order: o.Order) -> dict[str, object]:
    if isinstance(order, o.Locate):
        return {"n": order.seconds}
    return msgspec.structs.asdict(order)


class Region:
    """``locate(seconds)`` makes the booth blink and beep, False when it cannot."""

    def __init__(self, core: Core, locate: Callable[[int], bool]) -> None:
        self._core = core
        self._locate = locate
        self._mailbox = core.data / MAILBOX
        self._after = 0
        self._inode = 0
        self._standing: Standing | None = None
        self.latest: deque[o.Command] = deque(maxlen=KEPT)
        """Latest last, answered or not."""

    async def run(self) -> None:
        """For ever: every command once, each answered before the next."""
        held_up = False
        while True:
            try:
                await self._look()
                held_up = False
            except JournalError as error:
                if not held_up:
                    log.error("a command of the region waits: %s", error)
                    self._core.notice(error.advice, **error.params)
                held_up = True
            await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        if (inode := _inode(self._mailbox)) != self._inode:  # there now, or another one
            self._inode, self._after = inode, 0
            self.latest.clear()
        if not inode:
            return
        standing = await asyncio.to_thread(read_standing, self._mailbox)
        if standing is not None and standing != self._standing:
            self._standing = standing
            self._core.touch()
        for row, command in await asyncio.to_thread(mailbox.read, self._mailbox, self._after):
            self._obey(command)
            self._after = row
            self.latest.append(command)
            self._core.touch()

    def _obey(self, command: o.Command) -> None:
        """Raises JournalError when the journal refuses: then the command waits."""
        core, order = self._core, command.order
        if command.id in core.state.answers:
            return
        verdict = outcome(command, core.clock.now_ms(), core.clock.trusted())
        done = verdict is e.CommandOutcome.DONE
        if done and isinstance(order, o.Locate) and not self._locate(order.seconds):
            done, verdict = False, e.CommandOutcome.FAILED
        changes = change(order, core.state) if done else ()
        core.record(*changes, e.CommandRun(command.id, verdict))
        log.info("command %s of the region: %s", command.id, verdict.value)
        if done and type(order) in _TOLD:
            core.notice(_TOLD[type(order)], **_told_of(order))

    def view(self) -> v.RegionView:
        """What the region has set, and its latest commands with their answers, latest first."""
        core = self._core
        state, target = core.state, core.state.target
        return v.RegionView(
            intake_open=state.intake_open,
            target=v.TargetView(target.per_day, target.opens, target.closes) if target else None,
            commands=tuple(_told(command, core) for command in reversed(self.latest)),
            connected=self._standing.connected if self._standing else None,
            standing=_said(self._standing) if self._standing else (),
        )


def _told(command: o.Command, core: Core) -> v.CommandView:
    answer = core.state.answers.get(command.id)
    day, minute_of_day = core.local_day(command.issued_at)
    return v.CommandView(
        id=command.id,
        order=str(command.order.__struct_config__.tag),
        day=day,
        minute_of_day=minute_of_day,
        outcome=answer.outcome.value if answer else None,
    )


def _said(standing: Standing) -> tuple[v.Message, ...]:
    texts = (standing.state, standing.remedy)
    return tuple(v.Message(text, dict(standing.params)) for text in texts if text)


def _inode(path: Path) -> int:
    """0 when there is no such file."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
