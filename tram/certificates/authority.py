"""A region's own CA: who the broker is, and who the programs are that talk to it.

A folder with ``ca.pem`` and ``ca.key``, and a pair for each end. ``ca.key`` makes every booth
believe whatever it signs: it belongs on no broker and no booth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ground.error import InputError
from ground.text import N_
from tram.certificates import make
from tram.certificates.make import Pair

NAME = "Tram region CA"

MISSING = N_(
    "In {folder} there is no {file}, so nothing can be signed there. Put it back from the backup, "
    "or give another folder."
)
DAMAGED = N_(
    "ca.pem and ca.key in {folder} are damaged, or no pair. Put them back from the backup, or give "
    "another folder."
)
EXPIRED = N_(
    "The CA in {folder} has expired. Delete ca.pem and ca.key there, do this again, and give the "
    "new ca.pem to every booth."
)
BAD_NAME = N_(
    "{name} cannot name a file and a certificate. Give letters, digits, dots, hyphens and "
    "underscores, 64 at most, as TH0417."
)


@dataclass(frozen=True)
class Files:
    """PEM files of an end, and of the CA that vouches for it."""

    ca: Path
    cert: Path
    key: Path


class Authority:
    """Opened from ``folder``, or made in it. Raises InputError, OSError, StorageFailed."""

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        self.folder = folder.resolve()
        self.ca, self._key = self.folder / "ca.pem", self.folder / "ca.key"
        self._now = now
        self.made = not self.ca.exists() and not self._key.exists()
        self._pair = make.authority(NAME, now) if self.made else self._read()
        if self.made:
            self._pair.write(self.ca, self._key)

    def _read(self) -> Pair:
        try:
            pair = make.read(self.ca, self._key)
        except FileNotFoundError as error:
            raise self._unusable(MISSING, file=Path(error.filename).name) from None
        except ValueError:
            raise self._unusable(DAMAGED) from None
        if pair.certificate.not_valid_after_utc < (self._now or datetime.now(UTC)):
            raise self._unusable(EXPIRED)
        return pair

    def _unusable(self, advice: str, **params: str) -> InputError:
        folder = str(self.folder)
        return InputError(f"no usable CA in {folder}", advice, folder=folder, **params)

    @property
    def until(self) -> datetime:
        """UTC."""
        return self._pair.certificate.not_valid_after_utc

    def server(self, stem: str, hosts: Sequence[str]) -> Files:
        """For a broker that clients know by ``hosts``."""
        return self._written(stem, make.server(hosts, self._pair, self._now))

    def client(self, name: str) -> Files:
        """For a booth (its code) or a part of the region."""
        if not name or len(name) > 64 or name.startswith(".") or set(name) - _ALLOWED:
            raise InputError(f"no name: {name!r}", BAD_NAME, name=name)
        return self._written(name, make.client(name, self._pair, self._now))

    def _written(self, stem: str, pair: Pair) -> Files:
        files = Files(self.ca, self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        pair.write(files.cert, files.key)
        return files


_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_")


def for_broker(folder: Path, *hosts: str) -> Files:
    """A CA in ``folder`` and a broker's certificate, of 127.0.0.1 when no host is named."""
    return Authority(folder).server("broker", hosts or ("127.0.0.1",))
