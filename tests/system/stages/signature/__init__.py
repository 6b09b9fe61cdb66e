"""A third stage, wholly in this folder: the person signs on a pad when the portrait is taken.

``stage.SIGNATURE`` is registered by ``third_stage`` as a product's stage is at the end of
``controller/stages/__init__.py``; no other file knows of it.
"""
