"""Which facts the region has, which are on their way, which are to be sent: no fact is ever lost.

Pure: rows and times come in, reports go out. The journal is the spool. A fold (the *tail*) walks
behind the region's acknowledgement and is fed rows only as the window moves, so weeks offline are
drained in bounded memory. What it finds is cut into parcels; a parcel stays until an
acknowledgement covers it *and proves it* by the chain.

* Oldest first; what is not answered in time is sent again, oldest first, ever more slowly.
* A fact made while older ones still wait is told at once as well, and sent again in its turn.
* After a birth the region says what it holds. It may hold more than we remember (``edge.db`` was
  lost) or less (its store was): the tail then walks there in silence and compares the chain.
* A proof that does not agree is a quarrel: nothing is dropped, nothing moves on; the oldest
  parcel asks again every ``Pace.longest_s`` until an answer agrees.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from edge.journal.store import Row
from edge.report import chain
from edge.report.facts import Acknowledged, Entry, Report
from edge.report.fold import Fold
from edge.uplink.db import Watermark

_encode = msgspec.msgpack.Encoder().encode

FoldOf = Callable[[bytes | None], Fold]
"""A fold at a snapshot, or at the journal's beginning (None)."""


@dataclass(frozen=True)
class Pace:
    """How much goes out at once and how long an answer may take (seconds, monotonic)."""

    parcel_facts: int = 64
    parcel_bytes: int = 4_096
    window_parcels: int = 16
    answer_s: float = 15.0
    longest_s: float = 300.0


@dataclass
class _Parcel:
    """Facts ``number``… that end with a journal row; the chain before, the tail's state behind."""

    number: int
    entries: tuple[Entry, ...]
    before: bytes
    snapshot: bytes
    live: bool
    sent_at: float | None = None

    @property
    def last(self) -> int:
        return self.number + len(self.entries) - 1


@dataclass(frozen=True)
class Outgoing:
    """A report for the wire; not ``live``: historical."""

    report: Report
    live: bool


