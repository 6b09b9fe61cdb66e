"""Ground floor of the station: the event vocabulary and the journal (later: uplink, health).

Imports nothing else of ours, so that the region can read the same vocabulary.
"""
