"""The roster on disk: one age file for the shift key, opened into memory at unlock.

The content is the columns of ``table`` as MessagePack, so that opening means decrypting and no
parsing. A power cut while importing leaves the old roster or the new one, never half of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyrage

from controller.roster.columns import SCHEMA, Columns
from controller.roster.table import Roster
from controller.vault import durable
from ground.decode import Malformed, from_msgpack
from ground.error import InputError
from ground.text import N_

_BROKEN = N_("The roster file is damaged. Import the roster again.")
_columns = from_msgpack(Columns)


def seal(roster: Roster, path: Path, recipients: Sequence[pyrage.x25519.Recipient]) -> None:
    """Write ``path`` (mode 600), durable when it returns. StorageFailed when the disk refuses."""
    sealed = pyrage.encrypt(msgspec.msgpack.encode(roster.columns), list(recipients))
    durable.write(path, sealed)


def unseal(path: Path, identity: pyrage.x25519.Identity) -> Roster:
    """The roster of ``path``. InputError when it is missing, damaged or sealed to another key."""
    try:
        content = pyrage.decrypt(path.read_bytes(), [identity])
    except FileNotFoundError:
        raise InputError(
            "no roster file", N_("No roster yet. Import one with: tram roster import PEOPLE.csv")
        ) from None
    except pyrage.DecryptError:
        raise InputError("roster file does not decrypt", _BROKEN) from None
    try:
        columns = _columns(content)
    except Malformed:
        raise InputError("roster file has other content", _BROKEN) from None
    if columns.schema != SCHEMA:
        raise InputError(f"roster file of schema {columns.schema}", _BROKEN)
    return Roster(columns)
