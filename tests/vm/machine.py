"""A booth's machine in QEMU: a real kernel on a disk that can be cut off from its power.

    with Machine(image(), folder) as machine:       # folder: its disk, console and sockets
        machine.power_on()
        machine.wait_up()
        machine.sh("systemctl is-active tram")
        machine.power_cut()                         # QEMU is killed: what was not flushed is lost
        machine.power_on()                          # the same disk again

Two processors and 1.5 GB, no network but the guest's own loopback. Commands reach it through
QEMU's guest agent on a virtio port; ``folder / "shared"`` is ``/mnt/shared`` there after ``share``.

``paced``: one processor, emulated, whose clock counts its instructions, one a nanosecond (QEMU's
``-icount``); only while it has nothing to do does time pass as it does outside. A busy host makes
such a machine late for us and never for itself: no time-out in it fires because of the host, and
what it measures about itself is the same on any host.

KVM where it carries Debian's kernel, else software emulation, about ten times slower: that
``/dev/kvm`` is there says little (a hypervisor within a hypervisor may know its own kernels alone),
so a kernel is started once to see. ``TRAM_VM_ACCEL=tcg`` or ``kvm`` decides by hand.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.install.container import signed_in
from tests.patience import CEILING_S
from tests.vm.image import Image
from tests.vm.wire import Gone, Wire

QEMU = "qemu-system-x86_64"
AGENT = "org.qemu.guest_agent.0"
CPUS, MEMORY_MB = 2, 1536
PROBE_S = 30.0
PATIENCE_S = 3 * CEILING_S
"""A boot needs half a minute of a processor's time, of which a busy host gives a tenth."""
PROCESSOR = "Nehalem"
"""What today's wheels ask for (x86-64-v2), and no wide vectors, which are slow when emulated."""
PACED = (
    *("-accel", "tcg,thread=single,tb-size=512", "-cpu", PROCESSOR),
    *("-icount", "shift=0,sleep=on", "-smp", "1"),
)
LOOK_AGAIN_S, LOOK_LATE_S = 0.1, 5.0
"""Pause between two looks at least and at most: a look that runs a program in the machine costs it
more than what is waited for."""
KERNEL_SPEAKS = "Linux version"
ACCELERATORS = {
    "kvm": ("-accel", "kvm", "-cpu", "host"),
    "tcg": ("-accel", "tcg,thread=multi,tb-size=512", "-cpu", PROCESSOR),
}


