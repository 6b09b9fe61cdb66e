"""axe-core's rules for WCAG 2.2 A and AA, over a page that is open, at each width of a window.

https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#axe-core-tags
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
WIDTHS = (390, 800, 1280, 1920)
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""After a resize: laid out, and what watches its size has run."""
_AXE = Axe()


def size_of(width: int) -> ViewportSize:
    """A phone's window, or one of a desk."""
    return {"width": width, "height": 844 if width < 500 else 1080}


def broken_at_any_width(page: Page, where: str, sizes: tuple[ViewportSize, ...] = ()) -> list[str]:
    """What :func:`broken` finds at each of ``sizes``; those of ``WIDTHS`` when none are given.

    The page is loaded once: its window is resized, as a reader's is.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.axe_script)
    found: list[str] = []
    for size in sizes or tuple(map(size_of, WIDTHS)):
        page.set_viewport_size(size)
        page.evaluate(DRAWN)
        found += broken(page, f"{where} at {size['width']}")
    return found


def broken(page: Page, where: str) -> list[str]:
    """A line a rule: page, rule, what it is about, an element that breaks it. Axe is in the page
    already."""
    options: Any = {
        "runOnly": {"type": "tag", "values": list(TAGS)},
        "resultTypes": ["violations"],
    }
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{where}: {one['id']} ×{len(one['nodes'])}: {one['nodes'][0]['html'][:160]}"
        f" {str(one['nodes'][0]['any'][:1])[:200]}"
        for one in result["violations"]
    ]
