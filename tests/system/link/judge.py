"""Runs on CPython and on MicroPython: what ``wire.py`` says about each line of a file.

``judge.py FOLDER FILE``: FOLDER holds wire.py; FILE has one JSON value a line, a list (a message to
encode) or a string (a line to decode, one character a byte). Prints one line for each: the
result, or ``ValueError``. Anything else raised ends it.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])
import wire  # type: ignore[import-not-found]

print(wire.contract_hash())
with open(sys.argv[2]) as file:
    for text in file:
        value = json.loads(text)
        try:
            if isinstance(value, list):
                print(wire.encode(value).decode().rstrip("\n"))
            else:
                print(json.dumps(wire.decode(bytes([ord(c) for c in value]))))
        except ValueError:
            print("ValueError")
