"""What must be true of a station's folder after every crash, whoever looks at it.

Everything is read from the disk, as an auditor would; nothing is asked of the station.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import zxingcpp
from pyrage import x25519

from controller.dossier.state import Finger
from controller.policy import CapturePolicy
from controller.stages.fingers.stage import finger_name
from controller.stages.portrait.stage import portrait_name
from controller.state import State, books, fold
from controller.station.access import identity_name
from controller.vault.artefacts import Artefacts
from controller.vault.keys import Keys, region_recipient, shift_recipient
from controller.vault.verify import verify as verify_packet
from edge.journal import events as e
from edge.journal.store import read_events, read_rows
from edge.journal.verify import verify
from tests.crash.life import Shown


class Auditor:
    """Looks at one station's folder again and again."""

    def __init__(self, data: Path, keys: Keys, region: x25519.Identity) -> None:
        self._data = data
        self._keys = keys
        self._region = region
        self._known: list[bytes] = []
        """Hashes of the rows seen so far: they may never change."""
        self._proven: set[str] = set()

    @property
    def rows(self) -> int:
        """Rows of the journal when it was last looked at."""
        return len(self._known)

    def audit(self, shown: Shown | None) -> State:
        """Everything that must hold after a crash; AssertionError says what does not."""
        events = self._journal()
        state = fold(events, CapturePolicy())
        self._nothing_shown_is_lost(events, shown)
        check_tickets(events)
        check_devices(events)
        self._artefacts_open(state)
        self._packets_match(state, events)
        assert books(state).lost == 0, books(state)
        return state

    def _journal(self) -> list[e.Event]:
        path = self._data / "journal.db"
        verdict = verify(path)
        assert verdict.bad_row is None, verdict
        if verdict.why:  # killed before its first row
            assert not self._known, f"rows that were there are gone: {verdict.why}"
            return []
        rows = [row[8] for row in read_rows(path)]
        assert rows[: len(self._known)] == self._known, "rows once written have changed"
        self._known = rows
        return list(read_events(path))

    def _nothing_shown_is_lost(self, events: list[e.Event], shown: Shown | None) -> None:
        """The journal goes at least as far as the screen, and told the same at that point."""
        if shown is None:
            return
        seq, dossiers, waiting = shown
        assert len(events) >= seq, f"the screen showed row {seq}, the disk has {len(events)}"
        then = fold(events[:seq], CapturePolicy())
        assert {
            d.id: (d.stage.value, _taken(d.fingers)) for d in then.dossiers.values()
        } == dossiers
        assert sorted(waiting) == sorted(
            t.number for t in then.queue.tickets.values() if t.state.value == "waiting"
        )

    def _artefacts_open(self, state: State) -> None:
        vault = Artefacts(self._data, region_recipient(self._data), shift_recipient(self._data))
        for dossier in state.dossiers.values():
            if dossier.identity_sealed and dossier.stage.value != "turned_away":
                name = identity_name(dossier.identity_no)
                vault.get(dossier.id, name, self._keys, dossier.identity_sealed)
            if dossier.portrait:
                name = portrait_name(dossier.portrait_no)
                vault.get(dossier.id, name, self._keys, dossier.portrait.sealed)
            for position, finger in dossier.fingers.items():
                if finger.best_sealed:
                    name = finger_name(position, finger.best_try)
                    vault.get(dossier.id, name, self._keys, finger.best_sealed)

    def _packets_match(self, state: State, events: Iterable[e.Event]) -> None:
        """Every sealed dossier has its packet, that very one, and it can be verified."""
        sealed = {
            event.dossier: event.body.packet for event in events if isinstance(event.body, e.Sealed)
        }
        counted = Counter(event.dossier for event in events if isinstance(event.body, e.Sealed))
        assert set(counted.values()) <= {1}, f"sealed twice: {counted}"
        packets = {path.stem: path for path in (self._data / "outbox").glob("*.tram")}
        assert set(sealed) <= set(packets), "a sealed packet is missing"
        for early in set(packets) - set(sealed):  # written, the crash came before its row
            assert state.dossiers[early].stage.value == "confirmed", early
        for dossier, digest in sealed.items():
            assert dossier is not None
            if dossier in self._proven:
                continue
            content = packets[dossier].read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest, f"not the packet of {dossier}"
            report = verify_packet(packets[dossier], [self._region])
            assert report.passed, [str(problem) for problem in report.problems]
            self._proven.add(dossier)


def _taken(fingers: Mapping[e.Position, Finger]) -> tuple[str, ...]:
    order = CapturePolicy().finger_order
    return tuple(p.value for p in order if p in fingers and fingers[p].captured)


def check_tickets(events: Iterable[e.Event]) -> None:
    """Numbers contiguous and none doubled; issued once, and only after printing or hand-over."""
    numbered: defaultdict[int, list[int]] = defaultdict(list)
    issued: Counter[tuple[int, int]] = Counter()
    jobs: dict[int, tuple[int, int]] = {}
    printed: set[tuple[int, int]] = set()
    presses: Counter[tuple[str, int]] = Counter()
    for event in events:
        body = event.body
        if isinstance(body, e.TicketNumbered):
            numbered[body.day].append(body.ticket)
            if body.boot is not None and body.no is not None:
                presses[body.boot, body.no] += 1
        elif isinstance(body, e.PrintRequested) and body.day and body.ticket:
            jobs[event.seq] = (body.day, body.ticket)
        elif isinstance(body, e.Printed) and body.job in jobs:
            printed.add(jobs[body.job])
        elif isinstance(body, e.TicketIssued):
            issued[body.day, body.ticket] += 1
            if body.how is e.IssuedHow.PRINTED:
                assert (body.day, body.ticket) in printed, f"issued but not printed: {body}"
    for day, numbers in numbered.items():
        assert numbers == list(range(1, len(numbers) + 1)), f"tickets of {day}: {numbers}"
    assert not issued or max(issued.values()) == 1, f"issued twice: {issued}"
    assert not presses or max(presses.values()) == 1, f"one press, two tickets: {presses}"


def check_devices(events: Iterable[e.Event]) -> None:
    """A device is held by one dossier at a time: what is taken was free."""
    held: dict[e.Device, str] = {}
    for event in events:
        body = event.body
        if isinstance(body, e.StationStarted):
            held.clear()
        elif isinstance(body, e.DeviceTaken):
            assert body.device not in held, f"row {event.seq}: {body.device} is held already"
            held[body.device] = event.dossier or ""
        elif isinstance(body, e.DeviceReleased):
            assert held.pop(body.device, None) == event.dossier, f"row {event.seq}"
        elif isinstance(body, e.DossierClosed):
            assert event.dossier not in held.values(), f"row {event.seq}: closed at a device"


def codes(slips: Path) -> list[str | None]:
    """What the QR code of each slip says, None where there is none."""
    found: list[str | None] = []
    for path in sorted(slips.glob("slip-*.png")):
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        read = [code.text for code in zxingcpp.read_barcodes(picture) if code.valid]
        found.append(read[0] if read else None)
    return found
