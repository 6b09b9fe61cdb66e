"""The journal: ``events`` (what can happen) → ``store`` (durable append, replay; ``error`` says
what to do when it cannot) → ``verify``."""
