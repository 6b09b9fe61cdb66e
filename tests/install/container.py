"""A booted Debian of one's own: systemd as its first process, in namespaces of its own.

Made from a blank root (``setup/debian-root``) that is copied for every container, so that nothing
is there that a new machine does not have. The network is private: with ``network`` it reaches
packages through slirp4netns, as from behind a home router; nothing outside can reach a port of it.

What it cannot show, since the kernel is this machine's: device policies and memory limits (a host
of cgroup version 1 gives no controllers away), loading drivers, and setting the clock.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).parents[2]
ROOTS = TOP / ".cache" / "roots"
CEILING_S = 900.0
"""For whatever a test waits for: installing packages on a busy machine takes minutes."""
MACHINE = ("systemd-sysv", "dbus", "sudo", "udev")
"""What any Debian machine has over debootstrap's smallest root."""


class Container:
    """A booted root; made by ``booted``."""

    def __init__(self, root: Path, supervisor: subprocess.Popen[bytes], leader: int) -> None:
        self.root = root
        self._supervisor = supervisor
        self._leader = leader

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

        Raises ``AssertionError`` with its output when ``check`` and its exit code is not 0.
        """
        enter = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net"]
        enter += ["--pid", f"--root=/proc/{self._leader}/root", f"--wdns={folder}"]
        done = subprocess.run(
            [*enter, *signed_in(user, env or {}), *command],
            input=input,
            capture_output=True,
            text=True,
            timeout=CEILING_S,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def sh(self, script: str, *, user: str = "root", folder: str = "/", check: bool = True) -> str:
        """Standard output of a shell script."""
        return self.run("bash", "-ec", script, user=user, folder=folder, check=check).stdout

    def log(self, unit: str) -> str:
        """What a unit has said."""
        return self.sh(f"journalctl --no-pager --output=cat --unit={unit}")

    def is_running(self) -> bool:
        return self._supervisor.poll() is None

    def power_off(self) -> None:
        if self.is_running():
            os.kill(self._leader, signal.SIGRTMIN + 4)  # systemd(1): poweroff.target
            try:
                self._supervisor.wait(60.0)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()


def signed_in(user: str, env: Mapping[str, str]) -> list[str]:
    """Words before a command that root gives: as ``user``, in the environment after signing in."""
    login = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    login += ["LANG=C.UTF-8", *(f"{name}={value}" for name, value in env.items())]
    if user == "root":
        return [*login, "HOME=/root"]
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return [*become, *login, f"HOME=/home/{user}"]


@contextmanager
def booted(root: Path, *, network: bool = False) -> Iterator[Container]:
    """Boot ``root``, and power it off afterwards. Needs root, systemd-nspawn, slirp4netns."""
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    supervisor = subprocess.Popen(
        [
            "systemd-nspawn",
            "--quiet",
            f"--directory={root}",
            f"--machine={_machine_name(root)}",
            "--boot",
            "--private-network",
            "--register=no",
            "--keep-unit",
            "--link-journal=no",
            "--resolv-conf=off",
            "--system-call-filter=adjtimex clock_adjtime",  # to ask, as on any machine
            "--console=pipe",
        ],
        stdin=subprocess.DEVNULL,
        stdout=_log(root).open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    router: subprocess.Popen[bytes] | None = None
    try:
        container = Container(root, supervisor, _leader(supervisor, root))
        _wait_until_up(container)
        if network:
            router = _router(container)
        try:
            yield container
            if router is not None and router.poll() is not None:
                said = _log(root).read_text(errors="replace")[-2000:]
                raise AssertionError(f"the network went away meanwhile: {said}")
        finally:
            container.power_off()
    finally:
        for process in (router, supervisor):
            if process is not None:
                process.kill()
                process.wait()
        _log(root).unlink()


def machine_root(suite: str, folder: Path) -> Path:
    """A copy of a new machine of Debian ``suite`` (trixie, bookworm) in ``folder``."""
    blank, machine = ROOTS / suite, ROOTS / f"{suite}.machine"
    subprocess.run([TOP / "setup" / "debian-root", suite, blank], check=True)
    if not (machine / ".whole").exists():
        shutil.rmtree(machine, ignore_errors=True)
        _copy(blank, machine)
        (machine / ".whole").unlink()
        install = "apt-get update && apt-get install --yes --no-install-recommends"
        script = f"export DEBIAN_FRONTEND=noninteractive; {install} {' '.join(MACHINE)}"
        subprocess.run([TOP / "setup" / "in-root", machine, "bash", "-ec", script], check=True)
        (machine / ".whole").touch()
    _copy(machine, folder)
    return folder


def put_tree(root: Path, folder: str) -> None:
    """This working tree, as a clone of it would be, in ``folder`` of ``root``; root's own."""
    subprocess.run([TOP / "setup" / "copy-tree", root / folder.lstrip("/")], check=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def _log(root: Path) -> Path:
    """The console of the container that ``root`` is booted as."""
    return root.with_name(f"{root.name}.console")


def _machine_name(root: Path) -> str:
    """A host name (RFC 1123) of its own."""
    return re.sub(r"[^a-z0-9]+", "-", f"tram-{root.name}".lower())[:64].rstrip("-")


def _leader(supervisor: subprocess.Popen[bytes], root: Path) -> int:
    """The container's first process, by its id on this machine."""
    until = time.monotonic() + CEILING_S
    while time.monotonic() < until and supervisor.poll() is None:
        for process in _descendants(supervisor.pid):
            ids = _status(process, "NSpid")
            if len(ids) > 1 and ids[-1] == "1":
                return process
        time.sleep(0.05)
    raise AssertionError(f"systemd-nspawn started no container: {_log(root).read_text()[-2000:]}")


def _descendants(process: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _status(process: int, field: str) -> list[str]:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return []
    return next((line.split()[1:] for line in lines if line.startswith(f"{field}:")), [])


def _router(container: Container) -> subprocess.Popen[bytes]:
    """A user-mode network into the container's namespace; ready when its descriptor says so."""
    ready, ready_writer = os.pipe()
    router = subprocess.Popen(
        [
            "slirp4netns",
            "--configure",
            "--disable-host-loopback",
            f"--ready-fd={ready_writer}",
            str(container._leader),
            "tap0",
        ],
        pass_fds=(ready_writer,),
        stdin=subprocess.DEVNULL,
        stdout=_log(container.root).open("ab"),
        stderr=subprocess.STDOUT,
    )
    os.close(ready_writer)
    try:
        if os.read(ready, 1) != b"1":
            said = _log(container.root).read_text(errors="replace")[-2000:]
            raise AssertionError(f"slirp4netns gave the container no network: {said}")
    finally:
        os.close(ready)
    return router


def _wait_until_up(container: Container) -> None:
    until = time.monotonic() + CEILING_S
    while time.monotonic() < until and container.is_running():
        state = container.run("systemctl", "is-system-running", check=False).stdout.strip()
        if state in ("running", "degraded"):
            return
        time.sleep(0.1)
    raise AssertionError(f"the container did not boot: {_log(container.root).read_text()[-2000:]}")
