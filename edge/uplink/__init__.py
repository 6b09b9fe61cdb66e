"""``tram edge``: reads the journal, tells the region, remembers what it acknowledged."""
