"""A disk that is recorded: ext4 of the real kernel on a device whose every request is written down.

``qemu-storage-daemon`` offers an image as a file (FUSE) and logs what is done to it
(``blklogwrites``); a loop device makes a disk of that file, and the kernel sends it the flushes it
would send to any disk with a write cache. Needs root, /dev/fuse and loop devices.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hw.twins.booth import die_with_parent
from tests.patience import CEILING_S
from tests.vm_cuts.stream import SECTOR, Cut, Request

_CLONE_NEWNS = 0x00020000  # linux/sched.h
NEEDED = ("qemu-storage-daemon", "fusermount3", "mkfs.ext4", "losetup", "mount")


def missing() -> str:
    """What this machine lacks to record a disk; "" when it has everything."""
    lacks = [program for program in NEEDED if shutil.which(program) is None]
    lacks += [
        str(path) for path in (Path("/dev/fuse"), Path("/dev/loop-control")) if not path.exists()
    ]
    if os.geteuid() != 0:
        lacks.append("root")
    return ", ".join(lacks)


def keep_mounts_private() -> None:
    """What this process and its children mount is seen by them alone, and gone when they end."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS)")
    run("mount", "--make-rprivate", "/")


def make(image: Path, size_mb: int) -> None:
    """A file system as Debian's installer makes it, in a sparse file."""
    with image.open("wb") as file:
        file.truncate(size_mb << 20)
    # Everything is written now: no lazy initialisation goes on behind the line's back.
    run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))


@contextmanager
def in_memory(folder: Path, size_mb: int) -> Iterator[Path]:
    """``folder`` as a tmpfs: a thousand images cost no writing."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        run("umount", "--lazy", str(folder))


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """The file system of ``image``, mounted through a loop device that ends with it.

    Raises CalledProcessError when the kernel refuses it.
    """
    at.mkdir(exist_ok=True)
    run("mount", "-t", "ext4", "-o", "loop", str(image), str(at))
    try:
        yield at
    finally:
        _unmount(at)


@contextmanager
def recorded(image: Path, log: Path, at: Path) -> Iterator[Path]:
    """The file system of ``image``, mounted, with every request to its disk in ``log``."""
    with exported(image, image.with_suffix(".disk"), log) as port, _on_a_device(port, at):
        yield at


@contextmanager
def looked_at(image: Path, at: Path) -> Iterator[Path]:
    """As ``mounted``, and ``image`` (a sparse one of any size) stays as it is.

    What is written while its file system recovers goes to an overlay that ends with it. Nothing of
    ours sees ``image`` before the file system does.
    """
    overlay = at.with_suffix(".qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image), str(overlay))
    try:
        with exported(overlay, at.with_suffix(".disk")) as port, _on_a_device(port, at):
            yield at
    finally:
        overlay.unlink()


@contextmanager
def _on_a_device(port: Path, at: Path) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    with ExitStack() as stack:
        device = run("losetup", "--find", "--show", str(port)).strip()
        stack.callback(run, "losetup", "--detach", device)
        cache = Path("/sys/block") / Path(device).name / "queue/write_cache"
        assert "write back" in cache.read_text(), "the kernel would flush nothing"
        run("mount", "-t", "ext4", device, str(at))
        stack.callback(_unmount, at)
        yield


@contextmanager
def exported(image: Path, port: Path, log: Path | None = None) -> Iterator[Path]:
    """``image`` (raw, or qcow2 by its name) as the file ``port``, each request to it in ``log``.

    What is written to ``port`` is there as a request at once; an ``fsync`` of it is a flush.
    """
    form = "qcow2" if image.suffix == ".qcow2" else "raw"
    nodes = [
        f"driver=file,node-name=image,filename={image}",
        f"driver={form},node-name=disk,file=image",
    ]
    if log is not None:
        log.write_bytes(b"")
        nodes.append(f"driver=file,node-name=log,filename={log}")
        nodes.append(
            f"driver=blklogwrites,node-name=recorded,file=disk,log=log,log-sector-size={SECTOR}"
        )
    last = "recorded" if log is not None else "disk"
    port.touch()
    process = subprocess.Popen(
        [
            "qemu-storage-daemon",
            *(word for node in nodes for word in ("--blockdev", node)),
            "--export",
            f"type=fuse,id=port,node-name={last},mountpoint={port},writable=on",
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        deadline = time.monotonic() + CEILING_S
        while not os.path.ismount(port):
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < deadline, "the disk did not come"
            time.sleep(0.01)  # between looks at another program's mount
        yield port
    finally:
        process.terminate()  # it then unmounts its export
        process.communicate(timeout=CEILING_S)


class Platter:
    """The image as flushed writes left it: moved forward only, copied for each cut."""

    def __init__(self, image: Path, log: Path, stream: Sequence[Request]) -> None:
        """``image``: what the recording began with; it is written to."""
        self._image = image
        self._log = log.open("rb")
        self._stream = stream
        self._done = 0

    def after(self, cut: Cut, copy: Path) -> Path:
        """``copy`` as the disk is found after ``cut``. Cuts come in the stream's order."""
        self._forward(cut)
        shutil.copyfile(self._image, copy)
        self._pieces(cut, copy)
        return copy

    def settle(self, cut: Cut) -> None:
        """The image itself becomes what is found after ``cut``: the stream has ended there."""
        self._forward(cut)
        self._pieces(cut, self._image)

    def _forward(self, cut: Cut) -> None:
        assert cut.flushed >= self._done, "a platter only moves forward"
        with self._image.open("r+b", buffering=0) as image:
            for i in range(self._done, cut.flushed):
                self._write(image.fileno(), i, 0, self._stream[i].sectors)
        self._done = cut.flushed

    def _pieces(self, cut: Cut, target: Path) -> None:
        with target.open("r+b", buffering=0) as image:
            for i, first, sectors in cut.pieces:
                self._write(image.fileno(), i, first, sectors)

    def _write(self, image: int, i: int, first: int, sectors: int) -> None:
        request = self._stream[i]
        if not sectors or request.discard:  # what is discarded may be read as anything: so it stays
            return
        data = os.pread(self._log.fileno(), sectors * SECTOR, request.data_at + first * SECTOR)
        assert len(data) == sectors * SECTOR
        os.pwrite(image, data, (request.sector + first) * SECTOR)

    def close(self) -> None:
        self._log.close()


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def _unmount(at: Path) -> None:
    run("umount", str(at))
