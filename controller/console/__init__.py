"""The operator console: pages over ``Service``, in Vietnamese and English.

``live`` tells open pages that something changed; ``frame`` is what every page has (regions that
redraw alone, buttons, advice, language); ``sessions`` knows which browser unlocked. Then a page a
file: ``desk`` with its parts ``queueing``, ``identify``, ``finish`` and the stages' ``panels``;
``review`` for the citizen; ``board`` for everybody; ``shift``; ``technician``. ``words`` are the
texts of all enumerations.
"""
