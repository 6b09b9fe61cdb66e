"""A node through any life: what a strict host checks of each message holds at every step."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from edge.sparkplug.birth import NotBorn
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import Message
from edge.sparkplug.payload import Metric, Value, as_type
from edge.sparkplug.topic import MessageType, Topic
from tests.unit.sparkplug.booths import DEVICES, FAULT, NOW, STATE, WALK_IN, booth, read

NAMES = st.lists(st.sampled_from("ABCDEFGH"), unique=True, max_size=6)
DEVICE = st.sampled_from(DEVICES)


def named(names: list[str]) -> list[Metric]:
    return [Metric(name, number, DataType.INT32) for number, name in enumerate(names)]


class Host:
    """What a host application knows by the specification's rules alone; it believes nothing."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.bd_seq: Value = None
        self.names: dict[int, tuple[str | None, str]] = {}
        self.types: dict[int, DataType] = {}
        self.living: set[str] = set()

    def told(self, message: Message) -> dict[str, Value]:
        topic, payload = Topic.parse(message.topic), read(message)
        assert payload.timestamp is not None
        if topic.kind is MessageType.NDEATH:
            assert payload.seq is None
            assert [metric.value for metric in payload.metrics] == [self.bd_seq]
            self.seq = None
            return {}
        if topic.kind is MessageType.NBIRTH:
            assert payload.seq == 0
            self.names, self.types, self.living = {}, {}, set()
            self.bd_seq = next(one.value for one in payload.metrics if one.name == "bdSeq")
        else:
            assert self.seq is not None, f"{topic.kind} before NBIRTH"
            assert payload.seq == (self.seq + 1) % 256
        self.seq = payload.seq
        if topic.kind in (MessageType.NBIRTH, MessageType.DBIRTH):
            return self._birth(topic.device, payload.metrics)
        if topic.device is not None:
            assert topic.device in self.living
        if topic.kind is MessageType.DDEATH:
            assert topic.device is not None
            self.living.remove(topic.device)
        return self._data(topic.device, payload.metrics)

    def _birth(self, device: str | None, metrics: tuple[Metric, ...]) -> dict[str, Value]:
        if device is not None:
            self.living.add(device)
        for alias in [alias for alias, (of, _) in self.names.items() if of == device]:
            del self.names[alias]
        for metric in metrics:
            assert metric.name
            assert metric.type is not None
            assert metric.timestamp is not None
            if metric.name == "Node Control/Rebirth":
                assert (metric.alias, metric.value) == (None, False)
                continue
            assert metric.alias is not None
            assert metric.alias not in self.names, "an alias twice"
            self.names[metric.alias] = device, metric.name
            self.types[metric.alias] = metric.type
        return {metric.name or "": metric.value for metric in metrics}

    def _data(self, device: str | None, metrics: tuple[Metric, ...]) -> dict[str, Value]:
        told: dict[str, Value] = {}
        for metric in metrics:
            assert (metric.name, metric.type) == (None, None)
            assert metric.timestamp is not None
            assert metric.alias is not None
            of, name = self.names[metric.alias]
            assert of == device
            told[name] = as_type(metric.value, self.types[metric.alias])
        return told


class Life(RuleBasedStateMachine):
    """Sessions, births, data, deaths in any order that the node allows."""

    @initialize()
    def begin(self) -> None:
        self.node = booth()
        self.host = Host()
        self.now = NOW
        self.bd_seq = 254
        self.born: list[str] = []
        self.connect()

    @rule()
    def connect(self) -> None:
        self.bd_seq = (self.bd_seq + 1) % 256
        self.will = self.node.connecting(self.bd_seq, self.now)
        self.host.seq = None

    @rule(names=NAMES, dead=st.sets(DEVICE))
    def births(self, names: list[str], dead: set[str]) -> None:
        devices = {device: None if device in dead else named(names[:3]) for device in DEVICES}
        for message in self.node.born(self.now, named(names), devices):
            self.host.told(message)
        assert self.host.bd_seq == read(self.will).metrics[0].value == self.bd_seq
        self.born = names

    @precondition(lambda self: self.node.is_born)
    @rule(value=st.integers(-(1 << 31), (1 << 31) - 1), times=st.integers(1, 90))
    def data(self, value: int, times: int) -> None:
        metrics = [Metric(name, value) for name in self.born]
        for _ in range(times):
            assert self.host.told(self.node.data(self.now, metrics)) == {
                name: value for name in self.born
            }

    @precondition(lambda self: self.node.is_born)
    @rule(device=DEVICE, names=NAMES)
    def device_comes(self, device: str, names: list[str]) -> None:
        self.host.told(self.node.device_born(self.now, device, named(names)))
        metrics = [Metric(name, -7) for name in names]
        told = self.host.told(self.node.device_data(self.now, device, metrics))
        assert told == dict.fromkeys(names, -7)

    @rule(device=DEVICE)
    def device_goes(self, device: str) -> None:
        if device in self.node.born_devices:
            self.host.told(self.node.device_died(self.now, device))
        else:
            with pytest.raises(NotBorn):
                self.node.device_died(self.now, device)

    @rule()
    def says_goodbye(self) -> None:
        if self.node.is_born:
            self.host.told(self.node.died(self.now))
        else:
            with pytest.raises(NotBorn):
                self.node.died(self.now)

    @rule(step_ms=st.integers(-5000, 100_000))
    def time_passes(self, step_ms: int) -> None:
        self.now += step_ms

    @invariant()
    def host_and_node_agree(self) -> None:
        if self.node.is_born:
            assert self.node.born_devices == self.host.living
        else:
            assert not self.node.born_devices
            with pytest.raises(NotBorn):
                self.node.data(self.now, [WALK_IN])
            with pytest.raises(NotBorn):
                self.node.device_born(self.now, DEVICES[0], [STATE, FAULT])


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
