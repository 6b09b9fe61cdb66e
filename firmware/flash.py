"""Small files in the Pico's flash, replaced whole: a power cut leaves the old or the new one.

A file holds lines of the link's own form, so each carries its checksum and a torn one is noticed.
The file system (littlefs) spreads wear; callers write seldom all the same.
"""

import os

import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def load(path: str) -> "list[list[int | str]]":
    """The messages of ``path``, without those that are torn; none when there is no file."""
    messages = []
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return []
    for line in lines:
        try:
            messages.append(wire.decode(line))
        except ValueError:
            continue
    return messages


def store(path: str, messages: "Sequence[list[int | str]]") -> None:
    """Replace ``path``. A flash that is full or broken costs the memory, not the service."""
    try:
        with open(path + ".new", "wb") as file:
            for message in messages:
                file.write(wire.encode(message))
        os.rename(path + ".new", path)
    except OSError as error:
        print("flash:", path, error)
