"""age's passphrase seal (scrypt), worked out in a process of its own.

pyrage holds Python's global lock for the whole second that scrypt takes, and scrypt takes up to
half a gigabyte. In a thread, either would be the station's: lights would fall dark and the console
freeze at every unlock. In a child, other threads run on and the memory goes back to the machine.

The child is this very file; it reads the passphrase from a pipe, never from its command line.
Format: https://github.com/C2SP/C2SP/blob/main/age.md#scrypt-recipient-stanza. The work factor is
measured when sealing, for about one second on this machine.
"""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pyrage

TIMEOUT_S = 60.0
REFUSED = 3
"""Exit status of the child when age refused; the reason is on its standard error."""


class ScryptFailed(Exception):
    """The child died, ran out of memory or of time: says nothing about the passphrase."""


def seal(secret: bytes, passphrase: str) -> bytes:
    """An age file of ``secret``. About three seconds. Raises ScryptFailed."""
    return _child("seal", secret, passphrase)


def unseal(sealed: bytes, passphrase: str) -> bytes:
    """What ``seal`` was given. One to two seconds.

    Raises pyrage.DecryptError (``"Decryption failed"`` for a wrong passphrase, another text for
    a damaged file or a work factor beyond this machine) or ScryptFailed.
    """
    return _child("unseal", sealed, passphrase)


def _child(action: str, data: bytes, passphrase: str) -> bytes:
    # One phrase typed with two input methods must be one phrase: composed and decomposed alike.
    phrase = unicodedata.normalize("NFC", passphrase).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__, action],
            input=len(phrase).to_bytes(4, "big") + phrase + data,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScryptFailed(type(error).__name__) from None
    if done.returncode == REFUSED:
        raise pyrage.DecryptError(done.stderr.decode())
    if done.returncode:
        raise ScryptFailed(f"exit status {done.returncode}")
    return done.stdout


def main() -> int:
    """The child: length, passphrase and data on standard input, the result on standard output."""
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    phrase = sys.stdin.buffer.read(length).decode()
    data = sys.stdin.buffer.read()
    work = pyrage.passphrase.encrypt if sys.argv[1] == "seal" else pyrage.passphrase.decrypt
    try:
        sys.stdout.buffer.write(work(data, phrase))
    except pyrage.DecryptError as error:
        sys.stderr.write(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
