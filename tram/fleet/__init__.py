"""``tram fleet``: thousands of stations at protocol level, for load tests.

day (a station's journal, made up) → station (the uplink's own code over it) → loop (hundreds of
them in one process) → run (the processes) → cli.
"""
