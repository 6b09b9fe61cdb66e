"""Captured Sparkplug messages as text, for technicians: ``tram edge decode``.

Made for a bad day: whatever the bytes are, it says what can be read and what is wrong, and raises
nothing. What is foreign cannot steer the terminal either.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from edge.report.facts import ACKNOWLEDGED, COMMAND, LOGS, REPORT, Acknowledged, Report
from edge.report.metrics import DEVICE, EXTRA, of_node
from edge.report.orders import Command, Signed
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import BadPayload, Metric, Payload, Value, as_type, decode
from edge.sparkplug.topic import BadTopic, MessageType, StateTopic, Topic, parse
from ground.decode import Malformed, from_json, from_msgpack

SHOWN_BYTES = 32
"""Of bytes that nobody here can read."""
LOG_BYTES = 1_000_000
"""Of a log, unpacked."""

_report = from_msgpack(Report)
_acknowledged = from_msgpack(Acknowledged)
_signed = from_msgpack(Signed)
_command = from_msgpack(Command)
_state_of = from_json(dict[str, bool | int])

_SAYS = {
    MessageType.NBIRTH: "birth of a station",
    MessageType.NDEATH: "death of a station",
    MessageType.NDATA: "data of a station",
    MessageType.NCMD: "command to a station",
    MessageType.DBIRTH: "birth of a device",
    MessageType.DDEATH: "death of a device",
    MessageType.DDATA: "data of a device",
    MessageType.DCMD: "command to a device",
}
_FIGURES = {
    figure.name: figure for table in (of_node(), DEVICE, *EXTRA.values()) for figure in table
}
_OURS = {name: DataType.BYTES for name in (REPORT, ACKNOWLEDGED, COMMAND, LOGS)}


class Known(NamedTuple):
    """What an alias stands for. ``type`` None: nobody said."""

    name: str
    type: DataType | None


NOBODY: Mapping[int, str] = MappingProxyType({})


def describe(
    topic: str | None,
    payload: bytes,
    names: Mapping[int, str] = NOBODY,
    *,
    zone: tzinfo | None = None,
) -> str:
    """One message as lines of text. ``topic`` None: only the payload was captured.

    ``names``: what aliases stand for. ``zone``: of the local times, None: this machine's.
    """
    known = {alias: Known(name, _type_of(name)) for alias, name in names.items()}
    return "\n".join(_message(topic, payload, known, zone))


class Listener:
    """Follows live topics: it remembers births, so that data has names, and counts seq."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._known: dict[tuple[str, str], dict[int, Known]] = {}
        self._seq: dict[tuple[str, str], int] = {}

    def told(self, topic: str, payload: bytes) -> str:
        """The message as ``describe`` has it, and what does not fit the ones before."""
        try:
            to, read = parse(topic), decode(payload)
        except (BadTopic, BadPayload):
            return describe(topic, payload, zone=self._zone)
        if not isinstance(to, Topic):
            return describe(topic, payload, zone=self._zone)
        node = (to.group, to.node)
        if to.kind is MessageType.NBIRTH:
            self._known[node] = {}
            self._seq.pop(node, None)
        known = self._known.setdefault(node, {})
        for metric in read.metrics:
            if metric.name is not None and metric.alias is not None:
                known[metric.alias] = Known(metric.name, metric.type)
        lines = list(_message(topic, payload, known, self._zone))
        lines += [f"  ! {note}" for note in self._notes(node, read, known)]
        return "\n".join(lines)

    def _notes(
        self, node: tuple[str, str], payload: Payload, known: Mapping[int, Known]
    ) -> Iterator[str]:
        if payload.seq is not None:
            before = self._seq.get(node)
            if before is not None and payload.seq != (before + 1) % 256:
                yield f"seq {payload.seq} after {before}: messages are missing or out of order"
            self._seq[node] = payload.seq
        if any(metric.name is None and metric.alias not in known for metric in payload.metrics):
            yield "its birth was not heard: ask for a rebirth to learn the names of its aliases"


def _message(
    topic: str | None, payload: bytes, known: Mapping[int, Known], zone: tzinfo | None
) -> Iterator[str]:
    if topic is not None:
        yield _clean(topic)
        try:
            to = parse(topic)
        except BadTopic as error:
            yield f"  not a Sparkplug topic: {error}"
        else:
            if isinstance(to, StateTopic):
                yield from _state(to, payload, zone)
                return
            device = "" if to.device is None else f", device {_clean(to.device)}"
            yield f"  {_SAYS[to.kind]}: {_clean(to.node)} of {_clean(to.group)}{device}"
    try:
        read = decode(payload)
    except BadPayload as error:
        yield f"  {len(payload)} bytes that cannot be read: {error}"
        yield f"  {_hex(payload)}"
        return
    seq = "no seq" if read.seq is None else f"seq {read.seq}"
    sent = "no time" if read.timestamp is None else f"sent {_time(read.timestamp, zone)}"
    yield f"  {len(payload)} bytes, {seq}, {sent}"
    if read.uuid is not None:
        yield f"  uuid {_clean(read.uuid)}"
    if read.body is not None:
        yield f"  body of {len(read.body)} bytes: {_hex(read.body)}"
    for metric in read.metrics:
        yield from _metric(metric, known, read.timestamp, zone)


