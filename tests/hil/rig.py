"""The rig: what the suite runs on, virtual hardware or a bench, behind one typed face.

After labgrid (https://labgrid.readthedocs.io/): a test says what it needs, the rig says what there
is; a bench is held by one run at a time; and the first failed bring-up marks the rig broken, so
that the rest skips with that reason instead of failing one by one.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from hw.bench.hand import CardHand, Doing, Unable
from hw.twins.booth import Booth, TwinFailed
from hw.twins.control import Hand

DEVICES = ("pico", "fingerprint", "scanner", "camera", "printer")
FEATURES = frozenset({*DEVICES, "lid", "paper", "cover", "buttons", "climate", "hands", "faults"})
LOCKS = Path("/run/lock")


class RigError(Exception):
    """The rig's file is wrong, or somebody else holds the bench: the run cannot start."""


class RigBroken(Exception):
    """A device could not be brought up. Every later test skips with this reason."""


@dataclass(frozen=True)
class Ports:
    """Where a bench's devices are; "" where there is none. A bench's printer is behind its Pico."""

    pico: str = ""
    fingerprint: str = ""
    scanner: str = ""
    camera: str = ""
    printer: str = ""


@dataclass(frozen=True)
class Hands:
    """Who is the hand at a bench's devices; "" where nobody is: a test that needs one is skipped.

    A serial port: the bench's card (hw/bench/card). Any other path: the side channel of a twin that
    stands at the real wire, as a printer's (docs/bench.md).
    """

    pico: str = ""
    fingerprint: str = ""
    scanner: str = ""
    camera: str = ""
    printer: str = ""


@dataclass(frozen=True)
class Rig:
    """A rig's file. ``speed`` (times real pace) and ``seed`` are the twins'; ``pico`` is the module
    of the Pico's twin.
    """

    name: str
    kind: Literal["sim", "bench"]
    features: frozenset[str]
    ports: Ports = Ports()
    hands: Hands = Hands()
    speed: float = 1.0
    seed: int = 0
    pico: str = "pico"


