"""A booth without devices: enough for everything that is not light or sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config import Config
from tests.hil.premises import Keyring, configuration


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.cut(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def config(keyring: Keyring, tmp_path: Path) -> Config:
    keyring.furnish(tmp_path / "data", [])
    return configuration(tmp_path / "data", {}, speed=1.0)