def _state(topic: StateTopic, payload: bytes, zone: tzinfo | None) -> Iterator[str]:
    try:
        said = _state_of(payload)
        online, at = said["online"], said["timestamp"]
        if type(online) is not bool or type(at) is not int:
            raise TypeError
        words = "online" if online else "offline"
        yield f"  host {_clean(topic.host)} is {words}, {_time(at, zone)}"
    except (Malformed, KeyError, TypeError):
        yield f"  state of host {_clean(topic.host)} that cannot be read: {_hex(payload)}"


def _metric(
    metric: Metric, known: Mapping[int, Known], sent: int | None, zone: tzinfo | None
) -> Iterator[str]:
    name, kind = metric.name, metric.type
    if name is None and metric.alias is not None and metric.alias in known:
        name, kind = known[metric.alias]
    if name is not None and kind is None:
        kind = _type_of(name)
    value, wrong = metric.value, ""
    if kind is not None and metric.type is None:
        try:
            value = as_type(value, kind)
        except BadPayload as error:
            wrong = f"wrong: {error}"
    alias = "" if metric.alias is None else f" [{metric.alias}]"
    says = [
        _value(name, value, kind, zone),
        "" if kind is None else kind.name.lower(),
        "historical" if metric.is_historical else "",
        "transient" if metric.is_transient else "",
        "" if metric.timestamp in (None, sent) else f"of {_time(metric.timestamp or 0, zone)}",
        wrong,
    ]
    shown = "?" if name is None else _clean(name)
    yield f"  {shown}{alias} = {', '.join(one for one in says if one)}"
    if name in _OURS and isinstance(value, bytes):
        yield from (f"      {line}" for line in _opened(name, value, zone))


def _value(name: str | None, value: Value, kind: DataType | None, zone: tzinfo | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"{len(value)} bytes" if name in _OURS else f"{len(value)} bytes {_hex(value)}"
    if isinstance(value, str):
        return f'"{_clean(value)}"'
    if kind is DataType.DATETIME:
        return _time(int(value), zone)
    figure = _FIGURES.get(name or "")
    number = f"{value:.7g}" if isinstance(value, float) else str(value)
    return f"{number} {figure.unit}" if figure is not None and figure.unit else number


def _type_of(name: str) -> DataType | None:
    """Of our own metrics."""
    figure = _FIGURES.get(name)
    return figure.type if figure is not None else _OURS.get(name)


def _opened(name: str, data: bytes, zone: tzinfo | None) -> Iterator[str]:
    """Our own metrics of bytes."""
    try:
        if name == REPORT:
            yield from _report_lines(_report(data), zone)
        elif name == ACKNOWLEDGED:
            said = _acknowledged(data)
            yield (
                f"the region has facts 1 to {said.through} of epoch {said.epoch}, "
                f"chain {said.chain.hex()}"
            )
        elif name == COMMAND:
            yield from _command_lines(_command(_signed(data).command), zone)
        else:
            yield from _log_lines(data)
    except (Malformed, zlib.error) as error:
        yield f"cannot be read ({error}): {_hex(data)}"


def _report_lines(report: Report, zone: tzinfo | None) -> Iterator[str]:
    last = report.number + len(report.entries) - 1
    yield f"facts {report.number} to {last} of epoch {report.epoch}"
    for number, entry in enumerate(report.entries, report.number):
        rows = f"rows {entry.first}-{entry.last}" if entry.first <= entry.last else "same row"
        trusted = "" if entry.trusted else ", clock not trusted"
        yield (
            f"{number}: {type(entry.fact).__name__}, {rows}, {_time(entry.at, zone)}, "
            f"{entry.mono / 1000:.1f} s after boot {entry.boot}{trusted}"
        )
        fields = msgspec.structs.asdict(entry.fact)
        said = [f"{key}={_plain(value)}" for key, value in fields.items() if value is not None]
        if said:
            yield "   " + " ".join(said)


def _command_lines(command: Command, zone: tzinfo | None) -> Iterator[str]:
    fields = msgspec.structs.asdict(command.order)
    order = " ".join([type(command.order).__name__, *(f"{k}={v}" for k, v in fields.items())])
    yield f"{order} for {command.station}, by a person of role {command.role}, id {command.id}"
    yield f"given {_time(command.issued_at, zone)}, expires {_time(command.expires_at, zone)}"
    yield "the signature was not checked here"


def _log_lines(data: bytes) -> Iterator[str]:
    unpacking = zlib.decompressobj(wbits=31)
    text = unpacking.decompress(data, LOG_BYTES).decode(errors="replace")
    yield from (_clean(line) for line in text.splitlines())
    if not unpacking.eof:
        yield f"... cut: the rest is missing, or over {LOG_BYTES} bytes"


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value)
    return str(value)


def _time(ms: int, zone: tzinfo | None) -> str:
    """Local time with its offset, then UTC."""
    try:
        utc = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
        local = utc.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms since 1970, which no calendar has"
    return (
        f"{local.isoformat(' ', 'milliseconds')} "
        f"({utc.replace(tzinfo=None).isoformat(' ', 'milliseconds')} UTC)"
    )


def _clean(text: str) -> str:
    """Nothing that a terminal would obey."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _hex(data: bytes) -> str:
    more = " ..." if len(data) > SHOWN_BYTES else ""
    return data[:SHOWN_BYTES].hex(" ") + more
