"""Topics and ids, as the specification's chapter 4 has them."""

from __future__ import annotations

import pytest

from edge.sparkplug.birth import Misuse
from edge.sparkplug.node import EdgeNode
from edge.sparkplug.topic import BadTopic, MessageType, StateTopic, Topic, parse
from tests.unit.sparkplug.booths import DEVICES, GROUP, NODE, booth, every_message

OF_DEVICES = ("DBIRTH", "DDEATH", "DDATA", "DCMD")
OF_NODES = ("NBIRTH", "NDEATH", "NDATA", "NCMD")


def test_a_topic_is_namespace_group_type_node_and_device() -> None:
    """tck-id-topic-structure tck-id-topic-structure-namespace-a
    tck-id-intro-group-id-string tck-id-intro-edge-node-id-string tck-id-intro-device-id-string
    """
    assert str(Topic("tỉnh", MessageType.NDATA, "Sông Lô")) == "spBv1.0/tỉnh/NDATA/Sông Lô"
    assert str(Topic("g", MessageType.DDATA, "n", "máy ảnh")) == "spBv1.0/g/DDATA/n/máy ảnh"
    for message in every_message(booth()).values():
        parts = message.topic.split("/")
        assert parts[0] == "spBv1.0"
        assert (parts[1], parts[3]) == (GROUP, NODE)


@pytest.mark.parametrize("bad", ["", "a+b", "a/b", "a#b", "+", "#", "/", "a\0b", "a\ud800b"])
@pytest.mark.parametrize(
    "position",
    [
        "tck-id-topic-structure-namespace-valid-group-id tck-id-intro-group-id-chars",
        "tck-id-topic-structure-namespace-valid-edge-node-id tck-id-intro-edge-node-id-chars",
        "tck-id-topic-structure-namespace-valid-device-id tck-id-intro-device-id-chars",
    ],
)
def test_an_id_that_a_topic_cannot_hold_is_refused(position: str, bad: str) -> None:
    ids = ["g", "n", "d"]
    ids[["group", "edge-node", "device"].index(position.split("valid-")[1].split("-id")[0])] = bad
    with pytest.raises(BadTopic):
        EdgeNode(ids[0], ids[1], [ids[2]])


@pytest.mark.parametrize("kind", OF_DEVICES)
def test_topics_of_devices_name_the_device(kind: str) -> None:
    """tck-id-topic-structure-namespace-device-id-associated-message-types"""
    assert str(Topic("g", MessageType(kind), "n", "d")) == f"spBv1.0/g/{kind}/n/d"
    with pytest.raises(BadTopic):
        Topic("g", MessageType(kind), "n")


@pytest.mark.parametrize("kind", OF_NODES)
def test_topics_of_nodes_and_hosts_name_no_device(kind: str) -> None:
    """tck-id-topic-structure-namespace-device-id-non-associated-message-types"""
    assert str(Topic("g", MessageType(kind), "n")) == f"spBv1.0/g/{kind}/n"
    with pytest.raises(BadTopic):
        Topic("g", MessageType(kind), "n", "d")
    assert str(StateTopic("region")) == "spBv1.0/STATE/region"
    with pytest.raises(BadTopic):
        parse("spBv1.0/STATE/region/d")


def test_two_devices_of_a_node_never_share_an_id() -> None:
    """tck-id-topic-structure-namespace-unique-device-id"""
    with pytest.raises(Misuse, match="two devices"):
        EdgeNode("g", "n", ["camera", "printer", "camera"])


def test_ids_of_devices_differ_in_more_than_case() -> None:
    """tck-id-case-sensitivity-sparkplug-ids: devices; station codes are capitals and digits, groups
    small letters.
    """
    with pytest.raises(Misuse, match="two devices"):
        EdgeNode("g", "n", ["camera", "Camera"])


def test_two_nodes_may_have_devices_of_the_same_id() -> None:
    """tck-id-topic-structure-namespace-duplicate-device-id-across-edge-node"""
    one, other = EdgeNode("g", "A", DEVICES), EdgeNode("g", "B", DEVICES)
    assert not {topic for topic, _ in one.subscriptions()} & {
        topic for topic, _ in other.subscriptions()
    }


@pytest.mark.parametrize("kind", [*OF_NODES, *OF_DEVICES])
def test_what_is_built_is_parsed(kind: str) -> None:
    topic = Topic("g", MessageType(kind), "n", "d" if kind in OF_DEVICES else None)
    assert parse(str(topic)) == topic == Topic.parse(str(topic))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "spBv1.0",
        "spBv1.0/g/NDATA",
        "spAv1.0/g/NDATA/n",
        "spBv1.0/g/NOISE/n",
        "spBv1.0/g/ndata/n",
        "spBv1.0//NDATA/n",
        "spBv1.0/g/NDATA/+",
        "spBv1.0/g/DDATA/n",
        "spBv1.0/g/DDATA/n/d/e",
        "spBv1.0/STATE/",
        "STATE/region",
    ],
)
def test_what_is_no_sparkplug_topic_is_refused(text: str) -> None:
    with pytest.raises(BadTopic):
        parse(text)
