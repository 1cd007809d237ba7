"""Personal data of one person, erasures, and proofs of consent, in the admin.

- `consent_admin`: the versions of the consent texts, in the admin.
- `consent_evidence`: the evidence of one request's consent, as it is given to an authority.
- `consent_pages`: the proof of one request's consent, and the check of all proofs.
- `data_subject`: the person whom a number or an email stands for, and what is stored about them.
- `erasure_admin`: the erasures of personal data, in the admin.
- `erasure_pages`: the certificates of erasure, and the page of the storage periods.
- `personal_data`: what is stored about one person: show it, copy it, or erase it.
"""
