"""A Sparkplug host application's judgement, pure: no socket, no disk, the time is an argument.

Rules: Sparkplug 3.0, chapters 5.4 (births and deaths), 5.6 (order of messages) and 5.8.
No payload raises: what cannot be read is answered with a request for a rebirth, paced by
``pace.py``. Whoever runs it calls ``tick`` some ten times a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.payload import SEQ_LAST, BadPayload, decode, parsed
from edge.sparkplug.topic import BadTopic, MessageType, Topic
from ground.decode import Malformed
from monitor.host import commands
from monitor.host.outcomes import AskRebirth, Now, Outcome
from monitor.host.pace import RATE, Rebirths
from monitor.host.session import Held, Session, bd_seq_of

REORDER_TIMEOUT_MS = 3_000
DEVICES_GRACE_MS = 10_000
"""After a birth: a device that was there before and is not born again by then is gone."""
QUIET_MS = 10_000
"""After a (re)connection: who speaks by then need not be asked whether it is there."""
SILENT_ASKS = 3
"""Requests without an answer before a node that was thought online is taken as dead."""
PAYLOAD_LIMIT = 1 << 20
ROUTES_LIMIT = 200_000

_CODE = re.compile(r"[A-Z]{2}[0-9]{4}\Z")
_DEVICE = re.compile(r"[a-z_]{1,16}\Z")


class Known(NamedTuple):
    """A station that the store holds for online, and its open devices with their births' times."""

    station: str
    group: str
    bd_seq: int
    devices: dict[str, int]


