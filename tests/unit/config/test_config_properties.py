"""Whatever stands in the file: a configuration, or lines for people. Never a traceback."""

from __future__ import annotations

import datetime
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.config import Config, parse
from ground.config import ConfigErrors, key_paths

SECTIONS = sorted({path[0] for path in key_paths(Config)})
KEYS = sorted({path[-1] for path in key_paths(Config) if len(path) > 1})

scalars = (
    st.text(max_size=20)
    | st.sampled_from(["TH0417", "vn", "Asia/Ho_Chi_Minh", "Asia", "../etc", "/", "vi", "\x00"])
    | st.integers()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.dates()
    | st.times()
)
keys = st.sampled_from(SECTIONS + KEYS) | st.text(min_size=1, max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
)
documents = st.dictionaries(keys, values, max_size=5) | st.fixed_dictionaries(
    {}, optional={name: st.dictionaries(keys, values, max_size=6) for name in SECTIONS}
)


def toml(value: Any) -> str:
    """``value`` as a TOML value (tables inline)."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case dict():
            return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(toml(item) for item in value) + "]"
    return str(value)


def lines_of(data: bytes) -> tuple[str, ...]:
    """What is complained about; nothing when it is a configuration."""
    try:
        parse(data)
    except ConfigErrors as error:
        lines = error.lines
    else:
        return ()
    assert lines
    assert all(line and "\n" not in line for line in lines)
    return lines


@given(st.binary(max_size=200))
def test_any_bytes_are_handled(data: bytes) -> None:
    lines_of(data)


@given(documents)
def test_any_toml_is_handled(document: dict[str, Any]) -> None:
    lines = lines_of("\n".join(f"{toml(k)} = {toml(v)}" for k, v in document.items()).encode())
    assert len(lines) == len(set(lines))
    assert not any("is not TOML" in line for line in lines)


WRONG = {
    ("station", "code"): '"th0417"',
    ("station", "desks"): "0",
    ("station", "language"): '"fr"',
    ("devices", "pico"): '"COM3"',
    ("devices", "camera"): '"usb"',
    ("console", "port"): "65536",
    ("console", "idle_lock_s"): "0",
    ("printer", "width_px"): "385",
    ("voice", "enabled"): "1",
    ("paths", "data"): '"data"',
    ("policy", "queue"): "7",
}


@given(st.sets(st.sampled_from(sorted(WRONG))))
def test_each_mistake_has_its_line_whatever_the_others_are(
    mistakes: set[tuple[str, str]],
) -> None:
    document = {
        ("station", "code"): '"TH0417"',
        ("station", "name"): '"a"',
        ("station", "address"): '"b"',
        ("station", "region"): '"vn"',
    } | {mistake: WRONG[mistake] for mistake in mistakes}
    lines = lines_of("\n".join(f"{a}.{b} = {v}" for (a, b), v in document.items()).encode())
    assert sorted(line.split(":")[0] for line in lines) == sorted(map(".".join, mistakes))
