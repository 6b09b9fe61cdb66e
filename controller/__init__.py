"""The capture station.

Read in this order: ``config`` → ``queue`` → ``dossier`` → ``stages`` (what is taken of a person,
and who loops over it) → ``rules`` (what may happen next) → ``line`` → ``identity``, ``roster`` →
``devices`` (``ports.py`` first) → ``portrait`` → ``vault`` → ``papers`` → ``station`` (joins them)
→ ``commands`` → ``api``, ``console``. Who stands on whom is in ``.importlinter``.
"""
