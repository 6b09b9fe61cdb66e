"""A booth without devices."""

from tests.system.region.conftest import config, keyring

__all__ = ["config", "keyring"]
