"""A server's socket, and why it cannot be had: one rule for the booth's console and the region's
pages, which may well stand on one machine.

Who holds a port is read in /proc, https://docs.kernel.org/filesystems/proc.html (1.8); of programs
of other users only root is told, so that the advice names ``ss`` as well.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from itertools import islice, takewhile
from pathlib import Path

from ground.error import TramError
from ground.text import N_

_LISTENS = "0A"
"""TCP_LISTEN of include/net/tcp_states.h, as /proc/net/tcp has it."""
_WORDS = 5
"""Of a command: python -P -m tram.monitor web."""


TAKEN = N_(
    "Port {port} is taken{by}. End that program, or give {key} another number; "
    "“sudo ss -ltnp 'sport = :{port}'” tells who has it."
)
NOT_OURS = N_(
    "{host} is not an address of this machine: “ip address” lists them. Correct {table}.host; "
    "127.0.0.1 is this machine alone, 0.0.0.0 all its addresses."
)
NOT_ALLOWED = N_("Port {port} is the system's: give {key} a number from 1024 to 65535.")
REFUSED = N_("{host} port {port} cannot be opened ({why}): correct {table}.host and {key}.")


class CannotListen(TramError):
    """An address of the configuration cannot be opened."""

    def __init__(self, table: str, host: str, port: int, error: OSError) -> None:
        advice = _ADVICE.get(error.errno or 0, REFUSED)
        if isinstance(error, socket.gaierror):
            advice = NOT_OURS
        holder = _holder(port) if advice is TAKEN else ""
        super().__init__(
            f"{table}: {host} {port}: {error.strerror}",
            advice,
            table=table,
            key=f"{table}.port",
            host=host,
            port=port,
            why=error.strerror,
            by=f" ({holder})" if holder else "",
        )


_ADVICE = {
    errno.EADDRINUSE: TAKEN,
    errno.EADDRNOTAVAIL: NOT_OURS,
    errno.EACCES: NOT_ALLOWED,
}


def bound(table: str, host: str, port: int) -> socket.socket:
    """A TCP socket that listens on ``host`` and ``port`` (0: any that is free).

    ``table`` of the configuration has ``host`` and ``port``. Raises ``CannotListen``.
    """
    with ExitStack() as unless_it_works:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            made = unless_it_works.enter_context(socket.socket(family, kind, protocol))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen()  # two that are only bound may share a port
        except OSError as error:
            raise CannotListen(table, host, port, error) from None
        unless_it_works.pop_all()
    return made


def _holder(port: int) -> str:
    """``python3 -m tram station, process 812`` of whoever listens on ``port``; "": not told."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    if not wanted:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(file) in wanted for file in (process / "fd").iterdir()):
                return f"{_command(process)}, process {process.name}"
        except OSError:  # not ours to look into, or gone
            continue
    return ""


def _listening(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()  # number, local address:port, remote, state, … inode
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _command(process: Path) -> str:
    """Its program and first words; what follows an option may be anything, and stays away."""
    words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    plain = takewhile(lambda word: not word.startswith("-") or word in ("-m", "-P"), words)
    return " ".join(Path(word).name for word in islice(plain, _WORDS) if word)
