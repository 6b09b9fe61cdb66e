"""``tram monitor``: the region. Host application → store → pages."""
