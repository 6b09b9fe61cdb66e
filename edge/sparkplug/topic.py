"""Sparkplug topics: ``spBv1.0/group/TYPE/node[/device]`` and ``spBv1.0/STATE/host``.

Specification 3.0.0, chapter 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

NAMESPACE = "spBv1.0"
_NOT_IN_IDS = re.compile(r"[+/#\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class BadTopic(Exception):
    """Not a Sparkplug topic, or an id that cannot stand in one."""


class MessageType(StrEnum):
    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    NDATA = "NDATA"
    DDATA = "DDATA"
    NCMD = "NCMD"
    DCMD = "DCMD"


_OF_DEVICES = frozenset(
    {MessageType.DBIRTH, MessageType.DDEATH, MessageType.DDATA, MessageType.DCMD}
)
_TYPES = {one.value: one for one in MessageType}


def check_id(text: str) -> str:
    """``text`` itself, if it may stand in a topic as an id. Raises ``BadTopic``.

    Not empty, no ``+ / #`` (chapter 4.1), no control sign, no lone surrogate (MQTT 3.1.1, 1.5.3).
    """
    if not text or _NOT_IN_IDS.search(text):
        raise BadTopic("an id is empty, or holds one of + / # or a control sign")
    return text


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of an edge node (``device`` None) or of one of its devices."""

    group: str
    kind: MessageType
    node: str
    device: str | None = None

    def __post_init__(self) -> None:
        check_id(self.group)
        check_id(self.node)
        if self.device is not None:
            check_id(self.device)
        if (self.device is not None) != (self.kind in _OF_DEVICES):
            raise BadTopic(f"{self.kind} with or without a device")

    def __str__(self) -> str:
        base = f"{NAMESPACE}/{self.group}/{self.kind}/{self.node}"
        return base if self.device is None else f"{base}/{self.device}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The topic in ``text``. Raises ``BadTopic``."""
        parts = text.split("/")
        if not 4 <= len(parts) <= 5 or parts[0] != NAMESPACE:
            raise BadTopic("not a Sparkplug topic")
        kind = _TYPES.get(parts[2])
        if kind is None:
            raise BadTopic("an unknown type of message")
        return cls(parts[1], kind, parts[3], parts[4] if len(parts) == 5 else None)


@dataclass(frozen=True, slots=True)
class StateTopic:
    """Where a host application says whether it is online."""

    host: str

    def __post_init__(self) -> None:
        check_id(self.host)

    def __str__(self) -> str:
        return f"{NAMESPACE}/STATE/{self.host}"


def parse(text: str) -> Topic | StateTopic:
    """Any Sparkplug topic. Raises ``BadTopic``."""
    parts = text.split("/")
    if len(parts) == 3 and parts[0] == NAMESPACE and parts[1] == "STATE":
        return StateTopic(parts[2])
    return Topic.parse(text)
