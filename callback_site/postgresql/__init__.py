"""Django's PostgreSQL backend, in which each transaction begins with settings of its own.

`transaction_settings` says which settings, and why they are not set once for each connection.

- `base`: the backend's cursor and connection (see the package's docstring).
"""
