"""The spoken call: a hall hears a number long before it looks at a board.

espeak-ng (https://github.com/espeak-ng/espeak-ng, voice ``vi``) runs as a program of its own, so
that a sound card that blocks never blocks the station. A call that is not heard is not an error of
the queue: the board shows it too. So ``say`` never raises; it returns what the technician reads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from ground.text import N_, Language, text

PROGRAM = "espeak-ng"
WORDS_PER_MINUTE = 130
"""Slower than espeak's 175: for a hall with an echo, and old ears."""
DEADLINE_S = 20.0
"""A call takes about 3 s; a sound system that needs longer hangs."""

NO_PROGRAM = N_("Calls cannot be spoken: install espeak-ng. The board still shows them.")
NO_SOUND = N_("Calls cannot be spoken: check the loudspeaker. The board still shows them.")


def sentence(number: int, place: int, language: Language = "vi") -> str:
    """ "Mời số 12 đến bàn 2"."""
    message = N_("Number {number}, please come to desk {desk}")
    return text(language, message, number=number, desk=place)


class Voice:
    """Speaks calls one at a time, in the order they were made.

    A call that still waits when the same place calls somebody else is dropped: it is out of date.
    ``options`` go to the program as they are (``-a 200`` amplitude, ``-w FILE`` into a WAV file).
    """

    def __init__(
        self, enabled: bool, language: Language = "vi", options: Sequence[str] = ()
    ) -> None:
        self.enabled = enabled
        self._language: Language = language
        self._options = tuple(options)
        self._turn = asyncio.Lock()
        self._newest: dict[int, object] = {}

    async def say(self, number: int, place: int) -> str | None:
        """Call ``number`` to desk ``place``. None when spoken, off or out of date; else a message
        id that says what to do. Cancelling it ends the program."""
        if not self.enabled:
            return None
        call = self._newest[place] = object()
        async with self._turn:
            if self._newest[place] is not call:
                return None
            return await self._speak(sentence(number, place, self._language))

    async def _speak(self, words: str) -> str | None:
        try:
            program = await asyncio.create_subprocess_exec(
                *(PROGRAM, "-v", self._language, "-s", str(WORDS_PER_MINUTE), *self._options),
                words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return NO_PROGRAM
        try:
            async with asyncio.timeout(DEADLINE_S):
                return NO_SOUND if await program.wait() else None
        except TimeoutError:
            return NO_SOUND
        finally:
            if program.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    program.kill()
                await program.wait()
