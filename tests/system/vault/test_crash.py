"""SIGKILL at any instant: every file that shows is whole, and none that was promised is lost."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import time
from multiprocessing.connection import Connection

from controller.vault import durable, packet
from controller.vault.verify import verify
from tests.unit.vault.conftest import DOSSIER, STATION, Booth
from tests.unit.vault.dossiers import by_card

ROUNDS = 100
_fork = multiprocessing.get_context("fork")


def write_for_ever(booth: Booth, turn: int, promise: Connection) -> None:
    """Put artefacts and seal packets without end; tell each digest once it is durable."""
    link, ended = packet.JournalLink(1, "0" * 64), by_card()
    for count in itertools.count():
        content = random.Random(count).randbytes(50_000 + count)
        name = f"fingers/turn_{turn}_{count}.png"
        promise.send((name, booth.artefacts.put(DOSSIER, name, content)))
        booth.artefacts.put(DOSSIER, "portrait.png", content)  # over the one before
        packet.seal(
            DOSSIER,
            {"data.json": ended.written(), "portrait.png": content},
            link,
            STATION,
            booth.keys,
            booth.data,
            capture_class=ended.capture_class,
            created_ms=0,
        )


def test_a_writer_killed_at_any_instant_leaves_only_whole_files(booth: Booth) -> None:
    booth.journal.close()
    (booth.data / "journal.db").unlink()
    interrupted = promised = 0
    for turn in range(ROUNDS):
        receiver, sender = _fork.Pipe(duplex=False)
        writer = _fork.Process(target=write_for_ever, args=(booth, turn, sender))
        writer.start()
        sender.close()
        kept = dict([receiver.recv()])
        time.sleep(random.uniform(0, 0.02))  # the instant, at random: nothing is waited for
        writer.kill()
        writer.join()
        while receiver.poll():
            try:
                kept.update([receiver.recv()])
            except EOFError:
                break
        promised += len(kept)
        interrupted += durable.sweep(booth.data) > 0

        for name, digest in kept.items():
            booth.artefacts.get(DOSSIER, name, booth.keys, digest)
        for name in booth.artefacts.names(DOSSIER):
            assert len(booth.artefacts.get(DOSSIER, name, booth.keys)) >= 50_000
        for path in booth.data.glob("outbox/*"):
            assert verify(path, [booth.region]).passed
        booth.artefacts.discard(DOSSIER)
    assert promised >= ROUNDS
    assert interrupted > ROUNDS // 20, "the kills never hit a write: this run proved nothing"
