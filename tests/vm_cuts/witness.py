"""Whether a journal tells what an operator's screen had shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.policy import CapturePolicy
from controller.state import State
from edge.journal.store import read_events

Seen = tuple[tuple[tuple[str, str, tuple[str, ...]], ...], tuple[int, ...]]


def what_was_told_is_there(data: Path, told: Sequence[Mapping[str, Any]]) -> None:
    """The journal came through every state that a screen has shown, in that order."""
    passed = states(data)
    after = 0
    for number, shown in enumerate(told):
        wanted = _shown(shown)
        found = next((i for i in range(after, len(passed)) if passed[i] == wanted), None)
        assert found is not None, (
            f"screen {number} of {len(told)} showed what the journal's {len(passed)} states lack: "
            f"{shown}"
        )
        after = found


def states(data: Path) -> list[Seen]:
    """What a screen could have shown before the first row and behind each one."""
    state = State(CapturePolicy())
    passed = [_of(state)]
    for event in _events(data):
        state.apply(event)
        passed.append(_of(state))
    return passed


def _events(data: Path) -> Iterable[Any]:
    journal = data / "journal.db"
    return read_events(journal) if journal.exists() else ()


def _shown(shown: Mapping[str, Any]) -> Seen:
    dossiers = tuple(
        (name, stage, tuple(taken)) for name, (stage, taken) in sorted(shown["dossiers"].items())
    )
    return dossiers, tuple(sorted(shown["waiting"]))


def _of(state: State) -> Seen:
    order = state.policy.finger_order
    dossiers = tuple(
        (
            dossier.id,
            dossier.stage.value,
            tuple(p.value for p in order if p in dossier.fingers and dossier.fingers[p].captured),
        )
        for _, dossier in sorted(state.dossiers.items())
    )
    waiting = sorted(t.number for t in state.queue.tickets.values() if t.state.value == "waiting")
    return dossiers, tuple(waiting)
