"""One citizen's dossier: ``state`` (fold of its events) → ``rules`` (what may happen next)."""
