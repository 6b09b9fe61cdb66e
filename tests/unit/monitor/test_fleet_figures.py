"""The reader of booths asks for every figure that it reads: one that is not asked for is not known,
and its alarm never comes.
"""

from __future__ import annotations

import ast
import inspect

from edge.report import metrics
from monitor.store import fleet


def read() -> set[str]:
    """Names on the wire that the reader's functions and classes mention."""
    return {
        str(getattr(metrics, node.attr))
        for part in ast.parse(inspect.getsource(fleet)).body
        if isinstance(part, ast.FunctionDef | ast.ClassDef)
        for node in ast.walk(part)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "m"
    }


def test_every_figure_that_is_read_is_asked_for() -> None:
    assert len(read()) > 10
    assert read() <= {*fleet._NODE, *fleet._DEVICE, *fleet._CLIMATE}
