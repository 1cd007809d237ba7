"""The rights of the people whose data is stored.

- `erasure` deletes everything about one person, and certifies it.
- `rows_about` finds these rows, by number or email.
- `retention` deletes what has been kept for as long as its widget says.
- `subject_access` exports everything about one person.

Proofs of consent stay verifiable after an erasure. Staff pages, housekeeping and commands import
it.
"""
