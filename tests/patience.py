"""The suite's one ceiling: how long a test waits at most for what must come.

Tests wait for conditions, so a wait costs nothing where all is well, and it says nothing about how
quick the product is. It is long enough for two cores beside eight busy processes (``make test
BUSY=8``); pytest-timeout stands above it (``pyproject.toml``), for what never comes to a wait.
"""

CEILING_S = 300.0
CEILING_MS = CEILING_S * 1000
"""For Playwright."""
