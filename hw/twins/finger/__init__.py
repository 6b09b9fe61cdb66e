"""Inside of the virtual R503, in the order a finger goes through it.

``skin`` grows the ridges of a person's finger and presses them on the glass, ``matcher`` makes and
compares templates of what the glass saw, ``packets`` is the wire format, ``sensor`` the command
set and its memories, and ``hw.twins.r503`` joins them to a paced line.
"""
