"""``tram monitor account`` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tram.monitor import monitor

PASSWORD = "a long enough one"


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'region.db'}"


def told(db: str, *words: str, password: str = PASSWORD) -> Result:
    options = ["--db", db] + ([] if words[0] in ("list", "remove") else ["--password", password])
    return CliRunner().invoke(monitor, ["account", *words, *options])


def test_an_account_is_added_listed_changed_and_removed(db: str) -> None:
    assert told(db, "add", "lan", "--role", "operator").exit_code == 0
    assert told(db, "list").output == "lan\toperator\t/\n"
    assert told(db, "password", "lan", password="another long one").exit_code == 0
    assert told(db, "remove", "lan").exit_code == 0
    assert told(db, "list").output == ""


@pytest.mark.parametrize(
    ("words", "password"),
    [
        (("add", "Lan Anh"), PASSWORD),
        (("add", "lan"), "short"),
        (("add", "lan", "--branch", "vn/nowhere"), PASSWORD),
        (("password", "nobody"), PASSWORD),
        (("remove", "nobody"), PASSWORD),
    ],
)
def test_what_cannot_be_done_is_told_in_plain_words(
    db: str, words: tuple[str, ...], password: str
) -> None:
    done = told(db, *words, password=password)
    assert done.exit_code == 1
    assert "." in done.output
    assert "Traceback" not in done.output


def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    for db in ("nonsense", f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}"):
        done = told(db, "list")
        assert done.exit_code == 1
        assert done.output
