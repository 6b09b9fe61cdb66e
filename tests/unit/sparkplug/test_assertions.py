"""Every assertion of the Sparkplug specification 3.0.0 has a test that cites it, or a reason.

``assertions.tsv``: the assertion's id, whom it binds, and where it is proved (node ids of tests or
files of tests, all of which cite it in a docstring or a parameter) or, in a few words, why nothing
of ours can break it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
COUNT = 299
"""Assertions marked as testable in the specification's source, tag v3.0.0."""
BINDS = {"edge", "host", "both", "payload", "broker", "aware-broker"}
CITING = (
    *sorted(HERE.glob("test_*.py")),
    *sorted((ROOT / "tests/system/monitor").glob("test_host_assertions*.py")),
    *sorted((ROOT / "tests/hil").glob("test_uplink_assertions*.py")),
)
_ID = re.compile(r"tck-id-[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")

Line = tuple[str, str, str]


def lines() -> list[Line]:
    text = (HERE / "assertions.tsv").read_text(encoding="utf-8")
    return [(one, who, where) for one, who, where in (x.split("\t") for x in text.splitlines())]


def citations() -> Iterator[tuple[str, str]]:
    """Node id of a test and an id that it cites."""
    for path in CITING:
        source = path.read_text(encoding="utf-8")
        where = path.relative_to(ROOT).as_posix()
        for node in ast.parse(source).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not node.name.startswith("test_"):
                continue
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            text = "\n".join(source.splitlines()[first - 1 : node.end_lineno])
            for found in _ID.findall(text):
                yield f"{where}::{node.name}", found


LINES = lines()
CITED = frozenset(citations())
PROVED = [
    (one, where)
    for one, _, places in LINES
    for where in places.split()
    if places.startswith("tests/")
]


def test_every_assertion_has_its_line() -> None:
    assert len(LINES) == COUNT
    assert [one for one, count in Counter(one for one, _, _ in LINES).items() if count > 1] == []
    for one, who, where in LINES:
        assert _ID.fullmatch(one)
        assert who in BINDS
        assert where.strip()


@pytest.mark.parametrize(("one", "where"), PROVED, ids=[f"{one} {at}" for one, at in PROVED])
def test_a_proof_cites_its_assertion(one: str, where: str) -> None:
    assert any(
        cited == one and (node == where or node.startswith(f"{where}::")) for node, cited in CITED
    ), f"no test at {where} cites {one}"


def test_tests_cite_assertions_that_exist_and_are_said_to_be_proved_there() -> None:
    said = set(PROVED)
    strangers = {
        (node, one)
        for node, one in CITED
        if (one, node) not in said and (one, node.split("::")[0]) not in said
    }
    assert strangers == set()


EXCUSED = {
    "MQTT 3.1.1 is spoken": 3,
    "deployment: the region gives each code once, and the broker ties it to a certificate": 3,
    "mosquitto does not claim to be Sparkplug aware": 7,
    "mosquitto: not our program": 4,
    "no properties are sent: Metric has no field for them": 7,
    "no data sets or templates are sent: encode refuses them": 34,
    "one broker is configured": 5,
    "the region sends no commands to devices": 9,
}
"""Closed, so that a new excuse is seen."""


def test_what_is_not_proved_has_one_of_few_reasons() -> None:
    reasons = Counter(where for _, _, where in LINES if not where.startswith("tests/"))
    assert reasons == EXCUSED
