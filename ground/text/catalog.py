"""Reads a gettext catalog: the ``.po`` file itself, so that nothing has to be compiled.

A wheel, a Debian package and an editable install all carry the ``.po``; a compiled ``.mo`` would
be stale in the last. Vietnamese has one form for every number, so a plural has ``msgstr[0]`` alone.
Contexts and further forms, which our catalogs do without, are refused, not passed over. The
format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_BEFORE = {"msgid_plural": "msgid", "msgstr": "msgid", "msgstr[0]": "msgid_plural"}
"""What a part of an entry stands after."""


@dataclass
class Catalog:
    """``texts``: message id to translation, of those that are translated.

    ``plurals``: the id for one to the English for any other number.
    """

    texts: dict[str, str] = field(default_factory=dict)
    plurals: dict[str, str] = field(default_factory=dict)


def read_catalog(path: Path) -> Catalog:
    """What a file says, its header left out.

    Raises OSError when the file is not there, ValueError with its line when it is no such catalog.
    """
    entries: list[dict[str, str]] = []
    part = ""
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        word, _, quoted = line.strip().partition(" ")
        if not word or (word.startswith("#") and not (word == "#," and "fuzzy" in quoted)):
            continue
        try:
            if word.startswith('"'):
                entries[-1][part] += _text(line.strip())
            elif word == "msgid":
                part = word
                entries.append({part: _text(quoted)})
            elif word in _BEFORE and part == _BEFORE[word]:
                part = word
                entries[-1][part] = _text(quoted)
            else:
                raise ValueError(word)
        except (ValueError, SyntaxError, LookupError) as error:
            raise ValueError(f"{path}:{number}: no catalog of plain messages: {line!r}") from error
    found = Catalog()
    for entry in entries:
        message, said = entry["msgid"], entry.get("msgstr") or entry.get("msgstr[0]")
        if message and message in found.texts:
            raise ValueError(f"{path}: twice: {message!r}")
        if message and said:
            found.texts[message] = said
        if message and "msgid_plural" in entry:
            found.plurals[message] = entry["msgid_plural"]
    return found


def joined(paths: Iterable[Path]) -> Catalog:
    """Several files as one. Raises ValueError when two of them differ about a message."""
    whole = Catalog()
    for path in paths:
        one = read_catalog(path)
        for message in one.texts.keys() & whole.texts.keys():
            if one.texts[message] != whole.texts[message]:
                raise ValueError(f"{path}: said otherwise in another file: {message!r}")
        whole.texts |= one.texts
        whole.plurals |= one.plurals
    return whole


def _text(quoted: str) -> str:
    """A quoted string, with the escapes of C that Python has too."""
    text = ast.literal_eval(quoted)
    if not isinstance(text, str) or quoted[0] != '"':
        raise ValueError(quoted)
    return text
