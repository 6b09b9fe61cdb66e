"""What the broker lets whom do: mosquitto's rights, from the region's own configuration.

A booth's name is its certificate's common name, its code (provisioning/region/mosquitto.conf): it
speaks and listens under that name, in the groups of this region, and nowhere else. Which of several
groups is its own a pattern cannot tell; a broker for each province can.

mosquitto.conf(5), acl_file. Topics: Sparkplug 3.0, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.sparkplug.topic import NAMESPACE
from monitor.config import Settings
from monitor.host import state

HOST = "region"
"""The host's name at the broker, unless ``broker.user`` gives another one. No booth's code is in
small letters."""
_BOOTH = "%u"
_ANY = "+"


def rights(settings: Settings) -> str:
    """The whole file, for a broker of all ``settings.workers``' groups."""
    groups = [group for worker in settings.workers for group in worker]
    return "\n".join([*_of_booths(groups), "", *_of_host(settings, groups), ""])


def _of_booths(groups: list[str]) -> Iterator[str]:
    yield "# Made by: tram monitor rights. Again when workers or broker.user change."
    yield "# Every booth, under its own name alone."
    for group in groups:
        for topic in _told(group, _BOOTH):
            yield f"pattern write {topic}"
        for topic in _heard(group, _BOOTH):
            yield f"pattern read {topic}"
    yield "# Everybody; mosquitto warns that the line names nobody, and it is meant so."
    yield f"pattern read {NAMESPACE}/STATE/{_ANY}"


def _of_host(settings: Settings, groups: list[str]) -> Iterator[str]:
    yield f"user {settings.broker.user or HOST}"
    for group in groups:
        for topic in _told(group, _ANY):
            yield f"topic read {topic}"
        for topic in _heard(group, _ANY):
            yield f"topic write {topic}"
    for number in range(len(settings.workers)):
        yield f"topic readwrite {state.topic(settings.worker_id(number))}"


def _told(group: str, node: str) -> Iterator[str]:
    """What a booth says."""
    for kind in ("NBIRTH", "NDATA", "NDEATH"):
        yield f"{NAMESPACE}/{group}/{kind}/{node}"
    for kind in ("DBIRTH", "DDATA", "DDEATH"):
        yield f"{NAMESPACE}/{group}/{kind}/{node}/+"


def _heard(group: str, node: str) -> Iterator[str]:
    """What it is told."""
    yield f"{NAMESPACE}/{group}/NCMD/{node}"
    yield f"{NAMESPACE}/{group}/DCMD/{node}/+"
