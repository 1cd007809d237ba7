"""Several statements in one message: all of them or none."""

from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from callbacks.core import clock, database
from callbacks.core.statements import Statement, from_row
from callbacks.models import LimitHit

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def hit(key, ordinal=1):
    sql = "INSERT INTO callbacks_limithit (key, ordinal, at) VALUES (%s, %s, %s)"
    return Statement(sql, (key, ordinal, NOW))


def keys():
    return set(LimitHit.objects.values_list("key", flat=True))


@pytest.mark.django_db
def test_each_tells_what_it_came_to():
    found = Statement("SELECT key, ordinal FROM callbacks_limithit ORDER BY key")
    changed = Statement("UPDATE callbacks_limithit SET ordinal = 7 WHERE key = %s", ("b",))
    done = database.run([hit("a"), hit("b"), changed, found])
    assert [part.number for part in done[:3]] == [1, 1, 1]
    assert [part.rows for part in done] == [[], [], [], [("a", 1), ("b", 7)]]


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_undoes_those_before_it():
    with pytest.raises(IntegrityError):
        database.run([hit("before"), hit("same"), hit("same")])
    assert keys() == set()
    database.run([hit("after")])
    assert keys() == {"after"}


@pytest.mark.django_db
def test_with_a_savepoint_the_transaction_around_it_goes_on():
    database.run([hit("before")])
    with pytest.raises(IntegrityError):
        database.run([hit("inside"), hit("before")], savepoint=True)
    assert keys() == {"before"}


@pytest.mark.postgresql
@pytest.mark.django_db
def test_statements_run_together_are_one_message(django_assert_num_queries):
    with django_assert_num_queries(1):
        database.run([hit("a"), hit("b")], locking=["number:a", "account"])


@pytest.fixture
def others():
    """What another connection finds: what is committed."""

    def found():
        with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
            return {key for (key,) in other.execute("SELECT key FROM callbacks_limithit")}

    return found


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_last_statements_of_a_transaction_are_committed_by_their_own_message(others):
    after = []
    with transaction.atomic():
        transaction.on_commit(lambda: after.append("commit"))
        database.run([hit("first")])
        assert others() == set()
        [done] = database.run([hit("last")], is_last=True)
        assert others() == {"first", "last"}
    assert (done.number, after) == (1, ["commit"])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_transaction_around_it_goes_on_although_they_are_the_last(others):
    with suppress(ZeroDivisionError), transaction.atomic():
        with transaction.atomic():
            database.run([hit("last")], is_last=True)
        assert others() == set()
        raise ZeroDivisionError
    assert keys() == set()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_nothing_is_committed_if_one_of_the_last_fails():
    @transaction.atomic
    def write():
        database.run([hit("first")])
        database.run([hit("same"), hit("same")], is_last=True)

    with pytest.raises(IntegrityError):
        write()
    assert keys() == set()


@pytest.mark.django_db
def test_what_is_asked_under_a_lock_knows_the_time():
    [done] = database.run([clock.question()], locking=["account"])
    [(read_at,)] = done.rows
    assert abs((clock.read(read_at) - clock.now()).total_seconds()) < 60
    with clock.set_to(NOW):
        assert clock.read(read_at) == NOW


@pytest.mark.django_db
def test_a_row_of_some_columns_reads_the_others_when_asked(django_assert_num_queries):
    saved = LimitHit.objects.create(key="a", ordinal=3, at=NOW)
    [done] = database.run([Statement("SELECT ordinal, id FROM callbacks_limithit")])
    row = from_row(LimitHit, ["ordinal", "id"], done.rows[0])
    with django_assert_num_queries(0):
        assert (row.pk, row.ordinal) == (saved.pk, 3)
    with django_assert_num_queries(1):
        assert row.key == "a"


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", "it's 100 %s; --", "\\"])
def test_text_comes_back_as_it_went_in(value):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM callbacks_limithit")
    database.run([hit(value)])
    assert keys() == {value}
