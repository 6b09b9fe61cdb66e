"""STATE: how a host application says whether it is there.

Sparkplug 3.0, chapters 4.4, 5.8 and 6.4.24: one timestamp per connection, the same in the will and
in the birth, so that a late will of an older connection is told from a death of this one.
"""

from __future__ import annotations

import json

from edge.sparkplug.topic import StateTopic
from ground.decode import Malformed, from_json

_anything = from_json(object)

QOS = 1
RETAIN = True


def topic(host: str) -> str:
    """Raises ``BadTopic`` for an id that cannot stand in a topic."""
    return str(StateTopic(host))


def birth(timestamp: int) -> bytes:
    """``timestamp``: ms since 1970 UTC, the one of this connection's will."""
    return _payload(True, timestamp)


def death(timestamp: int) -> bytes:
    return _payload(False, timestamp)


def says_offline(payload: bytes) -> bool:
    """Whether somebody (a will that came late) told the fleet that this host is away."""
    try:
        said = _anything(payload)
    except Malformed:
        return True
    return not (isinstance(said, dict) and said.get("online") is True)


def _payload(online: bool, timestamp: int) -> bytes:
    return json.dumps({"online": online, "timestamp": timestamp}).encode()
