"""What SQLite is told on each connection."""

import pytest
from django.db import connection


def test_sqlite_survives_power_loss(db):
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    with connection.cursor() as cursor:
        full = 2
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == full
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