class Ledger:
    """The facts of one journal, ``epoch``; ``mark``: what is known to be acknowledged of it."""

    through: int
    """The region has facts 1…``through``, proven."""
    _tail: Fold
    _chain: bytes
    """The chain at the tail's newest fact."""
    _open: list[Entry]
    """Facts of rows that were fed and are not yet a parcel; ``_before``: the chain before them."""
    _open_size: int
    _before: bytes

    def __init__(
        self,
        station: str,
        epoch: str,
        fold_of: FoldOf,
        mark: Watermark | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.epoch = epoch
        self.quarrel = ""
        self._start = chain.start(station, epoch)
        self._fold_of = fold_of
        self._pace = pace or Pace()
        self._mark = mark
        self._parcels: deque[_Parcel] = deque()
        self._claim: Acknowledged | None = None
        self._restart(mark)
        self._in_session = False
        self._asked = False
        self._answering = False
        self._old = self._told = 0
        self._quiet_until = self._heard_at = 0.0
        self._slow_down()

    @property
    def idle(self) -> bool:
        """Nothing waits: what was read of the journal is acknowledged."""
        return not self._parcels and self._claim is None and not self._asked

    @property
    def held(self) -> int:
        """Facts in memory."""
        return len(self._open) + sum(len(parcel.entries) for parcel in self._parcels)

    @property
    def unanswered_since(self) -> float | None:
        """Since when an answer to the oldest parcel on its way is awaited; None: to nothing."""
        oldest = next((p.sent_at for p in self._parcels if p.sent_at is not None), None)
        return None if oldest is None else max(oldest, self._heard_at)

    # ---- sessions ------------------------------------------------------------------------

    def born(self, total: int, now: float) -> None:
        """The birth told the region that fact ``total`` is the newest; the region will answer.

        Until it does, or ``answer_s`` have passed, nothing is sent: it may have all of it.
        """
        self._in_session = self._asked = True
        self._answering = False
        self._old = max(self._old, total)
        self._quiet_until = now + self._pace.answer_s
        self._rewind()

    def lost(self) -> None:
        """The session is over: what was under way may not have arrived."""
        self._in_session = self._asked = self._answering = False
        self._rewind()

    def _rewind(self) -> None:
        for parcel in self._parcels:
            if parcel.sent_at is not None:
                parcel.sent_at, parcel.live = None, False
        self._window = 1

    def _slow_down(self) -> None:
        self._window, self._answer_s = 1, self._pace.answer_s

    # ---- rows in -------------------------------------------------------------------------

    def wants(self) -> int | None:
        """Seq behind which rows are wanted; None: the window is full, or there is no session."""
        return self._tail.seq if self._in_session and not self._full() else None

    def _full(self) -> bool:
        return self._claim is None and len(self._parcels) >= self._pace.window_parcels

    def feed(self, rows: Iterable[Row], now: float, *, at_end: bool) -> Watermark | None:
        """Rows behind ``wants()`` in order; ``at_end``: the journal has no more for now.

        Takes no more than the window holds. Returns what to remember, once a claim is settled.
        """
        mark, tail = None, self._tail
        for row in rows:
            if self._full():
                return mark
            mark = self._walk(row, now) or mark
            if self._tail is not tail:  # it disagreed, and starts again elsewhere
                return None
            if self._open_size >= self._pace.parcel_bytes or (
                len(self._open) >= self._pace.parcel_facts
            ):
                self._close()
        if self._open:
            self._close()
        if at_end and self._claim is not None:
            self._disagree(f"it has {self._claim.through} facts, this journal fewer", now)
        return mark

    def _walk(self, row: Row, now: float) -> Watermark | None:
        for number, entry in self._tail.apply(row):
            if self._claim is None:
                if not self._open:
                    self._before = self._chain
                self._open.append(entry)
                self._open_size += len(_encode(entry))
            self._chain = chain.link(self._chain, entry)
            if self._claim is not None and number == self._claim.through:
                claim, self._claim = self._claim, None
                if chain.proof(self._chain) != claim.chain:
                    self._disagree(f"its chain differs at fact {number}", now)
                    return None
                self._agree(number)
        if self._claim is None and not self._open and self._tail.number == self.through:
            return self._settled()
        return None

    def _settled(self) -> Watermark | None:
        """Right behind the last fact of a claim: from here on it need not be walked again."""
        if self._mark is not None and self._mark.through == self.through:
            return None
        self._mark = Watermark(self.epoch, self.through, self._tail.snapshot())
        return self._mark

    def _close(self) -> None:
        number = self._tail.number - len(self._open) + 1
        self._parcels.append(
            _Parcel(
                number, tuple(self._open), self._before, self._tail.snapshot(), number > self._old
            )
        )
        self._open, self._open_size = [], 0

    def _restart(self, mark: Watermark | None) -> None:
        """The tail goes back to ``mark``, or to the journal's beginning."""
        self._tail = self._fold_of(mark.snapshot if mark else None)
        self._chain = self._tail.chain if mark else self._start
        self.through = mark.through if mark else 0
        self._parcels.clear()
        self._open, self._open_size = [], 0
        self._before = self._chain

    # ---- answers -------------------------------------------------------------------------

    def acknowledged(self, answer: Acknowledged, now: float) -> Watermark | None:
        """The region's word. Returns what to remember of it, if anything is new and proven."""
        if answer.epoch != self.epoch:
            return None
        asked, self._asked = self._asked, False
        self._answering = True
        self._quiet_until = min(self._quiet_until, now)
        if self._claim is not None:
            if answer.through > self._claim.through:
                self._claim = answer
            if not asked or answer.through >= self._claim.through:
                return None
            self._claim = None  # its store went back meanwhile: it has fewer than it claimed
            mark = self._mark
            self._restart(mark if mark and mark.through <= answer.through else None)
        if answer.through < self.through:
            if not asked:  # late, or twice
                return None
            self._restart(None)
        if answer.through > self._tail.number:
            self._parcels.clear()
            self._claim = answer
            return None
        if chain.proof(self._chain_at(answer.through)) != answer.chain:
            self._disagree(f"its chain differs at fact {answer.through}", now)
            return None
        return self._covered(answer.through, now)

    def _chain_at(self, number: int) -> bytes:
        """The chain at a fact between what is acknowledged and the tail."""
        for parcel in self._parcels:
            if number <= parcel.last:
                at = parcel.before
                for entry in parcel.entries[: max(0, number - parcel.number + 1)]:
                    at = chain.link(at, entry)
                return at
        return self._chain

    def _covered(self, through: int, now: float) -> Watermark | None:
        mark = None
        self._heard_at = now
        while self._parcels and self._parcels[0].last <= through:
            parcel = self._parcels.popleft()
            if parcel.sent_at is not None:
                self._window = min(2 * self._window, self._pace.window_parcels)
                took_s = now - parcel.sent_at
                self._answer_s = min(max(self._pace.answer_s, 4 * took_s), self._pace.longest_s)
            self._mark = mark = Watermark(self.epoch, parcel.last, parcel.snapshot)
        self._agree(through)
        return mark

    def _agree(self, through: int) -> None:
        self.through = through
        if self.quarrel:
            self.quarrel = ""
            self._slow_down()

    def _disagree(self, why: str, now: float) -> None:
        self.quarrel = why
        self._claim = None
        self._restart(self._mark)
        self._window, self._answer_s = 1, self._pace.longest_s
        self._quiet_until = now + self._pace.longest_s

    # ---- reports out ---------------------------------------------------------------------

    def due(self, now: float) -> Outgoing | None:
        """The next report to publish now, taken for published; None: none for now."""
        if not self._in_session or self._claim is not None or now < self._quiet_until:
            return None
        since = self.unanswered_since
        if since is not None and now - since >= self._answer_s:
            self._rewind()
            self._answering = False
            self._answer_s = min(2 * self._answer_s, self._pace.longest_s)
        under_way = 0
        for parcel in self._parcels:
            if parcel.sent_at is not None:
                under_way += 1
                continue
            if under_way >= self._window:
                break
            parcel.sent_at = now
            first = max(parcel.number, self.through + 1)
            report = Report(self.epoch, first, parcel.entries[first - parcel.number :])
            live = parcel.live and first > self._told
            self._told = max(self._told, parcel.last)
            return Outgoing(report, live)
        return None

    def made(self, number: int, entries: Sequence[Entry]) -> Outgoing | None:
        """Facts ``number``… were made just now. A report to publish at once, out of turn, when
        older ones still wait and the region answers; they are sent again in their turn.
        """
        fresh = tuple(entries[max(0, self._told + 1 - number) :])
        if not (self._in_session and self._answering and fresh):
            return None
        first = number + len(entries) - len(fresh)
        self._told = number + len(entries) - 1
        return Outgoing(Report(self.epoch, first, fresh), True)
