"""An edge node as a plain state machine: what to publish when, and what an incoming message means.

No I/O: the caller connects, publishes in the order given, and passes the time. One session is
``connecting`` → ``subscriptions`` (await SUBACK) → ``born`` → ``data`` … → ``died``; a lost
connection starts again at ``connecting``. A call that raises has changed nothing.

Specification 3.0.0, chapters 5 and 6.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec.structs import replace

from edge.sparkplug.birth import (
    BD_SEQ,
    REBIRTH,
    Aliases,
    HostOffline,
    Misuse,
    NotBorn,
    NotInBirth,
    Types,
    announce,
    dated,
    in_order,
    name_of,
    written,
)
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import LAST_MS, SEQ_LAST, BadPayload, Metric, Payload, decode, encode
from edge.sparkplug.topic import MessageType, StateTopic, Topic
from ground.decode import Malformed, from_json

_NODE = (MessageType.NBIRTH, MessageType.NDATA, MessageType.NDEATH, MessageType.NCMD)
_DEVICE = (MessageType.DBIRTH, MessageType.DDATA, MessageType.DDEATH, MessageType.DCMD)
_OWN = frozenset({BD_SEQ.lower(), REBIRTH.lower()})


@dataclass(frozen=True, slots=True)
class Message:
    """For the broker, as it is."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Rebirth:
    """Stop sending data, call ``born`` again. ``metrics``: what else stood in the command."""

    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeCommand:
    """Metrics to write, by name, their values typed as in the birth where the birth has them."""

    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    device: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class HostState:
    """News of the primary host. Not ``online``: publish ``died`` and connect anew."""

    online: bool
    timestamp: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do; ``why`` is for the log and holds nothing of the message."""

    why: str


Received = Rebirth | NodeCommand | DeviceCommand | HostState | Ignored


class _State(msgspec.Struct):
    online: bool
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]


_state = from_json(_State)


class EdgeNode:
    """One edge node and its devices.

    ``primary_host``: id of the host application without which there are no births, or None.
    Raises ``BadTopic`` for ids that cannot stand in a topic, ``Misuse`` for a device named twice.
    """

    def __init__(
        self, group: str, node: str, devices: Sequence[str], *, primary_host: str | None = None
    ) -> None:
        if len({device.lower() for device in devices}) != len(devices):
            raise Misuse("two devices of one name")
        self._node_topics = {kind: str(Topic(group, kind, node)) for kind in _NODE}
        self._device_topics = {
            (kind, device): str(Topic(group, kind, node, device))
            for device in devices
            for kind in _DEVICE
        }
        self._commands: dict[str, str | None] = {self._node_topics[MessageType.NCMD]: None}
        for device in devices:
            self._commands[self._device_topics[MessageType.DCMD, device]] = device
        self._devices = tuple(devices)
        self._state_topic = None if primary_host is None else str(StateTopic(primary_host))
        self._host_online = False
        self._host_at = 0
        self._bd_seq: int | None = None
        self._seq = 0
        self._aliases: Aliases = {}
        self._node: Types | None = None
        """Types of the node's metrics by name, once born; likewise of each device that lives."""
        self._living: dict[str, Types] = {}

    @property
    def is_born(self) -> bool:
        return self._node is not None

    @property
    def born_devices(self) -> frozenset[str]:
        return frozenset(self._living)

    def connecting(self, bd_seq: int, now_ms: int) -> Message:
        """A new session begins: the Will to put into CONNECT.

        ``bd_seq``: one more than at the last CONNECT, after 255 comes 0, on disk before this call.
        """
        if not 0 <= bd_seq <= SEQ_LAST:
            raise Misuse("bdSeq is 0 to 255")
        self._bd_seq = bd_seq
        self._host_online = False
        self._unborn()
        return self._death(now_ms)

    def subscriptions(self) -> list[tuple[str, int]]:
        """Topics and QoS; births come after the broker has acknowledged them."""
        topics = list(self._commands)
        if self._state_topic is not None:
            topics.append(self._state_topic)
        return [(topic, 1) for topic in topics]

    def born(
        self,
        now_ms: int,
        node: Sequence[Metric],
        devices: Mapping[str, Sequence[Metric] | None],
    ) -> list[Message]:
        """NBIRTH and the DBIRTHs, at the session's start and for a rebirth.

        Every metric that will ever be sent, with its type and current value; bdSeq and the rebirth
        control come on top. Devices that are mapped to None or missing are dead.
        """
        if self._bd_seq is None:
            raise NotBorn("a birth before CONNECT")
        if self._state_topic is not None and not self._host_online:
            raise HostOffline("the primary host is not online")
        for device in devices:
            self._check_device(device)
        if any(name_of(metric).lower() in _OWN for metric in node):
            raise Misuse("bdSeq and the rebirth control are the node's own")
        own = (
            Metric(BD_SEQ, self._bd_seq, DataType.INT64, now_ms),
            Metric(REBIRTH, False, DataType.BOOLEAN, now_ms),
        )
        aliases = dict(self._aliases)
        types, metrics = announce(None, (*own, *node), now_ms, aliases)
        messages = [_message(self._node_topics[MessageType.NBIRTH], Payload(metrics, now_ms, 0))]
        living: dict[str, Types] = {}
        for device in self._devices:
            its = devices.get(device)
            if its is None:
                continue
            living[device], metrics = announce(device, its, now_ms, aliases)
            topic = self._device_topics[MessageType.DBIRTH, device]
            messages.append(_message(topic, Payload(metrics, now_ms, len(messages) & SEQ_LAST)))
        self._node, self._living, self._aliases = types, living, aliases
        self._seq = len(messages) & SEQ_LAST
        return messages

    def data(self, now_ms: int, metrics: Sequence[Metric]) -> Message:
        """NDATA: metrics by name here, by alias on the wire; without a time they get ``now_ms``.

        Values in order of their time, historical ones before them as given.
        """
        if self._node is None:
            raise NotBorn("data before the birth")
        return self._data(self._node_topics[MessageType.NDATA], None, self._node, now_ms, metrics)

    def device_data(self, now_ms: int, device: str, metrics: Sequence[Metric]) -> Message:
        """DDATA, like ``data``."""
        topic = self._device_topics[MessageType.DDATA, self._check_device(device)]
        return self._data(topic, device, self._alive(device), now_ms, metrics)

    def device_born(self, now_ms: int, device: str, metrics: Sequence[Metric]) -> Message:
        """DBIRTH of a device that came back, or that has other metrics now."""
        topic = self._device_topics[MessageType.DBIRTH, self._check_device(device)]
        if self._node is None:
            raise NotBorn("a device's birth before the node's")
        aliases = dict(self._aliases)
        types, its = announce(device, metrics, now_ms, aliases)
        message = _message(topic, Payload(its, now_ms, self._seq))
        self._living[device], self._aliases = types, aliases
        self._next()
        return message

    def device_died(self, now_ms: int, device: str) -> Message:
        """DDEATH: the node lost the device."""
        topic = self._device_topics[MessageType.DDEATH, self._check_device(device)]
        self._alive(device)
        message = _message(topic, Payload((), now_ms, self._seq))
        del self._living[device]
        self._next()
        return message

    def died(self, now_ms: int) -> Message:
        """NDEATH before the node disconnects of its own will."""
        if self._node is None:
            raise NotBorn("a death before the birth")
        self._unborn()
        return self._death(now_ms)

    def received(self, topic: str, payload: bytes) -> Received:
        """What a message of a subscribed topic asks for. Raises nothing, whatever the bytes."""
        if topic == self._state_topic:
            return self._host_state(payload)
        if topic not in self._commands:
            return Ignored("not for this node")
        device = self._commands[topic]
        try:
            command = decode(payload)
        except BadPayload as error:
            return Ignored(str(error))
        if device is None:
            return self._node_command(command)
        return self._device_command(device, command)

    def _node_command(self, payload: Payload) -> Received:
        metrics = written(payload.metrics, self._named(None), self._node or {})
        rebirth = any(metric.name == REBIRTH and metric.value is True for metric in metrics)
        rest = tuple(metric for metric in metrics if metric.name != REBIRTH)
        if rebirth and self._node is not None:
            return Rebirth(rest)
        if not rest:
            return Ignored("the birth is still to come" if rebirth else "a command of nothing")
        return NodeCommand(rest)

    def _device_command(self, device: str, payload: Payload) -> Received:
        types = self._living.get(device)
        if types is None:
            return Ignored("a command to a device that is not born")
        metrics = written(payload.metrics, self._named(device), types)
        return DeviceCommand(device, metrics) if metrics else Ignored("a command of nothing")

    def _host_state(self, payload: bytes) -> Received:
        try:
            state = _state(payload)
        except Malformed:
            return Ignored("not a host's state")
        if state.timestamp < self._host_at:
            return Ignored("an older state of the primary host")
        self._host_online, self._host_at = state.online, state.timestamp
        return HostState(state.online, state.timestamp)

    def _named(self, device: str | None) -> dict[int, str]:
        return {alias: name for (of, name), alias in self._aliases.items() if of == device}

    def _check_device(self, device: str) -> str:
        if device not in self._devices:
            raise Misuse("a device that the node does not have")
        return device

    def _alive(self, device: str) -> Types:
        types = self._living.get(device)
        if types is None:
            raise NotBorn(f"{device} is not born")
        return types

    def _data(
        self,
        topic: str,
        device: str | None,
        types: Types,
        now_ms: int,
        metrics: Sequence[Metric],
    ) -> Message:
        ready = []
        for metric in metrics:
            name = name_of(metric)
            born = types.get(name)
            alias = self._aliases.get((device, name))
            if born is None or alias is None or metric.type not in (None, born):
                raise NotInBirth(f"{name} is not in the birth, or of another type there")
            ready.append(replace(dated(metric, now_ms), name=None, alias=alias, type=born))
        payload = Payload(in_order(ready), now_ms, self._seq)
        message = _message(topic, payload, datatypes=False)
        self._next()
        return message

    def _death(self, now_ms: int) -> Message:
        payload = Payload((Metric(BD_SEQ, self._bd_seq, DataType.INT64),), now_ms)
        return Message(self._node_topics[MessageType.NDEATH], encode(payload), 1, False)

    def _unborn(self) -> None:
        self._node, self._living = None, {}

    def _next(self) -> None:
        self._seq = (self._seq + 1) & SEQ_LAST


def _message(topic: str, payload: Payload, *, datatypes: bool = True) -> Message:
    try:
        return Message(topic, encode(payload, datatypes=datatypes), 0, False)
    except ValueError as error:
        raise Misuse(str(error)) from None
