"""Blank machines for the tests of installation: containers of Debian 13, or of the one asked for.

They need root, debootstrap, systemd-nspawn and slirp4netns, so they are a stage of their own:
``make test-install``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from tests.install import technician
from tests.install.container import ROOTS, Container, booted, machine_root

SUITE = "trixie"


@pytest.fixture(scope="module")
def root(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A new machine's root, not booted; one for each test module."""
    folder = ROOTS / f"{request.module.__name__.rpartition('.')[2]}.{os.getpid()}"
    try:
        yield machine_root(SUITE, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def machine(root: Path) -> Iterator[Container]:
    """A new machine, booted, with no network at all."""
    with booted(root) as container:
        yield container


@pytest.fixture(scope="module")
def online_machine(root: Path) -> Iterator[Container]:
    """A new machine, booted, that reaches Debian's mirror and the package index."""
    with booted(root, network=True) as container:
        yield container


@pytest.fixture(scope="session")
def booth() -> Iterator[technician.Technician]:
    """A booth, set up and joined to a region by who read docs/technician.md; it runs."""
    folder = ROOTS / f"technician.{os.getpid()}"
    try:
        machine_root(SUITE, folder)
        with booted(folder, network=True) as container:
            reader = technician.Technician(container)
            reader.prepare()
            reader.region = str(pyrage.x25519.Identity.generate().to_public())
            for heading in (technician.SETTING_UP, technician.JOINING, technician.MENDING):
                reader.follow(heading)
            yield reader
    finally:
        shutil.rmtree(folder, ignore_errors=True)
