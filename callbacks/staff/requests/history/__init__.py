"""The history of a request: what each kind of row says in it, and their order."""
