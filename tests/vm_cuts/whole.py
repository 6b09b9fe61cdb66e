"""A machine whose power is cut while its line is busy, and what its disk holds then.

Each life begins with the disk as the cut before left it. QEMU is killed; what it had asked of the
disk is in a log, and so a cut can leave what a disk with a volatile cache would: all that was
flushed, and of the rest whatever ``stream`` drew. "all" is a disk without such a cache.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

from hw.twins.booth import Booth
from tests.crash.books import Auditor
from tests.patience import CEILING_S
from tests.vm.image import Image
from tests.vm.machine import Machine, overlay
from tests.vm_cuts import booth, disk
from tests.vm_cuts.line import code_on
from tests.vm_cuts.starting import no_paper_is_asked_for_twice, papers_are_in_the_journal
from tests.vm_cuts.stream import SECTOR, Cut, Request, at_the_end, requests
from tests.vm_cuts.witness import what_was_told_is_there

LEAN = ("-machine", "sata=off,i8042=off")
QUIET = "quiet systemd.show_status=false"
"""A kernel waits long for six disks and a keyboard that are not there, and an emulated serial line
takes its time for every letter."""


QUIET_S = 0.05


class Whole:
    """``platter`` is the disk between two lives; ``known`` what people know of the booth by heart:
    its passphrase, its region's key. ``told``: what its screens have shown in all lives."""

    def __init__(self, image: Image, folder: Path, twins: Booth) -> None:
        self.folder = folder
        self.platter = folder / "platter.raw"
        self.told = folder / "told"
        self._image = image
        self._twins = twins
        self._log = folder / "log"
        self._known = folder / "known"
        self._auditor: Auditor | None = None
        self._ended = sys.maxsize
        """Bytes of the log when the power went."""

    def furnish(self) -> None:
        """A platter with the line on it, which has not begun."""
        disk.run("cp", "--sparse=always", str(self._image.disk), str(self.platter))
        with Machine(
            self._image,
            self.folder / "machine",
            disk=self.platter,
            options=LEAN,
            append=QUIET,
            paced=True,
        ) as machine:
            machine.power_on()
            machine.wait_agent()
            booth.furnish(machine)
            machine.power_off()
        with disk.looked_at(self.platter, self.folder / "mount") as mount:
            data = _data(mount)
            shutil.copytree(data / "keys", self._known / "keys")
            for name in ("demo.passphrase", "demo.day"):
                shutil.copy(data / name, self._known)
            self._auditor = Auditor(data, booth.unlocked(self._known), booth.region(data))

    @contextmanager
    def life(self) -> Iterator[Machine]:
        """Switched on; at the end its power is cut, if it is on then."""
        self._ended = sys.maxsize
        top = overlay(self.platter, self.folder / "life.qcow2")
        with (
            disk.exported(top, self.folder / "disk.raw", self._log) as port,
            Machine(
                self._image,
                self.folder / "machine",
                disk=port,
                options=[*LEAN, *booth.wiring(self._twins)],
                append=QUIET,
                paced=True,
            ) as machine,
        ):
            machine.power_on()
            yield machine
        top.unlink()

    def crowd(
        self, machine: Machine, *, last: bool = False
    ) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """See ``booth.crowd``."""
        return booth.crowd(machine, self._twins, self._known, self.told, last=last)

    def cut_off(self, machine: Machine, *, unflushed: bool) -> None:
        """Pull the plug. ``unflushed``: at the next moment at which the disk's cache holds what
        nobody has flushed yet; of moments that nobody chose one in a hundred is of this kind."""
        deadline = time.monotonic() + CEILING_S
        while True:
            machine.freeze()
            self._let_it_end()
            if not unflushed or not self._is_flushed():
                break
            before = self._log.stat().st_size
            machine.thaw()
            while self._log.stat().st_size == before:  # such a moment is shorter than any pause
                assert time.monotonic() < deadline, "nothing is written any more"
        # Of what comes now the machine knows nothing: who closes a file here flushes it, too.
        self._ended = self._log.stat().st_size
        machine.power_cut()

    def _is_flushed(self) -> bool:
        asked = self.stream()
        return not asked or asked[-1].flush

    def _let_it_end(self) -> None:
        """Until what a frozen machine had asked of its disk is done."""
        size = -1
        while size != (size := self._log.stat().st_size):
            time.sleep(QUIET_S)

    def stream(self) -> list[Request]:
        """All that the machine has asked of its disk in the life that was last."""
        if self._log.stat().st_size < SECTOR:  # nothing yet
            return []
        return [asked for asked in requests(self._log) if asked.end <= self._ended]

    def settle(self, cut: Cut) -> None:
        """The platter becomes what the cut left."""
        platter = disk.Platter(self.platter, self._log, self.stream())
        platter.settle(cut)
        platter.close()

    def cut(self, number: int, kind: str, dice: Random) -> Cut:
        return at_the_end(self.stream(), number, kind, dice)

    def audit(self) -> str:
        """What is wrong with what the cut left; "" for nothing. Looks at it as at a disk that was
        taken out: the platter stays as it is."""
        with self.at_rest() as data:
            return self.look(data)

    def lied_to(self, cut: Cut) -> str:
        """``audit`` of a platter as ``cut`` leaves it. The platter stays as it is."""
        top = overlay(self.platter, self.folder / "lie.qcow2")
        with disk.exported(top, self.folder / "lie.raw") as port:
            platter = disk.Platter(port, self._log, self.stream())
            platter.settle(cut)
            platter.close()
            with disk.mounted(port, self.folder / "mount") as mount:
                return self.look(_data(mount))

    @contextmanager
    def at_rest(self) -> Iterator[Path]:
        """The station's folder on the platter."""
        with disk.looked_at(self.platter, self.folder / "mount") as mount:
            yield _data(mount)

    def look(self, data: Path) -> str:
        assert self._auditor is not None, "furnish() comes first"
        try:
            self._auditor.audit(None)
            what_was_told_is_there(data, booth.told(self.told))
            papers_are_in_the_journal(data, list(filter(None, self.papers())), booth.CODE)
            no_paper_is_asked_for_twice(data)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def papers(self) -> list[str]:
        """Codes on the papers on the table, oldest first; "" where none can be read."""
        return [code_on(slip) for slip in sorted(self._twins.slips().glob("slip-*.png"))]


def _data(mount: Path) -> Path:
    return mount / booth.DATA.lstrip("/")