class Machine:
    """Off at first. ``disk`` is an overlay over the image unless another path is given (qcow2, or
    raw by its name ``*.raw``); ``drive`` are more options of its ``-drive``, ``options`` more
    arguments for QEMU, ``append`` more words for the kernel's command line.
    """

    def __init__(
        self,
        image: Image,
        folder: Path,
        *,
        disk: Path | None = None,
        drive: str = "cache=writeback",
        options: Sequence[str] = (),
        append: str = "",
        memory_mb: int = MEMORY_MB,
        paced: bool = False,
    ) -> None:
        self.image = image
        self.folder = folder
        self.shared = folder / "shared"
        self.shared.mkdir(parents=True, exist_ok=True)
        self.disk = disk or overlay(image.disk, folder / "disk.qcow2")
        self.options = list(options)
        self._drive = drive
        self._append = append
        self._memory_mb = memory_mb
        self._paced = paced
        # A socket's path has 107 bytes at most (unix(7)), a test's folder commonly more.
        self._sockets = tempfile.TemporaryDirectory(prefix="vm-")
        self._qemu: subprocess.Popen[bytes] | None = None
        self._qmp: Wire | None = None
        self._agent: Wire | None = None
        self.powered_on_at = 0.0
        """time.monotonic() of the last ``power_on``."""

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self.console_file.exists():
            print(f"\n---- end of the machine's console\n{self.console()[-3000:]}")
        self.power_cut()
        self._sockets.cleanup()

    # ---- power -----------------------------------------------------------------------------

    def power_on(self) -> None:
        """Start QEMU; returns at once. Raises ``AssertionError`` with its words when it refuses."""
        assert not self.is_on(), "it is on"
        sockets = Path(self._sockets.name)
        for stale in sockets.iterdir():
            stale.unlink()
        form = "raw" if self.disk.suffix == ".raw" else "qcow2"
        command = [
            *(QEMU, "-M", "q35", *(PACED if self._paced else self._quick())),
            *("-m", str(self._memory_mb)),
            *("-nodefaults", "-display", "none", "-no-reboot", "-nic", "none"),
            *("-kernel", str(self.image.kernel), "-initrd", str(self.image.initrd)),
            *("-append", f"root=/dev/vda rw console=ttyS0 panic=-1 {self._append}"),
            *("-drive", f"file={self.disk},format={form},if=virtio,{self._drive}"),
            *("-serial", f"file:{self.console_file}"),
            *("-qmp", f"unix:{sockets / 'qmp'},server=on,wait=off"),
            *("-chardev", f"socket,id=agent,path={sockets / 'agent'},server=on,wait=off"),
            *("-device", "virtio-serial-pci,id=ports"),
            *("-device", f"virtserialport,id=agent,chardev=agent,name={AGENT}"),
            *("-virtfs", f"local,path={self.shared},mount_tag=shared,security_model=none"),
            *self.options,
        ]
        # No session of its own: its leader would take the first terminal that is plugged in for its
        # controlling one, and be hung up (SIGHUP) when a device is unplugged (tty_ioctl(4)).
        with (self.folder / "qemu.log").open("wb") as log:
            self._qemu = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        self.powered_on_at = time.monotonic()
        self._qmp = self._joined(sockets / "qmp")
        self._qmp.ask("qmp_capabilities", CEILING_S)
        self._agent = self._joined(sockets / "agent")

    def _joined(self, path: Path) -> Wire:
        """A socket's file is there before its listener."""
        joined: list[Wire] = []

        def joins() -> bool:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                joined.append(Wire(path))
            return bool(joined)

        self.until(joins, f"QEMU at its socket {path.name}")
        return joined[0]

    def _quick(self) -> tuple[str, ...]:
        return (*ACCELERATORS[accelerator(self.image)], "-smp", str(CPUS))

    def wait_agent(self) -> None:
        """Until commands can be given: the system is half up."""
        assert self._agent is not None
        agent = self._agent
        self.until(lambda: agent.agree(2.0), "the guest's agent")

    def wait_up(self) -> None:
        """Until systemd has started everything; a unit that failed does not keep it waiting."""
        self.wait_agent()
        self.run("systemctl", "is-system-running", "--wait", check=False)

    def power_cut(self) -> None:
        """Kill QEMU at once, as a cable that is pulled."""
        if self._qemu is not None:
            self._qemu.kill()
            self._off()

    def freeze(self) -> None:
        """Nothing goes on inside, until ``thaw`` or the cut; what it had asked of its disk ends."""
        assert self._qemu is not None
        self._qemu.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._qemu is not None
        self._qemu.send_signal(signal.SIGCONT)

    def power_off(self) -> None:
        """As in the evening: systemd stops everything, the machine goes off."""
        assert self._qemu is not None
        # Not by `run`: the agent may be gone before it can say that the command has ended.
        self._ask_agent("guest-exec", path="/usr/bin/systemctl", arg=["poweroff"])
        self.wait_off()

    def wait_off(self) -> None:
        """Until the machine is off by itself: powered off, or reset (QEMU ends with it)."""
        assert self._qemu is not None
        try:
            self._qemu.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still on: {self.console()[-2000:]}") from None
        self._off()

    def is_on(self) -> bool:
        return self._qemu is not None and self._qemu.poll() is None

    def last_words(self) -> str:
        """How QEMU ended, where it did, and what it said: a signal from outside, or by itself."""
        code = self._qemu.poll() if self._qemu is not None else None
        return f"{code}: {(self.folder / 'qemu.log').read_text(errors='replace')[-1000:]}"

    def _off(self) -> None:
        assert self._qemu is not None
        self._qemu.wait()
        for wire in (self._qmp, self._agent):
            if wire is not None:
                wire.close()
        self._qemu = self._qmp = self._agent = None

    # ---- what is seen and done -----------------------------------------------------------------

    @property
    def console_file(self) -> Path:
        return self.folder / "console"

    def console(self) -> str:
        """What the kernel and systemd wrote to the serial line since the last ``power_on``."""
        return self.console_file.read_text(errors="replace")

    def qmp(self, command: str, **arguments: Any) -> Any:
        """A command of QEMU's monitor; a ``_`` in a name stands for ``-``."""
        assert self._qmp is not None, "it is off"
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self._qmp.ask(command.replace("_", "-"), CEILING_S, **named)

    def event(self, name: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next event of QEMU's monitor with this name, such as ``WATCHDOG``."""
        assert self._qmp is not None, "it is off"
        event = self._qmp.event(name, timeout_s)
        assert event is not None, f"no {name} in {timeout_s:g} s"
        return event

    def run(
        self,
        *command: str,
        user: str = "root",
        folder: str = "/",
        input: str = "",
        env: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as ``user`` in ``folder``, in an environment as after signing in.

        Raises ``AssertionError`` with its output when ``check`` and its exit code is not 0;
        ``Gone`` when the machine goes off meanwhile.
        """
        words = ["/usr/bin/env", f"--chdir={folder}", *signed_in(user, env or {}), *command]
        started = self._ask_agent(
            "guest-exec",
            **{
                "path": words[0],
                "arg": words[1:],
                "input-data": base64.b64encode(input.encode()).decode(),
                "capture-output": True,
            },
        )
        pause, end = 0.02, time.monotonic() + PATIENCE_S
        while not (state := self._ask_agent("guest-exec-status", pid=started["pid"]))["exited"]:
            if time.monotonic() > end:
                raise AssertionError(f"{' '.join(command)}: has not ended")
            time.sleep(pause)
            pause = min(0.5, pause * 1.5)  # each look costs the guest something
        out, err = (
            base64.b64decode(state.get(name, "")).decode(errors="replace")
            for name in ("out-data", "err-data")
        )
        code = state.get("exitcode", -state.get("signal", 0))
        if check and code != 0:
            raise AssertionError(f"{' '.join(command)}: exit code {code}\n{out}\n{err}")
        return subprocess.CompletedProcess(command, code, out, err)

    def sh(self, script: str, *, user: str = "root", folder: str = "/", check: bool = True) -> str:
        """Standard output of a shell script."""
        return self.run("bash", "-ec", script, user=user, folder=folder, check=check).stdout

    def log(self, unit: str) -> str:
        """What a unit has said since the machine was switched on."""
        return self.sh(f"journalctl --boot --no-pager --output=cat --unit={unit}")

    def put(self, path: str, content: str, mode: int = 0o644) -> None:
        """Write a file in the machine; its folder is made."""
        self.run("install", "-D", "-m", f"{mode:o}", "/dev/stdin", path, input=content)

    def share(self) -> None:
        """Show ``folder / "shared"`` as ``/mnt/shared``."""
        mount = "mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072 shared /mnt/shared"
        self.sh(f"mkdir -p /mnt/shared; mountpoint -q /mnt/shared || {mount}")

    def until(self, true: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for a condition while the machine runs; most of its time is left to what it does."""
        began = time.monotonic()
        end = began + patience_s
        while not true():
            if not self.is_on():
                log = (self.folder / "qemu.log").read_text(errors="replace")
                raise AssertionError(f"the machine went off: {log[-1000:]}; waited for {what}")
            now = time.monotonic()
            assert now < end, f"not in time: {what}\n{self.console()[-2000:]}"
            time.sleep(min(max(LOOK_AGAIN_S, 3 * (now - began)), LOOK_LATE_S))
            began = time.monotonic()

    def _ask_agent(self, command: str, **arguments: Any) -> Any:
        if self._agent is None or not self.is_on():
            raise Gone("it is off")
        return self._agent.ask(command, CEILING_S, **arguments)


def overlay(base: Path, disk: Path) -> Path:
    """A new qcow2 file ``disk`` that holds what will differ from ``base`` (raw)."""
    disk.unlink(missing_ok=True)
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, disk], check=True
    )
    return disk


