"""The portrait, taken at the camera: ``stage`` (what it is) → ``run`` (at the camera) → ``panel``
(on the screens); ``advice`` when the camera fails.

Its quality rules are ``controller/portrait``: the camera's worker process has them, and nothing
else of the station.
"""
