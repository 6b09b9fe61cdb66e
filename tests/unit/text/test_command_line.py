"""The command line speaks to whoever reads: as the machine's locale says, or ``--lang``."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tram import plain
from tram.cli import _command, app

EN = "There is no journal at"
VI = "Không có sổ nhật ký ở"
NEUTRAL = {"LC_ALL": "C.UTF-8"}


@pytest.fixture(autouse=True)
def _nobody_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_chosen", ())


def said(tmp_path: Path, *before: str, **environment: str) -> str:
    arguments = [*before, "journal", "discard", str(tmp_path / "none.db")]
    run = CliRunner().invoke(app, arguments, env=NEUTRAL | environment)
    assert run.exit_code == 1
    return run.output


def test_a_machine_that_names_no_language_speaks_both(tmp_path: Path) -> None:
    output = said(tmp_path)
    assert EN in output
    assert VI in output


@pytest.mark.parametrize(
    ("before", "environment", "wanted", "unwanted"),
    [
        (("--lang", "vi"), {}, VI, EN),
        (("--lang", "en"), {}, EN, VI),
        ((), {"LC_ALL": "vi_VN.UTF-8"}, VI, EN),
        ((), {"LC_ALL": "en_GB.UTF-8"}, EN, VI),
        (("--lang", "en"), {"LC_ALL": "vi_VN.UTF-8"}, EN, VI),
    ],
)
def test_one_language_is_spoken_where_somebody_says_which(
    tmp_path: Path, before: tuple[str, ...], environment: dict[str, str], wanted: str, unwanted: str
) -> None:
    output = said(tmp_path, *before, **environment)
    assert wanted in output
    assert unwanted not in output


def test_another_language_is_refused(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["--lang", "fr", "journal", "verify", str(tmp_path)])
    assert run.exit_code == 2
    assert "vi or en" in run.output


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (["edge", "decode", "x"], "edge"),
        (["--lang", "vi", "edge"], "edge"),
        (["--lang=vi", "edge"], "edge"),
        (["--help"], ""),
        (["station", "edge"], "station"),
    ],
)
def test_the_command_is_known_before_the_others_are_loaded(line: list[str], command: str) -> None:
    assert _command(line) == command
