"""Several statements in one message: all of them or none."""

import select
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, transaction

from callbacks.core import clock, database
from callbacks.core.statements import Statement, from_row
from callbacks.models import LimitHit
from tests.support.factories import make_request

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
    assert [part.rowcount for part in done[:3]] == [1, 1, 1]
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
def test_as_text_a_statement_comes_to_the_same():
    kept = database.as_text(hit("it's")), database.as_text(Statement("SELECT %s::int", (None,)))
    assert [statement.parameters for statement in kept] == [(), ()]
    _hit, found = database.run(kept)
    assert (found.rows, keys()) == ([(None,)], {"it's"})


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_statement_with_a_percent_sign_is_not_kept_as_text():
    with pytest.raises(ValueError, match="%"):
        database.as_text(hit("100 %"))


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
    assert (done.rowcount, after) == (1, ["commit"])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_transaction_around_it_goes_on_although_they_are_the_last(others):
    with suppress(ZeroDivisionError), transaction.atomic():
        with transaction.atomic():
            database.run([hit("last")], is_last=True)
        assert others() == set()
        raise ZeroDivisionError
    assert keys() == set()


# A transaction that has written nothing yet has no number.
TRANSACTION = Statement("SELECT txid_current_if_assigned()")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_comes_afterwards_is_executed_after_the_commit():
    with transaction.atomic():
        last, within, after = database.run(
            [hit("last"), TRANSACTION], locking=["account"], is_last=True, afterwards=[TRANSACTION]
        )
    assert last.rowcount == 1
    assert within.rows[0][0] is not None
    assert after.rows == [(None,)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_comes_afterwards_waits_for_no_lock_for_longer_than_any_transaction(settings):
    settings.DATABASE_LOCK_TIMEOUT = 7
    with transaction.atomic():
        shown = Statement("SHOW lock_timeout")
        _hit, within, after = database.run([hit("a"), shown], is_last=True, afterwards=[shown])
    assert within.rows == after.rows == [("7s",)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_fails_afterwards_is_left_out_because_all_before_is_committed():
    fails = Statement("SELECT 1 / 0")
    with transaction.atomic():
        done = database.run([hit("last")], is_last=True, afterwards=[TRANSACTION, fails, fails])
    assert [part.rows for part in done] == [[], [(None,)]]
    assert keys() == {"last"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_if_the_session_ends_right_after_the_commit_what_was_committed_is_known():
    end = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
    with transaction.atomic():
        [last] = database.run([hit("last")], is_last=True, afterwards=[end])
    assert last.rowcount == 1
    connection.close()
    assert keys() == {"last"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_begins_later_is_committed_as_ever():
    """Also if Django has not come to its own commit, because the connection was closed."""
    with transaction.atomic():
        database.run([hit("first")], is_last=True, afterwards=[TRANSACTION])
        connection.close()
    with transaction.atomic():
        database.run([hit("second")])
    connection.close()
    assert keys() == {"first", "second"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_any_other_message_that_contains_a_commit_fails_as_ever():
    with pytest.raises(DataError), connection.cursor() as cursor:
        cursor.execute("BEGIN; COMMIT; SELECT 1 / 0")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_an_error_whatever_comes_afterwards():
    """Foreign keys are checked at the COMMIT."""
    request = make_request()
    request.moves.create(at=NOW, name="claim", from_status="queued", to_status="calling")
    elsewhere = Statement("UPDATE callbacks_move SET call_request_id = 0")
    with pytest.raises(IntegrityError), transaction.atomic():
        database.run([elsewhere], is_last=True, afterwards=[TRANSACTION])
    assert request.moves.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_commit_nothing_comes_afterwards():
    with transaction.atomic():
        with transaction.atomic():
            done = database.run([hit("last")], is_last=True, afterwards=[hit("never")])
        assert len(done) == 1
        assert len(database.run([hit("not last")], afterwards=[hit("never")])) == 1
    assert keys() == {"last", "not last"}


@pytest.mark.postgresql
@pytest.mark.django_db
def test_who_does_something_meanwhile_learns_whether_the_answer_has_come():
    told = []

    def wait(has_answer):
        told.append(has_answer())
        answer = select.poll()
        answer.register(connection.connection.pgconn.socket, select.POLLIN)
        answer.poll()
        told.append(has_answer())

    [done] = database.run([Statement("SELECT pg_sleep(0.2), 7")], meanwhile=wait)
    assert (told, done.rows[0][1]) == ([False, True], 7)


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
