"""Checks the firmware's types by the rp2 stubs: ``python -m tests.system.link.firmware_types``.

mypy takes stubs from a folder of their own, not from site-packages where pip puts them; this
gathers the files of micropython-rp2-stubs and micropython-stdlib-stubs in one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STUBS = ("micropython-stdlib-stubs", "micropython-rp2-stubs")


def gather_stubs(folder: Path) -> None:
    """Copy every ``.pyi`` of the stub packages to ``folder``, keeping their places."""
    for name in STUBS:
        for file in distribution(name).files or ():
            if file.suffix in (".pyi", "") and ".dist-info" not in str(file):
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), target)


def check(firmware: Path = ROOT / "firmware") -> subprocess.CompletedProcess[str]:
    """mypy over the firmware's sources, laid flat as on the Pico; 0 when nothing was found."""
    with tempfile.TemporaryDirectory() as name:
        stubs, flash = Path(name, "stubs"), Path(name, "flash")
        gather_stubs(stubs)
        shutil.copytree(firmware, flash, ignore=shutil.ignore_patterns("__init__.py"))
        result = subprocess.run(
            [
                *(sys.executable, "-m", "mypy", "--config-file", str(ROOT / "firmware/mypy.ini")),
                *("--custom-typeshed-dir", str(stubs), "--cache-dir", f"{name}/cache"),
                *sorted(path.name for path in flash.glob("*.py")),
            ],
            env={"MYPYPATH": f"{stubs}:{flash}", "PATH": "/usr/bin:/bin"},
            cwd=flash,
            capture_output=True,
            text=True,
            check=False,
        )
    return result


if __name__ == "__main__":
    result = check()
    print(result.stdout, result.stderr, sep="", end="")
    sys.exit(result.returncode)
