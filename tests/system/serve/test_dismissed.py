"""A form may be sent as slowly as one likes: who was dismissed meanwhile does nothing with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import access
from monitor.store.database import open_store
from monitor.web.form import FORM_MAX
from tests.system.serve.test_limits import region
from tests.system.serve.two_machines import dialled

LONG = b"note=" + b"x" * FORM_MAX


@pytest.mark.parametrize("form", [b"note=mine", LONG], ids=["short", "too long"])
def test_a_form_begun_before_its_sender_was_dismissed_does_nothing(
    tmp_path: Path, form: bytes
) -> None:
    with region(tmp_path) as house, dialled(house.served.port) as line:
        head = (
            f"POST /alarms/1/acknowledge HTTP/1.1\r\nHost: 127.0.0.1:{house.served.port}\r\n"
            f"Cookie: tram-region={house.token}\r\nExpect: 100-continue\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        )
        with line.makefile("rb") as reader:
            line.sendall(head.encode())
            assert reader.readline().startswith(b"HTTP/1.1 100"), "it was let in, and is asked"
            reader.readline()
            engine = open_store(f"sqlite:///{tmp_path / 'region.db'}")
            access.remove_account(engine, "lan", by="setup", now=2)
            engine.dispose()
            line.sendall(form)
            assert reader.readline().startswith(b"HTTP/1.1 303")
            answer = b"".join(iter(reader.readline, b"\r\n"))
    assert b"location: /signin\r\n" in answer
