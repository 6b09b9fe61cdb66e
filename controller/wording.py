"""A message with its values in words, for screens and the API alike.

The station tells values like ``right_thumb``; what those of the vocabulary are called stands in
``ground/text/words.py``.
"""

from __future__ import annotations

from controller.views import Message
from ground.text import Language, text
from ground.text.words import DELIVERIES, DEVICES, FAULTS, KINDS, PAPERS, POSITIONS

_BY_PARAMETER: dict[str, dict[str, str]] = {
    "device": DEVICES,
    "fault": FAULTS,
    "finger": POSITIONS,
    "position": POSITIONS,
    "other": POSITIONS,
    "kind": KINDS,
    "paper": PAPERS,
    "delivery": DELIVERIES,
}
"""Parameters of messages that carry an enum's value, and its words."""
_MESSAGES = ("reason", "where", "what", "advice")
"""Parameters of messages that are message ids themselves."""


def rendered(language: Language, message: Message) -> str:
    """``message`` in ``language``, enums among its parameters in words of that language."""
    params = {name: _worded(language, name, value) for name, value in message.params.items()}
    return text(language, message.text, **params)


def _worded(language: Language, name: str, value: object) -> object:
    if isinstance(value, Message):
        return rendered(language, value)
    if isinstance(value, tuple):
        return "; ".join(str(_worded(language, name, one)) for one in value)
    if not isinstance(value, str):
        return value
    if name in _MESSAGES:
        return text(language, value)
    words = _BY_PARAMETER.get(name, {})
    return text(language, words[value]) if value in words else str(value)
