"""``--help`` in the reader's language.

Typer takes help from docstrings and options, in English, and shows it before any code of ours
runs. So the finished tree of commands is gone through once: each paragraph is a message id, its
Vietnamese stands in ``ground/text/locale/vi/LC_MESSAGES/help.po``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from typer import rich_utils

HEADINGS = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "REQUIRED_LONG_STRING",
    "DEFAULT_STRING",
)
"""Of Typer's tables, and what it puts behind an option's help."""


def worded(root: Any, said: Callable[[str], str]) -> None:
    """Put ``said`` of every paragraph in its place. ``root``: a command as Typer has made it."""
    for name in HEADINGS:
        setattr(rich_utils, name, said(getattr(rich_utils, name)))
    for holder in _holders(root):
        holder.help = "\n\n".join(map(said, paragraphs(holder.help)))


def texts(root: Any) -> Iterator[str]:
    """Every paragraph that somebody may read."""
    yield from (getattr(rich_utils, name) for name in HEADINGS)
    for holder in _holders(root):
        yield from paragraphs(holder.help)


def paragraphs(help: str) -> list[str]:
    """Each in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(help).split("\n\n")]


def _holders(command: Any) -> Iterator[Any]:
    """Commands and parameters that have a help text."""
    context = command.context_class(command, info_name=command.name)
    option = command.get_help_option(context)  # made when first asked for, and kept
    for holder in (command, *command.params, *([option] if option else [])):
        if getattr(holder, "help", None):
            yield holder
    for inner in getattr(command, "commands", {}).values():
        yield from _holders(inner)
