"""A technician who sets a booth up as docs/technician.md says, line by line, and notes results.

The lines are typed as they stand, by the user of a new Raspberry Pi: one that may use sudo without
a password. What the page leaves to people is given here: words in capitals, passphrases, what is
written into the configuration, a stick with the roster.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.install.container import CEILING_S, TOP, Container, put_tree
from tests.install.page import Page

PAGE = Page(TOP / "docs" / "technician.md")
SETTING_UP, JOINING, MENDING = "## Set up", "## Join the region", "## Look, test, mend"
NEEDS_THINGS = "### With "
TRIAL = "### After a trial"
USER, CODE = "tech", "QT0001"
PASSPHRASES = {"OP1": "giấy bút mực thước", "OP2": "bốn con trâu trắng", "OP3": "năm con gà vàng"}
PEOPLE = """\
Số CCCD;Họ và tên;Ngày sinh;Giới tính;Thôn
026190000101;Nguyễn Thị Hồng Hạnh;12/03/1990;nữ;Đồng Tâm
;Đỗ Văn Toàn;1985;nam;Gò Đình
"""
IN_CLEAR = "026190000101"
STATION = {
    "code": CODE,
    "name": "Nhà văn hoá Đông Hà",
    "address": "Đông Hà, Quảng Trị",
    "region": "vn/quang-tri/dong-ha",
}
UPLINK = '\n[uplink]\nhost = "127.0.0.1"\nport = 1\ntls = false\n'
"""A broker that is not there: what the uplink does then is looked at."""
VOLATILE = "usr/lib/systemd/journald.conf.d/40-rpi-volatile-storage.conf"
"""Raspberry Pi OS keeps the logs in memory by a file of this name."""


CONSOLE = "http://127.0.0.1:8080/"


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + CEILING_S / 5
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.3)


@dataclass(frozen=True)
class Result:
    heading: str
    line: str
    code: int
    said: str


@dataclass
class Technician:
    """At ``machine``, whose ``root`` is that of a new machine."""

    machine: Container
    region: str = ""
    folder: str = f"/home/{USER}"
    env: dict[str, str] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    def prepare(self) -> None:
        """What Raspberry Pi Imager, the region and somebody with a stick have done before."""
        root = self.machine.root
        self.machine.sh(f"useradd --create-home --shell /bin/bash {USER}")
        (root / f"etc/sudoers.d/{USER}").write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
        (root / VOLATILE).parent.mkdir(parents=True, exist_ok=True)
        (root / VOLATILE).write_text("[Journal]\nStorage=volatile\n")
        self.machine.sh("systemctl restart systemd-journald")
        stick = root / "media" / "usb"
        stick.mkdir(parents=True)
        (stick / "people.csv").write_text(PEOPLE, encoding="utf-8")
        put_tree(root, "/srv/tram")
        _commit(root / "srv" / "tram")

    def follow(self, heading: str) -> None:
        """Type the lines of the section and of those within it that need nothing on the table."""
        for section in PAGE.sections(heading) or [heading]:
            if not section.startswith(NEEDS_THINGS):
                for line in PAGE.commands(section, prompt="$ "):
                    self._type(section, line)

    def _type(self, heading: str, line: str) -> None:
        filled = line.replace("ADDRESS", "/srv/tram").replace("REGION", self.region)
        for operator, passphrase in PASSPHRASES.items():
            filled = filled.replace(f"PASSPHRASE OF {operator}", passphrase)
        if filled.startswith("cd "):
            self.folder = filled.removeprefix("cd ")
            code, said = 0, ""
        elif filled.startswith("export "):
            words = shlex.split(filled)[1:]
            self.env |= dict(word.split("=", 1) for word in words)
            code, said = 0, ""
        elif filled.startswith("sudo nano "):
            self._edit(self.machine.root / filled.split()[-1].lstrip("/"))
            code, said = 0, "(edited)"
        else:
            done = self.machine.run(
                "bash",
                "-c",
                filled,
                user=USER,
                folder=self.folder,
                env=self.env,
                input=self._answers(filled),
                check=False,
            )
            code, said = done.returncode, done.stdout + done.stderr
            if "enable --now tram" in filled or "start tram" in filled:
                self._look_at_the_console()
        self.results.append(Result(heading, line, code, said))

    def _look_at_the_console(self) -> None:
        """A reader opens it, and goes on when it is there."""
        look = f"import urllib.request as u; u.urlopen({CONSOLE!r}, timeout=30)"
        until(
            lambda: self.machine.run("python3", "-c", look, check=False).returncode == 0, "console"
        )

    def _answers(self, line: str) -> str:
        """What is asked for at the screen: nothing that is in the environment already."""
        if "preserve-env" in line or " keys " not in line:
            return ""
        operator = line.rsplit("--operator ", 1)[-1]
        asked = [PASSPHRASES["OP1"]] if "add-operator" in line else []
        return "\n".join([*asked, PASSPHRASES[operator], PASSPHRASES[operator], ""])

    def _edit(self, config: Path) -> None:
        text = config.read_text(encoding="utf-8")
        for key, value in STATION.items():
            text = re.sub(rf'(?m)^{key} = ""', f'{key} = "{value}"', text)
        config.write_text(text + UPLINK, encoding="utf-8")

    def table(self) -> str:
        """For people: each line of the page and what came of it."""
        rows = [
            f"| `{result.line}` | {result.code} | {_last(result.said)} |" for result in self.results
        ]
        return "\n".join(["| line | exit code | it said last |", "|---|---|---|", *rows])


def _last(said: str) -> str:
    return (said.strip().splitlines() or [""])[-1][:120].replace("|", "/")


def _commit(tree: Path) -> None:
    """Make a repository of it, as it is where the page is read."""
    git = ["git", "-C", str(tree), "-c", "user.name=tests", "-c", "user.email=tests@localhost"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "all of it"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
