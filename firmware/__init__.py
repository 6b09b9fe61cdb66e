"""What runs on the Pico. Only ``firmware.wire`` is meant for other rooms.

On the Pico these files lie flat in the root of its flash and import each other by bare name.
``main.py`` starts it all; ``pins.py`` is the wiring; ``wire.py`` is the contract with the Pi.
"""
