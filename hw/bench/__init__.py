"""The bench: a booth's devices on a table, with a second Pico that is the hand at the first one.

card/ (the program of that second Pico, the *card*) → hand (this side of its line), witness (the
printer's line seen from here) → loopback (a bench without any hardware: the card's program on
MicroPython here, its wires ended at the twins, so that every path of a bench is run before somebody
has one). docs/bench.md is how to build it.
"""
