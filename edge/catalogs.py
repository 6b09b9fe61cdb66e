"""Reads a gettext catalog: the ``.po`` file itself, so that nothing has to be compiled.

A wheel, a Debian package and an editable install all carry the ``.po``; a compiled ``.mo`` would
be stale in the last. Plurals and contexts, which our catalogs do without, are refused, not passed
over. The format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import ast
from pathlib import Path


def N_(message: str) -> str:  # noqa: N802  (the gettext convention)
    """Mark ``message`` for extraction; returns it unchanged."""
    return message


def read_catalog(path: Path) -> dict[str, str]:
    """Message id to translation, of those that are translated; the header is left out.

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
            elif word == "msgstr" and part == "msgid":
                part = word
                entries[-1][part] = _text(quoted)
            else:
                raise ValueError(word)
        except (ValueError, SyntaxError, LookupError) as error:
            raise ValueError(f"{path}:{number}: no catalog of plain messages: {line!r}") from error
    return {e["msgid"]: e["msgstr"] for e in entries if e["msgid"] and e.get("msgstr")}


def _text(quoted: str) -> str:
    """A quoted string, with the escapes of C that Python has too."""
    text = ast.literal_eval(quoted)
    if not isinstance(text, str) or quoted[0] != '"':
        raise ValueError(quoted)
    return text
