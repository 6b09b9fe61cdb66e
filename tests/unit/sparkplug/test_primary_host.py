"""A booth that waits for a primary host application (an option, off by default)."""

from __future__ import annotations

import pytest

from edge.sparkplug.birth import HostOffline
from edge.sparkplug.node import EdgeNode, HostState, Ignored
from edge.sparkplug.topic import BadTopic
from tests.unit.sparkplug.booths import HOST, NOW, births, booth

STATE = f"spBv1.0/STATE/{HOST}"


def said(online: bool, timestamp: int) -> bytes:
    return f'{{"online": {str(online).lower()}, "timestamp": {timestamp}}}'.encode()


@pytest.fixture
def node() -> EdgeNode:
    waiting = booth(HOST)
    waiting.connecting(0, NOW)
    return waiting


def test_the_primary_host_s_state_is_subscribed(node: EdgeNode) -> None:
    """tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs"""
    assert (STATE, 1) in node.subscriptions()
    assert not [topic for topic, _ in booth().subscriptions() if "STATE" in topic]
    with pytest.raises(BadTopic):
        booth("a/b")


def test_births_wait_for_the_primary_host(node: EdgeNode) -> None:
    """tck-id-message-flow-edge-node-birth-publish-phid-wait
    tck-id-operational-behavior-edge-node-birth-sequence-wait
    """
    with pytest.raises(HostOffline):
        births(node)
    assert node.received(STATE, said(True, NOW)) == HostState(True, NOW)
    assert len(births(node)) == 4


def test_another_session_waits_again(node: EdgeNode) -> None:
    node.received(STATE, said(True, NOW))
    births(node)
    node.connecting(1, NOW)
    with pytest.raises(HostOffline):
        births(node)
    assert node.received(STATE, said(True, NOW)) == HostState(True, NOW)
    assert births(node)


@pytest.mark.parametrize("other", ["spBv1.0/STATE/region-39", "STATE/region-38", STATE + "/x"])
def test_another_host_s_state_is_not_the_primary_host_s(node: EdgeNode, other: str) -> None:
    """tck-id-message-flow-edge-node-birth-publish-phid-wait-id"""
    assert isinstance(node.received(other, said(True, NOW)), Ignored)
    with pytest.raises(HostOffline):
        births(node)


def test_a_host_that_says_offline_is_not_online(node: EdgeNode) -> None:
    """tck-id-message-flow-edge-node-birth-publish-phid-wait-online"""
    assert node.received(STATE, said(False, NOW)) == HostState(False, NOW)
    with pytest.raises(HostOffline):
        births(node)


def test_an_older_state_is_ignored(node: EdgeNode) -> None:
    """tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp
    tck-id-operational-behavior-edge-node-termination-host-offline-timestamp: of the same time is
    not older.
    """
    assert node.received(STATE, said(False, NOW)) == HostState(False, NOW)
    assert isinstance(node.received(STATE, said(True, NOW - 1)), Ignored)
    with pytest.raises(HostOffline):
        births(node)
    assert node.received(STATE, said(True, NOW)) == HostState(True, NOW)
    assert births(node)
    assert isinstance(node.received(STATE, said(False, NOW - 1)), Ignored)
    assert births(node)
    assert node.received(STATE, said(False, NOW)) == HostState(False, NOW)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"ONLINE",
        b"\xff",
        b"[]",
        b'{"x":' + b"[" * 100_000,
        b'{"online": true}',
        b'{"timestamp": 1764000000000}',
        b'{"online": 1, "timestamp": 1764000000000}',
        b'{"online": true, "timestamp": "now"}',
        b'{"online": true, "timestamp": -1}',
        b'{"online": true, "timestamp": 99999999999999999999999}',
    ],
)
def test_what_is_no_state_changes_nothing(node: EdgeNode, payload: bytes) -> None:
    assert isinstance(node.received(STATE, payload), Ignored)
    with pytest.raises(HostOffline):
        births(node)
    assert node.received(STATE, said(True, NOW)) == HostState(True, NOW)
