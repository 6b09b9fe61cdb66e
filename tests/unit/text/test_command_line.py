"""The command line speaks to whoever reads: as the machine's locale says, or ``--lang``."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer import rich_utils
from typer.testing import CliRunner

from tram import cli, plain
from tram.cli import _command, app
from tram.help_texts import HEADINGS
from tram.journal_cli import journal

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


HELP_VI, HELP_EN = "Sổ nhật ký của trạm", "The station's journal"


@pytest.mark.parametrize(
    ("before", "locale", "wanted", "unwanted"),
    [
        (["--lang", "vi"], "C.UTF-8", HELP_VI, HELP_EN),
        (["--lang=vi"], "en_GB.UTF-8", HELP_VI, HELP_EN),
        (["--lang", "en"], "vi_VN.UTF-8", HELP_EN, HELP_VI),
        ([], "vi_VN.UTF-8", HELP_VI, HELP_EN),
        ([], "C.UTF-8", HELP_EN, HELP_VI),
    ],
)
def test_help_is_in_the_reader_s_language(
    before: list[str],
    locale: str,
    wanted: str,
    unwanted: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr(cli, "app", typer.Typer(help=cli.app.info.help))
    cli.app.callback()(cli._reader)
    cli.app.add_typer(journal, name="journal")
    monkeypatch.setattr("sys.argv", ["tram", *before, "--help"])
    for name in HEADINGS:
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    output = capsys.readouterr().out
    assert wanted in output
    assert unwanted not in output
    assert ("Tuỳ chọn" in output) == (wanted == HELP_VI)


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
