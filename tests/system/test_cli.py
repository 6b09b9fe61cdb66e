"""``tram`` with bad arguments, missing and unreadable files, wrong passphrases: plain words only.

Each case runs the command as a person does, in a process of its own. A traceback (Python's or
rich's) is a defect; exit code 1 or 2 and some words on standard error are what is wanted.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from controller.vault import keys
from tests.patience import CEILING_S

PASSPHRASE = "a passphrase for tests"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
"""Of Linux's prctl(2) and capabilities(7)."""
PEOPLE = (
    "number,old_number,name,birth,sex,residence,hamlet,enrolled_on\n"
    "038090001234,,Lê Văn Thử,02/03/1990,nam,Thanh Hoá,Thôn 1,\n"
)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a station's keys in ``data`` and files of every kind of wrong beside it."""
    folder = tmp_path_factory.mktemp("cli")
    region = pyrage.x25519.Identity.generate()
    keys.create(folder / "data", str(region.to_public()), "OP1", PASSPHRASE)
    (folder / "region.key").write_text(f"{region}\n")
    (folder / "empty").write_bytes(b"")
    (folder / "noise").write_bytes(bytes(range(256)) * 40)
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "bad.csv").write_text(PEOPLE.replace("1990", "19x0").replace(",nam,", ",?,"))
    (folder / "folder").mkdir()
    (folder / "bare").mkdir()
    damaged = folder / "damaged"
    shutil.copytree(folder / "data", damaged)
    (damaged / "keys" / "operators" / "OP1.age").write_bytes(b"age-encryption.org/v1\nnoise")
    (damaged / "keys" / "shift.pub").write_bytes(b"\xff\xfe")
    (damaged / "roster.age").write_bytes(b"noise")
    (damaged / "journal.db").write_bytes(b"noise" * 1000)
    (folder / "bad.toml").write_text("[station\n")
    (folder / "wrong.toml").write_text('[station]\ncode = 7\n[nothing]\nport = "x"\n')
    (folder / "nokeys.toml").write_text(
        '[station]\ncode = "TH0417"\nname = "n"\naddress = "a"\nregion = "vn/th/bs"\n'
        f'[console]\nport = 0\n[paths]\ndata = "{folder / "bare"}"\n'
    )
    (folder / "file_as_data.toml").write_text(
        '[station]\ncode = "TH0417"\nname = "n"\naddress = "a"\nregion = "vn/th/bs"\n'
        f'[console]\nport = 0\n[paths]\ndata = "{folder / "noise"}/x"\n'
    )
    (folder / "in_clear.toml").write_text(
        '[station]\ncode = "TH0417"\nname = "n"\naddress = "a"\nregion = "vn/th/bs"\n'
        f'[console]\nport = 0\nhost = "0.0.0.0"\n[paths]\ndata = "{folder / "data"}"\n'
    )
    return folder


REGION = "age1" + "q" * 58
CASES = [
    "",
    "nothing",
    "station --config missing.toml",
    "station --config folder",
    "station --config noise",
    "station --config bad.toml",
    "station --config wrong.toml",
    "station --config nokeys.toml",
    "station --config file_as_data.toml",
    "station --config in_clear.toml",
    "station --port 1",
    "demo --citizens 0",
    "demo --citizens many",
    "demo --speed 0",
    "demo --exit --data noise/x",
    "demo --exit --data noise",
    "demo --exit --port 99999999",
    "journal",
    "journal verify",
    "journal verify missing.db",
    "journal verify folder",
    "journal verify noise",
    "journal verify empty",
    "journal verify damaged",
    "keys create",
    f"keys create --region {REGION} --data data",
    f"keys create --region {REGION} --data bare",
    "keys create --region {region} --data bare --operator bad",
    "keys create --region {region} --data bare --operator OP99999",
    "keys create --region {region} --data bare --operator ../../x",
    "keys create --region {region} --data noise/x",
    "keys add-operator --data data --by OP1 --operator bad",
    "keys add-operator --data data --by OP9 --operator OP2",
    "keys add-operator --data data --by ../x --operator OP2",
    "keys add-operator --data missing --by OP1 --operator OP2",
    "keys add-operator --data damaged --by OP1 --operator OP2",
    "keys add-operator --data noise --by OP1 --operator OP2",
    "keys certificate --data data",
    "keys certificate --data data --name 0.0.0.0",
    "keys certificate --data noise/x --name booth.local",
    "pico",
    "pico install",
    "pico install missing",
    "pico install folder",
    "pico install noise",
    "roster import missing.csv --data data",
    "roster import folder --data data",
    "roster import noise --data data",
    "roster import empty --data data",
    "roster import bad.csv --data data",
    "roster import people.csv --data missing",
    "roster import people.csv --data damaged",
    "roster import people.csv --data noise",
    "roster outstanding --data missing --operator OP1",
    "roster outstanding --data data --operator bad",
    "roster outstanding --data data --operator OP1",
    "roster outstanding --data damaged --operator OP1",
    "roster outstanding --data data --operator OP1 --minimum-age -1",
    "verify",
    "verify missing.tram --identity region.key",
    "verify folder --identity region.key",
    "verify noise --identity region.key",
    "verify empty --identity region.key",
    "verify noise --identity missing.key",
    "verify noise --identity folder",
    "verify noise --identity noise",
    "verify noise --identity empty",
    "verify noise --identity region.key --station-key missing --journal missing",
    "verify noise --identity region.key --station-key noise --journal noise",
    "bench --only nothing",
]


