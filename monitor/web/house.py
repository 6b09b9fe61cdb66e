"""What all pages share: the store, the one look at it, who is signed in, the key of commands."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from monitor.web.live import Clock, Live
from monitor.web.sessions import Sessions


@dataclass(frozen=True)
class House:
    """``key`` signs commands; without one none are given."""

    engine: Engine
    live: Live
    sessions: Sessions
    clock: Clock
    key: Ed25519PrivateKey | None
