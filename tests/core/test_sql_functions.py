"""PostgreSQL has a function for each statement of a call. A site that finds none sends the text."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from callbacks.core import clock, database, sql_functions
from callbacks.core.queries import FUNCTIONS, Query, Together
from callbacks.dispatch import PlaceResult, call_switch, claim, last_look, place_next
from callbacks.dispatch.claimed import Claim
from callbacks.models import Attempt, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def names_in_database() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql_functions.NAMES}")
        return set(cursor.fetchone()[0])


@pytest.fixture
def without_functions():
    """The database has none, as before the first `migrate` of this version."""
    with connection.cursor() as cursor:
        for name in names_in_database():
            cursor.execute(f"DROP FUNCTION {name}")
    yield
    sql_functions.create(claim.FUNCTIONS)


def messages_of_a_call() -> list[str]:
    call_switch.current()  # its row is there from the first call on
    sent = []

    def note(execute, sql, *rest):
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
    return sent


def test_each_statement_of_a_call_is_a_function(monkeypatch):
    assert names_in_database() == {query.function for query in claim.FUNCTIONS}
    make_request()
    monkeypatch.setattr(last_look, "FRESH_SECONDS", -1)  # so that it looks once more
    asked, claimed, looked, _recorded = messages_of_a_call()
    assert (asked.count(FUNCTIONS), claimed.count(FUNCTIONS)) == (2, 2)
    assert looked.count(FUNCTIONS) == 1


@pytest.mark.usefixtures("without_functions")
def test_a_call_is_placed_where_there_is_no_function():
    connection.close()
    make_request()
    assert not any(FUNCTIONS in message for message in messages_of_a_call())
    assert Attempt.objects.get().outcome == "accepted"


@pytest.mark.usefixtures("without_functions")
def test_a_function_that_is_gone_is_not_called_twice():
    call_switch.current()
    call_request = make_request()
    connection.functions = frozenset(query.function for query in claim.FUNCTIONS)
    with pytest.raises(ProgrammingError):
        place_next(FakeApi())
    assert place_next(FakeApi()) is PlaceResult.WORKED
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


@pytest.mark.usefixtures("without_functions")
def test_migrate_creates_what_is_missing_and_keeps_those_of_another_version():
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION {FUNCTIONS}ask_0 () RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
    call_command("migrate", verbosity=0)
    ours = {query.function for query in claim.FUNCTIONS}
    assert names_in_database() == ours | {f"{FUNCTIONS}ask_0"}
    assert connection.functions >= ours


def test_another_text_is_another_function():
    one, other = Query("SELECT %(a)s::int", "x"), Query("SELECT %(a)s::int + 1", "x")
    assert one.function != other.function
    assert one.function.startswith(f"{FUNCTIONS}x_")
    assert len(max((query.function for query in claim.FUNCTIONS), key=len)) < 64


@pytest.mark.parametrize("is_function", [True, False])
def test_statements_together_are_executed_in_their_order(is_function, monkeypatch):
    call_switch.current()  # its row is there from the first call on
    write = Query("UPDATE callbacks_callcontrol SET failures = %(number)s RETURNING failures")
    read = Query("SELECT failures + %(more)s::int + %(number)s FROM callbacks_callcontrol")
    both = Together("both", write, read)
    with transaction.atomic():
        if is_function:
            monkeypatch.setattr(connection, "functions", connection.functions)
            sql_functions.create([both])
        statements = both(number=2, more=3)
        assert len(statements) == (1 if is_function else 2)
        done = database.run(statements)
        assert [row for each in done for row in each.rows] == [(2,), (7,)]
        transaction.set_rollback(True)


@pytest.mark.parametrize("other", ["SELECT %(a)s::text", "SELECT %(a)s::int, 1", "SELECT 'x'"])
def test_statements_together_take_and_give_the_same_types(other):
    both = Together("both", Query("SELECT %(a)s::int", "one"), Query(other, "other"))
    with pytest.raises(TypeError, match="other type"):
        sql_functions.create([both])


@pytest.mark.parametrize("values", [{"a": 1}, {"a": 1, "b": 2, "c": 3}])
def test_statements_together_need_each_value_and_no_other(values):
    with pytest.raises(TypeError, match=r"\['[bc]'\]"):
        Together("both", Query("SELECT %(a)s"), Query("SELECT %(a)s, %(b)s"))(**values)


def test_a_function_that_this_user_may_not_call_is_not_called():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {claim.SQL['ask'].function} FROM PUBLIC")
            cursor.execute("CREATE ROLE somebody; SET LOCAL ROLE somebody")
            assert claim.SQL["ask"].function not in names_in_database()
        transaction.set_rollback(True)


def test_a_connection_that_broke_is_opened_anew_for_a_claim_at_once():
    call_switch.current()
    make_request()
    pid = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
    work, found = claim.claim_at_once(10)
    assert work.is_due
    assert isinstance(found, Claim)
    assert Attempt.objects.count() == 1


def test_what_follows_the_first_message_is_not_repeated_on_a_new_connection():
    made = []

    def go_on(found):
        made.append(found)
        connection.connection.close()
        database.execute(clock.question())

    connection.ensure_connection()
    with pytest.raises(Exception, match="closed"):
        database.run_first([clock.question()], go_on)
    assert len(made) == 1
