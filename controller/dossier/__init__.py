"""One citizen's dossier: ``state`` (fold of its events) → ``rules`` (which of the ``actions`` make
sense next). What is captured of a person stands in ``controller/stages``.
"""
