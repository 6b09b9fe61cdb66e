"""The population extract a station works with.

``load`` reads and validates the CSV, ``table`` holds 100,000 people in a few bytes each, ``seal``
keeps them on disk for the shift key alone, ``outstanding`` tells who is still missing.
"""
