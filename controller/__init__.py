"""The capture station.

Read in this order: ``config`` → ``queue`` → ``dossier`` → ``line`` → ``identity``, ``roster`` →
``devices`` (``ports.py`` first) → ``portrait``, ``fingers`` → ``vault`` → ``papers`` →
``station`` (joins them) → ``commands`` → ``api``, ``console``.
"""
