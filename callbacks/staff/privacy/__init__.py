"""Personal data and proofs of consent in the admin."""
