"""Ten fingers in legal order, taken at the fingerprint scanner: ``stage`` says what they are."""
