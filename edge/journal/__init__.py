"""The journal: ``events`` (what can happen) → ``store`` (durable append, replay) → ``verify``."""
