"""The portrait, taken at the camera: ``stage`` says what it is.

Its quality rules are ``controller/portrait``: the camera's worker process has them, and nothing
else of the station.
"""
