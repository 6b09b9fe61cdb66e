"""What the region remembers: one schema, on SQLite or PostgreSQL.

schema (tables) → database (open, retry) → writing (one transaction a batch) → reading (the pages'
questions).
"""
