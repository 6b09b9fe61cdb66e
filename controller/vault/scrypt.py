"""scrypt, worked out in a process of its own.

It takes a quarter of a gigabyte for a second or two. In a child, the memory goes back to the
machine at once, and a machine short of it ends the child, not the station. The child is this very
file; it reads the passphrase from a pipe, never from its command line.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys

TIMEOUT_S = 60.0
SALT_BYTES = 16
KEY_BYTES = 32
BLOCK = 8
"""scrypt's r; its p is 1 (https://github.com/C2SP/C2SP/blob/main/age.md#scrypt-recipient-stanza)."""
LABEL = b"age-encryption.org/v1/scrypt"


class ScryptFailed(Exception):
    """The child died, ran out of memory or of time: says nothing about the passphrase."""


def wrapping_key(phrase: bytes, salt: bytes, log_n: int) -> bytes:
    """The 32 bytes of age for ``phrase``, a salt of 16 bytes and 2**``log_n`` rounds.

    Takes 1 KiB times 2**``log_n`` of memory. Raises ScryptFailed.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", __file__, str(log_n)],
            input=salt + phrase,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScryptFailed(type(error).__name__) from None
    if done.returncode or len(done.stdout) != KEY_BYTES:
        raise ScryptFailed(f"exit status {done.returncode}")
    return done.stdout


def main() -> None:
    """The child: salt and passphrase on standard input, the key on standard output."""
    rounds = 1 << int(sys.argv[1])
    salt = sys.stdin.buffer.read(SALT_BYTES)
    phrase = sys.stdin.buffer.read()
    memory = 128 * BLOCK * (rounds + 16)
    key = hashlib.scrypt(
        phrase, salt=LABEL + salt, n=rounds, r=BLOCK, p=1, maxmem=memory, dklen=KEY_BYTES
    )
    sys.stdout.buffer.write(key)


if __name__ == "__main__":
    main()
