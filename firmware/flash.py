"""Small files in the Pico's flash: a power cut leaves the old or the new one (littlefs commits
whole).

A file holds lines of the link's own form, so each carries its checksum and a torn one is noticed.
Writing stops the whole chip, up to 400 ms an erase: a ``Log`` only adds what is new. As long as
littlefs keeps a file within its folder's block (up to 512 bytes), that is one program of a page,
and an erase every dozen times.
"""

import os

import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Message = list[int | str]

writing = False
"""While this is true, interrupts may be off for the time of an erase (see ``buttons``)."""


def load(path: str) -> "list[Message]":
    """The messages of ``path``, without those that are torn; none when there is no file."""
    return _read(path)[0]


def store(path: str, messages: "Sequence[Message]") -> bool:
    """Replace ``path``. A flash that is full or broken costs the memory, not the service: False."""
    return _write(path + ".new", "wb", messages, path)


class Log:
    """Lines at the end of ``path``; rewritten once there would be more than ``most``."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        self._lines = most + 1  # a file not read yet may end in a torn line: rewrite it

    def load(self) -> "list[Message]":
        """All that was added since it was last rewritten."""
        messages, torn = _read(self._path)
        self._lines = self._most + 1 if torn else len(messages)
        return messages

    def add(self, fresh: "Sequence[Message]", whole: "Sequence[Message]") -> None:
        """Add ``fresh``, or where there are too many lines, leave ``whole`` in their place."""
        if self._lines + len(fresh) > self._most or not whole:
            if store(self._path, whole):
                self._lines = len(whole)
        elif _write(self._path, "ab", fresh, ""):
            self._lines += len(fresh)
        else:
            self._lines = self._most + 1


def _read(path: str) -> "tuple[list[Message], bool]":
    """The messages, and whether there is more in the file than they."""
    messages = []
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return [], False
    torn = lines.pop() != b""
    for line in lines:
        try:
            messages.append(wire.decode(line))
        except ValueError:
            torn = True
    return messages, torn


def _write(path: str, mode: str, messages: "Sequence[Message]", name: str) -> bool:
    """Write, and give the file its ``name`` when that is another."""
    global writing
    lines = b"".join([wire.encode(message) for message in messages])
    writing = True
    try:
        with open(path, mode) as file:
            file.write(lines)
        if name:
            os.rename(path, name)
        return True
    except OSError as error:
        print("flash:", path, error)
        return False
    finally:
        writing = False
