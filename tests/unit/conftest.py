"""A unit test starts no process and opens no connection: see ``tests/unit/guard.py``."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.unit.guard import alone


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Generator[None]:
    with alone():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call() -> Generator[None]:
    with alone():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None]:
    with alone():
        return (yield)
