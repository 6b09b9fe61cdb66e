"""What a fingerprint image is worth: ``quality`` measures its ridges and says what to do better."""
