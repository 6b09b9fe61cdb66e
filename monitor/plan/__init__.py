"""``tram plan``: what sets, desks and hours bring, before they are paid for.

scenario (what is assumed) → arrivals (who comes when) → line (one day in SimPy) → campaign (days
until everybody is done) → table (what if) → report (text). ``measured`` takes the stage times from
a region's store instead; ``scenarios/`` holds the field's figures.
"""
