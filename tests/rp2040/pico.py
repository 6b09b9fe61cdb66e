"""The emulated Pico with the firmware's language: commands, answers, the boot notice."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from firmware import wire
from hw.twins.rp2040.chip import Chip, Options

BOOT_MS = 5000.0
Message = list[int | str]


class Pico(Chip):
    """A chip whose host speaks ``firmware/wire.py``; all times are simulated."""

    REMEMBERED = (*Chip.REMEMBERED, "_looked", "_seq")

    def __init__(
        self,
        files: Mapping[str, bytes],
        options: Options | None = None,
        *,
        image: Path | None = None,
    ) -> None:
        super().__init__(files, options, image=image)
        self._looked = 0
        self._seq = 0

    def frames(self) -> Iterator[Message]:
        """What came since the last look, as far as it is whole; noise is left out."""
        while (end := self._usb.find(b"\n", self._looked)) >= 0:
            line = bytes(self._usb[self._looked : end])
            self._looked = end + 1
            with contextlib.suppress(ValueError):
                yield wire.decode(line)

    def wait_frame(self, wanted: Callable[[Message], object], within_ms: float) -> Message:
        """The next message that is ``wanted``; others before it are dropped."""
        found: list[Message] = []

        def came() -> bool:
            found.extend(itertools.islice((m for m in self.frames() if wanted(m)), 1))
            return bool(found)

        self.until(came, within_ms, ("usb",))
        return found[0]

    def booted(self, within_ms: float = BOOT_MS) -> str:
        """Wait for the boot notice; gives the boot id."""
        return str(self.wait_frame(lambda m: m[:2] == [0, "boot"], within_ms)[2])

    def hello(self, session: int = 1000, within_ms: float = BOOT_MS) -> Message:
        """Open a session; gives what the firmware says of itself."""
        self._seq = session - 1
        answer = self.say("hello", within_ms=within_ms)
        return answer[1:]

    def say(self, op: str, *arguments: int | str, within_ms: float = 2000.0) -> Message:
        """One command; gives its answer without the seq. ChipFailed when none comes."""
        seq = self._seq = self._seq + 1
        self.usb_write(wire.encode([seq, op, *arguments]))
        return self.wait_frame(lambda message: message[0] == seq, within_ms)[1:]
