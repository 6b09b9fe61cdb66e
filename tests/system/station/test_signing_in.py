"""A running booth whose passphrase somebody guesses: who works there is not kept out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from controller.station.access import PLACES, PLACES_KEPT
from edge.journal import events as e
from edge.journal.store import read_events
from ground.serve.places import mark_of
from tests.hil.premises import OPERATOR, PASSPHRASE, Keyring
from tests.system.serve.two_machines import answer, client, post
from tests.system.tls.served import Served, running

DESK, THIEF = "127.0.0.1", "127.0.0.66"
UNLOCK = "/api/v1/unlock"
WRONG = {"operator": OPERATOR, "passphrase": "đoán mò"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Keyring.cut(tmp_path / "keyring").furnish(tmp_path / "data", [])
    return tmp_path / "data"


@pytest.fixture
def booth(data: Path) -> Iterator[Served]:
    file = data.with_name("station.toml")
    file.write_text(
        '[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "Thanh Hoá"\n'
        f'region = "vn/thanh-hoa/bim-son"\n[paths]\ndata = "{data}"\n[console]\nport = 0\n'
    )
    with running(["tram", "station", "--config", str(file)]) as served:
        yield served


def failures(data: Path) -> list[e.UnlockFailed]:
    bodies = (event.body for event in read_events(data / "journal.db"))
    return [body for body in bodies if isinstance(body, e.UnlockFailed)]


def test_a_thousand_wrong_tries_at_one_machine_delay_nobody_at_another(
    booth: Served, data: Path
) -> None:
    right = {"operator": OPERATOR, "passphrase": PASSPHRASE}
    with client(booth.url, THIEF) as thief, client(booth.url, DESK) as desk:
        with ThreadPoolExecutor(8) as hands:
            storm = [hands.submit(thief.post, UNLOCK, json=WRONG) for _ in range(1_000)]
            next(done for done in storm if done.result())  # it rages
            before = len(failures(data))
            let_in = desk.post(UNLOCK, json=right)
            meanwhile = len(failures(data)) - before
            statuses = {one.result().status_code for one in storm}
        assert let_in.status_code == 200, let_in.text
        assert meanwhile <= 2, "at most the one under way, and one that came before"
        assert statuses <= {401, 409, 503}
        while thief.post(UNLOCK, json=WRONG).status_code == 401:
            pass
        assert thief.post(UNLOCK, json=right).status_code == 409, "locked out itself"
        assert desk.post(UNLOCK, json=right).status_code == 200
    assert failures(data) == [
        e.UnlockFailed(n, 30 if n == 4 else 0, OPERATOR, mark_of(THIEF)) for n in range(1, 5)
    ]


def test_when_the_queue_is_full_the_next_is_told_at_once_to_try_again(
    booth: Served, data: Path
) -> None:
    lines = [post(booth.port, UNLOCK, WRONG, f"127.0.1.{n + 1}") for n in range(40)]
    answers = [answer(line) for line in lines]
    full = [body["advice"] for status, body in answers if status == 503]
    tried = [body for status, body in answers if status == 401]
    assert len(full) + len(tried) == 40
    assert len(tried) >= PLACES - PLACES_KEPT
    assert full, "forty came while one was being checked"
    assert {one["vi"] for one in full} == {
        "Đang có quá nhiều người đăng nhập cùng lúc. Xin chờ vài giây rồi thử lại."
    }
    assert all(one["en"].startswith("Too many people are signing in") for one in full)
    assert len(failures(data)) == len(tried), "what was not tried does not count"
