"""Django's SQLite backend, which refuses a file whose commits may be lost in a power cut.

- `base`: the backend's connection (see the package's docstring).
"""
