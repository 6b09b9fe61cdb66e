"""The station: joins the pure core with devices, vault and papers.

Read in this order: ``record`` (a person's data, in memory) → ``core`` (journal, state, keys) →
``access`` → ``queueing`` → ``identification`` → ``portraits``, ``fingerprints`` → ``closing`` →
``printing`` → ``signals`` (lights, buzzer) → ``sensing`` → ``supervision`` (devices, line) →
``region`` (its commands) → ``screens`` → ``station``.

Every part follows one rule: what has to happen next is derived from the journal's state, not
remembered. After a crash the same state asks for the same next step.
"""
