"""Each test runs twice: on the unix twin and on the emulated chip, and both must pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.behaviours.board import Board
from tests.behaviours.emulated import Emulated
from tests.behaviours.unix import Unix


@pytest.fixture(params=["twin", "chip"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    with Unix(tmp_path) if request.param == "twin" else Emulated() as board:
        yield board
