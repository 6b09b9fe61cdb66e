"""A short way to the state that the journal folds into, so that a booth with years of rows starts.

Folding costs about 10 µs an event; a booth that enrolled 60,000 people has two million of them.
The snapshot is a state some rows ago. It is derived and never trusted over the journal: it counts
only when the journal still has the very row (seq and hash) it was taken at, when program and policy
are those that took it, and when it is undamaged. Otherwise the journal is folded from its first
row, and deleting the file costs nothing but time. Only the rows behind it are folded then.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

import controller
import edge
import ground
from controller import stages
from controller.policy import CapturePolicy
from controller.state import State
from controller.vault import durable
from edge.journal.store import Journal
from ground.decode import Malformed, convert, from_msgpack

TAIL = 10_000
"""Rows that may lie behind the snapshot before another is taken: a tenth of a second."""
_ROOMS = (controller, edge, ground)
"""With the stages, what decides the outcome of a fold: with another word in them, another fold.
Which of their modules a fold touches is no list to keep by hand; an update costs one whole replay.
"""


class Snapshot(msgspec.Struct):
    program: str
    seq: int
    hash: str
    state: State


def restore(journal: Journal, path: Path, policy: CapturePolicy, tail: int = TAIL) -> State:
    """The same as ``fold(journal.replay(), policy)``, by way of the snapshot at ``path`` if it is
    good; takes a new one when more than ``tail`` rows lie behind it.

    Raises JournalError as the replay does. A snapshot that cannot be written is no error.
    """
    taken = _read(path)
    if (
        taken is None
        or taken.program != _program()
        or taken.state.policy != policy
        or journal.hash_at(taken.seq) != taken.hash
    ):
        taken = None
    state, seq = (taken.state, taken.seq) if taken else (State(policy), 0)
    for event in journal.replay(after=seq):
        state.apply(event)
    if journal.seq - seq > tail:
        _write(path, Snapshot(_program(), journal.seq, journal.hash.hex(), state))
    return state


def _read(path: Path) -> Snapshot | None:
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            return None
        return _snapshot(content[32:])
    except (OSError, Malformed):
        return None


def _write(path: Path, snapshot: Snapshot) -> None:
    content = msgspec.msgpack.encode(snapshot, enc_hook=_to_plain)
    with suppress(durable.StorageFailed):  # it costs time at the next start, nothing else
        durable.write(path, hashlib.sha256(content).digest() + content)


def _to_plain(value: Any) -> Any:
    """``deque``: its bound and what it holds."""
    if isinstance(value, deque):
        return [value.maxlen, list(value)]
    raise NotImplementedError(type(value))


def _from_plain(kind: type[Any], plain: Any) -> Any:
    if get_origin(kind) is deque:
        bound, values = plain
        return deque(convert(values, list[get_args(kind)[0]]), bound)  # type: ignore[misc]
    if get_origin(kind) is Counter:
        return Counter(convert(plain, dict[get_args(kind)[0], int]))  # type: ignore[misc]
    raise NotImplementedError(kind)


_snapshot = from_msgpack(Snapshot, _from_plain)


def _program() -> str:
    """Digest of the sources that fold."""
    return _digest(tuple(type(stage).__module__ for stage in stages.registered()))


@cache
def _digest(stages_of: tuple[str, ...]) -> str:
    """Of our rooms, and of ``stages_of``: modules of stages, which may be elsewhere."""
    sources = [path for room in _ROOMS for path in sorted(Path(room.__path__[0]).rglob("*.py"))]
    sources += [Path(str(import_module(name).__file__)) for name in stages_of]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()
