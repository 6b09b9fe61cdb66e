"""The station: joins the pure core with devices, vault and papers.

Read in this order: ``record`` (a person's data, in memory) → ``core`` (journal, state, keys) →
``signals`` (lights, buzzer) → ``access`` → ``queueing`` → ``identification`` → ``means`` (what all
who serve people work with) → ``serving`` (who is served where; the work at a device is in
``controller/stages``) → ``closing`` → ``printing`` → ``buttons``, ``scanning`` → ``devices``,
``watch`` (with ``sensing``: what is journaled of them) → ``supervision`` (what is looked at after
every change) → ``region`` (its commands) → ``screens`` → ``station``.

Every part follows one rule: what has to happen next is derived from the journal's state, not
remembered. After a crash the same state asks for the same next step.
"""
