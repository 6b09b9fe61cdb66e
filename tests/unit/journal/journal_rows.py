"""Names that the journal's tests share."""

STATION = "TH0417"
DOSSIER = "TH0417-000001-8"
