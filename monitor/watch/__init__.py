"""The region's judgement: what is wrong, how far each place is, and when it will be done.

hours (when a booth is open) → seen (what is known of a booth) → rules (what is wrong, from when
on) → outage (many silent booths are one thing) → alarms (the judge: raises and clears) → reading
(rows → seen) → loop (the program). Beside them: tree (places and roll-ups), availability,
forecast, metrics (Prometheus).
"""
