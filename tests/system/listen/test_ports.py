"""A port that cannot be had is named, with who has it and what to do: console and pages alike."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from controller.config import Console
from controller.server import serve
from ground.serve import listen
from ground.serve.listen import CannotListen
from ground.text import catalog, text
from monitor.config import read
from monitor.store.database import open_store
from monitor.web import app
from tram.plain import plain_errors


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


def told(refused: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error of a command that ends with it."""
    with pytest.raises(typer.Exit) as ended, plain_errors():
        refused()
    assert ended.value.exit_code == 1
    return capsys.readouterr().err.splitlines()


def test_a_port_that_is_free_is_listened_on() -> None:
    with listen.bound("web", "127.0.0.1", 0) as bound:
        with socket.create_connection(bound.getsockname(), 5.0):
            accepted, _ = bound.accept()
        accepted.close()


def test_a_port_that_is_taken_is_named_with_who_has_it_in_both_languages(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    english, vietnamese = told(lambda: listen.bound("console", "127.0.0.1", taken), capsys)
    for line in (english, vietnamese):
        assert str(taken) in line
        assert f"process {os.getpid()}" in line
        assert "console.port" in line
        assert "sudo ss -ltnp" in line
    assert english.startswith(f"Port {taken} is taken (")
    assert vietnamese.startswith(f"Cổng {taken} ")


def test_what_stands_behind_an_option_of_the_one_who_has_it_is_not_repeated(taken: int) -> None:
    with pytest.raises(CannotListen) as caught:
        listen.bound("web", "127.0.0.1", taken)
    said = str(caught.value.params["by"])
    assert not [word for word in said.split() if word.startswith("-") and word not in ("-m", "-P")]


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_told_as_such(host: str) -> None:
    """192.0.2.0/24 is nobody's: RFC 5737."""
    with pytest.raises(CannotListen) as caught:
        listen.bound("web", host, 0)
    assert caught.value.advice == listen.NOT_OURS
    assert host in text("vi", caught.value.advice, **caught.value.params)


def test_every_advice_is_in_both_languages() -> None:
    for advice in (listen.TAKEN, listen.NOT_OURS, listen.NOT_ALLOWED, listen.REFUSED):
        assert catalog().texts[advice] != advice


def test_the_booth_s_console_says_it(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(port=taken)

    def serving() -> None:
        asyncio.run(serve(cast(Any, None), console, ready=lambda _: None))

    assert told(serving, capsys)[0].startswith(f"Port {taken} is taken (")


def test_the_region_s_pages_say_it(
    taken: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = f"sqlite:///{tmp_path / 'region.db'}"
    open_store(db).dispose()
    settings = read({"db": db, "workers": [["vn-thanh-hoa"]], "web": {"port": taken}})
    assert told(lambda: app.run(settings), capsys)[0].startswith(f"Port {taken} is taken (")


def test_booth_and_region_on_one_machine_do_not_want_the_same_port() -> None:
    assert Console().port != read({"workers": [["vn-thanh-hoa"]]}).web.port
