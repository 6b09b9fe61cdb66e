"""What a page tells the reader to type: its fenced blocks, word for word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """A Markdown file; sections are found by their headings."""

    path: Path

    def commands(self, heading: str, prompt: str = "# ") -> list[str]:
        """The lines of the section's ``console`` blocks that are typed, without their prompt:
        root's ``# `` or a user's ``$ ``."""
        return [
            line.removeprefix(prompt)
            for block in self.blocks(heading, "console")
            for line in block.splitlines()
            if line.startswith(prompt)
        ]

    def blocks(self, heading: str, language: str) -> list[str]:
        """Raises ``ValueError`` when the page has no such section."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self._section(heading), re.M | re.S)

    def sections(self, heading: str) -> list[str]:
        """The headings just below ``heading``."""
        depth = heading.index(" ") + 1
        return re.findall(rf"^({'#' * depth} .*)$", self._section(heading), re.M)

    def _section(self, heading: str) -> str:
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        begin = [line.rstrip() for line in lines].index(heading)
        depth = heading.index(" ")
        ends = re.compile(rf"#{{1,{depth}}} ")
        within = False
        for end in range(begin + 1, len(lines)):
            if lines[end].startswith("```"):
                within = not within
            if not within and ends.match(lines[end]):
                return "".join(lines[begin:end])
        return "".join(lines[begin:])
