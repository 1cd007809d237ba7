"""Personal data of one person, erasures, and proofs of consent, in the admin."""
