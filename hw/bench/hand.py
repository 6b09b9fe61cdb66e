"""This side of the card's line: the face of ``hw.twins.control.Hand`` over a serial port."""

from __future__ import annotations

import json
from typing import Any, Protocol

import serial

ANSWER_S = 60.0
"""Longer than anything the card does; a card that says nothing has hung or is none."""


class Unable(Exception):
    """The bench has no hand for that: a test that needs it is skipped with this reason."""


class Doing(Protocol):
    """What does hands' work: a twin's side channel, or a bench's card."""

    def do(self, op: str, **arguments: Any) -> dict[str, Any]: ...
    def close(self) -> None: ...


class CardHand:
    """The card at ``port``. OSError when nobody answers there, Unable for what it cannot do."""

    def __init__(self, port: str, answer_s: float = ANSWER_S) -> None:
        self._line = serial.Serial(port, exclusive=True, timeout=answer_s)
        self._line.reset_input_buffer()
        self._line.write(b"\n")  # ends what somebody before us may have begun
        self.do("hello")

    def do(self, op: str, **arguments: Any) -> dict[str, Any]:
        """The card's answer; ValueError when it refuses."""
        self._line.write(json.dumps({"op": op, **arguments}).encode() + b"\n")
        line = self._line.readline()
        if not line.endswith(b"\n"):
            raise OSError(f"the card at {self._line.port} does not answer: {line!r}")
        try:
            answer: dict[str, Any] = json.loads(line)
            ok = answer.pop("ok")
        except (ValueError, KeyError, AttributeError):
            raise OSError(f"at {self._line.port} is no card: it says {line!r}") from None
        if not ok:
            raise (Unable if answer.get("unable") else ValueError)(f"{op}: {answer['error']}")
        return answer

    def close(self) -> None:
        self._line.close()
