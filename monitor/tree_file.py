"""The region tree's file: read whole, or every mistake of it told."""

from __future__ import annotations

from pathlib import Path

from ground.config import ConfigErrors, line
from ground.error import InputError
from ground.rows import RowErrors, decoded
from ground.text import N_
from monitor.tree import Tree, read_tree


def load(path: Path) -> Tree:
    """Raises ConfigErrors, and OSError when the file cannot be read."""
    content = path.read_bytes()
    try:
        return read_tree(decoded(content))
    except RowErrors as errors:
        problems = [problem.said() for problem in errors.problems]
    except InputError:
        problems = [line(N_("is not UTF-8 text"))]
    raise ConfigErrors(str(path), problems)