def as_a_user() -> None:
    """Take from root the right to read every file, so that the tests say the same for all."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability)


def said(station: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    region = (station / "data" / "keys" / "region.pub").read_text().strip()
    return subprocess.run(
        [sys.executable, "-m", "tram", *command.format(region=region).split()],
        cwd=station,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
        stdin=subprocess.DEVNULL,
        preexec_fn=as_a_user,
        env=os.environ
        | {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TRAM_PASSPHRASE": PASSPHRASE,
            "TRAM_BY_PASSPHRASE": PASSPHRASE,
        }
        | environment,
    )


def plainly_refused(done: subprocess.CompletedProcess[str]) -> None:
    words = done.stderr + done.stdout
    assert "Traceback" not in words, words
    assert "Error:" not in words.replace("╭─ Error", ""), words
    assert done.returncode in (1, 2), words
    assert len(words.split()) > 3, words


@pytest.mark.parametrize("command", CASES, ids=lambda command: command or "no command")
def test_what_is_wrong_is_said_in_plain_words(station: Path, command: str) -> None:
    plainly_refused(said(station, command))


@pytest.mark.parametrize(
    "command",
    [
        "keys add-operator --data data --by OP1 --operator OP2",
        "roster outstanding --data data --operator OP1",
    ],
)
def test_a_wrong_passphrase_is_refused_and_not_repeated(station: Path, command: str) -> None:
    wrong = "quite another phrase"
    done = said(station, command, TRAM_PASSPHRASE=wrong, TRAM_BY_PASSPHRASE=wrong)
    plainly_refused(done)
    assert wrong not in done.stderr + done.stdout


def test_a_short_passphrase_is_refused(station: Path) -> None:
    command = "keys add-operator --data data --by OP1 --operator OP3"
    plainly_refused(said(station, command, TRAM_PASSPHRASE="short"))


@pytest.mark.parametrize(
    "command",
    [
        "journal verify closed",
        "roster import closed --data data",
        "keys create --region {region} --data shut",
        "demo --exit --data shut",
        "station --config shut.toml",
        "station --config closed",
        "verify closed --identity region.key",
        "verify noise --identity closed",
    ],
)
def test_a_file_that_may_not_be_read_is_plainly_said(station: Path, command: str) -> None:
    (station / "shut.toml").write_text(
        (station / "nokeys.toml").read_text().replace(str(station / "bare"), str(station / "shut"))
    )
    for closed in (station / "closed", station / "shut"):
        if not closed.exists():
            closed.mkdir() if closed.name == "shut" else closed.touch()
        closed.chmod(0)
    plainly_refused(said(station, command))


def test_passphrases_come_from_the_environment(station: Path) -> None:
    done = said(station, "keys add-operator --data data --by OP1 --operator OP4")
    assert done.returncode == 0, done.stderr
    assert keys.unlock(station / "data", "OP4", PASSPHRASE).operator == "OP4"
