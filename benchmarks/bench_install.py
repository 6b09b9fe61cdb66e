"""What a booth installs: a card is small, and everything on it wants updates.

The virtual environment is made by ``setup/install booth`` itself, in a clone; the Debian packages
are those that apt would bring to a machine with no more than Debian's required ones. Needs the
package index and the Debian mirror.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
SUITE = "trixie"

SIMULATE = """
set -euo pipefail
. setup/parts
. setup/apt_elsewhere
sources=$1/sources work=$1/apt architecture=$(dpkg --print-architecture)
mkdir -p "$sources"
sources_for "$2" "$sources"
elsewhere() { apt_elsewhere "$work" "$architecture" "$sources" "$@"; }
elsewhere update >/dev/null
available() {
    elsewhere indextargets --format '$(FILENAME)' 'Created-By: Packages' |
        while read -r list; do /usr/lib/apt/apt-helper cat-file "$list"; done
}
available >"$1/available"
awk '/^Package:/ { package = $2 } /^Priority: required/ { print package }' "$1/available" |
    sort -u >"$1/required"
wanted() { elsewhere --simulate --no-install-recommends install $(cat "$1/required") "${@:2}"; }
wanted "$1" apt >"$1/blank"
wanted "$1" apt $(apt_packages booth wheel) >"$1/booth"
"""


def venv_mb(folder: Path) -> float:
    """Size of a fresh booth's ``.venv`` with its bytecode, as ``du`` counts it."""
    subprocess.run([TOP / "setup" / "copy-tree", folder], check=True)
    subprocess.run([folder / "setup" / "install", "booth"], check=True, capture_output=True)
    sizes = subprocess.run(["du", "-sm", folder / ".venv"], capture_output=True, check=True)
    return float(sizes.stdout.split()[0])


def apt_packages(folder: Path) -> dict[str, float]:
    """Each Debian package that a booth brings to a blank machine, with its installed MB."""
    subprocess.run(
        ["bash", "-c", SIMULATE, "bash", folder, SUITE], cwd=TOP, check=True, capture_output=True
    )
    installed = {
        name: set(re.findall(r"(?m)^Inst (\S+) \((\S+)", (folder / name).read_text()))
        for name in ("blank", "booth")
    }
    kilobytes: dict[tuple[str, str], int] = {}
    for stanza in (folder / "available").read_text().split("\n\n"):
        fields = dict(re.findall(r"(?m)^(Package|Version|Installed-Size): (.*)$", stanza))
        if fields:
            kilobytes[fields["Package"], fields["Version"]] = int(fields.get("Installed-Size", 0))
    brought = installed["booth"] - installed["blank"]
    return {name: kilobytes[name, version] * 1024 / 1e6 for name, version in brought}


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        yield {
            "name": "install.venv_mb",
            "value": venv_mb(Path(folder)),
            "unit": "MB",
            "limit": 250,
            "note": "a fresh booth's virtual environment with bytecode, made by setup/install",
        }
    with tempfile.TemporaryDirectory() as folder:
        packages = apt_packages(Path(folder))
    yield {
        "name": "install.apt_mb",
        "value": round(sum(packages.values()), 1),
        "unit": "MB",
        "limit": 100,
        "note": f"{len(packages)} packages that a booth without a screen brings to a blank {SUITE}",
    }
