"""Many booths of one branch that fall silent together are one thing: power, network, broker.

The branch named is the largest in which most are silent, and within it the smallest that still
holds all the silent ones: when one commune is dark that has most of a province's booths, it is the
commune that is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from monitor.watch.rules import Rule


@dataclass(frozen=True)
class Silence:
    """``silent`` of ``booths`` that should be there are not; ``stations``: those silent ones."""

    branch: str
    silent: int
    booths: int
    stations: frozenset[str]

    @property
    def share(self) -> float:
        return self.silent / self.booths if self.booths else 0.0


def branches(place: str) -> list[str]:
    """The place and all it lies in, largest first, from "" (everything) on."""
    parts = place.split("/") if place else []
    return ["/".join(parts[:n]) for n in range(len(parts) + 1)]


def outages(
    expected: Iterable[tuple[str, str, bool]],
    rule: Rule,
    together: int,
    open_: Collection[str] = (),
) -> dict[str, Silence]:
    """Branches that are silent as a whole, by path; none of them lies in another.

    ``expected``: (station, place, silent) of each booth that should be there now and that has no
    alarm of its own silence. ``together``: fewer silent booths are no outage. A branch of ``open_``
    (its alarm is open) stays until the share is as good as ``rule.clear_at``.
    """
    booths: dict[str, int] = {}
    silent: dict[str, list[str]] = {}
    for station, place, away in expected:
        for branch in branches(place):
            booths[branch] = booths.get(branch, 0) + 1
            if away:
                silent.setdefault(branch, []).append(station)
    found: dict[str, Silence] = {}
    for branch in sorted(silent, key=lambda path: (_depth(path), path)):
        if any(held in found for held in branches(branch)[:-1]):
            continue
        stations = silent[branch]
        if any(silence.stations.issuperset(stations) for silence in found.values()):
            continue
        share = len(stations) / booths[branch]
        lasting = branch in open_ and not rule.good(share)
        if not lasting and (len(stations) < together or not rule.bad(share)):
            continue
        name = _name(branch, silent, open_)
        found[name] = Silence(name, len(stations), booths[name], frozenset(stations))
    return found


def _name(branch: str, silent: dict[str, list[str]], open_: Collection[str]) -> str:
    """The deepest branch within ``branch`` that holds all its silent booths; an open one first."""
    prefix = f"{branch}/" if branch else ""
    same = [
        path
        for path, stations in silent.items()
        if len(stations) == len(silent[branch]) and (path == branch or path.startswith(prefix))
    ]
    already = [path for path in same if path in open_]
    return max(already or same, key=_depth)


def _depth(path: str) -> int:
    return path.count("/") + bool(path)
