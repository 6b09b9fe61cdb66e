"""From journal rows to facts: deterministic, so that the journal is the spool.

The same rows give the same facts with the same numbers, whenever and however often they are folded;
a program that would make other facts of old rows would quarrel with what the region has. A kind of
row that this program does not know (a newer station's) is a row without a fact.

A fact is complete at one row, ``Entry.last``, and covers all rows behind the fact before. A row
may complete several: that its clock can be trusted (``ClockDated``), that another day has begun
(``DayClosed``), and its own (a dossier's end, and what it came to at each further stage). They come
in this order; the first covers the rows, the others none: their ``first`` is ``last`` + 1. Rows
behind the newest fact wait for the next one.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from edge.journal import events as e
from edge.journal.kinds import decode
from edge.journal.store import BAD_BODY, Row, check_ids, genesis, row_hash
from edge.journal.terms import Device
from edge.report import facts as f
from edge.report.chain import link, start
from edge.report.days import Today, bounds
from edge.report.figures import Value, of_devices, of_node
from edge.report.moments import Moment, millis
from edge.report.stages import OF_STAGES, TAGS
from edge.report.state import LAYOUT, BadSnapshot, Now, State, dump, load

__all__ = ["BadSnapshot", "ChainBroken", "Fold", "JournalGap", "Now"]

OF_BOOTH: frozenset[type[e.Body]] = frozenset(
    {
        e.StationStarted,
        e.OperatorUnlocked,
        e.OperatorLocked,
        e.UnlockFailed,
        e.DeviceFailed,
        e.DeviceRecovered,
        e.LidChanged,
        e.CommandRun,
        e.Measured,
        e.IntakeChanged,
        e.TargetSet,
        e.FirmwareSeen,
        e.Sealed,
        e.PacketReceipted,
    }
)
OF_TICKETS: frozenset[type[e.Body]] = frozenset(
    {
        e.TicketNumbered,
        e.TicketIssued,
        e.TicketCancelled,
        e.TicketCalled,
        e.TicketNoShow,
        e.TicketExpired,
        e.TicketRequeued,
    }
)
OF_DOSSIER: frozenset[type[e.Body]] = frozenset(
    {
        e.DossierOpened,
        e.Identified,
        e.IdentityCorrected,
        e.DeviceTaken,
        e.DeviceReleased,
        e.Confirmed,
        e.ConfirmationUndone,
        e.Sealed,
        e.DossierReferred,
        e.DossierRefused,
        e.DossierAbandoned,
        e.DossierClosed,
    }
)
"""With those of the stages (``stages.OF_STAGES``)."""
_READ = {str(kind.__struct_config__.tag) for kind in OF_BOOTH | OF_TICKETS | OF_DOSSIER}
"""Kinds of rows whose bodies are looked at: the others are only chained."""


class JournalGap(Exception):
    """A row is missing, or comes twice."""


class ChainBroken(Exception):
    """The row does not follow the one before: it is not the journal that was folded so far."""


class Fold:
    def __init__(self, station: str, zone: ZoneInfo, snapshot: bytes | None = None) -> None:
        """From before the first row, or from where ``snapshot`` was taken.

        ``zone`` tells where days end. Raises ``BadSnapshot``.
        """
        self._zone = zone
        self._state = (
            State(LAYOUT, station, genesis(station), bytes(32))
            if snapshot is None
            else load(snapshot, station)
        )

    @property
    def epoch(self) -> str | None:
        """First 8 hex digits of the hash of row 1; None before it."""
        return self._state.epoch

    @property
    def seq(self) -> int:
        """Last row folded, 0 before the first."""
        return self._state.seq

    @property
    def row_hash(self) -> bytes:
        """Of row ``seq``: whether a snapshot is of this journal shows in ``store.hash_at``."""
        return self._state.hash

    @property
    def last(self) -> Moment | None:
        """The newest row's clocks, None before the first."""
        return self._state.last

    @property
    def number(self) -> int:
        """Last fact, 0 before the first."""
        return self._state.number

    @property
    def chain(self) -> bytes:
        """chain(``number``), 32 bytes; zeros before the first row, which makes the epoch."""
        return self._state.chain

    def apply(self, row: Row) -> list[tuple[int, f.Entry]]:
        """(number, entry) of the facts that ``row`` completes.

        Raises ``JournalGap`` or ``ChainBroken``; nothing has changed then.
        """
        state = self._state
        seq, at, mono, boot, trusted, kind, dossier, text, digest = row
        if seq != state.seq + 1:
            raise JournalGap(f"row {seq} instead of row {state.seq + 1}")
        last = state.last
        _check(row, state.hash, new_boot=last is None or last.boot != boot)
        body: e.Body | None = None
        if kind in _READ or kind in TAGS:
            try:
                body = decode(text)
            except BAD_BODY:
                body = None
        if seq == 1:
            state.epoch = digest.hex()[:8]
            state.chain = start(state.station, state.epoch)
        before, state.seq, state.hash = state.hash, seq, digest
        now = state.last = Moment(boot, mono, at, bool(trusted))
        if last is not None and last.boot == boot and type(body) is not e.StationStarted:
            state.line.idle_ms += max(0, mono - last.mono) * state.line.idle
        told: list[tuple[int, f.Entry]] = []
        if trusted and (dated := state.clocks.seen(boot, mono, at)) is not None:
            told.append(self._tell(dated))
        wall_ms = state.clocks.wall_ms(now)
        if wall_ms is not None and state.today.turned(wall_ms):
            if state.today.day is not None:
                told.append(self._tell(state.today.close(state.tickets, seq - 1, before)))
                self._new_day()
            state.today.day, state.today.begins, state.today.ends = bounds(wall_ms, self._zone)
        if body is not None:
            told += map(self._tell, self._facts(body, dossier, last or now))
        return told

    def snapshot(self) -> bytes:
        """All of it: a ``Fold`` made of it goes on exactly as this one."""
        return dump(self._state)

    def figures(self, now: Now) -> dict[str, Value]:
        """Those of ``metrics.NODE`` that a journal tells, by name."""
        return of_node(self._state, now)

    def device_figures(self, now: Now) -> dict[Device, dict[str, Value]]:
        """Those of ``metrics.DEVICE`` and ``metrics.EXTRA``, by device and name."""
        return of_devices(self._state, now)

    # ---- rows --------------------------------------------------------------------------------

    def _facts(self, body: e.Body, dossier: str | None, last: Moment) -> list[f.AnyFact]:
        """Take the row ``state.last``; ``last`` are the clocks of the row before."""
        state, kind = self._state, type(body)
        line, clocks, now = state.line, state.clocks, state.last
        assert now is not None
        if kind in OF_TICKETS:
            state.tickets.apply(body, now)
            return []
        if (kind in OF_DOSSIER or kind in OF_STAGES) and dossier is not None:
            if isinstance(body, e.DossierOpened):
                line.opens(dossier, body, now, state.tickets, clocks)
            elif isinstance(body, e.DossierClosed):
                return line.closes(dossier, body, now, clocks)
            else:
                line.apply(dossier, body, now, clocks)
        if kind in OF_BOOTH:
            if kind is e.StationStarted:
                line.stopped(last, now, clocks)
            fact = state.booth.apply(body)
            return [] if fact is None else [fact]
        return []

    def _tell(self, fact: f.AnyFact) -> tuple[int, f.Entry]:
        state, now = self._state, self._state.last
        assert now is not None
        entry = f.Entry(
            first=state.covered + 1,
            last=state.seq,
            at=millis(now.at),
            mono=millis(now.mono),
            boot=now.boot,
            trusted=now.trusted,
            fact=fact,
        )
        state.covered = state.seq
        state.number += 1
        state.chain = link(state.chain, entry)
        state.today.count(fact)
        return state.number, entry

    def _new_day(self) -> None:
        state = self._state
        state.today = Today()
        state.tickets.close_day()
        state.line.idle_ms = 0


def _check(row: Row, before: bytes, *, new_boot: bool) -> None:
    """Raises ``ChainBroken``. Ids of the row's own columns go into facts: they are looked at when
    they are new, a boot's in its first row, a dossier's in the row that opens it."""
    try:
        follows = row_hash(before, row) == row[8]
        if new_boot or row[5] == "dossier_opened":
            check_ids(row[3], row[6])
    except BAD_BODY:
        follows = False
    if not follows:
        raise ChainBroken(f"row {row[0]} does not follow row {row[0] - 1}")
