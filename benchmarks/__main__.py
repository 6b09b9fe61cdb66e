"""Runs the figures: ``python -m benchmarks [--only FAMILY]``.

Every ``benchmarks/bench_FAMILY.py`` has ``run() -> Iterator[dict]`` and yields figures with
``name``, ``value``, ``unit``, ``limit`` and ``note``. A limit is a number that the value must not
exceed, or a text such as ``"≥ 0.90"``, or None. Each figure is one JSON object a line on stdout; a
table for people follows on stderr.

A figure over its limit is shown as such and is no failure, since machines differ. A family that
crashes is reported in its place, the others go on, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import operator
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIELDS = ("name", "value", "unit", "limit", "note")
_SIGNS = {"≤": operator.le, "≥": operator.ge}


def families() -> list[str]:
    """What stands after ``bench_`` in the names of this folder's files."""
    files = Path(__file__).parent.glob("bench_*.py")
    return sorted(path.stem.removeprefix("bench_") for path in files)


def verdict(figure: dict[str, Any]) -> str:
    """How a figure stands to its limit: ``ok``, ``over the limit``, ``crashed`` or nothing."""
    value, limit = figure["value"], figure["limit"]
    if value is None:
        return "crashed"
    if limit is None:
        return ""
    sign, bound = limit.split() if isinstance(limit, str) else ("≤", limit)
    return "ok" if _SIGNS[sign](value, float(bound)) else "over the limit"


def figures(family: str) -> Iterator[dict[str, Any]]:
    """The figures of one family as they are measured. A crash is the last, without a value."""
    begun = time.monotonic()
    try:
        for figure in importlib.import_module(f"benchmarks.bench_{family}").run():
            verdict(figure)  # a limit that cannot be read is the bench's fault
            yield {field: figure[field] for field in FIELDS}
    except Exception as error:
        traceback.print_exc()
        note = f"crashed after {time.monotonic() - begun:.1f} s: {type(error).__name__}: {error}"
        yield dict(zip(FIELDS, (family, None, None, None, note), strict=True))


def table(measured: list[dict[str, Any]]) -> str:
    """The figures for people, one a line."""
    lines = []
    for figure in measured:
        value, limit = figure["value"], figure["limit"]
        shown = "-" if value is None else f"{value:.4g} {figure['unit'] or ''}"
        bound = "" if limit is None else limit if isinstance(limit, str) else f"≤ {limit:g}"
        line = (
            f"{figure['name']:<28} {shown:>14}  {bound:<9} {verdict(figure):<14} {figure['note']}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run all families or one; 0, or 1 when one crashed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", metavar="FAMILY", choices=families(), help=", ".join(families()))
    only = parser.parse_args(arguments).only
    measured = []
    for family in [only] if only else families():
        for figure in figures(family):
            print(json.dumps(figure, ensure_ascii=False), flush=True)
            measured.append(figure)
    print(table(measured), file=sys.stderr)
    return 1 if any(figure["value"] is None for figure in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
