"""HTML as values: every text is escaped unless it already is markup.

Pages are pure functions from what was read to markup, so that they can be tested without a browser
and only what differs travels to one.
"""

from __future__ import annotations

from html import escape

VOID = frozenset({"input", "br", "link", "meta", "line", "rect", "path", "circle", "polyline"})


class Markup(str):
    """A string that is HTML."""

    __slots__ = ()


Child = str | int | None


def join(*children: Child) -> Markup:
    return Markup("".join(_child(c) for c in children))


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """``<name …>children</name>``. ``class_`` and ``data_x`` become ``class`` and ``data-x``;
    True is a bare attribute, None and False leave it out."""
    written = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _child(child: Child) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(str(child))
