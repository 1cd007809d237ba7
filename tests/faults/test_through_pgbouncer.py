"""Through PgBouncer in transaction mode, where each transaction may get another connection."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support import programs, settings_of_writes
from tests.support.call_service.stand_in import StandIn
from tests.support.servers import throwaway_pgbouncer, throwaway_postgresql
from tests.support.site_processes import Site
from tests.support.visitor import ask_for_a_call

FORMS = 30
# Fewer than the processes have threads, so that they share.
CONNECTIONS = 3


@pytest.mark.minutes
@pytest.mark.postgresql
def test_each_form_is_one_call(tmp_path, redis_server):
    if not programs.pgbouncer():
        pytest.skip("pgbouncer is not installed")
    with (
        throwaway_postgresql() as database,
        throwaway_pgbouncer(database, connections=CONNECTIONS) as bouncer,
        StandIn() as service,
        Site(
            tmp_path / "site",
            database_url=bouncer.url,
            queue_url=redis_server.url,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="0",
        ) as site,
    ):
        page = f"{site.url}/w/{site.create_widget()}/"
        watch_every_table(database)
        site.start("web", "housekeeping", "worker", "worker:2")
        numbers = [f"06 12 34 56 {index:02}" for index in range(FORMS)]
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(lambda number: ask_for_a_call(page, number), numbers))
        assert {answer.status for answer in answers} == {200}
        service.wait_for_calls(FORMS, patience=60)
        site.wait_for(
            lambda: site.query("CallRequest.objects.filter(status='called').count()") == FORMS,
            "every request to be called",
        )
        assert set(service.seen.calls.values()) == {1}
        # What reads row by row, which would lose its cursor between two transactions.
        site.manage("check_consent")
        site.manage("count_figures")
        check_each_write(database)


def watch_every_table(database):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("ALTER ROLE postgres SET synchronous_commit = off")
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        settings_of_writes.watch(connection, [name for (name,) in rows.fetchall()])


def check_each_write(database):
    """Each was durable and had time-outs; those of housekeeping alone had none for a statement."""
    with psycopg.connect(database.url) as connection:
        found = settings_of_writes.seen(connection)
    assert {write.synchronous_commit for write in found} == {"on"}
    assert {write.lock_timeout for write in found} == {"5s"}
    assert {write.idle_in_transaction_session_timeout for write in found} == {"10s"}
    of_calls = {one.statement_timeout for one in found if one.table == "callbacks_attempt"}
    assert of_calls == {"10s"}
    of_housekeeping = {
        one.statement_timeout for one in found if one.table == "callbacks_hourlyfigures"
    }
    assert of_housekeeping <= {"0"}
