"""On PostgreSQL, the connection to the service is opened while the claim is committed."""

import select
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from psycopg.pq import TransactionStatus

from callback_site.postgresql.base import Cursor
from callbacks.call_api import CallApi
from callbacks.core import boot_clock, clock
from callbacks.core.statements import Statement
from callbacks.dispatch import (
    PlaceResult,
    call_switch,
    claim,
    database_slots,
    last_look,
    place_next,
)
from callbacks.lifecycle import actions
from callbacks.models import Attempt, CallRequest, Outcome, Reason, Status
from tests.support.call_service.fake_api import CONFIG, FakeApi, FakeExchange
from tests.support.factories import make_request
from tests.support.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Watched(FakeApi):
    """What was true of the database when the connection was opened."""

    states: list[TransactionStatus] = field(default_factory=list)
    then: object = None

    def exchange(self) -> FakeExchange:
        made = super().exchange()
        remember = made.open_early

        def open_early(deadline: float) -> None:
            remember(deadline)
            self.states.append(connection.connection.pgconn.transaction_status)
            if callable(self.then):
                self.then()

        made.open_early = open_early  # type: ignore[method-assign]
        return made


def nothing_was_counted(api: FakeApi) -> None:
    assert api.calls == []
    assert all(exchange.closed for exchange in api.exchanges)
    control = call_switch.current()
    assert (control.failures, control.circuit) == (0, "closed")


@pytest.mark.postgresql
@pytest.mark.parametrize("has_token", [True, False])
def test_it_is_opened_while_the_message_with_the_claim_is_under_way(has_token, monkeypatch):
    monkeypatch.setattr(Watched, "has_token", lambda api: has_token)
    make_request()
    api = Watched()
    assert place_next(api) is PlaceResult.WORKED
    assert api.states == [TransactionStatus.ACTIVE]
    [exchange] = api.exchanges
    assert exchange.deadlines == [api.calls[0]["deadline"]]
    assert api.calls[0]["exchange"] is exchange
    assert exchange.closed


@pytest.mark.postgresql
def test_nothing_is_opened_if_nothing_is_claimed():
    api = Watched()
    assert place_next(api) is PlaceResult.IDLE
    make_request()
    call_switch.stop("anne")
    assert place_next(api) is PlaceResult.IDLE
    assert api.states == []


@pytest.mark.postgresql
def test_if_the_claim_fails_the_connection_counts_for_nothing(monkeypatch):
    call_request = make_request()
    really = claim.pick

    def pick(*args, **kwargs):
        picked = really(*args, **kwargs)
        picked.attempts_made += 1  # so the row is not what was read
        return picked

    monkeypatch.setattr(claim, "pick", pick)
    api = Watched()
    assert place_next(api) is PlaceResult.IDLE
    assert len(api.states) == 1
    nothing_was_counted(api)
    call_request.refresh_from_db()
    assert (call_request.status, Attempt.objects.count()) == (Status.QUEUED, 0)


@pytest.mark.postgresql
def test_if_the_database_dies_meanwhile_nothing_is_sent():
    call_request = make_request()
    call_switch.current()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    settings = connection.get_connection_params()
    names = ("dbname", "host", "port", "user", "password")
    other = {name: settings[name] for name in names if settings.get(name)}

    def kill():
        with psycopg.connect(**other, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (pid,))
            while killer.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).rowcount:
                pass
            # The claim may have been committed before. But its answer is lost.
            connection.connection.pgconn.finish()

    api = Watched(then=kill)
    with pytest.raises(OperationalError):
        place_next(api)
    assert len(api.states) == 1
    nothing_was_counted(api)
    call_request.refresh_from_db()
    assert call_request.status in {Status.QUEUED, Status.CALLING}
    assert not Attempt.objects.exclude(outcome=Outcome.PENDING).exists()


def test_if_it_cannot_be_opened_the_attempt_says_so_as_ever(monkeypatch):
    api = CallApi(replace(CONFIG, call_url=f"http://127.0.0.1:{free_port()}/startcall"))
    monkeypatch.setattr(api, "has_token", lambda: True)
    monkeypatch.setattr(api._tokens, "get", lambda deadline=None: FakeToken())
    call_switch.current()  # its row is there from the first call on
    call_request = make_request()
    assert place_next(api) is PlaceResult.WORKED
    attempt = call_request.attempts.get()
    assert (attempt.outcome, attempt.code, attempt.sends) == (Outcome.NOT_SENT, "connect_failed", 0)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.put_off_count) == (Status.QUEUED, 1)
    assert call_switch.current().failures == 1


@dataclass
class FakeToken:
    value: str = "a-token"
    fetched_at: float = 0.0


@pytest.mark.postgresql
def test_others_may_use_the_database_while_it_is_opened():
    make_request()
    held = []

    def count():
        held.append(database_slots.MOST - database_slots._places._value)

    assert place_next(Watched(then=count)) is PlaceResult.WORKED
    assert held == [0]
    assert database_slots._places._value == database_slots.MOST


