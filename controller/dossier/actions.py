"""What may be done with a dossier; ``rules.allowed`` says what makes sense now."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    IDENTIFY = "identify"
    TAKE_PORTRAIT = "take_portrait"
    TAKE_FINGER = "take_finger"
    CORRECT = "correct"
    CONFIRM = "confirm"
    SEAL = "seal"
    CLOSE = "close"
    REFER = "refer"
    ABANDON = "abandon"
