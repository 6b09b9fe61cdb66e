"""``tram plan``: what sets, desks and hours bring, before they are paid for.

scenario (what is assumed) → arrivals (who comes when) → line (one day in SimPy) → campaign (days
until everybody is done) → table (what if) → report (text). ``measured`` makes a line of stage times
that a region knows (``monitor/store/durations.py``); ``scenarios/`` holds the field's figures.
"""
