"""The disk that ``make test-vm`` boots: a booth that a technician has set up, and a real kernel.

    python -m tests.vm.image        makes it where it is not there yet, and prints its folder

In three steps, the second and the third kept under ``.cache/vm`` by the hash of what they are made
from:

1. What Debian 13 has no package of and Raspberry Pi OS 13 has, built in a root of its own:
   lgpio and picamera2 for Python 3.13. Besides the kernel's ``gpio-sim``, which Debian's kernel is
   built without, from Debian's own sources of that kernel.
2. Debian 13 with that, Debian's kernel, udev, systemd-timesyncd, libcamera, and QEMU's guest agent
   (how tests reach the machine: there is no network). This is not the booth's: it is what a card
   brings.
3. The booth: step 2 booted as a container, where ``tests/install/technician.py`` types
   ``docs/technician.md`` line by line. What the page leaves running in the evening is switched off
   and becomes a disk: the first boot in QEMU is the booth's next morning.

Kernel and initial RAM disk lie beside the disk and are given to QEMU by hand: a boot loader is what
differs most from a Raspberry Pi, and nothing of ours is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyrage

from tests.install.container import ROOTS, TOP, booted, machine_root
from tests.install.technician import JOINING, MENDING, SETTING_UP, Technician

VM = TOP / ".cache" / "vm"
SUITE = "trixie"
KERNEL = ("linux-image-amd64", "initramfs-tools", "kmod", "systemd-timesyncd", "qemu-guest-agent")
TOOLS = ("micropython",)
"""For what stands in for devices in the machine: the Pico's firmware needs its interpreter."""
CAMERA = ("python3-libcamera", "libcamera-ipa", "libcamera-tools")
WHEELS, PICAMERA2 = "/opt/built/wheels", "/opt/built/picamera2"
"""Where in the machine they lie: what is to be installed, and what the camera's test adds."""
BUILDING = (
    *("linux-source", "xz-utils", "make", "gcc", "swig", "python3-dev", "python3-pip"),
    "libcap-dev",
)
BUILD = """
export DEBIAN_FRONTEND=noninteractive
kernel=$(ls /lib/modules)
apt-get install -y -q --no-install-recommends "linux-headers-$kernel" {packages}
mkdir -p /made/opt/built /made/usr/lib/modules/$kernel/updates /sim
cd /sim
tar xJf /usr/src/linux-source-*.tar.xz --strip-components=1 --wildcards '*/drivers/gpio' \\
    '*/kernel/irq'
cp kernel/irq/irq_sim.c drivers/gpio/*.h drivers/gpio/gpio-sim.c .
# What it asks of the kernel's core is no module's to ask for; this is the same by another way.
sed -i 's/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/' irq_sim.c
printf 'obj-m := booth-gpio-sim.o\\nbooth-gpio-sim-y := gpio-sim.o irq_sim.o\\n' >Makefile
make -C /usr/src/linux-headers-$kernel M=$PWD modules
cp booth-gpio-sim.ko /made/usr/lib/modules/$kernel/updates/
PYPI=1 pip wheel -q --no-deps --no-binary lgpio -w /made{wheels} lgpio
pip install -q --target /made{picamera2} --no-deps {python}
"""
"""``PYPI=1``: lgpio's own word for "with the C library inside"."""
BRING = f"""
python=/opt/tram/.venv/bin/python
folder=$($python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
for wheel in {WHEELS}/*.whl; do $python -m zipfile -e $wheel $folder; done
"""
"""Into a venv as on Raspberry Pi OS, which sees the system's lgpio. A booth's has no pip."""
PYTHON = (
    *("picamera2", "av", "piexif", "pidng", "python-prctl", "simplejpeg", "tqdm", "videodev2"),
    *("jsonschema", "jsonschema-specifications", "attrs", "referencing", "rpds-py"),
)
EARLY_MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic")
"""What the initial RAM disk needs to find the disk."""
SIZE_MB = 6144
MADE_FROM = (
    *("setup/apt.txt", "setup/install", "setup/lock", "setup/parts", "setup/wheel"),
    *("provisioning", "docs/technician.md", "docs/station.toml", "pyproject.toml", "setup.py"),
    *("ground", "controller", "edge", "firmware", "hw", "tram", "monitor", "plan"),
    *("tests/vm/image.py", "tests/install/technician.py", "tests/install/container.py"),
)


