"""The operator console: pages over ``Service``, in Vietnamese and English.

``live`` tells open pages that something changed; ``frame`` is what every page has (regions that
redraw alone, buttons, advice, language); ``sessions`` knows which browser unlocked. Then a page a
file: ``desk_page``, ``review`` for the citizen, ``board`` for everybody, ``shift``, ``technician``.
``desk`` is what the desk's page remembers and does (with the ``steps`` of a dossier, which are
pure). On it stand ``forms``, ``queueing``, ``identify``, the stages' ``panels`` and ``finish``;
``dossier`` puts them together. ``words`` are the texts of what only screens show.
"""
