"""What the region is told: facts folded from the journal, and live figures by exception.

facts (the vocabulary) → fold (journal rows → facts, deterministic; its parts: moments, tickets,
dossier, line, days, booth; what it carries: state) → chain (who has which facts) → figures (live
values) → metrics (their names on the wire) → bands (which of them are worth sending now).
"""
