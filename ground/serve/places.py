"""A bounded queue for what is costly before anybody has signed in: the stretching of passwords.

With scrypt (RFC 7914) one try takes a second of a core and much memory, so tries wait for one
another, and whoever sends a thousand must not fill the queue for everybody. The number of places is
limited in all and for one source, and some are kept for sources that have signed in before (OWASP's
"device cookie", by address). Whoever gets none is told at once to try again.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ground.error import TramError
from ground.text import N_

KNOWN_MAX = 10_000
FULL = N_("Too many people are signing in at this moment. Wait a few seconds and try again.")
STILL = N_("The last try from this machine is still being checked. Wait a moment and try again.")


class Busy(TramError):
    """No place is free: nothing was tried, nothing counts."""


class Places:
    """``whole`` places in all, ``of_one`` of them for one source at a time; the last ``kept`` are
    for sources that are known. Of any thread."""

    def __init__(self, whole: int, of_one: int, kept: int) -> None:
        self._whole, self._of_one, self._kept = whole, of_one, kept
        self._taken: Counter[str] = Counter()
        self._known: dict[str, None] = {}
        self._guard = threading.Lock()

    @contextmanager
    def of(self, source: str) -> Iterator[None]:
        """A place, held until the end of the block. Raises Busy at once when there is none."""
        with self._guard:
            if self._taken[source] >= self._of_one:
                raise Busy("sign-in: a try of this source is under way", STILL)
            free = self._whole - self._taken.total()
            if free <= (0 if source in self._known else self._kept):
                raise Busy("sign-in: the queue is full", FULL)
            self._taken[source] += 1
        try:
            yield
        finally:
            with self._guard:
                self._taken[source] -= 1
                self._taken += Counter()  # drops who holds none

    def knows(self, source: str) -> None:
        """Somebody has signed in from there: a place is kept for it from now on."""
        with self._guard:
            self._known.pop(source, None)
            self._known[source] = None
            if len(self._known) > KNOWN_MAX:
                del self._known[next(iter(self._known))]


def source_of(host: str | None) -> str:
    """Where a request came from, as tries are counted: an IPv4 address, or the first half of an
    IPv6 one (the second is any that its machine likes: RFC 4291 section 2.5.1). "": of this
    program itself."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return address.packed[:8].hex(":", 2)


def mark_of(source: str) -> str | None:
    """``source_of`` in the sixteen digits that a journal has for it: "192.168.4.9" is
    "00000000c0a80409"."""
    if "." in source:
        return f"{int(ipaddress.IPv4Address(source)):016x}"
    return source.replace(":", "") or None
