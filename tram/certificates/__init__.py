"""Certificates: make (the one maker) → pages (console, region's pages), authority (broker)."""
