"""Runs on MicroPython: the event ring over a reset, a torn file and more presses than fit.

``remembering.py FOLDER STEP``: FOLDER holds the firmware, the current folder plays the flash.
Prints what the ring holds, one ``boot no kind`` a line.
"""

import sys

sys.path.insert(0, sys.argv[1])
import events  # type: ignore[import-not-found]

step = sys.argv[2]
ring = events.Events(step, "events.txt")
if step == "lid":
    ring.add("ticket")
    ring.add("lid_open")
elif step == "crowd":
    for _ in range(200):
        ring.add("ticket")
    ring.add("lid_closed")
elif step == "vandal":
    for _ in range(200):
        ring.add("lid_open")
        ring.add("lid_closed")
boot, no = "", 0
while True:
    event = ring.after(boot, no)
    if event is None:
        break
    boot, no = event.boot, event.no
    print(boot, no, event.kind)
