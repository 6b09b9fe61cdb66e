"""What is frozen into the image: as ports/rp2/boards/manifest.py, less what needs micropython-lib.

Debian's source package has no micropython-lib, from which upstream takes neopixel, onewire, ds18x20
and dht. The firmware needs the first alone: ours stands beside this file.
"""

freeze("$(PORT_DIR)/modules")  # type: ignore[name-defined]  # noqa: F821
include("$(MPY_DIR)/extmod/asyncio")  # type: ignore[name-defined]  # noqa: F821
freeze(".", "neopixel.py")  # type: ignore[name-defined]  # noqa: F821
