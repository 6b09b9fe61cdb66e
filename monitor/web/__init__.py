"""The region's pages: what stands still and why, how far each place is, that nothing is missing.

live (one look at the store for everybody) → picture (a booth's state) → wall, tree, booth_page,
progress, alarms, ledger, history … (pages: each in the file of its address) → shell, page (what
they share) → app (one address). tables → api (the same for programs). guard and sessions stand
before all of it.
"""
