"""The parts of a page that follow the view, each in its own way of keeping what was drawn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """A plain HTML element with text."""

    def __init__(self, tag: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        if classes:
            self.classes(classes)


class Page(Protocol):
    """What parts need of the page that they are on."""

    view: Any

    def draw(self, element: Tag, build: Callable[[], None]) -> list[Part]: ...


class Part(Protocol):
    def update(self, page: Page) -> None:
        """Look at the page's view again."""
        ...


@dataclass
class Region:
    """Everything in ``element``, drawn again when the value differs."""

    select: Callable[[Any], object]
    build: Callable[[Any], None]
    element: Tag
    drawn: bool = False
    value: object = None
    parts: list[Part] = field(default_factory=list)

    def update(self, page: Page) -> None:
        value = self.select(page.view)
        if self.drawn and value == self.value:
            for part in self.parts:
                part.update(page)
            return
        self.drawn, self.value = True, value
        self.element.clear()
        self.parts = page.draw(self.element, lambda: self.build(value))


@dataclass
class _Row:
    elements: list[Element]
    parts: list[Part]


@dataclass
class Rows:
    """A row for each item: one that comes, goes or moves leaves the others as they were drawn."""

    select: Callable[[Any], Iterable[Hashable]]
    build: Callable[[Any], None]
    element: Tag
    rows: dict[Hashable, _Row] = field(default_factory=dict)

    def update(self, page: Page) -> None:
        items = dict.fromkeys(self.select(page.view))
        for gone in self.rows.keys() - items.keys():
            for element in self.rows.pop(gone).elements:
                element.delete()
        for item in items:
            if item not in self.rows:
                self.rows[item] = self._drawn(page, item)
                continue
            for part in self.rows[item].parts:
                part.update(page)
        self._put_in_order([element for item in items for element in self.rows[item].elements])

    def _drawn(self, page: Page, item: Hashable) -> _Row:
        before = len(self.element.default_slot.children)
        parts = page.draw(self.element, lambda: self.build(item))
        return _Row(self.element.default_slot.children[before:], parts)

    def _put_in_order(self, elements: list[Element]) -> None:
        """The browser moves the fewest that it can: Vue knows them by their numbers."""
        for place, element in enumerate(elements):
            if self.element.default_slot.children[place] is not element:
                element.move(target_index=place)


@dataclass
class Following:
    """Changes in place what was drawn."""

    select: Callable[[Any], object]
    apply: Callable[[Any], object]
    applied: bool = False
    value: object = None

    def update(self, page: Page) -> None:
        value = self.select(page.view)
        if not self.applied or value != self.value:
            self.applied, self.value = True, value
            self.apply(value)
