"""The judge: what is known of all booths and the time → alarms that begin and end. Pure.

One call of ``Judge.step`` per look at the fleet. It keeps what durations, hysteresis and flap hold
need; everything it must not forget over a restart is in the alarm rows it is given at its start.

* A condition must hold for its rule's time; what is not known (``None``) neither raises nor clears.
* Silent booths of one branch are one alarm (``outage``), theirs are not raised.
* The region's own downtime raises nothing: after a start, or a gap between two steps, nobody is
  called silent before the fleet had time to be back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from ground.hours import VIETNAM, Hours, open_now, open_throughout
from monitor.store.fleet import Booth, Span
from monitor.watch.conditions import Detail, Progress, detail, readings
from monitor.watch.outage import Silence, outages
from monitor.watch.rules import PATIENCE, RULES, Kind, Patience, Rule, Severity


@dataclass(frozen=True)
class Key:
    """What an alarm is about: at most one is open of each. ``of``: the station, or for an outage
    the branch; ``device``: of a failed device."""

    kind: Kind
    of: str
    device: str = ""


@dataclass(frozen=True)
class Raised:
    """An alarm begins. ``held``: it came back so often that it now stays until it is calm."""

    key: Key
    place: str
    severity: Severity
    at: int
    detail: Detail = field(default_factory=dict)
    held: bool = False


@dataclass(frozen=True)
class Cleared:
    """An alarm ends."""

    key: Key
    at: int


Change = Raised | Cleared


@dataclass(frozen=True)
class Before:
    """An alarm row that the judge starts with: those open, and those of the last hour (flaps)."""

    key: Key
    raised_at: int
    cleared_at: int | None = None
    held: bool = False


@dataclass
class _Watch:
    """One key's timers. ``bad_since`` while it waits to be raised, ``good_since`` to be cleared."""

    bad_since: int | None = None
    good_since: int | None = None
    open: bool = False
    held: bool = False
    raises: list[int] = field(default_factory=list)


