"""HTML as values: every text is escaped unless it already is markup.

Documents are templates; cards and charts, which are made of many small parts and are sent again
only when they differ, are pure functions from what was read to markup.
"""

from __future__ import annotations

from html import escape

from markupsafe import Markup as Markup

VOID = frozenset({"input", "br", "link", "meta", "line", "rect", "path", "circle", "polyline"})

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
