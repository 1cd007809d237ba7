"""Which errors mean that the database can do nothing for us now, and which are our mistakes."""

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connection

from callbacks.core import availability, clock
from callbacks.models import PeriodicJob

AWAY = {
    "08006": "connection failure",
    "25006": "read-only",
    "25P03": "idle in a transaction for too long",
    "40001": "could not serialize",
    "40P01": "deadlock",
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "55P03": "lock not available",
    "57014": "query cancelled",
    "57P01": "administrator's shutdown",
    "57P03": "cannot connect now",
    "58030": "input or output error",
    "XX001": "data corrupted",
}
MISTAKES = {
    "22001": "value too long",
    "23505": "not unique",
    "25P02": "in a failed transaction",
    "42P01": "no such table",
    "54001": "statement too complex",
}


def error_of(sql):
    with pytest.raises(Error) as raised, connection.cursor() as cursor:
        cursor.execute(sql)
    return raised.value


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [*AWAY, *MISTAKES], ids=[*AWAY.values(), *MISTAKES.values()])
def test_on_postgresql(code):
    error = error_of(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$")
    assert availability.is_database_away(error) == (code in AWAY)


@pytest.mark.django_db(transaction=True)
def test_our_mistakes():
    assert not availability.is_database_away(error_of("SELECT 1 FROM nothing_of_that_name"))
    with pytest.raises(IntegrityError) as raised:
        PeriodicJob.objects.create(name="a")
    assert not availability.is_database_away(raised.value)
    assert not availability.is_database_away(ProgrammingError("a mistake"))
    assert not availability.is_database_away(ValueError())
    assert not availability.is_database_away(None)


@pytest.fixture
def sqlite_file():
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    connection.ensure_connection()
    yield connection
    connection.close()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_on_sqlite(sqlite_file):
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # earlier tests leave free pages, in which the rows would fit
        [pages] = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Error) as raised:
        PeriodicJob.objects.bulk_create(
            PeriodicJob(name=f"job {number}", until=clock.now()) for number in range(5000)
        )
    assert "full" in str(raised.value)
    assert availability.is_database_away(raised.value)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_may_only_be_read(sqlite_file):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
    with pytest.raises(Error) as raised:
        PeriodicJob.objects.create(name="a")
    assert "readonly" in str(raised.value)
    assert availability.is_database_away(raised.value)
