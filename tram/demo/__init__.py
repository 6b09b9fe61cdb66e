"""``tram demo``: children (programs) → booth (one booth, its crowd) → region → run (all of it)."""
