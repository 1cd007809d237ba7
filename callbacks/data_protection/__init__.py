"""The rights of the people whose data is stored: `erasure`, `retention`, `subject_access`.

Staff pages, housekeeping and commands call it. Consent proofs stay verifiable after an erasure.
"""
