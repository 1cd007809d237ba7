"""Django's SQLite backend, which refuses a file in which a commit is not on the disk."""
