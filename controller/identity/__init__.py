"""Who is this person? From a scan or a typed number to a finding.

``card`` reads what the scanner saw, ``number`` and ``birth`` judge its parts, ``names`` compares
as people do, ``rules`` decides: go on to capture, refer to the commune, or refuse. All pure.
"""
