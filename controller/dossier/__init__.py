"""One citizen's dossier: ``state`` (fold of its events), the ``actions`` that there are, ``names``
of what is kept of it, ``data`` that its packet says. What is captured of a person stands in
``controller/stages``; which actions make sense next says ``controller/rules.py``, which asks the
stages.
"""
