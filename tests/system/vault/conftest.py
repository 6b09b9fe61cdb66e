"""The same booth as the vault's own tests have."""

from __future__ import annotations

from tests.unit.vault.conftest import booth, files, prototype

__all__ = ["booth", "files", "prototype"]
