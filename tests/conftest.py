"""Options and marks of the whole suite."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.rungs.plugin import Recorder

# How long one example takes says nothing on a busy machine; pytest-timeout stops what hangs.
settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")

_SIM = Path(__file__).parent / "hil" / "rigs" / "sim.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rig", type=Path, default=_SIM, help="the rig's TOML: virtual hardware or a bench"
    )


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background is deaf to Ctrl-C, and so is all that tests start then.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Before numpy comes. Its threads, as many as cores in every process, would wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not hasattr(config, "workerinput"):  # xdist's first process alone, where all reports come
        config.pluginmanager.register(Recorder(config))
    config.addinivalue_line("markers", "needs(*features): skip where the rig lacks one of these")
