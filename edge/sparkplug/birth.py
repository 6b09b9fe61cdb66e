"""What births announce: aliases and types; and metrics between their names and the wire.

Specification 3.0.0, chapters 5.7 and 6.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import BadPayload, Metric, as_type

BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"

Aliases: TypeAlias = dict[tuple[str | None, str], int]
"""By device (None: the node) and name: unique over the node and its devices, kept for good."""
Types: TypeAlias = dict[str, DataType]
"""By name, of one birth."""


class Misuse(Exception):
    """The caller broke a rule of the specification."""


class NotBorn(Misuse):
    """Data, or a death, of a node or a device that is not born."""


class NotInBirth(Misuse):
    """Data of a metric that the birth did not announce, or of another type."""


class HostOffline(Misuse):
    """A birth while the primary host is not known to be online."""


def name_of(metric: Metric) -> str:
    if not metric.name:
        raise Misuse("a metric without a name")
    return metric.name


def dated(metric: Metric, now_ms: int) -> Metric:
    return replace(metric, timestamp=now_ms) if metric.timestamp is None else metric


def in_order(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Current values by their time (tck-id-operational-behavior-data-publish-nbirth-order)."""
    past = [metric for metric in metrics if metric.is_historical]
    current = [metric for metric in metrics if not metric.is_historical]
    return (*past, *sorted(current, key=lambda metric: metric.timestamp or 0))


def announce(
    device: str | None,
    metrics: Sequence[Metric],
    now_ms: int,
    aliases: Aliases,
) -> tuple[Types, tuple[Metric, ...]]:
    """Types by name, and the metrics with aliases (new ones are added to ``aliases``)."""
    types: Types = {}
    ready = []
    for metric in metrics:
        name = name_of(metric)
        if metric.type is None:
            raise Misuse(f"{name} has no type in its birth")
        alias = None
        if name != REBIRTH or device is not None:
            alias = aliases.setdefault((device, name), len(aliases) + 1)
        types[name] = metric.type
        ready.append(replace(dated(metric, now_ms), alias=alias))
    if len({name.lower() for name in types}) != len(metrics):
        raise Misuse("two metrics of one name, or of names that differ in case only")
    return types, in_order(ready)


def written(
    metrics: Sequence[Metric], names: Mapping[int, str], types: Mapping[str, DataType]
) -> tuple[Metric, ...]:
    """Metrics of a command by name and type; those of an unknown alias or a wrong type fall out.

    Names that the birth does not have stay as they came: a command may precede the birth.
    """
    ready = []
    for metric in metrics:
        name = metric.name
        if name is None and metric.alias is not None:
            name = names.get(metric.alias)
        if name is None:
            continue
        kind = types.get(name)
        if kind is not None and metric.type not in (None, kind):
            continue
        if kind is not None and metric.type is None:
            try:
                metric = replace(metric, value=as_type(metric.value, kind), type=kind)
            except BadPayload:
                continue
        ready.append(replace(metric, name=name))
    return tuple(ready)
