"""The watch as a program that can be killed: ``python watched.py STORE_URL``.

Looks ten times a second, and raises an open lid at once.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from monitor.watch.loop import run
from monitor.watch.rules import RULES, Kind

if __name__ == "__main__":
    rules = {**RULES, Kind.LID: replace(RULES[Kind.LID], for_s=0, clear_s=0)}
    run(sys.argv[1], every_s=0.1, rules=rules)
