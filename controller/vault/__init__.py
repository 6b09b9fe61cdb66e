"""Everything at rest is sealed with age (https://age-encryption.org/v1).

Read in this order: ``keys`` (who can open what) → ``lockout`` (wrong tries) → ``artefacts``
(captures of open dossiers) → ``packet`` (a closed dossier, for the region alone) → ``verify``,
``link``, ``report``. ``durable`` and ``passphrase`` carry them.
"""
