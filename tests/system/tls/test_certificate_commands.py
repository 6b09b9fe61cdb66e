"""The commands that make a certificate, as a technician runs them."""

from __future__ import annotations

import ssl
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from ground.serve import tls
from tests.patience import CEILING_S


@pytest.mark.parametrize(
    ("command", "table", "stem"),
    [
        ("keys certificate --data folder", "console", "folder/keys/console"),
        ("monitor certificate folder", "web", "folder/web"),
    ],
)
def test_what_the_commands_print_can_be_used_as_it_is(
    tmp_path: Path, command: str, table: str, stem: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tram", *command.split(), "--name", "booth.local"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=CEILING_S,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    words, _, printed = done.stdout.partition(f"[{table}]\n")
    given = tomllib.loads(printed)
    assert given["certificate"] == str(tmp_path / f"{stem}.pem")
    assert list(tls.faults(table, **given, command="")) == []
    sent = ssl.PEM_cert_to_DER_cert(Path(given["certificate"]).read_text())
    assert sha256(sent).hexdigest() in words.replace(":", "").lower()
