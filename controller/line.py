"""The line: who goes to which free device next, and when to call the next person.

Motto of the field: machines never wait. The fingerprint scanner is the bottleneck (ten fingers,
1.7 s of wire time each); the rules keep it fed and never let it stand free for a person who could
be on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median

from controller import stages
from controller.dossier.state import Dossier, Stage
from controller.policy import LinePolicy
from controller.rules import needs
from controller.state import State
from edge.journal.events import Device, TicketKind


@dataclass(frozen=True)
class Estimates:
    """Seconds; the station's own medians once it has some. ``device_s``: one person at a device."""

    arrival_s: float
    bottleneck: Device
    device_s: Mapping[Device, float]

    @property
    def bottleneck_s(self) -> float:
        return self.device_s[self.bottleneck]


def estimates(state: State, policy: LinePolicy) -> Estimates:
    def own(measured: Collection[float] | None, assumed: float) -> float:
        return median(measured) if measured and len(measured) >= 3 else assumed

    taken = stages.named(state.policy.stages)
    return Estimates(
        own(state.arrival_s, policy.arrival_s),
        stages.pacing(taken).device,
        {s.device: own(state.hold_s.get(s.device), s.assumed_s(policy)) for s in taken},
    )


def assign(
    state: State,
    free: Collection[Device],
    now_ms: int,
    policy: LinePolicy,
    aside: Collection[str] = (),
) -> list[tuple[Device, str]]:
    """(device, dossier) pairs to start now. ``free`` are devices that are ready and not held;
    dossiers ``aside`` get none.

    The bottleneck chooses first, then the document scanner, then the other stages in their order.
    Someone the bottleneck is about to need is not sent to another stage when nobody else could take
    the place: the one case in which a free device waits for a person who could use it, for at most
    twice that device's time.
    """
    guess = estimates(state, policy)
    idle = [d for d in state.dossiers.values() if not d.holding and d.id not in aside]
    pairs: list[tuple[Device, str]] = []
    taken: set[str] = set()

    def candidates(device: Device) -> list[Dossier]:
        wanted = [d for d in idle if d.id not in taken and device in needs(d, state.policy)]
        return sorted(wanted, key=lambda d: (d.ticket_kind is not TicketKind.PRIORITY, d.opened_at))

    others = [device for device in guess.device_s if device is not guess.bottleneck]
    for device in (guess.bottleneck, Device.SCANNER, *others):
        if device not in free:
            continue
        queue = candidates(device)
        if device in others:
            next_up = candidates(guess.bottleneck)
            queue = _spare_the_bottleneck(state, queue, next_up, guess, device, now_ms)
        if queue:
            pairs.append((device, queue[0].id))
            taken.add(queue[0].id)
    return pairs


def _spare_the_bottleneck(
    state: State,
    queue: list[Dossier],
    next_up: list[Dossier],
    guess: Estimates,
    device: Device,
    now_ms: int,
) -> list[Dossier]:
    holder = state.holder(guess.bottleneck)
    if holder is None or len(next_up) != 1:
        return queue
    held_s = max(0, now_ms - holder.holding[guess.bottleneck]) / 1000
    left_s = guess.bottleneck_s - held_s
    if abs(left_s) > guess.device_s[device]:
        return queue  # time enough, or the guess was wrong: nobody waits for it any longer
    return [d for d in queue if d.id != next_up[0].id]


def work_ahead_s(state: State, called: int, now_ms: int, policy: LinePolicy) -> float:
    """Seconds of work that the bottleneck has before it, counting ``called`` people on the way."""
    guess = estimates(state, policy)
    work = called * guess.bottleneck_s
    for dossier in state.dossiers.values():
        if guess.bottleneck in dossier.holding:
            held_s = max(0, now_ms - dossier.holding[guess.bottleneck]) / 1000
            work += max(0.0, guess.bottleneck_s - held_s)
        elif needs(dossier, state.policy) & {guess.bottleneck, Device.SCANNER}:
            work += guess.bottleneck_s
    return work


def should_call(state: State, called: int, now_ms: int, policy: LinePolicy) -> bool:
    """Whether to call one more person now, given ``called`` who have not arrived yet."""
    in_line = [
        d for d in state.dossiers.values() if d.stage in (Stage.CHECKED_IN, Stage.IDENTIFIED)
    ]
    if len(in_line) + called >= policy.in_flight_max:
        return False  # whoever waits for papers only does not count: a dead printer stops no line
    guess = estimates(state, policy)
    return work_ahead_s(state, called, now_ms, policy) <= guess.arrival_s + policy.spare_s
