"""Consent, and the proof of it.

- `texts` keeps each version of a consent text.
- `proof` writes the evidence that a request was consented to.
- `chain` links all proofs, so that a missing one is noticed.
- `keyed` computes the keyed values that make a change visible.
- `verification` checks proofs and reports what was changed.

Intake, lifecycle and data protection write proofs. Housekeeping extends the chain. Staff pages and
commands verify. No other part imports it.
"""
