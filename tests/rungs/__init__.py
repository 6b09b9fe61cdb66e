"""On which rungs of the ladder to real hardware each test was green: record (what a run writes
down) → plugin (the run's side) → table (what all runs come to) → __main__ (docs/hardware.md).

A rung is what a test ran on, from virtual hardware to a bench: ``RUNGS``, in the order of what they
cost and of what they can show.
"""

from __future__ import annotations

RUNGS = ("sim", "rp2040", "vm", "arm64", "dry bench", "bench")