@functools.cache
def accelerator(image: Image) -> str:
    """``kvm`` where Debian's kernel says its first words under it, else ``tcg``."""
    by_hand = os.environ.get("TRAM_VM_ACCEL", "")
    if by_hand:
        assert by_hand in ACCELERATORS, f"TRAM_VM_ACCEL={by_hand}: one of {', '.join(ACCELERATORS)}"
        return by_hand
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with tempfile.TemporaryDirectory(prefix="vm-probe-") as folder:
        console = Path(folder) / "console"
        probe = subprocess.Popen(
            [
                *(QEMU, "-M", "q35", *ACCELERATORS["kvm"], "-m", "512"),
                *("-nodefaults", "-display", "none", "-no-reboot", "-kernel", image.kernel),
                *("-append", "console=ttyS0 earlyprintk=ttyS0 panic=-1"),
                *("-serial", f"file:{console}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            end = time.monotonic() + PROBE_S
            while time.monotonic() < end and probe.poll() is None:
                if console.exists() and KERNEL_SPEAKS in console.read_text(errors="replace"):
                    return "kvm"
                time.sleep(0.1)
            if console.exists() and KERNEL_SPEAKS in console.read_text(errors="replace"):
                return "kvm"
        finally:
            probe.kill()
            probe.wait()
    print("vm: /dev/kvm is there and does not carry Debian's kernel: software emulation")
    return "tcg"
