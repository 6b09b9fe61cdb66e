"""Wrong passphrases lock whoever tries them out, longer each time. Pure: a fold over the journal.

Because tries are journaled, restarting the station does not forget them; because each event tells
the boot and its monotonic time, neither does turning the clock (a Pi has no clock chip: after a
power cut its wall time may be anything until the network sets it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edge.journal.events import Event, OperatorUnlocked, UnlockFailed
from ground.clock import Clock
from ground.text import P_

WAIT = P_(
    "Too many wrong tries. Wait {n} second.",
    "Too many wrong tries. Wait {n} seconds.",
)
"""What whoever is locked out reads."""
KEPT = 1_000
"""Pairs of operator and source that are remembered; beyond them the one with the fewest tries is
forgotten, so that names made up by the thousand do not free the one that is really tried."""


@dataclass(frozen=True)
class LockoutPolicy:
    """``free_tries`` wrong tries cost nothing; then ``first_s``, doubling up to ``longest_s``."""

    free_tries: int = 3
    first_s: int = 30
    longest_s: int = 15 * 60

    def lock_s(self, tries: int) -> int:
        """How long the ``tries``-th wrong try in a row locks out, in seconds."""
        paid = tries - self.free_tries
        if paid <= 0:
            return 0
        # The exponent is capped because tries are not: the product would grow without bound.
        return min(self.first_s << min(paid - 1, 20), self.longest_s)


@dataclass(frozen=True)
class Moment:
    """Now, read as the journal's events carry it: ``at`` and ``mono`` in ms."""

    at: int
    mono: int
    boot: str
    trusted: bool

    @classmethod
    def read(cls, clock: Clock) -> Moment:
        return cls(clock.now_ms(), clock.mono_ms(), clock.boot, clock.trusted())


@dataclass(frozen=True)
class Tries:
    """Wrong tries in a row as one operator from one source, and the last of them."""

    count: int
    locked_s: int
    last: Moment

    def seconds_left(self, now: Moment) -> int:
        """Seconds (rounded up) until the next try is allowed; 0 when it is."""
        return max(0, -((_passed_ms(self.last, now) - self.locked_s * 1000) // 1000))


@dataclass(frozen=True)
class Lockout:
    """Wrong tries since the last right one, by operator (None: a number that nobody has) and
    source (None: this program itself). Nobody's tries cost another operator anything, nor the same
    one elsewhere."""

    policy: LockoutPolicy = LockoutPolicy()
    of: dict[tuple[str | None, str | None], Tries] = field(default_factory=dict)

    def after(self, event: Event) -> Lockout:
        """The state after ``event``; other kinds of events change nothing."""
        match event.body:
            case OperatorUnlocked(operator=operator, source=source):
                rest = {who: tries for who, tries in self.of.items() if who != (operator, source)}
                return replace(self, of=rest)
            case UnlockFailed(tries=count, locked_out_s=locked_s, operator=operator, source=source):
                last = Moment(event.at, event.mono, event.boot, event.trusted)
                others = self.of
                if (operator, source) not in others and len(others) >= KEPT:
                    fewest = min(others, key=lambda who: others[who].count)
                    others = {who: tries for who, tries in others.items() if who != fewest}
                return replace(
                    self, of={**others, (operator, source): Tries(count, locked_s, last)}
                )
        return self

    def failure(self, operator: str | None, source: str | None) -> UnlockFailed:
        """The event to journal for one more wrong try."""
        before = self.of.get((operator, source))
        tries = (before.count if before else 0) + 1
        return UnlockFailed(tries, self.policy.lock_s(tries), operator, source)

    def seconds_left(self, operator: str | None, source: str | None, now: Moment) -> int:
        """Seconds (rounded up) until the next try as ``operator`` from ``source`` is allowed."""
        tries = self.of.get((operator, source))
        return tries.seconds_left(now) if tries else 0


def fold(events: Iterable[Event], policy: LockoutPolicy | None = None) -> Lockout:
    """The state after all of ``events``, oldest first."""
    state = Lockout(policy or LockoutPolicy())
    for event in events:
        state = state.after(event)
    return state


def _passed_ms(then: Moment, now: Moment) -> int:
    """At least this much time went by. Never relies on a clock that may have been turned."""
    if then.boot == now.boot:
        return now.mono - then.mono
    # Another boot since: all of this boot's time went by. The wall clocks tell of more only
    # when both were synchronised.
    if then.trusted and now.trusted:
        return max(now.mono, now.at - then.at)
    return now.mono