def load(path: Path) -> Rig:
    """The rig in a TOML file; RigError names what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text())
        return _rig(document)
    except OSError as error:
        raise RigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise RigError(f"{path}: {error}") from None


def _rig(document: dict[str, Any]) -> Rig:
    if missing := {"name", "kind", "features"} - document.keys():
        raise ValueError(f"lacks {', '.join(sorted(missing))}")
    features = frozenset(document["features"])
    if unknown := features - FEATURES:
        raise ValueError(f"unknown features {sorted(unknown)}; known are {sorted(FEATURES)}")
    if document["kind"] not in ("sim", "bench"):
        raise ValueError(f'kind must be "sim" or "bench" (was {document["kind"]!r})')
    ports = Ports(**document.get("ports", {}))
    lacking = [
        field.name
        for field in fields(Ports)
        if field.name in features and not getattr(ports, field.name) and field.name != "printer"
    ]
    if document["kind"] == "bench" and lacking:
        raise ValueError(f"features {lacking} have no port in [ports]")
    hands = Hands(**document.get("hands", {}))
    if document["kind"] == "bench" and "hands" in features and hands == Hands():
        raise ValueError('the feature "hands" needs somebody in [hands]')
    return Rig(
        document["name"], document["kind"], features, ports, hands, **document.get("sim", {})
    )


@contextlib.contextmanager
def held(rig: Rig, locks: Path = LOCKS) -> Iterator[None]:
    """Hold the bench for this run; RigError says who has it. A sim needs no lock: each run has
    its own twins.
    """
    if rig.kind == "sim":
        yield
        return
    path = locks / f"tram-rig-{rig.name}.lock"
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RigError(f"bench {rig.name} is in use by {file.read().strip()}") from None
        file.seek(0)
        file.truncate()
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        file.write(f"{getpass.getuser()}, pid {os.getpid()}, since {now}\n")
        file.flush()
        yield
        file.truncate(0)  # nobody holds it now


def _opened(path: Path) -> TextIO:
    """The lock file. Another user may have made it: the kernel lets nobody *create* over that."""
    try:
        if path.exists():
            return path.open("r+")
        file = path.open("a+")
        path.chmod(0o666)
        return file
    except OSError as error:
        raise RigError(f"the bench's lock {path} cannot be opened: {error.strerror}") from None


class LiveRig:
    """A rig in use. Devices are brought up when a test first asks for their port."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.broken: str | None = None
        self.twins = Booth(folder, rig.speed, rig.seed, rig.pico)
        self._hands: dict[str, Doing] = {}
        self._cards: dict[str, CardHand] = {}

    def lacks(self, *features: str) -> list[str]:
        """Which of ``features`` this rig does not have; ValueError when one is misspelt."""
        if unknown := set(features) - FEATURES:
            raise ValueError(f"no such feature: {sorted(unknown)}; known are {sorted(FEATURES)}")
        lacking = set(features) - self.rig.features
        if "hands" in features and "hands" not in lacking:
            lacking |= {
                f"hands at the {device}"
                for device in set(features) & set(DEVICES)
                if not self.has_hand(device)
            }
        return sorted(lacking)

    def has_hand(self, device: str) -> bool:
        """Whether somebody is the hand at ``device``: at every twin, else as [hands] says."""
        return self.rig.kind == "sim" or bool(getattr(self.rig.hands, device))

    def port(self, device: str) -> str:
        """Where ``device`` is, brought up; RigBroken when it cannot be."""
        if self.broken:
            raise RigBroken(self.broken)
        try:
            if self.rig.kind == "sim":
                return self.twins.port(device)
            return _bench_port(device, getattr(self.rig.ports, device))
        except (TwinFailed, OSError) as error:
            self.broken = f"{device} did not come up: {error}"
            raise RigBroken(self.broken) from error

    def camera(self) -> str:
        """The camera as the configuration's ``devices.camera`` names it."""
        port = self.port("camera")
        return f"twin:{port}" if self.rig.kind == "sim" else port

    def hand(self, device: str) -> Doing:
        """The hand at ``device`` (needs the feature "hands"); RigBroken when a bench's is away."""
        if self.rig.kind == "bench":
            return self._bench_hand(device)
        self.port(device)
        if device not in self._hands:
            self._hands[device] = Hand(self.twins.control(device))
        return self._hands[device]

    def _bench_hand(self, device: str) -> Doing:
        """One line to a card, however many devices it is the hand at."""
        if self.broken:
            raise RigBroken(self.broken)
        where = getattr(self.rig.hands, device)
        if not where:
            raise Unable(f"bench {self.rig.name} has no hand at the {device}")
        try:
            if stat.S_ISCHR(os.stat(where).st_mode):
                if where not in self._cards:
                    self._cards[where] = CardHand(where)
                return self._cards[where]
            if device not in self._hands:
                self._hands[device] = Hand(Path(where))
            return self._hands[device]
        except OSError as error:
            self.broken = f"the hand at the {device} did not come up: {error}"
            raise RigBroken(self.broken) from error

    def restart(self, device: str) -> str:
        """Pull ``device``'s plug (its twin is killed) and put it back; gives its port again."""
        self.unplug(device)
        return self.port(device)

    def unplug(self, device: str) -> None:
        """Pull ``device``'s plug: its twin is killed. The next ``port`` plugs it in again."""
        if self.rig.kind == "bench":
            raise Unable(f"bench {self.rig.name} has nobody who pulls plugs")
        if hand := self._hands.pop(device, None):
            hand.close()
        self.twins.end(device)

    def settle(self) -> None:
        """Between tests: heal every twin that runs; one that died starts anew when next asked.

        On a bench every hand that was in use lets go; one that does not answer breaks the rig.
        """
        if self.rig.kind == "bench":
            self._let_go()
            return
        for device in DEVICES:
            if self.broken or not self.twins.runs(device):
                self.unplug(device)
                continue
            try:
                self.hand(device).do("heal")
            except (ValueError, OSError):  # refused, no answer: this one is beyond healing
                self.unplug(device)

    def _let_go(self) -> None:
        for hand in (*self._cards.values(), *self._hands.values()):
            try:
                hand.do("heal")
            except (ValueError, OSError) as error:
                self.broken = f"a hand does not let go: {error}"

    def close(self) -> None:
        """End everything that this rig started; a bench's hands let go."""
        if self.rig.kind == "bench":
            self._let_go()
            for hand in (*self._cards.values(), *self._hands.values()):
                hand.close()
            self._cards.clear()
            self._hands.clear()
            return
        for device in DEVICES:
            self.unplug(device)


def _bench_port(device: str, port: str) -> str:
    """A bench's port, looked at: a device file that is there, or the camera's name."""
    if port.startswith("/") and not stat.S_ISCHR(os.stat(port).st_mode):
        raise OSError(f"{port} is not a serial port")
    return port