def place(then=None, happens=lambda _: None):
    """Place a call. While it connects early, let `then(request)` be; `happens(request)` later.

    Return the attempt, and how many questions the last look asked the database.
    """
    call_request = make_request()
    asked = []

    class Api(Watched):
        def start_call(self, **fields):
            happens(call_request)
            really = fields["may_send"]

            def may_send():
                with CaptureQueriesContext(connection) as queries:
                    code = really()
                asked.append(len(queries))
                return code

            return super().start_call(**fields | {"may_send": may_send})

    api = Api(then=then and (lambda: then(call_request)))
    assert place_next(api) is PlaceResult.WORKED
    attempt = call_request.attempts.get()
    assert len(api.calls) == (attempt.outcome == Outcome.ACCEPTED)
    return attempt, asked


@pytest.fixture
def sleep(monkeypatch):
    """Stop the boot clock; return a function that moves it on by some seconds."""
    at = [1000.0]
    monkeypatch.setattr(boot_clock, "now", lambda: at[0])

    def move(seconds: float) -> None:
        at[0] += seconds

    return move


def hold(call_request):
    """Do as staff, on a connection of their own."""

    def carry_out():
        try:
            return actions.hold(CallRequest.objects.get(pk=call_request.pk), reason=Reason.RESTORED)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        assert other.submit(carry_out).result()


@pytest.fixture
def open_first(monkeypatch):
    """The commit is answered after the connection was opened, however fast the database is."""
    monkeypatch.setattr(Cursor, "_has_answer", lambda _cursor: False)


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep", "open_first")
def test_the_look_that_came_with_the_commit_counts_if_the_connection_was_open_by_then():
    attempt, asked = place()
    assert (attempt.outcome, asked) == (Outcome.ACCEPTED, [0])


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep", "open_first")
def test_what_it_finds_is_obeyed(monkeypatch):
    monkeypatch.setattr(last_look, "question", lambda *_: Statement("SELECT 'closed'"))
    attempt, asked = place()
    assert (attempt.outcome, attempt.code, asked) == (Outcome.NOT_SENT, "closed", [0])


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep", "open_first")
def test_it_knows_how_long_the_commit_took():
    """As a slow disk would, a trigger at the COMMIT takes a while, until patience has ended.

    The patience is long enough for a slow machine to begin the claim in time.
    """
    call_switch.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep_until(patience_until) FROM callbacks_callrequest"
            " WHERE id = NEW.call_request_id; RETURN NULL; END';"
            " CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON callbacks_attempt"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
        )
    try:
        call_request = make_request(patience_until=clock.now() + timedelta(seconds=1))
        api = FakeApi()
        assert place_next(api) is PlaceResult.WORKED
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION slow CASCADE")
    assert api.calls == []
    assert call_request.attempts.get().code == "patience_over"


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep", "open_first")
def test_if_it_fails_the_claim_stands_and_another_look_is_asked_for(monkeypatch):
    really, asked = last_look.question, []

    def question(*what):
        asked.append(what)
        return Statement("SELECT 1 / 0") if len(asked) == 1 else really(*what)

    monkeypatch.setattr(last_look, "question", question)
    attempt, looks = place()
    assert (attempt.outcome, looks, len(asked)) == (Outcome.ACCEPTED, [1], 2)


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep")
def test_what_happens_while_the_connection_is_opened_is_seen():
    """The answer to the commit has come before, so what it says may be old."""

    def then(call_request):
        answer = select.poll()
        answer.register(connection.connection.pgconn.socket, select.POLLIN)
        answer.poll()
        hold(call_request)

    attempt, asked = place(then=then)
    assert (attempt.code, asked) == ("taken_over", [1])


@pytest.mark.postgresql
@pytest.mark.usefixtures("open_first")
def test_what_happens_once_it_is_no_longer_fresh_is_seen(sleep):
    def happens(call_request):
        hold(call_request)
        sleep(last_look.FRESH_SECONDS + 0.001)

    attempt, asked = place(happens=happens)
    assert (attempt.code, asked) == ("taken_over", [1])


@pytest.mark.postgresql
@pytest.mark.usefixtures("sleep", "open_first")
def test_it_counts_for_the_first_send_alone():
    found = []

    class Twice(FakeApi):
        def start_call(self, **fields):
            found.append(fields["may_send"]())
            CallRequest.objects.update(number="")
            return super().start_call(**fields)

    call_request, api = make_request(), Twice()
    assert place_next(api) is PlaceResult.WORKED
    assert (found, api.calls) == ([""], [])
    assert call_request.attempts.get().code == "no_number"


def test_on_sqlite_it_is_opened_after_the_claim():
    """There, the transaction locks out all others who write."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    make_request()
    api = FakeApi()
    assert place_next(api) is PlaceResult.WORKED
    [exchange] = api.exchanges
    assert exchange.deadlines == []
    assert api.calls[0]["exchange"] is exchange