@dataclass(frozen=True)
class Image:
    """A booth's disk (raw, ext4, never written to: boot an overlay) and what boots it."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.raw"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def region_key(self) -> str:
        """The age identity that opens what the booth seals for its region."""
        return str(json.loads((self.folder / "made.json").read_text())["region_key"])


def image() -> Image:
    """The newest image; made when it is not there (minutes). Needs root and Debian's mirrors."""
    folder = VM / f"booth-{_hash(_sources())}"
    if not (folder / "made.json").exists():
        for old in VM.glob("booth-*"):
            shutil.rmtree(old)
        _make(folder)
    return Image(folder)


def _make(folder: Path) -> None:
    root = VM / f"root.{os.getpid()}"
    identity = pyrage.x25519.Identity.generate()
    try:
        _copy(_debian(), root)
        with booted(root, network=True) as container:
            technician = Technician(container, region=str(identity.to_public()))
            technician.prepare()
            try:
                for heading in (SETTING_UP, JOINING, MENDING):
                    technician.follow(heading)
                container.sh(BRING)
            except AssertionError as error:
                said = container.log("tram")[-3000:]
                raise AssertionError(f"{error}\n{technician.table()}\n{said}") from None
            failed = [result for result in technician.results if result.code != 0]
            assert not failed, technician.table()
        _clean(root)
        folder.mkdir(parents=True)
        for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd", "initrd.img-*")):
            (newest,) = (root / "boot").glob(pattern)
            shutil.copy(newest, folder / name)
        (root / "etc" / "fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
        with (folder / "disk.raw").open("wb") as disk:
            disk.truncate(SIZE_MB * 1024 * 1024)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, folder / "disk.raw"], check=True)
        (folder / "made.json").write_text(json.dumps({"region_key": str(identity)}))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _debian() -> Path:
    """Step 2: a root with a kernel and what was built for it (step 1), not booted."""
    packages = " ".join((*KERNEL, *TOOLS, *CAMERA))
    build = BUILD.format(
        packages=" ".join(BUILDING), wheels=WHEELS, picamera2=PICAMERA2, python=" ".join(PYTHON)
    )
    made = VM / f"debian-{_hash([SUITE, packages, build, *EARLY_MODULES])}"
    if not (made / ".whole").exists():
        VM.mkdir(parents=True, exist_ok=True)
        for old in VM.glob("debian-*"):
            shutil.rmtree(old)
        ROOTS.mkdir(parents=True, exist_ok=True)
        machine_root(SUITE, made)
        modules = r"\n".join(EARLY_MODULES)
        _in_root(
            made,
            "export DEBIAN_FRONTEND=noninteractive; apt-get update -q;"
            f"apt-get install -y -q --no-install-recommends initramfs-tools;"
            f"printf '{modules}\n' >>/etc/initramfs-tools/modules;"
            "sed -i 's/^MODULES=.*/MODULES=list/' /etc/initramfs-tools/initramfs.conf;"
            f"apt-get install -y -q --no-install-recommends {packages};"
            "rm -f /var/cache/apt/archives/*.deb",
        )
        builder = VM / f"builder.{os.getpid()}"
        try:
            _copy(made, builder)
            _in_root(builder, build)
            subprocess.run(["cp", "-a", f"{builder}/made/.", made], check=True)
        finally:
            shutil.rmtree(builder, ignore_errors=True)
        _in_root(made, "depmod $(ls /lib/modules)")
        (made / ".whole").touch()
    return made


def _clean(root: Path) -> None:
    """What must not come along: the first machine's id, and that it was the first boot."""
    for stale in ("var/lib/systemd/random-seed", ".whole"):
        (root / stale).unlink(missing_ok=True)


def _in_root(root: Path, script: str) -> None:
    subprocess.run(
        [TOP / "setup" / "in-root", root, "bash", "-ec", script],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def _sources() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *MADE_FROM],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )
    return [
        f"{name} {hashlib.sha256((TOP / name).read_bytes()).hexdigest()}"
        for name in sorted(filter(None, listed.stdout.split("\0")))
        if (TOP / name).is_file()
    ]


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


if __name__ == "__main__":
    print(image().folder)
