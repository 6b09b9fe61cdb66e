"""The roster on disk: one age file for the shift key, opened into memory at unlock.

The content is the columns of ``table`` as MessagePack, so that opening means decrypting and no
parsing. Written beside the old file and put in its place in one step: a power cut leaves the old
roster or the new one, never half of either.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyrage

from controller.errors import InputError
from controller.roster.columns import SCHEMA, Columns
from controller.roster.table import Roster
from controller.texts import N_

_BROKEN = N_("The roster file is damaged. Import the roster again.")


def seal(roster: Roster, path: Path, recipients: Sequence[pyrage.x25519.Recipient]) -> None:
    """Write ``path`` (mode 600), durable when it returns. OSError when the disk refuses."""
    sealed = pyrage.encrypt(msgspec.msgpack.encode(roster.columns), list(recipients))
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


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
        columns = msgspec.msgpack.decode(content, type=Columns)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InputError("roster file has other content", _BROKEN) from None
    if columns.schema != SCHEMA:
        raise InputError(f"roster file of schema {columns.schema}", _BROKEN)
    return Roster(columns)
