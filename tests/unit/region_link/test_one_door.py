"""Whoever decodes goes through ``ground.decode``: a decoder's own errors end where they arise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("controller", "edge", "ground", "monitor", "plan", "tram")
DOOR = ROOT / "ground" / "decode.py"
DECODES = {"Decoder", "decode", "convert"}
OF_MSGSPEC = re.compile(r"msgspec(\.\w+)?\.(Decoder|decode|convert)")
PROTOBUF = {"ParseFromString", "FromString", "MergeFromString"}


def calls(source: str) -> Iterator[str]:
    """``msgspec.json.decode`` and its like, as called or kept in ``source``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            whole = ast.unparse(node)
            if node.attr in PROTOBUF or OF_MSGSPEC.fullmatch(whole):
                yield whole
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("msgspec"):
            yield from (one.name for one in node.names if one.name in DECODES)


def test_no_other_module_decodes() -> None:
    sources = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    assert len(sources) > 200
    found = {
        str(path.relative_to(ROOT)): sorted(set(calls(path.read_text("utf-8"))))
        for path in sources
        if path != DOOR and not path.name.endswith("_pb2.py")
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line",
    [
        "msgspec.json.decode(data, type=Report)",
        "_of = msgspec.msgpack.Decoder(Report).decode",
        "msgspec.convert(data, Report)",
        "from msgspec.json import Decoder",
        "wire.Payload.FromString(data)",
        "payload.ParseFromString(data)",
    ],
)
def test_the_search_sees_each_way_to_decode(line: str) -> None:
    assert list(calls(line))


def test_the_search_leaves_texts_and_encoders_alone() -> None:
    assert not list(calls("msgspec.json.encode(x).decode(); data.decode(); msgspec.to_builtins(x)"))