class Judge:
    """All alarms of the region, or of the groups that one process watches."""

    def __init__(
        self,
        now_ms: int,
        before: Iterable[Before] = (),
        rules: Mapping[Kind, Rule] = RULES,
        patience: Patience = PATIENCE,
        zone: tzinfo = VIETNAM,
    ) -> None:
        self._rules = rules
        self._patience = patience
        self._zone = zone
        self._watches: dict[Key, _Watch] = {}
        self._of: dict[str, set[Key]] = {}
        self._progress: dict[str, Progress] = {}
        self._spans: dict[Hours, Span | None] = {}
        self._stretches: dict[Hours, Span | None] = {}
        self._stepped_at = now_ms
        self._settled_at = now_ms + round(patience.settle_s * 1000)
        for alarm in before:
            watch = self._watch(alarm.key)
            watch.raises.append(alarm.raised_at)
            if alarm.cleared_at is None:
                watch.open, watch.held = True, alarm.held

    @property
    def open(self) -> frozenset[Key]:
        """What is raised now."""
        return frozenset(key for key, watch in self._watches.items() if watch.open)

    def step(
        self, fleet: Mapping[str, Booth], now_ms: int, heard_at: int | None = None
    ) -> list[Change]:
        """Judge all booths (by station) at ``now_ms``, which never goes back for long.

        ``heard_at``: when anything was heard of anybody; None: as the booths in ``fleet`` say.
        Returns what began and ended, in the order in which it is to be written.
        """
        patience = self._patience
        if abs(now_ms - self._stepped_at) > patience.gap_s * 1000:
            self._settled_at = now_ms + round(patience.settle_s * 1000)
            self._forget_pending()
        self._stepped_at = now_ms
        self._spans, self._stretches = {}, {}
        changes: list[Change] = []
        subsumed = self._silences(fleet, now_ms, heard_at, changes)
        for station, seen in fleet.items():
            self._booth(seen, station in subsumed, now_ms, changes)
        for station in self._of.keys() - fleet.keys():
            self._gone(station, now_ms, changes)
        return changes

    # ---- silence ---------------------------------------------------------------------------------

    def _silences(
        self,
        fleet: Mapping[str, Booth],
        now_ms: int,
        heard_at: int | None,
        changes: list[Change],
    ) -> frozenset[str]:
        """Outages raised and cleared; the stations whose own silence is part of one."""
        expected = [
            (station, seen.place, not seen.online)
            for station, seen in fleet.items()
            if self._expected(seen, now_ms) and not self._is_open(Key(Kind.OFFLINE, station))
        ]
        if self._deaf(fleet, now_ms, heard_at):
            self._settled_at = now_ms + round(self._patience.settle_s * 1000)
            silence = Silence("", len(expected), len(expected), frozenset(fleet))
            self._settle_outages({"": silence}, "nothing_heard", now_ms, changes)
            return frozenset(fleet)
        if now_ms < self._settled_at:
            return frozenset(fleet)
        rule = self._rules[Kind.OUTAGE]
        open_ = {key.of for key in self._watches if key.kind is Kind.OUTAGE and self._is_open(key)}
        found = outages(expected, rule, self._patience.together, open_)
        self._settle_outages(found, "silent_together", now_ms, changes)
        return frozenset(station for silence in found.values() for station in silence.stations)

    def _settle_outages(
        self, found: Mapping[str, Silence], why: str, now_ms: int, changes: list[Change]
    ) -> None:
        known = {key.of for key in self._watches if key.kind is Kind.OUTAGE}
        for branch in sorted(known | found.keys()):
            silence = found.get(branch) or Silence(branch, 0, 0, frozenset())
            key = Key(Kind.OUTAGE, branch)
            if self._time(key, silence.share, now_ms, changes):
                told: Detail = {"why": why, "silent": silence.silent, "booths": silence.booths}
                changes.append(self._raised(key, branch, told, now_ms))

    def _span(self, hours: Hours, now_ms: int) -> Span | None:
        """The opening that it is now in; most booths share their hours."""
        if hours not in self._spans:
            self._spans[hours] = open_now(hours, now_ms, self._zone)
        return self._spans[hours]

    def _expected(self, seen: Booth, now_ms: int) -> bool:
        """Whether the booth should be there: open, and neither just opening nor about to close."""
        if seen.hours not in self._stretches:
            self._stretches[seen.hours] = open_throughout(seen.hours, now_ms, self._zone)
        span = self._stretches[seen.hours]
        if span is None:
            return False
        late = round(self._patience.late_s * 1000)
        return span[0] + late <= now_ms < span[1] - late

    def _deaf(self, fleet: Mapping[str, Booth], now_ms: int, heard_at: int | None) -> bool:
        """Nobody at all is heard though many are at work: broker or ingest is away.

        Booths report by exception: one without people may have nothing to say for an hour.
        """
        if heard_at is None:
            heard_at = max((seen.heard_at for seen in fleet.values()), default=now_ms)
        if heard_at >= now_ms - self._patience.deaf_s * 1000:
            return False
        at_work = sum(
            seen.online
            and bool(seen.open_dossiers or seen.waiting)
            and self._expected(seen, now_ms)
            for seen in fleet.values()
        )
        return at_work >= self._patience.deaf_booths

    # ---- one booth -------------------------------------------------------------------------------

    def _booth(self, seen: Booth, subsumed: bool, now_ms: int, changes: list[Change]) -> None:
        station, span = seen.code, self._span(seen.hours, now_ms)
        progress = (self._progress.get(station) or Progress(now_ms)).after(
            seen, span is not None, now_ms
        )
        self._progress[station] = progress
        read = readings(seen, progress, span, now_ms)
        if not (subsumed and not self._is_open(Key(Kind.OFFLINE, station))):
            away = not seen.online and self._expected(seen, now_ms)
            read.append((Kind.OFFLINE, "", float(away)))
        else:
            read.append((Kind.OFFLINE, "", None))
        mine = self._of.get(station)
        if seen.online and mine:  # a device that is not among the failed ones works
            for key in mine:
                if key.kind is Kind.DEVICE and key.device not in seen.faults:
                    read.append((Kind.DEVICE, key.device, 0.0))
        for kind, device, value in read:
            if not mine and (value is None or not self._rules[kind].bad(value)):
                continue  # most booths are well, and nothing is watched there
            key = Key(kind, station, device)
            if value is None:
                self._unknown(key)
            elif self._time(key, value, now_ms, changes):
                told = detail(kind, device, seen, progress, span, now_ms)
                changes.append(self._raised(key, seen.place, told, now_ms))
            mine = self._of.get(station)

    def _gone(self, station: str, now_ms: int, changes: list[Change]) -> None:
        """The booth is no longer in the region's books, and its alarms with it."""
        for key in self._of.pop(station):
            if self._watches.pop(key).open:
                changes.append(Cleared(key, now_ms))
        self._progress.pop(station, None)

    # ---- timers ----------------------------------------------------------------------------------

    def _time(self, key: Key, value: float, now_ms: int, changes: list[Change]) -> bool:
        """Move the key's timers on; True when its alarm begins now."""
        rule = self._rules[key.kind]
        watch = self._watches.get(key)
        if watch is None:
            if not rule.bad(value):
                return False
            watch = self._watch(key)
        if watch.open:
            self._maybe_clear(key, watch, rule.good(value), now_ms, changes)
            return False
        if not rule.bad(value):
            watch.bad_since = None
            self._drop_if_idle(key, watch, now_ms)
            return False
        if watch.bad_since is None or watch.bad_since > now_ms:
            watch.bad_since = now_ms
        return now_ms - watch.bad_since >= rule.for_s * 1000

    def _raised(self, key: Key, place: str, told: Detail, now_ms: int) -> Raised:
        watch = self._watches[key]
        recent_ms = now_ms - round(self._patience.flap_s * 1000)
        watch.raises = [at for at in watch.raises if at > recent_ms] + [now_ms]
        watch.open, watch.bad_since, watch.good_since = True, None, None
        watch.held = len(watch.raises) >= self._patience.flaps
        return Raised(key, place, self._rules[key.kind].severity, now_ms, told, watch.held)

    def _maybe_clear(
        self, key: Key, watch: _Watch, good: bool, now_ms: int, changes: list[Change]
    ) -> None:
        if not good:
            watch.good_since = None
            return
        if watch.good_since is None or watch.good_since > now_ms:
            watch.good_since = now_ms
        calm_s = self._patience.calm_s if watch.held else self._rules[key.kind].clear_s
        if now_ms - watch.good_since >= calm_s * 1000:
            watch.open, watch.held, watch.good_since = False, False, None
            changes.append(Cleared(key, now_ms))

    def _watch(self, key: Key) -> _Watch:
        if key not in self._watches:
            self._watches[key] = _Watch()
            if key.kind is not Kind.OUTAGE:
                self._of.setdefault(key.of, set()).add(key)
        return self._watches[key]

    def _drop_if_idle(self, key: Key, watch: _Watch, now_ms: int) -> None:
        """Forget what holds nothing: thousands of booths, and most are well."""
        if watch.raises and watch.raises[-1] > now_ms - self._patience.flap_s * 1000:
            return
        del self._watches[key]
        if key.kind is not Kind.OUTAGE:
            self._of[key.of].discard(key)

    def _unknown(self, key: Key) -> None:
        """Nothing is known to have lasted through this moment."""
        if (watch := self._watches.get(key)) is not None:
            watch.bad_since = watch.good_since = None

    def _forget_pending(self) -> None:
        """Time went by unseen: no condition is known to have lasted through it."""
        for watch in self._watches.values():
            watch.bad_since = watch.good_since = None

    def _is_open(self, key: Key) -> bool:
        watch = self._watches.get(key)
        return watch is not None and watch.open
