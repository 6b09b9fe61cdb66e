"""Configurations: one TOML file becomes one frozen dataclass, or a line for each of its mistakes.

A technician in a village hall sees every mistake of a file at once, each with its key path, what is
allowed there and what was given, in Vietnamese or English. The classes say what is allowed:
``Annotated[int, Rule(least=1, most=8)]``. TOML: https://toml.io/en/v1.0.0
"""

from ground.config.reading import (
    NESTED,
    Values,
    document_of,
    given,
    judged,
    key_paths,
    load_document,
    near,
    read,
)
from ground.config.rules import AbsolutePath, Port, PortOrAny, Rule, TimeZone
from ground.config.wording import ConfigErrors, Line, line

__all__ = [
    "NESTED",
    "AbsolutePath",
    "ConfigErrors",
    "Line",
    "Port",
    "PortOrAny",
    "Rule",
    "TimeZone",
    "Values",
    "document_of",
    "given",
    "judged",
    "key_paths",
    "line",
    "load_document",
    "near",
    "read",
]
