"""The Pico as an emulated RP2040 that runs the unchanged firmware on MicroPython's own rp2 port.

``chip.Chip`` is the chip in *simulated* time: what a test does and sees there does not depend on
the machine's load. ``hw.twins.pico_rp2040`` is the same chip at the wall's pace, behind the face of
the Pico's twin. The emulator is npm's rp2040js (setup/rp2040js), the image is setup/pico-image's.

``*.mjs`` run on node: serve (one pipe, a JSON object a line), board (power, flash, wiring, time),
chip (one life of the RP2040), uart and probes (what is at its pins), rewind (marks to go back to),
emulator (what is used of rp2040js).
"""
