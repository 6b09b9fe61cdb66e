"""``tram fleet``: thousands of stations at protocol level, for load tests.

day (a station's journal, made up) → station (the uplink's own code over it) → fleet (all of them).
"""
