"""What a visitor may take of us before anybody knows who it is, and after, as a configuration says.

One address that opens sockets and says nothing, or a body without an end, must not keep a clerk or
a whole region from its pages: OWASP API Security Top 10 2023, API4 (unrestricted resource
consumption). ``bounds`` keeps these limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ground.config import Rule


@dataclass(frozen=True)
class Limits:
    """``[limits]`` of a configuration. ``body_kb``: of a request before sign-in, ``signed_in_kb``:
    after it. ``header_s``: from the first byte of a request until its header is whole.
    ``per_address``: connections of one address; what a web server of this very machine passes on
    (``behind_proxy``) counts in ``connections`` only. ``message_kb``: of a web socket.
    """

    body_kb: Annotated[int, Rule(least=1, most=1_048_576)] = 64
    signed_in_kb: Annotated[int, Rule(least=1, most=1_048_576)] = 4_096
    header_s: Annotated[float, Rule(above=0, most=3_600)] = 10.0
    per_address: Annotated[int, Rule(least=1, most=65_535)] = 64
    connections: Annotated[int, Rule(least=1, most=65_535)] = 512
    message_kb: Annotated[int, Rule(least=1, most=1_048_576)] = 64
