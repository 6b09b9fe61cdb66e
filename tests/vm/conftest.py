"""One booted booth for the tests that leave it as they found it; ``make test-vm``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.booth import Booth
from tests.vm.image import image
from tests.vm.machine import Machine

TEST_S = 3600.0
MORNING = "test_start.py"
_FIGURES = pytest.StashKey[dict[str, float]]()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> dict[str, float]:
    """What was measured, by name; shown at the end of the run."""
    return request.config.stash.setdefault(_FIGURES, {})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A boot and what is done after it take longer than pyproject's limit on a busy host.

    Machines of a test's own first, as the booth runs on for the rest; its morning is looked at
    before anything else has been done with it.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.timeout(TEST_S))

    def turn(item: pytest.Item) -> tuple[bool, bool]:
        shared = "booth" in getattr(item, "fixturenames", ())
        return shared, item.path != here / MORNING

    mine = [n for n, item in enumerate(items) if item.path.parent == here]
    for n, item in zip(mine, sorted((items[n] for n in mine), key=turn), strict=True):
        items[n] = item


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for name, value in config.stash.get(_FIGURES, {}).items():
        terminalreporter.write_line(f"{name} {value:.1f}")


@pytest.fixture(scope="session")
def booth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    """The booth on a morning: its machine was switched on, and the station says "ready"."""
    with Machine(image(), tmp_path_factory.mktemp("booth"), paced=True) as machine:
        machine.power_on()
        machine.wait_up()
        machine.until(lambda: "\nready" in machine.log("tram"), "the station")
        yield Booth(machine)
