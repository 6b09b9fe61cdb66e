"""Boots the twin's chip on the unix port: ``micropython start.py``.

Puts the rp2 port's modules in place of this port's, mounts the flash as frozen ``_boot.py`` does (a
flash without a file system is formatted, and the firmware gone), and runs what is on it.
"""

import asyncio
import asyncio.event
import os
import sys

import board
import machine  # noqa: F401  (the firmware finds it loaded)
import micropython
import neopixel  # noqa: F401
import repl
import rp2
import stdio
import ticks
import vfs


class ThreadSafeFlag(asyncio.ThreadSafeFlag):
    """MicroPython's own, which asyncio polls; with a descriptor, since this port polls streams
    without one by sleeping 1 ms in every round of the loop (extmod/modselect.c).
    """

    def __init__(self):
        super().__init__()
        self._read, write = board.pipe()
        self._out = open(self._read, "rb")  # noqa: SIM115  (as long as the flag)
        self._in = open(write, "wb")  # noqa: SIM115

    def ioctl(self, request, flags):
        return self._read if request == 10 else super().ioctl(request, flags)

    def set(self):
        if not self.state:
            super().set()
            self._in.write(b"!")

    def clear(self):
        super().clear()
        self._out.read(64)

    async def wait(self):
        if not self.state:
            yield asyncio.core._io_queue.queue_read(self)
        self._out.read(64)
        self.state = 0


class _Micropython:
    const = micropython.const
    mem_info = micropython.mem_info
    opt_level = micropython.opt_level
    heap_lock = micropython.heap_lock
    heap_unlock = micropython.heap_unlock

    @staticmethod
    def alloc_emergency_exception_buf(size):
        pass

    @staticmethod
    def schedule(function, argument):
        if not board.schedule(function, argument):
            raise RuntimeError("schedule queue full")

    @staticmethod
    def kbd_intr(char):
        board.interrupt_with(char)


def mount():
    flash = rp2.Flash()
    try:
        files = vfs.VfsLfs2(flash, progsize=rp2.PAGE)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=rp2.PAGE)
        files = vfs.VfsLfs2(flash, progsize=rp2.PAGE)
    return files


def install(folder, program):
    """A technician's work: the firmware in place of what was on the flash, all else kept."""
    times = board.erase_us, board.program_us
    board.erase_us = board.program_us = 0
    vfs.mount(mount(), "/flash")
    kinds = ("py", "mpy", "hash")
    for name in os.listdir("/flash"):
        if name.rsplit(".", 1)[-1] in kinds:
            os.remove("/flash/" + name)
    for name in os.listdir(folder):
        if name.rsplit(".", 1)[-1] in kinds:
            with open(folder + "/" + name, "rb") as source, open("/flash/" + name, "wb") as copy:
                copy.write(source.read())
    if program != "main":
        with open("/flash/main.py", "w") as file:
            file.write(f"import {program}\n{program}.run()\n")
    vfs.umount("/flash")
    board.erase_us, board.program_us = times


asyncio.ThreadSafeFlag = ThreadSafeFlag
sys.modules["micropython"] = _Micropython
sys.modules["time"] = ticks
sys.modules["sys"] = stdio
if board.state["install"]:
    install(*board.state["install"])
vfs.umount("/")
vfs.mount(mount(), "/")
sys.path[:] = ["", ".frozen", "/lib"]
for name in ("board", "repl", "stdio", "ticks", "uart"):
    del sys.modules[name]
board.listen()
repl.run(board.state["friendly"])
