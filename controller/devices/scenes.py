"""What people at the booth see and hear, by name."""

from __future__ import annotations

from enum import StrEnum


class Light(StrEnum):
    """Scenes of the status tower and the ring; the firmware knows how each looks."""

    OUT_OF_SERVICE = "out_of_service"
    READY = "ready"
    CALLING = "calling"
    LOOK_HERE = "look_here"
    FINGER = "finger"
    CONFIRM = "confirm"
    DONE = "done"
    TROUBLE = "trouble"
    LOCATE = "locate"


class Sound(StrEnum):
    CLICK = "click"
    CALL = "call"
    GOOD = "good"
    BAD = "bad"
