"""The region's pages: what stands still and why, how far each place is, and that nothing is missing.

live (one look at the store for everybody) → picture (a booth's state) → wall, tree, booth, progress,
alarms, ledger, history (pages) → frame (what they share) → app (one address for all of it).
"""
