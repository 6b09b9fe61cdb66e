"""The booth of the vault's unit tests, with an operator's bundle that a passphrase opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyrage import x25519

from controller.vault import keys as vault_keys
from controller.vault.keys import Keys
from tests.unit.vault.conftest import PASSPHRASE, booth, files

__all__ = ["booth", "files", "prototype"]


@pytest.fixture(scope="session")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, x25519.Identity, Keys]:
    """Made once and copied for each test: scrypt means to cost seconds."""
    data = tmp_path_factory.mktemp("prototype") / "booth"
    region = x25519.Identity.generate()
    vault_keys.create(data, str(region.to_public()), "OP1", PASSPHRASE)
    return data, region, vault_keys.unlock(data, "OP1", PASSPHRASE)
