"""A booth with real keys, a real journal and one citizen's captures.

No operator's bundle lies in it: a passphrase costs seconds of scrypt, in a process of its own.
"""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from pyrage import x25519

from controller.stages.fingers.stage import FINGERS
from controller.vault import keys as vault_keys
from controller.vault import packet
from controller.vault.artefacts import Artefacts
from controller.vault.keys import Keys
from controller.vault.packet import JournalLink, PacketSealed
from edge.journal.events import DossierOpened, Sealed
from edge.journal.store import Journal
from ground.clock import SteppedClock

from .dossiers import ENDED

PASSPHRASE = "bốn con trâu trắng"
DOSSIER = "TH0417-000123-7"
STATION = "TH0417"
NAME = "Nguyễn Thị Ánh Đào"
NUMBER = "038199012345"


@dataclass(frozen=True)
class Booth:
    """``data`` is the station's folder; ``region`` would never be on a real booth."""

    data: Path
    region: x25519.Identity
    keys: Keys
    journal: Journal

    @property
    def artefacts(self) -> Artefacts:
        return Artefacts(
            self.data,
            vault_keys.region_recipient(self.data),
            vault_keys.shift_recipient(self.data),
        )

    @property
    def region_key(self) -> Path:
        """The region's identity as a file beside (not in) the booth's folder."""
        path = self.data.parent / "region.key"
        path.write_text(f"# the region's\n{self.region}\n")
        return path

    def seal(self, files: Mapping[str, bytes], dossier: str = DOSSIER) -> PacketSealed:
        """As the station does: link, packet, then the journal's word on it."""
        self.journal.append(DossierOpened(desk=1), dossier=dossier)
        link = JournalLink(self.journal.seq, self.journal.hash.hex())
        sealed = packet.seal(
            dossier,
            files,
            link,
            STATION,
            self.keys,
            self.data,
            capture_class="single-finger-192x192-508dpi-4bit",
            created_ms=1_760_000_000_000,
        )
        event = Sealed(packet=sealed.digest, size=sealed.size, linked_seq=link.seq)
        self.journal.append(event, dossier=dossier)
        return sealed


@pytest.fixture(scope="session")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, x25519.Identity, Keys]:
    data = tmp_path_factory.mktemp("prototype") / "booth"
    region = x25519.Identity.generate()
    keys = vault_keys.generate("OP1")
    vault_keys.publish(data, str(region.to_public()), keys)
    return data, region, keys


@pytest.fixture
def booth(prototype: tuple[Path, x25519.Identity, Keys], tmp_path: Path) -> Iterator[Booth]:
    template, region, keys = prototype
    data = tmp_path / "booth"
    shutil.copytree(template, data)
    journal = Journal(data / "journal.db", STATION, SteppedClock())
    yield Booth(data, region, keys, journal)
    journal.close()


def png(seed: int, width: int = 24, height: int = 24) -> bytes:
    """A real grey PNG that does not shrink."""
    pixels = random.Random(seed).randbytes(width * height)
    buffer = io.BytesIO()
    Image.frombytes("L", (width, height), pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """A citizen's captures by their names in the packet (the ring finger is missing)."""
    fingers = [name for name in FINGERS.files if name != "fingers/left_ring.png"]
    return {
        "data.json": ENDED["by_card"]().written(),
        "portrait.png": png(0, 60, 80),
        **{name: png(seed) for seed, name in enumerate(fingers, start=1)},
    }


@pytest.fixture
def sealed(booth: Booth, files: dict[str, bytes]) -> Booth:
    """The booth with one packet in its outbox, tied to row 1 of the journal."""
    booth.seal(files)
    return booth
