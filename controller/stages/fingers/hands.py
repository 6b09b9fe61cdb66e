"""Two hands as SVG, palms away from the viewer as the citizen sees their own backs of the hands.

Left hand left, thumbs inside: what people see when they hold both hands before them.
"""

from __future__ import annotations

WIDTH = 372
_FINGERS = {
    "little": (14, 74, 20, 66, -10),
    "ring": (38, 48, 21, 92, -4),
    "middle": (63, 38, 22, 102, 0),
    "index": (88, 50, 21, 90, 5),
    "thumb": (96, 118, 23, 74, 38),
}
"""x and y of the tip's box, width, height in units of the drawing, turned by degrees: left hand."""


def hands_svg(
    states: dict[str, str], next_position: str | None, label: str, sides: tuple[str, str]
) -> str:
    """``states``: position → "open", "next", "captured", "missing"; ``sides``: left, right.

    Texts go into the drawing as they are: the caller escapes them.

    Colours come from the style sheet by class; shapes differ too (colour-blind operators).
    """
    parts = []
    for side, mirror in (("left", False), ("right", True)):
        shapes = [_palm()]
        for finger, box in _FINGERS.items():
            position = f"{side}_{finger}"
            state = "next" if position == next_position else states.get(position, "open")
            shapes.append(_finger(box, state))
        turned = f"translate({WIDTH} 0) scale(-1 1)" if mirror else "translate(0 0)"
        x = WIDTH - 62 if mirror else 62
        word = f'<text class="side" x="{x}" y="206">{sides[mirror]}</text>'
        parts.append(f'<g transform="{turned}">{"".join(shapes)}</g>{word}')
    return (
        f'<svg class="hands" viewBox="0 34 {WIDTH} 206" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _palm() -> str:
    return '<rect class="palm" x="14" y="130" width="96" height="106" rx="30"/>'


def _finger(box: tuple[int, int, int, int, int], state: str) -> str:
    x, y, width, height, angle = box
    centre = x + width / 2
    turn = f'transform="rotate({angle} {centre} {y + height})"'
    mark = ""
    if state == "captured":
        mark = f'<path class="mark" d="M{centre - 6} {y + 18} l5 6 l9 -12" />'
    elif state == "missing":
        mark = f'<path class="mark" d="M{centre - 6} {y + 12} l12 12 m0 -12 l-12 12" />'
    elif state == "next":
        mark = f'<circle class="pulse" cx="{centre}" cy="{y + 14}" r="9"/>'
    return (
        f'<g {turn}><rect class="finger {state}" x="{x}" y="{y}" width="{width}" '
        f'height="{height}" rx="{width / 2}"/>{mark}</g>'
    )
