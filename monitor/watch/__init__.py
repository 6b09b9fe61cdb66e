"""The region's judgement: what is wrong, how far each place is, and when it will be done.

conditions (what is wrong with a booth now) → rules (from when on it counts) → outage (many silent
booths are one thing) → alarms (the judge: raises and clears) → reading (what the store knows) →
loop (the program). Beside them: availability, forecast, metrics (Prometheus). All of it stands on
the store's readers (``monitor.store.fleet``) and on a booth's hours (``ground.hours``).
"""
