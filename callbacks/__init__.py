"""The app. Each part is a package, from the admin's pages down to the foundations (`core`).

`docs/architecture.md` says what each part does, and `pyproject.toml` which may import which.
"""
