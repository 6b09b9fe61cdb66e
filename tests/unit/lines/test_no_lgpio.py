"""A PC with Python 3.13 has no lgpio: it says so, and the booth works without pins."""

from __future__ import annotations

import sys

import pytest

from controller.devices.lines.board import Refused, source
from edge.journal.events import FaultCode


def test_a_machine_without_lgpio_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)  # what makes an import fail
    with pytest.raises(Refused, match="lgpio is not installed") as refused:
        source("lgpio:/dev/gpiochip0").open({})
    assert refused.value.fault is FaultCode.NOT_FOUND