class Host:
    """``groups``: the Sparkplug groups it answers for; it ignores the others."""

    def __init__(
        self,
        groups: Iterable[str],
        *,
        reorder_timeout_ms: int = REORDER_TIMEOUT_MS,
        rebirths_per_s: float = RATE,
        random: Random | None = None,
    ) -> None:
        self._groups = frozenset(groups)
        self._reorder_timeout_ms = reorder_timeout_ms
        self._sessions: dict[str, Session] = {}
        self._gaps: dict[str, int] = {}  # node → when its reorder timer ends, oldest first
        self._reborn: dict[str, int] = {}  # node → when its devices' grace ends, oldest first
        self._rebirths = Rebirths(rebirths_per_s, random)
        self._asked_unheard: dict[str, int] = {}
        self._routes: dict[str, Topic | None] = {}

    def resume(self, known: Iterable[Known], now: Now) -> None:
        """The connection is new: deaths may have been missed. Ask whoever stays silent."""
        for one in known:
            if one.group in self._groups and one.station not in self._sessions:
                session = Session(one.station, one.group, one.bd_seq)
                session.devices = dict(one.devices)
                self._sessions[one.station] = session
        for session in self._sessions.values():
            if session.online:
                session.unheard = True
                self._asked_unheard.pop(session.station, None)
                self._rebirths.want(session.station, now.mono, QUIET_MS)

    def address(self, station: str, metric: str) -> commands.Address | None:
        """How to write ``metric`` of a station that is there and offers it."""
        session = self._sessions.get(station)
        if session is None or not session.online or metric not in session.writable:
            return None
        return commands.Address(session.group, station, metric, session.writable[metric])

    def rebirth(self, station: str, now: Now) -> None:
        """Somebody else found its births wanting (the store could not take what it said)."""
        session = self._sessions.get(station)
        if session is not None and session.online:
            self._rebirths.want(station, now.mono)

    # ---- messages ------------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes, now: Now) -> list[Outcome]:
        route = self._route(topic)
        if route is None:
            return []
        try:
            if len(payload) > PAYLOAD_LIMIT:
                raise BadPayload("too long")
            kind = route.kind
            if kind is MessageType.NBIRTH:
                return self._born(route, payload, now)
            if kind is MessageType.NDEATH:
                return self._died(route, payload, now)
            session = self._sessions.get(route.node)
            if session is None or session.awaited is None or session.group != route.group:
                self._suspect(route, now)
                return []
            message = parsed(payload)
            seq = message.seq
            if seq > SEQ_LAST or not (seq or message.HasField("seq")):
                raise BadPayload("no seq, or over 255")
        except Malformed:
            self._suspect(route, now)
            return []
        if seq != session.awaited:
            if not session.is_old(seq):
                session.held.setdefault(seq, Held(kind, route.device, message))
                self._gaps.setdefault(route.node, now.mono + self._reorder_timeout_ms)
            return []
        if session.unheard:
            session.unheard = False
            self._rebirths.born(session.station)
        session.awaited = (seq + 1) & 255
        out = self._apply(session, kind, route.device, message, now)
        if session.held:
            self._catch_up(session, now, out)
        return out

    def _route(self, topic: str) -> Topic | None:
        if topic in self._routes:
            return self._routes[topic]
        if len(self._routes) >= ROUTES_LIMIT:
            self._routes.clear()
        try:
            route: Topic | None = Topic.parse(topic)
        except BadTopic:
            route = None
        if route is not None and (
            route.group not in self._groups
            or not _CODE.match(route.node)
            or (route.device is not None and not _DEVICE.match(route.device))
            or route.kind in (MessageType.NCMD, MessageType.DCMD)
        ):
            route = None
        self._routes[topic] = route
        return route

    def _suspect(self, route: Topic, now: Now) -> None:
        session = self._sessions.get(route.node)
        if session is None:
            session = Session(route.node, route.group, -1)
            session.online = False
            self._sessions[route.node] = session
        if not session.online:
            session.group = route.group
            self._asked_unheard.pop(route.node, None)
        if session.group == route.group:
            self._rebirths.want(route.node, now.mono)

    def _born(self, route: Topic, payload: bytes, now: Now) -> list[Outcome]:
        before = self._sessions.get(route.node)
        session = before or Session(route.node, route.group, -1)
        old_group, session.group = session.group, route.group
        try:
            outcome = session.born(decode(payload), now)
        except BadPayload:
            session.group = old_group
            raise
        self._sessions[route.node] = session
        self._rebirths.born(route.node)
        self._asked_unheard.pop(route.node, None)
        self._gaps.pop(route.node, None)
        self._reborn.pop(route.node, None)
        if session.unconfirmed:
            self._reborn[route.node] = now.mono + DEVICES_GRACE_MS
        return [outcome]

    def _died(self, route: Topic, payload: bytes, now: Now) -> list[Outcome]:
        session = self._sessions.get(route.node)
        if (
            session is None
            or not session.online
            or session.group != route.group
            or session.bd_seq != bd_seq_of(decode(payload))
        ):
            return []
        return self._end(session, now)

    def _end(self, session: Session, now: Now) -> list[Outcome]:
        self._forget(session)
        return [session.died(now)]

    def _forget(self, session: Session) -> list[Outcome]:
        """Nothing more is expected of it until it is born again."""
        self._rebirths.born(session.station)
        for timers in (self._gaps, self._reborn, self._asked_unheard):
            timers.pop(session.station, None)
        return []

    def _apply(
        self,
        session: Session,
        kind: MessageType,
        device: str | None,
        message: wire.Payload,
        now: Now,
    ) -> list[Outcome]:
        try:
            return session.apply(kind, device, message, now)
        except BadPayload:
            self._rebirths.want(session.station, now.mono)
            return []

    def _catch_up(self, session: Session, now: Now, out: list[Outcome]) -> None:
        while session.awaited in session.held:
            seq = session.awaited
            held = session.held.pop(seq)
            session.awaited = (seq + 1) & 255
            out += self._apply(session, held.kind, held.device, held.message, now)
        self._gaps.pop(session.station, None)
        if session.held:  # another one is missing: its own timer
            self._gaps[session.station] = now.mono + self._reorder_timeout_ms

    # ---- time ----------------------------------------------------------------------------

    def tick(self, now: Now) -> list[Outcome]:
        """What time alone brings: reorder timers that end, devices not born again, requests."""
        out: list[Outcome] = []
        for station in _ended(self._gaps, now.mono):
            session = self._sessions[station]
            # What is missing is given up. What came is true all the same; births bring the rest.
            for seq in sorted(session.held, key=lambda s: (s - (session.awaited or 0)) & 255):
                held = session.held.pop(seq)
                session.awaited = (seq + 1) & 255
                out += self._apply(session, held.kind, held.device, held.message, now)
            self._rebirths.want(station, now.mono)
        for station in _ended(self._reborn, now.mono):
            out += self._sessions[station].lost_devices(now)
        for station in self._rebirths.due(now.mono):
            out += self._ask(self._sessions[station], now)
        return out

    def _ask(self, session: Session, now: Now) -> list[Outcome]:
        if session.unheard or not session.online:
            asked = self._asked_unheard.get(session.station, 0)
            if asked == SILENT_ASKS:
                return self._end(session, now) if session.online else self._forget(session)
            self._asked_unheard[session.station] = asked + 1
        return [AskRebirth(session.station, session.group)]


def _ended(timers: dict[str, int], mono: int) -> list[str]:
    """Stations whose timer ended, taken out. All timers of a dict run equally long."""
    ended = []
    for station, at in timers.items():
        if at > mono:
            break
        ended.append(station)
    for station in ended:
        del timers[station]
    return ended
