"""Consent, and its proof.

`texts` keeps each version of a consent text; `proof` writes the evidence of one request; `chain`
links all evidence; `verification` finds what was changed. `keyed` computes the keyed values.
Intake, lifecycle and data protection write proofs; staff pages and commands verify them.
"""
