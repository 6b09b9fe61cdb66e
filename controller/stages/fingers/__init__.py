"""Ten fingers in legal order: ``stage`` (what they are) → ``run`` (at the scanner) → ``quality``
(of one image) → ``panel`` with its ``hands`` (on the screens); ``advice`` when the scanner fails.
"""
