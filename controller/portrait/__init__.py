"""Is this a portrait for an identity card, and which part of the frame is it?

``limits`` (policy) → ``faces`` (where are face and eyes) → ``measures`` (one number per check) →
``assess`` (numbers against limits, advice, quality) → ``crop`` (35x45 mm).

``faces`` stands on ``cascade`` (the detector) and ``grouping``, all on ``pixels``. Only the
camera's worker process imports what is below ``limits``.
"""

from controller.portrait.limits import PortraitLimits

__all__ = ["PortraitLimits"]
